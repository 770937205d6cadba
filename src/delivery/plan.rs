//! What a plan freezes besides its rows: the bytes every copy is made from, and the hash that binds a rehearsal to a send.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::address::TokenAddress;
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
    pub unsubscribe_mailto: Option<TokenAddress>,
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

    /// As the ledger keeps it.
    pub fn json(&self) -> String {
        // Serialising plain structs of strings cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// SHA-256 over what the ledger keeps, lower-case hex.
    pub fn digest(&self) -> String {
        digest(&self.json())
    }

    /// What differs in `today`, in words: parts of the letter, and keys of the configuration that reach its bytes.
    ///
    /// Values are compared, not digests, so that a field which a newer program adds is no change by itself.
    pub fn changes(&self, today: &Self) -> Vec<String> {
        let tree = |pinned: &Self| serde_json::to_value(pinned).unwrap_or_default();
        let mut paths = Vec::new();
        differences(&tree(self), &tree(today), "", &mut paths);
        paths.iter().filter(|path| *path != "issue.digest").map(|path| in_words(path)).collect()
    }
}

/// SHA-256 of a text, lower-case hex.
pub fn digest(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// The paths of values that differ, at most two keys deep.
fn differences(then: &Value, now: &Value, path: &str, paths: &mut Vec<String>) {
    match (then, now) {
        (Value::Object(old), Value::Object(new)) if !path.contains('.') => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let of = |side: &serde_json::Map<String, Value>| {
                    side.get(key).cloned().unwrap_or_default()
                };
                differences(&of(old), &of(new), &path, paths);
            }
        }
        _ if then != now => paths.push(path.to_owned()),
        _ => {}
    }
}

/// A path as the editor knows it.
fn in_words(path: &str) -> String {
    match path {
        "issue.subject" => "the subject".into(),
        "issue.html" => "the HTML part".into(),
        "issue.text" => "the text part".into(),
        "issue.images" => "the images".into(),
        "issue.conditionals" => "the conditions".into(),
        "unsubscribe_url" => "`unsubscribe.url`".into(),
        "unsubscribe_mailto" => "`unsubscribe.mailto`".into(),
        // What the draft says in its head has no section.
        key => format!("`{}`", key.strip_prefix("issue.").unwrap_or(key).replace('_', "-")),
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
    fn what_has_changed_is_named_as_the_editor_knows_it() {
        let newsletter = Newsletter {
            name: "Notes".into(),
            from: "notes@example.org".parse().unwrap(),
            reply_to: None,
            list_id: "notes.example.org".into(),
            language: "en".into(),
            postal_address: None,
            base_url: None,
            archive_url: None,
            feedback_id: None,
            bounce: None,
        };
        let literal = crate::compose::merge::Template::literal;
        let issue = Issue {
            conditionals: Vec::new(),
            id: "tide".into(),
            subject: literal("Tide"),
            html: literal("<p>six"),
            text: literal("six"),
            from: None,
            reply_to: None,
            images: Vec::new(),
            digest: "1".into(),
        };
        let then = Pinned {
            issue,
            newsletter,
            unsubscribe_url: Some("https://example.org/{token}".into()),
            unsubscribe_mailto: None,
        };
        let mut today = then.clone();
        assert_eq!(then.changes(&today), Vec::<String>::new());
        today.issue.html = literal("<p>seven");
        today.issue.digest = "2".into();
        today.issue.from = Some("ada@example.org".parse().unwrap());
        today.newsletter.postal_address = Some("Quay 1".into());
        today.unsubscribe_url = None;
        assert_eq!(
            then.changes(&today),
            ["`from`", "the HTML part", "`newsletter.postal-address`", "`unsubscribe.url`"]
        );
    }

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
