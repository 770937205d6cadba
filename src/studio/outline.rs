//! A letter without its looks: in the order and with the roles in that a screen reader says it, and its headings.

use maud::{Markup, html};

use super::markup::{self, Token, Tokens};

/// What is said before the words of a link.
pub(super) const LINK: &str = "⟨link⟩ ";

/// Something that is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Said {
    pub(super) role: String,
    pub(super) text: String,
    pub(super) at: String,
    /// Of a heading.
    level: Option<usize>,
}

/// What is said, in order.
pub(super) fn said(shown: &str) -> Vec<Said> {
    let mut speaker = Speaker::default();
    for token in Tokens::of(shown) {
        match token {
            Token::Open(tag, _) => speaker.open(tag),
            Token::Close(name) => speaker.close(name),
            Token::Text(text) => speaker.text(&markup::decoded(text)),
            Token::Raw(_) | Token::Aside => {}
        }
    }
    speaker.flush();
    speaker.said
}

#[derive(Default)]
struct Speaker {
    said: Vec<Said>,
    now: Said,
    /// Elements that are open within something hidden, that included.
    hidden: usize,
    /// Lists that are open: the number of the last item, or `None` for bullets.
    lists: Vec<Option<usize>>,
    quotes: usize,
    has_body: bool,
}

const VOID: [&str; 6] = ["br", "img", "hr", "meta", "input", "link"];

impl Speaker {
    fn open(&mut self, tag: &str) {
        let name = markup::name(tag);
        if self.hidden > 0 || tag.contains("display:none") {
            self.hidden += usize::from(!VOID.contains(&name));
            return;
        }
        if let Some(at) = markup::attribute(tag, "data-at") {
            self.flush();
            self.now.at = at;
        }
        match name {
            "body" => self.has_body = true,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush();
                let level = name[1..].parse().unwrap_or(1);
                self.now.role = format!("heading {level}");
                self.now.level = Some(level);
            }
            "p" | "pre" | "td" | "th" | "tr" | "dt" | "dd" | "hr" => self.flush(),
            "ul" | "ol" => {
                self.flush();
                let start = markup::attribute(tag, "start").and_then(|start| start.parse().ok());
                self.lists.push((name == "ol").then(|| start.unwrap_or(1) - 1));
            }
            "li" => self.item(),
            "blockquote" => self.quotes += 1,
            "a" if markup::attribute(tag, "href").is_some() => self.now.text.push_str(LINK),
            "br" => self.now.text.push(' '),
            "img" => self.image(tag),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if self.hidden > 0 {
            self.hidden -= 1;
            return;
        }
        match name {
            "p" | "pre" | "td" | "th" | "tr" | "li" | "dt" | "dd" | "h1" | "h2" | "h3" | "h4"
            | "h5" | "h6" => self.flush(),
            "ul" | "ol" => {
                self.flush();
                self.lists.pop();
            }
            "blockquote" => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn item(&mut self) {
        self.flush();
        self.now.role = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("item {number}")
            }
            _ => "item".to_owned(),
        };
    }

    fn image(&mut self, tag: &str) {
        match markup::attribute(tag, "alt") {
            Some(alt) if alt.is_empty() => {}
            Some(alt) => self.now.text.extend(["⟨image⟩ ", alt.as_str(), " "]),
            None => self.now.text += "⟨image without a text⟩ ",
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden == 0 && self.has_body {
            self.now.text.push_str(text);
        }
    }

    fn flush(&mut self) {
        let mut now = std::mem::take(&mut self.now);
        // A container's place holds for what it begins with.
        let at = now.at.clone();
        now.text = markup::squeezed(&now.text);
        if now.text.is_empty() {
            self.now = Said { at, ..Said::default() };
            self.now.role = now.role;
            self.now.level = now.level;
            return;
        }
        if now.role.is_empty() {
            now.role = if self.quotes > 0 { "quote".into() } else { String::new() };
        }
        self.now.at = at;
        self.said.push(now);
    }
}

/// What a screen reader says.
pub(super) fn reading(shown: &str) -> Markup {
    html! {
        ol.sheet.reading {
            @for said in said(shown) {
                li data-at=[(!said.at.is_empty()).then_some(&said.at)] class=[said.level.map(|_| "heading")] {
                    span.role { (said.role) }
                    span.words dir="auto" { (said.text) }
                }
            }
        }
    }
}

/// The headings of a letter.
pub(super) fn panel(shown: &str, jump: &dyn Fn(&str) -> String) -> Markup {
    let said = said(shown);
    let headings: Vec<&Said> = said.iter().filter(|said| said.level.is_some()).collect();
    html! {
        p.lead { (headings.len()) @if headings.len() == 1 { " heading" } @else { " headings" } ", as screen readers list them." }
        ol.outline {
            @for heading in headings {
                @let level = heading.level.unwrap_or(1);
                li class={ "level-" (level) } {
                    span.level aria-hidden="true" { (level) }
                    @if heading.at.is_empty() { span { (heading.text) } }
                    @else { a data-go href=(jump(&heading.at)) { (heading.text) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_said_in_order_with_its_roles_and_without_what_is_hidden() {
        let html = "<html><head><title>no</title></head><body><div style=\"display:none\">no<br><b>no</b></div>\
            <h1 data-at=\"0:2\">The <em>tide</em></h1><p data-at=\"0:5\">See <a href=\"x\">it</a>.</p>\
            <ol data-at=\"0:7\"><li data-at=\"0:7\">one</li><li>two</li></ol>\
            <blockquote><p>said</p></blockquote><img src=\"x\" alt=\"A boat\"><img src=\"y\" alt=\"\"></body></html>";
        let lines: Vec<String> = said(html)
            .iter()
            .map(|said| format!("{}|{}|{}", said.role, said.text, said.at))
            .collect();
        assert_eq!(
            lines,
            [
                "heading 1|The tide|0:2",
                "|See ⟨link⟩ it.|0:5",
                "item 1|one|0:7",
                "item 2|two|0:7",
                "quote|said|0:7",
                "|⟨image⟩ A boat|0:7",
            ]
        );
    }
}
