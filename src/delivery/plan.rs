//! What a plan freezes besides its rows: the bytes every copy is made from, and the hash that binds a rehearsal to a send.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::address::EmailAddress;
use crate::compose::Issue;
use crate::config::{Newsletter, Unsubscribe};

/// The issue and the configuration that reaches its bytes, kept in the ledger so that every copy is the same (G5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// The composed issue.
    pub issue: Issue,
    /// What letters say of the newsletter.
    pub newsletter: Newsletter,
    /// The one-click address.
    pub unsubscribe_url: Option<String>,
    /// The unsubscribe mailbox.
    pub unsubscribe_mailto: Option<EmailAddress>,
}

/// Hashes a plan: pinned issue, then every recipient that will be mailed, in order.
///
/// Date, boundary and signatures are not part of it, so that the hash of a dry run binds a later send.
#[derive(Debug, Clone)]
pub struct PlanHash(Sha256);

impl Pinned {
    /// Pins an issue with the configuration of the day.
    pub fn new(issue: Issue, newsletter: Newsletter, unsubscribe: &Unsubscribe) -> Self {
        Self {
            issue,
            newsletter,
            unsubscribe_url: unsubscribe.url.clone(),
            unsubscribe_mailto: unsubscribe.mailto.clone(),
        }
    }

    /// SHA-256 over all of it, lower-case hex.
    pub fn digest(&self) -> String {
        // Serialising plain structs of strings cannot fail.
        let json = serde_json::to_vec(self).unwrap_or_default();
        hex(&Sha256::digest(json))
    }
}

impl PlanHash {
    /// Starts with the pinned issue's digest.
    pub fn new(digest: &str) -> Self {
        let mut hash = Self(Sha256::new());
        hash.add(digest);
        hash
    }

    /// Adds a recipient, frozen as this text.
    pub fn add(&mut self, frozen: &str) {
        self.0.update(frozen.len().to_be_bytes());
        self.0.update(frozen);
    }

    /// Lower-case hex.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_hash_knows_where_one_recipient_ends() {
        let hash = |rows: &[&str]| {
            let mut hash = PlanHash::new("d");
            for row in rows {
                hash.add(row);
            }
            hash.finish()
        };
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["a", "b"]), hash(&["b", "a"]));
        assert_eq!(hash(&["a", "b"]), hash(&["a", "b"]));
    }
}
