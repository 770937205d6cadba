//! Wordings: a block with conditions in it, once for each combination of their branches.
//!
//! Lines are filled, numbered and aligned for what a reader sees, so a paragraph in which one word depends on the
//! reader has its lines twice, each time as a tree of its own without conditions.

use std::collections::BTreeSet;

use comrak::Arena;
use comrak::nodes::{Ast, Node, NodeValue};

use crate::compose::merge::choices::Choice;
use crate::compose::merge::pairs::Role;
use crate::compose::merge::tags::Tags;
use crate::compose::merge::{Branch, Test};

/// The author's conditionals in a block, in their order.
pub(super) fn conditionals_of(node: Node<'_>, tags: &Tags) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for node in node.descendants() {
        match &node.data().value {
            NodeValue::Raw(word) => found.extend(tags.role(word).map(Role::conditional)),
            NodeValue::Link(link) | NodeValue::Image(link) => {
                found.extend(conditionals_in(&link.url, tags));
                found.extend(conditionals_in(&link.title, tags));
            }
            NodeValue::Alert(alert) => {
                found.extend(conditionals_in(alert.title.as_deref().unwrap_or_default(), tags));
            }
            _ => {}
        }
    }
    found.retain(|conditional| !is_derived(*conditional, tags));
    found
}

/// The author's conditionals in a text.
pub(super) fn conditionals_in(text: &str, tags: &Tags) -> BTreeSet<usize> {
    tags.conditions(text).map(|(_, role)| role.conditional()).collect()
}

fn is_derived(conditional: usize, tags: &Tags) -> bool {
    matches!(tags.conditionals[conditional].tests[..], [Test::Any(_)])
}

/// A copy of a block with the branches of a choice and without any condition.
pub(super) fn copy<'c>(
    arena: &'c Arena<'c>,
    node: Node<'_>,
    choice: &Choice,
    tags: &Tags,
) -> Node<'c> {
    let mut ast = Ast::clone(&node.data());
    ast.value = chosen(ast.value, choice, tags);
    let copied = arena.alloc(ast.into());
    // The conditional whose present branch is left out.
    let mut left_out: Option<usize> = None;
    for child in node.children() {
        let role = match &child.data().value {
            NodeValue::Raw(word) => tags.role(word),
            _ => None,
        };
        match role {
            Some(Role::Begins(branch)) if left_out.is_none_or(|out| out == branch.conditional) => {
                left_out = (!is_taken(branch, choice, tags)).then_some(branch.conditional);
            }
            Some(Role::Ends(conditional)) if left_out == Some(conditional) => left_out = None,
            None if left_out.is_none() => copied.append(copy(arena, child, choice, tags)),
            _ => {}
        }
    }
    copied
}

fn is_taken(branch: Branch, choice: &Choice, tags: &Tags) -> bool {
    let is_chosen = |branch: &Branch| choice.get(&branch.conditional) == Some(&branch.branch);
    match &tags.conditionals[branch.conditional].tests[..] {
        [Test::Any(lists)] => lists.iter().any(|list| list.iter().all(is_chosen)),
        _ => is_chosen(&branch),
    }
}

fn chosen(mut value: NodeValue, choice: &Choice, tags: &Tags) -> NodeValue {
    match &mut value {
        NodeValue::Link(link) | NodeValue::Image(link) => {
            link.url = tags.choose(&link.url, choice);
            link.title = tags.choose(&link.title, choice);
        }
        NodeValue::Alert(alert) => {
            alert.title = alert.title.as_deref().map(|title| tags.choose(title, choice));
        }
        _ => {}
    }
    value
}
