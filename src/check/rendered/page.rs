//! The HTML of a letter, as far as the rules look at it.

use crate::compose::raw_html::{self, Element, Piece};

/// A letter's HTML, taken apart.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The content of `<title>`.
    pub title: String,
    /// The content of every style element.
    pub styles: Vec<String>,
    /// Every element in order, so that one stands after those around it.
    pub elements: Vec<Element>,
    /// The innermost element around each, as an index of `elements`.
    around: Vec<Option<usize>>,
    /// Which elements are not shown, themselves or with one around them.
    hidden: Vec<bool>,
    /// What the body says, each text with the innermost element around it.
    pub texts: Vec<(String, Option<usize>)>,
}

impl Page {
    /// Reads a document.
    pub(super) fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut open: Vec<usize> = Vec::new();
        let mut pieces = raw_html::read(html).into_iter().peekable();
        while let Some((range, piece)) = pieces.next() {
            match piece {
                Piece::Open(element) => {
                    let next = pieces.peek().map_or(html.len(), |(next, _)| next.start);
                    // What is in these is no HTML, so that it is not among the pieces.
                    let content = html.get(range.end..next).unwrap_or_default();
                    match element.name.as_str() {
                        "title" => page.title = decoded(content),
                        "style" => page.styles.push(content.to_owned()),
                        _ => {}
                    }
                    let holds = !is_void(&element.name) && !element.self_closing;
                    page.push(element, open.last().copied());
                    if holds {
                        open.push(page.elements.len() - 1);
                    }
                }
                Piece::Close(name) => {
                    if let Some(at) =
                        open.iter().rposition(|&element| page.elements[element].name == name)
                    {
                        open.truncate(at);
                    }
                }
                Piece::Text(text) if !text.trim().is_empty() => {
                    page.texts.push((text, open.last().copied()));
                }
                _ => {}
            }
        }
        page
    }

    fn push(&mut self, element: Element, around: Option<usize>) {
        let is_hidden = matches!(element.name.as_str(), "head" | "title" | "style")
            || style(&element, &["display"]) == Some("none");
        self.hidden.push(is_hidden || around.is_some_and(|around| self.hidden[around]));
        self.elements.push(element);
        self.around.push(around);
    }

    /// The texts that readers see, images' texts included.
    pub(super) fn visible(&self) -> String {
        let texts = self.shown().map(|(text, _)| text);
        let images = self.elements.iter().filter_map(|element| element.attribute("alt"));
        texts.chain(images).collect::<Vec<_>>().join(" ")
    }

    /// The texts that are shown, each with the innermost element around it.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        let is_shown = |around: Option<usize>| around.is_none_or(|around| !self.hidden[around]);
        let texts = self.texts.iter().map(|(text, around)| (text.as_str(), *around));
        texts.filter(move |(_, around)| is_shown(*around))
    }

    /// The innermost element around one.
    pub(super) fn around(&self, element: usize) -> Option<usize> {
        self.around[element]
    }

    /// An element and those around it, innermost first.
    pub(super) fn path(&self, element: usize) -> impl Iterator<Item = &Element> {
        self.ancestry(element).map(|element| &self.elements[element])
    }

    /// An element and those around it by their index, innermost first.
    pub(super) fn ancestry(&self, element: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(element), |&element| self.around[element])
    }
}

/// The last value of one of these properties in an element's `style`.
pub(super) fn style<'e>(element: &'e Element, properties: &[&str]) -> Option<&'e str> {
    let declarations = element.attribute("style")?.split(';');
    let values = declarations.filter_map(|declaration| declaration.split_once(':'));
    values
        .filter(|(name, _)| properties.iter().any(|it| name.trim().eq_ignore_ascii_case(it)))
        .map(|(_, value)| value.trim())
        .next_back()
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "wbr"
    )
}

fn decoded(text: &str) -> String {
    let pieces = raw_html::read(text).into_iter();
    pieces
        .filter_map(|(_, piece)| if let Piece::Text(text) = piece { Some(text) } else { None })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_title_styles_and_texts_with_what_is_around_them() {
        let page = Page::read(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>A &amp; <b</title><style>a>b{}</style></head>\
             <body><div style=\"display:none;max-height:0\">hidden</div><p>One <b>two</b><br>three</p></body></html>",
        );
        assert_eq!((page.title.as_str(), page.styles.join("")), ("A & <b", "a>b{}".to_owned()));
        assert_eq!(page.visible(), "One  two three");
        let around = |text: &str| -> Vec<&str> {
            let (_, around) = page.texts.iter().find(|(found, _)| found.trim() == text).unwrap();
            page.path(around.unwrap()).map(|element| element.name.as_str()).collect()
        };
        assert_eq!(around("two"), ["b", "p", "body", "html"]);
        assert_eq!(around("three"), ["p", "body", "html"]);
    }
}
