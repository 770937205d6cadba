//! What all rules about a draft of 30 KB cost: reading it, its letters, and everything that is said; not composing it.

use divan::{Bencher, black_box};

use postrider::check::document::Document;
use postrider::check::past::Archive;
use postrider::check::weight::Weight;
use postrider::check::{self, Letter, Subject};
use postrider::compose::images::NO_IMAGES;
use postrider::compose::{self, Materials};
use postrider::config::Severities;
use postrider::draft::Draft;
use postrider::finding::Finding;
use postrider::message::token::Key;
use postrider::message::{Letterhead, Letters};
use postrider::rule;

use super::compose::long_draft;
use super::support;

/// The length of the body, in bytes.
const LENGTH: usize = 30 * 1024;

#[divan::bench]
fn thirty_kilobytes(bencher: Bencher<'_, '_>) {
    let draft = long_draft(LENGTH);
    let config = support::example_config();
    let issue = compose::compose(&draft, &Materials::new(&config.newsletter)).unwrap().0;
    let head = Letterhead {
        newsletter: &config.newsletter,
        unsubscribe: &config.unsubscribe,
        key: &Key::new([7; 32]),
        signer: None,
        date: jiff::Timestamp::UNIX_EPOCH,
        test_copy: None,
    };
    let letters = Letters::new(&issue, &head).unwrap();
    let found = |draft: &Draft| -> Vec<Finding> {
        let letter = letter(&letters);
        let subject = Subject {
            draft,
            document: &Document::read(draft),
            issue: Some(&issue),
            letter: Some(&letter),
            images: &NO_IMAGES,
            newsletter: &config.newsletter,
            relay: &config.relay.host,
            configured: true,
            followed: &check::online::LinkStates::new(),
            spam: None,
            now: jiff::Timestamp::UNIX_EPOCH,
            today: jiff::civil::date(2026, 11, 24),
            fields: None,
            past: &Archive::default(),
        };
        check::judge(&subject, Vec::new(), &Severities::new())
    };
    // A draft that is written several times over defines its links as often, and is too long for Gmail.
    let expected = [&rule::LINK_DUPLICATE_REF, &rule::SIZE_CLIP];
    let is_mistake = |finding: &Finding| finding.is_error() && !expected.contains(&finding.rule);
    let mistakes: Vec<Finding> = found(&draft).into_iter().filter(is_mistake).collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    bencher.bench(|| found(black_box(&draft)));
}

fn letter(letters: &Letters) -> Letter {
    let reader = support::reader();
    let raw = letters.render(&reader).unwrap().content.to_vec();
    let weight = Weight::of(&raw);
    let (html, text) = (letters.html(&reader).unwrap(), letters.text(&reader).unwrap());
    Letter { subject: letters.subject(&reader).unwrap(), html, text, raw, weight }
}
