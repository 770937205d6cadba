//! Mistakes in a configuration.

use super::super::support::desk::Desk;
use super::File::Config;
use super::{told, utf16};

/// The configuration with one line replaced, or with more lines after it.
fn config(line: &str, by: &str) -> String {
    let desk = Desk::new(1, 1);
    let config = desk.read("config.toml");
    assert!(config.contains(line), "no `{line}` in {config}");
    config.replace(line, by)
}

#[test]
fn the_relay_of_a_configuration() {
    insta::assert_snapshot!(told(Config, config("port = 1\n", "port = 1\nuser = \"u\"\npassword = \"hunter2\n")), @r#"
    exit 1
    error[config-invalid]: config.toml:9:20: invalid TOML in `[relay]`: invalid basic string, expected `"`
    help: text stands in double quotes; the line is not shown, because it may hold a secret
    "#);
    insta::assert_snapshot!(told(Config, config("port = 1\n", "port = \"587\"\n")), @r"
    exit 1
    error[config-invalid]: config.toml:7:8: `relay.port` must be a number, got a string
    help: write e.g. `port = 587`
    ");
    insta::assert_snapshot!(told(Config, config("port = 1\n", "port = 1.5\n")), @r"
    exit 1
    error[config-invalid]: config.toml:7:8: `relay.port` must be a whole number, got a number
    help: write e.g. `port = 587`
    ");
    insta::assert_snapshot!(told(Config, config("port = 1\n", "port = 0\n")), @r"
    exit 1
    error[config-invalid]: config.toml:7:8: `relay.port` out of range 1-65535
    help: write e.g. `port = 587`
    ");
    insta::assert_snapshot!(told(Config, config("port = 1\n", "port = 70000\n")), @r"
    exit 1
    error[config-invalid]: config.toml:7:8: `relay.port` out of range 1-65535
    help: write e.g. `port = 587`
    ");
    insta::assert_snapshot!(told(Config, config("\"none\"", "\"starttl\"")), @r"
    exit 1
    error[config-invalid]: config.toml:8:7: `relay.tls` is an unknown mode: `starttl`
    help: did you mean `starttls`? one of `implicit`, `starttls`, `none`
    ");
    insta::assert_snapshot!(told(Config, config("127.0.0.1", "smtp.example.org")), @r#"
    exit 1
    error[config-plaintext]: config.toml:8:7: plaintext SMTP is allowed only to loopback, not to `smtp.example.org`
    help: use `tls = "implicit"` (port 465) or `tls = "starttls"` (port 587)
    "#);
    insta::assert_snapshot!(told(Config, config("port = 1\n", "port = 25\nuser = \"u\"\npassword-env = \"P\"\n")), @r#"
    exit 1
    error[config-port-25]: config.toml:7:8: port 25 does not take submissions with a login
    help: use 465 (`tls = "implicit"`) or 587 (`tls = "starttls"`)
    "#);
    insta::assert_snapshot!(told(Config, config("\"100000/s\"", "0")), @r#"
    exit 1
    error[config-invalid]: config.toml:9:8: `relay.rate` must be text in quotes, got a number
    help: write e.g. `rate = "14/s"`
    "#);
    insta::assert_snapshot!(told(Config, config("100000/s", "0/s")), @r"
    exit 1
    error[config-invalid]: config.toml:9:8: `relay.rate` is not a rate: `0/s`
    help: write a number above 0 and a unit, e.g. `14/s`, `300/min`, `1000/h` or `50000/day`
    ");
    insta::assert_snapshot!(told(Config, config("100000/s", "-1/s")), @r"
    exit 1
    error[config-invalid]: config.toml:9:8: `relay.rate` is not a rate: `-1/s`
    help: write a number above 0 and a unit, e.g. `14/s`, `300/min`, `1000/h` or `50000/day`
    ");
    insta::assert_snapshot!(told(Config, config("100000/s", "nan/s")), @r"
    exit 1
    error[config-invalid]: config.toml:9:8: `relay.rate` is not a rate: `nan/s`
    help: write a number above 0 and a unit, e.g. `14/s`, `300/min`, `1000/h` or `50000/day`
    ");
    insta::assert_snapshot!(told(Config, config("100000/s", "inf/s")), @r"
    exit 1
    error[config-invalid]: config.toml:9:8: `relay.rate` is not a rate: `inf/s`
    help: write a number above 0 and a unit, e.g. `14/s`, `300/min`, `1000/h` or `50000/day`
    ");
    insta::assert_snapshot!(told(Config, config("rate =", "ratee =")), @r"
    exit 1
    error[config-unknown-key]: config.toml:9:1: unknown key `relay.ratee`
    help: did you mean `rate`?
    ");
}

#[test]
fn the_newsletter_of_a_configuration() {
    insta::assert_snapshot!(told(Config, config("\"notes@example.org\"", "\"a@example.org, b@example.org\"")), @r"
    exit 1
    error[from-invalid]: config.toml:3:8: `newsletter.from` must be exactly one address: two addresses in one field
    help: write `Name <name@example.org>` or the bare address
    ");
    insta::assert_snapshot!(told(Config, config("\"notes@example.org\"", "\"a\\r\\nBcc: b@example.org\"")), @r"
    exit 1
    error[from-invalid]: config.toml:3:8: `newsletter.from` must be exactly one address: control character U+000D in the name
    help: write `Name <name@example.org>` or the bare address
    ");
    insta::assert_snapshot!(told(Config, config("\"notes@example.org\"", "\"notes\"")), @r"
    exit 1
    error[from-invalid]: config.toml:3:8: `newsletter.from` must be exactly one address: missing `@`
    help: write `Name <name@example.org>` or the bare address
    ");
    insta::assert_snapshot!(told(Config, config("\"notes@example.org\"", "\"me@gmail.com\"")), @r"
    exit 8
    error[from-freemail]: config.toml:3:8: mail from `gmail.com` must leave through its own relay (DMARC)
    help: use an address at your own domain, or that provider's relay as `relay.host`; `--allow from-freemail` sends all the same
    ");
}

#[test]
fn the_feedback_id_of_a_configuration() {
    insta::assert_snapshot!(told(Config, config("[relay]\n", "feedback-id = \"ab\"\n[relay]\n")), @r"
    exit 1
    error[config-invalid]: config.toml:5:15: `newsletter.feedback-id` ends with a sender id of 2 characters, not 5 to 15
    help: write at most two fields and your sender id of 5 to 15 characters, e.g. `field-notes:newsletter:fieldnotes`; the issue comes before them by itself
    ");
}

#[test]
fn how_readers_leave_in_a_configuration() {
    insta::assert_snapshot!(told(Config, config("https://lists", "http://lists")), @r"
    exit 1
    error[config-unsubscribe-url]: config.toml:18:7: `unsubscribe.url` must be https without fragment (RFC 8058 3.1)
    help: write e.g. `https://lists.example.org/u/{token}`
    ");
    insta::assert_snapshot!(told(Config, config("{token}", "{token}#x")), @r"
    exit 1
    error[config-unsubscribe-url]: config.toml:18:7: `unsubscribe.url` must be https without fragment (RFC 8058 3.1)
    help: write e.g. `https://lists.example.org/u/{token}`
    ");
    insta::assert_snapshot!(told(Config, config("{token}", &format!("{{token}}{}", "x".repeat(200)))), @r"
    exit 1
    error[config-unsubscribe-url]: config.toml:18:7: `unsubscribe.url` is 235 bytes long, more than 200
    help: write e.g. `https://lists.example.org/u/{token}`
    ");
    insta::assert_snapshot!(told(Config, config(
                "[unsubscribe]\nurl = \"https://lists.example.org/u/{token}\"\nmailto = \"unsubscribe@example.org\"\n",
                "",
            )), @r#"
    exit 1
    error[config-missing-key]: config.toml: `unsubscribe.url` and `unsubscribe.mailto` are missing
    help: add `url = "https://lists.example.org/u/{token}"`, `mailto = "unsubscribe@example.org"` or both under `[unsubscribe]`
    "#);
}

#[test]
fn the_signature_of_a_configuration() {
    let with = |dkim: &str| config("[relay]\n", &format!("[dkim]\n{dkim}\n[relay]\n"));
    let key = "key-file = \".postrider/dkim.pem\"";
    insta::assert_snapshot!(told(Config, with(&format!("domain = \"example.org\"\nselector = \"a b\"\n{key}"))), @r"
    exit 1
    error[config-invalid]: config.toml:7:12: `dkim.selector` is not a DNS label: `a b`
    help: use at most 63 letters, digits and inner dashes, e.g. `s2026`
    ");
    insta::assert_snapshot!(told(Config, with(&format!("domain = \"example org\"\nselector = \"a\"\n{key}"))), @r"
    exit 1
    error[config-invalid]: config.toml:6:10: `dkim.domain` is not a domain name: `example org`
    help: write the domain of your From address, e.g. `example.org`
    ");
    insta::assert_snapshot!(told(Config, with(&format!("domain = \"example.org\"\nselector = \"a\"\n{key}"))), @r"
    exit 1
    error[secret-unreadable]: .postrider/dkim.pem: there is no such file
    help: `postrider dkim new` makes a key; it is a file in PEM
    ");
}

#[test]
fn a_configuration_that_is_not_utf_8() {
    insta::assert_snapshot!(told(Config, utf16("\u{feff}[newsletter]\n")), @r"
    exit 1
    error[file-not-utf8]: config.toml: file is UTF-16
    help: save the file as UTF-8
    ");
}
