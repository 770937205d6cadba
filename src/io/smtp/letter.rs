//! The last look at a letter before it goes on the wire (RFC 5321 4.5.2, RFC 5322 2.1.1).
//!
//! `message` makes only letters that pass; a letter that does not could smuggle a second one past the relay.

use memchr::{memchr, memchr_iter, memrchr};

/// The longest line without its CRLF (RFC 5322 2.1.1).
const LONGEST_LINE: usize = 998;

/// Refuses bytes that are not CRLF lines of plain ASCII, or that would need dot-stuffing. `smtputf8` allows for UTF-8.
pub(super) fn check(bytes: &[u8], smtputf8: bool) -> Result<(), String> {
    if !bytes.ends_with(b"\r\n") {
        return Err("the letter does not end with CRLF".into());
    }
    if !bytes.is_ascii() {
        if !smtputf8 {
            return Err("the letter is not ASCII".into());
        }
        if std::str::from_utf8(bytes).is_err() {
            return Err("the letter is not UTF-8".into());
        }
    }
    if is_sound(bytes) {
        return Ok(());
    }
    if memchr(0, bytes).is_some() {
        return Err("the letter contains NUL".into());
    }
    let (mut start, mut number) = (0, 0);
    for end in memchr_iter(b'\n', bytes) {
        number += 1;
        check_line(&bytes[start..end])
            .map_err(|why| format!("line {number} of the letter {why}"))?;
        start = end + 1;
    }
    // Every LF had its CR; whatever more there are stand alone.
    if memchr_iter(b'\r', bytes).count() == number {
        return Ok(());
    }
    let is_bare = |line: &&[u8]| line[..line.len().saturating_sub(1)].contains(&b'\r');
    let before = bytes.split(|&byte| byte == b'\n').take_while(|line| !is_bare(line)).count();
    Err(format!("line {} of the letter contains a bare CR", before + 1))
}

/// Whether nothing is wrong with any line, without looking for what and where: a loop over pairs of neighbours that the
/// compiler makes wide. `bytes` end with CRLF.
#[expect(clippy::needless_bitwise_bool, reason = "branches would keep the loop narrow")]
fn is_sound(bytes: &[u8]) -> bool {
    let pairs = bytes.iter().zip(&bytes[1..]);
    let is_odd = pairs.fold(bytes[0] == b'.' || bytes[0] == b'\n', |odd, (&one, &next)| {
        odd | ((one == b'\r') ^ (next == b'\n')) | ((one == b'\n') & (next == b'.')) | (one == 0)
    });
    !is_odd && has_short_lines(bytes)
}

/// Whether no line is too long; jumps from each line end to the last one within reach.
fn has_short_lines(mut bytes: &[u8]) -> bool {
    while bytes.len() > LONGEST_LINE + 2 {
        let Some(end) = memrchr(b'\n', &bytes[..LONGEST_LINE + 2]) else { return false };
        bytes = &bytes[end + 1..];
    }
    true
}

/// A line without its LF.
fn check_line(line: &[u8]) -> Result<(), String> {
    if line.last() != Some(&b'\r') {
        return Err("ends with a bare LF".into());
    }
    if line.len() > LONGEST_LINE + 1 {
        return Err(format!("is longer than {LONGEST_LINE} bytes"));
    }
    if line[0] == b'.' {
        return Err("starts with a dot".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rules one after the other, as RFC 5321 4.5.2 and RFC 5322 2.1.1 have them.
    fn is_clean(text: &str) -> bool {
        let lines: Vec<&str> = text.split("\r\n").collect();
        text.ends_with("\r\n")
            && text.is_ascii()
            && lines.iter().all(|line| {
                !line.contains(['\r', '\n', '\0'])
                    && !line.starts_with('.')
                    && line.len() <= LONGEST_LINE
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_passes_is_clean_and_what_is_clean_passes(
            pieces in prop::collection::vec(prop::sample::select(
                vec!["\r\n", "\r\n", "a", "b.", ".", "\r", "\n", "\0", "é", " "]), 0..12),
            long in 990_usize..1_002,
            has_long: bool,
        ) {
            let filler = if has_long { "x".repeat(long) } else { String::new() };
            for text in [pieces.concat(), format!("{}{filler}\r\n", pieces.concat())] {
                prop_assert_eq!(check(text.as_bytes(), false).is_ok(), is_clean(&text), "{:?}", text);
            }
        }
    }

    #[test]
    fn a_letter_of_crlf_lines_passes() {
        assert_eq!(check(b"Subject: x\r\n\r\nbody. \r\n", false), Ok(()));
        assert_eq!(check(&[vec![b'x'; 998], b"\r\n".to_vec()].concat(), false), Ok(()));
    }

    #[test]
    fn everything_that_could_smuggle_is_refused() {
        let why = |bytes: &[u8]| check(bytes, false).unwrap_err();
        assert_eq!(why(b""), "the letter does not end with CRLF");
        assert_eq!(why(b"a\n"), "the letter does not end with CRLF");
        assert_eq!(why(b"a\r\nb\nc\r\n"), "line 2 of the letter ends with a bare LF");
        assert_eq!(why(b"a\rb\r\n"), "line 1 of the letter contains a bare CR");
        assert_eq!(why(b"a\r\r\n"), "line 1 of the letter contains a bare CR");
        assert_eq!(why(b"a\0\r\n"), "the letter contains NUL");
        assert_eq!(why(b"a\x80\r\n"), "the letter is not ASCII");
        assert_eq!(why(b"a\r\n.\r\n"), "line 2 of the letter starts with a dot");
        assert_eq!(why(b".a\r\n"), "line 1 of the letter starts with a dot");
        assert_eq!(check("To: zoë@example.org\r\n".as_bytes(), true), Ok(()));
        assert_eq!(check(b"To: zo\xeb\r\n", true).unwrap_err(), "the letter is not UTF-8");
        let long = [vec![b'x'; 999], b"\r\n".to_vec()].concat();
        assert_eq!(why(&long), "line 1 of the letter is longer than 998 bytes");
    }
}
