//! Replies of the relay (RFC 5321 4.2): bytes in, complete replies out, whatever the bytes are.
//!
//! lettre parses replies too, but reads a line without bound, takes UTF-8 only, wants a space after the code and
//! knows second digits up to 5. So replies are cut and checked here, and lettre gets [`Frame::for_lettre`].

use crate::delivery::transport::{Enhanced, Reply};
use crate::finding::shown;

/// One complete reply: a code, and the text of its lines as ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    code: u16,
    lines: Vec<String>,
}

/// Cuts what arrives into replies.
#[derive(Debug, Default)]
pub(super) struct Framer {
    bytes: Vec<u8>,
}

/// What arrived is not a reply; the connection is of no use any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Nonsense(pub(super) String);

/// Of a line's text this much is kept (RFC 5321 4.5.3.1.5).
const LONGEST_LINE: usize = 512;
/// More lines than this are no reply.
const MOST_LINES: usize = 100;
/// More bytes than this are no reply.
const LONGEST_REPLY: usize = 16 * 1024;

impl Framer {
    /// Takes what was read; the caller reads no more than a few KiB at a time and asks for replies in between.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether nothing has arrived beyond the replies already given.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next complete reply, if it is there.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, Nonsense> {
        let mut frame: Option<Frame> = None;
        let mut at = 0;
        loop {
            let rest = &self.bytes[at..];
            let Some(end) = rest.iter().position(|&b| b == b'\n') else {
                check_start(rest)?;
                return if self.bytes.len() > LONGEST_REPLY { Err(too_long()) } else { Ok(None) };
            };
            let line = Line::parse(&rest[..end])?;
            at += end + 1;
            let frame = frame.get_or_insert_with(|| Frame { code: line.code, lines: Vec::new() });
            if frame.code != line.code {
                let why =
                    format!("one reply of the relay has codes {} and {}", frame.code, line.code);
                return Err(Nonsense(why));
            }
            frame.lines.push(line.text);
            if line.is_last {
                let frame = Frame { code: frame.code, lines: std::mem::take(&mut frame.lines) };
                self.bytes.drain(..at);
                return Ok(Some(frame));
            }
            if frame.lines.len() == MOST_LINES {
                return Err(too_long());
            }
        }
    }
}

impl Frame {
    /// The three digits.
    pub(super) fn code(&self) -> u16 {
        self.code
    }

    /// The texts of the lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// As the engine sees it: the lines in one, an enhanced code that each line repeats only once.
    pub(super) fn reply(&self) -> Reply {
        let first = self.lines.first().map_or("", String::as_str);
        let mut text = first.to_owned();
        let repeated = first.split(' ').next().filter(|word| Enhanced::parse(word).is_some());
        for line in self.lines.iter().skip(1) {
            let rest = repeated
                .and_then(|code| line.strip_prefix(code))
                .filter(|rest| rest.starts_with(' '));
            text.push(' ');
            text.push_str(rest.map_or(line, str::trim_start));
        }
        Reply::new(self.code, &text)
    }

    /// The reply in a form that lettre's parser takes: no control characters, a second digit of 5 at the most, and no
    /// line of blanks alone, over which it would fall in a reply to EHLO.
    pub(super) fn for_lettre(&self) -> Vec<u8> {
        let second = (self.code / 10 % 10).min(5);
        let code = self.code / 100 * 100 + second * 10 + self.code % 10;
        let mut bytes = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let mark = if index + 1 == self.lines.len() { b' ' } else { b'-' };
            bytes.extend_from_slice(code.to_string().as_bytes());
            bytes.push(mark);
            let text = if line.trim().is_empty() { "" } else { line };
            bytes.extend(text.bytes().map(|b| if b.is_ascii_control() { b'?' } else { b }));
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }
}

/// One line of a reply.
struct Line {
    code: u16,
    is_last: bool,
    text: String,
}

impl Line {
    /// Three digits and a fourth byte are all it needs; a bare LF is tolerated.
    fn parse(line: &[u8]) -> Result<Self, Nonsense> {
        let end = line.iter().rposition(|&b| b != b'\r').map_or(0, |at| at + 1);
        let line = &line[..end];
        check_start(line)?;
        let (Some(digits), mark) = (line.get(..3), line.get(3)) else { return Err(no_reply(line)) };
        let code = digits.iter().fold(0, |code, &b| code * 10 + u16::from(b - b'0'));
        // `250` alone is a reply (RFC 5321 4.2), and so is `250` with garbage behind it.
        let text = match mark {
            Some(b' ' | b'-') => &line[4..],
            _ => &line[3..],
        };
        let text = &text[..text.len().min(LONGEST_LINE)];
        let text = match std::str::from_utf8(text) {
            Ok(text) if text.is_ascii() => text.to_owned(),
            _ => text.iter().map(|&b| if b.is_ascii() { char::from(b) } else { '?' }).collect(),
        };
        Ok(Self { code, is_last: mark != Some(&b'-'), text })
    }
}

/// Refuses a line that cannot become a reply any more, however much of it is still to come.
fn check_start(line: &[u8]) -> Result<(), Nonsense> {
    let first = line.first().is_none_or(|b| (b'2'..=b'5').contains(b));
    let digits = line.iter().take(3).all(u8::is_ascii_digit);
    let longer = line.get(3).is_some_and(u8::is_ascii_digit);
    if first && digits && !longer { Ok(()) } else { Err(no_reply(line)) }
}

fn no_reply(line: &[u8]) -> Nonsense {
    Nonsense(format!(
        "the relay said `{}`, which is not a reply",
        shown(&String::from_utf8_lossy(line))
    ))
}

fn too_long() -> Nonsense {
    Nonsense("the relay's reply does not end".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lettre::transport::smtp::response::Response;
    use proptest::prelude::*;

    fn only(bytes: &[u8]) -> Result<Option<Frame>, Nonsense> {
        let mut framer = Framer::default();
        framer.push(bytes);
        framer.next()
    }

    fn reply(bytes: &[u8]) -> String {
        only(bytes).unwrap().unwrap().reply().to_string()
    }

    #[test]
    fn replies_of_every_shape_are_read() {
        assert_eq!(reply(b"250 2.0.0 ok queued as 1\r\n"), "250 2.0.0 ok queued as 1");
        assert_eq!(reply(b"250\r\n"), "250");
        assert_eq!(reply(b"250 bare\n"), "250 bare");
        assert_eq!(reply(b"571 go away\r\n"), "571 go away");
        assert_eq!(reply(b"250 caf\xe9\xff\r\n"), "250 caf??");
        assert_eq!(reply(b"250\xff\xfe\r\n"), "250 ??");
        let folded = b"550-5.7.25 no PTR\r\n550-5.7.25 record\r\n550 5.7.25 for you\r\n";
        assert_eq!(reply(folded), "550 5.7.25 no PTR record for you");
        assert_eq!(reply(format!("250 {}\r\n", "x".repeat(9_000)).as_bytes()).len(), 516);
    }

    #[test]
    fn what_is_not_a_reply_is_told_at_once() {
        let why = |bytes: &[u8]| only(bytes).unwrap_err().0;
        assert_eq!(why(b"hello"), "the relay said `hello`, which is not a reply");
        assert_eq!(why(b"\r\n"), "the relay said ``, which is not a reply");
        assert_eq!(why(b"25\r\n"), "the relay said `25`, which is not a reply");
        assert_eq!(why(b"2500 bytes\r\n"), "the relay said `2500 bytes`, which is not a reply");
        assert_eq!(why(b"150 wait\r\n"), "the relay said `150 wait`, which is not a reply");
        assert_eq!(why(b"250-a\r\n550 b\r\n"), "one reply of the relay has codes 250 and 550");
        assert_eq!(why(b"250-a\r\nhello\r\n"), "the relay said `hello`, which is not a reply");
    }

    #[test]
    fn a_reply_without_end_is_capped() {
        let mut framer = Framer::default();
        let mut pushed = 0;
        let nonsense = loop {
            framer.push(&[b'2'; 1][..]);
            framer.push(b"50-x\r\n");
            pushed += 7;
            match framer.next() {
                Ok(frame) => assert_eq!(frame, None),
                Err(nonsense) => break nonsense,
            }
        };
        assert_eq!(nonsense, too_long());
        assert_eq!(pushed, 700);
        let line = [b"250 ".as_slice(), &vec![b'x'; LONGEST_REPLY]].concat();
        assert_eq!(only(&line), Err(too_long()));
    }

    #[test]
    fn what_follows_a_reply_is_kept_apart() {
        let mut framer = Framer::default();
        framer.push(b"250 one\r\n421 two\r\n");
        assert_eq!(framer.next().unwrap().unwrap().code(), 250);
        assert!(!framer.is_empty());
        assert_eq!(framer.next().unwrap().unwrap().code(), 421);
        assert!(framer.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn lettre_takes_every_reply_we_take(
            code in 200u16..600,
            texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..6),
        ) {
            let mut bytes = Vec::new();
            for (index, text) in texts.iter().enumerate() {
                bytes.extend_from_slice(code.to_string().as_bytes());
                bytes.push(if index + 1 == texts.len() { b' ' } else { b'-' });
                bytes.extend(text.iter().filter(|&&b| b != b'\n'));
                bytes.extend_from_slice(b"\r\n");
            }
            let frame = only(&bytes).unwrap().unwrap();
            let handed = String::from_utf8(frame.for_lettre()).unwrap();
            let response: Response = handed.parse().unwrap();
            prop_assert_eq!(u16::from(response.code()) / 100, frame.code() / 100);
            prop_assert_eq!(response.message().count(), texts.len());
        }

        #[test]
        fn the_cuts_of_the_network_do_not_matter(
            bytes in "(2[0-9]{2}[- ][a-z ]{0,9}\r?\n){0,5}.{0,5}",
            cut in 1usize..9,
        ) {
            let mut whole = Framer::default();
            whole.push(bytes.as_bytes());
            let mut pieces = Framer::default();
            let mut seen = Vec::new();
            let mut failed = None;
            for piece in bytes.as_bytes().chunks(cut) {
                pieces.push(piece);
                while failed.is_none() {
                    match pieces.next() {
                        Ok(Some(frame)) => seen.push(frame),
                        Ok(None) => break,
                        Err(nonsense) => failed = Some(nonsense),
                    }
                }
            }
            for frame in seen {
                prop_assert_eq!(whole.next().unwrap(), Some(frame));
            }
            prop_assert_eq!(whole.next().is_err(), failed.is_some());
        }
    }
}
