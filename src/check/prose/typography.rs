//! Spaces, dots, quotation marks and dashes: what typesetters see at once. Places are byte ranges of a text.

use std::ops::Range;

/// Two spaces or more between words of one line.
pub(super) fn wide_spaces(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for start in starts(text, "  ") {
        let end = start + text[start..].len() - text[start..].trim_start_matches(' ').len();
        let is_between = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
        let before = text[..start].chars().next_back();
        if is_between(before) && is_between(text[end..].chars().next()) {
            found.push(start..end);
        }
    }
    found
}

/// Four dots or more.
pub(super) fn many_dots(text: &str) -> Vec<Range<usize>> {
    let ends =
        |start: usize| start + text[start..].len() - text[start..].trim_start_matches('.').len();
    starts(text, "....").map(|start| start..ends(start)).collect()
}

/// Where a run that begins with `pattern` starts, and not within such a run.
fn starts<'t>(text: &'t str, pattern: &'t str) -> impl Iterator<Item = usize> + 't {
    let first = pattern.chars().next();
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(pattern)?;
        let rest = &text[start..];
        from = start + rest.len() - rest.trim_start_matches(|c| Some(c) == first).len();
        Some(start)
    })
}

/// Apostrophes and quotation marks by how they are written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub straight: Vec<usize>,
    pub curly: Vec<usize>,
}

/// The apostrophes within words, `it's`; after one they could be quotation marks.
pub(super) fn apostrophes(text: &str) -> Marks {
    let mut marks = Marks::default();
    for (at, mark) in text.match_indices(['\'', '’']) {
        let (before, after) = (&text[..at], &text[at + mark.len()..]);
        if before.ends_with(char::is_alphabetic) && after.starts_with(char::is_alphabetic) {
            let kind = if mark == "'" { &mut marks.straight } else { &mut marks.curly };
            kind.push(at);
        }
    }
    marks
}

/// Double quotation marks; those of inches and of other languages are left alone.
pub(super) fn quotation_marks(text: &str) -> Marks {
    let mut marks = Marks::default();
    for (at, c) in text.char_indices() {
        match c {
            '"' if !text[..at].ends_with(|c: char| c.is_ascii_digit()) => marks.straight.push(at),
            '“' | '”' => marks.curly.push(at),
            _ => {}
        }
    }
    marks
}

/// A dash between words, ` - `, ` – ` or ` — `, at its byte.
pub(super) fn dashes(text: &str) -> Vec<(usize, char)> {
    let is_dash = |c: &char| matches!(c, '-' | '–' | '—');
    text.char_indices()
        .filter(|(_, c)| is_dash(c))
        .filter(|(at, c)| {
            let (before, after) = (&text[..*at], &text[at + c.len_utf8()..]);
            let is_apart =
                before.ends_with(char::is_whitespace) && after.starts_with(char::is_whitespace);
            is_apart && !before.trim().is_empty() && !after.trim().is_empty()
        })
        .collect()
}

/// The hyphen of a range of numbers, `2-4`; not of dates and numbers of telephones, which have more of them.
pub(super) fn range_hyphens(text: &str) -> Vec<Range<usize>> {
    /// A longer number is none of a year or a day, in digits.
    const LONGEST: usize = 5;
    let mut found = Vec::new();
    for (at, _) in text.match_indices('-') {
        let is_part =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | '_' | '+');
        let before: String =
            text[..at].chars().rev().take(LONGEST).take_while(|&c| is_part(c)).collect();
        let after: String =
            text[at + 1..].chars().take(LONGEST).take_while(|&c| is_part(c)).collect();
        let is_number = |word: &str| {
            let digits = word.len() < LONGEST && word.bytes().all(|b| b.is_ascii_digit());
            digits && !word.is_empty()
        };
        if is_number(&before) && is_number(after.trim_end_matches('.')) {
            found.push(at..at + 1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_wide_between_words_only() {
        assert_eq!(wide_spaces("One.  Two.   Three"), [4..6, 10..13]);
        assert_eq!(wide_spaces("  One. Two.  \n  Three. "), Vec::<Range<usize>>::new());
    }

    #[test]
    fn three_dots_are_an_ellipsis_and_four_are_too_many() {
        assert_eq!(many_dots("a... b.... c......"), [6..10, 12..18]);
        assert_eq!(many_dots("a…. b.. c..."), Vec::<Range<usize>>::new());
    }

    #[test]
    fn apostrophes_stand_within_words() {
        let marks = apostrophes("It's the dogs' 'own' 1990's, isn’t it");
        assert_eq!((marks.straight, marks.curly), (vec![2], vec![32]));
    }

    #[test]
    fn quotation_marks_are_not_inches() {
        let marks = quotation_marks("\"so\" “it” is 5\" wide");
        assert_eq!((marks.straight, marks.curly), (vec![0, 3], vec![5, 10]));
    }

    #[test]
    fn a_dash_stands_between_words() {
        assert_eq!(
            dashes("one - two – three -four - \nfive — six"),
            [(4, '-'), (10, '–'), (26, '-'), (34, '—')]
        );
        assert_eq!(dashes("- one"), []);
        assert_eq!(dashes("one -"), []);
    }

    #[test]
    fn a_range_is_of_two_numbers_and_no_more() {
        assert_eq!(range_hyphens("May 2-4, 1998-2001."), [5..6, 13..14]);
        for none in ["2017-05-12", "555-123-4567", "RK3399-2", "covid-19", "v1-2", "a-b", "+49-30"]
        {
            assert_eq!(range_hyphens(none), Vec::<Range<usize>>::new(), "{none}");
        }
    }
}
