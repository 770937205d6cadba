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
mod lists;
mod readers;
mod reading;
mod sheet;
mod table;
mod wording;

use comrak::Arena;
use comrak::nodes::{AstNode, NodeValue, Sourcepos};

use crate::compose::merge::tags::Tags;
use crate::compose::phrases::Phrases;

use crate::compose::tree::footnotes;
use blocks::Writer;
use reading::Reading;
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
    /// Whether typographic marks become those of ASCII.
    pub ascii: bool,
    /// What is said in the letter's language besides its text.
    pub(super) phrases: &'a Phrases,
}

/// The text of an issue with LF line ends, to be sent as `text/plain; format=flowed; delsp=no`.
///
/// The tree is the prepared one: addresses are absolute, raw HTML has become nodes, and a first heading that repeats
/// the title is gone. An image with an empty attribute `alt` decorates, and is left out.
///
/// What depends on the reader stands between the words of its condition. Fails with the place of a block that has
/// more than [`MOST_CHOICES`](crate::compose::merge::choices::MOST_CHOICES) wordings.
pub(super) fn render<'a>(
    root: &'a AstNode<'a>,
    page: &Page<'_>,
    tags: &mut Tags,
) -> Result<String, Sourcepos> {
    let mut reading = Reading { tags, ascii: page.ascii };
    let title = reading.text(page.title);
    let preheader = page.preheader.map(|text| reading.text(text));
    let header = page.header.map(|text| reading.text(text));
    let footer: Vec<String> = page.footer.iter().map(|entry| reading.text(entry)).collect();
    let page = Page {
        title: &title,
        preheader: preheader.as_deref(),
        header: header.as_deref(),
        footer: &footer,
        ..*page
    };
    let arena = Arena::new();
    let text = match reading.tree(&arena, root) {
        Some(copy) => written(copy, &page, tags),
        None => written(root, &page, tags),
    };
    // The space that glues a number to its word has done its work when the lines are filled.
    text.map(|text| if page.ascii { text.replace('\u{a0}', " ") } else { text })
}

fn written<'a>(
    root: &'a AstNode<'a>,
    page: &Page<'_>,
    tags: &mut Tags,
) -> Result<String, Sourcepos> {
    let mut writer = Writer::new(tags, page.phrases);
    write(&mut writer, root, page);
    if let Some(crowded) = writer.crowded {
        return Err(crowded);
    }
    let Writer { sheet, links, .. } = writer;
    let text = readers::join(sheet.finish(), tags);
    Ok(links.reveal(&text, tags))
}

fn write<'a>(writer: &mut Writer<'_>, root: &'a AstNode<'a>, page: &Page<'_>) {
    let top = writer.sheet.mark();
    if let Some(preheader) = page.preheader {
        writer.each_text(preheader, |writer, text| writer.sheet.flow(&inline::one_line(text)));
        writer.sheet.gap(top, 2);
    }
    writer.each_text(page.title, |writer, text| writer.heading(&inline::one_line(text), 1));
    if let Some(header) = page.header {
        writer.sheet.gap(top, 1);
        writer.sheet.flow(header);
    }
    for block in root.children() {
        if let NodeValue::Raw(word) = &block.data().value {
            writer.condition(word);
            continue;
        }
        if is_notes(block) {
            notes(writer, block, top);
            continue;
        }
        let section = starts_section(block);
        if section {
            end_section(writer, top);
        }
        writer.sheet.gap(top, if section { 2 } else { 1 });
        aligned(writer, |writer| writer.block(block));
    }
    end_section(writer, top);
    footer(&mut writer.sheet, top, page.footer);
}

fn starts_section<'a>(block: &'a AstNode<'a>) -> bool {
    matches!(&block.data().value, NodeValue::Heading(heading) if heading.level <= 2)
}

fn is_notes<'a>(block: &'a AstNode<'a>) -> bool {
    matches!(&block.data().value, NodeValue::BlockDirective(house) if house.info == footnotes::NAME)
}

fn notes<'a>(writer: &mut Writer<'_>, house: &'a AstNode<'a>, top: Mark) {
    end_section(writer, top);
    writer.sheet.gap(top, 2);
    writer.heading(writer.phrases.notes, 2);
    writer.sheet.gap(top, 1);
    // All who get the heading get one of the notes, if not the first.
    writer.sheet.flush_gap();
    aligned(writer, |writer| writer.notes(house));
}

fn aligned<'t>(writer: &mut Writer<'t>, write: impl FnOnce(&mut Writer<'t>)) {
    let mark = writer.sheet.mark();
    write(writer);
    writer.sheet.align(mark);
}

/// Lists the links of the section that ends here, each for those who have read of it.
fn end_section(writer: &mut Writer<'_>, top: Mark) {
    let links = writer.links.end_section();
    let all = links.iter().any(|(_, readers)| readers.is_empty());
    let any =
        if all { Vec::new() } else { links.iter().flat_map(|(_, any)| any.clone()).collect() };
    for (at, (link, readers)) in links.into_iter().enumerate() {
        if at == 0 {
            writer.sheet.gap_for(top, 1, any.clone());
        }
        writer.sheet.line_for(&link, readers);
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
