//! The inbox of the sandbox: the letters it caught, read back with a parser that is not ours.

use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use mail_parser::{Message, MessageParser, MimeHeaders};
use maud::{Markup, html};

use super::asked::{Asked, View};
use super::desk::Catch;
use super::page;
use crate::io::files;
use crate::report::words::{count, size};

/// Letters that are listed.
const LISTED: usize = 200;

/// The files of the caught letters, in the order in that they came.
fn letters(catch: &Catch) -> Vec<PathBuf> {
    files::with_ending(&catch.folder.join("new"), "eml").unwrap_or_default()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The bytes of a caught letter; only names that are in the folder lead anywhere.
pub(super) fn raw(catch: &Catch, wanted: &str) -> Option<Vec<u8>> {
    let path = letters(catch).into_iter().find(|path| name(path) == wanted)?;
    files::read(&path).ok()
}

/// The HTML of a letter with the images that travel in it.
pub(super) fn html_of(raw: &[u8]) -> Option<String> {
    let message = MessageParser::default().parse(raw)?;
    let html = message.body_html(0)?.into_owned();
    let images = message.attachments().filter_map(|part| {
        let kind = part.content_type()?;
        let media_type = format!("{}/{}", kind.c_type, kind.c_subtype.as_deref()?);
        let content = BASE64_STANDARD.encode(part.contents());
        Some((part.content_id()?.to_owned(), format!("data:{media_type};base64,{content}")))
    });
    Some(images.fold(html, |html, (id, data)| html.replace(&format!("cid:{id}"), &data)))
}

/// The list of letters, and one of them.
pub(super) fn page(catch: &Catch, asked: &Asked) -> Markup {
    let letters = letters(catch);
    let chosen = letters.iter().find(|path| name(path) == asked.letter).or(letters.first());
    let body = html! {
        header.bar {
            (page::MARK)
            div.name { h1 { "Sandbox" } p.subject { (catch.issue) " · " (count(letters.len() as u64, "letter")) } }
            nav.menus aria-label="Back" { @if !asked.draft.is_empty() { a.button href="./" { "To the draft" } } }
            p #connection data-state="live" { "No letter has left this machine" }
        }
        main.caught {
            nav #pane.letters aria-label="Caught letters" {
                ul.choices {
                    @for path in letters.iter().take(LISTED) { (listed(path, asked, chosen == Some(path))) }
                }
                @if letters.len() > LISTED { p.quiet { "The first " (LISTED) " are listed; all are in " (catch.folder.join("new").display()) "." } }
            }
            section #stage aria-label="Letter" {
                @match chosen.and_then(|path| Some((name(path), files::read(path).ok()?))) {
                    Some((name, raw)) => (letter(&name, &raw, asked)),
                    None => div.empty { (page::MARK) p { "The sandbox caught no letter" } },
                }
            }
        }
    };
    page::document("Sandbox · Postrider", "", &body)
}

fn listed(path: &Path, asked: &Asked, is_chosen: bool) -> Markup {
    let name = name(path);
    let raw = files::read(path).unwrap_or_default();
    let message = MessageParser::default().parse(&raw);
    let subject = message.as_ref().and_then(|message| message.subject()).unwrap_or("(no subject)");
    let to = message.as_ref().map(to).unwrap_or_default();
    html! {
        li {
            a data-go href=(address(asked, |asked| asked.letter.clone_from(&name)))
                aria-current=[is_chosen.then_some("true")] {
                span.title dir="auto" { (to) }
                span.more { (subject) }
            }
        }
    }
}

fn to(message: &Message<'_>) -> String {
    let first = message.to().and_then(|to| to.first());
    first.map_or(String::new(), |to| to.name().or(to.address()).unwrap_or_default().to_owned())
}

fn address(asked: &Asked, change: impl FnOnce(&mut Asked)) -> String {
    let mut asked = asked.clone();
    change(&mut asked);
    asked.address("caught")
}

fn letter(name: &str, raw: &[u8], asked: &Asked) -> Markup {
    let view = asked.view();
    let message = MessageParser::default().parse(raw);
    let text = message.as_ref().and_then(|message| message.body_text(0)).unwrap_or_default();
    let file = |download: bool| Asked {
        r#box: asked.r#box.clone(),
        letter: name.to_owned(),
        download: download.then(String::new),
        ..Asked::default()
    };
    html! {
        div.tools {
            nav.tabs aria-label="Forms of the letter" {
                @for view in [View::Letter, View::Text, View::Source] {
                    a data-go href=(address(asked, |asked| asked.view = view.key().into()))
                        aria-current=[(asked.view() == view).then_some("true")] { (view.label()) }
                }
            }
            a.button href=(file(true).address("caught.eml")) { "Download .eml" }
        }
        @if let Some(message) = &message { (envelope(message, raw.len())) }
        @match view {
            View::Text => pre.sheet.text tabindex="0" { (text) },
            View::Source => div.sheet.source { pre tabindex="0" { (String::from_utf8_lossy(raw)) } },
            _ => div #letter-stage { div.paper {
                iframe #letter data-keep sandbox="allow-same-origin" title="The letter" referrerpolicy="no-referrer"
                    src=(file(false).address("caught.html")) {}
            } },
        }
    }
}

fn envelope(message: &Message<'_>, length: usize) -> Markup {
    let address = |address: Option<&mail_parser::Addr<'_>>| {
        address.map_or(String::new(), |one| match one.name() {
            Some(name) => format!("{name} <{}>", one.address().unwrap_or_default()),
            None => one.address().unwrap_or_default().to_owned(),
        })
    };
    html! {
        dl.envelope {
            div { dt { "From" } dd dir="auto" { (address(message.from().and_then(|from| from.first()))) } }
            div { dt { "To" } dd dir="auto" { (address(message.to().and_then(|to| to.first()))) } }
            div { dt { "Subject" } dd dir="auto" { (message.subject().unwrap_or_default()) } }
            div { dt { "Size" } dd { (size(length as u64)) } }
        }
    }
}
