//! Header values that need neither quotes nor encoding nor folding, which most do not: written without lettre, to the
//! same bytes.

use std::borrow::Cow;

use crate::address::EmailAddress;

/// What lettre folds after (RFC 5322 2.1.1 would allow 78).
const WIDTH: usize = 76;

/// A name of letters, digits and single spaces with an ASCII address, on one line.
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
    let quote = if name.contains(' ') { "\"" } else { "" };
    let value = format!("{quote}{name}{quote} <{}>", address.as_str());
    let is_atom = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
    (name.split(' ').all(is_atom) && fits(&value)).then(|| value.into())
}

/// Whether an unstructured value is on one line as it is: visible ASCII in words with single spaces between.
pub(super) fn is_unstructured(value: &str, field: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
    field.len() + ": ".len() + value.len() <= WIDTH && value.split(' ').all(is_word)
}
