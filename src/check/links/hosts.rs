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
    match url.host() {
        Some(Host::Domain(host)) => notes.extend(domain(place, host)),
        Some(Host::Ipv4(address)) if is_private(address) => {
            notes.push(unreachable(place, &address.to_string()));
        }
        Some(Host::Ipv6(address)) if is_local(address) => {
            notes.push(unreachable(place, &address.to_string()));
        }
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
    let local = ["local", "test", "localhost", "internal", "invalid", "lan"];
    let last = host.rsplit('.').next().unwrap_or_default();
    if local.contains(&last) {
        return vec![unreachable(place, host)];
    }
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

fn unreachable(place: &Place<'_>, host: &str) -> Note {
    let message = format!("`{host}` is a machine of yours, which readers cannot reach");
    Note::body(&rule::LINK_LOCALHOST, place.range.clone(), message).help("write the public address")
}

/// A name that could be taken for another, or that is written in code.
fn lookalike(place: &Place<'_>, host: &str) -> Option<Note> {
    if !host.contains("xn--") {
        return None;
    }
    let (shown, _) = idna::domain_to_unicode(host);
    let is_forged = shown.split('.').any(|label| {
        let looks_ascii = !label.is_ascii() && skeleton(label).all(|c| c.is_ascii());
        looks_ascii || label.detect_restriction_level() >= RestrictionLevel::MinimallyRestrictive
    });
    if is_forged {
        let read: String = skeleton(&shown).collect();
        let message = format!("`{host}` looks like `{read}` and is another");
        let note = Note::body(&rule::LINK_LOOKALIKE_HOST, place.range.clone(), message);
        return Some(note.help("type the address anew; its letters come from several alphabets"));
    }
    let is_in_code = place.written.to_ascii_lowercase().contains("xn--");
    is_in_code.then(|| {
        let message = format!("`{host}` is `{shown}`, written in code");
        Note::body(&rule::LINK_LOOKALIKE_HOST, place.range.clone(), message)
            .weighing(Severity::Warning)
            .help(format!("write `{shown}`, or make sure that this is the host you mean"))
    })
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
