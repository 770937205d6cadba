//! What readers see of links.

use std::collections::BTreeMap;
use std::ops::Range;

use super::hosts::registrable;
use super::{page, web};
use crate::check::Subject;
use crate::check::document::{Document, Link, LinkKind};
use crate::check::note::Note;
use crate::check::words;
use crate::finding::shown;
use crate::rule;

/// Where GitHub and others cut titles, in characters.
const CUT: usize = 60;

pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let written = document.links.iter().filter(|link| link.kind != LinkKind::Bare);
    let mut notes: Vec<Note> = written.flat_map(of).collect();
    notes.extend(same_words(document));
    notes.extend(bare_domains(document));
    notes
}

fn of(link: &Link) -> Vec<Note> {
    let at = || link.range.clone();
    let text = link.text.trim();
    let mut notes = Vec::new();
    if text.is_empty() && !link.has_image {
        notes.push(
            Note::body(&rule::LINK_EMPTY_TEXT, at(), "link without words, which nobody can see")
                .help("write what is there between the brackets"),
        );
    }
    let words = text.trim_end_matches(['.', ':', '!', '…', '»', '>', '→']).trim().to_lowercase();
    if words::is_generic(&words) {
        let message = format!("`{}` does not say where the link leads", shown(text));
        notes.push(
            Note::body(&rule::LINK_GENERIC_TEXT, at(), message)
                .help("link the words that name the page; screen readers list links alone"),
        );
    }
    if (text.ends_with("...") || text.ends_with('…')) && text.chars().count() >= CUT {
        notes.push(
            Note::body(&rule::LINK_TRUNCATED_TITLE, at(), "the title was cut where it was copied")
                .help("write the end of it"),
        );
    }
    notes.extend(mismatch(link, text));
    notes
}

/// A text that reads as an address, and leads to another.
fn mismatch(link: &Link, text: &str) -> Option<Note> {
    if text.contains(char::is_whitespace) || super::has_tag(&link.url) || super::has_tag(text) {
        return None;
    }
    // `README.md` and `ASP.NET` could be hosts, too.
    let is_host = || text.starts_with("www.") || !domains(text).is_empty();
    let said = web(text).or_else(|| web(&format!("https://{text}")).filter(|_| is_host()))?;
    let (said, led) = (said.host_str()?.to_owned(), web(&link.url)?.host_str()?.to_owned());
    let (said, led) = (registrable(&said)?, registrable(&led)?);
    (said != led).then(|| {
        let message = format!("the text says `{said}`, the link leads to `{led}`");
        Note::body(&rule::LINK_TEXT_HOST_MISMATCH, link.range.clone(), message)
            .help("filters take that for phishing: write words, or the address it leads to")
    })
}

/// The same words for different pages.
fn same_words(document: &Document<'_>) -> Vec<Note> {
    let mut first: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let mut notes = Vec::new();
    for link in &document.links {
        let text = link.text.trim().to_lowercase();
        let Some(url) = web(&link.url).filter(|_| !super::has_tag(&link.url)) else { continue };
        // What says nothing of its own is told of as such.
        if text.is_empty() || words::is_generic(&text) {
            continue;
        }
        match first.get(&text) {
            Some((other, at)) if *other != page(&url) => {
                let line = document.line_number(*at);
                let message = format!("`{}` leads elsewhere on line {line}", shown(&link.text));
                notes.push(
                    Note::body(&rule::LINK_SAME_TEXT, link.range.clone(), message)
                        .help("say in the words of each what is there"),
                );
            }
            Some(_) => {}
            None => {
                first.insert(text, (page(&url), link.range.start));
            }
        }
    }
    notes
}

/// Domains in running text, of which mail programs make links that nobody has looked at.
fn bare_domains(document: &Document<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    for run in
        document.runs.iter().filter(|run| run.link.is_none() && run.text.len() == run.range.len())
    {
        for range in domains(&run.text) {
            let at = run.range.start + range.start..run.range.start + range.end;
            if document.link_at(at.start).is_some() {
                continue;
            }
            let message = format!("mail programs make a link of `{}`", &run.text[range]);
            notes.push(
                Note::body(&rule::LINK_BARE_DOMAIN, at, message)
                    .help("link it yourself, so that it leads where you mean"),
            );
        }
    }
    notes
}

/// Endings that mail programs know without the list of all.
const KNOWN: [&str; 14] =
    ["com", "org", "net", "io", "dev", "app", "edu", "gov", "info", "eu", "de", "fr", "uk", "ai"];

fn domains(text: &str) -> Vec<Range<usize>> {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '@' | '_' | '/' | ':');
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split(|c: char| !is_part(c)) {
        let start = at;
        at += word.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
        if !word.contains('.') {
            continue;
        }
        let domain = word.split('/').next().unwrap_or_default().trim_end_matches(['.', ':', '-']);
        let is_name = domain
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
            && domain.bytes().any(|b| b.is_ascii_lowercase());
        let ending = domain.rsplit('.').next().unwrap_or_default();
        if is_name
            && KNOWN.contains(&ending)
            && !domain.starts_with('.')
            && registrable(domain).is_some()
        {
            found.push(start..start + domain.len());
        }
    }
    found
}
