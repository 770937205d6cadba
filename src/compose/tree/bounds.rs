//! How much a body may hold: a hundred times what a letter needs, and so little that no draft keeps the program busy.

use comrak::nodes::Node;

use super::margin::Margin;
use crate::rule;

/// The most merge tags, each part of a condition counted.
pub(super) const MOST_TAGS: usize = 2_000;
/// The most pieces: blocks, links, emphases, stretches of text. Some steps take time in the square of them.
pub(super) const MOST_PIECES: usize = 25_000;

const HELP: &str = "split it, or link to the long part";

/// Whether a body, as it was written, has too many merge tags; the first one too many is noted.
pub(super) fn has_too_many_tags(margin: &mut Margin<'_>) -> bool {
    let opened = |pair: &[u8]| matches!(pair, b"{{" | b"{%");
    let mut starts = margin.body.as_bytes().windows(2).enumerate().filter(|(_, two)| opened(two));
    let Some((at, _)) = starts.nth(MOST_TAGS) else { return false };
    let message = format!("draft has more than {MOST_TAGS} merge tags");
    margin.note(&rule::DRAFT_TOO_LARGE, at..at + 2, message, HELP);
    true
}

/// Whether a tree has too many nodes; the first one too many is noted.
pub(super) fn has_too_many_pieces(margin: &mut Margin<'_>, root: Node<'_>) -> bool {
    let Some(node) = root.descendants().nth(MOST_PIECES) else { return false };
    let message =
        format!("draft has more than {MOST_PIECES} pieces (paragraphs, links, emphases …)");
    margin.note(&rule::DRAFT_TOO_LARGE, margin.first_line(node), message, HELP);
    true
}
