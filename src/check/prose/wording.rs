//! Words and phrases that should not stand in a letter as they do. Places are byte ranges of a text.

use std::ops::Range;

use crate::check::words::{self, Phrases};

/// The second of two words that are the same; some may well be.
pub(super) fn double_words(text: &str, words: &[Range<usize>]) -> Vec<Range<usize>> {
    let is_double = |pair: &&[Range<usize>]| {
        let (first, second) = (&text[pair[0].clone()], &text[pair[1].clone()]);
        let between = &text[pair[0].end..pair[1].start];
        // Two that both begin with a capital are most likely a name: Duran Duran.
        let is_name =
            first.starts_with(char::is_uppercase) && second.starts_with(char::is_uppercase);
        is_same_word(first, second)
            && between.chars().all(char::is_whitespace)
            && second.starts_with(char::is_alphabetic)
            && !is_name
            && !words::may_be_doubled(&second.to_lowercase())
    };
    words.windows(2).filter(is_double).map(|pair| pair[1].clone()).collect()
}

fn is_same_word(first: &str, second: &str) -> bool {
    let lower = |word: &str| word.chars().flat_map(char::to_lowercase).collect::<String>();
    let is_ascii = first.is_ascii() && second.is_ascii();
    first.eq_ignore_ascii_case(second) || !is_ascii && lower(first) == lower(second)
}

/// Five words or more in capitals, one after the other.
pub(super) fn capitals(text: &str, words: &[Range<usize>]) -> Vec<Range<usize>> {
    const MOST: usize = 4;
    let mut found = Vec::new();
    let mut run: Vec<Range<usize>> = Vec::new();
    let mut end_run = |run: &mut Vec<Range<usize>>| {
        if let (Some(first), Some(last)) = (run.first(), run.last())
            && run.len() > MOST
        {
            found.push(first.start..last.end);
        }
        run.clear();
    };
    for word in words {
        let mut letters = text[word.clone()].chars().filter(|c| c.is_alphabetic());
        let Some(first) = letters.next() else { continue };
        if first.is_uppercase() && letters.all(char::is_uppercase) {
            run.push(word.clone());
        } else {
            end_run(&mut run);
        }
    }
    end_run(&mut run);
    found
}

/// Where one of the phrases stands as words of their own in a text made [`plain`].
pub(super) fn phrases(plain: &str, phrases: &Phrases) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> =
        phrases.places(plain).filter(|range| is_apart(plain, range)).collect();
    found.sort_by_key(|range| range.start);
    found
}

/// A text in lower case with every white space a space, byte for byte: what becomes longer in lower case stays.
pub(super) fn plain(text: &str) -> String {
    let plain = |c: char| match c {
        '\n' | '\t' => ' ',
        _ if c.is_uppercase() => lowered(c),
        _ => c,
    };
    text.chars().map(plain).collect()
}

fn lowered(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) if lower.len_utf8() == c.len_utf8() => lower,
        _ => c,
    }
}

/// Whether a range of a text is not part of a longer word.
fn is_apart(text: &str, range: &Range<usize>) -> bool {
    !text[..range.start].ends_with(char::is_alphanumeric)
        && !text[range.end..].starts_with(char::is_alphanumeric)
}

/// What stands where words are still missing, beyond what stops a send: `TBD`, `XXX`, `[NAME]`, `INSERT …`.
pub(super) fn placeholders(text: &str) -> Vec<Range<usize>> {
    /// What is to be filled in has a short name, in bytes with its brackets.
    const LONGEST: usize = 40;
    /// Words that stop a send are told of when the draft is composed.
    const TOLD: [&str; 4] = ["TODO", "TKTK", "TK", "FIXME"];
    let mut found: Vec<Range<usize>> = ["TBD", "TBA", "XXX"]
        .iter()
        .flat_map(|word| text.match_indices(word).map(|(at, word)| at..at + word.len()))
        .filter(|range| is_apart(text, range))
        .collect();
    found.extend(text.match_indices("INSERT ").map(|(at, _)| at..at + "INSERT".len()));
    for (start, _) in text.match_indices('[') {
        let close = text[start..].bytes().take(LONGEST).position(|byte| byte == b']');
        let Some(length) = close else { continue };
        let name = &text[start + 1..start + length];
        let is_blank = |c: char| c.is_ascii_uppercase() || c == ' ' || c == '_';
        let is_told = name.split([' ', '_']).any(|word| TOLD.contains(&word));
        if name.len() > 2 && name.chars().all(is_blank) && !is_told {
            found.push(start..start + length + 1);
        }
    }
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    found.retain(|range| {
        let is_new = range.start >= end;
        end = end.max(range.end);
        is_new
    });
    found
}

/// Letters, digits and what joins them within a word.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '_');
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(char::is_alphanumeric)?;
        let rest = &text[start..];
        let end = start + rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        from = end;
        Some(start..start + text[start..end].trim_end_matches(['\'', '’', '-', '_']).len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_text<'t>(text: &'t str, ranges: &[Range<usize>]) -> Vec<&'t str> {
        ranges.iter().map(|range| &text[range.clone()]).collect()
    }

    #[test]
    fn a_word_stands_twice_across_lines_too() {
        for (text, found) in [
            ("We went to the\nthe harbour.", vec!["the"]),
            ("The the", vec!["the"]),
            ("He had had enough. Very, very well. The end. The start.", vec![]),
            ("Duran Duran played 10 10 times, the-the", vec![]),
            ("it \u{fffc} it", vec![]),
        ] {
            let words: Vec<_> = words_of(text).collect();
            assert_eq!(in_text(text, &double_words(text, &words)), found, "{text}");
        }
    }

    #[test]
    fn four_capital_words_may_shout_and_five_may_not() {
        let text = "READ THIS NOW, PLEASE! All OF IT 24 HOURS A DAY, OK";
        let found = |text| capitals(text, &words_of(text).collect::<Vec<_>>());
        assert_eq!(in_text(text, &found(text)), ["OF IT 24 HOURS A DAY, OK"]);
        assert!(found("IBM, ARM AND NASA met").is_empty());
    }

    #[test]
    fn a_phrase_is_found_as_words_whatever_its_case_and_line() {
        let text = "Straße. Please SEE\nATTACHED; unsee attached.";
        let attached = Phrases::new(["see attached"].into_iter());
        let found = phrases(&plain(text), &attached);
        assert_eq!(in_text(text, &found), ["SEE\nATTACHED"]);
        let text = "İ see attached";
        let found = phrases(&plain(text), &attached);
        assert_eq!(in_text(text, &found), ["see attached"]);
    }

    #[test]
    fn what_is_to_be_filled_in_is_found() {
        let text = "Room TBD, hall XXXL, [FIRST NAME], [x], [ ], [sic], INSERT DATE, [INSERT NAME], [TODO NAME]";
        assert_eq!(
            in_text(text, &placeholders(text)),
            ["TBD", "[FIRST NAME]", "INSERT", "[INSERT NAME]"]
        );
    }
}
