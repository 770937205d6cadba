//! The pane beside the stage: all that is to be known of a letter, one thing at a time.

use std::ops::Range;

use maud::{Markup, html};

use super::asked::Pane;
use super::state::Seen;
use super::{changes, draft, findings, inbox, links, outline, sending, size, support};
use crate::check::weight::Weight;

pub(super) fn pane(seen: &Seen) -> Markup {
    let chosen = seen.asked.pane();
    html! {
        aside #pane aria-label="About the letter" {
            nav.tabs aria-label="About the letter" {
                @for pane in Pane::ALL {
                    a data-go href=(seen.asked.with(|asked| asked.pane = pane.key().into())) aria-keyshortcuts=(pane.shortcut())
                        aria-current=[(pane == chosen).then_some("true")] title={ "Key " (pane.shortcut()) } {
                        (pane.label())
                        @if pane == Pane::Findings { (badge(seen)) }
                    }
                }
            }
            section #about data-pane=(chosen.key()) aria-label=(chosen.label()) tabindex="0" {
                (content(seen, chosen))
            }
        }
    }
}

fn badge(seen: &Seen) -> Markup {
    let findings = seen.findings();
    let worst = findings.first().map(|finding| finding.severity);
    html! { @if let Some(worst) = worst { " " span class={ "badge " (worst) } { (findings.len()) } } }
}

fn content(seen: &Seen, pane: Pane) -> Markup {
    let jump = |at: &str| {
        seen.asked.with(|asked| (asked.at, asked.pane) = (at.to_owned(), "draft".into()))
    };
    match (pane, seen.made()) {
        (Pane::Findings, _) => findings::panel(seen),
        (Pane::Draft, _) => draft::panel(&seen.proof, seen.asked.place(), seen.editor.as_deref()),
        (Pane::Send, _) => sending::panel(seen),
        (Pane::Changes, _) => html! {
            @match &seen.compared {
                Some(compared) => (changes::panel(compared, &jump)),
                None => p.quiet role="status" { "The other issues are being read; this comes in a moment." },
            }
        },
        (_, None) => html! { p.lead { "There is no letter yet." } },
        (Pane::Inbox, Some((letter, made))) => html! {
            (inbox::panel(letter, &made.from))
            (sending::filter_form(seen))
        },
        (Pane::Size, Some((letter, _))) => size::panel(&Weight::of(&letter.raw)),
        (Pane::Links, Some((letter, _))) => {
            let links = (seen.proof.key.as_str(), &*seen.proof.followed);
            links::panel(&super::shown(seen, letter), links, &jump)
        }
        (Pane::Images, Some((letter, made))) => {
            let is_missing = |file: usize, lines: &Range<usize>| seen.lacks_text(file, lines);
            links::images_panel(&super::shown(seen, letter), made, &is_missing, &jump)
        }
        (Pane::Clients, Some((letter, _))) => support::panel(&letter.html),
        (Pane::Outline, Some((letter, _))) => outline::panel(&super::shown(seen, letter), &jump),
    }
}
