//! Which HTML elements a draft may use, and what Markdown each stands for.

use comrak::nodes::{ListType, NodeHeading, NodeLink, NodeList, NodeValue};

use super::raw_html::Element;
use crate::clients::{self, Kind};
use crate::finding::shown;

/// How an element is understood.
#[derive(Debug)]
pub(super) enum Shape {
    /// Part of a line, with nothing in it.
    VoidInline(NodeValue),
    /// A block of its own, with nothing in it.
    VoidBlock(NodeValue),
    /// Part of a line.
    Inline(NodeValue),
    /// A block of its own.
    Block(NodeValue),
    /// Part of a line; only its text becomes a code span, when it is closed.
    Code,
    /// Only its content is kept, which is part of a line.
    UnwrappedInline,
    /// Only its content is kept, which stands in blocks of its own.
    UnwrappedBlock,
    /// A place where a line may break; nothing to keep.
    Nothing,
    /// Not for mail.
    Unsupported,
}

/// How an element is understood.
pub(super) fn shape(element: &Element) -> Shape {
    match element.name.as_str() {
        "br" => Shape::VoidInline(NodeValue::LineBreak),
        "img" => Shape::VoidInline(NodeValue::Image(Box::new(link(element, "src")))),
        "hr" => Shape::VoidBlock(NodeValue::ThematicBreak),
        "b" | "strong" => Shape::Inline(NodeValue::Strong),
        "i" | "em" | "cite" | "var" | "dfn" => Shape::Inline(NodeValue::Emph),
        "del" | "s" | "strike" => Shape::Inline(NodeValue::Strikethrough),
        "sup" => Shape::Inline(NodeValue::Superscript),
        "sub" => Shape::Inline(NodeValue::Subscript),
        "mark" => Shape::Inline(NodeValue::Highlight),
        "code" | "kbd" | "samp" | "tt" => Shape::Code,
        "a" if element.attribute("href").is_some() => {
            Shape::Inline(NodeValue::Link(Box::new(link(element, "href"))))
        }
        "a" | "span" | "small" | "big" | "u" | "ins" | "abbr" | "font" | "time" => {
            Shape::UnwrappedInline
        }
        "p" | "figcaption" | "summary" => Shape::Block(NodeValue::Paragraph),
        "blockquote" => Shape::Block(NodeValue::BlockQuote),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            let level = element.name.as_bytes()[1] - b'0';
            Shape::Block(NodeValue::Heading(NodeHeading { level, setext: false, closed: false }))
        }
        "ul" => Shape::Block(NodeValue::List(list(ListType::Bullet))),
        "ol" => Shape::Block(NodeValue::List(list(ListType::Ordered))),
        "li" => Shape::Block(NodeValue::Item(list(ListType::Bullet))),
        "div" | "center" | "details" | "figure" | "section" | "article" => Shape::UnwrappedBlock,
        "wbr" => Shape::Nothing,
        _ => Shape::Unsupported,
    }
}

fn link(element: &Element, key: &str) -> NodeLink {
    let attribute = |name| one_line(element.attribute(name).unwrap_or_default());
    NodeLink { url: attribute(key), title: attribute("title") }
}

/// A tight list, or an item of one.
pub(super) fn list(list_type: ListType) -> NodeList {
    NodeList { list_type, start: 1, tight: true, ..NodeList::default() }
}

/// An attribute's value as people read it.
pub(super) fn one_line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Elements whose end tag HTML lets authors leave out.
pub(super) fn may_stay_open(name: &str) -> bool {
    matches!(name, "p" | "li")
}

/// Elements that have neither content nor an end tag, among those that are not for mail.
pub(super) fn is_void(name: &str) -> bool {
    let void =
        ["area", "base", "col", "embed", "input", "link", "meta", "param", "source", "track"];
    void.contains(&name)
}

/// What an author can do instead of an element that is not for mail, and who does not know it.
pub(super) fn remedy(name: &str) -> String {
    let gap = clients::support(Kind::Element, name).and_then(clients::Support::gap);
    let gap = gap.map(|gap| format!("; not known by {gap}")).unwrap_or_default();
    format!("{}{gap}", instead(name))
}

fn instead(name: &str) -> String {
    match name {
        "iframe" | "video" | "object" | "embed" => {
            "link a picture to what it shows: `[![What it shows](still.jpg)](address)`".into()
        }
        "table" | "thead" | "tbody" | "tr" | "td" | "th" => "write it as a Markdown table".into(),
        "pre" => "write it as a code block between two lines of three backticks".into(),
        "script" | "style" | "form" | "svg" | "input" | "button" | "audio" | "link" | "meta"
        | "base" => "remove it, or link to a page that has it".into(),
        _ => format!("remove it; if it is meant as text, put it in backticks: `<{}>`", shown(name)),
    }
}
