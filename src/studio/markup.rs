//! The HTML of finished letters, tag by tag. Postrider wrote it, so that quotes are closed and attributes are quoted.

use crate::check::weight::tag_end;

/// A piece of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'h> {
    /// `<p class="x">`, with the byte where it starts.
    Open(&'h str, usize),
    /// `</p>`: its name.
    Close(&'h str),
    /// Text between tags, not decoded.
    Text(&'h str),
    /// What a `style` or `title` element holds.
    Raw(&'h str),
    /// A comment or the doctype.
    Aside,
}

/// The pieces of a document, in order.
pub(super) struct Tokens<'h> {
    html: &'h str,
    at: usize,
    raw: Option<&'static str>,
}

impl<'h> Tokens<'h> {
    pub(super) fn of(html: &'h str) -> Self {
        Self { html, at: 0, raw: None }
    }

    fn take(&mut self, length: usize) -> &'h str {
        let piece = &self.html[self.at..self.at + length];
        self.at += length;
        piece
    }
}

impl<'h> Iterator for Tokens<'h> {
    type Item = Token<'h>;

    fn next(&mut self) -> Option<Token<'h>> {
        let rest = &self.html[self.at..];
        if rest.is_empty() {
            return None;
        }
        if let Some(end) = self.raw.take() {
            let length = rest.find(end).unwrap_or(rest.len());
            return Some(Token::Raw(self.take(length)));
        }
        if !rest.starts_with('<') {
            let length = rest.find('<').unwrap_or(rest.len());
            return Some(Token::Text(self.take(length)));
        }
        let start = self.at;
        let tag = self.take(tag_end(rest));
        Some(match tag.as_bytes().get(1) {
            Some(b'/') => Token::Close(tag[2..].trim_end_matches('>').trim()),
            Some(b'!') => Token::Aside,
            _ => {
                self.raw = match name(tag) {
                    "style" => Some("</style"),
                    "title" => Some("</title"),
                    _ => None,
                };
                Token::Open(tag, start)
            }
        })
    }
}

/// The element of a tag.
pub(super) fn name(tag: &str) -> &str {
    let inner = tag.trim_start_matches('<');
    let is_end = |c: char| c.is_ascii_whitespace() || c == '>' || c == '/';
    &inner[..inner.find(is_end).unwrap_or(inner.len())]
}

/// Where the value of an attribute stands in its tag.
pub(super) fn value_range(tag: &str, attribute: &str) -> Option<std::ops::Range<usize>> {
    let mut from = 0;
    loop {
        let at = from + tag[from..].find(attribute)?;
        let after = at + attribute.len();
        let in_quotes = tag[..at].bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
        if !in_quotes && tag[..at].ends_with(' ') && tag[after..].starts_with("=\"") {
            let start = after + 2;
            return tag[start..].find('"').map(|end| start..start + end);
        }
        from = after;
    }
}

/// An attribute of a tag, decoded.
pub(super) fn attribute(tag: &str, attribute: &str) -> Option<String> {
    value_range(tag, attribute).map(|range| decoded(&tag[range]))
}

/// Text without its character references, of which letters use few.
pub(super) fn decoded(text: &str) -> String {
    let pairs =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", "\u{a0}")];
    let text = pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

/// Words with single spaces between them, and without what nobody sees.
pub(super) fn squeezed(text: &str) -> String {
    let is_seen = |c: &char| !matches!(c, '\u{feff}' | '\u{34f}' | '\u{200b}' | '\u{fe0e}');
    let text: String = text.chars().filter(is_seen).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What inboxes show after the subject.
pub(super) fn preheader(html: &str) -> String {
    let metas = Tokens::of(html).filter_map(|token| match token {
        Token::Open(tag, _) if name(tag) == "meta" => Some(tag),
        _ => None,
    });
    let mut metas = metas.filter(|tag| attribute(tag, "name").as_deref() == Some("description"));
    metas.next().and_then(|tag| attribute(tag, "content")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_tag_by_tag() {
        let html = "<!DOCTYPE html><title>a < b</title><p class=\"x>y\">1 &lt; 2</p><!-- <b> -->";
        let tokens: Vec<Token<'_>> = Tokens::of(html).collect();
        let expected = [
            Token::Aside,
            Token::Open("<title>", 15),
            Token::Raw("a < b"),
            Token::Close("title"),
            Token::Open("<p class=\"x>y\">", 35),
            Token::Text("1 &lt; 2"),
            Token::Close("p"),
            Token::Aside,
        ];
        assert_eq!(tokens, expected);
    }

    #[test]
    fn an_attribute_is_found_by_its_whole_name_and_decoded() {
        let tag = "<a title=\" href=\" data-href=\"no\" href=\"?a&amp;lt;=1\">";
        assert_eq!(attribute(tag, "href").as_deref(), Some("?a&lt;=1"));
        assert_eq!(attribute(tag, "class"), None);
        assert_eq!(name("<br/>"), "br");
    }
}
