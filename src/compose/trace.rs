//! Where the blocks of a letter come from, for whoever shows a letter beside its draft.
//!
//! A mark is a comment before the block's element: `<!--@0:12-->` says line 12 of the draft, `<!--@2:1-->` the first
//! line of its second snippet. No author can write one, because drafts keep no comments. Letters that are sent have
//! none.

use comrak::nodes::Sourcepos;

use super::tree;
use crate::draft::Draft;

/// What a mark begins with.
pub const START: &str = "<!--@";
/// What a mark ends with.
pub const END: &str = "-->";

/// The files and lines that a body comes from.
#[derive(Debug)]
pub(super) struct Trace(Vec<(usize, usize)>);

impl Trace {
    pub(super) fn new(draft: &Draft) -> Self {
        Self(tree::origins(draft))
    }

    /// The mark of what stands at this place of the body.
    pub(super) fn mark(&self, at: Sourcepos) -> String {
        let origin = self.0.get(at.start.line.wrapping_sub(1));
        origin.map_or_else(String::new, |(file, line)| format!("{START}{file}:{line}{END}"))
    }
}

/// The same HTML without its marks.
pub(super) fn without(html: &str) -> String {
    let mut pieces = html.split(START);
    let mut out = String::with_capacity(html.len());
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        out.push_str(piece.split_once(END).map_or(piece, |(_, rest)| rest));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::images::NO_IMAGES;
    use crate::compose::merge::{Piece, Template};
    use crate::compose::{Materials, compose, compose_traced};
    use crate::source::Source;

    fn text(template: &Template) -> String {
        let pieces = template.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Slot { expression, .. } => format!("{{{expression}}}"),
            Piece::Chunk { pieces, .. } => text(&Template { pieces: pieces.clone() }),
        });
        pieces.collect()
    }

    fn traced(body: &str, snippet: &str) -> (String, String) {
        let source = Source::new("drafts/a.md", format!("---\ntitle: A title\n---\n{body}"));
        let (mut draft, _) = crate::draft::parse(source).unwrap();
        let snippet = Source::new("s.md", snippet);
        draft.snippets.insert("s.md".into(), Ok(snippet));
        let newsletter = crate::compose::tests::newsletter();
        let materials = Materials::new(&newsletter);
        let (issue, traced, _) = compose_traced(&draft, &materials, &|_| &NO_IMAGES).unwrap();
        assert_eq!(issue, compose(&draft, &materials).unwrap().0, "the issue knows no places");
        assert_eq!(text(&issue.html), without(&text(&traced)));
        (text(&traced), text(&issue.html))
    }

    #[test]
    fn blocks_say_their_lines_and_letters_do_not() {
        let body = "One {{ name }}\n\n- a\n- b\n\n> c\n\n[[include: s.md]]\n\n{% if name %}\n\nlast\n\n{% endif %}\n\n```\n<!--@0:1-->\n```\n";
        let (traced, sent) = traced(body, "first\n\nsecond\n");
        for mark in [
            "<!--@0:4--><p",
            "<!--@0:6--><ul",
            "<!--@0:7--><li",
            "<!--@0:9--><blockquote",
            "<!--@1:1--><p",
            "<!--@1:3--><p",
            "<!--@0:15--><p",
            "<!--@0:19--><table",
        ] {
            assert!(traced.contains(mark), "{mark} in {traced}");
        }
        assert!(!sent.contains(START) && sent.contains("&lt;!--@0:1--&gt;"), "{sent}");
    }
}
