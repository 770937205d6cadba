//! The text of a block in one piece, however it is marked up, with the way back to where it is written.

use std::ops::Range;

use crate::check::document::{Document, LinkKind, Run};

/// Stands for what is between words and is no text: code, a merge tag, an image, a comment.
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

    /// Takes in a run. Addresses that stand for themselves are no words.
    fn take(&mut self, run: &Run, document: &Document<'_>) {
        let links = &document.links;
        let first = links.partition_point(|link| link.range.end <= run.range.start);
        let within = links[first..].iter().take_while(|link| link.range.start < run.range.end);
        let mut at = run.range.start;
        for link in within.filter(|link| link.kind == LinkKind::Bare) {
            self.push(run, at..link.range.start.max(at), document);
            self.text.push(OBJECT);
            at = link.range.end.min(run.range.end);
        }
        self.push(run, at..run.range.end, document);
    }

    /// Takes in a part of a run.
    fn push(&mut self, run: &Run, part: Range<usize>, document: &Document<'_>) {
        let start = run.range.start;
        let is_as_written = run.text.len() == run.range.len();
        let text =
            if is_as_written { &run.text[part.start - start..part.end - start] } else { &run.text };
        if text.is_empty() {
            return;
        }
        if let Some((_, before)) = self.pieces.last()
            && has_object(document, &(before.end..part.start))
        {
            self.text.push(OBJECT);
        }
        self.pieces.push((self.text.len(), part));
        self.text.push_str(text);
    }
}

/// Whether something begins between two runs that is no text.
fn has_object(document: &Document<'_>, gap: &Range<usize>) -> bool {
    let begins = |start: Option<usize>| start.is_some_and(|start| start < gap.end);
    let next = |ranges: &[Range<usize>]| {
        let index = ranges.partition_point(|range| range.start < gap.start);
        begins(ranges.get(index).map(|range| range.start))
    };
    let images = &document.images;
    let index = images.partition_point(|image| image.range.start < gap.start);
    let html = &document.html;
    let first = html.partition_point(|raw| raw.range.start < gap.start);
    let mut html = html[first..].iter().take_while(|raw| raw.range.start < gap.end);
    next(&document.code)
        || next(&document.tags)
        || html.any(|raw| raw.tag.is_none())
        || begins(images.get(index).map(|image| image.range.start))
}

/// The texts of all blocks that have any, in order.
pub(super) fn passages(document: &Document<'_>) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    for run in &document.runs {
        match passages.last_mut() {
            Some(passage) if passage.block == run.block => passage.take(run, document),
            _ => {
                let mut passage = Passage { block: run.block, ..Passage::default() };
                passage.take(run, document);
                passages.push(passage);
            }
        }
    }
    passages
}
