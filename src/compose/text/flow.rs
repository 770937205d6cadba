//! format=flowed (RFC 3676, DelSp=no): filling text to a width, and putting lines on the wire.
//!
//! A line broken at a space keeps that space at its end: it is *soft*, and a client that knows the format joins it
//! with the next. Every other line is *fixed* and never ends in a space. Because DelSp=no cannot say "joined without
//! a space", a break between two ideographs is fixed: a reader may see it, but no stray space can get in.

use textwrap::WordSeparator;
use unicode_width::UnicodeWidthStr;

use crate::compose::merge::Branch;

/// Lines are filled to this many display columns, not counting the space at the end of a soft line.
pub(super) const WIDTH: usize = 72;

/// A line as its reader should see it, before quote marks and space-stuffing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line {
    /// How many levels of quote it stands in.
    pub(super) quote: usize,
    /// Its text, without a trailing space.
    pub(super) text: String,
    /// Whether a client may join it with the next line.
    pub(super) soft: bool,
    /// Whether it is space-stuffed although it need not be.
    pub(super) stuffed: bool,
    /// Who gets it.
    pub(super) readers: Readers,
}

/// The readers of a line: those who take all branches of one list and of one of some others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Readers {
    pub(super) all: Vec<Branch>,
    /// None is as good as fulfilled.
    pub(super) any: Vec<Vec<Branch>>,
}

/// The lines of the message, each ended by LF.
pub(super) fn encode(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        text.extend(std::iter::repeat_n('>', line.quote));
        if needs_stuffing(line) {
            text.push(' ');
        }
        text.push_str(&line.text);
        // A soft line `-- ` would be read as the start of a signature (RFC 3676, 4.3).
        if line.soft && line.text != "--" {
            text.push(' ');
        }
        text.push('\n');
    }
    text
}

/// RFC 3676, 4.4 and 4.5: what could be taken for a quote, for stuffing or for an mbox separator gets a space, which
/// the client takes away again; so does all quoted text, for looks.
fn needs_stuffing(line: &Line) -> bool {
    let exposed = line.text.starts_with([' ', '>']) || line.text.starts_with("From ");
    !line.text.is_empty() && (line.quote > 0 || line.stuffed || exposed)
}

/// A filled line, and whether it was broken at a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) soft: bool,
}

/// Fills one logical line to `width` display columns. Only a word that is wider on its own sticks out.
pub(super) fn fill(text: &str, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = Row { text: String::new(), soft: false };
    let mut columns = 0;
    for piece in pieces(text.trim_matches(' ')) {
        let wide = piece.text.width();
        let gap = usize::from(row.soft);
        if !row.text.is_empty() && columns + gap + wide > width {
            rows.push(std::mem::replace(&mut row, Row { text: String::new(), soft: false }));
            columns = 0;
        } else if row.soft {
            row.text.push(' ');
            columns += 1;
        }
        row.text.push_str(piece.text);
        row.soft = piece.space;
        columns += wide;
    }
    rows.push(row);
    rows
}

/// A stretch of text that is never broken.
struct Piece<'a> {
    text: &'a str,
    /// Whether a single space follows, at which the line may be broken.
    space: bool,
}

/// Single spaces end a piece. Runs of spaces (in code) stay inside one: broken there, they would not join as they were.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let bytes = text.as_bytes();
    let single = |&at: &usize| bytes[at - 1] != b' ' && bytes.get(at + 1) != Some(&b' ');
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(' ').filter(|(at, _)| *at > 0 && single(at)) {
        push_word(&mut pieces, &text[start..at], true);
        start = at + 1;
    }
    push_word(&mut pieces, &text[start..], false);
    pieces
}

/// A word is one piece, unless it is written in a script that puts no spaces between words.
fn push_word<'a>(pieces: &mut Vec<Piece<'a>>, word: &'a str, space: bool) {
    let mut start = 0;
    if word.contains(ideographic) {
        let mut end = 0;
        for part in WordSeparator::UnicodeBreakProperties.find_words(word) {
            end += part.word.len() + part.whitespace.len();
            let (before, after) = word.split_at(end);
            // Nor here inside a run of spaces.
            let spaced = before.ends_with(' ');
            if !spaced && (before.ends_with(ideographic) || after.starts_with(ideographic)) {
                pieces.push(Piece { text: &word[start..end], space: false });
                start = end;
            }
        }
    }
    match pieces.last_mut() {
        Some(last) if start == word.len() && start > 0 => last.space = space,
        _ => pieces.push(Piece { text: &word[start..], space }),
    }
}

/// Han, kana, bopomofo and their punctuation. Not hangul, which has spaces, nor emoji, which belong to a word.
fn ideographic(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{2fdf}' | '\u{3000}'..='\u{312f}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// What a client that knows format=flowed makes of a text: its logical lines with their quote depth (RFC 3676, 4.2).
#[cfg(test)]
pub(super) fn unflow(text: &str) -> Vec<(usize, String)> {
    let mut logical: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let rest = line.trim_start_matches('>');
        let quote = line.len() - rest.len();
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        match logical.last_mut() {
            Some(last) if open && last.0 == quote => last.1.push_str(rest),
            _ => logical.push((quote, rest.to_owned())),
        }
        open = rest.ends_with(' ') && rest != "-- ";
    }
    logical
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, width: usize, expect: &[&str]) {
        let shown: Vec<String> = fill(text, width)
            .into_iter()
            .map(|row| row.text + if row.soft { "+" } else { "" })
            .collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn lines_break_at_spaces_only() {
        check("one two three", 8, &["one two+", "three"]);
        check("well-known and/or em\u{2014}dash", 5, &["well-known+", "and/or+", "em\u{2014}dash"]);
        check(
            "see https://example.org/a/b?c=d now",
            10,
            &["see+", "https://example.org/a/b?c=d+", "now"],
        );
        check("", 10, &[""]);
    }

    #[test]
    fn a_line_may_be_exactly_as_wide_as_the_page() {
        check("four four", 9, &["four four"]);
        check("four four", 8, &["four+", "four"]);
    }

    #[test]
    fn a_no_break_space_holds() {
        check("Next Platform\u{a0}[18] said", 13, &["Next+", "Platform\u{a0}[18]+", "said"]);
    }

    #[test]
    fn runs_of_spaces_are_never_broken() {
        check("a `b  c` d", 5, &["a+", "`b  c`+", "d"]);
    }

    #[test]
    fn width_is_counted_in_columns_and_ideographs_break_without_a_soft_line() {
        check("日本語の文章です。", 8, &["日本語の", "文章で", "す。"]);
        check("日本 語", 5, &["日本+", "語"]);
        check("ここはRustです", 8, &["ここは", "Rustです"]);
        check("naïve café", 6, &["naïve+", "café"]);
    }

    #[test]
    fn hangul_and_emoji_words_are_left_whole() {
        check("안녕하세요 great👍👍", 6, &["안녕하세요+", "great👍👍"]);
    }

    #[test]
    fn exposed_and_quoted_lines_are_stuffed() {
        let line = |text: &str, quote| Line { quote, text: text.to_owned(), ..Line::default() };
        let lines = [
            line("  code", 0),
            line("> no quote", 0),
            line("From here", 0),
            line("a", 0),
            line("b", 2),
            line("", 1),
        ];
        assert_eq!(encode(&lines), "   code\n > no quote\n From here\na\n>> b\n>\n");
    }

    #[test]
    fn a_soft_line_never_looks_like_a_signature() {
        let line = Line { text: "--".to_owned(), soft: true, ..Line::default() };
        assert_eq!(encode(&[line]), "--\n");
    }

    #[test]
    fn a_run_of_spaces_between_ideographs_is_not_broken() {
        let rows = fill("日  日 日", 1);
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(texts, ["日  日", "日"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn flowing_what_was_unflowed_gives_the_same(
            words in prop::collection::vec("[a-zA-Z>-]{1,12}|--|From|日本語|[a-z]  [a-z]|x\u{a0}y", 1..60),
            width in 20usize..80,
            quote in 0usize..3,
        ) {
            let flow = |text: &str| -> Vec<Line> {
                fill(text, width).into_iter().map(|row| Line { quote, text: row.text, soft: row.soft, ..Line::default() }).collect()
            };
            let first = encode(&flow(&words.join(" ")));
            let again: Vec<Line> = unflow(&first).iter().flat_map(|(_, text)| flow(text)).collect();
            prop_assert_eq!(encode(&again), first);
        }

        #[test]
        fn nothing_sticks_out_but_a_word_and_nothing_is_lost(text in "[ -~日本\u{a0}]{0,300}", width in 1usize..80) {
            let rows = fill(&text, width);
            for row in &rows {
                prop_assert!(row.text.width() <= width || pieces(&row.text).len() == 1, "{:?}", row);
                prop_assert!(!row.text.ends_with(' ') && !row.text.starts_with(' '));
            }
            let joined: String = rows.iter().map(|row| row.text.clone() + if row.soft { " " } else { "" }).collect();
            prop_assert_eq!(joined, text.trim_matches(' '));
        }
    }
}
