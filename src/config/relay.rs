//! `[relay]`: the server that takes our letters, and how it is treated.

use std::net::IpAddr;
use std::time::Duration;

use super::preset::{self, Preset};
use super::settings::{Settings, Wrong};
use super::{Login, Proof, Relay, SecretSource, Timeouts, Tls};
use crate::address::EmailAddress;
use crate::backoff::Backoff;
use crate::finding::{nearest, shown};
use crate::rate::{LIMIT_HELP, Limit, RATE_HELP, Rate};
use crate::rule;

/// Reads the section; `None` when something indispensable is missing or wrong.
pub(super) fn read(settings: &mut Settings<'_>) -> Option<Relay> {
    let known = settings.parsed("relay.preset", preset::named).unwrap_or(preset::NONE);
    if known.host.is_none() {
        settings.require("relay.host", known.host_line);
    }
    let given = settings.has("relay.host");
    let host =
        settings.parsed("relay.host", host).or(known.host.filter(|_| !given).map(Into::into));
    let tls = read_tls(settings, host.as_deref(), &known);
    let port = settings.number("relay.port", 1..=65535).and_then(|port| u16::try_from(port).ok());
    let ca_file = settings.path("relay.ca-file");
    let login = read_login(settings);
    let lanes = settings.number("relay.lanes", 1..=100).unwrap_or(known.lanes.unwrap_or(4));
    let rate = settings.parsed("relay.rate", rate);
    let limits = settings.list("relay.limits", "limits", LIMIT_HELP, limit);
    let known_limits = || known.limits.iter().filter_map(|limit| limit.parse().ok()).collect();
    let domain_limits = read_domain_limits(settings);
    let messages = settings.number("relay.messages-per-connection", 1..=1_000_000).unwrap_or(100);
    let idle = settings.duration("relay.idle", Duration::from_secs(1));
    let window = settings.number("relay.window", 1..=64).unwrap_or(1);
    let backoff = read_backoff(settings);
    let wait = settings.duration("relay.wait", Duration::ZERO).unwrap_or_default();
    let timeouts = read_timeouts(settings);
    let port = port.or_else(|| tls.map(default_port));
    if port == Some(25) && settings.has("relay.user") {
        let key = if settings.has("relay.port") { "relay.port" } else { "relay.user" };
        let message = "port 25 does not take submissions with a login";
        let help = "use 465 (`tls = \"implicit\"`) or 587 (`tls = \"starttls\"`)";
        settings.report(&rule::CONFIG_PORT_25, key, message, help);
    }
    Some(Relay {
        host: host?,
        port: port?,
        tls: tls?,
        ca_file,
        login,
        lanes: lanes as usize,
        rate: rate.or_else(|| known.rate.unwrap_or("14/s").parse().ok())?,
        limits: limits.unwrap_or_else(known_limits),
        domain_limits,
        messages_per_connection: messages.into(),
        idle: idle.unwrap_or(Duration::from_secs(known.idle.unwrap_or(30))),
        window: window as usize,
        backoff,
        wait,
        timeouts,
    })
}

fn default_port(tls: Tls) -> u16 {
    match tls {
        Tls::Implicit => 465,
        Tls::StartTls => 587,
        Tls::None => 25,
    }
}

/// The mode; to loopback it may be absent, anywhere else it may neither be absent nor `none`.
fn read_tls(settings: &mut Settings<'_>, host: Option<&str>, known: &Preset) -> Option<Tls> {
    if !settings.has("relay.tls") && known.tls.is_some() {
        return known.tls;
    }
    let loopback = host.is_none_or(is_loopback);
    if !settings.has("relay.tls") && loopback {
        return host.map(|_| Tls::None);
    }
    settings.require("relay.tls", "tls = \"implicit\"` or `tls = \"starttls\"");
    let tls = settings.parsed("relay.tls", mode);
    if let (Some(Tls::None), Some(host), false) = (tls, host, loopback) {
        let message =
            format!("plaintext SMTP is allowed only to loopback, not to `{}`", shown(host));
        let help = "use `tls = \"implicit\"` (port 465) or `tls = \"starttls\"` (port 587)";
        settings.report(&rule::CONFIG_PLAINTEXT, "relay.tls", message, help);
    }
    tls
}

/// The keys that say what proves a login; one of them is given.
const PROOFS: [&str; 4] =
    ["relay.password-command", "relay.password-file", "relay.password-env", "relay.token-command"];

fn read_login(settings: &mut Settings<'_>) -> Option<Login> {
    let user = settings.text("relay.user");
    let command = settings.text("relay.password-command").map(SecretSource::Command);
    let file = settings.path("relay.password-file").map(SecretSource::File);
    let variable = settings.parsed("relay.password-env", variable).map(SecretSource::Env);
    let token = settings.text("relay.token-command").map(Proof::Token);
    let given: Vec<&'static str> = PROOFS.into_iter().filter(|key| settings.has(key)).collect();
    if let [first, second, ..] = given[..] {
        let message = format!("`{first}` and `{second}` exclude each other");
        settings.report(&rule::CONFIG_INVALID, second, message, "keep one of them");
    }
    match (settings.has("relay.user"), given.first()) {
        (true, None) => settings.missing(
            "relay",
            "`relay.user` has no password".into(),
            "add one of `password-command`, `password-file`, `password-env`, `token-command` under `[relay]`",
        ),
        (false, Some(key)) => settings.missing(
            "relay",
            format!("`{key}` has no user"),
            "add `user = \"…\"` under `[relay]`",
        ),
        _ => {}
    }
    let password = command.or(file).or(variable).map(Proof::Password);
    Some(Login { user: user?, proof: password.or(token)? })
}

/// `[relay.domain-limits]`: its keys are domains.
fn read_domain_limits(settings: &mut Settings<'_>) -> Vec<(String, Limit)> {
    let mut limits: Vec<(String, Limit)> = Vec::new();
    for (name, span) in settings.names("relay.domain-limits") {
        let limit = settings.named("relay.domain-limits", &name, limit);
        let Ok(address) = format!("x@{name}").parse::<EmailAddress>() else {
            let message = format!("`{}` is not the domain of an address", shown(&name));
            let help = "write it in quotes, e.g. `\"gmail.com\" = \"20/min\"`";
            settings.add(&rule::CONFIG_INVALID, span, message, help);
            continue;
        };
        let domain = address.domain().to_owned();
        if limits.iter().any(|(other, _)| *other == domain) {
            let message = format!("`{}` has a limit already", shown(&domain));
            settings.add(&rule::CONFIG_INVALID, span, message, "keep one of them");
        } else if let Some(limit) = limit {
            limits.push((domain, limit));
        }
    }
    limits
}

fn read_backoff(settings: &mut Settings<'_>) -> Backoff {
    let minutes = |count| Duration::from_mins(count);
    let default = || [5, 15, 60, 240].map(minutes).to_vec();
    let waits = settings.durations("relay.retry", Duration::from_secs(1)).unwrap_or_else(default);
    let give_up = settings.duration("relay.give-up", Duration::ZERO);
    Backoff { waits, give_up: give_up.unwrap_or(Duration::from_hours(24)) }
}

/// Defaults are the minima of RFC 5321 4.5.3.2, but for the connection, on which it is silent.
fn read_timeouts(settings: &mut Settings<'_>) -> Timeouts {
    let mut seconds = |key, default| {
        let least = Duration::from_millis(1);
        settings.duration(key, least).unwrap_or(Duration::from_secs(default))
    };
    Timeouts {
        connect: seconds("relay.timeouts.connect", 30),
        greeting: seconds("relay.timeouts.greeting", 300),
        command: seconds("relay.timeouts.command", 300),
        data: seconds("relay.timeouts.data", 120),
        block: seconds("relay.timeouts.block", 180),
        dot: seconds("relay.timeouts.dot", 600),
    }
}

/// The name of an environment variable. Its value may be pasted here by mistake, so it is never repeated.
pub(super) fn variable(text: &str) -> Result<String, Wrong> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if text.bytes().all(is_word) && !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err((
        "must be the name of an environment variable".into(),
        "write e.g. `POSTRIDER_PASSWORD`, not the secret itself".into(),
    ))
}

fn rate(text: &str) -> Result<Rate, Wrong> {
    text.parse().map_err(|_| (format!("is not a rate: `{}`", shown(text)), RATE_HELP.into()))
}

fn limit(text: &str) -> Result<Limit, Wrong> {
    text.parse().map_err(|_| (format!("is not a limit: `{}`", shown(text)), LIMIT_HELP.into()))
}

fn mode(text: &str) -> Result<Tls, Wrong> {
    const MODES: [(&str, Tls); 3] =
        [("implicit", Tls::Implicit), ("starttls", Tls::StartTls), ("none", Tls::None)];
    MODES.iter().find(|(name, _)| *name == text).map(|(_, tls)| *tls).ok_or_else(|| {
        let near = nearest(text, MODES.map(|(name, _)| name));
        let hint = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let message = format!("is an unknown mode: `{}`", shown(text));
        (message, format!("{hint}one of `implicit`, `starttls`, `none`"))
    })
}

/// A host name in ASCII, or an IP address without brackets.
fn host(text: &str) -> Result<String, Wrong> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if bare.parse::<IpAddr>().is_ok() {
        return Ok(bare.to_owned());
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    idna::domain_to_ascii(text)
        .ok()
        .filter(|ascii| ascii.len() <= 253 && ascii.split('.').all(is_label))
        .ok_or_else(|| {
            (
                // Not repeated: `smtp://user:password@host` is a likely slip.
                "is not a host name".into(),
                "write the name alone, e.g. `smtp.example.org`; the port goes into `port`".into(),
            )
        })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
