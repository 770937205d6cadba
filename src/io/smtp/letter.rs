//! The last look at a letter before it goes on the wire (RFC 5321 4.5.2, RFC 5322 2.1.1).
//!
//! `message` makes only letters that pass; a letter that does not could smuggle a second one past the relay.

/// The longest line without its CRLF (RFC 5322 2.1.1).
const LONGEST_LINE: usize = 998;

/// Refuses bytes that are not CRLF lines of plain ASCII, or that would need dot-stuffing. `smtputf8` allows for UTF-8.
pub(super) fn check(bytes: &[u8], smtputf8: bool) -> Result<(), String> {
    if !bytes.ends_with(b"\r\n") {
        return Err("the letter does not end with CRLF".into());
    }
    if !smtputf8 && !bytes.is_ascii() {
        return Err("the letter is not ASCII".into());
    }
    if std::str::from_utf8(bytes).is_err() {
        return Err("the letter is not UTF-8".into());
    }
    if bytes.contains(&0) {
        return Err("the letter contains NUL".into());
    }
    for (index, line) in bytes[..bytes.len() - 1].split(|&b| b == b'\n').enumerate() {
        let number = index + 1;
        let Some(line) = line.strip_suffix(b"\r") else {
            return Err(format!("line {number} of the letter ends with a bare LF"));
        };
        if line.contains(&b'\r') {
            return Err(format!("line {number} of the letter contains a bare CR"));
        }
        if line.len() > LONGEST_LINE {
            return Err(format!("line {number} of the letter is longer than {LONGEST_LINE} bytes"));
        }
        if line.starts_with(b".") {
            return Err(format!("line {number} of the letter starts with a dot"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
