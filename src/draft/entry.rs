//! One key with its value, whichever syntax it was written in.

use crate::source::Span;

/// A key of the front matter and what it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key as written.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) key_span: Span,
    /// What kind of value it has.
    pub(super) kind: Kind,
    /// The decoded text of a scalar, trimmed; of anything else its source text.
    pub(super) text: String,
    /// Where the value stands; the key's place when there is no value.
    pub(super) span: Span,
}

/// Only the distinctions that all three syntaxes share: a number or a date is a text that reads as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, a number, a date, true or false.
    Scalar,
    /// Several values.
    List,
    /// Keys with values of their own.
    Table,
    /// A YAML alias `*name`, which we do not follow.
    Alias,
}

/// What was read of a front matter.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// In the order of the file; keys may repeat.
    pub(super) list: Vec<Entry>,
    /// A syntax error hid the rest, so that nothing can be called missing.
    pub(super) broken: bool,
}

impl Kind {
    /// The kind with its article.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Scalar => "text",
            Self::List => "a list",
            Self::Table => "a table",
            Self::Alias => "an alias",
        }
    }
}
