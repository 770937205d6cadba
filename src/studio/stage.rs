//! The stage: the letter in the light and at the width that is asked for, or one of its other forms.

use maud::{Markup, html};

use super::asked::{Asked, View, WIDTHS};
use super::desk::Letter;
use super::light::Light;
use super::state::Seen;
use super::{findings, headers, outline, page, size};

/// The most of a letter's source that the page shows, in bytes; the download has all of it.
const SOURCE_SHOWN: usize = 256 * 1024;

pub(super) fn stage(seen: &Seen) -> Markup {
    let view = seen.asked.view();
    let keys = matches!(view, View::Reading | View::Headers).then_some("0");
    html! {
        section #stage aria-label="Letter" {
            (tools(seen, view))
            div #overlay { (findings::overlay(seen)) }
            (letter_frame(seen, view))
            // It scrolls, so keys have to reach it where nothing in it takes them.
            div #sheet hidden[view == View::Letter] tabindex=[keys] {
                @match seen.letter() {
                    None => (empty()),
                    Some(letter) => (sheet(seen, view, letter)),
                }
            }
        }
    }
}

fn tools(seen: &Seen, view: View) -> Markup {
    let asked = &seen.asked;
    html! {
        div.tools {
            nav.tabs aria-label="Forms of the letter" {
                @for (at, other) in View::ALL.into_iter().enumerate() {
                    a data-go href=(asked.with(|asked| asked.view = other.key().into())) aria-keyshortcuts=(at + 1)
                        aria-current=[(other == view).then_some("true")] title={ "Key " (at + 1) } { (other.label()) }
                }
            }
            @if view == View::Letter { (widths(asked)) (lights(asked)) }
            div.switches {
                @if view == View::Letter {
                    (switch(asked, "images", "Images", "x", asked.shows_images()))
                    (switch(asked, "marks", "Merged", "m", asked.shows_marks()))
                }
                @if view == View::Text { (switch(asked, "marks", "Flowed", "m", asked.shows_marks())) }
            }
        }
    }
}

fn widths(asked: &Asked) -> Markup {
    let width = asked.width().map(|width| width.to_string()).unwrap_or_default();
    let is_dragged = !width.is_empty() && !WIDTHS.contains(&width.as_str());
    html! {
        nav.segments.widths aria-label="Width in pixels" {
            @for other in WIDTHS {
                a data-go data-width=(other) href=(asked.with(|asked| asked.width = other.into()))
                    aria-current=[(width == other).then_some("true")] { (other) }
            }
            a data-go data-width="" href=(asked.with(|asked| asked.width.clear()))
                aria-current=[(width.is_empty() || is_dragged).then_some("true")] title="Drag the letter's edge" {
                span #free { @if is_dragged { (width) } @else { "Free" } }
            }
        }
    }
}

fn lights(asked: &Asked) -> Markup {
    let light = asked.light();
    let next = Light::ALL
        [(Light::ALL.iter().position(|other| *other == light).unwrap_or(0) + 1) % Light::ALL.len()];
    html! {
        nav.segments aria-label="Light" {
            @for other in Light::ALL {
                a data-go href=(asked.with(|asked| asked.light = other.key().into())) title=(other.label().1)
                    aria-keyshortcuts=[(other == next).then_some("b")]
                    aria-current=[(other == light).then_some("true")] { (other.label().0) }
            }
        }
    }
}

/// A link that looks and speaks like a switch.
fn switch(asked: &Asked, what: &str, label: &str, key: &str, is_on: bool) -> Markup {
    let href = asked.with(|asked| match what {
        "images" => asked.images = if is_on { "off".into() } else { String::new() },
        _ => asked.marks = if is_on { String::new() } else { "on".into() },
    });
    html! {
        a.switch role="switch" aria-checked=(is_on) data-go href=(href) aria-keyshortcuts=(key) title={ "Key " (key) } { (label) }
    }
}

fn letter_frame(seen: &Seen, view: View) -> Markup {
    let asked = &seen.asked;
    let source = Asked {
        draft: seen.proof.key.clone(),
        reader: asked.reader.clone(),
        light: asked.light.clone(),
        images: asked.images.clone(),
        marks: asked.marks.clone(),
        ..Asked::default()
    };
    let width = asked.width().map(|width| width.to_string()).unwrap_or_default();
    html! {
        div #letter-stage data-width=(width) data-light=(asked.light().key()) hidden[view != View::Letter] {
            @if seen.letter().is_some() {
                div.paper {
                    iframe #letter data-keep sandbox="allow-same-origin" title="The letter" referrerpolicy="no-referrer"
                        src=(source.address("letter.html")) {}
                    div #edge role="slider" tabindex="0" aria-label="Width of the letter" aria-orientation="horizontal"
                        aria-valuemin="240" aria-valuemax="1400" aria-valuenow=(asked.width().unwrap_or(1400)) data-keep title="Drag, or use the arrow keys" {}
                }
            } @else { (empty()) }
        }
    }
}

fn empty() -> Markup {
    html! { div.empty { (page::MARK) p { "No letter to show" } } }
}

fn sheet(seen: &Seen, view: View, letter: &Letter) -> Markup {
    match view {
        View::Letter => html! {},
        View::Text => text(&letter.text, seen.asked.shows_marks()),
        View::Reading => outline::reading(&super::shown(seen, letter)),
        View::Headers => headers::sheet(&letter.headers),
        View::Source => source(seen, &letter.raw),
    }
}

/// The text exactly as it is sent, with a ruler after column 72; flowed lines can be shown.
fn text(text: &str, is_marked: bool) -> Markup {
    html! {
        pre.sheet.text tabindex="0" {
            span.ruler aria-hidden="true" { "72" }
            @for line in text.split_inclusive('\n') {
                @let bare = line.trim_end_matches('\n');
                @if is_marked && bare.ends_with(' ') && bare != "-- " {
                    (bare) span.flowed title="The client joins this line with the next" { "⏎" } "\n"
                } @else { (line) }
            }
        }
    }
}

fn source(seen: &Seen, raw: &[u8]) -> Markup {
    let shown = &raw[..raw.len().min(SOURCE_SHOWN)];
    let file = Asked {
        draft: seen.proof.key.clone(),
        reader: seen.asked.reader.clone(),
        download: Some(String::new()),
        ..Asked::default()
    };
    html! {
        div.sheet.source {
            p.actions {
                span { (size::bytes(raw.len())) " as sent" }
                a.button href=(file.address("raw")) { "Download .eml" }
            }
            pre tabindex="0" { (String::from_utf8_lossy(shown)) }
            @if shown.len() < raw.len() {
                p.quiet { "Cut here after " (size::bytes(shown.len())) "; the download has all of it." }
            }
        }
    }
}
