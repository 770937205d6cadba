//! What a reader gets at the marks of a letter: templates filled, each value encoded for its place.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::compose::merge::expression::SyntaxError;
use crate::compose::merge::fill::{Choices, Fields, Slot, Unresolved};
use crate::compose::merge::{Branch, Piece, Template};

use super::content::Own;
use super::mime;

/// A template ready to be filled, all its line ends LF.
#[derive(Debug)]
pub struct Wording {
    parts: Vec<Part>,
}

/// What a template is made of.
#[derive(Debug)]
enum Part {
    /// Text that all readers of this part get.
    Literal(String),
    Slot(Slot),
    Chunk {
        branch: Branch,
        parts: Vec<Part>,
        /// The literals of `parts` as a letter's body has them, in order.
        encoded: Vec<Box<[u8]>>,
    },
}

impl Wording {
    /// Compiles a template.
    pub fn new(template: &Template) -> Result<Self, SyntaxError> {
        Ok(Self { parts: parts(&template.pieces)? })
    }

    /// The text around the slots and chunks: one more than there are of these.
    pub(super) fn literals(&self) -> Vec<String> {
        let mut literals = vec![String::new()];
        for part in &self.parts {
            match (part, literals.last_mut()) {
                (Part::Literal(text), Some(last)) => last.push_str(text),
                _ => literals.push(String::new()),
            }
        }
        literals
    }

    /// Whether all readers get the same.
    pub(super) fn is_fixed(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Literal(_)))
    }

    /// The fields its slots speak of.
    pub(super) fn names(&self) -> BTreeSet<String> {
        fn collect(parts: &[Part], names: &mut BTreeSet<String>) {
            for part in parts {
                match part {
                    Part::Literal(_) => {}
                    Part::Slot(slot) => names.extend(slot.names()),
                    Part::Chunk { parts, .. } => collect(parts, names),
                }
            }
        }
        let mut names = BTreeSet::new();
        collect(&self.parts, &mut names);
        names
    }

    /// Puts what a reader gets at the marks of a letter's body, each after the next piece.
    pub(super) fn splice(&self, fields: &Fields<'_>, choices: &Choices, letter: &mut Splice) {
        for part in &self.parts {
            match part {
                Part::Literal(_) => {}
                Part::Slot(slot) => {
                    letter.own.piece();
                    letter.slot(slot, fields);
                }
                Part::Chunk { branch, parts, encoded } => {
                    letter.own.piece();
                    let start = letter.own.bytes.len();
                    letter.chunk(*branch, parts, encoded, start, &Asked { fields, choices });
                }
            }
        }
    }

    /// The whole text for a reader.
    pub(super) fn fill(
        &self,
        fields: &Fields<'_>,
        choices: &Choices,
    ) -> Result<String, Vec<Unresolved>> {
        let (mut out, mut unresolved) = (String::new(), Vec::new());
        fill(&self.parts, fields, choices, &mut out, &mut unresolved);
        if unresolved.is_empty() { Ok(out) } else { Err(unresolved) }
    }
}

fn parts(pieces: &[Piece]) -> Result<Vec<Part>, SyntaxError> {
    let part = |piece: &Piece| {
        Ok(match piece {
            Piece::Literal(text) => Part::Literal(with_lf(text.into()).into_owned()),
            Piece::Slot { expression, place } => Part::Slot(Slot::new(expression, *place)?),
            Piece::Chunk { branch, pieces } => {
                let parts = parts(pieces)?;
                let encoded = parts.iter().filter_map(encoded).collect();
                Part::Chunk { branch: *branch, parts, encoded }
            }
        })
    };
    pieces.iter().map(part).collect()
}

/// A literal as it stands in a body between two others that may be there or not.
fn encoded(part: &Part) -> Option<Box<[u8]>> {
    let Part::Literal(text) = part else { return None };
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    mime::encode(text, &mut out);
    Some(out.into())
}

fn fill(
    parts: &[Part],
    fields: &Fields<'_>,
    choices: &Choices,
    out: &mut String,
    unresolved: &mut Vec<Unresolved>,
) {
    for part in parts {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Slot(slot) => match slot.value(fields) {
                Ok(value) => out.push_str(&with_lf(value)),
                Err(why) => unresolved.push(why),
            },
            Part::Chunk { branch, parts, .. } if choices.take(*branch) => {
                fill(parts, fields, choices, out, unresolved);
            }
            Part::Chunk { .. } => {}
        }
    }
}

/// A letter as it is put together: value, piece, value, piece. All that stands against it is gathered.
pub(super) struct Splice {
    own: Own,
    /// Whether values are only asked for, and written nowhere.
    only_asks: bool,
    unresolved: Vec<Unresolved>,
}

/// Who is asked for what a letter depends on.
struct Asked<'a> {
    fields: &'a Fields<'a>,
    choices: &'a Choices,
}

impl Splice {
    /// Begins a letter with what stands before its first piece.
    pub(super) fn new(own: Own) -> Self {
        Self { own, only_asks: false, unresolved: Vec::new() }
    }

    /// Asks for all that a letter would need, and makes none.
    pub(super) fn asking() -> Self {
        Self { own: Own::default(), only_asks: true, unresolved: Vec::new() }
    }

    /// Puts a value of the header at the next mark.
    pub(super) fn header(&mut self, value: Result<Cow<'_, str>, Vec<Unresolved>>) {
        self.own.piece();
        match value {
            Ok(value) => self.own.bytes.extend_from_slice(value.as_bytes()),
            Err(why) => self.unresolved.extend(why),
        }
    }

    /// What stands between the pieces, or all that stands against the letter, each once and in order.
    pub(super) fn finish(mut self) -> Result<Own, Vec<Unresolved>> {
        self.own.piece();
        self.unresolved.sort();
        self.unresolved.dedup();
        if self.unresolved.is_empty() { Ok(self.own) } else { Err(self.unresolved) }
    }

    pub(super) fn refuse(&mut self, why: Vec<Unresolved>) {
        self.unresolved.extend(why);
    }

    fn slot(&mut self, slot: &Slot, fields: &Fields<'_>) {
        match slot.value(fields) {
            Ok(_) if self.only_asks => {}
            Ok(value) => mime::encode(&with_lf(value), &mut self.own.bytes),
            Err(why) => self.unresolved.push(why),
        }
    }

    /// Appends a chunk that begins at `start`, if the reader gets it; every part is on a line of its own.
    fn chunk(
        &mut self,
        branch: Branch,
        parts: &[Part],
        encoded: &[Box<[u8]>],
        start: usize,
        asked: &Asked<'_>,
    ) {
        if !asked.choices.take(branch) {
            return;
        }
        let mut encoded = encoded.iter();
        for part in parts {
            mime::start_line(&mut self.own.bytes, start);
            match part {
                Part::Literal(_) => {
                    self.own.bytes.extend_from_slice(encoded.next().map_or(&[], AsRef::as_ref));
                }
                Part::Slot(slot) => self.slot(slot, asked.fields),
                Part::Chunk { branch, parts, encoded } => {
                    self.chunk(*branch, parts, encoded, start, asked);
                }
            }
        }
    }
}

/// CRLF and lone CR become LF.
fn with_lf(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text }
}
