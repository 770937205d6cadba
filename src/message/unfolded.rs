//! Header values that fit on one line, which most do: written without lettre, to the same bytes.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::address::EmailAddress;

/// What lettre folds after (RFC 5322 2.1.1 would allow 78).
const WIDTH: usize = 76;

/// A name of words with single spaces between and an ASCII address, on one line.
pub(super) fn mailbox<'a>(
    name: Option<&'a str>,
    address: &'a EmailAddress,
    field: &str,
) -> Option<Cow<'a, str>> {
    let fits = |value: &str| field.len() + ": ".len() + value.len() <= WIDTH;
    if address.needs_smtputf8() {
        return None;
    }
    let Some(name) = name else {
        return Some(Cow::Borrowed(address.as_str())).filter(|value| fits(value));
    };
    // Neither white space nor control characters nor anything that would be escaped.
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
    };
    if !name.split(' ').all(is_word) {
        return None;
    }
    let phrase: Cow<'_, str> = if !name.is_ascii() {
        format!("=?utf-8?b?{}?=", STANDARD.encode(name)).into()
    } else if name.contains(' ') {
        format!("\"{name}\"").into()
    } else {
        name.into()
    };
    let value = format!("{phrase} <{}>", address.as_str());
    fits(&value).then(|| value.into())
}

/// Whether an unstructured value is on one line as it is: visible ASCII in words with single spaces between.
pub(super) fn is_unstructured(value: &str, field: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
    field.len() + ": ".len() + value.len() <= WIDTH && value.split(' ').all(is_word)
}
