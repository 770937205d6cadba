//! What signatures cost a letter of 30 KB, and what its bytes cost: `cargo bench --bench sign`.

#![expect(clippy::unwrap_used, reason = "a benchmark stops where it cannot go on")]

use divan::Bencher;
use postrider::audience::{Status, Subscriber};
use postrider::compose::Materials;
use postrider::message::dkim::{Signer, SigningKey};
use postrider::message::token::Key;
use postrider::message::{Letterhead, Letters};
use postrider::source::Source;
use postrider::{compose, config, draft};

const RSA: &[u8] = include_bytes!("../src/message/dkim/keys/rsa.pem");
const ED25519: &[u8] = include_bytes!("../src/message/dkim/keys/ed25519.pem");

fn main() {
    divan::main();
}

/// Renders one reader's letter again and again, signed with these keys.
fn render(bencher: Bencher<'_, '_>, keys: &[&[u8]]) {
    let example = Source::new("config.toml", include_str!("../config.example.toml"));
    let config = config::parse(&example).unwrap().0;
    let text = "Dear {{ name }}, the tide turns at six, and the heron knows.\n\n".repeat(140);
    let source = Source::new("tide.md", format!("---\nsubject: Tide\n---\n\n{text}"));
    let draft = draft::parse(source).unwrap().0;
    let issue = compose::compose(&draft, &Materials::new(&config.newsletter)).unwrap().0;
    let signer = keys.iter().fold(Signer::new("example.org"), |signer, pem| {
        signer.with("s2026", SigningKey::parse(pem).unwrap())
    });
    let head = Letterhead {
        newsletter: &config.newsletter,
        unsubscribe: &config.unsubscribe,
        key: &Key::new([7; 32]),
        signer: (!keys.is_empty()).then_some(&signer),
        date: jiff::Timestamp::UNIX_EPOCH,
        test_copy: false,
    };
    let letters = Letters::new(&issue, &head).unwrap();
    let reader = Subscriber {
        email: "ada@example.org".parse().unwrap(),
        name: Some("Ada".into()),
        tags: Vec::new(),
        status: Status::Active,
        fields: std::collections::BTreeMap::new(),
    };
    let bytes = letters.render(&reader).unwrap().bytes.len();
    bencher.counter(divan::counter::BytesCount::new(bytes)).bench(|| letters.render(&reader));
}

#[divan::bench]
fn unsigned(bencher: Bencher<'_, '_>) {
    render(bencher, &[]);
}

#[divan::bench]
fn rsa(bencher: Bencher<'_, '_>) {
    render(bencher, &[RSA]);
}

#[divan::bench]
fn ed25519(bencher: Bencher<'_, '_>) {
    render(bencher, &[ED25519]);
}

#[divan::bench]
fn rsa_and_ed25519(bencher: Bencher<'_, '_>) {
    render(bencher, &[RSA, ED25519]);
}
