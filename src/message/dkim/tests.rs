//! Signatures held against a verifier written from the RFC, which shares no line with the signer.

use std::sync::LazyLock;

use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::super::content::{Own, Shell};
use super::*;

const RSA: &str = include_str!("keys/rsa.pem");
const ED25519_KEY: &str = include_str!("keys/ed25519.pem");

static PUBLIC: LazyLock<[Vec<u8>; 2]> =
    LazyLock::new(|| [RSA, ED25519_KEY].map(|pem| key(pem).public().unwrap()));

fn key(pem: &str) -> SigningKey {
    SigningKey::parse(pem.as_bytes()).unwrap()
}

pub(in super::super) fn signer() -> Signer {
    Signer::new("example.org").with("s2026", key(RSA)).with("e2026", key(ED25519_KEY))
}

fn sign(signer: &Signer, fields: &str, body: &str) -> String {
    let seal = Seal::new(signer, 1_793_610_000, fields);
    let shell = Shell::cut(format!("{fields}\r\n\r\n{body}").as_bytes());
    let mut own = Own::beginning_with(seal.blank(), 0, 1);
    own.piece();
    let mut letter = Content::new(shell.into(), own);
    seal.close(&mut letter).unwrap();
    String::from_utf8(letter.to_vec()).unwrap()
}

/// White space of a text reduced, as for a header.
fn reduced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Checks every signature of a letter; gives the selectors of the good ones.
pub(in super::super) fn verified(letter: &str) -> Vec<String> {
    let (head, body) = letter.split_once("\r\n\r\n").unwrap();
    let fields: Vec<String> = head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect();
    let body = canonical::tests::by_the_book(body);
    let of_name = |name: &str| {
        fields.iter().filter(|field| field.split(':').next().unwrap() == name).collect::<Vec<_>>()
    };
    let mut good = Vec::new();
    for field in of_name("DKIM-Signature") {
        let tag = |name: &str| {
            let tags = field.split_once(':').unwrap().1.split(';');
            let found =
                tags.filter_map(|tag| tag.trim().split_once('=')).find(|(its, _)| *its == name);
            found.unwrap_or_else(|| panic!("no `{name}=`")).1.replace(' ', "")
        };
        assert_eq!(tag("bh"), STANDARD.encode(Sha256::digest(&body)));
        let mut text = String::new();
        let names = tag("h");
        let names: Vec<&str> = names.split(':').collect();
        for (at, name) in names.iter().enumerate() {
            let nth = names[..at].iter().filter(|before| before == &name).count();
            if let Some(field) = of_name(name).iter().rev().nth(nth) {
                let value = reduced(field.split_once(':').unwrap().1);
                text = format!("{text}{}:{value}\r\n", name.to_lowercase());
            }
        }
        let unsigned = field.rsplit_once("b=").unwrap().0;
        let value = reduced(unsigned.split_once(':').unwrap().1);
        text = format!("{text}dkim-signature:{value} b=");
        let signature = STANDARD.decode(tag("b")).unwrap();
        let is_good = match tag("a").as_str() {
            "rsa-sha256" => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &PUBLIC[0])
                .verify(text.as_bytes(), &signature),
            _ => UnparsedPublicKey::new(&ED25519, &PUBLIC[1])
                .verify(&Sha256::digest(&text), &signature),
        };
        if is_good.is_ok() {
            good.push(tag("s"));
        }
    }
    good
}

const FIELDS: &str = "From: Ada <ada@example.org>\r\nTo: b@example.net\r\nSubject: Two  words\r\n and a fold\r\nList-Unsubscribe: <https://example.org/u/x>,\r\n <mailto:leave@example.org>\r\nX-Other: 1";

#[test]
fn a_letter_is_signed_with_both_keys() {
    let letter = sign(&signer(), FIELDS, "Hello  there\r\n");
    assert_eq!(verified(&letter), ["s2026", "e2026"]);
    insta::assert_snapshot!(letter.replace("\r\n", "\n"));
    assert!(letter.split("\r\n").all(|line| line.len() <= WIDTH));
    assert_eq!(sign(&signer(), FIELDS, "Hello  there\r\n"), letter, "the same bytes again");
}

#[test]
fn a_field_that_is_added_or_changed_breaks_the_signatures() {
    let letter = sign(&signer(), FIELDS, "Hello\r\n");
    let none: [&str; 0] = [];
    for (from, to) in [
        ("Subject: ", "Subject: x"),
        ("\r\nTo: ", "\r\nTo: c@example.org\r\nTo: "),
        ("\r\nTo: ", "\r\nCc: c@example.org\r\nTo: "),
        ("\r\nTo: ", "\r\nList-Unsubscribe-Post: x\r\nTo: "),
        ("Hello", "Hallo"),
        ("t=1793610000", "t=1793610001"),
    ] {
        assert_eq!(verified_or_none(&letter.replace(from, to)), none, "{to}");
    }
    assert_eq!(verified(&letter.replace("X-Other: 1", "X-Other: 2")).len(), 2);
}

/// As [`verified`], where a body hash that differs is no reason to fail.
fn verified_or_none(letter: &str) -> Vec<String> {
    std::panic::catch_unwind(|| verified(letter)).unwrap_or_default()
}

#[test]
fn keys_are_read_in_both_pem_forms_and_the_rest_is_explained() {
    let pkcs1 = key(include_str!("keys/rsa-pkcs1.pem"));
    assert_eq!(pkcs1.public(), key(RSA).public());
    let error = |pem: &str| SigningKey::parse(pem.as_bytes()).unwrap_err().to_string();
    for small in [include_str!("keys/rsa-1024.pem"), include_str!("keys/rsa-1024-pkcs1.pem")] {
        assert_eq!(error(small), "is an RSA key of 1024 bits, less than 2048");
    }
    assert_eq!(error(include_str!("keys/encrypted.pem")), "is encrypted with a passphrase");
    assert_eq!(error(include_str!("keys/p256.pem")), "holds neither an RSA key nor an Ed25519 key");
    for text in ["", "hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2\n", &RSA[..200]] {
        assert!(error(text).starts_with("holds no private key in PEM"), "{}", error(text));
    }
    let broken = RSA.replace("MII", "MIK");
    assert_eq!(error(&broken), "holds neither an RSA key nor an Ed25519 key");
}

#[test]
fn a_key_does_not_show_itself() {
    let shown = format!("{:?}", signer());
    assert_eq!(
        shown,
        "Signer { domain: \"example.org\", keys: [(\"s2026\", SigningKey(Rsa, ..)), (\"e2026\", SigningKey(Ed25519, ..))] }"
    );
}

#[test]
fn a_record_is_split_into_strings_that_dns_can_hold() {
    let record = Record::new("example.org", "s2026", &key(RSA)).unwrap();
    assert_eq!(record.name, "s2026._domainkey.example.org");
    let line = record.zone_line();
    let strings: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    assert!(strings.len() == 2 && strings.iter().all(|string| string.len() <= 255), "{line}");
    assert_eq!(strings.concat(), record.value);
    let short = Record::new("example.org", "e2026", &key(ED25519_KEY)).unwrap().zone_line();
    assert!(short.starts_with("e2026._domainkey.example.org. IN TXT \"v=DKIM1; k=ed25519; p="));
}

#[test]
fn a_signer_can_be_shared_by_lanes() {
    fn shared<T: Send + Sync>() {}
    shared::<Signer>();
    shared::<Seal>();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_letter_of_ours_verifies(
        subject in "[ -~]{0,60}",
        folded in "[!-~]{1,20}",
        domain in "([a-z]{1,40}\\.){1,5}org",
        lines in prop::collection::vec("[ -~\t]{0,30}", 0..12),
    ) {
        let fields = format!("From: a@example.org\r\nSubject: {subject}\r\n {folded}\r\nDate: x");
        let signer = Signer::new(domain).with("s2026", key(RSA)).with("e2026", key(ED25519_KEY));
        let letter = sign(&signer, &fields, &lines.join("\r\n"));
        prop_assert_eq!(verified(&letter), ["s2026", "e2026"]);
    }
}
