//! Merge tags on their way through Markdown.
//!
//! Markdown would break `{{ name | default("reader") }}`: it curls the quotes, splits table cells at the bar and
//! percent-encodes the braces in links. So before parsing every tag gives way to a stand-in of letters and digits
//! with the same number of bytes (places in the source still hold), and in the finished strings the stand-ins become
//! slots, or the tag again where it stands in code.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{Piece, Place, Template};

/// The stand-ins in use. Only what [`Tags::mark`] and [`Tags::stand_in`] gave out is ever turned back.
#[derive(Debug)]
pub(crate) struct Tags {
    /// What looks like a stand-in and is the author's own.
    taken: BTreeSet<String>,
    /// How many stand-ins of each length are given out.
    given: BTreeMap<usize, u64>,
    by_tag: BTreeMap<String, String>,
    by_stand_in: BTreeMap<String, String>,
}

/// Something in double braces, or that looks like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What stands in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{{ … }}` on one line.
    Tag,
    /// `{{` without its end.
    Unclosed,
    /// `{% … %}` or `{# … #}`, which other systems understand.
    Foreign,
}

/// A tag is no longer than this, in bytes: a brace that is never closed must not cost a look at the whole draft.
const LONGEST: usize = 1000;
/// `{{x}}`; what is shorter has no expression and is a mistake.
const SHORTEST: usize = 5;

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Tags {
    /// Stand-ins that do not occur in `text`.
    pub(crate) fn avoiding(text: &str) -> Self {
        let taken = candidates(text).map(|range| text[range].to_owned()).collect();
        let (given, by_tag, by_stand_in) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { taken, given, by_tag, by_stand_in }
    }

    /// The text with every tag replaced by its stand-in, byte for byte as long.
    pub(crate) fn mark(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        let tags = scan(text).into_iter().filter(|found| found.kind == Kind::Tag);
        for found in tags.filter(|found| found.range.len() >= SHORTEST) {
            out.push_str(&text[copied..found.range.start]);
            out.push_str(&self.stand_in(&text[found.range.clone()]));
            copied = found.range.end;
        }
        out.push_str(&text[copied..]);
        out
    }

    /// The stand-in of a tag with its braces: `Q`, digits in base 36, `Z`.
    ///
    /// Because `Q` and `Z` stand only at its ends, a stand-in never begins or ends inside another.
    pub(crate) fn stand_in(&mut self, tag: &str) -> String {
        if let Some(known) = self.by_tag.get(tag) {
            return known.clone();
        }
        // A draft that holds all stand-ins of one length gets a longer one, and columns that are off by as much.
        let free = (tag.len().max(SHORTEST) - 2..)
            .find_map(|digits| self.free_stand_in(digits))
            .unwrap_or_default();
        self.by_tag.insert(tag.to_owned(), free.clone());
        self.by_stand_in.insert(free.clone(), tag.to_owned());
        free
    }

    fn free_stand_in(&mut self, digits: usize) -> Option<String> {
        let last = 36_u64.saturating_pow(u32::try_from(digits).unwrap_or(u32::MAX));
        let given = self.given.entry(digits).or_default();
        while *given < last {
            let name = format!("Q{}Z", base_36(*given, digits));
            *given += 1;
            if !self.taken.contains(&name) {
                return Some(name);
            }
        }
        None
    }

    /// The text as the author wrote it.
    pub(crate) fn restore(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for (range, tag) in self.occurrences(text) {
            out.push_str(&text[copied..range.start]);
            out.push_str(tag);
            copied = range.end;
        }
        out.push_str(&text[copied..]);
        out
    }

    /// Whether the text is one stand-in and nothing else.
    pub(crate) fn is_stand_in(&self, text: &str) -> bool {
        self.by_stand_in.contains_key(text)
    }

    /// Whether the text begins with a stand-in.
    pub(crate) fn starts_with_stand_in(&self, text: &str) -> bool {
        self.occurrences(text).next().is_some_and(|(range, _)| range.start == 0)
    }

    /// Whether the text holds a stand-in.
    pub(crate) fn occur_in(&self, text: &str) -> bool {
        self.occurrences(text).next().is_some()
    }

    /// A template in which every value lands in the same kind of place.
    pub(crate) fn template(&self, text: &str, place: Place) -> Template {
        self.split(text, |_| place)
    }

    /// A template of a finished HTML document: values are escaped for text, attributes or URLs.
    pub(crate) fn html_template(&self, html: &str) -> Template {
        let mut reader = HtmlReader { html, at: 0, tag: false, quote: 0 };
        self.split(html, |range| reader.place(&range))
    }

    /// A template of a finished plain text: a value inside an address is percent-encoded as in the HTML, so that both
    /// parts link to the same page.
    pub(crate) fn text_template(&self, text: &str) -> Template {
        self.split(text, |range| {
            let word = text[..range.start].rsplit(char::is_whitespace).next().unwrap_or_default();
            let in_address = word.contains("://") || word.starts_with("mailto:");
            if in_address { Place::UrlPart } else { Place::Text }
        })
    }

    fn split(&self, text: &str, mut place: impl FnMut(Range<usize>) -> Place) -> Template {
        let mut pieces = Vec::new();
        let literal = |range: Range<usize>, pieces: &mut Vec<Piece>| {
            if !range.is_empty() {
                pieces.push(Piece::Literal(text[range].to_owned()));
            }
        };
        let mut copied = 0;
        for (range, tag) in self.occurrences(text) {
            literal(copied..range.start, &mut pieces);
            copied = range.end;
            pieces
                .push(Piece::Slot { expression: expression(tag).to_owned(), place: place(range) });
        }
        literal(copied..text.len(), &mut pieces);
        Template { pieces }
    }

    fn occurrences<'t>(
        &'t self,
        text: &'t str,
    ) -> impl Iterator<Item = (Range<usize>, &'t str)> + 't {
        candidates(text).filter_map(|range| {
            let tag = self.by_stand_in.get(&text[range.clone()])?;
            Some((range, tag.as_str()))
        })
    }
}

/// Everything that looks like a stand-in.
fn candidates(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices('Q').filter_map(|(start, _)| {
        let rest = &text.as_bytes()[start + 1..];
        let digits = rest.iter().position(|byte| !DIGITS.contains(byte))?;
        (rest[digits] == b'Z').then_some(start..start + digits + 2)
    })
}

/// The expression between the braces.
pub(crate) fn expression(tag: &str) -> &str {
    tag.trim_start_matches('{').trim_end_matches('}').trim()
}

/// Everything in braces that a merge tag could be meant by, in order.
pub(crate) fn scan(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('{').map(|open| at + open) {
        let end = text.floor_char_boundary(start + LONGEST);
        let line = text[start..end].lines().next().unwrap_or_default();
        let (kind, length) = match line.as_bytes().get(1) {
            Some(b'{') => match end_of_tag(line) {
                Some(end) => (Kind::Tag, end),
                None => (Kind::Unclosed, 2),
            },
            Some(b'%') => (Kind::Foreign, line.find("%}").map_or(2, |end| end + 2)),
            Some(b'#') if line.contains("#}") => (Kind::Foreign, line.find("#}").unwrap_or(0) + 2),
            _ => {
                at = start + 1;
                continue;
            }
        };
        at = start + length;
        found.push(Found { range: start..at, kind });
    }
    found
}

/// The length of the tag at the start of a line; braces in its strings do not end it.
fn end_of_tag(line: &str) -> Option<usize> {
    let mut quote = None;
    let bytes = line.as_bytes();
    for at in 2..bytes.len() {
        match (quote, bytes[at]) {
            (None, b'"' | b'\'') => quote = Some(bytes[at]),
            (Some(open), byte) if open == byte => quote = None,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at + 2),
            (None, b'{') if bytes.get(at + 1) == Some(&b'{') => return None,
            _ => {}
        }
    }
    // A quote that is not closed must not hide the end of the tag from the message about it.
    let end = line[2..].find("}}")? + 2;
    if line[2..end].contains("{{") { None } else { Some(end + 2) }
}

/// Reads an HTML document forward and knows whether it is inside a tag, and in which attribute.
struct HtmlReader<'t> {
    html: &'t str,
    at: usize,
    tag: bool,
    /// The last quote seen in a tag.
    quote: usize,
}

impl HtmlReader<'_> {
    /// What a value at `range` must be escaped for; ranges come in order.
    fn place(&mut self, range: &Range<usize>) -> Place {
        for (at, byte) in self.html.bytes().enumerate().take(range.start).skip(self.at) {
            match byte {
                b'<' | b'>' => self.tag = byte == b'<',
                b'"' if self.tag => self.quote = at,
                _ => {}
            }
        }
        self.at = range.start;
        let name = &self.html[..self.quote];
        if !self.tag || !(name.ends_with(" href=") || name.ends_with(" src=")) {
            return Place::Html;
        }
        let whole = self.quote + 1 == range.start && self.html[range.end..].starts_with('"');
        if whole { Place::Href } else { Place::UrlPart }
    }
}

fn base_36(mut number: u64, digits: usize) -> String {
    let mut out = vec![b'0'; digits];
    for digit in out.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(number % 36).unwrap_or(0)];
        number /= 36;
    }
    out.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> Vec<(&str, Kind)> {
        scan(text).into_iter().map(|found| (&text[found.range], found.kind)).collect()
    }

    #[test]
    fn tags_are_found_with_their_strings_and_without_their_neighbours() {
        assert_eq!(kinds("a {{ x }}{{y}}"), [("{{ x }}", Kind::Tag), ("{{y}}", Kind::Tag)]);
        let braces = "{{ x | default(\"}}\") }}";
        assert_eq!(kinds(braces), [(braces, Kind::Tag)]);
        assert_eq!(kinds("{{ it's }} b"), [("{{ it's }}", Kind::Tag)]);
        assert_eq!(kinds("{{ a }\n}}"), [("{{", Kind::Unclosed)]);
        assert_eq!(kinds("{{ a {{ b }}"), [("{{", Kind::Unclosed), ("{{ b }}", Kind::Tag)]);
        assert_eq!(
            kinds("{% if x %}{# no #}"),
            [("{% if x %}", Kind::Foreign), ("{# no #}", Kind::Foreign)]
        );
        assert_eq!(kinds("{#id} { x }"), []);
    }

    #[test]
    fn a_stand_in_is_as_long_as_its_tag_and_avoids_the_text() {
        let text = "Q000Z {{x}} Q00000Z {{ name | default(\"you\") }} {{x}}";
        let mut tags = Tags::avoiding(text);
        let marked = tags.mark(text);
        assert_eq!(marked.len(), text.len());
        assert_eq!(&marked[6..11], "Q001Z");
        assert_eq!(tags.restore(&marked), text);
        assert_eq!(tags.by_tag.len(), 2);
    }

    #[test]
    fn the_place_decides_how_a_value_is_escaped() {
        let mut tags = Tags::avoiding("");
        let x = tags.stand_in("{{ x }}");
        let html = format!(
            "<p title=\"{x}\">{x}<a class=\"link\" href=\"{x}\">{x}</a><a href=\"https://example.org/{x}\">\
             </a></p>"
        );
        let places: Vec<Place> = tags
            .html_template(&html)
            .pieces
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Slot { place, .. } => Some(place),
                Piece::Literal(_) => None,
            })
            .collect();
        assert_eq!(places, [Place::Html, Place::Html, Place::Href, Place::Html, Place::UrlPart]);
        let text = tags.template(&x, Place::Text);
        assert_eq!(text.pieces, [Piece::Slot { expression: "x".into(), place: Place::Text }]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn marking_keeps_every_byte_where_it_was(text in "([{}%#\"' Qa0Z\n]|\\{\\{ x \\}\\}|\\PC){0,40}") {
            let mut tags = Tags::avoiding(&text);
            let marked = tags.mark(&text);
            prop_assert_eq!(marked.len(), text.len());
            prop_assert_eq!(tags.restore(&marked), text);
        }
    }
}
