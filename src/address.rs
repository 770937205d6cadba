//! Email addresses: parsed once at the edge, then trusted.
//!
//! Quoted local parts, comments, source routes and address literals are refused: newsletters never need them
//! and they are where header and command injection hides.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// One address that can receive public mail.
///
/// Holds no control character, space, comma, quote or angle bracket, so it can stand in a header or an SMTP
/// command as it is. The domain is in ASCII (A-labels, RFC 5890) and lower case; the local part is as written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress {
    text: String,
    at: usize,
}

/// Why a text is not an address we can mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing there.
    #[error("empty address")]
    Empty,
    /// A control character, which would end a header or a command.
    #[error("control character U+{0:04X} in address")]
    ControlCharacter(u32),
    /// More than one address in one field.
    #[error("two addresses in one field")]
    SeveralAddresses,
    /// No `@`.
    #[error("missing `@`")]
    MissingAt,
    /// Nothing before the `@`.
    #[error("missing local part")]
    MissingLocalPart,
    /// Nothing after the `@`.
    #[error("missing domain")]
    MissingDomain,
    /// RFC 5321 4.5.3.1.1.
    #[error("local part longer than 64 bytes (RFC 5321 4.5.3.1.1)")]
    LocalPartTooLong,
    /// RFC 5321 4.5.3.1.2 and .3: the path is at most 254 bytes with its brackets.
    #[error("address longer than 254 bytes (RFC 5321 4.5.3.1.3)")]
    TooLong,
    /// Not a dot-atom (RFC 5321 4.1.2).
    #[error("`{0}` is not allowed before the `@`")]
    LocalPartCharacter(char),
    /// An empty atom.
    #[error("misplaced dot before the `@`")]
    LocalPartDot,
    /// Not a host name (RFC 1123 2.1, UTS 46).
    #[error("`{0}` is not a domain name")]
    Domain(String),
    /// A literal, a bare host name or a reserved name.
    #[error("domain `{0}` cannot receive public mail")]
    NotPublic(String),
}

impl EmailAddress {
    /// The part before the last `@`, as written.
    pub fn local_part(&self) -> &str {
        &self.text[..self.at]
    }

    /// The domain in ASCII, lower case.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The whole address, the domain in ASCII.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What makes two addresses the same subscriber: NFC, and the local part folded to lower case.
    ///
    /// Only a key: mail is sent to the address as written, because local parts are case-sensitive (RFC 5321 2.4).
    pub fn canonical(&self) -> String {
        if self.text.is_ascii() {
            return self.text.to_ascii_lowercase();
        }
        let local: String = self.local_part().nfc().collect::<String>().to_lowercase();
        format!("{local}@{}", self.domain())
    }

    /// Whether the local part needs SMTPUTF8 at the relay (RFC 6531).
    pub fn needs_smtputf8(&self) -> bool {
        !self.local_part().is_ascii()
    }
}

impl FromStr for EmailAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim_matches([' ', '\t']);
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            return Err(AddressError::ControlCharacter(c as u32));
        }
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.contains([',', ';']) || text.matches('@').count() > 1 && text.contains(' ') {
            return Err(AddressError::SeveralAddresses);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::MissingAt)?;
        check_local_part(local)?;
        let domain = ascii_domain(domain)?;
        if local.len() + 1 + domain.len() > 254 {
            return Err(AddressError::TooLong);
        }
        Ok(Self { text: format!("{local}@{domain}"), at: local.len() })
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.text
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An address that may have a place for a token in its local part: `unsubscribe+{token}@example.org`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenAddress {
    local: String,
    domain: String,
}

/// Where the token goes.
const TOKEN: &str = "{token}";

/// As long as the longest token we make.
const LONGEST_TOKEN: [u8; 40] = [b'x'; 40];

impl TokenAddress {
    /// Whether there is a place for a token.
    pub fn has_place(&self) -> bool {
        self.local.contains(TOKEN)
    }

    /// The address with this token, at most 40 bytes of `A-Z a-z 0-9 - _` and single inner dots; without a place for
    /// it, the address as it is.
    pub fn fill(&self, token: &str) -> EmailAddress {
        let local = self.local.replace(TOKEN, token);
        EmailAddress { text: format!("{local}@{}", self.domain), at: local.len() }
    }
}

impl FromStr for TokenAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let stand_in = String::from_utf8_lossy(&LONGEST_TOKEN);
        let address: EmailAddress = text.replacen(TOKEN, &stand_in, 1).parse()?;
        let (local, domain) = text.trim().rsplit_once('@').ok_or(AddressError::MissingAt)?;
        if domain.contains(TOKEN) {
            return Err(AddressError::Domain(domain.into()));
        }
        // Legal in an address, but here it is a slip.
        if let Some(brace) = local.replacen(TOKEN, "", 1).chars().find(|c| "{}".contains(*c)) {
            return Err(AddressError::LocalPartCharacter(brace));
        }
        Ok(Self { local: local.to_owned(), domain: address.domain().to_owned() })
    }
}

impl TryFrom<String> for TokenAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<TokenAddress> for String {
    fn from(address: TokenAddress) -> Self {
        format!("{}@{}", address.local, address.domain)
    }
}

fn check_local_part(local: &str) -> Result<(), AddressError> {
    if local.is_empty() {
        return Err(AddressError::MissingLocalPart);
    }
    if local.len() > 64 {
        return Err(AddressError::LocalPartTooLong);
    }
    let is_foreign = |c: &char| !(is_atext(*c) || *c == '.');
    let foreign = if local.is_ascii() {
        local.chars().find(is_foreign)
    } else {
        local.nfc().find(is_foreign)
    };
    if let Some(c) = foreign {
        return Err(AddressError::LocalPartCharacter(c));
    }
    if local.split('.').any(str::is_empty) {
        return Err(AddressError::LocalPartDot);
    }
    Ok(())
}

/// RFC 5322 3.2.3, and any non-ASCII character that is neither space nor invisible (RFC 6531 3.3).
fn is_atext(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        _ if c.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(c),
        _ => c.is_alphanumeric(),
    }
}

/// The domain as lower-case A-labels; refuses what no public mail exchanger can have.
fn ascii_domain(domain: &str) -> Result<String, AddressError> {
    if domain.is_empty() {
        return Err(AddressError::MissingDomain);
    }
    if domain.starts_with('[') {
        return Err(AddressError::NotPublic(domain.into()));
    }
    let invalid = || AddressError::Domain(domain.into());
    let ascii = if is_ascii_form(domain) {
        domain.to_owned()
    } else {
        idna::domain_to_ascii_strict(domain).map_err(|_| invalid())?
    };
    let labels: Vec<&str> = ascii.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !labels.iter().all(is_label) {
        return Err(invalid());
    }
    let top = labels.last().copied().unwrap_or_default();
    let reserved = matches!(top, "localhost" | "invalid" | "local" | "internal" | "onion");
    if labels.len() < 2 || reserved || top.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressError::NotPublic(ascii));
    }
    Ok(ascii)
}

/// Whether UTS 46 would leave a domain as it is, which nearly all are: lower case, and no hyphens that mean something.
fn is_ascii_form(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.contains("--")
    };
    domain.len() <= 253 && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<EmailAddress>().unwrap_err().to_string()
    }

    #[test]
    fn an_address_keeps_its_local_part_and_folds_its_domain() {
        let address: EmailAddress = "Ada.Lovelace+news@Bücher.Example".parse().unwrap();
        assert_eq!(address.as_str(), "Ada.Lovelace+news@xn--bcher-kva.example");
        assert_eq!(address.canonical(), "ada.lovelace+news@xn--bcher-kva.example");
        assert!(!address.needs_smtputf8());
        assert!("ö@example.org".parse::<EmailAddress>().unwrap().needs_smtputf8());
    }

    #[test]
    fn every_kind_of_bad_address_says_what_is_wrong() {
        assert_eq!(error(""), "empty address");
        assert_eq!(error("ada"), "missing `@`");
        assert_eq!(error("ada@"), "missing domain");
        assert_eq!(error("@x.org"), "missing local part");
        assert_eq!(error("a b@x.org"), "` ` is not allowed before the `@`");
        assert_eq!(error("\"a\"@x.org"), "`\"` is not allowed before the `@`");
        assert_eq!(error("a..b@x.org"), "misplaced dot before the `@`");
        assert_eq!(error("a@x..org"), "`x..org` is not a domain name");
        assert_eq!(error("a@-x.org"), "`-x.org` is not a domain name");
        assert_eq!(error("\"a\r\nRCPT TO:<x@y>\"@z"), "control character U+000D in address");
        assert_eq!(error("a@x.org, b@y.org"), "two addresses in one field");
        assert_eq!(error("user@[1.2.3.4]"), "domain `[1.2.3.4]` cannot receive public mail");
        assert_eq!(error("u@localhost"), "domain `localhost` cannot receive public mail");
        assert_eq!(error("u@x.invalid"), "domain `x.invalid` cannot receive public mail");
        assert_eq!(error("u@127.0.0.1"), "domain `127.0.0.1` cannot receive public mail");
        assert_eq!(
            error(&format!("{}@x.org", "a".repeat(65))),
            "local part longer than 64 bytes (RFC 5321 4.5.3.1.1)"
        );
        let long = format!("a@{}org", "abcdefghi.".repeat(25));
        assert_eq!(error(&long), "address longer than 254 bytes (RFC 5321 4.5.3.1.3)");
    }

    #[test]
    fn a_token_has_its_place_before_the_at() {
        let address = |text: &str| text.parse::<TokenAddress>().map_err(|error| error.to_string());
        let leave = address("leave+{token}@Bücher.example").unwrap();
        assert_eq!(leave.fill("AQ_-9").as_str(), "leave+AQ_-9@xn--bcher-kva.example");
        assert_eq!(leave.fill("AQ_-9").local_part(), "leave+AQ_-9");
        assert!(leave.has_place());
        assert_eq!(String::from(leave), "leave+{token}@xn--bcher-kva.example");
        let plain = address("leave@example.org").unwrap();
        assert_eq!((plain.has_place(), plain.fill("x").as_str()), (false, "leave@example.org"));
        for (bad, why) in [
            ("leave@{token}.example.org", "`{token}.example.org` is not a domain name"),
            ("{token}{token}@example.org", "`{` is not allowed before the `@`"),
            ("leave+{name}@example.org", "`{` is not allowed before the `@`"),
            (
                "a-very-long-name-to-leave+{token}@example.org",
                "local part longer than 64 bytes (RFC 5321 4.5.3.1.1)",
            ),
        ] {
            assert_eq!(address(bad).unwrap_err(), why);
        }
    }

    #[test]
    fn the_same_person_in_other_letters_has_the_same_key() {
        let key = |text: &str| text.parse::<EmailAddress>().unwrap().canonical();
        assert_eq!(key("Ada@x.org"), key("ada@X.ORG"));
        assert_eq!(key("e\u{301}@x.org"), key("é@x.org"));
    }

    proptest::proptest! {
        #[test]
        fn a_domain_in_its_ascii_form_is_left_as_it_is(domain in "[a-z0-9.-]{0,12}\\.[a-z0-9-]{0,70}|xn--[a-z0-9]{1,9}\\.org") {
            if is_ascii_form(&domain) {
                proptest::prop_assert_eq!(idna::domain_to_ascii_strict(&domain).ok(), Some(domain));
            }
        }

        #[test]
        fn what_parses_can_stand_in_a_command(text in "\\PC{0,80}|[a-z@. <>\"\r\n,]{0,40}") {
            if let Ok(address) = text.parse::<EmailAddress>() {
                let forbidden = |c: char| c.is_control() || c.is_whitespace() || "<>\",;:\\()[]".contains(c);
                proptest::prop_assert!(!address.as_str().contains(forbidden));
                proptest::prop_assert_eq!(address.as_str().parse::<EmailAddress>().unwrap(), address);
            }
        }
    }
}
