//! Lists of words, each in a file that names its sources.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Names as those write them who bear them, by their form in lower case.
static TERMS: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    entries(include_str!("terms.txt")).map(|term| (term.to_lowercase(), term)).collect()
});

static DOUBLES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| entries(include_str!("doubles.txt")).collect());

/// Phrases of advertising.
pub(super) static SPAM: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::new(entries(include_str!("spam.txt"))));

/// Phrases that promise an attachment.
pub(super) static ATTACHMENTS: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::new(entries(include_str!("attachments.txt"))));

/// Phrases in lower case, looked for all at once.
#[derive(Debug)]
pub(super) struct Phrases(Option<AhoCorasick>);

impl Phrases {
    pub(super) fn new(phrases: impl Iterator<Item = &'static str>) -> Self {
        // Only a list beyond four billion bytes cannot be built.
        Self(AhoCorasick::new(phrases).ok())
    }

    /// Where they stand in a text in lower case, in the order of their ends.
    pub(super) fn places<'t>(&'t self, lower: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let all = self.0.iter();
        all.flat_map(move |all| all.find_overlapping_iter(lower)).map(|found| found.range())
    }
}

/// How a name is written by those who bear it.
pub(super) fn term(lower: &str) -> Option<&'static str> {
    TERMS.get(lower).copied()
}

/// Whether a word, in lower case, may stand twice in a row.
pub(super) fn may_be_doubled(lower: &str) -> bool {
    DOUBLES.contains(lower)
}

/// Hosts that shorten links.
pub(super) fn is_shortener(host: &str) -> bool {
    entries(include_str!("shorteners.txt")).any(|entry| entry == host)
}

/// Parameters of links that follow readers about.
pub(super) fn is_tracking(parameter: &str) -> bool {
    parameter.starts_with("utm_")
        || entries(include_str!("tracking.txt")).any(|entry| entry == parameter)
}

/// Words, in lower case, that do not say where a link leads.
pub(super) fn is_generic(text: &str) -> bool {
    entries(include_str!("generic-links.txt")).any(|entry| entry == text)
}

/// The first column of a list, without its comments.
fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('\t').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_names_its_sources_and_has_no_entry_twice() {
        let lists: [(&str, Vec<&str>); 7] = [
            (include_str!("shorteners.txt"), entries(include_str!("shorteners.txt")).collect()),
            (include_str!("tracking.txt"), entries(include_str!("tracking.txt")).collect()),
            (
                include_str!("generic-links.txt"),
                entries(include_str!("generic-links.txt")).collect(),
            ),
            (include_str!("terms.txt"), entries(include_str!("terms.txt")).collect()),
            (include_str!("spam.txt"), entries(include_str!("spam.txt")).collect()),
            (include_str!("attachments.txt"), entries(include_str!("attachments.txt")).collect()),
            (include_str!("doubles.txt"), entries(include_str!("doubles.txt")).collect()),
        ];
        for (list, mut entries) in lists {
            let has_sources =
                list.lines().filter(|line| !line.starts_with('#')).all(|line| line.contains('\t'));
            assert!(has_sources || list.contains("# Source: "), "{list}");
            let count = entries.len();
            entries.sort_unstable();
            entries.dedup();
            assert_eq!(entries.len(), count, "{list}");
        }
    }
}
