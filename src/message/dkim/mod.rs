//! DKIM signatures (RFC 6376, RFC 8463): rsa-sha256 and ed25519-sha256, relaxed/relaxed, over the whole body.
//!
//! Both signatures are deterministic and `t=` is the letter's Date, so a letter that is made again is the same to the
//! byte. A field has the same length in every letter of an issue: it is written once with gaps, which stand in front
//! of each letter while its body is hashed in place, and then filled. There is no `l=`, which lets anybody append.

mod canonical;
mod key;
mod record;

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use key::{KeyError, SigningKey};
pub use record::Record;

use super::Content;
use crate::config::DkimAlgorithm;

/// The fields that are signed, and once more than they are there, so that none can be added (RFC 6376 8.15). RFC 8058 4
/// wants both List-Unsubscribe fields among them.
const SIGNED: [&str; 14] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "Cc",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
];

/// Columns of a folded line, its CRLF not counted (RFC 5322 2.1.1).
const WIDTH: usize = 78;

/// Stands for the base64 of a SHA-256 digest until it is known.
const HASH_GAP: &str = "############################################";

/// A domain that answers for letters, and its keys in the order of their signatures.
#[derive(Debug, Clone)]
pub struct Signer {
    /// `d=`, in ASCII.
    domain: String,
    /// Selectors and keys.
    keys: Vec<(String, Arc<SigningKey>)>,
}

/// The signatures of an issue's letters, with gaps for what differs.
#[derive(Debug)]
pub(super) struct Seal {
    fields: Vec<Field>,
    /// All fields after each other.
    blank: Vec<u8>,
}

/// One DKIM-Signature.
#[derive(Debug)]
struct Field {
    key: Arc<SigningKey>,
    /// The field with its CRLF and its gaps.
    text: Vec<u8>,
    /// The gap for the body's hash in `text`.
    hash_at: usize,
    /// Where the lines of the signature start in `text`.
    signature_at: usize,
    /// What is signed of the field itself (RFC 6376 3.7), before and after the body's hash.
    signed: [Vec<u8>; 2],
}

/// A signature that the crypto library refuses to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignError;

impl Signer {
    /// Answers for letters with the keys that follow.
    pub fn new(domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), keys: Vec::new() }
    }

    /// Adds a signature with this key.
    #[must_use]
    pub fn with(mut self, selector: impl Into<String>, key: SigningKey) -> Self {
        self.keys.push((selector.into(), Arc::new(key)));
        self
    }
}

impl Seal {
    /// The signatures of letters of this date, in seconds of Unix time, with these `fields` in front of their bodies.
    pub(super) fn new(signer: &Signer, date: i64, fields: &str) -> Self {
        let present = |name: &str| {
            fields
                .split("\r\n")
                .filter(|line| line.split_once(':').is_some_and(|(its, _)| its == name))
                .count()
        };
        let names = SIGNED.iter().flat_map(|name| std::iter::repeat_n(*name, present(name) + 1));
        let names: Vec<&str> = names.collect();
        let field = |(selector, key): &(String, Arc<SigningKey>)| {
            Field::new(key, &signer.domain, selector, date, &names)
        };
        let fields: Vec<Field> = signer.keys.iter().map(field).collect();
        Self { blank: fields.iter().flat_map(|field| &field.text).copied().collect(), fields }
    }

    /// What a letter starts with until it is signed.
    pub(super) fn blank(&self) -> &[u8] {
        &self.blank
    }

    /// Signs a letter that starts with [`Seal::blank`].
    pub(super) fn close(&self, letter: &mut Content) -> Result<(), SignError> {
        let (fields, hash) = digested(letter.parts().skip(usize::from(!self.blank.is_empty())))?;
        let fields = signed(&fields);
        let mut gaps = letter.start_mut();
        for field in &self.fields {
            let (gap, rest) = gaps.split_at_mut_checked(field.text.len()).ok_or(SignError)?;
            field.fill(gap, &fields, hash.as_bytes())?;
            gaps = rest;
        }
        Ok(())
    }
}

/// The fields of a letter, and the hash of its body in base64.
fn digested<'a>(mut parts: impl Iterator<Item = &'a [u8]>) -> Result<(Vec<u8>, String), SignError> {
    const END: &[u8] = b"\r\n\r\n";
    let mut fields = Vec::new();
    let body = loop {
        let part = parts.next().ok_or(SignError)?;
        // It may have begun in the part before.
        let seen = fields.len().saturating_sub(END.len() - 1);
        let before = fields.len();
        fields.extend_from_slice(part);
        if let Some(found) = memchr::memmem::find(&fields[seen..], END) {
            fields.truncate(seen + found + 2);
            break &part[fields.len() + 2 - before..];
        }
    };
    let mut hash = Context::new(&SHA256);
    let mut canonical = canonical::Body::new(|slice: &[u8]| hash.update(slice));
    canonical.push(body);
    parts.for_each(|part| canonical.push(part));
    canonical.finish();
    Ok((fields, STANDARD.encode(hash.finish())))
}

impl Field {
    fn new(key: &Arc<SigningKey>, domain: &str, selector: &str, date: i64, names: &[&str]) -> Self {
        let algorithm = match key.algorithm() {
            DkimAlgorithm::Rsa => "rsa-sha256",
            DkimAlgorithm::Ed25519 => "ed25519-sha256",
        };
        let mut text = format!("DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;");
        for tag in [format!("d={domain};"), format!("s={selector};"), format!("t={date};")] {
            append(&mut text, " ", &tag);
        }
        for (at, name) in names.iter().enumerate() {
            let end = if at + 1 < names.len() { ":" } else { ";" };
            let (space, start) = if at == 0 { (" ", "h=") } else { ("", "") };
            append(&mut text, space, &format!("{start}{name}{end}"));
        }
        text.push_str("\r\n bh=");
        let hash_at = text.len();
        text.push_str(HASH_GAP);
        text.push_str("; b=");
        let signature_at = text.len();
        let mut signed = Vec::new();
        canonical::header(text.as_bytes(), &mut signed);
        let gap = memchr::memmem::find(&signed, HASH_GAP.as_bytes()).unwrap_or(signed.len());
        let (before, after) = signed.split_at(gap);
        let after = after.get(HASH_GAP.len()..).unwrap_or_default().trim_ascii_end();
        let signed = [before.to_vec(), after.to_vec()];
        let blank = STANDARD.encode(vec![0; key.signature_len()]);
        text.push_str(&in_lines(&blank));
        text.push_str("\r\n");
        Self { key: Arc::clone(key), text: text.into_bytes(), hash_at, signature_at, signed }
    }

    /// Signs the fields and the hash of a letter, and writes what came out into its gaps.
    fn fill(&self, gap: &mut [u8], fields: &[u8], hash: &[u8]) -> Result<(), SignError> {
        let mut digest = Context::new(&SHA256);
        for part in [fields, &self.signed[0], hash, &self.signed[1]] {
            digest.update(part);
        }
        let signature = self.key.sign(&digest.finish()).ok_or(SignError)?;
        let signature = in_lines(&STANDARD.encode(signature));
        for (at, bytes) in [(self.hash_at, hash), (self.signature_at, signature.as_bytes())] {
            gap.get_mut(at..at + bytes.len()).ok_or(SignError)?.copy_from_slice(bytes);
        }
        Ok(())
    }
}

/// Adds a piece to the last line of a field, or starts a folded line with it.
fn append(field: &mut String, space: &str, piece: &str) {
    let column = field.len() - field.rfind('\n').map_or(0, |end| end + 1);
    if column + space.len() + piece.len() > WIDTH {
        field.push_str("\r\n ");
    } else {
        field.push_str(space);
    }
    field.push_str(piece);
}

/// A signature in folded lines, each with a space before it (RFC 6376 3.5: white space in `b=` does not count).
fn in_lines(base64: &str) -> String {
    let lines = base64.as_bytes().chunks(WIDTH - 1).map(String::from_utf8_lossy);
    lines.fold(String::new(), |out, line| out + "\r\n " + &line)
}

/// The signed ones of these fields as they are signed; of several with a name the last comes first (RFC 6376 5.4.2).
fn signed(fields: &[u8]) -> Vec<u8> {
    let mut found: Vec<(usize, &[u8])> = Vec::new();
    let mut start = 0;
    for end in memchr::memmem::find_iter(fields, b"\r\n") {
        // A line that starts with white space belongs to the one before.
        if matches!(fields.get(end + 2), Some(b' ' | b'\t')) {
            continue;
        }
        let field = &fields[start..end + 2];
        start = end + 2;
        let name = &field[..memchr::memchr(b':', field).unwrap_or_default()];
        let is_it = |signed: &&str| name.eq_ignore_ascii_case(signed.as_bytes());
        found.extend(SIGNED.iter().position(is_it).map(|place| (place, field)));
    }
    found.reverse();
    found.sort_by_key(|(place, _)| *place);
    let mut out = Vec::with_capacity(fields.len());
    for (_, field) in found {
        canonical::header(field, &mut out);
    }
    out
}

#[cfg(test)]
pub(super) mod tests;
