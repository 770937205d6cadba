//! The table of contents: `[[toc]]` on a line of its own, or `toc: true` in the head.
//!
//! It stands in the tree as a directive named [`NAME`] that holds a list of links, so that the text can leave it out.

use comrak::Arena;
use comrak::nodes::{
    Ast, ListType, Node, NodeBlockDirective, NodeHeading, NodeLink, NodeValue, Sourcepos,
};

use super::links;
use super::margin::Margin;
use super::shape::list;
use crate::rule;

/// The name of the directive.
pub(in crate::compose) const NAME: &str = "toc";
const COMMAND: &str = "[[toc]]";

/// Puts the table where it is asked for: at the command, or else before the first heading.
pub(super) fn settle<'a>(
    arena: &'a Arena<'a>,
    margin: &mut Margin<'_>,
    root: Node<'a>,
    wanted: bool,
) {
    let commands: Vec<Node<'a>> = root.descendants().filter(|node| is_command(node)).collect();
    let headings = headings(root);
    if headings.is_empty() {
        for command in commands {
            let range = margin.range(command.data().sourcepos);
            let message = "table of contents without headings".to_owned();
            let help = "write headings, as in `## The harbour`, or delete it";
            margin.note(&rule::CONTENTS_EMPTY, range, message, help);
            command.detach();
        }
        return;
    }
    let place = match commands.split_first() {
        Some((first, others)) => {
            for other in others {
                other.detach();
            }
            *first
        }
        None if wanted => {
            let at = headings[0].1.data().sourcepos;
            let place = node(arena, NodeValue::Paragraph, at);
            headings[0].1.insert_before(place);
            place
        }
        None => return,
    };
    place.insert_before(table(arena, place.data().sourcepos, &headings));
    place.detach();
}

fn is_command(node: Node<'_>) -> bool {
    let is_text = |child: Node<'_>| matches!(child.data().value, NodeValue::Text(_));
    matches!(node.data().value, NodeValue::Paragraph)
        && node.children().all(is_text)
        && node.collect_text().trim().eq_ignore_ascii_case(COMMAND)
}

/// The headings of the two upper levels that stand in no quote or list, with their anchors.
fn headings(root: Node<'_>) -> Vec<(u8, Node<'_>, String)> {
    let level = |node: Node<'_>| match node.data().value {
        NodeValue::Heading(NodeHeading { level, .. }) => level,
        _ => 0,
    };
    let anchors = links::anchors(root).into_iter();
    let mut headings: Vec<_> = anchors
        .filter(|(_, node)| node.parent().is_some_and(|parent| parent.parent().is_none()))
        .map(|(name, node)| (level(node), node, name))
        .collect();
    let top = headings.iter().map(|(level, ..)| *level).min().unwrap_or(0);
    headings.retain(|(level, ..)| *level <= top + 1);
    headings
}

/// A list of links, the second level in lists of its own.
fn table<'a>(arena: &'a Arena<'a>, at: Sourcepos, headings: &[(u8, Node<'a>, String)]) -> Node<'a> {
    let top = headings.iter().map(|(level, ..)| *level).min().unwrap_or(0);
    let directive = NodeBlockDirective { fence_length: 3, fence_offset: 0, info: NAME.to_owned() };
    let table = node(arena, NodeValue::BlockDirective(Box::new(directive)), at);
    let new_list = || node(arena, NodeValue::List(list(ListType::Bullet)), at);
    let outer = new_list();
    table.append(outer);
    for (level, heading, name) in headings {
        let item = node(arena, NodeValue::Item(list(ListType::Bullet)), at);
        let paragraph = node(arena, NodeValue::Paragraph, at);
        let target = NodeLink { url: format!("#{name}"), title: String::new() };
        let link = node(arena, NodeValue::Link(Box::new(target)), at);
        link.append(node(arena, NodeValue::Text(heading.collect_text().into()), at));
        paragraph.append(link);
        item.append(paragraph);
        match outer.last_child().filter(|_| *level > top) {
            Some(last) => {
                let inner = last.last_child().filter(|child| is_list(child)).unwrap_or_else(|| {
                    let inner = new_list();
                    last.append(inner);
                    inner
                });
                inner.append(item);
            }
            None => outer.append(item),
        }
    }
    table
}

fn is_list(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::List(_))
}

fn node<'a>(arena: &'a Arena<'a>, value: NodeValue, at: Sourcepos) -> Node<'a> {
    arena.alloc(Ast::new_with_sourcepos(value, at).into())
}
