//! Configurations as they come, with the exact words that bad ones are answered with.

mod example;
mod relay;
mod theme;

use super::*;
use crate::source::Place;

/// The least that is a configuration.
const LEAST: &str = "\
[newsletter]
name = 'Notes'
from = 'notes@example.org'
list-id = 'notes.example.org'
[unsubscribe]
mailto = 'leave@example.org'
[relay]
host = 'smtp.example.org'
tls = 'implicit'
";

/// One finding as `rule line:column message | help`.
fn line(finding: &Finding) -> String {
    assert_eq!(finding.excerpt, None, "a line of a configuration is never shown");
    let place =
        finding.place.map_or(String::new(), |Place { line, column }| format!("{line}:{column} "));
    let help = finding.help.as_ref().map_or(String::new(), |help| format!(" | {help}"));
    format!("{} {place}{}{help}", finding.rule.id, finding.message)
}

fn read(text: &str) -> Result<(Config, Vec<String>), Vec<String>> {
    parse(&Source::new("config.toml", text))
        .map(|(config, remarks)| (config, remarks.iter().map(line).collect()))
        .map_err(|findings| findings.iter().map(line).collect())
}

fn config(text: &str) -> Config {
    let (config, remarks) = read(text).unwrap_or_else(|all| panic!("{text}\n{all:#?}"));
    assert_eq!(remarks, Vec::<String>::new(), "{text}");
    config
}

/// The mistakes when `lines` are added to the least configuration, in `[relay]`, or replace the same key there.
fn relay(lines: &str) -> Vec<String> {
    mistakes(&replaced(LEAST, lines))
}

fn mistakes(text: &str) -> Vec<String> {
    read(text).err().unwrap_or_else(|| panic!("no mistake in\n{text}"))
}

/// `text` with the lines of the same keys taken away and `lines` put at its end.
fn replaced(text: &str, lines: &str) -> String {
    let keys: Vec<&str> = lines.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let kept = |line: &&str| !keys.iter().any(|key| line.starts_with(key));
    text.lines().filter(kept).chain(lines.lines()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_least_configuration_has_sensible_defaults() {
    let Config { relay, newsletter, .. } = config(LEAST);
    assert_eq!((relay.port, relay.lanes, relay.messages_per_connection), (465, 4, 100));
    assert_eq!(relay.rate.to_string(), "14/s");
    assert_eq!(relay.backoff.waits, [5, 15, 60, 240].map(Duration::from_mins));
    assert_eq!((relay.backoff.give_up, relay.wait), (Duration::from_hours(24), Duration::ZERO));
    assert_eq!(newsletter.language, "en");
    assert_eq!(config(&replaced(LEAST, "tls = 'starttls'")).relay.port, 587);
    for host in ["127.0.0.1", "localhost", "::1", "[::1]"] {
        let local =
            config(&replaced(LEAST, &format!("tls = 'none'\nhost = '{host}'\nport = 2525"))).relay;
        assert_eq!((local.tls, local.port), (Tls::None, 2525));
    }
    let local =
        config(&LEAST.replace("tls = 'implicit'", "").replace("smtp.example.org", "localhost"))
            .relay;
    assert_eq!((local.tls, local.port), (Tls::None, 25));
}

#[test]
fn what_is_missing_is_listed_in_one_run() {
    assert_eq!(
        mistakes(""),
        [
            "config-missing-key `newsletter.name` is missing | add `name = \"Field Notes\"` under `[newsletter]`",
            "config-missing-key `newsletter.from` is missing | add `from = \"Field Notes <notes@example.org>\"` under `[newsletter]`",
            "config-missing-key `newsletter.list-id` is missing | add `list-id = \"field-notes.example.org\"` under `[newsletter]`",
            "config-missing-key `relay.host` is missing | add `host = \"smtp.example.org\"` under `[relay]`",
            "config-missing-key `unsubscribe.url` and `unsubscribe.mailto` are missing | add `url = \"https://lists.example.org/u/{token}\"`, `mailto = \"unsubscribe@example.org\"` or both under `[unsubscribe]`",
        ]
    );
    assert_eq!(
        mistakes(&LEAST.replace("tls = 'implicit'", "")),
        [
            "config-missing-key 7:2 `relay.tls` is missing | add `tls = \"implicit\"` or `tls = \"starttls\"` under `[relay]`"
        ]
    );
}

#[test]
fn broken_toml_is_placed_but_never_shown() {
    let help = "text stands in double quotes; the line is not shown, because it may hold a secret";
    for secret in
        ["password = hunter2", "password-file = \"hunter2", "password-env hunter2", "'hunter2"]
    {
        for finding in parse(&Source::new("config.toml", format!("{LEAST}{secret}\n"))).unwrap_err()
        {
            let shown = line(&finding);
            assert!(shown.starts_with("config-invalid 1"), "{shown}");
            assert!(shown.contains("invalid TOML in `[relay]`: "), "{shown}");
            assert!(shown.ends_with(help), "{shown}");
            assert!(!format!("{finding:?}").contains("hunter2"), "{finding:?}");
        }
    }
    assert_eq!(
        relay("lanes = 2\nlanes = 3"),
        ["config-invalid 11:1 key `lanes` given twice in `[relay]` | keep one of them"]
    );
}

#[test]
fn the_sender_is_one_address_at_a_domain_of_ones_own() {
    let help = "write `Name <name@example.org>` or the bare address";
    for (from, why) in [
        ("a@example.org, b@example.org", "two addresses in one field"),
        ("a@example.org\\nBcc: x", "control character U+000A in the name"),
        ("ada", "missing `@`"),
        ("ada@", "missing domain"),
    ] {
        assert_eq!(
            mistakes(&LEAST.replace("'notes@example.org'", &format!("\"{from}\""))),
            [format!(
                "from-invalid 3:8 `newsletter.from` must be exactly one address: {why} | {help}"
            )]
        );
    }
    let through = |from: &str, host: &str| {
        let text = LEAST.replace("notes@example.org", from).replace("smtp.example.org", host);
        read(&text).unwrap().1
    };
    for (from, host) in [
        ("a@gmail.com", "smtp.gmail.com"),
        ("a@gmx.de", "mail.gmx.net"),
        ("a@yahoo.example.org", "smtp.example.org"),
    ] {
        assert_eq!(through(from, host), Vec::<String>::new());
    }
    for domain in [
        "gmail.com",
        "googlemail.com",
        "yahoo.co.uk",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "gmx.de",
    ] {
        assert_eq!(
            through(&format!("a@{domain}"), "smtp.example.org"),
            [format!(
                "from-freemail 3:8 mail from `{domain}` must leave through its own relay (DMARC) | use an address at your own domain, or that provider's relay as `relay.host`"
            )]
        );
    }
}

#[test]
fn an_unsubscribe_address_is_https_and_holds_the_token_once() {
    let help = "write e.g. `https://lists.example.org/u/{token}`";
    for (url, why) in [
        ("http://example.org/{token}", "must be https without fragment (RFC 8058 3.1)"),
        ("https://example.org/{token}#x", "must be https without fragment (RFC 8058 3.1)"),
        ("https://example.org/u", "must hold `{token}` exactly once, got it 0 times"),
        ("https://example.org/{token}/{token}", "must hold `{token}` exactly once, got it 2 times"),
        ("https://example.org/{token}> x", "holds a character that is not allowed in a URL"),
        ("https:///{token}", "has no host"),
        ("https://{token}.example.org/", "must hold `{token}` after the host"),
    ] {
        assert_eq!(
            mistakes(&LEAST.replace("mailto =", &format!("url = '{url}'\nmailto ="))),
            [format!("config-unsubscribe-url 6:7 `unsubscribe.url` {why} | {help}")]
        );
    }
    let long = format!("https://example.org/{}/{{token}}", "x".repeat(180));
    assert_eq!(
        mistakes(&LEAST.replace("mailto = 'leave@example.org'", &format!("url = '{long}'"))),
        [format!(
            "config-unsubscribe-url 6:7 `unsubscribe.url` is 208 bytes long, more than 200 | {help}"
        )]
    );
    assert_eq!(
        mistakes(&LEAST.replace("'leave@", "'mailto:leave@")),
        [
            "config-invalid 6:10 `unsubscribe.mailto` must be exactly one address: `:` is not allowed before the `@` | write the bare address, e.g. `unsubscribe@example.org`"
        ]
    );
}

#[test]
fn a_dkim_section_names_a_key_that_dns_can_hold() {
    let with = |lines: &str| format!("{LEAST}[dkim]\n{lines}");
    let config = config(&with("selector = 'S2026'\nkey-file = 'dkim/s2026.pem'"));
    let dkim = config.dkim.unwrap();
    assert_eq!((dkim.domain.as_str(), dkim.keys.len()), ("example.org", 1));
    assert_eq!(dkim.keys[0].selector, "s2026");
    assert_eq!(
        mistakes(&with("domain = 'example'")),
        [
            "config-missing-key 10:2 `dkim.selector` is missing | add `selector = \"s2026\"` under `[dkim]`",
            "config-missing-key 10:2 `dkim.key-file` is missing | add `key-file = \"dkim/s2026.pem\"` under `[dkim]`",
            "config-invalid 11:10 `dkim.domain` is not a domain name: `example` | write the domain of your From address, e.g. `example.org`",
        ]
    );
    assert_eq!(
        mistakes(&with("selector = 'a b'\nkey-file = 'x'\ned25519-selector = 'e_1'")),
        [
            "config-missing-key 10:2 `dkim.ed25519-key-file` is missing | add `ed25519-key-file = \"dkim/e2026.pem\"` under `[dkim]`",
            "config-invalid 11:12 `dkim.selector` is not a DNS label: `a b` | use at most 63 letters, digits and inner dashes, e.g. `s2026`",
            "config-invalid 13:20 `dkim.ed25519-selector` is not a DNS label: `e_1` | use at most 63 letters, digits and inner dashes, e.g. `s2026`",
        ]
    );
    assert_eq!(
        mistakes(&with(
            "selector = 'a'\nkey-file = 'x'\ned25519-selector = 'a'\ned25519-key-file = 'y'"
        )),
        [
            "config-invalid 13:20 `dkim.ed25519-selector` is that of the RSA key; a name in DNS has one key | give the second key a selector of its own, e.g. `e2026`"
        ]
    );
}

#[test]
fn what_headers_say_of_the_newsletter_is_held_to_their_forms() {
    let with = |lines: &str| LEAST.replace("[unsubscribe]", &format!("{lines}\n[unsubscribe]"));
    let newsletter = config(&with(
        "archive-url = 'https://bücher.example/Ausgaben/ä'\nfeedback-id = 'weekly:fieldnotes'\nbounce = 'b+{token}@example.org'",
    ))
    .newsletter;
    let archive = "https://xn--bcher-kva.example/Ausgaben/%C3%A4";
    assert_eq!(newsletter.archive_url.as_deref(), Some(archive));
    assert_eq!(newsletter.feedback_id.as_deref(), Some("weekly:fieldnotes"));
    assert!(newsletter.bounce.unwrap().has_place());
    let help = "write at most two fields and your sender id of 5 to 15 characters, e.g. `field-notes:newsletter:fieldnotes`; the issue comes before them by itself";
    for (id, why) in [
        ("ab", "ends with a sender id of 2 characters, not 5 to 15"),
        ("a:sixteen-letters-", "ends with a sender id of 16 characters, not 5 to 15"),
        ("a:b:c:sender", "has 4 fields, more than 3"),
        ("a::sender", "has a field that is not 1 to 40 of a-z, A-Z, 0-9, `.`, `_` and `-`: ``"),
        ("a b:sender", "has a field that is not 1 to 40 of a-z, A-Z, 0-9, `.`, `_` and `-`: `a b`"),
    ] {
        assert_eq!(
            mistakes(&with(&format!("feedback-id = '{id}'"))),
            [format!("config-invalid 5:15 `newsletter.feedback-id` {why} | {help}")]
        );
    }
    assert_eq!(
        mistakes(&with("archive-url = 'ftp://example.org'\nbounce = '{token}@{token}.org'")),
        [
            "config-invalid 5:15 `newsletter.archive-url` is not a web address: `ftp://example.org` | write e.g. `https://example.org/issues/`, at most 500 characters",
            "config-invalid 6:10 `newsletter.bounce` must be exactly one address: `{token}.org` is not a domain name | write the bare address, e.g. `bounces@example.org`",
        ]
    );
}

#[test]
fn unknown_keys_are_answered_with_the_right_one() {
    let unknown = |lines: &str| mistakes(&format!("{LEAST}{lines}"));
    assert_eq!(
        unknown("ratee = '1/s'"),
        ["config-unknown-key 10:1 unknown key `relay.ratee` | did you mean `rate`?"]
    );
    assert_eq!(
        unknown(
            "messages_per_connection = 5\nreply-to = 'x'\n[relayy]\nhost = 'x'\n[relay.timeouts]\ndots = 'x'\n[state]\ncolour = 1"
        ),
        [
            "config-unknown-key 10:1 unknown key `relay.messages_per_connection` | did you mean `messages-per-connection`?",
            "config-unknown-key 11:1 unknown key `relay.reply-to` | `reply-to` belongs under `[newsletter]`",
            "config-unknown-key 12:2 unknown section `[relayy]` | did you mean `[relay]`?",
            "config-unknown-key 15:1 unknown key `relay.timeouts.dots` | did you mean `dot`?",
            "config-unknown-key 17:1 unknown key `state.colour` | the keys of `[state]` are `dir`",
        ]
    );
    assert_eq!(
        mistakes(&format!("lanes = 3\naudience = 'x'\n{LEAST}")),
        [
            "config-unknown-key 1:1 unknown key `lanes` | `lanes` belongs under `[relay]`",
            "config-invalid 2:1 `audience` must be a section, got a string | write `[audience]`",
        ]
    );
}

#[test]
fn the_newsletter_is_identified_in_a_form_that_headers_bear() {
    let text = LEAST
        .replace("notes.example.org'", "notes'")
        .replace("'Notes'", "\"No\\ttes\"")
        .replace("[unsubscribe]", "language = 'en_GB'\nbase-url = 'example.org'\n[unsubscribe]");
    assert_eq!(
        mistakes(&text),
        [
            "config-invalid 2:8 `newsletter.name` holds a control character | write one line of visible characters",
            "config-invalid 4:11 `newsletter.list-id` is not a list id (RFC 2919): `notes` | write names with dots between, ending in your domain, e.g. `field-notes.example.org`",
            "config-invalid 5:12 `newsletter.language` is not a language tag: `en_GB` | write a BCP 47 tag, e.g. `en` or `pt-BR`",
            "config-invalid 6:12 `newsletter.base-url` is not a web address to build on: `example.org` | write e.g. `https://example.org/issues/`, without `?` and `#`",
        ]
    );
    let based = config(
        &LEAST.replace("[unsubscribe]", "base-url = 'https://example.org/x'\n[unsubscribe]"),
    );
    assert_eq!(based.newsletter.base_url.as_deref(), Some("https://example.org/x/"));
    assert_eq!(
        mistakes(&LEAST.replace("'Notes'", "' '")),
        [
            "config-invalid 2:8 `newsletter.name` is empty | write a value, or remove the key if it is optional"
        ]
    );
}

#[test]
fn a_byte_order_mark_and_carriage_returns_move_no_place() {
    config(&LEAST.replace('\n', "\r\n"));
    let marked = mistakes(&format!("\u{feff}{LEAST}port = 0"));
    assert_eq!(
        marked,
        ["config-invalid 10:8 `relay.port` out of range 1-65535 | write e.g. `port = 587`"]
    );
}

#[test]
fn a_list_given_by_mistake_is_not_parsed() {
    let list = "[[subscriber]]\nemail = 'a@example.org'\n".repeat(2_000);
    assert_eq!(
        mistakes(&list),
        [
            "config-invalid 78000 bytes are too many for a configuration | give `--config` the path of your `config.toml`"
        ]
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_makes_the_parser_panic_or_show_the_password(
        key in proptest::sample::select(KEYS),
        value in "\\PC{0,20}|\"\\PC{0,20}\"|'[ -~é]{0,20}'|-?[0-9]{1,30}|\\[{0,100}|[\"'\\[\\]{}=.#\n\r\t a-z]{0,30}",
        rest in "[\"'\\[\\]{}=.#\n\r\t a-zé]{0,60}",
    ) {
        let (section, name) = key.rsplit_once('.').unwrap();
        let text = format!("[relay]\npassword = hunter2\n[{section}]\n{name} = {value}\n{rest}");
        for text in [text.clone(), text.replace("= hunter2", "= 'hunter2'"), rest] {
            if let Err(findings) = parse(&Source::new("config.toml", text)) {
                for finding in findings {
                    let shown = format!("{finding:?}");
                    proptest::prop_assert!(!shown.contains("hunter2"));
                }
            }
        }
    }
}
