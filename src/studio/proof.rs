//! What the studio shows: the shapes between whoever composes and the pages.

use std::sync::Arc;

use crate::finding::Finding;

/// An issue as it stands after a save.
#[derive(Clone)]
pub struct Proof {
    /// Differs from that of the proof before, so that an open page knows whether it is up to date.
    pub version: u64,
    /// The issue's id or title.
    pub issue: String,
    /// Whom the letter can be shown for, at most some hundred; the first is shown unasked.
    pub readers: Vec<Reader>,
    /// The letters of the last save that could be composed; `None` as long as there was none.
    pub letters: Option<Letters>,
    /// Whether `letters` are older than the draft, because its mistakes keep it from being composed.
    pub is_stale: bool,
    /// Mistakes and remarks about the draft as it is now.
    pub findings: Vec<Finding>,
}

impl Proof {
    /// The reader that `key` names, else the first.
    pub(super) fn reader(&self, key: &str) -> Option<&Reader> {
        self.readers.iter().find(|reader| reader.key == key).or(self.readers.first())
    }

    /// The letter for the reader that `key` names, else for the first; `None` if nothing was composed yet.
    pub(super) fn letter(&self, key: &str) -> Option<Result<Letter, Vec<Finding>>> {
        let key = self.reader(key).map_or("", |reader| reader.key.as_str());
        self.letters.as_ref().map(|letters| letters(key))
    }
}

/// A reader's letter by [`Reader::key`], or what keeps this reader's copy from being made; the empty key is the first
/// reader's. Called for every request, so it should take milliseconds.
pub type Letters = Arc<dyn Fn(&str) -> Result<Letter, Vec<Finding>> + Send + Sync>;

/// Someone the letter can be shown for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// What stands in the page's address: unique, not empty.
    pub key: String,
    /// What the picker says.
    pub label: String,
}

/// One reader's letter, taken apart for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The HTML part, decoded.
    pub html: String,
    /// The plain text part, decoded.
    pub text: String,
    /// The header section as it is sent, one field a line with its folding.
    pub headers: String,
    /// All bytes as they are sent.
    pub raw: Vec<u8>,
    /// The subject, decoded.
    pub subject: String,
    /// From, decoded: `Name <address>`.
    pub from: String,
    /// The start of the letter as the inbox shows it after the subject; may be empty.
    pub preheader: String,
}
