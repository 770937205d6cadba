//! A letter of about 20 KB with five merged fields, and a reader for it: what the benchmarks measure with.

use std::collections::BTreeMap;

use postrider::audience::{Field, Status, Subscriber};
use postrider::compose::Materials;
use postrider::config::Config;
use postrider::message::dkim::{Signer, SigningKey};
use postrider::message::token::Key;
use postrider::message::{Letterhead, Letters};
use postrider::source::Source;
use postrider::{compose, config, draft};

pub(crate) const RSA: &[u8] = include_bytes!("../../src/message/dkim/keys/rsa.pem");
pub(crate) const ED25519: &[u8] = include_bytes!("../../src/message/dkim/keys/ed25519.pem");

/// The configuration of the example file.
pub(crate) fn example_config() -> Config {
    let text = include_str!("../../config.example.toml");
    config::parse(&Source::new("config.example.toml", text)).unwrap().0
}

/// Five plain fields, in the text and in a link, between paragraphs that all readers share.
pub(crate) fn draft() -> String {
    let said = "The tide turns at six, and the heron knows: *slowly* over the flats, past the old pier of the café, \
                and back before the light goes. Whoever walks there at dawn will find [the boards](https://example.org/boards) wet.";
    let shared = format!("{said}\n\n").repeat(20);
    format!(
        "---\nsubject: Tide tables\n---\n\nDear {{{{ name | default(\"reader\") }}}} of {{{{ city }}}},\n\n{shared}\
         You are number {{{{ number }}}} as {{{{ email }}}}: [your page](https://example.org/u/{{{{ nick }}}}).\n"
    )
}

/// All letters of a draft, signed with these keys.
pub(crate) fn letters(text: &str, keys: &[&[u8]]) -> Letters {
    let config = example_config();
    let draft = draft::parse(Source::new("tide.md", text)).unwrap().0;
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
        test_copy: None,
    };
    Letters::new(&issue, &head).unwrap()
}

/// A reader of such letters.
pub(crate) fn reader() -> Subscriber {
    let text = |value: &str| Field::Text(value.into());
    Subscriber {
        email: "ada.lovelace@example.org".parse().unwrap(),
        name: Some("Ada Lovelace".into()),
        tags: vec!["weekly".into()],
        status: Status::Active,
        fields: BTreeMap::from([
            ("city".into(), text("Köln")),
            ("nick".into(), text("ada")),
            ("number".into(), Field::Integer(1815)),
        ]),
    }
}
