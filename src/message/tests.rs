//! Letters as a whole, held against a parser that is not ours and against letters that lettre builds afresh.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{MultiPart, SinglePart};
use mail_parser::MessageParser;

use super::*;
use crate::audience::{Field, Status};
use crate::compose::merge::Place;
use crate::config::SecretSource;
use crate::mailbox::Mailbox;

static SIGNER: LazyLock<Signer> = LazyLock::new(dkim::tests::signer);

const DATE: i64 = 1_793_610_000;

pub(super) const ORDER: [&str; 18] = [
    "DKIM-Signature",
    "DKIM-Signature",
    "Date",
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Archive",
    "List-Post",
    "Feedback-ID",
    "Precedence",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
];

pub(super) fn newsletter() -> Newsletter {
    let mailbox = |name: Option<&str>, address: &str| Mailbox {
        name: name.map(str::to_owned),
        address: address.parse().unwrap(),
    };
    Newsletter {
        name: "Field Notes".into(),
        from: mailbox(None, "news@example.org"),
        reply_to: Some(mailbox(Some("The Editor"), "editor@example.org")),
        list_id: "field-notes.example.org".into(),
        language: "en".into(),
        postal_address: None,
        base_url: None,
        archive_url: Some("https://example.org/notes/".into()),
        feedback_id: Some("field-notes:newsletter:fldnotes".into()),
        bounce: None,
    }
}

pub(super) fn unsubscribe() -> Unsubscribe {
    Unsubscribe {
        url: Some("https://lists.example.org/u/{token}".into()),
        mailto: Some("unsubscribe@example.org".parse().unwrap()),
        secret: SecretSource::Env("SECRET".into()),
    }
}

pub(super) fn reader(name: Option<&str>, fields: &[(&str, &str)]) -> Subscriber {
    Subscriber {
        email: "ada@example.net".parse().unwrap(),
        name: name.map(str::to_owned),
        tags: Vec::new(),
        status: Status::Active,
        fields: fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Field::Text((*value).to_owned())))
            .collect::<BTreeMap<_, _>>(),
    }
}

pub(super) fn slot(expression: &str, place: Place) -> Piece {
    Piece::Slot { expression: expression.into(), place }
}

pub(super) fn literal(text: &str) -> Piece {
    Piece::Literal(text.into())
}

pub(super) fn issue(subject: Vec<Piece>, text: Vec<Piece>, html: Vec<Piece>) -> Issue {
    Issue {
        id: "issue-42".into(),
        subject: Template { pieces: subject },
        html: Template { pieces: html },
        text: Template { pieces: text },
        conditionals: Vec::new(),
        from: None,
        images: Vec::new(),
        reply_to: None,
        digest: String::new(),
    }
}

pub(super) fn letters_with(
    issue: &Issue,
    newsletter: &Newsletter,
    unsubscribe: &Unsubscribe,
    test_copy: Option<jiff::civil::Time>,
) -> Result<Letters, LetterError> {
    let date = jiff::Timestamp::from_second(DATE).unwrap();
    let key = Key::new([7; 32]);
    Letters::new(
        issue,
        &Letterhead { newsletter, unsubscribe, key: &key, signer: Some(&SIGNER), date, test_copy },
    )
}

pub(super) fn letters(issue: &Issue) -> Letters {
    letters_with(issue, &newsletter(), &unsubscribe(), None).unwrap()
}

fn sample() -> Issue {
    issue(
        vec![literal("Café notes for "), slot("name", Place::Header)],
        vec![
            literal("Dear "),
            slot("name", Place::Text),
            literal(",\n\n.dots, -dashes and\nFrom here a long line: "),
            literal(&"naïve ".repeat(20)),
            literal("\n\nLeave: "),
            slot("unsubscribe_url", Place::Text),
            literal("\n"),
        ],
        vec![
            literal("<!doctype html>\n<p>Dear "),
            slot("name", Place::Html),
            literal(",</p>\n<p><a href=\""),
            slot("unsubscribe_url", Place::Href),
            literal("\">Leave</a> or <a href=\"https://example.org/?c="),
            slot("city | default('')", Place::UrlPart),
            literal("\">stay</a></p>\n"),
        ],
    )
}

/// The names of the header fields of raw bytes, read by eye and not by a parser.
pub(super) fn field_names(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let fields = head.split("\r\n").filter(|line| !line.starts_with(' '));
    fields.map(|line| line.split_once(':').unwrap().0.to_owned()).collect()
}

pub(super) fn single_spaced(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The letter that lettre alone would make of the filled strings, with its own encoders.
pub(super) fn afresh(letters: &Letters, reader: &Subscriber, message: &Message) -> Vec<u8> {
    let mailbox = |name: Option<&str>, address: &str| {
        lettre::message::Mailbox::new(name.map(str::to_owned), address.parse().unwrap())
    };
    let name = reader.name.as_deref().map(single_spaced).filter(|name| !name.is_empty());
    let part = |content_type: &str, body: String| {
        SinglePart::builder()
            .header(ContentType::parse(content_type).unwrap())
            .header(ContentTransferEncoding::Base64)
            .body(body)
    };
    lettre::Message::builder()
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(DATE.unsigned_abs()))
        .from(mailbox(Some("Field Notes"), "news@example.org"))
        .reply_to(mailbox(Some("The Editor"), "editor@example.org"))
        .to(mailbox(name.as_deref(), reader.email.as_str()))
        .subject(letters.subject(reader).unwrap())
        .message_id(Some(format!("<{}>", message.id)))
        .multipart(
            MultiPart::alternative()
                .boundary("afresh")
                .singlepart(part("text/plain; charset=utf-8", letters.text(reader).unwrap()))
                .singlepart(part("text/html; charset=utf-8", letters.html(reader).unwrap())),
        )
        .unwrap()
        .formatted()
}

#[test]
fn one_letter_in_full() {
    let letters = letters(&sample());
    let message = letters.render(&reader(Some("Zoë O'Hara"), &[("city", "São Paulo")])).unwrap();
    assert_eq!(message.envelope.reverse_path.as_str(), "news@example.org");
    assert_eq!(message.envelope.recipient.as_str(), "ada@example.net");
    let text = String::from_utf8(message.content.to_vec()).unwrap().replace("\r\n", "\n");
    insta::assert_snapshot!("letter.eml", text);
}

#[test]
fn without_a_key_a_letter_is_the_same_but_for_its_signatures() {
    let (newsletter, unsubscribe, key) = (newsletter(), unsubscribe(), Key::new([7; 32]));
    let (newsletter, unsubscribe, key) = (&newsletter, &unsubscribe, &key);
    let date = jiff::Timestamp::from_second(DATE).unwrap();
    let head = Letterhead { newsletter, unsubscribe, key, signer: None, date, test_copy: None };
    let ada = reader(Some("Ada"), &[]);
    let unsigned = Letters::new(&sample(), &head).unwrap().render(&ada).unwrap().content.to_vec();
    let signed = letters(&sample()).render(&ada).unwrap().content.to_vec();
    assert!(unsigned.starts_with(b"Date: ") && signed.starts_with(b"DKIM-Signature: "));
    assert!(signed.ends_with(&unsigned));
}

#[test]
fn a_test_copy_says_so_and_has_an_id_of_its_own() {
    let time = jiff::civil::time(14, 32, 7, 0);
    let test = letters_with(&sample(), &newsletter(), &unsubscribe(), Some(time)).unwrap();
    let ada = reader(Some("Ada"), &[]);
    assert_eq!(test.subject(&ada).unwrap(), "[TEST 14:32] Café notes for Ada");
    assert_ne!(test.render(&ada).unwrap().id, letters(&sample()).render(&ada).unwrap().id);
}

#[test]
fn without_an_https_address_nothing_promises_one_click() {
    let mailto = Unsubscribe { url: None, ..unsubscribe() };
    let letters = letters_with(&sample(), &newsletter(), &mailto, None).unwrap();
    let ada = reader(Some("Ada"), &[]);
    let url = letters.unsubscribe_url(&ada);
    assert!(url.starts_with("mailto:unsubscribe@example.org?subject=unsubscribe%20A"), "{url}");
    let names = field_names(&letters.render(&ada).unwrap().content.to_vec());
    assert!(names.contains(&"List-Unsubscribe".to_owned()));
    assert!(!names.contains(&"List-Unsubscribe-Post".to_owned()));

    let nothing = Unsubscribe { url: None, mailto: None, ..unsubscribe() };
    let plain = issue(vec![literal("Hi")], vec![literal("Hi\n")], vec![literal("<p>Hi</p>\n")]);
    let letters = letters_with(&plain, &newsletter(), &nothing, None).unwrap();
    let names = field_names(&letters.render(&ada).unwrap().content.to_vec());
    assert!(!names.contains(&"List-Unsubscribe".to_owned()));
}

#[test]
fn the_link_in_a_letter_names_its_reader() {
    let ada = reader(Some("Ada"), &[]);
    let url = letters(&sample()).unsubscribe_url(&ada);
    let token = url.strip_prefix("https://lists.example.org/u/").unwrap();
    let key = Key::new([7; 32]);
    let id = key.subscriber_id("field-notes.example.org", "ada@example.net");
    assert_eq!(key.verify("field-notes.example.org", token), Some(id));
}

#[test]
fn a_bounce_comes_back_to_an_address_that_names_the_letter() {
    let bouncing = |bounce: &str| {
        let newsletter = Newsletter { bounce: Some(bounce.parse().unwrap()), ..newsletter() };
        let letters = letters_with(&sample(), &newsletter, &unsubscribe(), None).unwrap();
        letters.render(&reader(Some("Ada"), &[])).unwrap()
    };
    let fixed = bouncing("bounces@bounce.example.org").envelope.reverse_path;
    assert_eq!(fixed.as_str(), "bounces@bounce.example.org");
    let message = bouncing("b+{token}@bounce.example.org");
    let path = message.envelope.reverse_path.as_str();
    let token = path.strip_prefix("b+").unwrap().strip_suffix("@bounce.example.org").unwrap();
    let bounced = Key::new([7; 32]).verify_bounce(token).unwrap();
    let (issue, rest) = message.id.split_once('.').unwrap();
    assert!(issue.starts_with(&bounced.issue) && rest.starts_with(&bounced.reader));
    assert!(!String::from_utf8(message.content.to_vec()).unwrap().contains("bounce.example.org"));
}

#[test]
fn a_request_to_leave_by_mail_can_carry_the_token_in_its_address() {
    let mailto = Some("leave+{token}@example.org".parse().unwrap());
    let unsubscribe = Unsubscribe { url: None, mailto, ..unsubscribe() };
    let letters = letters_with(&sample(), &newsletter(), &unsubscribe, None).unwrap();
    let url = letters.unsubscribe_url(&reader(Some("Ada"), &[]));
    let token = url.strip_prefix("mailto:leave+").unwrap();
    let token = token.strip_suffix("@example.org?subject=unsubscribe").unwrap();
    assert!(Key::new([7; 32]).verify("field-notes.example.org", token).is_some());
}

#[test]
fn foreign_domains_leave_in_ascii() {
    let from = Mailbox { name: None, address: "news@bücher.example".parse().unwrap() };
    let newsletter = Newsletter { from, reply_to: None, ..newsletter() };
    let letters = letters_with(&sample(), &newsletter, &unsubscribe(), None).unwrap();
    let ada = Subscriber {
        email: "ada@пример.example".parse().unwrap(),
        ..reader(Some("Ада"), &[])
    };
    let message = letters.render(&ada).unwrap();
    let wire = String::from_utf8(message.content.to_vec()).unwrap();
    assert!(wire.contains("<ada@xn--e1afmkfd.example>") && wire.is_ascii());
    assert!(wire.contains("From: \"Field Notes\" <news@xn--bcher-kva.example>\r\n"));
    assert_eq!(message.envelope.recipient.as_str(), "ada@xn--e1afmkfd.example");
    assert_eq!(message.envelope.reverse_path.as_str(), "news@xn--bcher-kva.example");
    assert!(message.id.ends_with("@xn--bcher-kva.example"));
}

#[test]
fn all_that_stands_against_a_letter_is_said_once() {
    let nameless = reader(None, &[]);
    let said: Vec<String> =
        letters(&sample()).unresolved(&nameless).iter().map(ToString::to_string).collect();
    assert_eq!(said, ["`name` is empty"]);
    assert_eq!(letters(&sample()).render(&nameless).unwrap_err().len(), 1);
    assert_eq!(letters(&sample()).unresolved(&reader(Some("Ada"), &[])), []);
}

#[test]
fn only_a_letter_whose_recipient_needs_it_leaves_ascii() {
    let ada = reader(Some("Zoë"), &[]);
    assert!(letters(&sample()).render(&ada).unwrap().content.to_vec().is_ascii());
    let zoe = Subscriber { email: "zoë@example.org".parse().unwrap(), ..ada };
    let letter = letters(&sample()).render(&zoe).unwrap().content.to_vec();
    let text = std::str::from_utf8(&letter).unwrap();
    let beyond: Vec<&str> = text.lines().filter(|line| !line.is_ascii()).collect();
    assert_eq!(beyond, ["To: =?utf-8?b?Wm/Dqw==?= <zoë@example.org>"]);
}

#[test]
fn a_name_no_header_can_hold_is_refused_before_anything_is_sent() {
    let plain = issue(vec![literal("Hi")], vec![literal("Hi\n")], vec![literal("<p>Hi</p>\n")]);
    let said = letters(&plain).unresolved(&reader(Some("a\r\nBcc: eve@example.com"), &[]));
    assert_eq!(said.len(), 1, "{said:?}");
    let bad = issue(vec![literal("Hi\r\nBcc: eve@example.com")], Vec::new(), Vec::new());
    let error = letters_with(&bad, &newsletter(), &unsubscribe(), None).unwrap_err();
    assert!(matches!(error, LetterError::Header("Subject", _)), "{error}");
    for name in ["a\r\nb", "\u{1}"] {
        let newsletter = Newsletter { name: name.into(), ..newsletter() };
        assert!(letters_with(&plain, &newsletter, &unsubscribe(), None).is_err());
    }
    for url in ["https://example.org/ {token}", "https://example.org/>{token}"] {
        let unsubscribe = Unsubscribe { url: Some(url.into()), ..unsubscribe() };
        let error = letters_with(&plain, &newsletter(), &unsubscribe, None).unwrap_err();
        assert_eq!(error, LetterError::UnsubscribeUrl);
    }
}

#[test]
fn an_issue_without_words_is_still_a_letter() {
    let empty = issue(Vec::new(), Vec::new(), Vec::new());
    let message = letters(&empty).render(&reader(None, &[])).unwrap().content.to_vec();
    let parsed = MessageParser::new().parse(&message).unwrap();
    assert_eq!(parsed.body_text(0).unwrap(), "");
    assert_eq!(parsed.body_html(0).unwrap(), "");
}

#[test]
fn the_letters_of_an_issue_can_be_shared_by_lanes() {
    fn shared<T: Send + Sync>() {}
    shared::<Letters>();
}
