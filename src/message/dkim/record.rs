//! The DNS record that receivers check signatures against (RFC 6376 3.6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::SigningKey;
use crate::config::DkimAlgorithm;

/// A TXT record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its name without a dot at the end: `SELECTOR._domainkey.DOMAIN`.
    pub name: String,
    /// Its value in one piece.
    pub value: String,
}

impl Record {
    /// The record of a key; `None` if the crypto library cannot tell its public half.
    pub fn new(domain: &str, selector: &str, key: &SigningKey) -> Option<Self> {
        let kind = match key.algorithm() {
            DkimAlgorithm::Rsa => "rsa",
            DkimAlgorithm::Ed25519 => "ed25519",
        };
        Some(Self {
            name: format!("{selector}._domainkey.{domain}"),
            value: format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(key.public()?)),
        })
    }

    /// As a zone file holds it: a string has at most 255 bytes (RFC 1035 3.3), so a long value becomes several.
    pub fn zone_line(&self) -> String {
        let mut rest = self.value.as_str();
        let mut strings = Vec::new();
        while !rest.is_empty() {
            // Base64 and the tags before it are ASCII.
            let (string, more) = rest.split_at(rest.len().min(255));
            strings.push(format!("\"{string}\""));
            rest = more;
        }
        match strings.as_slice() {
            [one] => format!("{}. IN TXT {one}", self.name),
            several => format!("{}. IN TXT ( {} )", self.name, several.join("\n  ")),
        }
    }
}
