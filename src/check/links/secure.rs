//! Links that are not encrypted.

use std::collections::BTreeMap;

use url::Url;

use super::Place;
use super::hosts::own_machine;
use crate::check::document::Document;
use crate::check::note::Note;
use crate::rule::{self, Severity};

/// Hosts that speak http on purpose.
const HTTP_ONLY: [&str; 4] =
    ["neverssl.com", "http.badssl.com", "info.cern.ch", "captive.apple.com"];

pub(super) fn notes(document: &Document<'_>, places: &[Place<'_>]) -> Vec<Note> {
    let encrypted = encrypted(document, places);
    // What leads to a machine of the author's is told of as such.
    let is_plain = |url: &Url| url.scheme() == "http" && own_machine(url).is_none();
    let plain = places
        .iter()
        .filter(|place| place.url.as_ref().is_some_and(is_plain) && is_written_out(place));
    plain
        .filter_map(|place| {
            let host = place.host()?;
            let range = place.range.clone();
            let start = range.start..range.start + "http".len();
            Some(match encrypted.get(bare(host)) {
                Some(&at) => {
                    let line = document.line_number(at);
                    let message =
                        format!("http link to `{host}`, which is linked with https on line {line}");
                    Note::body(&rule::LINK_HTTP_MIXED_HOST, range, message)
                        .help("write `https://`; that is safe here")
                        .fixed_by(start, "https")
                }
                None if HTTP_ONLY.contains(&bare(host)) => {
                    let message = format!("http link to `{host}`, which knows no https");
                    Note::body(&rule::LINK_HTTP, range, message)
                        .weighing(Severity::Info)
                        .help("nothing to do, unless you meant another page")
                }
                None => Note::body(&rule::LINK_HTTP, range, format!("http link to `{host}`"))
                    .help("write `https://` if the page opens with it")
                    .fixed_by(start, "https"),
            })
        })
        .collect()
}

/// `www.example.org` in running text has no scheme that could be mended.
fn is_written_out(place: &Place<'_>) -> bool {
    place.written.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("http:"))
}

/// Hosts that something in the draft reaches with https, and where.
fn encrypted<'d>(document: &'d Document<'_>, places: &'d [Place<'_>]) -> BTreeMap<&'d str, usize> {
    let mut hosts = BTreeMap::new();
    for place in
        places.iter().filter(|place| place.url.as_ref().is_some_and(|url| url.scheme() == "https"))
    {
        if let Some(host) = place.host() {
            hosts.entry(bare(host)).or_insert(place.range.start);
        }
    }
    for image in &document.images {
        let host =
            image.url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
        if let Some(host) = host {
            hosts.entry(bare(host)).or_insert(image.range.start);
        }
    }
    hosts
}

fn bare(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}
