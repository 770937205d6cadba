//! Letters as a whole, held against a parser that is not ours and against letters that lettre builds afresh.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{MultiPart, SinglePart};
use mail_parser::{MessageParser, MimeHeaders as _};
use proptest::prelude::*;

use super::*;
use crate::audience::{Field, Status};
use crate::compose::merge::Place;
use crate::config::SecretSource;
use crate::mailbox::Mailbox;

static SIGNER: LazyLock<Signer> = LazyLock::new(dkim::tests::signer);

const DATE: i64 = 1_793_610_000;

const ORDER: [&str; 16] = [
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
    "List-Post",
    "Precedence",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
];

fn newsletter() -> Newsletter {
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
    }
}

fn unsubscribe() -> Unsubscribe {
    Unsubscribe {
        url: Some("https://lists.example.org/u/{token}".into()),
        mailto: Some("unsubscribe@example.org".parse().unwrap()),
        secret: SecretSource::Env("SECRET".into()),
    }
}

fn reader(name: Option<&str>, fields: &[(&str, &str)]) -> Subscriber {
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

fn slot(expression: &str, place: Place) -> Piece {
    Piece::Slot { expression: expression.into(), place }
}

fn literal(text: &str) -> Piece {
    Piece::Literal(text.into())
}

fn issue(subject: Vec<Piece>, text: Vec<Piece>, html: Vec<Piece>) -> Issue {
    Issue {
        id: "issue-42".into(),
        subject: Template { pieces: subject },
        html: Template { pieces: html },
        text: Template { pieces: text },
        from: None,
        images: Vec::new(),
        reply_to: None,
        digest: String::new(),
    }
}

fn letters_with(
    issue: &Issue,
    newsletter: &Newsletter,
    unsubscribe: &Unsubscribe,
    test_copy: bool,
) -> Result<Letters, LetterError> {
    let date = jiff::Timestamp::from_second(DATE).unwrap();
    let key = Key::new([7; 32]);
    Letters::new(
        issue,
        &Letterhead { newsletter, unsubscribe, key: &key, signer: Some(&SIGNER), date, test_copy },
    )
}

fn letters(issue: &Issue) -> Letters {
    letters_with(issue, &newsletter(), &unsubscribe(), false).unwrap()
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
fn field_names(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let fields = head.split("\r\n").filter(|line| !line.starts_with(' '));
    fields.map(|line| line.split_once(':').unwrap().0.to_owned()).collect()
}

fn single_spaced(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The letter that lettre alone would make of the filled strings, with its own encoders.
fn afresh(letters: &Letters, reader: &Subscriber, message: &Message) -> Vec<u8> {
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
    let text = String::from_utf8(message.bytes).unwrap().replace("\r\n", "\n");
    insta::assert_snapshot!("letter.eml", text);
}

#[test]
fn without_a_key_a_letter_is_the_same_but_for_its_signatures() {
    let (newsletter, unsubscribe, key) = (newsletter(), unsubscribe(), Key::new([7; 32]));
    let (newsletter, unsubscribe, key) = (&newsletter, &unsubscribe, &key);
    let date = jiff::Timestamp::from_second(DATE).unwrap();
    let head = Letterhead { newsletter, unsubscribe, key, signer: None, date, test_copy: false };
    let ada = reader(Some("Ada"), &[]);
    let unsigned = Letters::new(&sample(), &head).unwrap().render(&ada).unwrap().bytes;
    let signed = letters(&sample()).render(&ada).unwrap().bytes;
    assert!(unsigned.starts_with(b"Date: ") && signed.starts_with(b"DKIM-Signature: "));
    assert!(signed.ends_with(&unsigned));
}

#[test]
fn a_test_copy_says_so_and_has_an_id_of_its_own() {
    let test = letters_with(&sample(), &newsletter(), &unsubscribe(), true).unwrap();
    let ada = reader(Some("Ada"), &[]);
    assert_eq!(test.subject(&ada).unwrap(), "[TEST] Café notes for Ada");
    assert_ne!(test.render(&ada).unwrap().id, letters(&sample()).render(&ada).unwrap().id);
}

#[test]
fn without_an_https_address_nothing_promises_one_click() {
    let mailto = Unsubscribe { url: None, ..unsubscribe() };
    let letters = letters_with(&sample(), &newsletter(), &mailto, false).unwrap();
    let ada = reader(Some("Ada"), &[]);
    let url = letters.unsubscribe_url(&ada);
    assert!(url.starts_with("mailto:unsubscribe@example.org?subject=unsubscribe%20A"), "{url}");
    let names = field_names(&letters.render(&ada).unwrap().bytes);
    assert!(names.contains(&"List-Unsubscribe".to_owned()));
    assert!(!names.contains(&"List-Unsubscribe-Post".to_owned()));

    let nothing = Unsubscribe { url: None, mailto: None, ..unsubscribe() };
    let plain = issue(vec![literal("Hi")], vec![literal("Hi\n")], vec![literal("<p>Hi</p>\n")]);
    let letters = letters_with(&plain, &newsletter(), &nothing, false).unwrap();
    let names = field_names(&letters.render(&ada).unwrap().bytes);
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
    assert!(letters(&sample()).render(&ada).unwrap().bytes.is_ascii());
    let zoe = Subscriber { email: "zoë@example.org".parse().unwrap(), ..ada };
    let letter = letters(&sample()).render(&zoe).unwrap();
    let text = std::str::from_utf8(&letter.bytes).unwrap();
    let beyond: Vec<&str> = text.lines().filter(|line| !line.is_ascii()).collect();
    assert_eq!(beyond, ["To: =?utf-8?b?Wm/Dqw==?= <zoë@example.org>"]);
}

#[test]
fn a_name_no_header_can_hold_is_refused_before_anything_is_sent() {
    let plain = issue(vec![literal("Hi")], vec![literal("Hi\n")], vec![literal("<p>Hi</p>\n")]);
    let said = letters(&plain).unresolved(&reader(Some("a\r\nBcc: eve@example.com"), &[]));
    assert_eq!(said.len(), 1, "{said:?}");
    let bad = issue(vec![literal("Hi\r\nBcc: eve@example.com")], Vec::new(), Vec::new());
    let error = letters_with(&bad, &newsletter(), &unsubscribe(), false).unwrap_err();
    assert!(matches!(error, LetterError::Header("Subject", _)), "{error}");
    for name in ["a\r\nb", "\u{1}"] {
        let newsletter = Newsletter { name: name.into(), ..newsletter() };
        assert!(letters_with(&plain, &newsletter, &unsubscribe(), false).is_err());
    }
    for url in ["https://example.org/ {token}", "https://example.org/>{token}"] {
        let unsubscribe = Unsubscribe { url: Some(url.into()), ..unsubscribe() };
        let error = letters_with(&plain, &newsletter(), &unsubscribe, false).unwrap_err();
        assert_eq!(error, LetterError::UnsubscribeUrl);
    }
}

#[test]
fn an_issue_without_words_is_still_a_letter() {
    let empty = issue(Vec::new(), Vec::new(), Vec::new());
    let message = letters(&empty).render(&reader(None, &[])).unwrap();
    let parsed = MessageParser::new().parse(&message.bytes).unwrap();
    assert_eq!(parsed.body_text(0).unwrap(), "");
    assert_eq!(parsed.body_html(0).unwrap(), "");
}

#[test]
fn the_letters_of_an_issue_can_be_shared_by_lanes() {
    fn shared<T: Send + Sync>() {}
    shared::<Letters>();
}

/// Text that is hard on line encoders and on readers of headers.
fn awkward() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        "[a-zA-Z ,]{0,12}",
        "\\PC{0,12}",
        "[x=]{60,90}",
        "[é漢😀]{1,40}",
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just(".\n..\n".to_owned()),
        Just("\n--=_".to_owned()),
        Just("\nFrom ".to_owned()),
        Just(" \t\n".to_owned()),
        Just(" ".to_owned()),
        Just("\r".to_owned()),
        Just("\0<\">".to_owned()),
    ];
    prop::collection::vec(bit, 0..8).prop_map(|bits| bits.concat())
}

fn pieces(slot_piece: Piece) -> impl Strategy<Value = Vec<Piece>> {
    let piece = prop_oneof![awkward().prop_map(|text| literal(&text)), Just(slot_piece)];
    prop::collection::vec(piece, 0..7)
}

fn one_line() -> impl Strategy<Value = String> {
    "[\\PC--\u{0}]{0,40}|[a-zé :<>@,;\"\\\\()=?]{0,120}|(Łódź |x ){0,30}"
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spliced_letter_is_clean_on_the_wire_and_says_what_lettre_would_have_said(
        text in pieces(slot("x", Place::Text)),
        html in pieces(slot("x", Place::Html)),
        subject in one_line(),
        name in one_line(),
        value in awkward(),
        topic in one_line(),
    ) {
        prop_assume!(!topic.trim().is_empty());
        let subject = vec![literal(&subject), slot("topic", Place::Header), literal(&subject)];
        let issue = issue(subject, text, html);
        let ada = reader(Some(&name), &[("x", &value), ("topic", &topic)]);
        let Ok(letters) = letters_with(&issue, &newsletter(), &unsubscribe(), false) else {
            return Err(TestCaseError::reject("a subject that is refused"));
        };
        let Ok(message) = letters.render(&ada) else {
            prop_assert!(!letters.unresolved(&ada).is_empty());
            return Err(TestCaseError::reject("a subject that is refused"));
        };
        prop_assert_eq!(&letters.render(&ada).unwrap(), &message);

        // On the wire.
        let wire = std::str::from_utf8(&message.bytes).unwrap();
        prop_assert!(wire.is_ascii() && wire.ends_with("\r\n") && !wire.contains('\0'));
        prop_assert!(!wire.replace("\r\n", "").contains(['\r', '\n']));
        let (_, body) = wire.split_once("\r\n\r\n").unwrap();
        prop_assert!(wire.split("\r\n").all(|line| line.len() <= 998 && !line.starts_with('.')));
        prop_assert!(body.split("\r\n").all(|line| line.len() <= 76 && !line.starts_with("From ")));
        prop_assert!(body.split("\r\n").all(|line| !line.ends_with([' ', '\t'])));
        let dashed: Vec<&str> = body.split("\r\n").filter(|line| line.starts_with('-')).collect();
        prop_assert_eq!(dashed.len(), 3);
        prop_assert!(dashed.iter().all(|line| line.trim_end_matches('-') == dashed[0]));
        prop_assert_eq!(field_names(&message.bytes), &ORDER);
        prop_assert_eq!(dkim::tests::verified(wire), ["s2026", "e2026"]);

        // Decoded.
        let expected = afresh(&letters, &ada, &message);
        let parser = MessageParser::new();
        let (ours, theirs) = (parser.parse(&message.bytes).unwrap(), parser.parse(&expected).unwrap());
        prop_assert_eq!(ours.parts.len(), 3);
        prop_assert_eq!((ours.text_body_count(), ours.html_body_count()), (1, 1));
        for (ours, theirs) in ours.parts[1..].iter().zip(&theirs.parts[1..]) {
            prop_assert_eq!(ours.text_contents(), theirs.text_contents());
            prop_assert_eq!(ours.content_type().unwrap().subtype(), theirs.content_type().unwrap().subtype());
        }
        let crlf = |text: String| text.replace('\n', "\r\n");
        prop_assert_eq!(ours.parts[1].text_contents().unwrap(), crlf(letters.text(&ada).unwrap()));
        prop_assert_eq!(ours.parts[2].text_contents().unwrap(), crlf(letters.html(&ada).unwrap()));
        for (ours, theirs) in [
            (ours.from(), theirs.from()),
            (ours.to(), theirs.to()),
            (ours.reply_to(), theirs.reply_to()),
        ] {
            prop_assert_eq!(ours, theirs);
        }
        prop_assert_eq!(ours.subject(), theirs.subject());
        prop_assert_eq!(ours.subject().unwrap(), letters.subject(&ada).unwrap());
        let name = Some(single_spaced(&name)).filter(|name| !name.is_empty());
        prop_assert_eq!(ours.to().unwrap().first().unwrap().name(), name.as_deref());
        prop_assert_eq!(ours.message_id(), theirs.message_id());
        prop_assert_eq!(ours.date(), theirs.date());
    }

    #[test]
    fn nobody_can_add_a_field_or_an_address(
        name in "[a-zé \r\n\0<>\",:;@.()\\\\=?]{0,60}",
        topic in "(\r\n|\n|\r|\0)?[a-z]{0,9}(\r\n|\n|\r|\0|: )[a-z <>@.,:\"]{0,40}",
    ) {
        let issue = issue(
            vec![literal("On "), slot("topic", Place::Text)],
            vec![slot("topic", Place::Text)],
            vec![slot("topic", Place::Html)],
        );
        let letters = letters(&issue);
        if let Ok(message) = letters.render(&reader(Some(&name), &[("topic", &topic)])) {
            prop_assert_eq!(field_names(&message.bytes), &ORDER);
            let parsed = MessageParser::new().parse(&message.bytes).unwrap();
            let to: Vec<_> = parsed.to().unwrap().iter().map(|to| to.address().unwrap().to_owned()).collect();
            prop_assert_eq!(to, ["ada@example.net"]);
            prop_assert!(parsed.bcc().is_none() && parsed.cc().is_none());
        }
    }

    #[test]
    fn a_newsletter_may_have_any_name(name in one_line()) {
        let newsletter = Newsletter { name, ..newsletter() };
        let plain = issue(vec![literal("Hi")], vec![literal("Hi\n")], vec![literal("<p>Hi</p>\n")]);
        let letters = letters_with(&plain, &newsletter, &unsubscribe(), false).unwrap();
        let message = letters.render(&reader(None, &[])).unwrap();
        prop_assert_eq!(field_names(&message.bytes), &ORDER);
        let parsed = MessageParser::new().parse(&message.bytes).unwrap();
        let name = Some(single_spaced(&newsletter.name)).filter(|name| !name.is_empty());
        let from = parsed.from().unwrap().first().unwrap();
        prop_assert_eq!((from.name(), from.address()), (name.as_deref(), Some("news@example.org")));
        let list = parsed.list_id().as_address().unwrap().first().unwrap().clone();
        prop_assert_eq!((list.name(), list.address()), (name.as_deref(), Some("field-notes.example.org")));
    }
}
