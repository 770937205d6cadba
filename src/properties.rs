//! What holds of any bytes that come in, one property a reader of bytes; each panics where it does not hold.
//!
//! Not part of the program. `cargo test` holds them against the corpus in `fuzz/corpus` and what proptest makes of
//! it; `scripts/fuzz` holds them against whatever libFuzzer finds, for as long as one likes.
#![expect(
    clippy::missing_panics_doc,
    reason = "a property that does not hold panics: that is how it is told"
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use mail_parser::{MessageParser, MimeHeaders as _};

use crate::address::EmailAddress;
use crate::audience::{Field, Row, Status, Subscriber, list, suppression, table, write};
use crate::compose::merge::fill::{Fields, Slot};
use crate::compose::merge::landing;
use crate::compose::merge::scan::{Kind, scan};
use crate::compose::merge::tags::Tags;
use crate::compose::merge::{Piece, Place, Template, expression};
use crate::compose::{self, Issue};
use crate::config::{self, Config};
use crate::draft;
use crate::finding::{self, Finding, is_plain};
use crate::io::smtp;
use crate::message::token::Key;
use crate::message::{Letterhead, Letters};
use crate::source::Source;

/// A property, to be held against any bytes.
pub type Property = fn(&[u8]);

/// All of them, under the names of their fuzz targets and corpora.
pub const ALL: &[(&str, Property)] = &[
    ("address", address),
    ("body", body),
    ("config", configuration),
    ("csv", csv),
    ("departures", departures),
    ("ehlo", smtp::properties::ehlo),
    ("front_matter", front_matter),
    ("list", toml_list),
    ("merge", merge),
    ("mime", mime),
    ("reply", smtp::properties::reply),
    ("token", token),
];

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let source = Source::new("config.example.toml", include_str!("../config.example.toml"));
    config::parse(&source).expect("the example is exemplary").0
});

/// A mistake has a place in the file and a remedy, and its words are one line.
fn presentable(finding: &Finding) {
    assert!(!finding.message.contains('\n'), "{finding:?}");
    assert!(finding.help.is_some() || !finding.is_error(), "no help: {finding:?}");
    assert!(finding.place.is_none_or(|place| place.line > 0 && place.column > 0), "{finding:?}");
}

/// What parses can stand in a command or a header, and parses to itself.
pub fn address(bytes: &[u8]) {
    let Ok(address) = String::from_utf8_lossy(bytes).parse::<EmailAddress>() else { return };
    let forbidden = |c: char| !is_plain(c) || c.is_whitespace() || "<>\",;:\\()[]".contains(c);
    let canonical = address.canonical();
    assert!(!address.as_str().contains(forbidden) && !canonical.contains(forbidden), "{address}");
    assert!(address.as_str().len() <= 254 && address.local_part().len() <= 64, "{address}");
    assert_eq!(address.as_str().parse(), Ok(address.clone()));
    assert_eq!(address.needs_smtputf8(), !address.as_str().is_ascii());
    if let Ok(again) = canonical.parse::<EmailAddress>() {
        assert_eq!(again.canonical(), canonical);
    }
}

/// A draft is read, or all that is wrong with it can be shown.
pub fn front_matter(bytes: &[u8]) {
    let source = match finding::decode("draft.md", bytes.to_vec()) {
        Ok(source) => source,
        Err(finding) => return presentable(&finding),
    };
    let (draft, findings) = draft::read(source);
    findings.iter().for_each(presentable);
    let Some(draft) = draft else {
        return assert!(findings.iter().any(Finding::is_shut), "no draft, and no reason");
    };
    let text = &draft.source.text;
    assert!(text.get(draft.body.start..draft.body.end).is_some(), "{:?}", draft.body);
    if findings.iter().any(Finding::is_shut) {
        return;
    }
    let front = &draft.front;
    let lines = [&front.subject, &front.title].into_iter().chain(&front.preheader);
    for line in lines {
        assert!(!line.trim().is_empty() && line.chars().all(is_plain), "{line:?}");
    }
    assert!(front.subject.len() <= 250);
}

/// A body becomes an issue, or all that is wrong with it can be shown.
pub fn body(bytes: &[u8]) {
    let text = format!("---\nsubject: x\n---\n{}", String::from_utf8_lossy(bytes));
    let Ok((draft, _)) = draft::parse(Source::new("draft.md", text)) else { return };
    match compose::compose(&draft, &compose::Materials::new(&CONFIG.newsletter)) {
        Ok((_, findings)) => findings.iter().for_each(presentable),
        Err(findings) => {
            findings.iter().for_each(presentable);
            assert!(findings.iter().any(Finding::is_shut), "no issue, and no reason");
        }
    }
}

/// Every row is a reader that can be written down and read again, or says what is wrong with it.
pub fn toml_list(bytes: &[u8]) {
    list::Rows::new("list.toml", bytes).for_each(row);
}

/// The same of a table; the first byte chooses what parts its cells.
pub fn csv(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let delimiter = [b',', b';', b'\t'][usize::from(choice % 3)];
    table::Rows::new("list.csv", bytes, delimiter).for_each(row);
}

/// A configuration is read, or all that is wrong with it can be shown.
pub fn configuration(bytes: &[u8]) {
    match finding::decode("config.toml", bytes.to_vec()).map(|source| config::parse(&source)) {
        Ok(Ok((_, findings))) => findings.iter().for_each(presentable),
        Ok(Err(findings)) => {
            findings.iter().for_each(presentable);
            assert!(findings.iter().any(Finding::is_error), "no configuration, and no reason");
        }
        Err(finding) => presentable(&finding),
    }
}

/// A file of those who have left names them, or says what is wrong; a line of a log names a token or nobody.
pub fn departures(bytes: &[u8]) {
    let source = Source::new("gone.csv", String::from_utf8_lossy(bytes));
    for entry in suppression::table::read(&source, jiff::Timestamp::UNIX_EPOCH) {
        match entry {
            Ok(entry) => {
                assert_eq!(entry.email.as_str().parse(), Ok(entry.email.clone()));
                assert!(entry.at <= jiff::Timestamp::UNIX_EPOCH);
            }
            Err(finding) => presentable(&finding),
        }
    }
    for line in source.text.lines() {
        if let suppression::log::Line::Departure { token, .. } =
            suppression::log::read(line, Some("/u/"))
        {
            assert!(!token.contains(char::is_whitespace), "{token:?}");
        }
    }
}

/// No token is good but those that were made here: one with other bytes in it names nobody.
pub fn token(bytes: &[u8]) {
    let key = Key::new([7; 32]);
    let (list, other) = ("notes.example.org", "other.example.org");
    let id = key.subscriber_id(list, "ada@example.org");
    let good = key.token(&key.list_prefix(list), id);
    assert_eq!(key.verify(list, &good), Some(id));
    assert_eq!(key.verify(other, &good), None);
    let mut forged = good.clone().into_bytes();
    for pair in bytes.chunks_exact(2) {
        let at = usize::from(pair[0]) % forged.len();
        forged[at] = pair[1];
    }
    for forged in [&forged[..], bytes] {
        let forged = String::from_utf8_lossy(forged);
        assert!(forged == good || key.verify(list, &forged).is_none(), "{forged}");
    }
}

fn row(row: Row) {
    match row {
        Ok(listed) => {
            let mut written = Vec::new();
            write::block(&listed.subscriber, &mut written).expect("memory takes it");
            let again: Vec<Row> = list::Rows::new("list.toml", &written[..]).collect();
            let [Ok(again)] = &again[..] else { panic!("{again:?}") };
            assert_eq!(again.subscriber, listed.subscriber);
        }
        Err(findings) => {
            assert!(!findings.is_empty());
            findings.iter().for_each(presentable);
        }
    }
}

/// Tags keep every other byte where it is, and no value leaves the place it is put in.
pub fn merge(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut tags = Tags::avoiding(&text);
    let marked = tags.mark_body(&text);
    assert_eq!(marked.len(), text.len());
    assert_eq!(tags.restore(&marked), text);
    let found = scan(&text);
    assert!(found.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
    for found in found.into_iter().filter(|found| found.kind == Kind::Tag) {
        let tag = landing::expression(&text[found.range]);
        if expression::check(tag).is_err() {
            continue;
        }
        for place in
            [Place::Html, Place::UrlPart, Place::Mailbox, Place::Href, Place::Header, Place::Line]
        {
            held(tag, place);
        }
    }
}

/// A value that tries to get out of wherever it is put.
const HOSTILE: &str = "\"><script>'&\r\nBcc: <eve@example.com>\0\u{202e}é";

fn held(expression: &str, place: Place) {
    let Ok(slot) = Slot::new(expression, place) else { return };
    let reader = reader(HOSTILE);
    let fields = Fields::new(&reader, "https://lists.example.org/u/t");
    let Ok(value) = slot.value(&fields) else { return };
    let is_held = match place {
        Place::Html | Place::Href => !value.contains(['<', '>', '"', '\'']),
        Place::UrlPart => value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)),
        Place::Mailbox => {
            value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%@+!$*".contains(&b))
        }
        Place::Header => value.chars().all(is_plain),
        Place::Text | Place::LineStart | Place::LineEnd | Place::Line => {
            value.chars().all(is_plain) && !value.starts_with('>')
        }
    };
    assert!(is_held, "{place:?}: {value:?}");
}

fn reader(value: &str) -> Subscriber {
    Subscriber {
        email: "ada@example.org".parse().expect("an address"),
        name: Some("Ada".into()),
        tags: vec!["vip".into()],
        status: Status::Active,
        fields: BTreeMap::from([("x".to_owned(), Field::Text(value.to_owned()))]),
    }
}

/// A letter of these words around a reader's value; the words are what stands between the first three NULs.
///
/// It is clean on the wire, and a parser that is not ours reads the same words out of it.
pub fn mime(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.splitn(4, '\0').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    let (before, after, subject, value) = (next(), next(), next(), next());
    let slot = |place| Piece::Slot { expression: "x".into(), place };
    let around = |place| Template {
        pieces: vec![Piece::Literal(before.clone()), slot(place), Piece::Literal(after.clone())],
    };
    let issue = Issue {
        subject: Template::literal(subject),
        text: around(Place::Text),
        html: around(Place::Html),
        conditionals: Vec::new(),
        ..ISSUE.clone()
    };
    let head = Letterhead {
        newsletter: &CONFIG.newsletter,
        unsubscribe: &CONFIG.unsubscribe,
        key: &Key::new([7; 32]),
        signer: None,
        date: jiff::Timestamp::UNIX_EPOCH,
        test_copy: None,
    };
    let Ok(letters) = Letters::new(&issue, &head) else { return };
    let ada = reader(&value);
    let message = letters.render(&ada).expect("these slots can be filled");
    let bytes = message.content.to_vec();
    clean_on_the_wire(&bytes);
    let letter = MessageParser::new().parse(&bytes).expect("a letter");
    assert_eq!(letter.parts.len(), 3);
    for (part, wanted) in letter.parts[1..].iter().zip([letters.text(&ada), letters.html(&ada)]) {
        let wanted = wanted.expect("these slots can be filled").replace('\n', "\r\n");
        assert_eq!(part.text_contents(), Some(wanted.as_str()), "{:?}", part.content_type());
    }
    assert_eq!(letter.subject().unwrap_or_default(), letters.subject(&ada).expect("a subject"));
}

static ISSUE: LazyLock<Issue> = LazyLock::new(|| {
    let source = Source::new("x.md", "---\nsubject: x\n---\nx\n");
    let (draft, _) = draft::parse(source).expect("a draft");
    compose::compose(&draft, &compose::Materials::new(&CONFIG.newsletter)).expect("an issue").0
});

/// ASCII, CRLF only, short lines, none that starts with a dot, and no boundary but our own.
fn clean_on_the_wire(bytes: &[u8]) {
    let wire = std::str::from_utf8(bytes).expect("ASCII");
    assert!(wire.is_ascii() && wire.ends_with("\r\n") && !wire.contains('\0'));
    assert!(!wire.replace("\r\n", "").contains(['\r', '\n']));
    assert!(wire.split("\r\n").all(|line| line.len() <= 998 && !line.starts_with('.')));
    let (_, body) = wire.split_once("\r\n\r\n").expect("a body");
    assert!(body.split("\r\n").all(|line| line.len() <= 76 && !line.starts_with("From ")));
    assert_eq!(body.split("\r\n").filter(|line| line.starts_with('-')).count(), 3);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use proptest::sample::Index;
    use proptest::test_runner::{TestError, TestRunner};

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the corpus is beside the sources")]
    fn corpus(name: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() > 4, "{name}");
        files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
    }

    /// One of the corpus with pieces of others put into it, or any bytes.
    fn bytes(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let edit = (any::<Index>(), 0..12_usize, any::<Index>(), any::<Index>(), 0..24_usize);
        let edits = prop::collection::vec(edit, 0..6);
        let edited = (any::<Index>(), edits).prop_map(move |(start, edits)| {
            let mut text = start.get(&corpus).clone();
            for (at, dropped, other, from, taken) in edits {
                let other = other.get(&corpus);
                let from = from.index(other.len() + 1);
                let piece = other[from..other.len().min(from + taken)].to_vec();
                let at = at.index(text.len() + 1);
                text.splice(at..text.len().min(at + dropped), piece);
            }
            text
        });
        prop_oneof![4 => edited, 1 => prop::collection::vec(any::<u8>(), 0..100)]
    }

    fn check(name: &str, property: Property) {
        let corpus = corpus(name);
        for entry in &corpus {
            property(entry);
        }
        // A body takes milliseconds without optimisation; the long looks are `scripts/fuzz`'s.
        let usual = ProptestConfig::default();
        let cases = usual.cases.div_ceil(4);
        let config = ProptestConfig { cases, failure_persistence: None, ..usual };
        let outcome = TestRunner::new(config).run(&bytes(corpus), |bytes| {
            property(&bytes);
            Ok(())
        });
        if let Err(TestError::Fail(why, bytes)) = outcome {
            panic!("{name}: {:?}: {why}", bytes.escape_ascii().to_string());
        }
    }

    #[test]
    fn every_reader_of_bytes_holds_its_property_for_the_corpus_and_its_mutations() {
        for (name, property) in ALL {
            check(name, *property);
        }
    }
}
