//! What stands within a line: text, emphasis, links, images, footnote marks.

use comrak::nodes::{Ast, Node, NodeLink, NodeTaskItem, NodeValue};
use maud::{Markup, PreEscaped, html};

use super::fit;
use crate::compose::tree::videos;

/// Up to this width an image in a line of text stays in the line, in pixels.
const ICON: u32 = 48;

/// Outlook pads no link: wide spaces that only it sees make the room beside and above a button's text.
const MSO_BEFORE: &str =
    "<!--[if mso]><i style=\"mso-font-width:150%;mso-text-raise:21px\">\u{2003}</i><![endif]-->";
const MSO_AFTER: &str =
    "<!--[if mso]><i style=\"mso-font-width:150%\">\u{2003}\u{200b}</i><![endif]-->";

/// The content of a node that holds a line of text.
pub(super) fn line(node: Node<'_>) -> Markup {
    html! { @for child in node.children() { (inline(child)) } }
}

pub(super) fn inline(node: Node<'_>) -> Markup {
    let data = node.data();
    match &data.value {
        NodeValue::Text(text) => html! { (text) },
        NodeValue::Raw(word) => condition(word),
        NodeValue::SoftBreak => html! { "\n" },
        NodeValue::LineBreak => html! { br; "\n" },
        NodeValue::Code(code) => html! { code class="code" { (code.literal) } },
        NodeValue::Emph => html! { em { (line(node)) } },
        NodeValue::Strong => html! { strong { (line(node)) } },
        NodeValue::Strikethrough => html! { del { (line(node)) } },
        NodeValue::Superscript => html! { sup { (line(node)) } },
        NodeValue::Subscript => html! { sub { (line(node)) } },
        NodeValue::Highlight => html! { mark class="mark" { (line(node)) } },
        NodeValue::TaskItem(task) => html! { (task_box(task)) },
        NodeValue::Link(link) => anchor(node, &data, link),
        NodeValue::Image(link) => image(node, &data, link),
        NodeValue::FootnoteReference(reference) => {
            let back = (reference.ref_num == 1).then(|| format!("fnref-{}", reference.ix));
            html! {
                sup {
                    a class="link" name=[back.as_ref()] id=[back.as_ref()] href={ "#fn-" (reference.ix) } {
                        "[" (reference.name) "]"
                    }
                }
            }
        }
        _ => line(node),
    }
}

/// The only content of a paragraph if that is an image, with or without a link, and the image's title.
pub(super) fn only_image(paragraph: Node<'_>) -> Option<(Markup, Option<String>)> {
    if !matches!(paragraph.data().value, NodeValue::Paragraph) {
        return None;
    }
    let only = paragraph.first_child().filter(|child| child.next_sibling().is_none())?;
    let is_link = matches!(only.data().value, NodeValue::Link(_));
    let image = if is_link { only.first_child()? } else { only };
    if image.next_sibling().is_some() {
        return None;
    }
    let NodeValue::Image(link) = &image.data().value else { return None };
    Some((inline(only), Some(link.title.clone()).filter(|title| !title.is_empty())))
}

/// The video that is all of a paragraph: its picture, its title and its address.
pub(super) fn only_video(paragraph: Node<'_>) -> Option<(Markup, String, String)> {
    if !matches!(paragraph.data().value, NodeValue::Paragraph) {
        return None;
    }
    let only = paragraph.first_child().filter(|child| child.next_sibling().is_none())?;
    let data = only.data();
    let NodeValue::Link(link) = &data.value else { return None };
    let title = only.collect_text().trim().to_owned();
    has_class(&data, videos::CLASS).then(|| (inline(only), title, link.url.clone()))
}

/// What a task shows instead of the check box that Outlook and others would drop.
pub(super) fn task_box(task: &NodeTaskItem) -> &'static str {
    if task.symbol.is_some() { "☑ " } else { "☐ " }
}

fn has_class(data: &Ast, class: &str) -> bool {
    data.attrs.as_deref().is_some_and(|attrs| attrs.classes.iter().any(|known| known == class))
}

fn anchor(node: Node<'_>, data: &Ast, link: &NodeLink) -> Markup {
    let title = Some(&link.title).filter(|title| !title.is_empty());
    if !has_class(data, "button") {
        return html! { a class="link" href=(link.url) title=[title] { (line(node)) } };
    }
    let class = if has_class(data, "secondary") { "button secondary" } else { "button" };
    html! {
        a class=(class) href=(link.url) title=[title] {
            (PreEscaped(MSO_BEFORE)) span style="mso-text-raise:10px" { (line(node)) } (PreEscaped(MSO_AFTER))
        }
    }
}

fn image(node: Node<'_>, data: &Ast, link: &NodeLink) -> Markup {
    let width = fit::width(data).unwrap_or(ICON);
    let alone = node.next_sibling().is_none() && node.previous_sibling().is_none();
    let style = if width <= ICON && !alone {
        format!("display:inline;vertical-align:middle;width:{width}px;height:auto;border:0")
    } else {
        let most = fit::most(data);
        format!("display:block;width:100%;max-width:{most};height:auto;border:0")
    };
    html! {
        img class="picture" src=(link.url) alt=(alt(node).trim()) width=(width) style=(PreEscaped(style));
    }
}

/// The mark of a condition: a comment may stand anywhere, in tables too.
pub(super) fn condition(word: &str) -> Markup {
    PreEscaped(format!("<!--{word}-->"))
}

/// What an image says, with the conditions in it.
fn alt(image: Node<'_>) -> String {
    let mut text = String::new();
    for node in image.descendants() {
        match &node.data().value {
            NodeValue::Raw(word) => text.extend(["$", word, "$"]),
            NodeValue::Text(literal) => text.push_str(literal),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            _ => {}
        }
    }
    text
}
