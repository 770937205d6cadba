//! The letter's row in an inbox, as some clients cut it.

use maud::{Markup, html};

use super::desk::Letter;
use super::markup;

/// A client, and how many characters of subject and preview it has room for. Nobody publishes these; they are measured
/// on usual screens, and fonts differ.
struct Client {
    name: &'static str,
    place: &'static str,
    class: &'static str,
    subject: usize,
    preview: usize,
}

const CLIENTS: [Client; 4] = [
    Client { name: "iPhone Mail", place: "phone", class: "apple", subject: 48, preview: 99 },
    Client { name: "Gmail app", place: "phone", class: "app", subject: 37, preview: 40 },
    Client { name: "Gmail", place: "desktop", class: "web", subject: 70, preview: 60 },
    Client { name: "Outlook", place: "desktop", class: "outlook", subject: 54, preview: 54 },
];

/// A subject that is shown whole nearly everywhere, in characters.
const SHORT: usize = 37;

/// The rows, and how long everything is.
pub(super) fn panel(letter: &Letter, from: &str) -> Markup {
    let preheader = markup::squeezed(&markup::preheader(&letter.html));
    let sender = sender(from);
    html! {
        p.lead { "Where clients cut it. The address is " span.mono { (from) } "." }
        dl.counters {
            (counter("Subject", letter.subject.chars().count(), SHORT))
            (counter("Preview", preheader.chars().count(), 99))
            (counter("Sender", sender.chars().count(), 25))
        }
        ul.inboxes {
            @for client in &CLIENTS {
                li {
                    p.client { (client.name) " " span.quiet { (client.place) } }
                    (row(client, sender, &letter.subject, &preheader))
                }
            }
        }
    }
}

fn counter(name: &str, length: usize, room: usize) -> Markup {
    let class = if length == 0 || length > room { "over" } else { "within" };
    html! {
        div class=(class) {
            dt { (name) }
            dd { span.number { (length) } " of " (room) }
        }
    }
}

fn row(client: &Client, sender: &str, subject: &str, preheader: &str) -> Markup {
    let (topic, lost) = cut(subject, client.subject);
    // On one line a short subject leaves its room to the preview.
    let room = client.preview
        + if client.class == "web" { client.subject - topic.chars().count() } else { 0 };
    let (preview, more) = cut(preheader, room);
    let initial: String = sender.chars().take(1).flat_map(char::to_uppercase).collect();
    html! {
        div class={ "row " (client.class) } {
            span.initial aria-hidden="true" { (initial) }
            div.words {
                p.from { span.sender { (sender) } span.time { "9:41" } }
                p.topic { (topic) @if !lost.is_empty() { span.lost title="cut off" { (lost) } } }
                p.preview {
                    @if preview.is_empty() { span.quiet { "no preview text" } }
                    (preview)
                    @if !more.is_empty() { span.lost title="cut off" { (more) } }
                }
            }
        }
    }
}

/// What fits, and what does not.
fn cut(text: &str, room: usize) -> (&str, &str) {
    let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
    text.split_at(end)
}

/// Who a letter is from, without the address where there is a name.
pub(super) fn sender(from: &str) -> &str {
    let name = from.split('<').next().unwrap_or_default().trim().trim_matches('"');
    if name.is_empty() { from.trim_matches(['<', '>']) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_cut_at_characters_and_says_what_is_lost() {
        assert_eq!(cut("héllo", 2), ("hé", "llo"));
        assert_eq!(cut("hé", 2), ("hé", ""));
        assert_eq!(sender("\"News & Co\" <news@example.org>"), "News & Co");
        assert_eq!(sender("<news@example.org>"), "news@example.org");
    }
}
