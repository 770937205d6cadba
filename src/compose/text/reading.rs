//! The tree as plain text reads it: a merge tag takes the room of what it will hold, and not that of what it says; and
//! marks are those of ASCII where that is wanted.

use comrak::Arena;
use comrak::nodes::{Ast, Node, NodeValue};

use crate::compose::merge::tags::Tags;

/// What changes the texts of a tree.
pub(super) struct Reading<'t> {
    pub(super) tags: &'t mut Tags,
    /// Whether typographic marks become those of ASCII.
    pub(super) ascii: bool,
}

impl Reading<'_> {
    /// A text as it is read.
    pub(super) fn text(&mut self, text: &str) -> String {
        let text = self.tags.narrowed(text);
        if self.ascii { plain(&text) } else { text }
    }

    /// A copy of a tree with its texts as they are read; `None` if all of them are read as they stand.
    pub(super) fn tree<'c>(&mut self, arena: &'c Arena<'c>, root: Node<'_>) -> Option<Node<'c>> {
        let changes = |node: Node<'_>| match &node.data().value {
            NodeValue::Text(text) => self.tags.occur_in(text),
            _ => false,
        };
        (self.ascii || root.descendants().any(changes)).then(|| self.copy(arena, root))
    }

    fn copy<'c>(&mut self, arena: &'c Arena<'c>, node: Node<'_>) -> Node<'c> {
        let mut ast = Ast::clone(&node.data());
        match &mut ast.value {
            NodeValue::Text(text) => *text = self.text(text).into(),
            NodeValue::Link(link) | NodeValue::Image(link) => {
                link.title = self.text(&link.title);
                // As in the text, so that an address that is written out is known as one.
                link.url = self.tags.narrowed(&link.url);
            }
            NodeValue::Alert(alert) => {
                alert.title = alert.title.as_deref().map(|title| self.text(title));
            }
            _ => {}
        }
        let copied = arena.alloc(ast.into());
        for child in node.children() {
            copied.append(self.copy(arena, child));
        }
        copied
    }
}

/// A text with the quotes, dashes, dots and spaces of ASCII. Letters, and signs that have no like there, stay.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '‚' | '‛' | '′' => out.push('\''),
            '“' | '”' | '„' | '‟' | '″' => out.push('"'),
            '‐' | '\u{2011}' | '‒' | '–' | '−' => out.push('-'),
            '—' | '―' => out.push_str("--"),
            '…' => out.push_str("..."),
            '•' => out.push('*'),
            '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PLAIN, text_of};
    use super::super::{Page, render};
    use super::*;
    use crate::compose::text::tests::options;
    use comrak::parse_document;

    #[test]
    fn marks_become_those_of_ascii_where_that_is_wanted_and_code_stays() {
        let markdown = "“It’s” – or — well… •\u{a0}a [b](https://example.org/ \"‘t’\") é\n\n![“c”](https://example.org/c \"d…\")\n\n`“e”`";
        let page = Page { title: "F—g", preheader: Some("h…"), ascii: true, ..PLAIN };
        assert_eq!(
            text_of(markdown, &page),
            "h...\n\n\nF--g\n====\n\n\"It's\" - or -- well... * a b [1] é\n\n[Image: \"c\"] [2]\nd...\n\n`“e”`\n\n\
             [1] https://example.org/\n[2] https://example.org/c\n",
        );
        assert!(text_of(markdown, &PLAIN).starts_with("“It’s” – or — well… •\u{a0}a b\u{a0}[1] é"));
    }

    #[test]
    fn a_merge_tag_takes_the_room_of_a_name() {
        let markdown = "## For {{ name | default(\"you, whoever you may be\") }}\n\n\
             Dear {{ name | default(\"reader of these lines\") }}, this is as long as the line allows it to be.";
        let mut tags = Tags::avoiding(markdown);
        let marked = tags.mark(markdown);
        let arena = Arena::new();
        let root = parse_document(&arena, &marked, &options());
        let text = render(root, &PLAIN, &mut tags).unwrap();
        let text =
            tags.restore(&text).replace("{{ name | default(\"you, whoever you may be\") }}", "Ada");
        let text = text.replace("{{ name | default(\"reader of these lines\") }}", "Ada");
        assert_eq!(
            text,
            "For Ada\n---\n\nDear Ada, this is as long as the line allows it to be.\n"
        );
    }
}
