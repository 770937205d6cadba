//! Names in one spelling: as those write them who bear them, and the same throughout.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::wording::words_of;
use crate::check::words;

/// A word, where it stands, and whether it begins a sentence (and so has to begin with a capital).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub text: &'t str,
    pub range: Range<usize>,
    begins: bool,
}

/// The words of a text; those of addresses and file names are left out.
pub(super) fn words_in(text: &str) -> Vec<Word<'_>> {
    let joins = |c: char| matches!(c, '.' | '/' | '@' | ':' | '\\' | '#' | '=');
    let mut words = Vec::new();
    for range in words_of(text) {
        let (before, after) = (&text[..range.start], &text[range.end..]);
        let is_joined = before.ends_with(joins)
            || after.starts_with(joins) && after[1..].starts_with(char::is_alphanumeric);
        if is_joined {
            continue;
        }
        let before = before.trim_end_matches(|c: char| c.is_whitespace() || "\"'“‘([".contains(c));
        let begins = before.is_empty() || before.ends_with(['.', '!', '?', ':', '…']);
        let word = &text[range.clone()];
        // The name is what stands before the genitive.
        let name = word.strip_suffix("'s").or(word.strip_suffix("’s")).unwrap_or(word);
        words.push(Word { text: name, range: range.start..range.start + name.len(), begins });
    }
    words
}

/// A spelling that is not the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Odd {
    /// What it should be.
    pub right: String,
    /// Whether a list says so, and not only the rest of the letter.
    pub is_known: bool,
    /// Where it stands, as indices of the words.
    pub places: Vec<usize>,
}

/// Spellings that differ in capitals alone from a known one, or from the one that the letter uses more often.
pub(super) fn odd_spellings(words: &[Word<'_>]) -> BTreeMap<String, Odd> {
    let is_plain = |word: &str| !word.contains(char::is_uppercase);
    let common: HashSet<&str> =
        words.iter().map(|word| word.text).filter(|word| is_plain(word)).collect();
    let mut spellings: BTreeMap<String, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
    for (index, word) in words.iter().enumerate() {
        if is_plain(word.text) && words::term(word.text).is_none() {
            continue;
        }
        let lower = word.text.to_lowercase();
        spellings.entry(lower).or_default().entry(word.text).or_default().push(index);
    }
    let mut odd = BTreeMap::new();
    for (lower, spellings) in spellings {
        let known = words::term(&lower);
        let usual = || usual(words, &spellings).filter(|_| !common.contains(lower.as_str()));
        let Some(right) = known.or_else(usual) else { continue };
        let is_known = known.is_some();
        for (spelling, places) in spellings {
            // In lower case a name is a command, a handle or a common word.
            if spelling != right && (is_known || spelling.contains(char::is_uppercase)) {
                let right = right.to_owned();
                odd.insert(spelling.to_owned(), Odd { right, is_known, places });
            }
        }
    }
    odd
}

/// The spelling of a name that a letter uses most, if it uses several and one has two capitals or more.
fn usual<'t>(words: &[Word<'_>], spellings: &BTreeMap<&'t str, Vec<usize>>) -> Option<&'t str> {
    let capitals = |text: &str| text.chars().filter(|c| c.is_uppercase()).count();
    let named: Vec<(&&str, &Vec<usize>)> =
        spellings.iter().filter(|(text, _)| capitals(text) > 0).collect();
    if named.len() < 2 || !named.iter().any(|(text, _)| capitals(text) >= 2) {
        return None;
    }
    // `It` at the start of a sentence says nothing about `IT`; only a longer name that is used again does.
    let says_nothing = |(text, places): &(&&str, &Vec<usize>)| {
        capitals(text) == 1 && places.iter().all(|&place| words[place].begins)
    };
    if let Some((text, _)) = named.iter().find(|named| says_nothing(named)) {
        let others = named.iter().filter(|(other, _)| other != text);
        let used: usize = others.map(|(_, places)| places.len()).sum();
        if used < 2 || text.len() < 4 {
            return None;
        }
    }
    named.iter().max_by_key(|(text, places)| (places.len(), capitals(text))).map(|(text, _)| **text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(text: &str) -> Vec<String> {
        let words = words_in(text);
        odd_spellings(&words)
            .into_iter()
            .map(|(spelling, odd)| format!("{spelling} -> {} x{}", odd.right, odd.places.len()))
            .collect()
    }

    #[test]
    fn a_known_name_is_written_as_its_bearers_do() {
        assert_eq!(
            odd("Our Github and GITHUB's page"),
            ["GITHUB -> GitHub x1", "Github -> GitHub x1"]
        );
        assert_eq!(odd("GitHub, see github.com/x and git@github.com"), Vec::<String>::new());
        assert_eq!(odd("the javascript of it"), ["javascript -> JavaScript x1"]);
    }

    #[test]
    fn a_name_has_one_spelling_throughout() {
        assert_eq!(
            odd("Nginx is a server. NGINX is fast, and so is NGINX's cache."),
            ["Nginx -> NGINX x1"]
        );
        assert_eq!(odd("The LinuxKit of Linuxkit"), ["Linuxkit -> LinuxKit x1"]);
    }

    #[test]
    fn common_words_and_their_starts_of_sentences_are_no_names() {
        for text in [
            "Golang or golang",
            "It is IT. IT again.",
            "READ this: Read it.",
            "The US told us. Us too.",
            "IMPORTANT! It is important. Important.",
            "Important things. IMPORTANT.",
            "ARM has an arm.",
        ] {
            assert_eq!(odd(text), Vec::<String>::new(), "{text}");
        }
    }
}
