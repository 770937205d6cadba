//! The page: a bar with draft and reader, the stage with the letter, and a pane beside it. `studio.js` exchanges what
//! differs when a new proof comes or a link is followed.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::asked::{Pane, View};
use super::readers::MADE_UP;
use super::state::Seen;
use super::{pane, stage};
use crate::audience::Subscriber;

/// The whole page.
pub(super) fn page(seen: &Seen) -> Markup {
    let body = html! {
        (bar(seen))
        main {
            (stage::stage(seen))
            (pane::pane(seen))
        }
        (keys())
    };
    document(&format!("{} · Postrider", seen.title()), &seen.version.to_string(), &body)
}

/// A page of ours around a body.
pub(super) fn document(title: &str, version: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href=(ICON);
                link rel="stylesheet" href="studio.css";
                script src="studio.js" defer {}
            }
            body data-version=(version) {
                (body)
                p #announcement .unseen role="status" {}
            }
        }
    }
}

fn bar(seen: &Seen) -> Markup {
    let subject = seen.letter().map_or("", |letter| letter.subject.as_str());
    html! {
        header.bar {
            (MARK)
            div.name {
                h1 { (seen.title()) }
                p.subject title=(subject) { (subject) }
            }
            nav.menus aria-label="Draft and reader" {
                (drafts(seen))
                (readers(seen))
            }
            p #connection data-keep data-state="waiting" role="status" { "Connecting" }
            button.help type="button" data-opens="keys" aria-keyshortcuts="?" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" { "?" }
        }
    }
}

fn drafts(seen: &Seen) -> Markup {
    html! {
        details.menu #drafts {
            summary aria-keyshortcuts="g" title="All drafts (g)" { span.label { "Draft" } span.value { (seen.proof.key) } }
            div.sheet {
                ul.choices {
                    @for entry in seen.drafts.iter() {
                        @let is_here = entry.key == seen.proof.key;
                        li {
                            a data-go href=(seen.asked.with(|asked| { asked.draft.clone_from(&entry.key); asked.at.clear(); }))
                                aria-current=[is_here.then_some("true")] {
                                span.title { (entry.title) @if entry.is_draft { " " span.tag { "draft" } } }
                                span.more { (entry.key) " · " (entry.saved) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn readers(seen: &Seen) -> Markup {
    let made_up = MADE_UP.iter().find(|(key, ..)| *key == seen.asked.reader);
    let label = match made_up {
        Some((_, name, _)) => (*name).to_owned(),
        None => seen.reader.name.clone().unwrap_or_else(|| seen.reader.email.to_string()),
    };
    html! {
        details.menu #readers {
            summary aria-keyshortcuts="r" title="Another reader (r)" { span.label { "Reader" } span.value dir="auto" { (label) } }
            div.sheet {
                label.unseen for="q" { "Search the list" }
                input #q type="search" name="q" placeholder="Search name, address, tag, field" autocomplete="off" spellcheck="false";
                div #found data-keep { p.quiet { "The list is searched as you type." } }
                p.group { "Made up" }
                ul.choices {
                    @for (key, name, what) in MADE_UP {
                        li {
                            a data-go href=(seen.asked.with(|asked| asked.reader = key.into()))
                                aria-current=[(seen.asked.reader == key).then_some("true")] {
                                span.title { (name) } span.more { (what) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The readers a search has found, as part of the picker.
pub(super) fn found(seen: &Seen, readers: &[Subscriber]) -> Markup {
    html! {
        @if readers.is_empty() { p.quiet { "Nobody on the list is like that." } }
        ul.choices {
            @for reader in readers {
                @let key = reader.email.as_str();
                li {
                    a data-go href=(seen.asked.with(|asked| { asked.reader = key.into(); asked.q.clear(); }))
                        aria-current=[(seen.reader.email == reader.email).then_some("true")] {
                        span.title dir="auto" { (reader.name.as_deref().unwrap_or(key)) @if !reader.status.is_active() { " " span.tag { (reader.status.name()) } } }
                        span.more { @if reader.name.is_some() { (key) } @else { "no name" } @for tag in reader.tags.iter().take(4) { " · " (tag) } }
                    }
                }
            }
        }
    }
}

/// The dialog with every key.
fn keys() -> Markup {
    let more = [
        ("g", "The drafts"),
        ("r  /", "Search a reader"),
        ("[  ]", "Narrower, wider"),
        ("b", "Light, dark, inverted"),
        ("x", "Images off and on"),
        ("m", "Mark merged values, or flowed lines"),
        ("j  k", "The next, the last finding"),
        ("e", "Open in your editor"),
        ("Esc", "Close what is open"),
        ("?", "This list"),
    ];
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { "Keys" }
            div.columns {
                dl {
                    @for (at, view) in View::ALL.into_iter().enumerate() { div { dt { kbd { (at + 1) } } dd { (view.label()) } } }
                    @for pane in Pane::ALL { div { dt { kbd { (pane.shortcut()) } } dd { (pane.label()) } } }
                }
                dl {
                    @for (keys, what) in more {
                        div { dt { @for key in keys.split("  ") { kbd { (key) } " " } } dd { (what) } }
                    }
                }
            }
            p.quiet { "Click a paragraph to find its line in the draft; click a line to find its paragraph." }
            form method="dialog" { button.button { "Close" } }
        }
    }
}

/// An envelope.
pub(super) const MARK: PreEscaped<&str> = PreEscaped(
    "<svg class=\"mark\" viewBox=\"0 0 32 24\" aria-hidden=\"true\"><rect x=\"1\" y=\"1\" width=\"30\" height=\"22\" \
     rx=\"3\"/><path d=\"m2 4 14 10L30 4\"/></svg>",
);

/// The same envelope for the browser's tab.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 -4 32 32' fill='%23fff' \
     stroke='%23b23a20' stroke-width='3' stroke-linejoin='round'%3E%3Crect x='2' y='1' width='28' height='22' rx='3'/%3E\
     %3Cpath d='m3 4 13 10L29 4' fill='none'/%3E%3C/svg%3E";
