//! Whether the colours of a letter can be read: in light, in the dark of its own, and after a program has inverted it in
//! either of the known ways.

use std::collections::BTreeSet;

use super::dark::Dark;
use super::page::{Page, style};
use crate::check::note::Note;
use crate::finding::shown;
use crate::rule;
use crate::theme::colour::Colour;
use crate::theme::palette::READABLE;

/// A remark for each pair of colours that cannot be read, with the first text that has it.
pub(super) fn notes(page: &Page) -> Vec<Note> {
    let dark = Dark::of(page);
    let mut seen = BTreeSet::new();
    let mut notes = Vec::new();
    for (text, around) in page.texts.iter().filter(|(_, around)| !page.is_hidden(around)) {
        let light =
            pair(page, around, &Dark::default()).and_then(|pair| Some((pair, worst(pair)?)));
        let in_dark = (!dark.is_empty()).then(|| pair(page, around, &dark)).flatten();
        let in_dark = in_dark.filter(|(ink, ground)| ink.contrast(*ground) < READABLE);
        let in_dark =
            in_dark.map(|(ink, ground)| ((ink, ground), (" in the dark", ink.contrast(ground))));
        for ((ink, ground), (how, ratio)) in light.into_iter().chain(in_dark) {
            if !seen.insert((ink.to_string(), ground.to_string())) {
                continue;
            }
            let message = format!(
                "`{ink}` on `{ground}` has a contrast of {ratio:.1}:1{how}, as in \"{}\"",
                shown(text.trim())
            );
            let help = format!("text needs {READABLE}:1; change the colours in `theme.css`");
            notes.push(Note::whole(&rule::CONTRAST, message).help(help));
        }
    }
    notes
}

/// The colours of a text and of what is behind it, if both are known.
fn pair(page: &Page, around: &[usize], dark: &Dark) -> Option<(Colour, Colour)> {
    let nearest = |properties: &[&str]| {
        (1..=around.len()).rev().find_map(|length| {
            let path = &around[..length];
            let element = &page.elements[*path.last()?];
            let inline =
                || properties.iter().find_map(|property| colour(&style(element, property)?));
            dark.colour(page, path, properties).or_else(inline)
        })
    };
    Some((nearest(&["color"])?, nearest(&["background-color", "background"])?))
}

/// In which way a pair cannot be read, and its contrast then.
fn worst((ink, ground): (Colour, Colour)) -> Option<(&'static str, f64)> {
    let ways = [
        ("", ink, ground),
        (" after a program has inverted it", ink.inverted_text(), ground.inverted_ground()),
        (" after a program has turned its lightness around", ink.flipped(), ground.flipped()),
    ];
    let ratios = ways.into_iter().map(|(how, ink, ground)| (how, ink.contrast(ground)));
    ratios.into_iter().find(|(_, ratio)| *ratio < READABLE)
}

/// The colour that a value names, if it is one that letters use.
pub(super) fn colour(value: &str) -> Option<Colour> {
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

    #[test]
    fn the_dark_of_the_letter_is_held_to_the_same() {
        let page = |colour: &str| {
            Page::read(&format!(
                "<style>@media (prefers-color-scheme:dark){{\n.page{{background-color:#171512 !important}}\n.a{{color:{colour} !important}}\n}}\n</style>\
                 <body class=\"page\" style=\"background-color:#ffffff;color:#222222\"><p class=\"a\">x</p></body>"
            ))
        };
        assert_eq!(notes(&page("#eeeeee")).len(), 0);
        assert_eq!(notes(&page("#444444")).len(), 1);
    }
}
