//! Merge tags: `{{ name | default("reader") }}` as values with a place. [`fill`] fills them per reader.

pub mod fill;
pub(crate) mod tags;

use serde::{Deserialize, Serialize};

/// A text with slots.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Template {
    /// Literal text and slots in order; two literals never follow each other.
    pub pieces: Vec<Piece>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// Text that is the same for every reader, already escaped for its place.
    Literal(String),
    /// An expression whose value is escaped for the place where it lands.
    Slot {
        /// The expression between the braces, e.g. `name | default("reader")`.
        expression: String,
        /// What the value must be escaped for.
        place: Place,
    },
}

/// Where a merged value lands, which decides how it is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// HTML text or a quoted attribute: `& < > " '` are escaped.
    Html,
    /// Inside a URL in an HTML attribute: percent-encoded.
    UrlPart,
    /// A whole URL in an HTML attribute: the scheme is checked, then escaped as HTML.
    Href,
    /// Plain text: as it is, line ends made LF.
    Text,
    /// A header: must be one line without control characters.
    Header,
}

impl Template {
    /// A template without slots.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::Literal(text.into())] }
    }
}
