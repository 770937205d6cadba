//! What is known of relays: `relay.preset` fills in what a relay's own pages say and the file does not.
//!
//! Only what could be found in writing is here; docs/relay.md has the table with the sources.

use super::Tls;
use super::settings::Wrong;
use crate::finding::{nearest, shown};

/// A relay as its pages describe it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Preset {
    name: &'static str,
    /// Its name, if it is the same for everybody.
    pub(super) host: Option<&'static str>,
    /// What to write for a name that is not.
    pub(super) host_line: &'static str,
    pub(super) tls: Option<Tls>,
    /// Connections of one client at the most.
    pub(super) lanes: Option<u32>,
    pub(super) rate: Option<&'static str>,
    pub(super) limits: &'static [&'static str],
    /// Seconds a connection may stand idle, with one to spare.
    pub(super) idle: Option<u64>,
}

/// Nothing is known.
pub(super) const NONE: Preset = Preset {
    name: "",
    host: None,
    host_line: "host = \"smtp.example.org\"",
    tls: None,
    lanes: None,
    rate: None,
    limits: &[],
    idle: None,
};

const PRESETS: [Preset; 6] = [
    // Port 465 is TLS from the first byte: docs.aws.amazon.com/ses/latest/dg/smtp-connect.html. The rate is one of the
    // account: docs.aws.amazon.com/ses/latest/dg/quotas.html.
    Preset {
        name: "ses",
        host_line: "host = \"email-smtp.eu-west-1.amazonaws.com\"",
        tls: Some(Tls::Implicit),
        ..NONE
    },
    // Ports 25, 2525 and 587, STARTTLS preferred: postmarkapp.com/support/article/common-smtp-connection-errors.
    Preset {
        name: "postmark",
        host: Some("smtp.postmarkapp.com"),
        tls: Some(Tls::StartTls),
        ..NONE
    },
    // 587 is the port to use: mailgun.com/blog/email/which-smtp-port-understanding-ports-25-465-587.
    Preset { name: "mailgun", host: Some("smtp.mailgun.org"), tls: Some(Tls::StartTls), ..NONE },
    // Port 465: developers.google.com/workspace/gmail/imap/imap-smtp. 500 recipients a day for an account that is not
    // paid for: support.google.com/mail/answer/22839.
    Preset {
        name: "gmail",
        host: Some("smtp.gmail.com"),
        tls: Some(Tls::Implicit),
        limits: &["500/day"],
        ..NONE
    },
    // Three connections, 30 letters a minute, 10,000 recipients a day:
    // learn.microsoft.com/en-us/exchange/troubleshoot/send-emails/smtp-submission-improvements.
    Preset {
        name: "outlook",
        host: Some("smtp.office365.com"),
        tls: Some(Tls::StartTls),
        lanes: Some(3),
        rate: Some("30/min"),
        limits: &["10000/day"],
        ..NONE
    },
    // smtpd_client_connection_count_limit = 50, smtpd_timeout = 300 s and 10 s under stress: postfix.org/postconf.5.html.
    Preset { name: "postfix", lanes: Some(50), idle: Some(9), ..NONE },
];

/// The relay of this name.
pub(super) fn named(name: &str) -> Result<Preset, Wrong> {
    PRESETS.into_iter().find(|preset| preset.name == name).ok_or_else(|| {
        let near = nearest(name, PRESETS.map(|preset| preset.name));
        let hint = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let names = PRESETS.map(|preset| format!("`{}`", preset.name)).join(", ");
        let message = format!("is an unknown relay: `{}`", shown(name));
        (message, format!("{hint}one of {names}; or leave it out and write `host` and `tls`"))
    })
}
