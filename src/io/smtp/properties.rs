//! What holds of anything a relay may say; see `crate::properties`.
#![expect(
    clippy::missing_panics_doc,
    reason = "a property that does not hold panics: that is how it is told"
)]

use lettre::transport::smtp::extension::ServerInfo;
use lettre::transport::smtp::response::Response;

use super::offers::Offers;
use super::reply::{Frame, Framer};
use crate::finding::is_plain;

/// How the network cuts the bytes changes nothing, memory is bounded, and lettre takes every reply that we take. The
/// first byte is the length of the cuts.
pub fn reply(bytes: &[u8]) {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    let (frames, is_broken) = read(bytes.chunks(usize::from(*cut) + 1));
    assert_eq!((frames.clone(), is_broken), read(bytes.chunks(4096)));
    for frame in frames {
        let reply = frame.reply();
        assert!((200..600).contains(&reply.code) && reply.text.len() <= 512, "{reply}");
        assert!(reply.to_string().chars().all(|c| c.is_ascii() && is_plain(c)), "{reply}");
        let handed = String::from_utf8(frame.for_lettre()).expect("ASCII");
        let response: Response = handed.parse().expect("a reply lettre understands");
        assert_eq!(u16::from(response.code()) / 100, frame.code() / 100);
    }
}

/// All replies in what arrives piece by piece, and whether it ends in something else.
fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, bool) {
    let (mut framer, mut seen) = (Framer::default(), Vec::new());
    for piece in pieces {
        framer.push(piece);
        loop {
            match framer.next() {
                Ok(Some(frame)) => seen.push(frame),
                Ok(None) => break,
                Err(nonsense) => {
                    assert!(nonsense.0.chars().all(is_plain), "{nonsense:?}");
                    return (seen, true);
                }
            }
        }
    }
    (seen, false)
}

/// Whatever the lines of an EHLO reply hold: what we read of them can stand in for what lettre reads, and the relay's
/// name, which is the first line, offers nothing.
pub fn ehlo(bytes: &[u8]) {
    let lines: Vec<&[u8]> = bytes.split(|&b| b == b'\n').collect();
    let mut said = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        said.extend_from_slice(if index + 1 == lines.len() { b"250 " } else { b"250-" });
        said.extend_from_slice(line);
        said.extend_from_slice(b"\r\n");
    }
    let (frames, _) = read([&said[..]].into_iter());
    for frame in frames {
        let offers = Offers::parse(&frame);
        let offered = |word: &str| {
            frame.lines().skip(1).any(|line| {
                line.split_ascii_whitespace()
                    .next()
                    .is_some_and(|first| first.eq_ignore_ascii_case(word))
            })
        };
        assert_eq!(offers.starttls, offered("STARTTLS"));
        assert_eq!(offers.smtputf8, offered("SMTPUTF8"));
        assert_eq!(offers.size.is_some(), offered("SIZE"));
        let handed = String::from_utf8(frame.for_lettre()).expect("ASCII");
        // lettre refuses a reply without the relay's name; it must not fall over anything else.
        let response: Response = handed.parse().expect("a reply lettre understands");
        let named = response.first_word().is_some();
        assert_eq!(ServerInfo::from_response(&response).is_ok(), named, "{handed:?}");
    }
}
