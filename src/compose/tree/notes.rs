//! Editor's notes, `%% … %%`: they never leave the house.

use comrak::nodes::{Node, NodeValue};

use super::margin::Margin;
use crate::rule;

const MARK: &str = "%%";

/// Takes every note out of the tree, with what held nothing else, and says where one is not closed.
pub(super) fn remove(margin: &mut Margin<'_>, root: Node<'_>) {
    for node in root.descendants().collect::<Vec<_>>() {
        let value = node.data().value.clone();
        match value {
            NodeValue::MultilineComment(note) => {
                if !note.closed {
                    let line = margin.first_line(node);
                    let message = "editor's note is not closed and hides the rest of the letter";
                    margin.note(&rule::NOTE_UNCLOSED, line, message.to_owned(), "end it with `%%`");
                }
                take_out(node);
            }
            NodeValue::CommentInline(_) => take_out(node),
            NodeValue::Text(text) if text.contains(MARK) => check_text(margin, node),
            _ => {}
        }
    }
}

/// Two per cent signs that open no note show it to readers, unless their author has escaped them.
fn check_text(margin: &mut Margin<'_>, node: Node<'_>) {
    let range = margin.range(node.data().sourcepos);
    let written = margin.body.get(range.clone()).unwrap_or_default();
    let bare = |at: &usize| !written[..*at].ends_with('\\');
    let Some(at) = written.match_indices(MARK).map(|(at, _)| at).find(bare) else { return };
    let start = range.start + at;
    let message = "`%%` opens an editor's note that is not closed, so readers would see it";
    let help = "end it with `%%` on the same line; a longer note starts a line of its own; or write `\\%%`";
    margin.note(&rule::NOTE_UNCLOSED, start..start + MARK.len(), message.to_owned(), help);
}

/// Detaches a node and everything around it that then holds nothing.
fn take_out(node: Node<'_>) {
    let parent = node.parent();
    node.detach();
    let mut next = parent;
    while let Some(holder) = next.filter(|holder| is_frame(&holder.data().value)) {
        if !holder.children().all(is_blank) {
            return;
        }
        next = holder.parent();
        holder.detach();
    }
}

fn is_frame(value: &NodeValue) -> bool {
    matches!(
        value,
        NodeValue::Paragraph
            | NodeValue::Heading(_)
            | NodeValue::Item(_)
            | NodeValue::TaskItem(_)
            | NodeValue::List(_)
            | NodeValue::BlockQuote
    )
}

fn is_blank(node: Node<'_>) -> bool {
    match &node.data().value {
        NodeValue::SoftBreak | NodeValue::LineBreak => true,
        NodeValue::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}
