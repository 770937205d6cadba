//! The HTML of a letter, as far as the rules look at it.

use crate::compose::raw_html::{self, Element, Piece};

/// A letter's HTML, taken apart.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The content of `<title>`.
    pub title: String,
    /// The content of every style element.
    pub styles: Vec<String>,
    /// Every element in order.
    pub elements: Vec<Element>,
    /// What the body shows, each text with the elements around it, outermost first, as indices of `elements`.
    pub texts: Vec<(String, Vec<usize>)>,
}

impl Page {
    /// Reads a document.
    pub(super) fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut open: Vec<usize> = Vec::new();
        let pieces = raw_html::read(html);
        for (index, (range, piece)) in pieces.iter().enumerate() {
            match piece {
                Piece::Open(element) => {
                    let next = pieces.get(index + 1).map_or(html.len(), |(next, _)| next.start);
                    // What is in these is no HTML, so that it is not among the pieces.
                    let content = html.get(range.end..next).unwrap_or_default();
                    match element.name.as_str() {
                        "title" => page.title = decoded(content),
                        "style" => page.styles.push(content.to_owned()),
                        _ => {}
                    }
                    page.elements.push(element.clone());
                    if !is_void(&element.name) && !element.self_closing {
                        open.push(page.elements.len() - 1);
                    }
                }
                Piece::Close(name) => {
                    if let Some(at) =
                        open.iter().rposition(|&element| page.elements[element].name == *name)
                    {
                        open.truncate(at);
                    }
                }
                Piece::Text(text) if !text.trim().is_empty() => {
                    page.texts.push((text.clone(), open.clone()));
                }
                _ => {}
            }
        }
        page
    }

    /// The texts that readers see, images' texts included.
    pub(super) fn visible(&self) -> String {
        let shown = self.texts.iter().filter(|(_, around)| !self.is_hidden(around));
        let texts = shown.map(|(text, _)| text.as_str());
        let images = self.elements.iter().filter_map(|element| element.attribute("alt"));
        texts.chain(images).collect::<Vec<_>>().join(" ")
    }

    /// Whether one of the elements is not shown.
    pub(super) fn is_hidden(&self, around: &[usize]) -> bool {
        around.iter().any(|&element| {
            style(&self.elements[element], "display").as_deref() == Some("none")
                || matches!(self.elements[element].name.as_str(), "head" | "title" | "style")
        })
    }
}

/// The value of a property in an element's `style`.
pub(super) fn style(element: &Element, property: &str) -> Option<String> {
    let declarations = element.attribute("style")?.split(';');
    let values = declarations.filter_map(|declaration| declaration.split_once(':'));
    values
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case(property))
        .map(|(_, value)| value.trim().to_owned())
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
            around.iter().map(|&element| page.elements[element].name.as_str()).collect()
        };
        assert_eq!(around("two"), ["html", "body", "p", "b"]);
        assert_eq!(around("three"), ["html", "body", "p"]);
    }
}
