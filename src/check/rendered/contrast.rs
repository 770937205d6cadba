//! Whether the colours of a letter can be read, in light and after a program has inverted it in either of the known ways.

use std::collections::BTreeSet;

use super::page::{Page, style};
use crate::check::note::Note;
use crate::finding::shown;
use crate::rule;
use crate::theme::colour::Colour;
use crate::theme::palette::{READABLE, reads};

/// A remark for each pair of colours that cannot be read, with the first text that has it.
pub(super) fn notes(page: &Page) -> Vec<Note> {
    let mut seen = BTreeSet::new();
    let mut notes = Vec::new();
    for (text, around) in page.texts.iter().filter(|(_, around)| !page.is_hidden(around)) {
        let nearest = |properties: &[&str]| {
            around.iter().rev().find_map(|&element| {
                properties
                    .iter()
                    .find_map(|property| colour(&style(&page.elements[element], property)?))
            })
        };
        let (Some(ink), Some(ground)) =
            (nearest(&["color"]), nearest(&["background-color", "background"]))
        else {
            continue;
        };
        if reads(ink, ground) || !seen.insert((ink.to_string(), ground.to_string())) {
            continue;
        }
        let ratio = |ink: Colour, ground: Colour| ink.contrast(ground);
        let ways = [
            ("", ratio(ink, ground)),
            (
                " after a program has inverted it",
                ratio(ink.inverted_text(), ground.inverted_ground()),
            ),
            (
                " after a program has turned its lightness around",
                ratio(ink.flipped(), ground.flipped()),
            ),
        ];
        let Some((how, worst)) = ways.into_iter().find(|(_, ratio)| *ratio < READABLE) else {
            continue;
        };
        let message = format!(
            "`{ink}` on `{ground}` has a contrast of {worst:.1}:1{how}, as in \"{}\"",
            shown(text.trim())
        );
        let note = Note::whole(&rule::CONTRAST, message);
        notes
            .push(note.help(format!("text needs {READABLE}:1; change the colours in `theme.css`")));
    }
    notes
}

fn colour(value: &str) -> Option<Colour> {
    let value = value.split_whitespace().next()?;
    match value.to_ascii_lowercase().as_str() {
        "white" => Some(Colour::hex(0xff_ffff)),
        "black" => Some(Colour::hex(0)),
        value => value.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_cannot_be_read_are_named_once_for_each_pair_of_colours() {
        let page = |body: &str| {
            Page::read(&format!(
                "<body style=\"background-color:#ffffff;color:#222222\">{body}</body>"
            ))
        };
        assert_eq!(notes(&page("<p>fine</p><p style=\"color:#0a5c50\">fine</p>")).len(), 0);
        let unreadable = page(
            "<p style=\"color:#bbbbbb\">pale</p><i style=\"color:#bbbbbb\">again</i><b style=\"background:#333333\">dark</b>",
        );
        assert_eq!(notes(&unreadable).len(), 2);
        assert_eq!(notes(&page("<div style=\"display:none;color:#ffffff\">filler</div>")).len(), 0);
    }
}
