//! What must hold for letters whatever people type, held against a parser that is not ours.

use mail_parser::{MessageParser, MimeHeaders as _};
use proptest::prelude::*;

use super::tests::{
    ORDER, afresh, field_names, issue, letters, letters_with, literal, newsletter, reader,
    single_spaced, slot, unsubscribe,
};
use super::*;
use crate::compose::merge::Place;
use crate::mailbox::Mailbox;

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
        let Ok(letters) = letters_with(&issue, &newsletter(), &unsubscribe(), None) else {
            return Err(TestCaseError::reject("a subject that is refused"));
        };
        let Ok(message) = letters.render(&ada) else {
            prop_assert!(!letters.unresolved(&ada).is_empty());
            return Err(TestCaseError::reject("a subject that is refused"));
        };
        prop_assert_eq!(&letters.render(&ada).unwrap(), &message);

        // On the wire.
        let bytes = message.content.to_vec();
        let wire = std::str::from_utf8(&bytes).unwrap();
        prop_assert!(wire.is_ascii() && wire.ends_with("\r\n") && !wire.contains('\0'));
        prop_assert!(!wire.replace("\r\n", "").contains(['\r', '\n']));
        let (_, body) = wire.split_once("\r\n\r\n").unwrap();
        prop_assert!(wire.split("\r\n").all(|line| line.len() <= 998 && !line.starts_with('.')));
        prop_assert!(body.split("\r\n").all(|line| line.len() <= 76 && !line.starts_with("From ")));
        prop_assert!(body.split("\r\n").all(|line| !line.ends_with([' ', '\t'])));
        let dashed: Vec<&str> = body.split("\r\n").filter(|line| line.starts_with('-')).collect();
        prop_assert_eq!(dashed.len(), 3);
        prop_assert!(dashed.iter().all(|line| line.trim_end_matches('-') == dashed[0]));
        prop_assert_eq!(field_names(&bytes), &ORDER);
        prop_assert_eq!(dkim::tests::verified(wire), ["s2026", "e2026"]);

        // Decoded.
        let expected = afresh(&letters, &ada, &message);
        let parser = MessageParser::new();
        let (ours, theirs) = (parser.parse(&bytes).unwrap(), parser.parse(&expected).unwrap());
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
            let bytes = message.content.to_vec();
            prop_assert_eq!(field_names(&bytes), &ORDER);
            let parsed = MessageParser::new().parse(&bytes).unwrap();
            let to: Vec<_> = parsed.to().unwrap().iter().map(|to| to.address().unwrap().to_owned()).collect();
            prop_assert_eq!(to, ["ada@example.net"]);
            prop_assert!(parsed.bcc().is_none() && parsed.cc().is_none());
        }
    }

    #[test]
    fn whatever_people_type_the_fields_are_ours_once_each(
        typed in prop::collection::vec(prop_oneof![any::<String>(), one_line(), awkward()], 6),
    ) {
        let named = |name: &str, address: &str| Mailbox {
            name: Some(name.to_owned()),
            address: address.parse().unwrap(),
        };
        let newsletter = Newsletter {
            name: typed[0].clone(),
            from: named(&typed[1], "news@example.org"),
            reply_to: Some(named(&typed[2], "editor@example.org")),
            ..newsletter()
        };
        let subject = vec![literal(&typed[3]), slot("tags", Place::Header), slot("x", Place::Header)];
        let mut issue = issue(subject, vec![literal("Hi\n")], vec![literal("<p>Hi</p>\n")]);
        issue.id.clone_from(&typed[4]);
        let Ok(letters) = letters_with(&issue, &newsletter, &unsubscribe(), None) else { return Ok(()) };
        let mut ada = reader(Some(&typed[5]), &[("x", &typed[4])]);
        ada.tags = vec![typed[3].clone()];
        let Ok(message) = letters.render(&ada) else { return Ok(()) };
        let bytes = message.content.to_vec();
        prop_assert_eq!(field_names(&bytes), &ORDER);
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let names: Vec<String> =
            parsed.headers().iter().map(|header| header.name().to_lowercase()).collect();
        prop_assert_eq!(names, ORDER.map(str::to_lowercase));
        let head = String::from_utf8_lossy(&bytes);
        let (head, _) = head.split_once("\r\n\r\n").unwrap();
        for line in head.split("\r\n") {
            prop_assert!(line.len() <= 998);
            let rest = line.split_once(": ").map_or(line, |(_, rest)| rest);
            // A line may only be longer where it has no space to be folded at, but for that after the field's name.
            prop_assert!(line.len() <= 78 || !rest.trim().contains(' '), "{line}");
            let words = line.split(' ').filter(|word| word.starts_with("=?"));
            prop_assert!(words.into_iter().all(|word| word.len() <= 75), "{line}");
        }
    }

    #[test]
    fn a_newsletter_may_have_any_name(name in one_line()) {
        let newsletter = Newsletter { name, ..newsletter() };
        let plain = issue(vec![literal("Hi")], vec![literal("Hi\n")], vec![literal("<p>Hi</p>\n")]);
        let letters = letters_with(&plain, &newsletter, &unsubscribe(), None).unwrap();
        let message = letters.render(&reader(None, &[])).unwrap();
        let bytes = message.content.to_vec();
        prop_assert_eq!(field_names(&bytes), &ORDER);
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let name = Some(single_spaced(&newsletter.name)).filter(|name| !name.is_empty());
        let from = parsed.from().unwrap().first().unwrap();
        prop_assert_eq!((from.name(), from.address()), (name.as_deref(), Some("news@example.org")));
        let list = parsed.list_id().as_address().unwrap().first().unwrap().clone();
        prop_assert_eq!((list.name(), list.address()), (name.as_deref(), Some("field-notes.example.org")));
    }
}
