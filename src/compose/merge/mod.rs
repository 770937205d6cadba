//! Merge tags: `{{ name | default("reader") }}` as values with a place, and `{% if … %}` as chunks for some readers.
//!
//! [`expression`] says what a tag may say, [`fill`] works it out for a reader.

pub(in crate::compose) mod choices;
mod escape;
pub mod expression;
mod fields;
pub mod fill;
pub(crate) mod landing;
pub(crate) mod lines;
pub(in crate::compose) mod numbers;
pub(crate) mod pairs;
pub(crate) mod scan;
pub(crate) mod tags;

use serde::{Deserialize, Serialize};

/// A text with slots and chunks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Template {
    /// The parts in order; two literals never follow each other.
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
    /// What only readers get for whom a branch is taken.
    Chunk {
        /// The branch.
        branch: Branch,
        /// Its content.
        pieces: Vec<Piece>,
    },
}

/// Where a merged value lands, which decides how it is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// HTML text or a quoted attribute: `& < > " '` are escaped.
    Html,
    /// Inside a URL in an HTML attribute: percent-encoded.
    UrlPart,
    /// The address in a `mailto:` URL: percent-encoded, but for what addresses are made of (RFC 6068 2).
    Mailbox,
    /// A whole URL in an HTML attribute: the scheme is checked, then escaped as HTML.
    Href,
    /// Plain text within a line: white space of any kind becomes single spaces, as in HTML.
    Text,
    /// Plain text at the start of a line: as [`Place::Text`], and space-stuffed if it must be (RFC 3676 4.4).
    LineStart,
    /// Plain text at the end of a line: as [`Place::Text`], and no space at its end, which would make the line flow.
    LineEnd,
    /// Plain text that is a whole line.
    Line,
    /// A header: must be one line without control characters.
    Header,
}

/// `{% if … %}` with all its branches, or a condition that composition derived from such.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditional {
    /// The branch it stands in; it is not looked at for readers who do not take that one.
    pub within: Option<Branch>,
    /// What is asked, one test a branch: the first that holds is taken. The branch after the last test is `else`, which
    /// may be empty.
    pub tests: Vec<Test>,
}

/// What decides whether a branch is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    /// An expression of the author's, e.g. `"vip" in tags`.
    Expression(String),
    /// Whether in one of these lists all branches are taken.
    Any(Vec<Vec<Branch>>),
}

/// One branch of one conditional of an issue, both counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Branch {
    /// Which conditional; none refers to one after itself.
    pub conditional: usize,
    /// Which of its branches.
    pub branch: usize,
}

impl Template {
    /// A template without slots.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::Literal(text.into())] }
    }
}
