//! The text of a block in one piece, however it is marked up, with the way back to where it is written.

use std::ops::Range;

use crate::check::document::{Document, Run};

/// Stands for what readers see between words that is no text: code, a merge tag, an image.
const OBJECT: char = '\u{fffc}';

/// The text of one block.
#[derive(Debug, Default)]
pub(super) struct Passage {
    /// What readers read.
    pub text: String,
    /// The block, as an index of [`Document::blocks`].
    pub block: usize,
    /// Where pieces of the text start in it, and what they are in the document.
    pieces: Vec<(usize, Range<usize>)>,
}

impl Passage {
    /// The bytes of the document that a range of the text is written as.
    pub(super) fn range(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.at(range.start);
        let end = self.at(range.end.saturating_sub(1)) + usize::from(!range.is_empty());
        start..end.max(start)
    }

    /// The byte of the document that a byte of the text is written as.
    fn at(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|(start, _)| *start <= at);
        let Some((start, range)) = next.checked_sub(1).map(|index| &self.pieces[index]) else {
            return 0;
        };
        (range.start + (at - start)).min(range.end.saturating_sub(1).max(range.start))
    }

    fn push(&mut self, run: &Run, document: &Document<'_>) {
        if let Some((_, before)) = self.pieces.last() {
            let gap = before.end..run.range.start;
            let is_in_gap =
                |range: &&Range<usize>| gap.start <= range.start && range.start < gap.end;
            let code = document.code.iter().chain(&document.tags);
            let pictures = document.images.iter().map(|image| &image.range);
            if code.chain(pictures).any(|range| is_in_gap(&range)) {
                self.text.push(OBJECT);
            }
        }
        self.pieces.push((self.text.len(), run.range.clone()));
        self.text.push_str(&run.text);
    }
}

/// The texts of all blocks that have any, in order.
pub(super) fn passages(document: &Document<'_>) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    for run in &document.runs {
        match passages.last_mut() {
            Some(passage) if passage.block == run.block => passage.push(run, document),
            _ => {
                let mut passage = Passage { block: run.block, ..Passage::default() };
                passage.push(run, document);
                passages.push(passage);
            }
        }
    }
    passages
}
