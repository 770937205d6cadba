//! Numbers: one for each address over the whole issue, listed where a section ends; and those of the footnotes.
//!
//! Where readers do not all get the same, a number is not the same for all either, but the lines it stands in are filled
//! before that is known. Until then its digits are characters that no text holds (noncharacters of Unicode).

use std::collections::{BTreeMap, HashMap};

use crate::compose::merge::Branch;
use crate::compose::merge::numbers::{Audience, audience, numbers};
use crate::compose::merge::tags::Tags;

/// The digit 0 in the number of a link.
const LINK_ZERO: u32 = 0xfdd0;
/// The digit 0 in the number of a footnote.
const NOTE_ZERO: u32 = 0xfde0;

/// The addresses seen so far.
#[derive(Debug, Default)]
pub(super) struct Links {
    by_url: HashMap<String, usize>,
    section: BTreeMap<usize, (String, Vec<Vec<Branch>>)>,
    /// For each number in whose branches it is named.
    named: Vec<Vec<Vec<Branch>>>,
    /// How readers see the number of a footnote.
    notes: BTreeMap<usize, String>,
    /// Whether readers may get different links.
    differ: bool,
    /// The branches that are being written.
    pub(super) now: Vec<Branch>,
}

impl Links {
    /// `differ` says whether readers may get different links.
    pub(super) fn new(differ: bool) -> Self {
        Self { differ, ..Self::default() }
    }

    /// The number of an address, which is then due in the list of the present section.
    pub(super) fn number(&mut self, url: &str) -> String {
        let next = self.by_url.len() + 1;
        let number = *self.by_url.entry(url.to_owned()).or_insert(next);
        self.named.resize(self.by_url.len(), Vec::new());
        let (_, readers) =
            self.section.entry(number).or_insert_with(|| (printable(url), Vec::new()));
        for readers in [readers, &mut self.named[number - 1]] {
            if !readers.contains(&self.now) {
                readers.push(self.now.clone());
            }
        }
        self.shown(number)
    }

    /// The number of a footnote whose readers see `shown`.
    pub(super) fn note(&mut self, number: impl TryInto<usize>, shown: &str) -> String {
        let number = number.try_into().unwrap_or_default();
        if shown.bytes().all(|byte| byte.is_ascii_digit()) {
            return shown.to_owned();
        }
        self.notes.insert(number, shown.to_owned());
        veiled(number, NOTE_ZERO)
    }

    /// The lines `[n] url` of the section that ends here, by number, with the branches in which it is named; none for
    /// all readers.
    pub(super) fn end_section(&mut self) -> Vec<(String, Vec<Vec<Branch>>)> {
        std::mem::take(&mut self.section)
            .into_iter()
            .map(|(number, (url, mut readers))| {
                if readers.iter().any(Vec::is_empty) {
                    readers.clear();
                }
                (format!("[{}] {url}", self.shown(number)), readers)
            })
            .collect()
    }

    /// The finished text with the numbers that readers see.
    pub(super) fn reveal(self, text: &str, tags: &mut Tags) -> String {
        if !self.differ {
            return text.to_owned();
        }
        let audience_of = |named: &Vec<Vec<Branch>>| -> Audience {
            named.iter().flat_map(|branches| audience(branches, tags)).collect()
        };
        let audiences: Vec<Audience> = self.named.iter().map(audience_of).collect();
        let links = numbers(&audiences, tags);
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((zero, start)) = veil(rest) {
            out.push_str(&rest[..start]);
            let number = &rest[start..];
            let end = number.find(|c| digit(c, zero).is_none()).unwrap_or(number.len());
            let number = number[..end].chars().filter_map(|c| digit(c, zero));
            let number = number.fold(0, |number: usize, digit| number.saturating_mul(10) + digit);
            let shown = if zero == LINK_ZERO {
                links.get(number.wrapping_sub(1))
            } else {
                self.notes.get(&number)
            };
            out.push_str(shown.map_or("", String::as_str));
            rest = &rest[start + end..];
        }
        out.push_str(rest);
        out
    }

    fn shown(&self, number: usize) -> String {
        if self.differ { veiled(number, LINK_ZERO) } else { number.to_string() }
    }
}

/// The first veiled number: which of its characters is the digit 0, and where it starts.
fn veil(text: &str) -> Option<(u32, usize)> {
    let zero = |c| [LINK_ZERO, NOTE_ZERO].into_iter().find(|zero| digit(c, *zero).is_some());
    text.char_indices().find_map(|(at, c)| Some((zero(c)?, at)))
}

fn digit(c: char, zero: u32) -> Option<usize> {
    let digit = u32::from(c).checked_sub(zero).filter(|digit| *digit < 10)?;
    usize::try_from(digit).ok()
}

/// A number in other digits, each as wide as one of ours.
fn veiled(number: usize, zero: u32) -> String {
    let digits = number.to_string();
    let digits = digits.bytes().map(|byte| char::from_u32(zero + u32::from(byte - b'0')));
    digits.flatten().collect()
}

/// An address as it can stand in running text: a space would end it there.
pub(super) fn printable(url: &str) -> String {
    url.trim().replace(char::is_whitespace, "%20")
}

/// Whether a number would tell the reader nothing: jumps within the issue, and images that travel in the letter.
pub(super) fn leads_nowhere(url: &str) -> bool {
    url.is_empty() || ["#", "cid:", "data:"].iter().any(|start| url.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(links: &mut Links) -> Vec<String> {
        links.end_section().into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn an_address_keeps_its_number_and_is_listed_again_where_it_recurs() {
        let mut links = Links::default();
        assert_eq!(["a:1", "b:2", "a:1"].map(|url| links.number(url)), ["1", "2", "1"]);
        assert_eq!(lines(&mut links), ["[1] a:1", "[2] b:2"]);
        assert_eq!(["c:3", "a:1"].map(|url| links.number(url)), ["3", "1"]);
        assert_eq!(lines(&mut links), ["[1] a:1", "[3] c:3"]);
        assert!(links.end_section().is_empty());
    }

    #[test]
    fn a_space_in_an_address_does_not_cut_it() {
        let mut links = Links::default();
        links.number("https://example.org/a b");
        assert_eq!(lines(&mut links), ["[1] https://example.org/a%20b"]);
    }
}
