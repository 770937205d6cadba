//! Where links lead: hosts that no reader can reach, that hide another, or that look like another.

use std::net::{Ipv4Addr, Ipv6Addr};

use unicode_security::RestrictionLevel;
use unicode_security::confusable_detection::skeleton;
use unicode_security::restriction_level::RestrictionLevelDetection as _;
use url::{Host, Url};

use super::Place;
use crate::check::note::Note;
use crate::check::words;
use crate::rule::{self, Severity};

pub(super) fn notes(places: &[Place<'_>]) -> Vec<Note> {
    places
        .iter()
        .filter_map(|place| Some((place, place.url.as_ref()?)))
        .flat_map(|(place, url)| of(place, url))
        .collect()
}

fn of(place: &Place<'_>, url: &Url) -> Vec<Note> {
    let at = || place.range.clone();
    let mut notes = Vec::new();
    if !url.username().is_empty() || url.password().is_some() {
        let host = url.host_str().unwrap_or_default();
        let message = format!("the address names a user before `@`; it leads to `{host}`");
        notes.push(
            Note::body(&rule::LINK_USERINFO, at(), message)
                .help("leave `user@` out: nobody but swindlers writes it"),
        );
    }
    if let Some(host) = own_machine(url) {
        let message = format!("`{host}` is a machine of yours, which readers cannot reach");
        let note = Note::body(&rule::LINK_LOCALHOST, at(), message);
        notes.push(note.help("write the public address"));
        return notes;
    }
    match url.host() {
        Some(Host::Domain(host)) => notes.extend(domain(place, host)),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => {
            let message = "the link leads to a number rather than a name".to_owned();
            notes.push(
                Note::body(&rule::LINK_IP_HOST, at(), message)
                    .help("write the name of the host; filters distrust numbers"),
            );
        }
        None => {}
    }
    notes
}

fn domain(place: &Place<'_>, host: &str) -> Vec<Note> {
    let at = || place.range.clone();
    let bare = host.strip_prefix("www.").unwrap_or(host);
    let mut notes = Vec::new();
    if ["example.com", "yourdomain.com", "your-domain.com", "domain.tld"].contains(&bare) {
        let message = format!("placeholder `{bare}` as the address");
        notes.push(
            Note::body(&rule::LINK_PLACEHOLDER, at(), message).help("write the address you meant"),
        );
    }
    if words::is_shortener(bare) {
        let message = format!("`{bare}` hides where the link leads");
        notes
            .push(Note::body(&rule::LINK_SHORTENER, at(), message).help(
                "link to the page itself; spammers hide behind shorteners, and filters know",
            ));
    }
    notes.extend(lookalike(place, host));
    notes
}

/// The host of an address that leads to a machine of the author's.
pub(super) fn own_machine(url: &Url) -> Option<String> {
    let local = ["local", "test", "localhost", "internal", "invalid", "lan"];
    let is_own = match url.host()? {
        Host::Domain(host) => local.contains(&host.rsplit('.').next().unwrap_or_default()),
        Host::Ipv4(address) => is_private(address),
        Host::Ipv6(address) => is_local(address),
    };
    is_own.then(|| url.host_str().unwrap_or_default().to_owned())
}

/// A name that could be taken for another, or that is written in code.
fn lookalike(place: &Place<'_>, host: &str) -> Option<Note> {
    if !host.contains("xn--") {
        return None;
    }
    let (shown, _) = idna::domain_to_unicode(host);
    if is_forged(&shown) {
        let message = format!("`{host}` looks like `{}` and is another", read_as(&shown));
        let note = Note::body(&rule::LINK_LOOKALIKE_HOST, place.range.clone(), message);
        return Some(
            note.help("type the address anew: some of its letters are not what they seem"),
        );
    }
    let is_in_code = place.written.to_ascii_lowercase().contains("xn--");
    is_in_code.then(|| {
        let message = format!("`{host}` is `{shown}`, written in code");
        Note::body(&rule::LINK_LOOKALIKE_HOST, place.range.clone(), message)
            .weighing(Severity::Warning)
            .help(format!("write `{shown}`, or make sure that this is the host you mean"))
    })
}

/// A name with a part that mixes alphabets as no language does, or that is foreign letters throughout and reads as
/// Latin ones below a Latin ending. `рао.рф` is plainly Russian, and `æbler.dk` Danish.
fn is_forged(host: &str) -> bool {
    let ends_latin = host.rsplit('.').next().is_some_and(str::is_ascii);
    host.split('.').any(|label| {
        let is_mixed = label.detect_restriction_level() >= RestrictionLevel::MinimallyRestrictive;
        let reads_latin = || skeleton(label).all(|c| c.is_ascii());
        is_mixed || ends_latin && !label.chars().all(is_latin) && reads_latin()
    })
}

/// Letters that Latin alphabets have, but for the dotless `ı`, which is the usual forgery of an `i`.
fn is_latin(c: char) -> bool {
    c.is_ascii() || c != 'ı' && matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// A host as it is read: what is ASCII stays, for a skeleton has `rn` for every `m`.
fn read_as(host: &str) -> String {
    let read =
        |c: char| if c.is_ascii() { c.to_string() } else { skeleton(&c.to_string()).collect() };
    host.chars().map(read).collect()
}

fn is_private(address: Ipv4Addr) -> bool {
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
}

fn is_local(address: Ipv6Addr) -> bool {
    address.is_loopback() || address.is_unspecified() || address.is_unique_local()
}

/// The domain that somebody has registered, as the public suffix list knows it; none for a name below no known suffix.
pub(super) fn registrable(host: &str) -> Option<&str> {
    let domain = psl::domain(host.as_bytes())?;
    let is_known = domain.suffix().is_known();
    std::str::from_utf8(domain.as_bytes()).ok().filter(|_| is_known)
}
