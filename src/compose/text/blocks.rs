//! Blocks: what each kind of block looks like as lines.

use comrak::nodes::{AstNode, NodeAlert, NodeTable, NodeValue, Sourcepos};
use unicode_width::UnicodeWidthStr;

use super::flow::WIDTH;
use super::inline;
use super::links::Links;
use super::readers::begins_with_condition;
use super::sheet::{Frame, Sheet};
use super::table::Table;
use crate::compose::merge::tags::Tags;
use crate::compose::phrases::Phrases;
use crate::compose::tree::contents;

/// Code stands this far in, and so do the details of a term.
pub(super) const INDENT: &str = "    ";
const THEMATIC_BREAK: &str = "* * *";
/// The line under a heading whose width is not known, in columns.
const SHORTEST: usize = 3;
/// Blocks nested deeper than this are written as if they were not, so that no draft can exhaust the stack.
const DEEPEST: usize = 120;

/// Blank lines between the blocks of a container.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spacing {
    Tight = 0,
    Loose = 1,
}

/// The page and the links on it.
#[derive(Debug)]
pub(super) struct Writer<'t> {
    pub(super) sheet: Sheet,
    pub(super) links: Links,
    pub(super) tags: &'t Tags,
    pub(super) phrases: &'t Phrases,
    /// A block with more wordings than can be written.
    pub(super) crowded: Option<Sourcepos>,
    depth: usize,
}

impl<'t> Writer<'t> {
    pub(super) fn new(tags: &'t Tags, phrases: &'t Phrases) -> Self {
        let links = Links::new(!tags.conditionals.is_empty());
        Self { sheet: Sheet::default(), links, tags, phrases, crowded: None, depth: 0 }
    }

    /// Writes a block; nothing for one that shows nothing.
    pub(super) fn block<'a>(&mut self, node: &'a AstNode<'a>) {
        if self.has_wordings(node) {
            return self.each_wording(node, Writer::block);
        }
        match &node.data().value {
            NodeValue::Raw(word) => self.condition(word),
            NodeValue::Paragraph | NodeValue::Subtext | NodeValue::TableCell => {
                self.paragraph("", node);
            }
            NodeValue::Heading(heading) => {
                let text = self.line(node);
                self.heading(&text, heading.level);
            }
            NodeValue::CodeBlock(code) => self.code(&code.literal),
            NodeValue::ThematicBreak => {
                let before = self.sheet.width().min(WIDTH).saturating_sub(THEMATIC_BREAK.len()) / 2;
                self.sheet.line(&format!("{}{THEMATIC_BREAK}", " ".repeat(before)));
            }
            NodeValue::Table(table) => self.table(node, table),
            // There is nothing to jump to.
            NodeValue::BlockDirective(directive) if directive.info == contents::NAME => {}
            // The preparation of the tree has turned what raw HTML shows into nodes; notes are written at the end.
            NodeValue::HtmlBlock(_)
            | NodeValue::FrontMatter(_)
            | NodeValue::MultilineComment(_)
            | NodeValue::FootnoteDefinition(_) => {}
            container => self.container(node, container),
        }
    }

    fn container<'a>(&mut self, node: &'a AstNode<'a>, value: &NodeValue) {
        if self.depth >= DEEPEST {
            return self.flattened(node);
        }
        self.depth += 1;
        if begins_with_condition(node) {
            // No block is left empty, so that what is to stand before it can stand there now.
            self.sheet.flush_gap();
        }
        match value {
            NodeValue::BlockQuote | NodeValue::MultilineBlockQuote(_) => {
                self.within(Frame::Quote, |writer| writer.children(node, Spacing::Loose));
            }
            NodeValue::Alert(alert) => {
                self.within(Frame::Quote, |writer| writer.alert(node, alert));
            }
            NodeValue::List(list) => self.list(node, list),
            NodeValue::DescriptionList => self.description_list(node),
            _ => self.children(node, Spacing::Loose),
        }
        self.depth -= 1;
    }

    pub(super) fn within(&mut self, frame: Frame, write: impl FnOnce(&mut Self)) {
        self.sheet.enter(frame);
        write(self);
        self.sheet.leave();
    }

    pub(super) fn children<'a>(&mut self, node: &'a AstNode<'a>, spacing: Spacing) {
        let mark = self.sheet.mark();
        for child in node.children() {
            self.sheet.gap(mark, spacing as usize);
            self.block(child);
        }
    }

    fn flattened<'a>(&mut self, node: &'a AstNode<'a>) {
        let mark = self.sheet.mark();
        for node in node.descendants() {
            let leaf = {
                let value = &node.data().value;
                value.contains_inlines() || matches!(value, NodeValue::CodeBlock(_))
            };
            if leaf {
                self.sheet.gap(mark, Spacing::Loose as usize);
                self.block(node);
            }
        }
    }

    /// The text of a line of inlines.
    fn line<'a>(&mut self, node: &'a AstNode<'a>) -> String {
        self.links.now = self.sheet.now().to_vec();
        inline::render(node, &mut self.links, self.phrases)
    }

    fn paragraph<'a>(&mut self, lead: &str, node: &'a AstNode<'a>) {
        let text = self.line(node);
        if !text.is_empty() {
            self.sheet.flow(&format!("{lead}{text}"));
        }
    }

    /// A heading, underlined as far as its widest line for the first three levels. How wide one with merge tags will be
    /// is known only when the letter is sent: it gets the shortest line that still reads as one, and all readers the same.
    pub(super) fn heading(&mut self, text: &str, level: u8) {
        if text.is_empty() {
            return;
        }
        let rows = self.sheet.rows(text);
        let widest = rows.iter().map(|row| row.text.width()).max().unwrap_or(0);
        let widest = if self.tags.occur_in(text) { SHORTEST } else { widest };
        for row in rows {
            self.sheet.line(&row.text);
        }
        if let Some(underline) = ["=", "-", "~"].get(usize::from(level.saturating_sub(1))) {
            self.sheet.line(&underline.repeat(widest));
        }
    }

    fn code(&mut self, literal: &str) {
        if literal.trim().is_empty() {
            return;
        }
        for line in literal.trim_end().replace("\r\n", "\n").split(['\n', '\r']) {
            self.sheet.line(&format!("{INDENT}{line}"));
        }
    }

    fn alert<'a>(&mut self, node: &'a AstNode<'a>, alert: &NodeAlert) {
        let label = format!("{}:", self.phrases.alert(alert.alert_type).to_uppercase());
        let mark = self.sheet.mark();
        let mut blocks = node.children().peekable();
        let opens_with_text =
            blocks.peek().is_some_and(|first| matches!(first.data().value, NodeValue::Paragraph));
        match (&alert.title, blocks.next_if(|_| alert.title.is_none() && opens_with_text)) {
            (None, Some(first)) => {
                self.each_wording(first, |writer, first| {
                    writer.paragraph(&format!("{label} "), first);
                });
            }
            (title, _) => self.each_text(title.as_deref().unwrap_or_default(), |writer, title| {
                let title = inline::one_line(title);
                writer.sheet.flow(format!("{label} {title}").trim_end());
            }),
        }
        for block in blocks {
            self.sheet.gap(mark, Spacing::Loose as usize);
            self.block(block);
        }
    }

    fn table<'a>(&mut self, node: &'a AstNode<'a>, table: &NodeTable) {
        let mut cell = |cell: &'a AstNode<'a>| self.line(cell).replace('\n', " ");
        let rows: Vec<Vec<String>> =
            node.children().map(|row| row.children().map(&mut cell).collect()).collect();
        let tags = self.tags;
        let merged = rows.iter().enumerate().flat_map(|(row, cells)| {
            let merged = cells.iter().enumerate().filter(|(_, cell)| tags.occur_in(cell));
            merged.map(move |(column, _)| (row, column))
        });
        let merged = merged.collect();
        let table = Table { rows, alignments: table.alignments.clone(), merged };
        if let Some(lines) = table.aligned(self.sheet.width()) {
            for line in lines {
                self.sheet.line(&line);
            }
            return;
        }
        let mark = self.sheet.mark();
        for record in table.records() {
            self.sheet.gap(mark, Spacing::Loose as usize);
            for line in record {
                self.sheet.flow(&line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PLAIN, check, text_of};

    #[test]
    fn headings_are_underlined_by_level_and_sections_stand_apart() {
        check(
            "a\n\n# One\n\n## Two\n\nb\n\n### Three\n#### Four\n\nc",
            "
a


One
===


Two
---

b

Three
~~~~~

Four

c
",
        );
    }

    #[test]
    fn a_long_heading_is_underlined_as_far_as_its_widest_line() {
        check(
            "## The heading of a section that has rather more to say than fits in seventy-two columns",
            "
The heading of a section that has rather more to say than fits in
seventy-two columns
-----------------------------------------------------------------
",
        );
        check("## 日本", "\n日本\n----\n");
    }

    #[test]
    fn lists_are_bulleted_numbered_and_nested_by_the_width_of_their_marker() {
        check("- one\n- two\n", "\n- one\n- two\n");
        check("* a\n\n* b", "\n- a\n\n- b\n");
        check("1. a\n   - b\n     1) c\n2. d", "\n 1. a\n    - b\n      1) c\n 2. d\n");
        check("9. nine\n10. ten", "\n  9. nine\n 10. ten\n");
        check("-\n- a", "\n-\n- a\n");
        check("- - a\n  - b", "\n - - a\n   - b\n");
        check("- a\n\n  b\n\n      code\n- c", "\n - a\n\n   b\n\n       code\n\n - c\n");
    }

    #[test]
    fn tasks_show_their_boxes() {
        check("- [x] done\n- [ ] open\n- plain", "\n[x] done\n[ ] open\n- plain\n");
        check("1. [x] done", "\n1. [x] done\n");
    }

    #[test]
    fn terms_stand_at_the_margin_and_details_are_indented() {
        check(
            "Term\n\n: Details of it\n\n    and more\n\nOther\n\n: One\n\n: Two",
            "
 Term
     Details of it

     and more

 Other
     One
     Two
",
        );
    }

    #[test]
    fn quotes_nest_and_flow() {
        check(
            "> one\ntwo\n>\n> > nested quote with so many words that it does not fit on a single line of it\n>\n> end\n\nafter",
            "
> one two
>
>> nested quote with so many words that it does not fit on a single line·
>> of it
>
> end

after
",
        );
        check("- > in a list\n  > > twice", "\n - > in a list\n   >\n   >> twice\n");
        check("> - a\n>   b\n>\n>       code", "\n> - a b\n>\n>       code\n");
    }

    #[test]
    fn alerts_are_quotes_with_a_label() {
        check(
            "> [!NOTE]\n> Mind the gap.\n>\n> Please.",
            "\n> NOTE: Mind the gap.\n>\n> Please.\n",
        );
        check("> [!WARNING] Wet floor\n> Mind it.", "\n> WARNING: Wet floor\n>\n> Mind it.\n");
        check("> [!TIP]\n> - a", "\n> TIP:\n>\n> - a\n");
    }

    #[test]
    fn code_is_indented_and_left_as_it_is() {
        check(
            "```rust\nfn  main() {   \n\n\tgo(\"<b>\");\n}\n\n```\nafter",
            "\n     fn  main() {\n\n     \tgo(\"<b>\");\n     }\n\nafter\n",
        );
    }

    #[test]
    fn a_thematic_break_is_centred_and_never_hyphens() {
        check("a\n\n---\n\nb", &format!("\na\n\n{}* * *\n\nb\n", " ".repeat(34)));
    }

    #[test]
    fn tables_are_aligned_or_told_as_records() {
        check(
            "| Name | Qty | |\n|:--|--:|:-:|\n| Tea | 12 | x |\n| [Milk](https://example.org/m) | 3 | |",
            "
Name      Qty
--------  ---  ---
Tea        12   x
Milk~[1]    3

[1] https://example.org/m
",
        );
        let long = "word ".repeat(13);
        check(
            &format!("|Name|Text|\n|--|--|\n|Tea|{long}|\n|Oat milk|{long}|"),
            &format!(
                "\nName: Tea\nText: {}\n\nName: Oat milk\nText: {}\n",
                long.trim(),
                long.trim()
            ),
        );
    }

    #[test]
    fn deep_nesting_is_flattened_before_it_exhausts_the_stack() {
        for markdown in [
            ">".repeat(5_000) + " end",
            "- ".repeat(300) + "end",
            "*a _a ".repeat(5_000) + &"a_ a* ".repeat(5_000) + "end",
        ] {
            assert!(text_of(&markdown, &PLAIN).contains("end"));
        }
    }
}
