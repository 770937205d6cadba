//! Rows that name the same address, found with eight bytes a row.
//!
//! A send collapses duplicates in its ledger, where the index sorts on disk; this is for `subscribers check` and
//! `import`, which have none. Of an address only 64 bits of its SHA-256 are kept: among a million rows two
//! addresses share them with a probability of 3 · 10⁻⁸.

use std::collections::HashSet;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::address::EmailAddress;
use crate::finding::Finding;
use crate::rule::{LIST_DUPLICATE, LIST_LOOKALIKE};

/// Pairs shown in a message at the most.
const SHOWN: usize = 20;

/// What stands for a canonical address.
type Fingerprint = u64;

/// The first reading of a list: which addresses there are.
#[derive(Debug, Default)]
pub struct Duplicates {
    rows: Vec<Fingerprint>,
    likenesses: Vec<Likeness>,
}

/// A row with letters outside ASCII that looks like another address.
#[derive(Debug)]
struct Likeness {
    looks: Fingerprint,
    is: Fingerprint,
    line: u32,
}

/// The second reading, of the same list: where the addresses stand that were met twice or looked like another.
#[derive(Debug)]
pub struct Suspects {
    /// Sorted, each once.
    addresses: Vec<Fingerprint>,
    /// The line of the first row of each; 0 before it is met.
    first: Vec<u32>,
    likenesses: Vec<Likeness>,
    repeated: Pairs,
}

/// Pairs of lines: how many, and those that are shown.
#[derive(Debug, Default)]
struct Pairs {
    count: usize,
    shown: Vec<(u32, u32)>,
}

/// Remembers which addresses are on a list.
#[derive(Debug, Default)]
pub struct Known {
    sorted: Vec<Fingerprint>,
    /// Those that came since the last sorting.
    fresh: HashSet<Fingerprint>,
}

fn fingerprint(canonical: &str) -> Fingerprint {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&Sha256::digest(canonical)[..8]);
    Fingerprint::from_be_bytes(bytes)
}

/// Lines past 2³² count as the last.
fn short(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

impl Duplicates {
    /// Takes note of a row.
    pub fn add(&mut self, address: &EmailAddress, line: usize) {
        let canonical = address.canonical();
        let is = fingerprint(&canonical);
        if let Some(likeness) = likeness(&canonical) {
            self.likenesses.push(Likeness { looks: fingerprint(&likeness), is, line: short(line) });
        }
        self.rows.push(is);
    }

    /// What the list has to be read once more for; nothing if no address is like another.
    pub fn suspects(self) -> Option<Suspects> {
        let Self { rows: mut addresses, mut likenesses } = self;
        addresses.sort_unstable();
        // Kept in place: the second reading has to live in the memory of the first.
        let (mut kept, mut at) = (0, 0);
        likenesses.sort_by_key(|row| (row.looks, row.line));
        while at < addresses.len() {
            let one = addresses[at];
            let times = addresses[at..].iter().take_while(|other| **other == one).count();
            let is_looked_like = || likenesses.binary_search_by_key(&one, |row| row.looks).is_ok();
            if times > 1 || is_looked_like() {
                addresses[kept] = one;
                kept += 1;
            }
            at += times;
        }
        addresses.truncate(kept);
        let first = vec![0; kept];
        let is_empty = addresses.is_empty() && likenesses.is_empty();
        let repeated = Pairs::default();
        (!is_empty).then_some(Suspects { addresses, first, likenesses, repeated })
    }
}

impl Suspects {
    /// Looks at a row again.
    pub fn look(&mut self, address: &EmailAddress, line: usize) {
        let Ok(at) = self.addresses.binary_search(&fingerprint(&address.canonical())) else {
            return;
        };
        match self.first[at] {
            0 => self.first[at] = short(line),
            first => self.repeated.add(first, short(line)),
        }
    }

    /// What to tell about the list: addresses that stand in it twice, and addresses that only look the same.
    pub fn findings(&self, file: &str) -> Vec<Finding> {
        let mut alike = Vec::new();
        for same in self.likenesses.chunk_by(|one, other| one.looks == other.looks) {
            let plain = self.addresses.binary_search(&same[0].looks).map(|at| self.first[at]);
            let first = plain.unwrap_or(same[0].line);
            let is_another = |row: &&Likeness| match plain {
                Ok(_) => true,
                Err(_) => row.is != same[0].is,
            };
            alike.extend(same.iter().filter(is_another).map(|row| (first, row.line)));
        }
        alike.sort_unstable();
        let mut pairs = Pairs::default();
        for (one, other) in alike {
            pairs.add(one, other);
        }
        [collapsed(file, &self.repeated), look_alike(file, &pairs)].into_iter().flatten().collect()
    }
}

impl Pairs {
    fn add(&mut self, one: u32, other: u32) {
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push((one, other));
        }
    }
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
    /// How many may be unsorted, as a share of the sorted: a hash table takes twice as much of each.
    const SHARE: usize = 16;
    const LEAST: usize = 65_536;

    /// Adds an address; false if it was there already.
    pub fn add(&mut self, address: &EmailAddress) -> bool {
        let fingerprint = fingerprint(&address.canonical());
        if self.sorted.binary_search(&fingerprint).is_ok() || !self.fresh.insert(fingerprint) {
            return false;
        }
        if self.fresh.len() >= Self::LEAST.max(self.sorted.len() / Self::SHARE) {
            self.settle();
        }
        true
    }

    /// Whether an address was added.
    pub fn has(&self, address: &EmailAddress) -> bool {
        let fingerprint = fingerprint(&address.canonical());
        self.sorted.binary_search(&fingerprint).is_ok() || self.fresh.contains(&fingerprint)
    }

    /// Moves the fresh ones among the sorted, from the last to the first so that nothing is copied aside.
    fn settle(&mut self) {
        let mut fresh: Vec<Fingerprint> = self.fresh.drain().collect();
        fresh.sort_unstable();
        let (mut from, mut to) = (self.sorted.len(), self.sorted.len() + fresh.len());
        self.sorted.resize(to, 0);
        for one in fresh.into_iter().rev() {
            while from > 0 && self.sorted[from - 1] > one {
                (from, to) = (from - 1, to - 1);
                self.sorted[to] = self.sorted[from];
            }
            to -= 1;
            self.sorted[to] = one;
        }
    }
}

fn collapsed(file: &str, pairs: &Pairs) -> Option<Finding> {
    let message = format!("{} collapsed ({})", counted(pairs.count, "duplicate"), lines(pairs));
    let help = "the first row of an address counts; the numbers are the lines where the rows start";
    (pairs.count > 0).then(|| Finding::about(&LIST_DUPLICATE, file, message).help(help))
}

fn look_alike(file: &str, pairs: &Pairs) -> Option<Finding> {
    let message = format!("{} not merged ({})", counted(pairs.count, "look-alike"), lines(pairs));
    let help = "compare the rows that start on these lines letter by letter";
    (pairs.count > 0).then(|| Finding::about(&LIST_LOOKALIKE, file, message).help(help))
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn lines(pairs: &Pairs) -> String {
    let shown: Vec<String> =
        pairs.shown.iter().map(|(first, later)| format!("{first}={later}")).collect();
    let more = if pairs.count > shown.len() { " …" } else { "" };
    format!("rows {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> EmailAddress {
        text.parse().unwrap()
    }

    fn said(addresses: &[&str]) -> Vec<String> {
        let rows = || addresses.iter().enumerate().map(|(index, text)| (address(text), index + 1));
        let mut duplicates = Duplicates::default();
        rows().for_each(|(address, line)| duplicates.add(&address, line));
        let Some(mut suspects) = duplicates.suspects() else { return Vec::new() };
        rows().for_each(|(address, line)| suspects.look(&address, line));
        suspects.findings("list.toml").into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn the_same_address_in_other_letters_is_collapsed_to_its_first_row() {
        let addresses =
            ["Ada@x.org", "e\u{301}@x.org", "b@x.org", "ada@X.ORG", "é@x.org", "ADA@x.org"];
        assert_eq!(said(&addresses), ["3 duplicates collapsed (rows 1=4, 2=5, 1=6)"]);
        assert_eq!(said(&["a@x.org", "a@x.org"]), ["1 duplicate collapsed (rows 1=2)"]);
        assert_eq!(said(&["a@x.org", "b@x.org"]), Vec::<String>::new());
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
        assert_eq!(
            said(&["\u{430}da@x.org", "\u{430}da@x.org", "ad\u{430}@x.org"]),
            ["1 duplicate collapsed (rows 1=2)", "1 look-alike not merged (rows 1=3)"]
        );
    }

    #[test]
    fn many_pairs_are_cut() {
        let message = said(&["a@x.org"; 30]).remove(0);
        assert!(message.starts_with("29 duplicates collapsed (rows 1=2, "));
        assert!(message.ends_with(", 1=21 …)"), "{message}");
    }

    #[test]
    fn a_known_address_is_added_once() {
        let mut known = Known::default();
        assert!(known.add(&address("Ada@x.org")));
        assert!(!known.add(&address("ada@x.org")));
        assert!(known.has(&address("ADA@x.org")) && !known.has(&address("bo@x.org")));
        let many = |n: usize| address(&format!("reader{n}@x.org"));
        assert!((0..2 * Known::LEAST).all(|n| known.add(&many(n))));
        assert!(!(0..2 * Known::LEAST).any(|n| known.add(&many(n))));
        assert!(!known.add(&address("ada@x.org")));
    }
}
