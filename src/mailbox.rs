//! One sender: `Name <name@example.org>` or a bare address.

use std::str::FromStr;

use crate::address::{AddressError, EmailAddress};
use crate::finding::is_plain;

/// A display name and an address.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mailbox {
    /// Display name without control characters, unencoded.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

/// Why a text is not one mailbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    /// A control or direction-changing character, which would end a header or lie about the sender.
    #[error("control character U+{0:04X} in the name")]
    ControlCharacter(u32),
    /// `<` without its `>`, or the reverse.
    #[error("unpaired angle bracket")]
    Bracket,
    /// The address itself.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl FromStr for Mailbox {
    type Err = MailboxError;

    fn from_str(text: &str) -> Result<Self, MailboxError> {
        let text = text.trim();
        if let Some(c) = text.chars().find(|&c| !is_plain(c)) {
            return Err(MailboxError::ControlCharacter(c.into()));
        }
        let Some(inside) = text.strip_suffix('>') else {
            let several = text.contains('<') && text.contains('>');
            return match text {
                _ if several => Err(AddressError::SeveralAddresses.into()),
                _ if text.contains(['<', '>']) => Err(MailboxError::Bracket),
                _ => Ok(Self { name: None, address: text.parse()? }),
            };
        };
        let (name, address) = inside.rsplit_once('<').ok_or(MailboxError::Bracket)?;
        let name = name.trim();
        let quoted = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        if quoted.is_none() && name.contains('@') && name.contains(['<', ',', ';']) {
            return Err(AddressError::SeveralAddresses.into());
        }
        if quoted.is_none() && name.contains(['<', '>']) {
            return Err(MailboxError::Bracket);
        }
        let name = quoted.map_or_else(|| name.to_owned(), unescaped);
        Ok(Self { name: (!name.is_empty()).then_some(name), address: address.parse()? })
    }
}

/// The content of a quoted string without its backslashes (RFC 5322 3.2.4).
fn unescaped(quoted: &str) -> String {
    let mut text = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(text: &str) -> (Option<String>, String) {
        let mailbox: Mailbox = text.parse().unwrap();
        (mailbox.name, mailbox.address.to_string())
    }

    #[test]
    fn a_mailbox_is_an_address_with_or_without_a_name() {
        let address = || "notes@example.org".to_owned();
        assert_eq!(mailbox("notes@example.org"), (None, address()));
        assert_eq!(mailbox(" <notes@example.org> "), (None, address()));
        assert_eq!(
            mailbox("Field Notes <notes@example.org>"),
            (Some("Field Notes".into()), address())
        );
        assert_eq!(
            mailbox("\"Doe, \\\"Ada\\\"\" <notes@example.org>"),
            (Some("Doe, \"Ada\"".into()), address())
        );
        assert_eq!(mailbox("Doe, Ada <notes@example.org>"), (Some("Doe, Ada".into()), address()));
    }

    #[test]
    fn what_is_not_exactly_one_mailbox_is_refused() {
        let error = |text: &str| text.parse::<Mailbox>().unwrap_err().to_string();
        assert_eq!(error("a@example.org, b@example.org"), "two addresses in one field");
        assert_eq!(error("A <a@example.org>, B <b@example.org>"), "two addresses in one field");
        assert_eq!(error("A <a@example.org>, b@example.org"), "two addresses in one field");
        assert_eq!(error("a@example.org, B <b@example.org>"), "two addresses in one field");
        assert_eq!(error("A\r\nBcc: x <a@example.org>"), "control character U+000D in the name");
        assert_eq!(error("A \u{202e} <a@example.org>"), "control character U+202E in the name");
        assert_eq!(error("A <a@example.org"), "unpaired angle bracket");
        assert_eq!(error("A a@example.org>"), "unpaired angle bracket");
        assert_eq!(error("Ada"), "missing `@`");
        assert_eq!(error("Ada <ada>"), "missing `@`");
        assert_eq!(error(""), "empty address");
    }
}
