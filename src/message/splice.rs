//! The letter's bytes that all readers share, cut where they differ, and a reader's pieces put in.

use std::collections::BTreeSet;

use crate::compose::merge::expression::SyntaxError;
use crate::compose::merge::fill::{Choices, Fields, Slot, Unresolved};
use crate::compose::merge::{Branch, Piece, Template};

use super::mime::{self, MARK};

/// A template ready to be filled, all its line ends LF.
#[derive(Debug)]
pub(super) struct Wording {
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

/// What stands at one mark of a reader's letter.
#[derive(Debug, Default)]
pub(super) struct Filling(Vec<u8>);

impl Wording {
    /// Compiles a template.
    pub(super) fn new(template: &Template) -> Result<Self, SyntaxError> {
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

    /// What goes to the marks of a letter's body for a reader, or all that stands against it.
    pub(super) fn fillings(
        &self,
        fields: &Fields,
        choices: &Choices,
    ) -> Result<Vec<Filling>, Vec<Unresolved>> {
        let (mut fillings, mut unresolved) = (Vec::new(), Vec::new());
        for part in &self.parts {
            let mut filling = Filling::default();
            match part {
                Part::Literal(_) => continue,
                Part::Slot(slot) => match slot.value(fields) {
                    Ok(value) => mime::encode(&with_lf(value), &mut filling.0),
                    Err(why) => unresolved.push(why),
                },
                chunk @ Part::Chunk { .. } => {
                    chunk.encode(fields, choices, &mut filling.0, &mut unresolved);
                }
            }
            fillings.push(filling);
        }
        if unresolved.is_empty() { Ok(fillings) } else { Err(unresolved) }
    }

    /// The whole text for a reader.
    pub(super) fn fill(
        &self,
        fields: &Fields,
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
            Piece::Literal(text) => Part::Literal(with_lf(text.clone())),
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

impl Part {
    /// Appends a chunk in quoted-printable, if the reader gets it; every part starts on a line of its own.
    fn encode(
        &self,
        fields: &Fields,
        choices: &Choices,
        out: &mut Vec<u8>,
        unresolved: &mut Vec<Unresolved>,
    ) {
        let Self::Chunk { branch, parts, encoded } = self else { return };
        if !choices.take(*branch) {
            return;
        }
        let mut encoded = encoded.iter();
        for part in parts {
            mime::start_line(out);
            match part {
                Self::Literal(_) => {
                    out.extend_from_slice(encoded.next().map_or(&[], AsRef::as_ref));
                }
                Self::Slot(slot) => match slot.value(fields) {
                    Ok(value) => mime::encode(&with_lf(value), out),
                    Err(why) => unresolved.push(why),
                },
                Self::Chunk { .. } => part.encode(fields, choices, out, unresolved),
            }
        }
    }
}

fn fill(
    parts: &[Part],
    fields: &Fields,
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

/// The bytes between the marks: one piece more than there are marks.
#[derive(Debug)]
pub(super) struct Shell {
    pieces: Vec<Box<[u8]>>,
}

impl Shell {
    /// Cuts a letter at its marks.
    pub(super) fn cut(letter: &[u8]) -> Self {
        Self { pieces: letter.split(|&byte| byte == MARK).map(Box::from).collect() }
    }

    /// Puts in, after a `start`, the values of the header, and then what goes into the two parts; all of it is encoded
    /// already.
    pub(super) fn splice<'a>(
        &self,
        start: Vec<u8>,
        header_values: &[String],
        fillings: impl Iterator<Item = &'a Filling>,
    ) -> Vec<u8> {
        let values = header_values.iter().map(String::as_bytes);
        let mut values = values.chain(fillings.map(|filling| filling.0.as_slice()));
        let shared: usize = self.pieces.iter().map(|piece| piece.len()).sum();
        let mut out = start;
        out.reserve(shared + 1024);
        for piece in &self.pieces {
            out.extend_from_slice(piece);
            out.extend_from_slice(values.next().unwrap_or_default());
        }
        out
    }
}

/// CRLF and lone CR become LF.
fn with_lf(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}
