//! The audience: who is on the list, read as a stream and never held whole.
//!
//! `list` reads `subscribers.toml`, `table` reads CSV, and both give the same [`Row`]s, so that whoever plans,
//! counts or imports does not ask where a row came from. No file is opened here: readers come in as arguments.

mod blocks;
mod columns;
pub mod duplicates;
mod field;
mod headings;
mod lines;
pub mod list;
mod passage;
mod reading;
mod records;
mod row;
mod simple;
pub mod suppression;
pub mod table;
pub mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::EmailAddress;
use crate::finding::Finding;
pub use field::Field;

/// What a list gives for each row: a subscriber, or every mistake of that row.
///
/// One `Err` is one bad row as long as all its findings are `list-invalid`; findings of other rules are about the
/// file. After an error the rows that follow are still read, except when the file cannot be read at all.
pub type Row = Result<Listed, Vec<Finding>>;

/// A subscriber and where the list names it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The line where the row starts, from 1.
    pub line: usize,
    /// The row.
    pub subscriber: Subscriber,
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscriber {
    /// Where letters go.
    pub email: EmailAddress,
    /// How the reader wants to be called; never blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Free labels, for `--only` and conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether the reader is mailed.
    #[serde(default, skip_serializing_if = "Status::is_active")]
    pub status: Status,
    /// Further columns, each a top-level name in merge tags; never blank, never one of the names above.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Field>,
}

/// Whether a subscriber is mailed; all but `Active` are skipped with the status as reason.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Mailed.
    #[default]
    Active,
    /// Wants a break.
    Paused,
    /// Has left.
    Unsubscribed,
    /// The address does not take mail.
    Bounced,
}

/// Which rows of the list an issue is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Selection {
    /// Every row.
    #[default]
    Everyone,
    /// The rows with this tag, as written.
    Tagged(String),
}

impl Selection {
    /// What `--only` means; without it, everyone.
    pub fn only(tag: Option<String>) -> Self {
        tag.map_or(Self::Everyone, Self::Tagged)
    }

    /// Whether this row is meant.
    pub fn includes(&self, subscriber: &Subscriber) -> bool {
        match self {
            Self::Everyone => true,
            Self::Tagged(tag) => subscriber.tags.contains(tag),
        }
    }
}

impl Status {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 4] = [Self::Active, Self::Paused, Self::Unsubscribed, Self::Bounced];

    /// Whether letters go to this reader.
    pub fn is_active(&self) -> bool {
        *self == Self::Active
    }

    /// The word in the list.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_means_the_rows_with_exactly_that_tag() {
        let subscriber = Subscriber {
            email: "ada@example.org".parse().unwrap(),
            name: None,
            tags: vec!["rust".into()],
            status: Status::Active,
            fields: BTreeMap::new(),
        };
        assert!(Selection::only(None).includes(&subscriber));
        assert!(Selection::only(Some("rust".into())).includes(&subscriber));
        assert!(!Selection::only(Some("rus".into())).includes(&subscriber));
    }
}
