//! Links and reference definitions.

mod addresses;
mod definitions;
mod hosts;
mod secure;
#[cfg(test)]
mod tests;
mod texts;

use std::ops::Range;

use url::Url;

use super::Subject;
use super::document::{Document, Link, LinkKind};
use super::note::Note;

/// What is to be said of the links of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let places = Place::all(document);
    let mut notes = definitions::notes(subject);
    notes.extend(secure::notes(document, &places));
    notes.extend(hosts::notes(&places));
    notes.extend(addresses::notes(document, &places));
    notes.extend(texts::notes(subject));
    notes
}

/// An address where the author wrote it: in a definition once, however often that is used.
struct Place<'d> {
    /// Where the address stands, or the link, where the address is written otherwise than it reads.
    range: Range<usize>,
    /// The address as written.
    written: &'d str,
    /// The same, if it is one of the web.
    url: Option<Url>,
}

impl<'d> Place<'d> {
    fn all(document: &'d Document<'_>) -> Vec<Self> {
        let links = document.links.iter().filter(|link| link.kind != LinkKind::Reference);
        let links = links.map(|link| Self::new(address(document, link), &link.url));
        let counting = document.definitions.iter().filter(|definition| definition.first.is_none());
        let definitions =
            counting.map(|definition| Self::new(definition.url_range.clone(), &definition.url));
        let mut places: Vec<Self> = links.chain(definitions).collect();
        places.sort_by_key(|place| place.range.start);
        places
    }

    fn new(range: Range<usize>, written: &'d str) -> Self {
        let url = if has_tag(written) { None } else { web(written) };
        Self { range, written, url }
    }

    fn host(&self) -> Option<&str> {
        self.url.as_ref()?.host_str()
    }
}

/// Where the address of a link stands.
fn address(document: &Document<'_>, link: &Link) -> Range<usize> {
    let written = document.slice(&link.range);
    match written.rfind(link.url.as_str()) {
        Some(at) if !link.url.is_empty() => {
            link.range.start + at..link.range.start + at + link.url.len()
        }
        _ => link.range.clone(),
    }
}

fn has_tag(address: &str) -> bool {
    address.contains("{{") || address.contains("{%")
}

/// An address of the web.
fn web(address: &str) -> Option<Url> {
    let address = address.trim();
    let address =
        if address.starts_with("//") { format!("https:{address}") } else { address.to_owned() };
    let url = Url::parse(&address).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The page that an address leads to, as other issues may link it too.
pub(super) fn page_of(address: &str) -> Option<String> {
    web(address).filter(|_| !has_tag(address)).map(|url| page(&url))
}

/// What of an address tells one page from another: no scheme, no `www.`, no trailing slash.
fn page(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let path = url.path().trim_end_matches('/');
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let fragment = url.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{host}{port}{path}{query}{fragment}")
}
