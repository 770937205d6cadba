//! Finished strings become templates: stand-ins turn into slots and chunks, and where a value lands decides how it is
//! escaped.

use std::ops::Range;

use super::pairs::Role;
use super::tags::Tags;
use super::{Branch, Piece, Place, Template};

/// What a stand-in becomes.
enum Landing<'t> {
    Slot(&'t str),
    Condition(Role),
}

impl Tags {
    /// A template in which every value lands in the same kind of place.
    pub(crate) fn template(&self, text: &str, place: Place) -> Template {
        self.split(text, |_, _| place)
    }

    /// A template of a finished HTML document: values are escaped for text, attributes or URLs.
    pub(crate) fn html_template(&self, html: &str) -> Template {
        let mut reader = HtmlReader { html, at: 0, within: Within::Text, quote: 0 };
        self.split(html, |range, _| reader.place(range))
    }

    /// A template of a finished plain text: a value inside an address is percent-encoded as in the HTML, so that both
    /// parts link to the same page.
    pub(crate) fn text_template(&self, text: &str) -> Template {
        self.split(text, |range, run| {
            let word = text[..range.start].rsplit(char::is_whitespace).next().unwrap_or_default();
            if word.contains("://") || word.starts_with("mailto:") {
                return within_url(word);
            }
            // What stands beside a value may be empty for a reader.
            let starts = run.start == 0 || text[..run.start].ends_with('\n');
            let ends = text[run.end..].starts_with('\n') || run.end == text.len();
            match (starts, ends) {
                (true, true) => Place::Line,
                (true, false) => Place::LineStart,
                (false, true) => Place::LineEnd,
                (false, false) => Place::Text,
            }
        })
    }

    /// Cuts a text at its stand-ins. `place` gets where a value stands, and the run of stand-ins that it belongs to, with
    /// nothing between them.
    fn split(
        &self,
        text: &str,
        mut place: impl FnMut(&Range<usize>, &Range<usize>) -> Place,
    ) -> Template {
        let slots = self.occurrences(text).map(|(range, tag)| (range, Landing::Slot(tag)));
        let conditions =
            self.conditions(text).map(|(range, role)| (range, Landing::Condition(role)));
        let mut landings: Vec<(Range<usize>, Landing<'_>)> = slots.chain(conditions).collect();
        landings.sort_by_key(|(range, _)| range.start);
        let mut cutter = Cutter { done: Vec::new(), open: Vec::new() };
        let mut copied = 0;
        for (range, run, landing) in in_runs(landings) {
            cutter.literal(&text[copied..range.start]);
            copied = range.end;
            match landing {
                Landing::Slot(tag) => {
                    let place = place(&range, &run);
                    cutter.push(Piece::Slot { expression: expression(tag).to_owned(), place });
                }
                Landing::Condition(Role::Begins(branch)) => cutter.begin(branch),
                Landing::Condition(Role::Ends(_)) => cutter.end(),
            }
        }
        cutter.literal(&text[copied..]);
        cutter.finish()
    }
}

/// Each with the run of landings it belongs to, which have nothing between them.
fn in_runs(
    landings: Vec<(Range<usize>, Landing<'_>)>,
) -> impl Iterator<Item = (Range<usize>, Range<usize>, Landing<'_>)> {
    let ranges: Vec<Range<usize>> = landings.iter().map(|(range, _)| range.clone()).collect();
    let runs: Vec<Range<usize>> = ranges
        .chunk_by(|one, next| one.end == next.start)
        .flat_map(|run| {
            let whole = run[0].start..run[run.len() - 1].end;
            std::iter::repeat_n(whole, run.len())
        })
        .collect();
    landings.into_iter().zip(runs).map(|((range, landing), run)| (range, run, landing))
}

/// Pieces while they are put together.
struct Cutter {
    done: Vec<Piece>,
    /// The branches that are open, with the pieces before them.
    open: Vec<(Branch, Vec<Piece>)>,
}

impl Cutter {
    fn push(&mut self, piece: Piece) {
        self.done.push(piece);
    }

    fn literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.done.last_mut() {
            Some(Piece::Literal(last)) => last.push_str(text),
            _ => self.push(Piece::Literal(text.to_owned())),
        }
    }

    fn begin(&mut self, branch: Branch) {
        // The same branch again stands within itself, which a derived one may.
        let is_next = |last: Branch| last.conditional == branch.conditional && last != branch;
        if self.open.last().is_some_and(|(last, _)| is_next(*last)) {
            self.end();
        }
        self.open.push((branch, std::mem::take(&mut self.done)));
    }

    fn end(&mut self) {
        let Some((branch, before)) = self.open.pop() else { return };
        let pieces = std::mem::replace(&mut self.done, before);
        if !pieces.is_empty() {
            self.push(Piece::Chunk { branch, pieces });
        }
    }

    fn finish(mut self) -> Template {
        while !self.open.is_empty() {
            self.end();
        }
        Template { pieces: self.done }
    }
}

/// What a value must be escaped for after the beginning of a URL.
fn within_url(before: &str) -> Place {
    let scheme = before.get(.."mailto:".len());
    let is_mail = scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    if is_mail && !before.contains(['?', '#']) { Place::Mailbox } else { Place::UrlPart }
}

/// The expression between the braces.
pub(crate) fn expression(tag: &str) -> &str {
    tag.trim_start_matches('{').trim_end_matches('}').trim()
}

/// Reads an HTML document forward and knows whether it is inside a tag, and in which attribute.
struct HtmlReader<'t> {
    html: &'t str,
    at: usize,
    within: Within,
    /// The last quote that opened a value.
    quote: usize,
}

/// What the reader is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Text,
    Comment,
    Tag,
    /// The value of an attribute, up to this quote: `<` and `>` may stand in it.
    Value(u8),
}

impl HtmlReader<'_> {
    /// What a value at `range` must be escaped for; ranges come in order.
    fn place(&mut self, range: &Range<usize>) -> Place {
        for at in self.at..range.start {
            self.within = self.step(at);
        }
        self.at = range.start;
        let Within::Value(quote) = self.within else { return Place::Html };
        let name = &self.html[..self.quote];
        if !(name.ends_with(" href=") || name.ends_with(" src=")) {
            return Place::Html;
        }
        let whole = self.quote + 1 == range.start
            && self.html.as_bytes().get(range.end).is_some_and(|next| *next == quote);
        if whole { Place::Href } else { within_url(&self.html[self.quote + 1..range.start]) }
    }

    /// What the text after the byte at `at` is inside of.
    fn step(&mut self, at: usize) -> Within {
        let rest = &self.html.as_bytes()[at..];
        match (self.within, rest[0]) {
            (Within::Text, b'<') if rest.starts_with(b"<!--") => Within::Comment,
            // As browsers do: any other `<` in a text is a `<`.
            (Within::Text, b'<')
                if rest.get(1).is_some_and(|c| c.is_ascii_alphabetic() || b"/!".contains(c)) =>
            {
                Within::Tag
            }
            (Within::Comment, b'>') if self.html.as_bytes()[..at].ends_with(b"--") => Within::Text,
            (Within::Tag, b'>') => Within::Text,
            (Within::Tag, quote @ (b'"' | b'\'')) => {
                self.quote = at;
                Within::Value(quote)
            }
            (Within::Value(quote), byte) if byte == quote => Within::Tag,
            (within, _) => within,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(template: Template) -> Vec<Place> {
        let place = |piece| match piece {
            Piece::Slot { place, .. } => Some(place),
            _ => None,
        };
        template.pieces.into_iter().filter_map(place).collect()
    }

    #[test]
    fn the_place_decides_how_a_value_is_escaped() {
        let mut tags = Tags::avoiding("");
        let x = tags.stand_in("{{ x }}");
        let html = format!(
            "<p title=\"{x}\">{x}<a class=\"link\" href=\"{x}\">{x}</a><a href=\"https://example.org/{x}\">\
             </a></p>"
        );
        assert_eq!(
            places(tags.html_template(&html)),
            [Place::Html, Place::Html, Place::Href, Place::Html, Place::UrlPart]
        );
        let text = format!("{x} a {x} b {x}\n{x}\nhttps://example.org/{x}");
        assert_eq!(
            places(tags.text_template(&text)),
            [Place::LineStart, Place::Text, Place::LineEnd, Place::Line, Place::UrlPart]
        );
        let mail = format!("<a href=\"mailto:{x}?cc={x}\">{x}</a>");
        assert_eq!(
            places(tags.html_template(&mail)),
            [Place::Mailbox, Place::UrlPart, Place::Html]
        );
        let mail = format!("[1] mailto:{x}?cc={x}");
        assert_eq!(places(tags.text_template(&mail)), [Place::Mailbox, Place::UrlPart]);
        let side_by_side = format!("{x}{x} a {x}{x}\n");
        assert_eq!(
            places(tags.text_template(&side_by_side)),
            [Place::LineStart, Place::LineStart, Place::LineEnd, Place::LineEnd]
        );
        let header = tags.template(&x, Place::Header);
        assert_eq!(header.pieces, [Piece::Slot { expression: "x".into(), place: Place::Header }]);
    }

    #[test]
    fn angle_brackets_in_a_quoted_attribute_or_a_comment_change_no_place() {
        let mut tags = Tags::avoiding("");
        let x = tags.stand_in("{{ x }}");
        let html = format!(
            "<!-- <a title=\" > --><!--[if mso]><p title=\"><![endif]--><a title=\"a > b\" href=\"{x}\">1 < {x}</a>\
             <a title='\"<' href=\"https://example.org/{x}\">{x}</a><img alt=\"<{x}>\" src=\"{x}\">"
        );
        assert_eq!(
            places(tags.html_template(&html)),
            [Place::Href, Place::Html, Place::UrlPart, Place::Html, Place::Html, Place::Href]
        );
    }

    #[test]
    fn conditions_become_chunks_within_chunks_and_leave_no_trace() {
        let mut tags = Tags::avoiding("");
        let marked = tags.mark(
            "a{% if x %}{{ y }}{% if z %}b{% endif %}{% else %}c{% endif %}{% if w %}{% endif %}",
        );
        let literal = |text: &str| Piece::Literal(text.into());
        let branch = |conditional, branch| Branch { conditional, branch };
        let pieces = tags.template(&marked, Place::Html).pieces;
        let slot = Piece::Slot { expression: "y".into(), place: Place::Html };
        let inner = Piece::Chunk { branch: branch(1, 0), pieces: vec![literal("b")] };
        assert_eq!(
            pieces,
            [
                literal("a"),
                Piece::Chunk { branch: branch(0, 0), pieces: vec![slot, inner] },
                Piece::Chunk { branch: branch(0, 1), pieces: vec![literal("c")] },
            ]
        );
    }
}
