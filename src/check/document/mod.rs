//! The body of a draft as the rules read it: links, images, headings, blocks and words, each with its place.
//!
//! comrak, which composes, keeps no places for reference definitions and no labels; so the rules read the body with
//! pulldown-cmark, whose every event has its bytes. Places are byte ranges of the body with its snippets
//! ([`Document::text`]); [`Document::origin`] says where in which file they stand. Merge tags are words to the parser,
//! and editor's notes comments, so that neither changes what is around it.

mod bare;
mod definitions;
mod mask;
mod reading;

use std::collections::BTreeSet;
use std::ops::Range;

pub(super) use definitions::folded;

use crate::compose::Manuscript;
use crate::compose::raw_html::Element;
use crate::draft::Draft;
use crate::source::{Source, Span};

/// A body that is read.
#[derive(Debug)]
pub struct Document<'d> {
    manuscript: Manuscript<'d>,
    /// Where each line of the text starts in it.
    lines: Vec<usize>,
    /// All blocks, outer before inner.
    pub blocks: Vec<Block>,
    /// Links of every kind, in order.
    pub links: Vec<Link>,
    /// Images, Markdown and raw, in order.
    pub images: Vec<Picture>,
    /// Headings in order.
    pub headings: Vec<Heading>,
    /// Reference definitions in order.
    pub definitions: Vec<Definition>,
    /// What is in brackets and looks like a link, but has no definition.
    pub brackets: Vec<Bracket>,
    /// What readers read, piece by piece, without code and without merge tags.
    pub runs: Vec<Run>,
    /// Code spans and code blocks.
    pub code: Vec<Range<usize>>,
    /// Tags and comments of raw HTML, one by one.
    pub html: Vec<Raw>,
    /// Merge tags outside of code.
    pub tags: Vec<Range<usize>>,
    /// The labels of the footnotes that are referred to.
    pub footnotes: BTreeSet<String>,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Its bytes, with those of the blocks within.
    pub range: Range<usize>,
    /// The block around it.
    pub parent: Option<usize>,
    /// Whether it stands in a quote.
    pub is_quoted: bool,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockKind {
    /// Text.
    Paragraph,
    /// `# …`, with its level.
    Heading(u8),
    /// `> …`
    Quote,
    /// Code, fenced or indented.
    Code,
    /// Raw HTML, also a comment.
    Html,
    /// Items.
    List,
    /// One of them.
    Item,
    /// `[^label]: …`
    Footnote(String),
    /// A table.
    Table,
    /// Its head, or a row.
    Row,
    /// A cell of a row.
    Cell,
    /// `---`
    Break,
    /// Terms and what they mean, and each of both.
    Definitions,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// How it is written.
    pub kind: LinkKind,
    /// Its bytes, brackets and address included.
    pub range: Range<usize>,
    /// Where it leads, as written.
    pub url: String,
    /// The label of a reference.
    pub label: Option<String>,
    /// What readers see of it, the texts of images included.
    pub text: String,
    /// Whether it holds an image.
    pub has_image: bool,
    /// Whether it stands in a quote.
    pub is_quoted: bool,
}

/// How a link or an image is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// `[text](address)`
    Inline,
    /// `[text][label]`, `[label][]`, `[label]`
    Reference,
    /// An address that stands for itself, with or without angle brackets.
    Bare,
    /// `<a href>`, `<img>`
    Html,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// How it is written.
    pub kind: LinkKind,
    /// Its bytes.
    pub range: Range<usize>,
    /// Its address, as written.
    pub url: String,
    /// The label of a reference.
    pub label: Option<String>,
    /// The text for readers who do not see it.
    pub alt: String,
    /// The link it stands in, as an index of [`Document::links`].
    pub link: Option<usize>,
    /// The tag, if it is raw HTML.
    pub element: Option<Element>,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its bytes, marks included, without the line's end.
    pub range: Range<usize>,
    /// Its words.
    pub text: String,
    /// The block, as an index of [`Document::blocks`].
    pub block: usize,
}

/// A reference definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// As written.
    pub label: String,
    /// Its bytes.
    pub range: Range<usize>,
    /// Where it leads, as written.
    pub url: String,
    /// Where the address stands.
    pub url_range: Range<usize>,
    /// The definition that came before with the same label, and counts instead.
    pub first: Option<Range<usize>>,
}

/// Text in brackets that could be a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bracket {
    /// Its bytes.
    pub range: Range<usize>,
    /// What is between the brackets, or between the second pair.
    pub label: String,
    /// Whether it is one pair of brackets alone.
    pub is_shortcut: bool,
}

/// A piece of text that readers read, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its bytes as written.
    pub range: Range<usize>,
    /// What readers read: the same, but for entities and escapes. A line's end is `\n`.
    pub text: String,
    /// The innermost block, as an index of [`Document::blocks`].
    pub block: usize,
    /// The link it stands in, as an index of [`Document::links`].
    pub link: Option<usize>,
}

/// A piece of raw HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// Its bytes.
    pub range: Range<usize>,
    /// The tag; none for a comment or a declaration.
    pub tag: Option<RawTag>,
    /// The block it stands in, as an index of [`Document::blocks`].
    pub block: Option<usize>,
}

/// A tag of raw HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawTag {
    /// `<name …>`
    Open(Element),
    /// `</name>`
    Close(String),
}

impl<'d> Document<'d> {
    /// Reads the body of a draft with its snippets.
    pub fn read(draft: &'d Draft) -> Self {
        reading::read(Manuscript::assemble(draft).0)
    }

    /// The body with its snippets, as written.
    pub fn text(&self) -> &str {
        &self.manuscript.text
    }

    /// A part of the text.
    pub fn slice(&self, range: &Range<usize>) -> &str {
        self.text().get(range.clone()).unwrap_or_default()
    }

    /// The file that a byte of the text comes from, and the byte in it.
    pub fn origin(&self, at: usize) -> (&'d Source, usize) {
        self.manuscript.origin(at)
    }

    /// The bytes of the file that a range of the text comes from.
    pub fn span(&self, range: &Range<usize>) -> (&'d Source, Span) {
        let (source, start) = self.origin(range.start);
        (source, Span::new(start, start + range.len()))
    }

    /// The line of the text, from 0, that holds a byte.
    pub fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The bytes of a line of the text, counted from 0, without its end.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.lines.get(line).copied().unwrap_or(self.text().len());
        let end = self.lines.get(line + 1).copied().unwrap_or(self.text().len());
        let text = self.text()[start..end].trim_end_matches(['\r', '\n']);
        start..start + text.len()
    }

    /// A range with the rest of its first and last lines, and the end of the last.
    pub fn whole_lines(&self, range: &Range<usize>) -> Range<usize> {
        let (first, last) = (self.line(range.start), self.line(range.end.saturating_sub(1)));
        self.line_range(first).start..self.lines.get(last + 1).copied().unwrap_or(self.text().len())
    }

    /// The line in its file, from 1, of a byte of the text, as people are told it.
    pub fn line_number(&self, at: usize) -> usize {
        let (source, at) = self.origin(at);
        source.place(at).line
    }

    /// The link that holds a byte.
    pub fn link_at(&self, at: usize) -> Option<&Link> {
        let next = self.links.partition_point(|link| link.range.start <= at);
        self.links[..next].iter().rev().take(2).find(|link| link.range.contains(&at))
    }

    /// The innermost block that holds a byte.
    pub fn block_at(&self, at: usize) -> Option<&Block> {
        let next = self.blocks.partition_point(|block| block.range.start <= at);
        self.blocks[..next].iter().rev().find(|block| block.range.contains(&at))
    }

    /// Whether a byte belongs to code.
    pub fn is_code(&self, at: usize) -> bool {
        let next = self.code.partition_point(|range| range.start <= at);
        next > 0 && self.code[next - 1].contains(&at)
    }

    /// The words of a block and of the blocks within, in one text; code and merge tags count as words.
    pub fn words(&self, within: &Range<usize>) -> usize {
        let inside = |range: &Range<usize>| within.start <= range.start && range.end <= within.end;
        let text: String = self
            .runs
            .iter()
            .filter(|run| inside(&run.range))
            .map(|run| run.text.as_str())
            .collect();
        let others = self.code.iter().chain(&self.tags).filter(|range| inside(range)).count();
        text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
            + others
    }
}
