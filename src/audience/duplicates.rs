//! Rows that name the same address, found with 16 bytes a row.
//!
//! A send collapses duplicates in its ledger, where the index sorts on disk; this is for `subscribers check` and
//! `import`, which have none. Of an address only 96 bits of its SHA-256 are kept: among a million rows two
//! addresses share them with a probability of 10⁻¹⁷.

use std::collections::HashSet;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::address::EmailAddress;
use crate::finding::Finding;
use crate::rule::{LIST_DUPLICATE, LIST_LOOKALIKE};

/// Pairs shown in a message at the most.
const SHOWN: usize = 20;

/// Remembers the address and line of every row.
#[derive(Debug, Default)]
pub struct Duplicates {
    rows: Vec<(Fingerprint, u32)>,
    /// Rows with letters outside ASCII, under what they look like.
    likenesses: Vec<(Fingerprint, u32)>,
}

/// Remembers which addresses are on a list.
#[derive(Debug, Default)]
pub struct Known {
    addresses: HashSet<Fingerprint>,
}

/// What stands for a canonical address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Fingerprint([u8; 12]);

impl Fingerprint {
    fn of(canonical: &str) -> Self {
        let mut bytes = [0; 12];
        bytes.copy_from_slice(&Sha256::digest(canonical)[..12]);
        Self(bytes)
    }
}

impl Duplicates {
    /// Takes note of a row; lines past 2³² count as the last.
    pub fn add(&mut self, address: &EmailAddress, line: usize) {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let canonical = address.canonical();
        if let Some(likeness) = likeness(&canonical) {
            self.likenesses.push((Fingerprint::of(&likeness), line));
        }
        self.rows.push((Fingerprint::of(&canonical), line));
    }

    /// What to tell about the list: addresses that stand in it twice, and addresses that only look the same.
    pub fn findings(mut self, file: &str) -> Vec<Finding> {
        self.rows.sort_unstable();
        self.likenesses.sort_unstable();
        let pairs = pairs(&self.rows);
        let mut alike = Vec::new();
        for same in self.likenesses.chunk_by(|one, other| one.0 == other.0) {
            let from = self.rows.partition_point(|row| row.0 < same[0].0);
            let plain = self.rows.get(from).filter(|row| row.0 == same[0].0).map(|row| row.1);
            let (first, others) = plain.map_or((same[0].1, &same[1..]), |line| (line, same));
            alike.extend(others.iter().map(|row| (first as usize, row.1 as usize)));
        }
        alike.retain(|pair| pairs.binary_search(pair).is_err());
        alike.sort_unstable();
        collapsed(file, &pairs).into_iter().chain(look_alike(file, &alike)).collect()
    }
}

/// The first row of each address with each that repeats it, in the order of the list.
fn pairs(sorted: &[(Fingerprint, u32)]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = sorted
        .chunk_by(|one, other| one.0 == other.0)
        .flat_map(|same| same[1..].iter().map(|row| (same[0].1 as usize, row.1 as usize)))
        .collect();
    pairs.sort_unstable();
    pairs
}

/// The canonical address that this one looks like, if that is another.
fn likeness(canonical: &str) -> Option<String> {
    if canonical.is_ascii() && !canonical.contains("xn--") {
        return None;
    }
    let (local, domain) = canonical.rsplit_once('@')?;
    let domain = plain(&idna::domain_to_unicode(domain).0);
    let domain = idna::domain_to_ascii(&domain).unwrap_or(domain);
    Some(format!("{}@{domain}", plain(local))).filter(|likeness| likeness != canonical)
}

/// `text` in the letters it seems to be written in: compatibility forms and foreign look-alikes replaced.
fn plain(text: &str) -> String {
    let plain = |c: char| LOOK_ALIKES.iter().find(|(one, _)| *one == c).map_or(c, |(_, two)| *two);
    text.nfkc().map(plain).collect::<String>().to_lowercase()
}

/// Cyrillic and Greek letters that fonts draw like Latin ones.
#[rustfmt::skip]
const LOOK_ALIKES: [(char, char); 20] = [
    ('а', 'a'), ('е', 'e'), ('о', 'o'), ('р', 'p'), ('с', 'c'), ('х', 'x'), ('у', 'y'), ('і', 'i'), ('ј', 'j'),
    ('ѕ', 's'), ('һ', 'h'), ('ԁ', 'd'), ('ԛ', 'q'), ('ԝ', 'w'), ('α', 'a'), ('ο', 'o'), ('ν', 'v'), ('ι', 'i'),
    ('ρ', 'p'), ('κ', 'k'),
];

impl Known {
    /// Adds an address; false if it was there already.
    pub fn add(&mut self, address: &EmailAddress) -> bool {
        self.addresses.insert(Fingerprint::of(&address.canonical()))
    }
}

/// The warning about rows that repeat an earlier one: pairs of the line that counts and the one that does not.
pub fn collapsed(file: &str, pairs: &[(usize, usize)]) -> Option<Finding> {
    let message = format!("{} collapsed ({})", counted(pairs.len(), "duplicate"), lines(pairs));
    let help = "the first row of an address counts; the numbers are the lines where the rows start";
    (!pairs.is_empty()).then(|| Finding::about(&LIST_DUPLICATE, file, message).help(help))
}

fn look_alike(file: &str, pairs: &[(usize, usize)]) -> Option<Finding> {
    let message = format!("{} not merged ({})", counted(pairs.len(), "look-alike"), lines(pairs));
    let help = "compare the rows that start on these lines letter by letter";
    (!pairs.is_empty()).then(|| Finding::about(&LIST_LOOKALIKE, file, message).help(help))
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn lines(pairs: &[(usize, usize)]) -> String {
    let shown: Vec<String> =
        pairs.iter().take(SHOWN).map(|(first, later)| format!("{first}={later}")).collect();
    let more = if pairs.len() > SHOWN { " …" } else { "" };
    format!("rows {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> EmailAddress {
        text.parse().unwrap()
    }

    fn said(addresses: &[&str]) -> Vec<String> {
        let mut duplicates = Duplicates::default();
        for (index, text) in addresses.iter().enumerate() {
            duplicates.add(&address(text), index + 1);
        }
        duplicates.findings("list.toml").into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn the_same_address_in_other_letters_is_collapsed_to_its_first_row() {
        let addresses =
            ["Ada@x.org", "e\u{301}@x.org", "b@x.org", "ada@X.ORG", "é@x.org", "ADA@x.org"];
        assert_eq!(said(&addresses), ["3 duplicates collapsed (rows 1=4, 1=6, 2=5)"]);
        assert_eq!(said(&["a@x.org", "a@x.org"]), ["1 duplicate collapsed (rows 1=2)"]);
    }

    #[test]
    fn look_alikes_are_not_merged() {
        assert_eq!(
            said(&["ada@x.org", "\u{430}da@x.org", "ada@y.org", "\u{ff41}da@x.org"]),
            ["2 look-alikes not merged (rows 1=2, 1=4)"]
        );
        assert_eq!(
            said(&["a@example.org", "a@ex\u{430}mple.org"]),
            ["1 look-alike not merged (rows 1=2)"]
        );
        assert_eq!(
            said(&["zo\u{eb}@x.org", "zoe@x.org", "a@b\u{fc}cher.org"]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn many_pairs_are_cut() {
        let message = said(&["a@x.org"; 30]).remove(0);
        assert!(message.starts_with("29 duplicates collapsed (rows 1=2, "));
        assert!(message.ends_with(", 1=21 …)"), "{message}");
    }

    #[test]
    fn a_row_takes_sixteen_bytes() {
        assert_eq!(size_of::<(Fingerprint, u32)>(), 16);
    }

    #[test]
    fn a_known_address_is_added_once() {
        let mut known = Known::default();
        assert!(known.add(&address("Ada@x.org")));
        assert!(!known.add(&address("ada@x.org")));
    }
}
