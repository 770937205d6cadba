//! The header of a letter: its fields and their order, and how what people typed becomes a value.
//!
//! lettre encodes and folds every value (RFC 2047, RFC 5322 2.2.3); what it lets through and a header must not
//! hold is refused here, before and after.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::message::header::{self, Header, HeaderName, HeaderValue, Headers};
use lettre::message::{Mailbox, Mailboxes, MessageBuilder};

use super::mime::MARK;
use super::{LetterError, Letterhead, unfolded};
use crate::address::EmailAddress;
use crate::compose::single_spaced;

/// Why a value cannot stand in a header.
pub(super) type Reason = &'static str;

const TOO_LONG: Reason = "does not fit a header line of 998 characters (RFC 5322 2.1.1)";
const NO_ADDRESS: Reason = "is not an address for a header";
const CONTROL: Reason = "has a control character or a line break; a header is one line";

/// Who a letter is from, and where answers go.
pub(super) struct Senders {
    pub(super) from: Mailbox,
    pub(super) reply_to: Option<Mailbox>,
}

/// The fields that all letters share, in the order of the wire, and a mark for those that differ.
///
/// `subject` is absent where readers have different ones. MIME-Version and Content-Type follow with the body.
pub(super) fn shared(
    head: &Letterhead<'_>,
    senders: Senders,
    subject: Option<String>,
    issue: &str,
) -> Result<MessageBuilder, LetterError> {
    let seconds = u64::try_from(head.date.as_second()).unwrap_or(0);
    let list_id = list_id(head, &senders.from)?;
    let mut builder = lettre::Message::builder()
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .from(senders.from);
    if let Some(reply_to) = senders.reply_to {
        builder = builder.reply_to(reply_to);
    }
    builder = builder.raw_header(mark("To"));
    builder = match subject {
        Some(subject) => builder.subject(subject),
        None => builder.raw_header(mark("Subject")),
    };
    builder = builder.raw_header(mark("Message-ID")).raw_header(list_id);
    if head.unsubscribe.url.is_some() || head.unsubscribe.mailto.is_some() {
        builder = builder.raw_header(mark("List-Unsubscribe"));
    }
    if head.unsubscribe.url.is_some() {
        // RFC 8058 3.1: a promise that a POST to the https address is all it takes.
        builder = builder.raw_header(plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    if let Some(archive) = &head.newsletter.archive_url {
        builder = builder.raw_header(plain("List-Archive", &format!("<{archive}>")));
    }
    builder = builder.raw_header(plain("List-Post", "NO"));
    if let Some(sender) = &head.newsletter.feedback_id {
        let value = format!("{}:{sender}", campaign(issue));
        builder = builder.raw_header(plain("Feedback-ID", &value));
    }
    Ok(builder
        .raw_header(plain("Precedence", "bulk"))
        .raw_header(plain("X-Auto-Response-Suppress", "OOF, AutoReply")))
}

/// An issue's id as a field of Feedback-ID; nothing of a reader may stand there.
fn campaign(issue: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    issue.chars().take(80).map(plain).collect()
}

/// The value of To. An address that needs SMTPUTF8 stands there as it is (RFC 6532 3.2), which lettre would not write.
pub(super) fn to<'a>(
    name: Option<&'a str>,
    address: &'a EmailAddress,
) -> Result<Cow<'a, str>, Reason> {
    unfolded::mailbox(name, address, "To")
        .map_or_else(|| folded_to(name, address).map(Cow::Owned), Ok)
}

fn folded_to(name: Option<&str>, address: &EmailAddress) -> Result<String, Reason> {
    if !address.needs_smtputf8() {
        let reader = mailbox(name, address)?;
        return value(header::To::from(Mailboxes::from(reader)).display());
    }
    let stand_in = format!("x@{}", address.domain()).parse().map_err(|_| NO_ADDRESS)?;
    let value = folded_to(name, &stand_in)?;
    let (before, after) = value.rsplit_once("x@").unwrap_or_default();
    Ok(format!("{before}{}@{after}", address.local_part()))
}

/// The value of Subject.
pub(super) fn subject(line: String) -> Result<Cow<'static, str>, Reason> {
    if unfolded::is_unstructured(&line, "Subject") {
        return Ok(line.into());
    }
    folded_subject(line).map(Cow::Owned)
}

fn folded_subject(line: String) -> Result<String, Reason> {
    value(header::Subject::from(line).display())
}

/// The value of Message-ID, all of whose characters may stand there: one word, which cannot be folded.
pub(super) fn message_id(id: &str) -> Result<Cow<'static, str>, Reason> {
    let value = format!("<{id}>");
    check(&format!("Message-ID: {value}"))?;
    Ok(value.into())
}

/// The value of List-Unsubscribe (RFC 2369 3.2), the best way first.
pub(super) fn list_unsubscribe(urls: &[String]) -> Result<String, Reason> {
    let urls: Vec<String> = urls.iter().map(|url| format!("<{url}>")).collect();
    value(plain("List-Unsubscribe", &urls.join(", ")))
}

/// A mailbox as a header can hold it; a blank name is none.
pub(super) fn mailbox(name: Option<&str>, address: &EmailAddress) -> Result<Mailbox, Reason> {
    if address.needs_smtputf8() {
        return Err("needs SMTPUTF8 (RFC 6531), which only recipients may");
    }
    let name = name.map(one_line).transpose()?.filter(|name| !name.is_empty());
    let address = Address::new(address.local_part(), address.domain()).map_err(|_| NO_ADDRESS)?;
    Ok(Mailbox::new(name, address))
}

/// A text as the value of an unstructured header: no control characters, and single spaces.
pub(super) fn one_line(text: &str) -> Result<String, Reason> {
    if text.chars().any(char::is_control) {
        return Err(CONTROL);
    }
    Ok(single_spaced(text))
}

/// As [`one_line`], for Subject.
pub(super) fn subject_line(text: &str) -> Result<String, Reason> {
    // lettre leaves ASCII words as they are, and mail programs would decode these.
    match text.split_once("=?") {
        Some((_, rest)) if rest.contains("?=") => {
            Err("holds `=?` and `?=`, the marks of an encoded word")
        }
        _ => one_line(text),
    }
}

/// Breaks over-long lines before an address; lettre keeps it on the line of the name (RFC 5322 2.1.1).
pub(super) fn fold(fields: &str) -> String {
    let mut out = String::with_capacity(fields.len() + 8);
    for line in fields.split_inclusive("\r\n") {
        match line.rfind(" <") {
            // Not right after the name of the field: a line of it alone would be legal, but is often misread.
            Some(at) if line.trim_end().len() > 78 && at > 0 && !line[..at].ends_with(':') => {
                out.push_str(&line[..at]);
                out.push_str("\r\n");
                out.push_str(&line[at..]);
            }
            _ => out.push_str(line),
        }
    }
    out
}

/// Holds the fields against the grammar of RFC 5322 2.2, strictly: `Name: value` in visible ASCII, folded lines that
/// start with a space and are not blank, and nothing else.
pub(super) fn check(fields: &str) -> Result<(), Reason> {
    let fields = fields.strip_suffix("\r\n").unwrap_or(fields);
    for (at, line) in fields.split("\r\n").enumerate() {
        if line.len() > 998 {
            return Err(TOO_LONG);
        }
        let is_folded = line.starts_with(' ') && at > 0;
        let is_field = line.split_once(": ").is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
        let is_visible = line.bytes().all(|b| b == b' ' || b.is_ascii_graphic() || b == MARK);
        if !(is_folded || is_field) || !is_visible || line.trim().is_empty() {
            return Err(CONTROL);
        }
    }
    Ok(())
}

/// What follows the name and the colon of a field, encoded, folded and checked.
fn value(field: HeaderValue) -> Result<String, Reason> {
    let mut headers = Headers::new();
    headers.insert_raw(field);
    let field = fold(&headers.to_string());
    check(&field)?;
    let (_, value) = field.split_once(": ").unwrap_or_default();
    Ok(value.strip_suffix("\r\n").unwrap_or(value).to_owned())
}

/// `List-Id: Name <list.domain>` (RFC 2919 3).
///
/// Its name is a phrase like that of a mailbox (RFC 5322 3.2.5), so lettre writes it as one, and we take it from there.
fn list_id(head: &Letterhead<'_>, from: &Mailbox) -> Result<HeaderValue, LetterError> {
    let refused = |reason| LetterError::Header("List-Id", reason);
    let id = &head.newsletter.list_id;
    if id.bytes().any(|b| !b.is_ascii_graphic() || b"<>".contains(&b)) {
        return Err(refused("is a dotted name in ASCII (RFC 2919 2)"));
    }
    let name = one_line(&head.newsletter.name).map_err(refused)?;
    let name = Some(name).filter(|name| !name.is_empty());
    let mailbox = Mailbox::new(name, from.email.clone());
    let mailbox = value(header::Sender::from(mailbox).display()).map_err(refused)?;
    let phrase = mailbox.rsplit_once('<').map_or("", |(phrase, _)| phrase).replace("\r\n", "");
    Ok(plain("List-Id", &format!("{phrase}<{id}>")))
}

/// A field that lettre encodes and folds as unstructured text.
fn plain(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn mark(name: &'static str) -> HeaderValue {
    plain(name, char::from(MARK).encode_utf8(&mut [0; 1]))
}

impl Senders {
    /// From the draft, else from the configuration; the newsletter's name stands in for a missing one.
    pub(super) fn new(
        issue: &crate::compose::Issue,
        head: &Letterhead<'_>,
    ) -> Result<Self, LetterError> {
        let refused = |header| move |reason| LetterError::Header(header, reason);
        let from = issue.from.as_ref().unwrap_or(&head.newsletter.from);
        let name = from.name.as_ref().unwrap_or(&head.newsletter.name);
        let reply_to = issue.reply_to.as_ref().or(head.newsletter.reply_to.as_ref());
        let reply_to = reply_to.map(|to| mailbox(to.name.as_deref(), &to.address)).transpose();
        Ok(Self {
            from: mailbox(Some(name), &from.address).map_err(refused("From"))?,
            reply_to: reply_to.map_err(refused("Reply-To"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn to_value(name: &str) -> Result<String, Reason> {
        to(Some(name), &"ada@example.org".parse().unwrap()).map(Cow::into_owned)
    }

    #[test]
    fn a_name_is_quoted_or_encoded_as_it_needs() {
        assert_eq!(to_value("Ada").unwrap(), "Ada <ada@example.org>");
        assert_eq!(to_value(" ").unwrap(), "ada@example.org");
        assert_eq!(to_value("Ada \"L\"").unwrap(), "\"Ada \\\"L\\\"\" <ada@example.org>");
        assert_eq!(to_value("Zoë").unwrap(), "=?utf-8?b?Wm/Dqw==?= <ada@example.org>");
        let evil = to_value("Eve <eve@example.net>, x").unwrap();
        assert!(evil.starts_with("=?utf-8?b?") && evil.ends_with("?= <ada@example.org>"), "{evil}");
    }

    #[test]
    fn an_address_beyond_ascii_stands_as_it_is_and_its_name_is_encoded() {
        let address = "zoë@example.org".parse().unwrap();
        assert_eq!(to(None, &address).unwrap(), "zoë@example.org");
        assert_eq!(to(Some("Zoë"), &address).unwrap(), "=?utf-8?b?Wm/Dqw==?= <zoë@example.org>");
        let name = "x@y ".repeat(20);
        let long = to(Some(&name), &address).unwrap();
        assert!(long.ends_with("\r\n <zoë@example.org>"), "{long}");
    }

    #[test]
    fn what_no_header_can_hold_is_refused() {
        assert_eq!(to_value("a\r\nBcc: b"), Err(CONTROL));
        assert_eq!(to_value("\0"), Err(CONTROL));
        assert_eq!(to_value(&"a".repeat(1000)), Err(TOO_LONG));
        let foreign = "ö@example.org".parse().unwrap();
        assert!(mailbox(None, &foreign).unwrap_err().contains("SMTPUTF8"));
        assert!(subject_line("=?utf-8?q?x?=").is_err());
        assert_eq!(subject_line("  1+1=?  ").unwrap(), "1+1=?");
    }

    #[test]
    fn a_long_mailbox_is_folded_before_its_address() {
        assert_eq!(
            to_value(&"Ada ".repeat(18)).unwrap(),
            format!("\"{}Ada\"\r\n <ada@example.org>", "Ada ".repeat(17))
        );
    }

    #[test]
    fn the_grammar_knows_a_header_from_what_is_none() {
        assert!(check("A: b\r\n c\r\nD-e: f\r\n").is_ok());
        for bad in [
            "",
            " a",
            "A:b",
            "A: b\r\n\r\n",
            "A: b\r\nc",
            "A: b\n c: d",
            "A: é",
            "A: b\r\n  \r\n",
            "A: \0",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_without_lettre_is_what_lettre_writes(
            name in prop::option::of("[A-Za-z0-9]{0,9}( {0,2}[A-Za-z0-9.é\"<@=?]{0,12}){0,9}|[\\p{L}\\p{N}._-]{1,12}( [\\p{L}a-z]{1,9}){0,3}"),
            local in "[a-z0-9]{1,3}([.+-][a-z0-9]{1,20}){0,3}|zoë",
            domain in "[a-z]{1,30}(\\.[a-z]{1,30}){0,2}\\.org",
            line in "[ -~]{0,90}|([a-z]{1,12} ?){0,12}é?",
            id in "[a-z2-7.]{33}",
        ) {
            if let Ok(address) = format!("{local}@{domain}").parse() {
                let quick = to(name.as_deref(), &address).map(Cow::into_owned);
                prop_assert_eq!(quick, folded_to(name.as_deref(), &address));
            }
            if let Ok(line) = subject_line(&line) {
                let quick = subject(line.clone()).map(Cow::into_owned);
                prop_assert_eq!(quick, folded_subject(line));
            }
            let id = format!("{id}@{domain}");
            let theirs = value(header::MessageId::from(format!("<{id}>")).display());
            prop_assert_eq!(message_id(&id).map(Cow::into_owned), theirs);
        }
    }
}
