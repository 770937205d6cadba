//! The numbers of links: one for each address over the whole issue, listed where a section ends.

use std::collections::{BTreeMap, HashMap};

use crate::compose::merge::Branch;

/// The addresses seen so far.
#[derive(Debug, Default)]
pub(super) struct Links {
    numbers: HashMap<String, usize>,
    section: BTreeMap<usize, (String, Vec<Vec<Branch>>)>,
    /// The branches that are being written.
    pub(super) now: Vec<Branch>,
}

impl Links {
    /// The number of an address, which is then due in the list of the present section.
    pub(super) fn number(&mut self, url: &str) -> usize {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(url.to_owned()).or_insert(next);
        let (_, readers) =
            self.section.entry(number).or_insert_with(|| (printable(url), Vec::new()));
        if !readers.contains(&self.now) {
            readers.push(self.now.clone());
        }
        number
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
                (format!("[{number}] {url}"), readers)
            })
            .collect()
    }
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
        assert_eq!([links.number("a:1"), links.number("b:2"), links.number("a:1")], [1, 2, 1]);
        assert_eq!(lines(&mut links), ["[1] a:1", "[2] b:2"]);
        assert_eq!([links.number("c:3"), links.number("a:1")], [3, 1]);
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
