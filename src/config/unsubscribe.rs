//! `[unsubscribe]`: how readers leave, and the key that signs their links.

use std::path::PathBuf;

use super::relay::variable;
use super::settings::{Settings, Wrong};
use super::{SecretSource, Unsubscribe};
use crate::address::TokenAddress;
use crate::rule;

/// Reads the section; what is wrong in it is left out.
pub(super) fn read(settings: &mut Settings<'_>) -> Unsubscribe {
    let url = settings.parsed_as(&rule::CONFIG_UNSUBSCRIBE_URL, "unsubscribe.url", one_click);
    let mailto =
        settings.parsed("unsubscribe.mailto", |text| bare_address(text, "unsubscribe@example.org"));
    if !settings.has("unsubscribe.url") && !settings.has("unsubscribe.mailto") {
        settings.missing(
            "unsubscribe",
            "`unsubscribe.url` and `unsubscribe.mailto` are missing".into(),
            "add `url = \"https://lists.example.org/u/{token}\"`, `mailto = \"unsubscribe@example.org\"` or both under `[unsubscribe]`",
        );
    }
    let file = settings.path("unsubscribe.secret-file").map(SecretSource::File);
    let environment = settings.parsed("unsubscribe.secret-env", variable).map(SecretSource::Env);
    if settings.has("unsubscribe.secret-file") && settings.has("unsubscribe.secret-env") {
        let message = "`unsubscribe.secret-file` and `unsubscribe.secret-env` exclude each other";
        settings.report(
            &rule::CONFIG_INVALID,
            "unsubscribe.secret-env",
            message,
            "keep one of them",
        );
    }
    let default = || SecretSource::File(PathBuf::from(".postrider/secret"));
    Unsubscribe { url, mailto, secret: file.or(environment).unwrap_or_else(default) }
}

/// RFC 8058 3.1 wants https; the address stands in a header, so it is ASCII without spaces and brackets.
fn one_click(text: &str) -> Result<String, Wrong> {
    let help = "write e.g. `https://lists.example.org/u/{token}`";
    let wrong = |message: &str| Err((message.to_owned(), help.to_owned()));
    let tokens = text.matches("{token}").count();
    let host =
        text.strip_prefix("https://").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    let in_url = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b);
    match host {
        None => wrong("must be https without fragment (RFC 8058 3.1)"),
        _ if text.contains('#') => wrong("must be https without fragment (RFC 8058 3.1)"),
        Some("") => wrong("has no host"),
        Some(host) if host.contains('{') => wrong("must hold `{token}` after the host"),
        _ if tokens != 1 => {
            wrong(&format!("must hold `{{token}}` exactly once, got it {tokens} times"))
        }
        _ if text.len() > 200 => wrong(&format!("is {} bytes long, more than 200", text.len())),
        _ if !text.replace("{token}", "").bytes().all(in_url) => {
            wrong("holds a character that is not allowed in a URL")
        }
        _ => Ok(text.to_owned()),
    }
}

/// A bare address, with or without `{token}`.
pub(super) fn bare_address(text: &str, example: &str) -> Result<TokenAddress, Wrong> {
    text.parse().map_err(|error| {
        let help = format!("write the bare address, e.g. `{example}`");
        (format!("must be exactly one address: {error}"), help)
    })
}
