//! Who is not to be mailed, whatever the list says: reasons, files of addresses, and logs of unsubscribe tokens.

pub mod log;
pub mod table;

use jiff::Timestamp;

use crate::address::EmailAddress;

/// One entry: an address that is not to be mailed from a time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Whom.
    pub email: EmailAddress,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub at: Timestamp,
    /// What shows it: a relay's words, a line of a log, a note.
    pub evidence: Option<String>,
}

/// Why somebody is not to be mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The reader has left.
    Unsubscribe,
    /// The reader has called a letter spam.
    Complaint,
    /// The relay says that the address does not exist.
    Hard,
    /// A person decided.
    Manual,
}

impl Reason {
    /// Every reason: its word in commands and files, and the reason of a recipient who is skipped for it.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Unsubscribe, "unsubscribe", "unsubscribed"),
        (Self::Complaint, "complaint", "complained"),
        (Self::Hard, "hard", "bounced"),
        (Self::Manual, "manual", "suppressed"),
    ];

    /// The word in commands and files.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The reason with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.1 == word).map(|row| row.0)
    }

    /// Whether it holds for every list: it is about the address, not about what its reader wants of this one.
    pub fn is_global(self) -> bool {
        self == Self::Hard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_words_agree() {
        for (reason, word, _) in Reason::ALL {
            assert_eq!((reason.as_str(), Reason::parse(word)), (word, Some(reason)));
        }
        assert_eq!(Reason::parse("unsubscribed"), None);
    }
}
