//! `[dkim]`: who answers for the letters, and where the keys are.

use super::settings::{Settings, Wrong};
use super::{Dkim, DkimAlgorithm, DkimKey};
use crate::finding::shown;
use crate::mailbox::Mailbox;
use crate::rule;

/// Reads the section; `None` when it is not there, or something in it is missing or wrong.
///
/// The domain is that of `from` unless it is given.
pub(super) fn read(settings: &mut Settings<'_>, from: Option<&Mailbox>) -> Option<Dkim> {
    if !settings.has_section("dkim") {
        return None;
    }
    let has_first = settings.has("dkim.selector") || settings.has("dkim.key-file");
    let ed25519 = ["dkim.ed25519-selector", "dkim.ed25519-key-file"];
    let ed25519 = ed25519.into_iter().find(|key| settings.has(key));
    if let (false, Some(key)) = (has_first, ed25519) {
        settings.report(
            &rule::DKIM_ED25519_ALONE,
            key,
            "letters are signed with Ed25519 alone, which many receivers do not check",
            "make an RSA key besides (`postrider dkim new`); letters then carry both signatures",
        );
    } else {
        settings.require("dkim.selector", "selector = \"s2026\"");
        settings.require("dkim.key-file", "key-file = \"dkim/s2026.pem\"");
    }
    let domain = settings.parsed("dkim.domain", domain);
    let selector = settings.parsed("dkim.selector", selector_name);
    let file = settings.path("dkim.key-file");
    let second = second_key(settings, selector.as_deref());
    let domain = if settings.has("dkim.domain") {
        domain
    } else {
        from.map(|from| from.address.domain().to_owned())
    };
    let first = selector.zip(file).map(|(selector, file)| DkimKey {
        algorithm: DkimAlgorithm::Rsa,
        selector,
        file,
    });
    Some(Dkim { domain: domain?, keys: first.into_iter().chain(second).collect() })
}

/// Amazon SES gives every letter another Date and Message-ID, both of which we sign:
/// docs.aws.amazon.com/ses/latest/dg/header-fields.html.
pub(super) fn check_relay(settings: &mut Settings<'_>) {
    let written = |key| settings.value(key).and_then(|value| value.get_ref().as_str());
    let host = written("relay.host").unwrap_or_default().trim().to_ascii_lowercase();
    // `email-smtp.eu-west-1.amazonaws.com`, and the same within a network of one's own.
    let is_amazon = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    let is_ses = written("relay.preset").is_some_and(|preset| preset.trim() == "ses")
        || is_amazon && host.contains("email-smtp");
    let keys = ["dkim.domain", "dkim.selector", "dkim.key-file", "dkim.ed25519-selector"];
    let Some(key) = keys.into_iter().find(|key| settings.has(key)).filter(|_| is_ses) else {
        return;
    };
    settings.report(
        &rule::DKIM_REWRITTEN,
        key,
        "letters are signed here, and Amazon SES then replaces their Date and Message-ID: no signature holds",
        "remove `[dkim]` and let SES sign for your domain (Easy DKIM, docs/dkim.md)",
    );
}

fn second_key(settings: &mut Settings<'_>, first: Option<&str>) -> Option<DkimKey> {
    if settings.has("dkim.ed25519-selector") || settings.has("dkim.ed25519-key-file") {
        settings.require("dkim.ed25519-selector", "ed25519-selector = \"e2026\"");
        settings.require("dkim.ed25519-key-file", "ed25519-key-file = \"dkim/e2026.pem\"");
    }
    let selector = settings.parsed("dkim.ed25519-selector", selector_name);
    let file = settings.path("dkim.ed25519-key-file");
    if selector.is_some() && selector.as_deref() == first {
        settings.report(
            &rule::CONFIG_INVALID,
            "dkim.ed25519-selector",
            "`dkim.ed25519-selector` is that of the RSA key; a name in DNS has one key",
            "give the second key a selector of its own, e.g. `e2026`",
        );
    }
    Some(DkimKey { algorithm: DkimAlgorithm::Ed25519, selector: selector?, file: file? })
}

/// A domain as A-labels (RFC 5890).
pub fn domain(text: &str) -> Result<String, Wrong> {
    let ascii = idna::domain_to_ascii_strict(text).ok();
    ascii.filter(|ascii| ascii.contains('.') && ascii.split('.').all(is_label)).ok_or_else(|| {
        let message = format!("is not a domain name: `{}`", shown(text));
        (message, "write the domain of your From address, e.g. `example.org`".into())
    })
}

/// Labels of DNS with dots between (RFC 6376 3.1).
pub fn selector_name(text: &str) -> Result<String, Wrong> {
    if text.len() <= 63 && text.split('.').all(is_label) {
        return Ok(text.to_ascii_lowercase());
    }
    let message = format!("is not a DNS label: `{}`", shown(text));
    Err((message, "use at most 63 letters, digits and inner dashes, e.g. `s2026`".into()))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
