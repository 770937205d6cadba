//! What a letter weighs, part by part, beside the size at which Gmail cuts letters off.

use std::fmt;

use serde::Serialize;

/// What Gmail is sure to show of a letter's HTML: it hides the rest, its footer first, from about 102 kB on. Whether it counts
/// before or after the transfer encoding is not known, so neither may be more than this.
pub const CLIPPED: usize = 100_000;

/// The sizes of a letter, in bytes. `words`, `links`, `styles`, `footer` and `markup` add up to `html`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Weight {
    /// The HTML part, decoded.
    pub html: usize,
    /// The HTML part as it is sent.
    pub html_encoded: usize,
    /// Text, as readers and inboxes see it.
    pub words: usize,
    /// Addresses of links and images.
    pub links: usize,
    /// Style attributes and elements.
    pub styles: usize,
    /// The whole footer.
    pub footer: usize,
    /// All other markup.
    pub markup: usize,
    /// The plain-text part, decoded.
    pub text: usize,
    /// The plain-text part as it is sent.
    pub text_encoded: usize,
    /// Images that travel in the letter, as they are sent.
    pub images: usize,
    /// All of the letter.
    pub total: usize,
}

impl Weight {
    /// Weighs a finished letter, CRLF line ends and quoted-printable as `message` makes it.
    pub fn of(letter: &[u8]) -> Self {
        let encoded_html = part(letter, b"text/html");
        let encoded_text = part(letter, b"text/plain");
        let html = String::from_utf8_lossy(&decoded(encoded_html)).replace("\r\n", "\n");
        let images = parts(letter, b"image/").map(<[u8]>::len).sum();
        let mut weight = Self {
            html: html.len(),
            html_encoded: encoded_html.len(),
            text: decoded(encoded_text).len(),
            text_encoded: encoded_text.len(),
            images,
            total: letter.len(),
            ..Self::default()
        };
        let start = html.find("<td class=\"footer\"").unwrap_or(html.len());
        let (body, footer) = html.split_at(start);
        let end = footer.find("</td>").map_or(footer.len(), |end| end + "</td>".len());
        weight.footer = end;
        for piece in [body, &footer[end..]] {
            weight.take(piece);
        }
        weight
    }

    /// The share of what Gmail shows, in per cent.
    pub fn share(&self) -> usize {
        self.html.max(self.html_encoded) * 100 / CLIPPED
    }

    fn take(&mut self, html: &str) {
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            self.words += at;
            rest = &rest[at..];
            let end = tag_end(rest);
            let (tag, after) = rest.split_at(end);
            let styles = value(tag, " style=\"");
            let links = value(tag, " href=\"") + value(tag, " src=\"");
            self.styles += styles;
            self.links += links;
            self.markup += tag.len() - styles - links;
            rest = after;
            if tag.starts_with("<style") {
                let end = rest.find("</style>").unwrap_or(rest.len());
                self.styles += end;
                rest = &rest[end..];
            }
        }
        self.words += rest.len();
    }
}

/// One line for people: `HTML 18.6 kB (…), text 9.1 kB; 20 % of what Gmail shows`.
impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HTML {}, {} encoded (words {}, links {}, styles {}, footer {}, markup {}); text {}",
            kilobytes(self.html),
            kilobytes(self.html_encoded),
            kilobytes(self.words),
            kilobytes(self.links),
            kilobytes(self.styles),
            kilobytes(self.footer),
            kilobytes(self.markup),
            kilobytes(self.text),
        )?;
        if self.images > 0 {
            write!(f, "; images {}", kilobytes(self.images))?;
        }
        write!(f, "; {} % of the {} that Gmail shows", self.share(), kilobytes(CLIPPED))
    }
}

/// In units of 1,000 bytes, as providers count.
fn kilobytes(bytes: usize) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

/// Where a tag or a comment at the start of `html` ends; a `>` in quotes does not end it.
pub fn tag_end(html: &str) -> usize {
    if html.starts_with("<!--") {
        return html.find("-->").map_or(html.len(), |end| end + 3);
    }
    let mut in_quotes = false;
    for (at, byte) in html.bytes().enumerate() {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b'>' if !in_quotes => return at + 1,
            _ => {}
        }
    }
    html.len()
}

/// The bytes of an attribute with its name.
fn value(tag: &str, name: &str) -> usize {
    let Some(start) = memchr::memmem::find(tag.as_bytes(), name.as_bytes()) else { return 0 };
    let rest = &tag[start + name.len()..];
    rest.find('"').map_or(0, |end| name.len() + end + 1)
}

/// The body of the first part of this type, as sent.
fn part<'l>(letter: &'l [u8], media_type: &[u8]) -> &'l [u8] {
    parts(letter, media_type).next().unwrap_or_default()
}

/// The bodies of all parts of this type. No line of a body starts with `--`, so the next one that does ends it.
fn parts<'l>(letter: &'l [u8], media_type: &[u8]) -> impl Iterator<Item = &'l [u8]> {
    let head = [b"\r\nContent-Type: ", media_type].concat();
    let starts: Vec<usize> = memchr::memmem::find_iter(letter, &head).collect();
    starts.into_iter().filter_map(move |at| {
        let rest = &letter[at..];
        let start = memchr::memmem::find(rest, b"\r\n\r\n")? + 4;
        let end = memchr::memmem::find(&rest[start..], b"\r\n--").unwrap_or(rest.len() - start);
        Some(&rest[start..start + end])
    })
}

/// Quoted-printable without its encoding (RFC 2045 6.7).
fn decoded(encoded: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [b'\r', b'\n', after @ ..] => after,
            [high, low, after @ ..] => {
                out.extend(digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low));
                after
            }
            after => {
                out.push(b'=');
                after
            }
        };
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &str = "Subject: x\r\nContent-Type: multipart/alternative; boundary=\"=_b\"\r\n\r\n--=_b\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Caf=C3=A9 =\r\nnow\r\n--=_b\r\n\
        Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        <style>.a{}</style><!-- > --><p style=3D\"margin:0\" title=3D\"a>b\">Hi <a href=3D\"/x\">=C3=A9</a></p>=\r\n\
        <table><tr><td class=3D\"footer\">Bye</td></tr></table>\r\n--=_b--\r\n";

    #[test]
    fn every_byte_of_the_html_is_counted_once() {
        let weight = Weight::of(LETTER.as_bytes());
        assert_eq!(weight.text, "Café now".len());
        assert_eq!((weight.words, weight.links), ("Hi é".len(), " href=\"/x\"".len()));
        assert_eq!(weight.styles, ".a{}".len() + " style=\"margin:0\"".len());
        assert_eq!(weight.footer, "<td class=\"footer\">Bye</td>".len());
        let sum = weight.words + weight.links + weight.styles + weight.footer + weight.markup;
        assert_eq!(sum, weight.html);
        assert!(weight.html_encoded > weight.html && weight.total == LETTER.len());
        assert_eq!(weight.images, 0);
    }

    #[test]
    fn a_weight_is_told_in_one_line() {
        let weight = Weight { html: 18_600, html_encoded: 20_100, ..Weight::default() };
        assert_eq!(
            weight.to_string(),
            "HTML 18.6 kB, 20.1 kB encoded (words 0.0 kB, links 0.0 kB, styles 0.0 kB, footer 0.0 kB, \
             markup 0.0 kB); text 0.0 kB; 20 % of the 100.0 kB that Gmail shows"
        );
    }
}
