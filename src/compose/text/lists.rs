//! Blocks with a marker before their first line: list items, details of a term, footnotes.

use comrak::nodes::{AstNode, ListDelimType, ListType, Node, NodeList, NodeValue};

use super::blocks::{INDENT, Spacing, Writer};
use super::readers::begins_with_condition;
use super::sheet::Frame;

impl Writer<'_> {
    pub(super) fn list<'a>(&mut self, node: &'a AstNode<'a>, list: &NodeList) {
        let spacing = if list.tight { Spacing::Tight } else { Spacing::Loose };
        let highest = list.start.saturating_add(node.children().count()).saturating_sub(1);
        let digits = highest.to_string().len();
        let mark = self.sheet.mark();
        for (number, item) in (list.start..).zip(node.children()) {
            if matches!(item.data().value, NodeValue::Raw(_)) {
                self.block(item);
                continue;
            }
            let mut marker = match (list.list_type, list.delimiter) {
                (ListType::Bullet, _) => "- ".to_owned(),
                (ListType::Ordered, ListDelimType::Period) => format!("{number:>digits$}. "),
                (ListType::Ordered, ListDelimType::Paren) => format!("{number:>digits$}) "),
            };
            if let NodeValue::TaskItem(task) = &item.data().value {
                let done = if task.symbol.is_some() { "[x] " } else { "[ ] " };
                // The box takes the place of a bullet, but not of a number.
                marker = marker.trim_start_matches("- ").to_owned() + done;
            }
            self.sheet.gap(mark, spacing as usize);
            self.hanging(&marker, item, spacing);
        }
    }

    /// Blocks with a marker before the first line, whichever of them that is for a reader.
    fn hanging<'a>(&mut self, marker: &str, node: &'a AstNode<'a>, spacing: Spacing) {
        let write = |writer: &mut Self, node: Node<'_>| {
            let frame = Frame::hanging(marker.to_owned());
            writer.within(frame, |writer| writer.children(node, spacing));
        };
        if begins_with_condition(node) { self.each_wording(node, write) } else { write(self, node) }
    }

    pub(super) fn description_list<'a>(&mut self, node: &'a AstNode<'a>) {
        let mark = self.sheet.mark();
        for item in node.children() {
            for part in item.children() {
                if matches!(part.data().value, NodeValue::DescriptionDetails) {
                    self.within(Frame::hanging(INDENT.to_owned()), |writer| {
                        writer.children(part, Spacing::Loose);
                    });
                } else {
                    self.sheet.gap(mark, Spacing::Loose as usize);
                    self.children(part, Spacing::Loose);
                }
            }
        }
    }

    /// The footnotes, which stand at the end of the tree.
    pub(super) fn notes<'a>(&mut self, house: &'a AstNode<'a>) {
        let mut index = 0;
        for note in house.children() {
            match &note.data().value {
                NodeValue::Raw(word) => self.condition(word),
                NodeValue::FootnoteDefinition(definition) => {
                    index += 1;
                    let number = self.links.note(index, &definition.name);
                    self.hanging(&format!("[^{number}] "), note, Spacing::Loose);
                }
                _ => {}
            }
        }
    }
}
