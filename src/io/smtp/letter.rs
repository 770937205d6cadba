//! The last look at a letter before it goes on the wire (RFC 5321 4.5.2, RFC 5322 2.1.1).
//!
//! `message` makes only letters that pass; a letter that does not could smuggle a second one past the relay.

use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};

use crate::message::{Content, Shell};

/// The longest line without its CRLF (RFC 5322 2.1.1).
const LONGEST_LINE: usize = 998;

/// The eyes of one connection. Pieces that letters share are looked at once.
#[derive(Default)]
pub(super) struct Inspector {
    known: Option<(Arc<Shell>, Vec<Run>)>,
}

impl Inspector {
    /// Refuses a letter that is not CRLF lines of plain ASCII, or that would need dot-stuffing. `smtputf8` allows for
    /// UTF-8.
    pub(super) fn check(&mut self, letter: &Content, smtputf8: bool) -> Result<(), String> {
        let run = self.look(letter);
        if run.is_whole_letter() { Ok(()) } else { check(&letter.to_vec(), smtputf8) }
    }

    fn look(&mut self, letter: &Content) -> Run {
        let shell = letter.shell();
        let (_, pieces) = match self.known.take() {
            Some(known) if Arc::ptr_eq(&known.0, shell) => self.known.insert(known),
            _ => {
                let pieces = shell.pieces().iter().map(|piece| Run::of(piece)).collect();
                self.known.insert((Arc::clone(shell), pieces))
            }
        };
        let both = letter.own().zip(pieces).flat_map(|(own, piece)| [Run::of(own), *piece]);
        both.fold(Run::of(b""), Run::then)
    }
}

/// What is to be known of a run of bytes to put it together with others without another look.
#[derive(Clone, Copy)]
struct Run {
    /// The first and the last byte, if there are any.
    ends: Option<(u8, u8)>,
    /// Bytes up to its first LF and with it, and after its last; the same if it has none.
    head: usize,
    tail: usize,
    has_line_end: bool,
    /// Whether it is ASCII without NUL, nothing is wrong at any two neighbours, and none of its lines is too long.
    is_sound: bool,
}

impl Run {
    fn of(bytes: &[u8]) -> Self {
        let (first, last) = (memchr(b'\n', bytes), memrchr(b'\n', bytes));
        let is_sound = bytes.is_ascii() && is_sound(bytes) && has_short_lines(bytes);
        Self {
            ends: bytes.first().copied().zip(bytes.last().copied()),
            head: first.map_or(bytes.len(), |at| at + 1),
            tail: last.map_or(bytes.len(), |at| bytes.len() - at - 1),
            has_line_end: first.is_some(),
            is_sound,
        }
    }

    /// This one, and the other behind it.
    fn then(self, other: Self) -> Self {
        let (Some((first, one)), Some((next, last))) = (self.ends, other.ends) else {
            return if self.ends.is_none() { other } else { self };
        };
        let line = self.tail + other.head;
        Self {
            ends: Some((first, last)),
            head: if self.has_line_end { self.head } else { line },
            tail: if other.has_line_end { other.tail } else { self.tail + other.tail },
            has_line_end: self.has_line_end || other.has_line_end,
            is_sound: self.is_sound
                && other.is_sound
                && !is_odd(one, next)
                && line <= LONGEST_LINE + 2,
        }
    }

    /// Whether it can stand alone.
    fn is_whole_letter(&self) -> bool {
        let is_framed = |(first, last)| first != b'.' && first != b'\n' && last == b'\n';
        self.is_sound && self.ends.is_some_and(is_framed)
    }
}

/// Whether two neighbours are a bare CR or LF or a line that starts with a dot, or the first is NUL.
#[expect(clippy::needless_bitwise_bool, reason = "branches would keep the loop over it narrow")]
fn is_odd(one: u8, next: u8) -> bool {
    ((one == b'\r') ^ (next == b'\n')) | ((one == b'\n') & (next == b'.')) | (one == 0)
}

/// Whether nothing is wrong between any two neighbours, without looking for what and where: a loop that the compiler
/// makes wide.
fn is_sound(bytes: &[u8]) -> bool {
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    !pairs.fold(bytes.last() == Some(&0), |odd, (&one, &next)| odd | is_odd(one, next))
}

/// Whether no line is too long; jumps from each line end to the last one within reach.
fn has_short_lines(mut bytes: &[u8]) -> bool {
    while bytes.len() > LONGEST_LINE + 2 {
        let Some(end) = memrchr(b'\n', &bytes[..LONGEST_LINE + 2]) else { return false };
        bytes = &bytes[end + 1..];
    }
    true
}

/// The same of a letter in one piece, with what is wrong and where.
fn check(bytes: &[u8], smtputf8: bool) -> Result<(), String> {
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
            for parts in [pieces.clone(), [&pieces[..], &[&filler, "\r\n"]].concat()] {
                let text = parts.concat();
                prop_assert_eq!(check(text.as_bytes(), false).is_ok(), is_clean(&text), "{:?}", text);
                let runs = parts.iter().map(|part| Run::of(part.as_bytes()));
                let run = runs.fold(Run::of(b""), Run::then);
                prop_assert_eq!(run.is_whole_letter(), is_clean(&text), "{:?}", parts);
                prop_assert_eq!(Run::of(text.as_bytes()).is_whole_letter(), is_clean(&text), "{:?}", text);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_letter_in_parts_is_seen_as_in_one_piece(issues in prop::collection::vec(
            prop::collection::vec((part(), part()), 1..5), 1..4)
        ) {
            // One connection carries all of them, each of them twice.
            let mut inspector = Inspector::default();
            for parts in issues {
                let letter = Content::of(&parts);
                for _ in 0..2 {
                    prop_assert_eq!(inspector.check(&letter, false), check(&letter.to_vec(), false), "{:?}", parts);
                }
            }
        }
    }

    fn part() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "\r\n",
            "a\r\n",
            "a",
            "\r\n.",
            ".",
            "\r",
            "\n",
            "",
            "é",
            "x\r\ny\r\n",
        ])
    }

    /// The whole look, at a letter in one piece.
    fn inspect(bytes: &[u8], smtputf8: bool) -> Result<(), String> {
        Inspector::default().check(&bytes.to_vec().into(), smtputf8)
    }

    #[test]
    fn a_letter_of_crlf_lines_passes() {
        assert_eq!(inspect(b"Subject: x\r\n\r\nbody. \r\n", false), Ok(()));
        assert_eq!(inspect(&[vec![b'x'; 998], b"\r\n".to_vec()].concat(), false), Ok(()));
    }

    #[test]
    fn everything_that_could_smuggle_is_refused() {
        let why = |bytes: &[u8]| inspect(bytes, false).unwrap_err();
        assert_eq!(why(b""), "the letter does not end with CRLF");
        assert_eq!(why(b"a\n"), "the letter does not end with CRLF");
        assert_eq!(why(b"a\r\nb\nc\r\n"), "line 2 of the letter ends with a bare LF");
        assert_eq!(why(b"a\rb\r\n"), "line 1 of the letter contains a bare CR");
        assert_eq!(why(b"a\r\r\n"), "line 1 of the letter contains a bare CR");
        assert_eq!(why(b"a\0\r\n"), "the letter contains NUL");
        assert_eq!(why(b"a\x80\r\n"), "the letter is not ASCII");
        assert_eq!(why(b"a\r\n.\r\n"), "line 2 of the letter starts with a dot");
        assert_eq!(why(b".a\r\n"), "line 1 of the letter starts with a dot");
        assert_eq!(inspect("To: zoë@example.org\r\n".as_bytes(), true), Ok(()));
        assert_eq!(inspect(b"To: zo\xeb\r\n", true).unwrap_err(), "the letter is not UTF-8");
        let long = [vec![b'x'; 999], b"\r\n".to_vec()].concat();
        assert_eq!(why(&long), "line 1 of the letter is longer than 998 bytes");
    }
}
