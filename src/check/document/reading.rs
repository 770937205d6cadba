//! From the events of the parser to a [`Document`].

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{
    Block, BlockKind, Bracket, Document, Heading, Link, LinkKind, Picture, Raw, RawTag, Run,
};
use super::{bare, definitions, mask};
use crate::compose::merge::scan::{self, Kind};
use crate::compose::merge::tags::Tags;
use crate::compose::raw_html::{self, Piece};
use crate::compose::{Manuscript, line_starts};

/// What comrak is asked for, as far as this parser knows it.
pub(super) const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_GFM)
    .union(Options::ENABLE_DEFINITION_LIST);

/// Reads a body.
pub(super) fn read(manuscript: Manuscript<'_>) -> Document<'_> {
    let mut tags = Tags::avoiding(&manuscript.text);
    let marked = mask::mask(&tags.mark_body(&manuscript.text));
    let mut brackets = Vec::new();
    let parser = Parser::new_with_broken_link_callback(
        &marked,
        OPTIONS,
        Some(|broken: BrokenLink<'_>| {
            brackets.push(Bracket {
                range: broken.span,
                label: broken.reference.to_string(),
                is_shortcut: broken.link_type == LinkType::Shortcut,
            });
            None::<(CowStr<'_>, CowStr<'_>)>
        }),
    );
    let known = definitions::known(parser.reference_definitions());
    let mut reader = Reader::new(&marked, &tags);
    for (event, range) in parser.into_offset_iter() {
        reader.take(event, range);
    }
    let Reader { mut parts, .. } = reader;
    parts.definitions = definitions::all(&marked, &parts.blocks, &known);
    for definition in &mut parts.definitions {
        definition.url = tags.restore(&definition.url);
        definition.label = tags.restore(&definition.label);
    }
    let is_code = |at: usize| parts.code.iter().any(|code| code.contains(&at));
    let found = scan::scan(&manuscript.text).into_iter();
    let tags = found
        .filter(|found| matches!(found.kind, Kind::Tag | Kind::Control(_)))
        .map(|found| found.range)
        .filter(|range| !is_code(range.start))
        .collect::<Vec<_>>();
    let runs = std::mem::take(&mut parts.runs);
    parts.runs = runs.into_iter().flat_map(|run| without(run, &tags)).collect();
    bare::links(&mut parts);
    brackets.sort_by_key(|bracket| bracket.range.start);
    Document {
        lines: line_starts(&manuscript.text),
        manuscript,
        blocks: parts.blocks,
        links: parts.links,
        images: parts.images,
        headings: parts.headings,
        definitions: parts.definitions,
        brackets,
        runs: parts.runs,
        code: parts.code,
        html: parts.html,
        footnotes: parts.footnotes,
        tags,
    }
}

/// The pieces of a run between merge tags, and behind the braces of attributes.
fn without(run: Run, tags: &[Range<usize>]) -> Vec<Run> {
    let first = tags.partition_point(|tag| tag.end <= run.range.start);
    let within: Vec<&Range<usize>> =
        tags[first..].iter().take_while(|tag| tag.start < run.range.end).collect();
    if within.is_empty() || run.text.len() != run.range.len() {
        return if within.is_empty() { vec![run] } else { Vec::new() };
    }
    let mut pieces = Vec::new();
    let mut at = run.range.start;
    for end in within.iter().map(|tag| tag.start).chain([run.range.end]) {
        let range = at..end.max(at);
        let text = run.text[range.start - run.range.start..range.end - run.range.start].to_owned();
        if !text.is_empty() {
            pieces.push(Run { range, text, ..run });
        }
        let tag = within.iter().find(|tag| tag.start == end);
        at = tag.map_or(end, |tag| tag.end.min(run.range.end));
    }
    pieces
}

/// What is collected on the way.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) blocks: Vec<Block>,
    pub(super) links: Vec<Link>,
    pub(super) images: Vec<Picture>,
    pub(super) headings: Vec<Heading>,
    pub(super) definitions: Vec<super::Definition>,
    pub(super) runs: Vec<Run>,
    pub(super) code: Vec<Range<usize>>,
    pub(super) html: Vec<Raw>,
    pub(super) footnotes: BTreeSet<String>,
}

struct Reader<'t> {
    text: &'t str,
    tags: &'t Tags,
    parts: Parts,
    /// The blocks that are open, outermost first.
    open: Vec<usize>,
    /// The link that is open.
    link: Option<usize>,
    /// The image that is open; what stands in it is its text.
    image: Option<usize>,
    quotes: usize,
    html: Option<Range<usize>>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, tags: &'t Tags) -> Self {
        let (parts, open) = (Parts::default(), Vec::new());
        Self { text, tags, parts, open, link: None, image: None, quotes: 0, html: None }
    }

    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text, range),
            Event::Code(text) => {
                self.words(&text);
                self.parts.code.push(range);
            }
            Event::SoftBreak | Event::HardBreak => self.text("\n", range),
            Event::Html(_) => match &mut self.html {
                Some(html) => html.end = range.end,
                None => self.html = Some(range),
            },
            Event::InlineHtml(_) => self.raw(range),
            Event::Rule => self.block(BlockKind::Break, range),
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::TaskListMarker(_) => {}
            Event::FootnoteReference(label) => {
                self.parts.footnotes.insert(label.to_string());
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        let kind = match tag {
            Tag::Link { link_type, dest_url, id, .. } => {
                return self.begin_link(link_type, &dest_url, &id, range);
            }
            Tag::Image { link_type, dest_url, id, .. } => {
                return self.begin_image(link_type, &dest_url, &id, range);
            }
            Tag::Paragraph => BlockKind::Paragraph,
            Tag::Heading { level, .. } => {
                let range = range.start..range.start + self.text[range.clone()].trim_end().len();
                let (level, block) = (level as u8, self.parts.blocks.len());
                let text = String::new();
                self.parts.headings.push(Heading { level, range, text, block });
                BlockKind::Heading(level)
            }
            Tag::BlockQuote(_) => BlockKind::Quote,
            Tag::CodeBlock(_) => {
                self.parts.code.push(range.clone());
                BlockKind::Code
            }
            Tag::HtmlBlock => BlockKind::Html,
            Tag::List(_) => BlockKind::List,
            Tag::Item => BlockKind::Item,
            Tag::FootnoteDefinition(label) => BlockKind::Footnote(label.to_string()),
            Tag::Table(_) => BlockKind::Table,
            Tag::TableHead | Tag::TableRow => BlockKind::Row,
            Tag::TableCell => BlockKind::Cell,
            Tag::DefinitionList | Tag::DefinitionListTitle | Tag::DefinitionListDefinition => {
                BlockKind::Definitions
            }
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => return,
        };
        let index = self.parts.blocks.len();
        let is_quote = kind == BlockKind::Quote;
        self.block(kind, range);
        self.quotes += usize::from(is_quote);
        self.open.push(index);
    }

    fn block(&mut self, kind: BlockKind, range: Range<usize>) {
        let (parent, is_quoted) = (self.open.last().copied(), self.quotes > 0);
        self.parts.blocks.push(Block { kind, range, parent, is_quoted });
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link => self.link = None,
            TagEnd::Image => self.image = None,
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
            _ => {
                if let Some(html) = self.html.take() {
                    self.raw(html);
                }
                if let Some(block) = self.open.pop() {
                    let is_quote = self.parts.blocks[block].kind == BlockKind::Quote;
                    self.quotes -= usize::from(is_quote);
                }
            }
        }
    }

    fn begin_link(&mut self, kind: LinkType, url: &str, label: &str, range: Range<usize>) {
        let kind = kind_of(kind);
        let label = (kind == LinkKind::Reference).then(|| self.tags.restore(label));
        let url = self.tags.restore(url);
        let (text, has_image, is_quoted) = (String::new(), false, self.quotes > 0);
        self.link = Some(self.parts.links.len());
        self.parts.links.push(Link { kind, range, url, label, text, has_image, is_quoted });
    }

    fn begin_image(&mut self, kind: LinkType, url: &str, label: &str, range: Range<usize>) {
        let kind = kind_of(kind);
        if let Some(link) = self.link {
            self.parts.links[link].has_image = true;
        }
        self.image = Some(self.parts.images.len());
        self.parts.images.push(Picture {
            kind,
            range,
            url: self.tags.restore(url),
            label: (kind == LinkKind::Reference).then(|| self.tags.restore(label)),
            alt: String::new(),
            link: self.link,
            element: None,
        });
    }

    /// Words of the link, the image and the heading that are open.
    fn words(&mut self, text: &str) {
        let text = self.tags.restore(text);
        if let Some(image) = self.image {
            self.parts.images[image].alt.push_str(&text);
        }
        if let Some(link) = self.link {
            self.parts.links[link].text.push_str(&text);
        }
        let in_heading = self
            .open
            .last()
            .is_some_and(|&block| matches!(self.parts.blocks[block].kind, BlockKind::Heading(_)));
        if let (true, Some(heading)) = (in_heading, self.parts.headings.last_mut()) {
            heading.text.push_str(&text);
        }
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        let Some(&block) = self.open.last() else { return };
        if self.parts.blocks[block].kind == BlockKind::Code {
            return;
        }
        self.words(text);
        if self.image.is_none() {
            let text = text.to_owned();
            self.parts.runs.push(Run { range, text, block, link: self.link });
        }
    }

    /// Raw HTML, tag by tag, with the links and images in it.
    fn raw(&mut self, html: Range<usize>) {
        let block = self.open.last().copied();
        for (range, piece) in raw_html::read(&self.text[html.clone()]) {
            let range = html.start + range.start..html.start + range.end;
            let tag = match piece {
                Piece::Open(element) => {
                    self.element(&element, &range);
                    Some(RawTag::Open(element))
                }
                Piece::Close(name) => {
                    if name == "a" {
                        self.link = None;
                    }
                    Some(RawTag::Close(name))
                }
                Piece::Comment | Piece::Declaration => None,
                Piece::Text(text) => {
                    self.text(&text, range);
                    continue;
                }
            };
            self.parts.html.push(Raw { range, tag, block });
        }
    }

    fn element(&mut self, element: &raw_html::Element, range: &Range<usize>) {
        let url = |name| element.attribute(name).map(|value| self.tags.restore(value.trim()));
        match element.name.as_str() {
            "a" => {
                let Some(url) = url("href") else { return };
                self.begin_link(LinkType::Inline, &url, "", range.clone());
                if let Some(link) = self.parts.links.last_mut() {
                    link.kind = LinkKind::Html;
                }
            }
            "img" => {
                let url = url("src").unwrap_or_default();
                let alt = element.attribute("alt").unwrap_or_default();
                let alt = self.tags.restore(alt);
                self.begin_image(LinkType::Inline, &url, "", range.clone());
                if let Some(image) = self.parts.images.last_mut() {
                    image.kind = LinkKind::Html;
                    image.alt = alt;
                    image.element = Some(element.clone());
                }
                self.image = None;
            }
            _ => {}
        }
    }
}

fn kind_of(kind: LinkType) -> LinkKind {
    match kind {
        LinkType::Inline | LinkType::WikiLink { .. } => LinkKind::Inline,
        LinkType::Autolink | LinkType::Email => LinkKind::Bare,
        _ => LinkKind::Reference,
    }
}
