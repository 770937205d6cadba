//! Conditions while the page is written: who is written for, and blocks in each of their wordings.

use comrak::Arena;
use comrak::nodes::{AstNode, ListType, Node, NodeList, NodeValue};

use super::blocks::Writer;
use super::flow::Readers;
use super::wording;
use crate::compose::merge::choices::{Choice, branches, choices};
use crate::compose::merge::pairs::Role;
use crate::compose::merge::tags::Tags;

impl Writer<'_> {
    /// Begins or ends a branch among blocks.
    pub(super) fn condition(&mut self, word: &str) {
        let now = self.sheet.now();
        let depth = |conditional| now.iter().position(|branch| branch.conditional == conditional);
        match self.tags.role(word) {
            Some(Role::Begins(branch)) => {
                let depth = depth(branch.conditional).unwrap_or(now.len());
                self.sheet.end(depth);
                self.sheet.begin(branch);
            }
            Some(Role::Ends(conditional)) => {
                let depth = depth(conditional).unwrap_or(now.len());
                self.sheet.end(depth);
            }
            None => {}
        }
    }

    /// Whether a block must be written once for each combination of branches: conditions in a line of text, in a
    /// table, or among numbered items.
    pub(super) fn has_wordings(&self, node: Node<'_>) -> bool {
        if self.tags.conditionals.is_empty() {
            return false;
        }
        let has_conditions = || !wording::conditionals_of(node, self.tags).is_empty();
        match &node.data().value {
            NodeValue::Table(_) => has_conditions(),
            NodeValue::List(NodeList { list_type: ListType::Ordered, .. }) => {
                node.children().any(is_condition)
            }
            value => value.contains_inlines() && has_conditions(),
        }
    }

    /// Writes a block in each of its wordings, each for its readers.
    pub(super) fn each_wording<'a>(
        &mut self,
        node: &'a AstNode<'a>,
        write: impl for<'c> Fn(&mut Self, Node<'c>),
    ) {
        let tags = self.tags;
        let Some(choices) = choices(&wording::conditionals_of(node, tags), tags) else {
            self.crowded.get_or_insert(node.data().sourcepos);
            return;
        };
        self.each_choice(&choices, |writer, choice| {
            let arena = Arena::new();
            write(writer, wording::copy(&arena, node, choice, tags));
        });
    }

    /// Writes a text in each of its wordings.
    pub(super) fn each_text(&mut self, text: &str, write: impl Fn(&mut Self, &str)) {
        let tags = self.tags;
        let Some(choices) = choices(&wording::conditionals_in(text, tags), tags) else {
            self.crowded.get_or_insert((1, 1, 1, 1).into());
            return;
        };
        self.each_choice(&choices, |writer, choice| write(writer, &tags.choose(text, choice)));
    }

    fn each_choice(&mut self, choices: &[Choice], write: impl Fn(&mut Self, &Choice)) {
        let pending = self.sheet.pending();
        let depth = self.sheet.now().len();
        let mut all_have_something = true;
        for choice in choices {
            self.sheet.restore(&pending);
            for branch in branches(choice) {
                self.sheet.begin(branch);
            }
            let before = self.sheet.mark();
            write(self, choice);
            all_have_something &= self.sheet.is_after(before);
            self.sheet.end(depth);
        }
        if all_have_something && choices.len() > 1 {
            self.sheet.anchor();
        }
    }
}

fn is_condition(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Raw(_))
}

/// Whether the first line of a block is not the same for all who get the block.
pub(super) fn begins_with_condition(block: Node<'_>) -> bool {
    let mut first = block.first_child();
    while let Some(node) = first.filter(|node| !is_condition(node)) {
        first = node.first_child().filter(|_| node.data().value.block());
    }
    first.is_some_and(is_condition) && !block.data().value.contains_inlines()
}

/// Puts stretches of text together, each between the words of its condition.
pub(super) fn join(stretches: Vec<(Readers, String)>, tags: &mut Tags) -> String {
    let mut text = String::new();
    for (readers, lines) in stretches {
        let mut branches = readers.all;
        if !readers.any.is_empty() {
            branches.push(tags.any(readers.any));
        }
        for branch in &branches {
            text.push_str(&tags.begin(*branch));
        }
        text.push_str(&lines);
        for branch in branches.iter().rev() {
            text.push_str(&tags.end(branch.conditional));
        }
    }
    text
}
