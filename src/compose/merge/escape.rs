//! Values escaped for the place where they land, so that none can close a tag, leave an address, or pass for a quote.

use std::borrow::Cow;

use super::Place;
use crate::finding::is_plain;

/// The value as it may stand in a place, or why it must not. One that may stand as it is stays what it was.
pub(super) fn escape(value: Cow<'_, str>, place: Place) -> Result<Cow<'_, str>, &'static str> {
    match place {
        Place::UrlPart => Ok(percent_encode(value, b"")),
        // Without what HTML would want escaped, and the commas that part addresses.
        Place::Mailbox => Ok(percent_encode(value, b"@+!$*")),
        Place::Href if !is_link(&value) => {
            Err("is a whole link and must start with https://, http:// or mailto:")
        }
        Place::Html | Place::Href => Ok(escape_html(value)),
        Place::Text => Ok(single_spaced(value)),
        Place::LineEnd => Ok(fixed(trimmed(single_spaced(value), str::trim_end))),
        Place::LineStart => Ok(stuffed(trimmed(single_spaced(value), str::trim_start))),
        Place::Line => Ok(stuffed(trimmed(single_spaced(value), str::trim))),
        Place::Header if !value.chars().all(is_plain) => {
            Err("has a control or direction-changing character; a header is one plain line")
        }
        Place::Header => Ok(value),
    }
}

/// One line of plain text: line breaks and tabs become spaces and runs of spaces one, as HTML shows them; other
/// control characters, and those that would turn the direction of what follows, are left out.
fn single_spaced(value: Cow<'_, str>) -> Cow<'_, str> {
    let is_word = |c: char| is_plain(c) && !matches!(c, '\u{2028}' | '\u{2029}');
    if !value.contains("  ") && value.chars().all(is_word) {
        return value;
    }
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            ' ' | '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' if out.ends_with(' ') => {}
            ' ' | '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c if is_plain(c) => out.push(c),
            _ => {}
        }
    }
    out.into()
}

fn trimmed(value: Cow<'_, str>, trim: fn(&str) -> &str) -> Cow<'_, str> {
    let kept = trim(&value);
    if kept.len() == value.len() { value } else { kept.to_owned().into() }
}

/// RFC 3676 4.2: without a value the space before it would end the line, and make it flow into the next.
fn fixed(value: Cow<'_, str>) -> Cow<'_, str> {
    if value.is_empty() { "\u{a0}".into() } else { value }
}

/// RFC 3676 4.3 and 4.4: what could be taken for a quote, a signature or an mbox separator gets a space, which the client
/// takes away.
fn stuffed(value: Cow<'_, str>) -> Cow<'_, str> {
    let exposed =
        value.starts_with('>') || value == "--" || value == "From" || value.starts_with("From ");
    if exposed { format!(" {value}").into() } else { value }
}

/// One of the three schemes a letter may link to, and nothing that ends the URL.
fn is_link(value: &str) -> bool {
    let scheme = ["https://", "http://", "mailto:"].iter().any(|scheme| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    scheme && !value.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn escape_html(value: Cow<'_, str>) -> Cow<'_, str> {
    let stays = |c: char| match c {
        '&' | '<' | '>' | '"' | '\'' => false,
        '\n' | '\r' | '\t' => true,
        c => is_plain(c),
    };
    if value.chars().all(stays) {
        return value;
    }
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if stays(c) => out.push(c),
            // Of no use in HTML: controls, and what would turn the direction of the text after the value.
            _ => {}
        }
    }
    out.into()
}

/// Everything but the unreserved characters of RFC 3986 2.3, and some that are kept.
fn percent_encode<'v>(value: Cow<'v, str>, kept: &[u8]) -> Cow<'v, str> {
    use std::fmt::Write as _;
    let stays =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte);
    if value.bytes().all(stays) {
        return value;
    }
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out.into()
}
