//! What the key makes: subscriber ids, unsubscribe tokens and Message-IDs.
//!
//! All are keyed hashes, so that they name a reader to us and to nobody else, and any row of the list gives the
//! same ones again: a link mailed years ago still works, although no token is ever stored.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The first byte of a token.
const VERSION: u8 = 1;

/// The 32 secret bytes of a list, ready to hash with. Never shown.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

/// What the tokens of a list begin with.
#[derive(Debug, Clone)]
pub struct ListPrefix([u8; 6]);

/// What names a subscriber of a list without telling the address.
pub type SubscriberId = [u8; 8];

/// What a bounce address says of the letter that bounced.
///
/// Only parts of hashes: whoever has the list and its issues finds the reader whose Message-ID starts so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounced {
    /// The first 6 characters of the Message-ID's issue part.
    pub issue: String,
    /// The first 12 characters of its reader part: 60 bits, so that a million readers differ.
    pub reader: String,
}

/// A text that is not a key. It does not say what the text was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a key of 32 bytes, as 64 hex digits or as base64")]
pub struct KeyError;

impl Key {
    /// A key of these bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        // HMAC fills a key up to the hash's block with zeros (RFC 2104 2); done here, it cannot fail.
        let mut block = [0; 64];
        block[..secret.len()].copy_from_slice(&secret);
        Self(Hmac::new(&block.into()))
    }

    /// Reads the content of a secret file: 64 hex digits, or base64 of 32 bytes; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => hex(text),
            44 => STANDARD.decode(text).ok(),
            43 => URL_SAFE_NO_PAD.decode(text).ok(),
            _ => None,
        };
        let secret = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        secret.map(Self::new).ok_or(KeyError)
    }

    /// The first 8 bytes of HMAC-SHA256 over `id` 0x00 list-id 0x00 canonical address.
    ///
    /// Unambiguous, because neither `id` nor a canonical address holds a zero byte.
    pub fn subscriber_id(&self, list_id: &str, canonical: &str) -> SubscriberId {
        first(&self.hash("id", &[list_id.as_bytes(), canonical.as_bytes()]))
    }

    /// The unsubscribe token: 40 characters of base64url (RFC 4648 5).
    ///
    /// They hold, in bytes: version (1), key id (1), the start of SHA-256 of the list-id (4), subscriber id (8), and
    /// the start of HMAC-SHA256 over `token` 0x00 and those 14 bytes (16).
    pub fn token(&self, list: &ListPrefix, subscriber: SubscriberId) -> String {
        let mut token = [0; 30];
        token[..6].copy_from_slice(&list.0);
        token[6..14].copy_from_slice(&subscriber);
        let mac = self.hash("token", &[&token[..14]]);
        token[14..].copy_from_slice(&mac[..16]);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// Whose token this is, if it was made with this key for this list.
    ///
    /// The mac is compared in constant time; version, key id and list are public.
    pub fn verify(&self, list_id: &str, token: &str) -> Option<SubscriberId> {
        let token = <[u8; 30]>::try_from(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        if token[..6] != self.list_prefix(list_id).0 {
            return None;
        }
        let mac = self.keyed("token", &[&token[..14]]);
        mac.verify_truncated_left(&token[14..]).ok().map(|()| first(&token[6..14]))
    }

    /// The left side of a Message-ID: 8 characters that letters of an issue share, a dot, and 24 for the reader.
    ///
    /// They are lower-case base32 (RFC 4648 6) of the start of HMAC-SHA256 over `issue` 0x00 issue id, and over
    /// `message-id` 0x00 issue id 0x00 canonical address.
    pub fn message_id(&self, issue_id: &str, canonical: &str) -> String {
        format!("{}.{}", self.issue_part(issue_id), self.reader_part(issue_id, canonical))
    }

    /// What comes before the dot of [`Key::message_id`].
    pub fn issue_part(&self, issue_id: &str) -> String {
        base32(&self.hash("issue", &[issue_id.as_bytes()])[..5])
    }

    /// What comes after it.
    pub fn reader_part(&self, issue_id: &str, canonical: &str) -> String {
        let hash = self.hash("message-id", &[issue_id.as_bytes(), canonical.as_bytes()]);
        base32(&hash[..15])
    }

    /// What tells this key from others and gives nothing of it away: 16 characters.
    pub fn fingerprint(&self) -> String {
        base32(&self.hash("fingerprint", &[])[..10])
    }

    /// What goes into the bounce address of a letter: `issue.reader.mac`, 28 characters of lower-case base32 and dots.
    ///
    /// `id` is the left side of the letter's Message-ID, of which issue and reader are starts. The mac is that of
    /// HMAC-SHA256 over `bounce` 0x00 `issue.reader`, 40 bits: it keeps strangers from making bounces up.
    pub fn bounce_token(&self, id: &str) -> String {
        let (issue, reader) = id.split_once('.').unwrap_or((id, ""));
        let letter = format!("{issue:.6}.{reader:.12}");
        let mac = self.hash("bounce", &[letter.as_bytes()]);
        format!("{letter}.{}", base32(&mac[..5]))
    }

    /// Which letter a bounce address speaks of, if this key made its token. Relays may change the case of letters.
    pub fn verify_bounce(&self, token: &str) -> Option<Bounced> {
        let token = token.to_ascii_lowercase();
        let (letter, mac) = token.rsplit_once('.')?;
        let (issue, reader) = letter.split_once('.')?;
        let is_whole = issue.len() == 6 && reader.len() == 12;
        let keyed = self.keyed("bounce", &[letter.as_bytes()]);
        keyed.verify_truncated_left(&from_base32(mac)?).ok().filter(|()| is_whole)?;
        Some(Bounced { issue: issue.to_owned(), reader: reader.to_owned() })
    }

    /// Version, key id and list id of a token. The key id tells keys apart when a list gets a new one.
    pub fn list_prefix(&self, list_id: &str) -> ListPrefix {
        let list = Sha256::digest(list_id.as_bytes());
        ListPrefix([VERSION, self.hash("key-id", &[])[0], list[0], list[1], list[2], list[3]])
    }

    fn hash(&self, label: &str, fields: &[&[u8]]) -> [u8; 32] {
        self.keyed(label, fields).finalize().into_bytes().into()
    }

    /// The label, then every field with a zero byte before it.
    fn keyed(&self, label: &str, fields: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(label.as_bytes());
        for field in fields {
            mac.update(&[0]);
            mac.update(field);
        }
        mac
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

fn first(bytes: &[u8]) -> SubscriberId {
    let mut id = [0; 8];
    id.copy_from_slice(&bytes[..8]);
    id
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    let digits = digits.collect::<Option<Vec<u8>>>()?;
    Some(
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    )
}

/// Lower-case base32 (RFC 4648 6).
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The five bytes of eight characters.
fn from_base32(text: &str) -> Option<[u8; 5]> {
    let digit = |byte: u8| ALPHABET.iter().position(|&letter| letter == byte);
    let mut bits = 0_u64;
    for byte in <[u8; 8]>::try_from(text.as_bytes()).ok()? {
        bits = bits << 5 | u64::try_from(digit(byte)?).ok()?;
    }
    let [_, _, _, bytes @ ..] = bits.to_be_bytes();
    Some(bytes)
}

/// Five bytes make eight characters; `bytes` is a multiple of five long.
fn base32(bytes: &[u8]) -> String {
    let group = |group: &[u8]| group.iter().fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte));
    let letters =
        |bits: u64| (0..8).rev().map(move |at| ALPHABET[(bits >> (5 * at) & 31) as usize]);
    bytes.chunks_exact(5).flat_map(|five| letters(group(five))).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: &str = "field-notes.example.org";

    fn key() -> Key {
        Key::new([7; 32])
    }

    #[test]
    fn ids_and_tokens_never_change_because_old_links_hold_them() {
        // Worked out with Python's hmac, hashlib and base64.
        let id = key().subscriber_id(LIST, "ada@example.org");
        assert_eq!(
            key().token(&key().list_prefix(LIST), id),
            "AUlWzc1RN26Nx__27gAykdAugic6GMRmmHnFMSID"
        );
        assert_eq!(
            key().message_id("issue-42", "ada@example.org"),
            "xrjqhvoi.tpm6kx4k57c34o2asgoerwpy"
        );
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        assert_eq!(base32(b"foobarfoob"), "mzxw6ytbojtg633c");
    }

    #[test]
    fn a_key_is_read_as_hex_or_base64_and_never_shown() {
        let ids = ["07".repeat(32), format!("\n{}\r\n", "07".repeat(32)), STANDARD.encode([7; 32])]
            .map(|text| Key::parse(&text).unwrap().subscriber_id(LIST, "a@example.org"));
        assert_eq!(ids, [key().subscriber_id(LIST, "a@example.org"); 3]);
        for bad in ["", "07", &"0g".repeat(32), &"+7".repeat(32), &"é".repeat(32), &"=".repeat(44)]
        {
            assert_eq!(Key::parse(bad).unwrap_err(), KeyError, "{bad}");
        }
        assert_eq!(format!("{:?}", key()), "Key(..)");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_token_is_good_for_its_key_and_list_and_only_unharmed(
            secret: [u8; 32], list in "[a-z.]{1,20}", other in "[a-z.]{1,20}", address in "[a-z]{1,9}@example\\.org",
            bit in 0_usize..240,
        ) {
            let key = Key::new(secret);
            let id = key.subscriber_id(&list, &address);
            let token = key.token(&key.list_prefix(&list), id);
            prop_assert_eq!(key.verify(&list, &token), Some(id));
            if other != list {
                prop_assert_eq!(key.verify(&other, &token), None);
                prop_assert_ne!(key.subscriber_id(&other, &address), id);
            }
            let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(key.verify(&list, &URL_SAFE_NO_PAD.encode(bytes)), None);
            let mut another = secret;
            another[bit % 32] ^= 1;
            prop_assert_eq!(Key::new(another).verify(&list, &token), None);
        }

        #[test]
        fn a_bounce_token_is_good_for_its_key_and_only_unharmed(
            secret: [u8; 32], address in "[a-z]{1,9}@example\\.org", at in 0_usize..28, other in "[a-z2-7.]",
        ) {
            let key = Key::new(secret);
            let id = key.message_id("issue-42", &address);
            let token = key.bounce_token(&id);
            let (issue, reader) = id.split_once('.').unwrap();
            let bounced = Bounced { issue: issue[..6].to_owned(), reader: reader[..12].to_owned() };
            prop_assert_eq!(token.len(), 28);
            prop_assert_eq!(key.verify_bounce(&token.to_ascii_uppercase()), Some(bounced));
            let mut harmed = token.clone();
            harmed.replace_range(at..=at, &other);
            prop_assert_eq!(key.verify_bounce(&harmed).is_some(), harmed == token);
            let mut another = secret;
            another[at] ^= 1;
            prop_assert_eq!(Key::new(another).verify_bounce(&token), None);
        }

        #[test]
        fn no_text_breaks_the_check_of_a_bounce(token in "\\PC{0,50}|[a-z2-7]{6}\\.[a-z2-7]{12}\\.[a-z2-7]{8}") {
            prop_assert_eq!(key().verify_bounce(&token), None);
        }

        #[test]
        fn no_text_breaks_the_check_of_a_token(token in "\\PC{0,50}|[A-Za-z0-9_-]{40}") {
            prop_assert_eq!(key().verify(LIST, &token), None);
        }
    }
}
