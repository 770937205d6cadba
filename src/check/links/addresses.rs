//! Addresses as such: too long, doubled, tracking, sloppy.

use std::collections::BTreeMap;

use url::Url;

use super::{Place, page};
use crate::address::EmailAddress;
use crate::check::document::{Document, LinkKind};
use crate::check::note::Note;
use crate::check::words;
use crate::finding::shown;
use crate::rule;

/// The longest address, in bytes.
const LONGEST: usize = 1000;
/// The longest address that is shown as text, in characters.
const LONGEST_SHOWN: usize = 60;
/// More links look like spam.
const MOST: usize = 100;

pub(super) fn notes(document: &Document<'_>, places: &[Place<'_>]) -> Vec<Note> {
    let mut notes: Vec<Note> = places.iter().flat_map(of).collect();
    notes.extend(twice(document));
    notes.extend(shown_long(document));
    if document.links.len() > MOST {
        let message = format!("{} links; more than {MOST} look like spam", document.links.len());
        notes.push(Note::whole(&rule::LINK_TOO_MANY, message).help("keep those that matter"));
    }
    notes
}

fn of(place: &Place<'_>) -> Vec<Note> {
    let at = || place.range.clone();
    let mut notes = Vec::new();
    let written = place.written.trim();
    if written.len() > LONGEST {
        let message = format!("address of {} bytes, more than {LONGEST}", written.len());
        notes.push(
            Note::body(&rule::LINK_LONG, at(), message)
                .help("link to a shorter one; some programs cut it"),
        );
    }
    if ["todo", "tk", "url", "link", "/"].contains(&written.to_ascii_lowercase().as_str()) {
        let message = format!("placeholder `{}` as the address", shown(written));
        notes.push(
            Note::body(&rule::LINK_PLACEHOLDER, at(), message).help("write the address you meant"),
        );
    }
    notes.extend(mailto(place));
    let Some(url) = &place.url else { return notes };
    if url.path().contains("//") && !url.path().contains(":/") {
        let help = "one slash is enough, unless the server wants two";
        notes.push(Note::body(&rule::LINK_SIMPLIFY, at(), "`//` within the path").help(help));
    }
    notes.extend(tracking(place, url));
    notes
}

fn mailto(place: &Place<'_>) -> Option<Note> {
    let rest = place.written.trim();
    let rest =
        rest.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:")).map(|_| &rest[7..])?;
    let addresses = rest.split('?').next().unwrap_or_default();
    if super::has_tag(addresses) || !addresses.contains('@') {
        return None;
    }
    let wrong = addresses
        .split(',')
        .find_map(|one| one.trim().parse::<EmailAddress>().err().map(|why| (one, why)))?;
    let message = format!("`{}` is not an address: {}", shown(wrong.0), wrong.1);
    Some(
        Note::body(&rule::MAILTO_INVALID, place.range.clone(), message)
            .help("write `mailto:name@example.org`"),
    )
}

fn tracking(place: &Place<'_>, url: &Url) -> Option<Note> {
    let found: Vec<String> = url
        .query_pairs()
        .map(|(key, _)| key.into_owned())
        .filter(|key| words::is_tracking(key))
        .collect();
    if found.is_empty() {
        return None;
    }
    let message = format!("`{}` tells others what your readers follow", found.join("`, `"));
    let help = "leave it out; the page is the same";
    let note = Note::body(&rule::LINK_TRACKING_PARAMS, place.range.clone(), message).help(help);
    Some(match without(place.written) {
        Some(clean) if place.range.len() == place.written.len() => {
            note.fixed_by(place.range.clone(), clean)
        }
        _ => note,
    })
}

/// An address without some of its parameters.
fn without(address: &str) -> Option<String> {
    let (start, rest) = address.split_once('?')?;
    let (query, fragment) =
        rest.split_once('#').map_or((rest, None), |(query, fragment)| (query, Some(fragment)));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !words::is_tracking(pair.split('=').next().unwrap_or_default()))
        .collect();
    let mut clean = start.to_owned();
    if !kept.is_empty() {
        clean.push('?');
        clean.push_str(&kept.join("&"));
    }
    if let Some(fragment) = fragment {
        clean.push('#');
        clean.push_str(fragment);
    }
    Some(clean)
}

/// The same page linked twice.
fn twice(document: &Document<'_>) -> Vec<Note> {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let mut notes = Vec::new();
    for link in document.links.iter().filter(|link| !super::has_tag(&link.url)) {
        let Some(url) = super::web(&link.url) else { continue };
        match first.get(&page(&url)) {
            Some(&at) => {
                let line = document.line_number(at);
                let message = format!("`{}` is linked on line {line} already", shown(&link.url));
                let note = Note::body(&rule::LINK_DUPLICATE, link.range.clone(), message);
                notes.push(note.help("link it once, unless both readers and you want it twice"));
            }
            None => {
                first.insert(page(&url), link.range.start);
            }
        }
    }
    notes
}

/// Addresses that readers have to look at.
fn shown_long(document: &Document<'_>) -> Vec<Note> {
    let bare = document.links.iter().filter(|link| {
        let shows_itself = link.kind == LinkKind::Bare || link.text.trim() == link.url;
        shows_itself && link.text.chars().count() > LONGEST_SHOWN
    });
    bare.map(|link| {
        let message = format!("address of {} characters as text", link.text.chars().count());
        Note::body(&rule::LINK_BARE_LONG_URL, link.range.clone(), message)
            .help("write `[what is there](address)`")
    })
    .collect()
}
