//! `[newsletter]`: who sends, and what identifies the list.

use url::Url;

use super::Newsletter;
use super::settings::{Settings, Wrong};
use super::unsubscribe::bare_address;
use crate::finding::{is_plain, shown};
use crate::language::is_language_tag;
use crate::mailbox::Mailbox;
use crate::rule;

const MAILBOX_HELP: &str = "write `Name <name@example.org>` or the bare address";

/// Reads the section; `None` when something indispensable is missing or wrong.
pub(super) fn read(settings: &mut Settings<'_>) -> Option<Newsletter> {
    settings.require("newsletter.name", "name = \"Field Notes\"");
    settings.require("newsletter.from", "from = \"Field Notes <notes@example.org>\"");
    settings.require("newsletter.list-id", "list-id = \"field-notes.example.org\"");
    let name = settings.parsed("newsletter.name", one_line);
    let from = settings.parsed_as(&rule::FROM_INVALID, "newsletter.from", mailbox);
    let reply_to = settings.parsed_as(&rule::REPLYTO_INVALID, "newsletter.reply-to", mailbox);
    let list_id = settings.parsed("newsletter.list-id", list_id);
    let language = settings.parsed("newsletter.language", language);
    let postal_address = settings.parsed("newsletter.postal-address", several_lines);
    let base_url = settings.parsed("newsletter.base-url", base_url);
    let archive_url = settings.parsed("newsletter.archive-url", archive_url);
    let feedback_id = settings.parsed("newsletter.feedback-id", feedback_id);
    let bounce =
        settings.parsed("newsletter.bounce", |text| bare_address(text, "bounces@example.org"));
    Some(Newsletter {
        name: name?,
        from: from?,
        reply_to,
        list_id: list_id?,
        language: language.unwrap_or_else(|| "en".to_owned()),
        postal_address,
        base_url,
        archive_url,
        feedback_id,
        bounce,
    })
}

/// Free-mail domains publish a DMARC policy that no other relay's mail meets. Each row: the domain, or its start when
/// it ends in a dot; and the domains of its own relays.
const FREE_MAIL: &[(&str, &[&str])] = &[
    ("gmail.com", &["gmail.com", "google.com", "googlemail.com"]),
    ("googlemail.com", &["gmail.com", "google.com", "googlemail.com"]),
    ("yahoo.", &["yahoo.com", "yahoo.co.jp"]),
    ("outlook.com", &["outlook.com", "office365.com", "hotmail.com", "live.com"]),
    ("hotmail.com", &["outlook.com", "office365.com", "hotmail.com", "live.com"]),
    ("live.com", &["outlook.com", "office365.com", "hotmail.com", "live.com"]),
    ("aol.com", &["aol.com"]),
    ("icloud.com", &["icloud.com", "me.com"]),
    ("gmx.", &["gmx.com", "gmx.net"]),
];

/// Remarks on a sender at a free-mail provider whose letters would leave through somebody else.
pub(super) fn check_free_mail(settings: &mut Settings<'_>, from: &Mailbox, host: &str) {
    if let Some((message, help)) = free_mail(from, host) {
        settings.report(&rule::FROM_FREEMAIL, "newsletter.from", message, help);
    }
}

/// What is wrong with a sender at a free-mail provider whose letters leave through this relay, and what to do.
pub fn free_mail(from: &Mailbox, host: &str) -> Option<(String, &'static str)> {
    let domain = from.address.domain();
    let owns = |suffix: &&str| host == *suffix || host.ends_with(&format!(".{suffix}"));
    // `yahoo.fr` and `yahoo.co.uk`, not `yahoo.example.org`.
    let is_top = |rest: &str| match rest.split_once('.') {
        None => true,
        Some((second, top)) => second.len() <= 3 && !top.contains('.'),
    };
    let row = FREE_MAIL.iter().find(|(name, _)| match domain.strip_prefix(name) {
        Some("") => true,
        Some(rest) => name.ends_with('.') && is_top(rest),
        None => false,
    });
    let (_, relays) = row?;
    (!relays.iter().any(owns)).then(|| {
        let message = format!("mail from `{domain}` must leave through its own relay (DMARC)");
        (message, "use an address at your own domain, or that provider's relay as `relay.host`")
    })
}

fn mailbox(text: &str) -> Result<Mailbox, Wrong> {
    text.parse()
        .map_err(|error| (format!("must be exactly one address: {error}"), MAILBOX_HELP.into()))
}

fn one_line(text: &str) -> Result<String, Wrong> {
    if text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    Err(("holds a control character".into(), "write one line of visible characters".into()))
}

pub(super) fn several_lines(text: &str) -> Result<String, Wrong> {
    text.lines().try_for_each(|line| one_line(line).map(drop))?;
    Ok(text.to_owned())
}

/// RFC 2919 2: dot-atom text with at least one dot, at most 255 bytes.
fn list_id(text: &str) -> Result<String, Wrong> {
    let is_atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    let atoms: Vec<&str> = text.split('.').collect();
    let is_atom = |atom: &&str| !atom.is_empty() && atom.bytes().all(is_atext);
    if text.len() <= 255 && atoms.len() > 1 && atoms.iter().all(is_atom) {
        return Ok(text.to_owned());
    }
    Err((
        format!("is not a list id (RFC 2919): `{}`", shown(text)),
        "write names with dots between, ending in your domain, e.g. `field-notes.example.org`"
            .into(),
    ))
}

fn language(text: &str) -> Result<String, Wrong> {
    if is_language_tag(text) {
        return Ok(text.to_owned());
    }
    Err((
        format!("is not a language tag: `{}`", shown(text)),
        "write a BCP 47 tag, e.g. `en` or `pt-BR`".into(),
    ))
}

/// An http(s) address that paths can be appended to.
pub(super) fn base_url(text: &str) -> Result<String, Wrong> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let usable = rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && !rest.contains(['?', '#', '"', '<', '>', '\\'])
            && rest.chars().all(|c| is_plain(c) && !c.is_whitespace())
    });
    if usable {
        return Ok(if text.ends_with('/') { text.to_owned() } else { format!("{text}/") });
    }
    Err((
        format!("is not a web address to build on: `{}`", shown(text)),
        "write e.g. `https://example.org/issues/`, without `?` and `#`".into(),
    ))
}

/// A web address as a header can hold it: host names as A-labels, the rest percent-encoded.
fn archive_url(text: &str) -> Result<String, Wrong> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let usable = url.map(String::from).filter(|url| {
        url.len() <= 500 && url.bytes().all(|b| b.is_ascii_graphic() && !b"<>".contains(&b))
    });
    usable.ok_or_else(|| {
        let message = format!("is not a web address: `{}`", shown(text));
        (message, "write e.g. `https://example.org/issues/`, at most 500 characters".into())
    })
}

/// Gmail's form: at most four fields, of which the issue is one, and the last, the sender, has 5 to 15 characters.
fn feedback_id(text: &str) -> Result<String, Wrong> {
    let help = "write at most two fields and your sender id of 5 to 15 characters, e.g. `field-notes:newsletter:fieldnotes`; the issue comes before them by itself";
    let wrong = |message: String| Err((message, help.to_owned()));
    let fields: Vec<&str> = text.split(':').collect();
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let is_field = |field: &&str| (1..=40).contains(&field.len()) && field.bytes().all(is_allowed);
    let sender = fields.last().map_or(0, |sender| sender.len());
    if let Some(field) = fields.iter().find(|field| !is_field(field)) {
        return wrong(format!(
            "has a field that is not 1 to 40 of a-z, A-Z, 0-9, `.`, `_` and `-`: `{}`",
            shown(field)
        ));
    }
    match fields.len() {
        1..=3 if (5..=15).contains(&sender) => Ok(text.to_owned()),
        1..=3 => wrong(format!("ends with a sender id of {sender} characters, not 5 to 15")),
        count => wrong(format!("has {count} fields, more than 3")),
    }
}
