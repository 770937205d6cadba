//! Marks within a line that Markdown takes more often than people mean them.
//!
//! `2^10 and 2^20` is arithmetic, not a superscript; `~gone for good~` is struck out, as on GitHub; and `a==b==c` is
//! no highlight. Runs before raw HTML is rewritten: what is written as an element is meant.

use comrak::Arena;
use comrak::nodes::{Ast, Node, NodeCodeBlock, NodeTaskItem, NodeValue, Sourcepos};

use super::margin::Margin;
use crate::rule;

/// Settles the marks of the whole tree.
pub(super) fn settle<'a>(arena: &'a Arena<'a>, margin: &mut Margin<'_>, root: Node<'a>) {
    for node in root.descendants().collect::<Vec<_>>() {
        let value = node.data().value.clone();
        match value {
            NodeValue::Superscript if has_space(node) => literal(arena, node, "^"),
            NodeValue::Subscript if has_space(node) => {
                node.data_mut().value = NodeValue::Strikethrough;
            }
            NodeValue::Highlight if is_in_word(node) => literal(arena, node, "=="),
            NodeValue::ShortCode(code) if is_between_digits(node) => {
                node.data_mut().value = NodeValue::Text(format!(":{}:", code.code).into());
            }
            NodeValue::TableCell => box_in_cell(arena, node),
            NodeValue::CodeBlock(code) => check_fence(margin, node, &code),
            _ => {}
        }
    }
}

fn has_space(node: Node<'_>) -> bool {
    node.collect_text().contains(char::is_whitespace)
}

/// The characters right before and after a node in its line.
fn neighbours(node: Node<'_>) -> [Option<char>; 2] {
    let text = |node: Node<'_>| match &node.data().value {
        NodeValue::Text(text) => Some(text.to_string()),
        _ => None,
    };
    let before = node.previous_sibling().and_then(text).and_then(|text| text.chars().next_back());
    let after = node.next_sibling().and_then(text).and_then(|text| text.chars().next());
    [before, after]
}

fn is_in_word(node: Node<'_>) -> bool {
    neighbours(node).into_iter().flatten().any(char::is_alphanumeric)
}

/// `1:100:2` is a ratio.
fn is_between_digits(node: Node<'_>) -> bool {
    neighbours(node).into_iter().flatten().any(|c| c.is_ascii_digit())
}

/// Shows a node's marks as they were typed.
fn literal<'a>(arena: &'a Arena<'a>, node: Node<'a>, mark: &'static str) {
    let at = node.data().sourcepos;
    let text = || text(arena, mark.to_owned(), at);
    node.insert_before(text());
    while let Some(child) = node.first_child() {
        node.insert_before(child);
    }
    node.insert_before(text());
    node.detach();
}

fn text<'a>(arena: &'a Arena<'a>, text: String, at: Sourcepos) -> Node<'a> {
    arena.alloc(Ast::new_with_sourcepos(NodeValue::Text(text.into()), at).into())
}

/// `[x]` and `[ ]` at the start of a cell are boxes, as in a list.
fn box_in_cell<'a>(arena: &'a Arena<'a>, cell: Node<'a>) {
    let Some(first) = cell.first_child() else { return };
    let at = first.data().sourcepos;
    let NodeValue::Text(written) = first.data().value.clone() else { return };
    let boxes = [("[x]", Some('x')), ("[X]", Some('X')), ("[ ]", None)];
    for (mark, symbol) in boxes {
        let Some(rest) = written.strip_prefix(mark) else { continue };
        if !(rest.is_empty() || rest.starts_with(' ')) {
            continue;
        }
        let task = NodeTaskItem { symbol, symbol_sourcepos: at };
        let task = Ast::new_with_sourcepos(NodeValue::TaskItem(task), at);
        first.insert_before(arena.alloc(task.into()));
        first.data_mut().value = NodeValue::Text(rest.trim_start().to_owned().into());
    }
}

/// A fence that is never closed makes code of all that follows.
fn check_fence(margin: &mut Margin<'_>, node: Node<'_>, code: &NodeCodeBlock) {
    if !code.fenced || code.closed {
        return;
    }
    let line = margin.first_line(node);
    let fence = char::from(code.fence_char).to_string().repeat(code.fence_length);
    let message = "code block is not closed and takes in what follows".to_owned();
    margin.note(&rule::BLOCK_UNCLOSED, line, message, &format!("end it with a line `{fence}`"));
}
