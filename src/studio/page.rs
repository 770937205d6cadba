//! The page around a letter. Parts with an id are exchanged by `studio.js` when a new proof comes.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::findings;
use super::proof::{Letter, Proof};
use super::routes::Asked;
use crate::finding::Finding;

/// The most of a letter's source that the page shows; the download has all of it.
const SOURCE_SHOWN: usize = 256 * 1024;

/// What one request is shown.
pub(super) struct View<'a> {
    proof: &'a Proof,
    /// The key of the reader in use; empty if there are none.
    reader: &'a str,
    tab: Tab,
    width: Width,
    letter: Option<Letter>,
    /// What keeps this reader's letter from being made, while others' may be well.
    refusals: Vec<Finding>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Html,
    Text,
    Headers,
    Source,
}

/// How wide the letter is shown, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Width(&'static str);

const WIDTHS: [Width; 5] = [Width("320"), Width("375"), Width("600"), Width("800"), Width("full")];

impl<'a> View<'a> {
    /// Makes the letter that is asked for; what is not known falls back to the first or the usual.
    pub(super) fn new(proof: &'a Proof, asked: &Asked) -> Self {
        let (letter, refusals) = match proof.letter(&asked.reader) {
            None => (None, Vec::new()),
            Some(Ok(letter)) => (Some(letter), Vec::new()),
            Some(Err(findings)) => (None, findings),
        };
        Self {
            proof,
            reader: proof.reader(&asked.reader).map_or("", |reader| &reader.key),
            tab: Tab::ALL.into_iter().find(|tab| tab.key() == asked.tab).unwrap_or(Tab::Html),
            width: WIDTHS.into_iter().find(|width| width.0 == asked.width).unwrap_or(Width("full")),
            letter,
            refusals,
        }
    }

    fn subject(&self) -> &str {
        self.letter.as_ref().map_or("", |letter| &letter.subject)
    }

    /// What the letter below the mistakes is worth, if it is not simply the draft's.
    fn state(&self) -> Option<&'static str> {
        match (&self.letter, self.proof.is_stale) {
            (Some(_), false) => None,
            (Some(_), true) => {
                Some("The letter below is from the last save that could be composed.")
            }
            (None, _) if self.refusals.is_empty() => {
                Some("There is no letter yet: it appears once these are mended.")
            }
            (None, _) => Some("There is no letter for this reader; choose another, or mend this."),
        }
    }
}

impl Tab {
    const ALL: [Self; 4] = [Self::Html, Self::Text, Self::Headers, Self::Source];

    fn key(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Headers => "headers",
            Self::Source => "source",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Html => "HTML",
            Self::Text => "Plain text",
            Self::Headers => "Headers",
            Self::Source => "Source",
        }
    }
}

/// The whole page.
pub(super) fn page(view: &View) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (view.proof.issue) " · Postrider" }
                link rel="icon" href=(ICON);
                link rel="stylesheet" href="studio.css";
                script src="studio.js" defer {}
            }
            body data-version=(view.proof.version) {
                (bar(view))
                main {
                    div #inbox { (inbox_row(view)) }
                    div #findings { (mistakes(view)) }
                    (toolbar(view))
                    @for tab in Tab::ALL { (panel(view, tab)) }
                }
                p #announcement .unseen role="status" {}
            }
        }
    }
}

fn bar(view: &View) -> Markup {
    html! {
        header {
            div.brand {
                (MARK)
                div #name {
                    h1 { (view.proof.issue) }
                    p.subject { (view.subject()) }
                }
            }
            p #connection data-state="waiting" { "Connecting" }
            form #choice method="get" {
                label for="reader" { "Reader" }
                select #reader name="reader" disabled[view.proof.readers.is_empty()] {
                    @if view.proof.readers.is_empty() { option { "no readers" } }
                    @for reader in &view.proof.readers {
                        option value=(reader.key) selected[reader.key == view.reader] { (reader.label) }
                    }
                }
                noscript { button { "Show" } }
            }
        }
    }
}

fn inbox_row(view: &View) -> Markup {
    let Some(letter) = &view.letter else { return html! {} };
    let sender = letter.from.split('<').next().unwrap_or_default().trim().trim_matches('"');
    let sender = if sender.is_empty() { letter.from.trim_matches(['<', '>']) } else { sender };
    let initial: String = sender.chars().take(1).flat_map(char::to_uppercase).collect();
    html! {
        section.inbox aria-label="In the inbox" {
            span.initial aria-hidden="true" { (initial) }
            p {
                span.sender title=(letter.from) { (sender) }
                span.line {
                    span.topic { (letter.subject) }
                    @if !letter.preheader.is_empty() {
                        span.preheader { span aria-hidden="true" { " – " } (letter.preheader) }
                    }
                }
            }
        }
    }
}

fn mistakes(view: &View) -> Markup {
    let all: Vec<&Finding> = view.refusals.iter().chain(&view.proof.findings).collect();
    findings::panel(&all, view.state())
}

fn toolbar(view: &View) -> Markup {
    html! {
        div.toolbar {
            div role="tablist" aria-label="Parts of the letter" {
                @for (at, tab) in Tab::ALL.into_iter().enumerate() {
                    button type="button" role="tab" id={ "tab-" (tab.key()) } data-tab=(tab.key())
                        aria-controls={ "panel-" (tab.key()) } aria-selected=(tab == view.tab)
                        aria-keyshortcuts=(at + 1) tabindex=(if tab == view.tab { "0" } else { "-1" })
                        title={ "Key " (at + 1) } { (tab.label()) }
                }
            }
            fieldset #widths hidden[view.tab != Tab::Html] {
                legend.unseen { "Width of the letter in pixels" }
                @for Width(width) in WIDTHS {
                    label {
                        input type="radio" name="width" value=(width) checked[view.width.0 == width];
                        span { @if width == "full" { "Full" } @else { (width) } }
                    }
                }
            }
        }
    }
}

fn panel(view: &View, tab: Tab) -> Markup {
    html! {
        div.panel id={ "panel-" (tab.key()) } role="tabpanel" aria-labelledby={ "tab-" (tab.key()) }
            tabindex=[(tab != Tab::Html).then_some("0")] data-width=[(tab == Tab::Html).then_some(view.width.0)]
            hidden[tab != view.tab] {
            @match &view.letter {
                None => div.empty { (MARK) p { "No letter to show" } },
                Some(letter) => @match tab {
                    Tab::Html => (html_panel(view)),
                    Tab::Text => pre.sheet.text { (letter.text) },
                    Tab::Headers => (headers_panel(&letter.headers)),
                    Tab::Source => (source_panel(view, &letter.raw)),
                },
            }
        }
    }
}

fn html_panel(view: &View) -> Markup {
    html! {
        iframe.sheet #letter sandbox="allow-same-origin" title="The letter" referrerpolicy="no-referrer"
            src=(address("letter.html", view.reader, "")) {}
    }
}

/// One row a field; a folded field keeps its folds.
fn headers_panel(headers: &str) -> Markup {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in headers.lines().filter(|line| !line.is_empty()) {
        match (line.split_once(':'), fields.last_mut()) {
            (_, Some((_, value))) if line.starts_with([' ', '\t']) => {
                value.push('\n');
                value.push_str(line);
            }
            (Some((name, value)), _) => fields.push((name, value.trim_start().to_owned())),
            (None, _) => fields.push((line, String::new())),
        }
    }
    html! {
        dl.sheet.headers {
            @for (name, value) in &fields { div { dt { (name) } dd { (value) } } }
        }
    }
}

fn source_panel(view: &View, raw: &[u8]) -> Markup {
    let shown = &raw[..raw.len().min(SOURCE_SHOWN)];
    html! {
        div.sheet.source {
            p.actions {
                span { (kilobytes(raw.len())) " as sent" }
                a href=(address("raw", view.reader, "&download")) { "Download .eml" }
            }
            pre { (String::from_utf8_lossy(shown)) }
            @if shown.len() < raw.len() {
                p.cut { "Cut here after " (kilobytes(shown.len())) "; the download has all of it." }
            }
        }
    }
}

/// In units of 1000 bytes, as mail providers count, with one decimal.
fn kilobytes(bytes: usize) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

/// A path of ours with a reader's key in it, percent-encoded but for unreserved characters (RFC 3986 2.3).
fn address(path: &str, reader: &str, rest: &str) -> String {
    let key: String = reader
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect();
    format!("{path}?reader={key}{rest}")
}

/// An envelope.
const MARK: PreEscaped<&str> = PreEscaped(
    "<svg class=\"mark\" viewBox=\"0 0 32 24\" aria-hidden=\"true\"><rect x=\"1\" y=\"1\" width=\"30\" height=\"22\" \
     rx=\"3\"/><path d=\"m2 4 14 10L30 4\"/></svg>",
);

/// The same envelope for the browser's tab.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 -4 32 32' fill='%23fff' \
     stroke='%23b23a20' stroke-width='3' stroke-linejoin='round'%3E%3Crect x='2' y='1' width='28' height='22' rx='3'/%3E\
     %3Cpath d='m3 4 13 10L29 4' fill='none'/%3E%3C/svg%3E";
