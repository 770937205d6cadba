//! What single front-matter values must look like, and what to type instead.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use url::Url;

use crate::finding::{is_plain, shown};
use crate::language::is_language_tag;
use crate::mailbox::Mailbox;
use crate::rule::{self, Rule};
use crate::theme::Design;

/// A value, or what is wrong with it (to follow the key) and what to type instead.
type Parsed<T> = Result<T, (String, String)>;

/// How one value is read.
pub(super) struct Read<T> {
    /// The rule that a wrong value breaks.
    pub(super) rule: &'static Rule,
    /// Whether a blank value counts as none.
    pub(super) may_be_blank: bool,
    pub(super) parse: fn(&str) -> Parsed<T>,
}

/// A date as written, if it is one.
pub(super) const DATE: Read<String> =
    Read { rule: &rule::FM_INVALID, may_be_blank: true, parse: date };
/// The id.
pub(super) const SLUG: Read<String> =
    Read { rule: &rule::FM_INVALID, may_be_blank: true, parse: slug };
/// The number.
pub(super) const NUMBER: Read<u64> =
    Read { rule: &rule::FM_INVALID, may_be_blank: true, parse: number };
/// A BCP 47 language.
pub(super) const LANGUAGE: Read<String> =
    Read { rule: &rule::FM_INVALID, may_be_blank: true, parse: language };
/// Whether the letter is not to leave yet; never blank, because a guess could send it.
pub(super) const DRAFT: Read<bool> =
    Read { rule: &rule::FM_INVALID, may_be_blank: false, parse: draft };
/// Whether the letter has a table of contents.
pub(super) const TOC: Read<bool> = Read { rule: &rule::FM_INVALID, may_be_blank: true, parse: toc };
/// Whether quotes, dashes and dots become typographic.
pub(super) const SMART: Read<bool> =
    Read { rule: &rule::FM_INVALID, may_be_blank: true, parse: smart };
/// The sender.
pub(super) const FROM: Read<Mailbox> =
    Read { rule: &rule::FROM_INVALID, may_be_blank: false, parse: mailbox };
/// Where answers go.
pub(super) const REPLY_TO: Read<Mailbox> =
    Read { rule: &rule::REPLYTO_INVALID, may_be_blank: false, parse: mailbox };

/// The design of the letter.
pub(super) const THEME: Read<Design> =
    Read { rule: &rule::FM_INVALID, may_be_blank: true, parse: Design::parse };

/// A page on the web.
pub(super) const WEB_ADDRESS: Read<String> =
    Read { rule: &rule::FM_INVALID, may_be_blank: true, parse: web_address };

fn web_address(text: &str) -> Result<String, (String, String)> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    url.map(String::from).ok_or_else(|| {
        let message = format!("is not a web address: `{}`", shown(text));
        (message, "write the whole address, e.g. `https://example.org/letters/7`".to_owned())
    })
}

/// `Re:`, `Fwd:` and their like at the start of a subject, as written.
pub(super) fn reply_prefix(subject: &str) -> Option<&str> {
    let (word, _) = subject.split_once(':')?;
    let bare = word.trim_end().trim_end_matches(|c: char| c.is_ascii_digit() || "[]()".contains(c));
    let poses = ["re", "fw", "fwd"].iter().any(|prefix| bare.eq_ignore_ascii_case(prefix));
    poses.then(|| &subject[..=word.len()])
}

/// What is wrong with a text that cannot stand in a header.
pub(super) fn control_character(text: &str, key: &str) -> Option<String> {
    let c = text.chars().find(|&c| !is_plain(c))?;
    let kind = if c.is_control() { "control" } else { "direction-changing" };
    Some(format!("{kind} character U+{:04X} in `{}`", u32::from(c), shown(key)))
}

fn date(text: &str) -> Parsed<String> {
    let readable = text.parse::<Timestamp>().is_ok()
        || text.parse::<DateTime>().is_ok()
        || text.parse::<Date>().is_ok()
        || ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M %z"]
            .iter()
            .any(|format| Timestamp::strptime(format, text).is_ok());
    if readable {
        return Ok(text.to_owned());
    }
    Err((
        format!("is not a date: `{}`", shown(text)),
        "write e.g. `2026-11-23` or `2026-11-23 10:00:00 +0100`".into(),
    ))
}

fn slug(text: &str) -> Parsed<String> {
    let inner = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    let usable = text.len() <= 80
        && text.bytes().all(inner)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if usable {
        return Ok(text.to_owned());
    }
    Err((
        format!("cannot name a file and an issue: `{}`", shown(text)),
        format!(
            "use at most 80 of a-z, 0-9, `.`, `_` and `-`, the first a letter or digit, e.g. `{}`",
            suggested_slug(text)
        ),
    ))
}

fn suggested_slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(60);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "issue-3".to_owned() } else { slug.to_owned() }
}

fn number(text: &str) -> Parsed<u64> {
    text.parse().map_err(|_| {
        (
            format!("must be a whole number, got `{}`", shown(text)),
            "write digits only, e.g. `3`".into(),
        )
    })
}

fn language(text: &str) -> Parsed<String> {
    if is_language_tag(text) {
        return Ok(text.to_owned());
    }
    Err((
        format!("is not a language tag: `{}`", shown(text)),
        "write a BCP 47 tag, e.g. `en` or `pt-BR`".into(),
    ))
}

fn draft(text: &str) -> Parsed<bool> {
    yes_or_no(text, "write `true` to keep the letter from leaving, or remove the key")
}

fn toc(text: &str) -> Parsed<bool> {
    yes_or_no(text, "write `true` for a table of contents, or remove the key")
}

fn smart(text: &str) -> Parsed<bool> {
    yes_or_no(text, "write `false` to keep quotes, dashes and dots as typed, or remove the key")
}

fn yes_or_no(text: &str, help: &str) -> Parsed<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err((
            match other {
                "" => "must be `true` or `false`, got nothing".to_owned(),
                _ => format!("must be `true` or `false`, got `{}`", shown(text)),
            },
            help.to_owned(),
        )),
    }
}

fn mailbox(text: &str) -> Parsed<Mailbox> {
    text.parse().map_err(|error| {
        (
            format!("must be exactly one address: {error}"),
            "write `Name <name@example.org>` or the bare address".into(),
        )
    })
}
