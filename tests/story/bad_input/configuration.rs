//! Mistakes in a configuration.

use super::super::support::desk::Desk;
use super::File::Config;
use super::{Row, check, row, utf16};

/// The configuration with one line replaced, or with more lines after it.
fn config(line: &str, by: &str) -> String {
    let desk = Desk::new(1, 1);
    let config = desk.read("config.toml");
    assert!(config.contains(line), "no `{line}` in {config}");
    config.replace(line, by)
}

#[test]
fn the_relay_of_a_configuration() {
    check(&[
        row(
            Config,
            config("port = 1\n", "port = 1\nuser = \"u\"\npassword = \"hunter2\n"),
            &[
                "error[config-invalid]: config.toml:9:20: invalid TOML in `[relay]`",
                "may hold a secret",
            ],
        ),
        row(
            Config,
            config("port = 1\n", "port = \"587\"\n"),
            &["config.toml:7:8: `relay.port` must be a number, got a string"],
        ),
        row(
            Config,
            config("port = 1\n", "port = 1.5\n"),
            &["config.toml:7:8: `relay.port` must be a whole number"],
        ),
        row(
            Config,
            config("port = 1\n", "port = 0\n"),
            &["config.toml:7:8: `relay.port` out of range 1-65535"],
        ),
        row(Config, config("port = 1\n", "port = 70000\n"), &["`relay.port` out of range 1-65535"]),
        row(
            Config,
            config("\"none\"", "\"starttl\""),
            &[
                "`relay.tls` is an unknown mode: `starttl`",
                "did you mean `starttls`? one of `implicit`, `starttls`, `none`",
            ],
        ),
        row(
            Config,
            config("127.0.0.1", "smtp.example.org"),
            &[
                "error[config-plaintext]: config.toml:8:7: plaintext SMTP is allowed only to loopback",
            ],
        ),
        row(
            Config,
            config("port = 1\n", "port = 25\nuser = \"u\"\npassword-env = \"P\"\n"),
            &["error[config-port-25]: config.toml:7:8: port 25"],
        ),
        row(
            Config,
            config("\"100000/s\"", "0"),
            &["config.toml:9:8: `relay.rate` must be text in quotes"],
        ),
        row(Config, config("100000/s", "0/s"), &["`relay.rate` is not a rate: `0/s`", "above 0"]),
        row(Config, config("100000/s", "-1/s"), &["is not a rate: `-1/s`"]),
        row(Config, config("100000/s", "nan/s"), &["is not a rate: `nan/s`"]),
        row(Config, config("100000/s", "inf/s"), &["is not a rate: `inf/s`"]),
        row(
            Config,
            config("rate =", "ratee ="),
            &[
                "error[config-unknown-key]: config.toml:9:1: unknown key `relay.ratee`",
                "did you mean `rate`?",
            ],
        ),
    ]);
}

#[test]
fn the_newsletter_of_a_configuration() {
    check(&[
        row(
            Config,
            config("\"notes@example.org\"", "\"a@example.org, b@example.org\""),
            &[
                "error[from-invalid]: config.toml:3:8: `newsletter.from` must be exactly one address: two addresses",
            ],
        ),
        row(
            Config,
            config("\"notes@example.org\"", "\"a\\r\\nBcc: b@example.org\""),
            &["error[from-invalid]: config.toml:3:8", "control character U+000D"],
        ),
        row(
            Config,
            config("\"notes@example.org\"", "\"notes\""),
            &["error[from-invalid]: config.toml:3:8", "missing `@`"],
        ),
        Row {
            exit: 8,
            ..row(
                Config,
                config("\"notes@example.org\"", "\"me@gmail.com\""),
                &[
                    "error[from-freemail]: config.toml:3:8: mail from `gmail.com`",
                    "DMARC",
                    "your own domain",
                ],
            )
        },
    ]);
}

#[test]
fn how_readers_leave_in_a_configuration() {
    check(&[
        row(
            Config,
            config("https://lists", "http://lists"),
            &[
                "error[config-unsubscribe-url]: config.toml:",
                "must be https without fragment (RFC 8058 3.1)",
            ],
        ),
        row(Config, config("{token}", "{token}#x"), &["must be https without fragment"]),
        row(
            Config,
            config("{token}", &format!("{{token}}{}", "x".repeat(200))),
            &["more than 200"],
        ),
        row(
            Config,
            config(
                "[unsubscribe]\nurl = \"https://lists.example.org/u/{token}\"\nmailto = \"unsubscribe@example.org\"\n",
                "",
            ),
            &[
                "error[config-missing-key]: config.toml: `unsubscribe.url` and `unsubscribe.mailto` are missing",
            ],
        ),
    ]);
}

#[test]
fn a_configuration_that_is_not_utf_8() {
    check(&[row(Config, utf16("\u{feff}[newsletter]\n"), &["config.toml: file is UTF-16"])]);
}
