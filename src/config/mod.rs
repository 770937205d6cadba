//! `config.toml`: every setting as a checked value, or all mistakes of the file.
//!
//! Secrets are not read here, only where they are; and no message repeats a line of the file.

mod check;
pub mod dkim;
mod images;
mod keys;
mod lists;
mod newsletter;
mod preset;
mod relay;
mod settings;
mod syntax;
mod text;
mod theme;
mod unsubscribe;

use std::path::PathBuf;
use std::time::Duration;

use crate::address::TokenAddress;
use crate::backoff::Backoff;
use crate::finding::Finding;
use crate::mailbox::Mailbox;
use crate::rate::{Limit, Rate};
use crate::source::Source;

pub use check::Severities;
pub use keys::KEYS;
pub use newsletter::free_mail;
use settings::Settings;
pub use theme::{Accent, Logo, Theme};

/// The whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Who sends, and what every letter says of the list.
    pub newsletter: Newsletter,
    /// Where the list is.
    pub audience: Audience,
    /// The SMTP server that takes our letters.
    pub relay: Relay,
    /// How the project's own images reach readers.
    pub images: Images,
    /// How the plain-text part is written.
    pub text: Text,
    /// How readers leave.
    pub unsubscribe: Unsubscribe,
    /// Who answers for the letters; without it they leave unsigned.
    pub dkim: Option<Dkim>,
    /// Where Postrider keeps its ledger.
    pub state: State,
    /// How letters look.
    pub theme: Theme,
    /// `[check.rules]`: how much findings weigh.
    pub severities: Severities,
}

/// `[newsletter]`
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Newsletter {
    /// The newsletter's name, in List-Id, the footer and as the display name of From.
    pub name: String,
    /// From: one address, with an optional display name.
    pub from: Mailbox,
    /// Reply-To, if it differs from From.
    pub reply_to: Option<Mailbox>,
    /// The identifier of RFC 2919, `field-notes.example.org`; the same for the life of the list.
    pub list_id: String,
    /// BCP 47 language of drafts that do not name theirs.
    pub language: String,
    /// The postal address or identity in the footer.
    pub postal_address: Option<String>,
    /// Where relative links and images live; ends in a slash.
    pub base_url: Option<String>,
    /// Where back issues can be read (RFC 2369 3.6), in ASCII.
    pub archive_url: Option<String>,
    /// What Feedback-ID says after the issue: at most two fields and the sender id, with colons between.
    pub feedback_id: Option<String>,
    /// Where bounces go, if not to From; with a place for a token, each letter has an address of its own (VERP).
    pub bounce: Option<TokenAddress>,
}

/// `[audience]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// The list, relative to the configuration's folder.
    pub file: PathBuf,
}

/// `[relay]`
#[derive(Debug, Clone, PartialEq)]
pub struct Relay {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Certificate authorities to trust instead of the platform's.
    pub ca_file: Option<PathBuf>,
    /// Login, if the relay wants one.
    pub login: Option<Login>,
    /// Open connections at the most, at least 1.
    pub lanes: usize,
    /// Letters per time over all lanes, retries included.
    pub rate: Rate,
    /// What holds besides the rate, over any span of time and across runs.
    pub limits: Vec<Limit>,
    /// The same for recipients at one domain each, in ASCII and lower case.
    pub domain_limits: Vec<(String, Limit)>,
    /// Letters on one connection before it is renewed, at least 1.
    pub messages_per_connection: u64,
    /// How long a connection may stand without a letter before it is closed.
    pub idle: Duration,
    /// Letters under way at once on one connection, where the relay offers CHUNKING; at least 1.
    pub window: usize,
    /// Waits between attempts, and when to give up.
    pub backoff: Backoff,
    /// How long a run stays for letters that are to be tried again.
    pub wait: Duration,
    /// The longest each phase may take.
    pub timeouts: Timeouts,
}

/// How a connection is protected; never opportunistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte (RFC 8314), port 465.
    Implicit,
    /// STARTTLS, required (RFC 3207), port 587.
    StartTls,
    /// None; to loopback only.
    None,
}

/// User, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// Where the proof is found when it is needed.
    pub proof: Proof,
}

/// What proves who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A password, read once a run.
    Password(SecretSource),
    /// An OAuth 2.0 access token, the first line this shell command prints. Tokens expire, so it is asked again for
    /// each connection.
    Token(String),
}

/// Where a secret is, never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The first line a shell command prints.
    Command(String),
    /// The first line of a file that only we can read.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

/// `[relay.timeouts]`: the minima of RFC 5321 4.5.3.2 unless given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP and TLS.
    pub connect: Duration,
    /// The 220 greeting.
    pub greeting: Duration,
    /// EHLO, AUTH, MAIL, RCPT and RSET.
    pub command: Duration,
    /// DATA, until its 354.
    pub data: Duration,
    /// One block of the body to be taken by the relay.
    pub block: Duration,
    /// The reply to the final dot.
    pub dot: Duration,
}

/// `[images]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// How they travel.
    pub mode: ImageMode,
    /// Where hosted images live, if not at the newsletter's `base-url`; ends in a slash.
    pub base_url: Option<String>,
    /// What the images in one letter may weigh together, in bytes.
    pub budget: u64,
}

/// `[text]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Text {
    /// Whether typographic quotes, dashes and dots become those of ASCII.
    pub ascii: bool,
}

/// How images that a draft names by a path reach readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageMode {
    /// Readers' programs fetch them from a web server.
    Host,
    /// They travel in the letter, named by Content-ID (RFC 2392).
    Cid,
}

/// `[unsubscribe]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    /// The https address of the one-click endpoint with `{token}` in it (RFC 8058).
    pub url: Option<String>,
    /// The mailbox that takes unsubscribe requests.
    pub mailto: Option<TokenAddress>,
    /// Where the key of tokens and message ids is.
    pub secret: SecretSource,
}

/// `[dkim]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dkim {
    /// The domain that answers for the letters, `d=`, in ASCII.
    pub domain: String,
    /// The RSA key, the Ed25519 key, or both in this order.
    pub keys: Vec<DkimKey>,
}

/// A DKIM key: its name in DNS and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimKey {
    /// How it signs.
    pub algorithm: DkimAlgorithm,
    /// The name under `_domainkey`, `s=`.
    pub selector: String,
    /// The PEM file, as written.
    pub file: PathBuf,
}

/// How a DKIM key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DkimAlgorithm {
    /// `rsa-sha256` (RFC 6376 3.3.1), PKCS#1 v1.5.
    Rsa,
    /// `ed25519-sha256` (RFC 8463).
    Ed25519,
}

/// `[state]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The folder of the ledger.
    pub dir: PathBuf,
}

/// Reads a configuration; gives it with its remarks, or every mistake in it.
///
/// The remarks hold the mistakes that `--allow` can release (From at a free-mail provider): the configuration is
/// usable, and the gates of a send decide. No finding shows a source line, because it may hold a secret.
pub fn parse(source: &Source) -> Result<(Config, Vec<Finding>), Vec<Finding>> {
    let mut settings = Settings::read(source)?;
    let newsletter = newsletter::read(&mut settings);
    let file = settings.path("audience.file");
    let relay = relay::read(&mut settings);
    let images = images::read(&mut settings);
    let text = text::read(&mut settings);
    let unsubscribe = unsubscribe::read(&mut settings);
    let dkim = dkim::read(&mut settings, newsletter.as_ref().map(|newsletter| &newsletter.from));
    dkim::check_relay(&mut settings);
    let dir = settings.path("state.dir");
    let base_url = newsletter.as_ref().and_then(|newsletter| newsletter.base_url.as_deref());
    let base_url = images.base_url.as_deref().or(base_url);
    let takes_paths =
        images.mode != ImageMode::Host || base_url.is_some_and(|base| base.starts_with("https://"));
    let theme = theme::read(&mut settings, takes_paths);
    let severities = check::read(&mut settings);
    if let (Some(newsletter), Some(relay)) = (&newsletter, &relay) {
        newsletter::check_free_mail(&mut settings, &newsletter.from, &relay.host);
    }
    let findings = settings.finish();
    match (newsletter, relay) {
        (Some(newsletter), Some(relay)) if !findings.iter().any(Finding::is_shut) => {
            let audience = Audience { file: file.unwrap_or_else(|| "subscribers.toml".into()) };
            let state = State { dir: dir.unwrap_or_else(|| ".postrider".into()) };
            Ok((
                Config {
                    newsletter,
                    audience,
                    relay,
                    images,
                    text,
                    unsubscribe,
                    dkim,
                    state,
                    theme,
                    severities,
                },
                findings,
            ))
        }
        _ => Err(findings),
    }
}

#[cfg(test)]
mod tests;
