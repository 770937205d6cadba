//! Whether the colours of a letter can be read: in light, in the dark of its own, and after a program has inverted it in
//! either of the known ways.

use std::collections::HashMap;

use super::head::{Head, When};
use super::page::{Page, style};
use crate::check::note::Note;
use crate::compose::raw_html::Element;
use crate::finding::shown;
use crate::rule;
use crate::theme::colour::Colour;
use crate::theme::palette::READABLE;

/// The colours of a text and of what is behind it.
type Pair = (Colour, Colour);

/// A remark for each pair of colours that cannot be read, with the first text that has it.
pub(super) fn notes(page: &Page) -> Vec<Note> {
    let dark = Head::of(page, When::Dark);
    let in_light = pairs(page, &Head::default());
    let in_dark = if dark.is_empty() { Vec::new() } else { pairs(page, &dark) };
    let (mut seen, mut told): ([Vec<Pair>; 2], Vec<Pair>) = Default::default();
    let mut notes = Vec::new();
    for (text, around) in page.shown() {
        let Some(around) = around else { continue };
        for (index, pairs) in [&in_light, &in_dark].into_iter().enumerate() {
            let Some(pair) = pairs.get(around).copied().flatten() else { continue };
            // Letters have a handful of pairs, and thousands of texts.
            if seen[index].contains(&pair) {
                continue;
            }
            seen[index].push(pair);
            let fault = if index == 0 { worst(pair) } else { worst_in_the_dark(pair) };
            let Some((how, ratio)) = fault.filter(|_| !told.contains(&pair)) else { continue };
            told.push(pair);
            let (ink, ground) = pair;
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

/// The properties that colour text, and those that colour what is behind it.
const INK: [&str; 1] = ["color"];
const GROUND: [&str; 2] = ["background-color", "background"];

/// The colours of text in each element, if both are known: what it does not set, it has from the one around it.
fn pairs(page: &Page, head: &Head) -> Vec<Option<Pair>> {
    let inherited = |properties: &[&str]| {
        let mut colours: Vec<Option<Colour>> = Vec::with_capacity(page.elements.len());
        // Letters have a handful of styles, and thousands of elements.
        let mut known: HashMap<Option<&str>, Option<Colour>> = HashMap::new();
        for (index, tag) in page.elements.iter().enumerate() {
            let style = tag.attribute("style");
            let of_style = || *known.entry(style).or_insert_with(|| inline(tag, properties));
            let around = || page.around(index).and_then(|around| colours[around]);
            let own = head.colour(page, index, properties).or_else(of_style);
            colours.push(own.or_else(around));
        }
        colours
    };
    let (ink, ground) = (inherited(&INK), inherited(&GROUND));
    ink.into_iter().zip(ground).map(|(ink, ground)| ink.zip(ground)).collect()
}

/// The same for one element.
pub(super) fn pair(page: &Page, head: &Head, element: usize) -> Option<Pair> {
    let nearest = |properties: &[&str]| {
        page.ancestry(element).find_map(|element| {
            let inline = || inline(&page.elements[element], properties);
            head.colour(page, element, properties).or_else(inline)
        })
    };
    nearest(&INK).zip(nearest(&GROUND))
}

/// What an element's own style sets.
fn inline(element: &Element, properties: &[&str]) -> Option<Colour> {
    properties.iter().find_map(|property| colour(style(element, &[property])?))
}

fn worst_in_the_dark((ink, ground): Pair) -> Option<(&'static str, f64)> {
    Some((" in the dark", ink.contrast(ground))).filter(|(_, ratio)| *ratio < READABLE)
}

/// In which way a pair cannot be read, and its contrast then.
fn worst((ink, ground): Pair) -> Option<(&'static str, f64)> {
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
