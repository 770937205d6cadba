//! The letter's bytes that all readers share, cut where they differ, and a reader's pieces put in.

use crate::compose::merge::fill::{Fields, Filler, SyntaxError, Unresolved};
use crate::compose::merge::{Piece, Template};

use super::mime::{self, MARK};

/// A template ready to be filled, all its line ends LF.
#[derive(Debug)]
pub(super) struct Wording {
    filler: Filler,
    /// The text before, between and after the slots: one more than there are slots.
    literals: Vec<String>,
}

impl Wording {
    /// Compiles a template.
    pub(super) fn new(template: &Template) -> Result<Self, SyntaxError> {
        let mut literals = vec![String::new()];
        for piece in &template.pieces {
            match piece {
                Piece::Slot { .. } => literals.push(String::new()),
                Piece::Literal(text) => {
                    if let Some(last) = literals.last_mut() {
                        last.push_str(text);
                    }
                }
            }
        }
        let literals = literals.into_iter().map(with_lf).collect();
        Ok(Self { filler: Filler::new(template)?, literals })
    }

    /// The text around the slots.
    pub(super) fn literals(&self) -> &[String] {
        &self.literals
    }

    /// Whether all readers get the same.
    pub(super) fn is_fixed(&self) -> bool {
        self.literals.len() == 1
    }

    /// A reader's values of the slots.
    pub(super) fn values(&self, fields: &Fields) -> Result<Vec<String>, Vec<Unresolved>> {
        Ok(self.filler.values(fields)?.into_iter().map(with_lf).collect())
    }

    /// The whole text for a reader.
    pub(super) fn fill(&self, fields: &Fields) -> Result<String, Vec<Unresolved>> {
        let values = self.values(fields)?;
        let mut out = self.literals[0].clone();
        for (value, literal) in values.iter().zip(&self.literals[1..]) {
            out.push_str(value);
            out.push_str(literal);
        }
        Ok(out)
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

    /// Puts in the values of the header, which are encoded already, and then those of the two parts, after a `start`.
    pub(super) fn splice<'a>(
        &self,
        start: Vec<u8>,
        header_values: &[String],
        slots: impl Iterator<Item = &'a String>,
    ) -> Vec<u8> {
        let shared: usize = self.pieces.iter().map(|piece| piece.len()).sum();
        let mut pieces = self.pieces.iter();
        let mut out = start;
        out.reserve(shared + 1024);
        let mut shared = |out: &mut Vec<u8>| {
            if let Some(piece) = pieces.next() {
                out.extend_from_slice(piece);
            }
        };
        shared(&mut out);
        for value in header_values {
            out.extend_from_slice(value.as_bytes());
            shared(&mut out);
        }
        for value in slots {
            mime::encode(value, &mut out);
            shared(&mut out);
        }
        out
    }
}

/// CRLF and lone CR become LF.
fn with_lf(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}
