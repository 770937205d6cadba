//! Values escaped for the place where they land, so that none can close a tag, leave an address, or pass for a quote.

use super::Place;
use crate::finding::is_plain;

/// The value as it may stand in a place, or why it must not.
pub(super) fn escape(value: &str, place: Place) -> Result<String, &'static str> {
    match place {
        Place::UrlPart => Ok(percent_encode(value)),
        Place::Href if !is_link(value) => {
            Err("is a whole link and must start with https://, http:// or mailto:")
        }
        Place::Html | Place::Href => Ok(escape_html(value)),
        Place::Text => Ok(single_spaced(value)),
        Place::LineEnd => Ok(fixed(single_spaced(value).trim_end())),
        Place::LineStart => Ok(stuffed(single_spaced(value).trim_start())),
        Place::Line => Ok(stuffed(single_spaced(value).trim())),
        Place::Header if !value.chars().all(is_plain) => {
            Err("has a control or direction-changing character; a header is one plain line")
        }
        Place::Header => Ok(value.to_owned()),
    }
}

/// One line of plain text: line breaks and tabs become spaces and runs of spaces one, as HTML shows them; other
/// control characters, and those that would turn the direction of what follows, are left out.
fn single_spaced(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            ' ' | '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' if out.ends_with(' ') => {}
            ' ' | '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c if is_plain(c) => out.push(c),
            _ => {}
        }
    }
    out
}

/// RFC 3676 4.2: without a value the space before it would end the line, and make it flow into the next.
fn fixed(value: &str) -> String {
    if value.is_empty() { "\u{a0}".to_owned() } else { value.to_owned() }
}

/// RFC 3676 4.3 and 4.4: what could be taken for a quote, a signature or an mbox separator gets a space, which the client
/// takes away.
fn stuffed(value: &str) -> String {
    let exposed =
        value.starts_with('>') || value == "--" || value == "From" || value.starts_with("From ");
    if exposed { format!(" {value}") } else { value.to_owned() }
}

/// One of the three schemes a letter may link to, and nothing that ends the URL.
fn is_link(value: &str) -> bool {
    let scheme = ["https://", "http://", "mailto:"].iter().any(|scheme| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    scheme && !value.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn escape_html(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\r' | '\t' => out.push(c),
            c if is_plain(c) => out.push(c),
            // Of no use in HTML: controls, and what would turn the direction of the text after the value.
            _ => {}
        }
    }
    out
}

/// Everything but the unreserved characters of RFC 3986 2.3.
fn percent_encode(value: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
