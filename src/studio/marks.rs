//! The preview's copy of a letter: its merged values and the lines its blocks come from are marked, and where a client
//! would cut it off. Nothing of this is ever sent.

use crate::check::weight::CLIPPED;
use crate::compose::merge::{Piece, Place, Template};
use crate::compose::trace;

/// The class of a merged value.
const MERGED: &str = "<span class=\"pr-merged\">";
const MERGED_END: &str = "</span>";
/// What stands where Gmail would cut.
const CLIP: &str =
    "<div class=\"pr-clip\" role=\"note\">Gmail cuts the letter off about here</div>";

/// Puts every merged value that lands in a text into an element of its own.
pub fn mark_merged(template: &Template) -> Template {
    let mut place = Reading::default();
    Template { pieces: marked(&template.pieces, &mut place) }
}

/// How far a document has been read.
#[derive(Default)]
struct Reading {
    in_tag: bool,
    in_quotes: bool,
    /// Within an element whose text is no markup.
    is_raw: bool,
    /// The start of the tag that is being read.
    tag: String,
}

impl Reading {
    fn read(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '"' if self.in_tag => self.in_quotes = !self.in_quotes,
                '>' if self.in_tag && !self.in_quotes => {
                    self.in_tag = false;
                    let tag = std::mem::take(&mut self.tag);
                    let is = |start: &str| tag.starts_with(start);
                    self.is_raw = is("title") || is("style");
                }
                '<' if !self.in_tag => self.in_tag = true,
                _ if self.in_tag && self.tag.len() < 8 => self.tag.push(c),
                _ => {}
            }
        }
    }

    fn is_text(&self) -> bool {
        !self.in_tag && !self.is_raw
    }
}

fn marked(pieces: &[Piece], reading: &mut Reading) -> Vec<Piece> {
    let mut out = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Literal(text) => {
                reading.read(text);
                out.push(piece.clone());
            }
            Piece::Slot { place: Place::Html, .. } if reading.is_text() => out.extend([
                Piece::Literal(MERGED.into()),
                piece.clone(),
                Piece::Literal(MERGED_END.into()),
            ]),
            Piece::Slot { .. } => out.push(piece.clone()),
            Piece::Chunk { branch, pieces } => {
                out.push(Piece::Chunk { branch: *branch, pieces: marked(pieces, reading) });
            }
        }
    }
    out
}

/// Turns the marks of a reader's HTML into `data-at` attributes, and shows where a letter of this size is cut.
///
/// `sent` is what the provider counts, in bytes: the larger of the HTML and its encoded form.
pub(super) fn attach(shown: &str, sent: usize, title_line: usize) -> String {
    let title = format!("<h1 data-at=\"0:{title_line}\" class=\"title\"");
    let shown = shown.replacen("<h1 class=\"title\"", &title, 1);
    let mut pieces = shown.split(trace::START);
    let mut out = String::with_capacity(shown.len());
    let first = pieces.next().unwrap_or_default();
    out.push_str(first);
    let mut counted = bytes(first);
    // Where the cut comes, in bytes of the HTML as it is.
    let total = shown.len().max(1);
    let mut cut = (sent > CLIPPED).then(|| CLIPPED.saturating_mul(total) / sent);
    for piece in pieces {
        let Some((mark, rest)) = piece.split_once(trace::END) else { continue };
        let is_element =
            rest.starts_with('<') && rest[1..].starts_with(|c: char| c.is_ascii_lowercase());
        if cut.is_some_and(|cut| counted >= cut) && is_element && !rest.starts_with("<li") {
            out.push_str(CLIP);
            cut = None;
        }
        counted += bytes(rest);
        if is_element {
            let end = rest.find([' ', '>', '/']).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            out.push_str(" data-at=\"");
            out.push_str(mark);
            out.push('"');
            out.push_str(&rest[end..]);
        } else {
            out.push_str(rest);
        }
    }
    out
}

/// The bytes of a piece without our own marks in it.
fn bytes(piece: &str) -> usize {
    piece.len() - piece.matches(MERGED).count() * (MERGED.len() + MERGED_END.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(place: Place) -> Piece {
        Piece::Slot { expression: "name".into(), place }
    }

    #[test]
    fn only_values_in_text_are_marked() {
        let literal = |text: &str| Piece::Literal(text.into());
        let template = Template {
            pieces: vec![
                literal("<title>"),
                slot(Place::Html),
                literal("</title><p title=\"a > "),
                slot(Place::Html),
                literal("\">Dear "),
                slot(Place::Html),
                literal("</p>"),
            ],
        };
        let marked = mark_merged(&template);
        let spans = marked.pieces.iter().filter(|piece| **piece == literal(MERGED)).count();
        assert_eq!(spans, 1);
        let at = marked.pieces.iter().position(|piece| *piece == literal(MERGED)).unwrap();
        assert_eq!(marked.pieces[at - 1], literal("\">Dear "));
        assert_eq!(marked.pieces[at + 2], literal(MERGED_END));
    }

    #[test]
    fn marks_become_attributes_and_the_cut_is_shown_before_a_block() {
        let html = "<h1 class=\"title\">T</h1><!--@0:3--><p>a</p><!--@0:5--><ul><!--@1:6--><li>b</li></ul><!--@0:9-->x";
        let attached = attach(html, 10, 2);
        assert_eq!(
            attached,
            "<h1 data-at=\"0:2\" class=\"title\">T</h1><p data-at=\"0:3\">a</p><ul data-at=\"0:5\"><li data-at=\"1:6\">b</li></ul>x"
        );
        let attached = attach(html, 10 * CLIPPED, 2);
        assert!(
            attached.contains("</h1><div class=\"pr-clip\"") && attached.matches(CLIP).count() == 1
        );
    }
}
