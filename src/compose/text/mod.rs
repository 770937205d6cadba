//! The plain-text part: the prepared tree as text that reads well in any client.
//!
//! It is written from the same tree as the HTML, never from the HTML. Lines have at most 72 columns unless one word, an
//! address or code is wider. Links are numbered (`text [1]`) and listed where their section ends, so that sentences
//! stay readable; images say what they show. The result is format=flowed (`flow`).
//!
//! Absent on purpose: a table of contents (there is nothing to jump to), upper-case headings (screen readers spell
//! them), and a signature mark before the footer (clients fold what follows it, and the unsubscribe link with it).

mod blocks;
mod flow;
mod inline;
mod links;
mod sheet;
mod table;

use comrak::nodes::{AstNode, NodeValue};

use blocks::Writer;
use sheet::{Mark, Sheet};

/// Divides the body from the footer.
const FOOTER_RULE_COLUMNS: usize = 40;

/// What stands above and below the body.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The title; empty for none.
    pub title: &'a str,
    /// The line that inboxes show beside the subject.
    pub preheader: Option<&'a str>,
    /// A line below the title.
    pub header: Option<&'a str>,
    /// Each entry starts a line of its own; LF in it breaks the line, an empty one leaves a blank line.
    pub footer: &'a [String],
}

/// The text of an issue with LF line ends, to be sent as `text/plain; format=flowed; delsp=no`.
///
/// The tree is the prepared one: addresses are absolute, raw HTML has become nodes, and a first heading that repeats
/// the title is gone. An image with an empty attribute `alt` decorates, and is left out.
pub fn render<'a>(root: &'a AstNode<'a>, page: &Page<'_>) -> String {
    let mut writer = Writer::default();
    let top = writer.sheet.mark();
    if let Some(preheader) = page.preheader {
        writer.sheet.flow(&inline::one_line(preheader));
        writer.sheet.gap(top, 2);
    }
    writer.heading(&inline::one_line(page.title), 1);
    if let Some(header) = page.header {
        writer.sheet.gap(top, 1);
        writer.sheet.flow(header);
    }
    for block in root.children() {
        let section = starts_section(block);
        if section {
            end_section(&mut writer, top);
        }
        writer.sheet.gap(top, if section { 2 } else { 1 });
        aligned(&mut writer, |writer| writer.block(block));
    }
    end_section(&mut writer, top);
    if blocks::notes_of(root).next().is_some() {
        writer.sheet.gap(top, 2);
        writer.heading("Notes", 2);
        writer.sheet.gap(top, 1);
        aligned(&mut writer, |writer| writer.notes(root));
        end_section(&mut writer, top);
    }
    footer(&mut writer.sheet, top, page.footer);
    writer.sheet.finish()
}

fn starts_section<'a>(block: &'a AstNode<'a>) -> bool {
    matches!(&block.data().value, NodeValue::Heading(heading) if heading.level <= 2)
}

fn aligned(writer: &mut Writer, write: impl FnOnce(&mut Writer)) {
    let mark = writer.sheet.mark();
    write(writer);
    writer.sheet.align(mark);
}

/// Lists the links of the section that ends here.
fn end_section(writer: &mut Writer, top: Mark) {
    for (at, link) in writer.links.end_section().iter().enumerate() {
        if at == 0 {
            writer.sheet.gap(top, 1);
        }
        writer.sheet.line(link);
    }
}

fn footer(sheet: &mut Sheet, top: Mark, entries: &[String]) {
    if entries.is_empty() {
        return;
    }
    sheet.gap(top, 2);
    sheet.line(&"-".repeat(FOOTER_RULE_COLUMNS));
    for entry in entries {
        sheet.flow(entry);
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
