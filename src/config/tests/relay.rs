//! `[relay]`: what is refused, and in which words.

use super::*;

#[test]
fn numbers_have_a_kind_and_a_range() {
    assert_eq!(
        relay("port = '587'"),
        [
            "config-invalid 10:8 `relay.port` must be a number, got a string | write e.g. `port = 587`"
        ]
    );
    for port in ["0", "70000", "-1", "99999999999999999999"] {
        assert_eq!(
            relay(&format!("port = {port}")),
            ["config-invalid 10:8 `relay.port` out of range 1-65535 | write e.g. `port = 587`"]
        );
    }
    assert_eq!(
        relay("lanes = 101\nmessages-per-connection = 0"),
        [
            "config-invalid 10:9 `relay.lanes` out of range 1-100 | write e.g. `lanes = 4`",
            "config-invalid 11:27 `relay.messages-per-connection` out of range 1-1000000 | write e.g. `messages-per-connection = 100`",
        ]
    );
}

#[test]
fn connections_are_protected_in_a_known_way() {
    assert_eq!(
        relay("tls = 'starttl'"),
        [
            "config-invalid 9:7 `relay.tls` is an unknown mode: `starttl` | did you mean `starttls`? one of `implicit`, `starttls`, `none`"
        ]
    );
    assert_eq!(
        relay("tls = 'none'"),
        [
            "config-plaintext 9:7 plaintext SMTP is allowed only to loopback, not to `smtp.example.org` | use `tls = \"implicit\"` (port 465) or `tls = \"starttls\"` (port 587)"
        ]
    );
    assert_eq!(
        relay("port = 25\nuser = 'ada'\npassword-env = 'PASSWORD'"),
        [
            "config-port-25 10:8 port 25 does not take submissions with a login | use 465 (`tls = \"implicit\"`) or 587 (`tls = \"starttls\"`)"
        ]
    );
    for host in ["smtp.example.org:465", "smtp://ada:hunter2@smtp.example.org", "a b"] {
        assert_eq!(
            relay(&format!("host = '{host}'")),
            [
                "config-invalid 9:8 `relay.host` is not a host name | write the name alone, e.g. `smtp.example.org`; the port goes into `port`"
            ]
        );
    }
}

#[test]
fn a_login_is_a_user_and_the_place_of_one_password() {
    let ways = "`password-command`, `password-file`, `password-env`";
    assert_eq!(
        relay("user = 'ada'"),
        [format!(
            "config-missing-key 7:2 `relay.user` has no password | add one of {ways}, `token-command` under `[relay]`"
        )]
    );
    assert_eq!(
        relay("user = 'ada'\npassword-env = 'X'\ntoken-command = 'gettoken'"),
        [
            "config-invalid 12:17 `relay.password-env` and `relay.token-command` exclude each other | keep one of them"
        ]
    );
    assert_eq!(
        relay("password-file = 'x'"),
        [
            "config-missing-key 7:2 `relay.password-file` has no user | add `user = \"…\"` under `[relay]`"
        ]
    );
    assert_eq!(
        relay("user = 'ada'\npassword-file = 'x'\npassword-env = 'X'"),
        [
            "config-invalid 12:16 `relay.password-file` and `relay.password-env` exclude each other | keep one of them"
        ]
    );
    let inline = relay("user = 'ada'\npassword-file = 'x'\npassword = 'hunter2'");
    assert_eq!(
        inline,
        [format!(
            "config-invalid 12:1 `relay.password` would put a secret into this file | remove it and use one of {ways}"
        )]
    );
    let pasted = relay("user = 'ada'\npassword-env = 'hunter2!'");
    assert_eq!(
        pasted,
        [
            "config-invalid 11:16 `relay.password-env` must be the name of an environment variable | write e.g. `POSTRIDER_PASSWORD`, not the secret itself"
        ]
    );
    let login =
        config(&replaced(LEAST, "user = 'ada'\npassword-command = 'pass show x'")).relay.login;
    let password = SecretSource::Command("pass show x".into());
    assert_eq!(login, Some(Login { user: "ada".into(), proof: Proof::Password(password) }));
    let login = config(&replaced(LEAST, "user = 'ada'\ntoken-command = 'gettoken'")).relay.login;
    assert_eq!(login, Some(Login { user: "ada".into(), proof: Proof::Token("gettoken".into()) }));
}

#[test]
fn limits_are_whole_numbers_for_the_relay_and_for_single_domains() {
    let text = "limits = ['50000/day', '10000/hour']\n[relay.domain-limits]\n'Gmail.com' = '20/min'\n'bücher.de' = '5/s'";
    let relay_of = config(&replaced(LEAST, text)).relay;
    let limit = |text: &str| text.parse::<Limit>().unwrap();
    assert_eq!(relay_of.limits, [limit("50000/day"), limit("10000/h")]);
    let domains =
        [("gmail.com".into(), limit("20/min")), ("xn--bcher-kva.de".into(), limit("5/s"))];
    assert_eq!(relay_of.domain_limits, domains);
    let help = crate::rate::LIMIT_HELP;
    assert_eq!(
        relay("limits = ['many', 3]"),
        [
            format!("config-invalid 10:11 `relay.limits` is not a limit: `many` | {help}"),
            format!(
                "config-invalid 10:19 `relay.limits` must hold text in quotes, got a number | {help}"
            ),
        ]
    );
    assert_eq!(
        relay("[relay.domain-limits]\n'gmail.com' = 20\n'gmail' = '0.5/s'\n'x.org' = '1/s'\n'X.org' = '2/s'"),
        [
            "config-invalid 11:15 `relay.domain-limits.gmail.com` must be text in quotes, got a number | write e.g. `\"gmail.com\" = \"20/min\"`".to_owned(),
            "config-invalid 12:1 `gmail` is not the domain of an address | write it in quotes, e.g. `\"gmail.com\" = \"20/min\"`".into(),
            format!("config-invalid 12:11 `relay.domain-limits.gmail` is not a limit: `0.5/s` | {help}"),
            "config-invalid 14:1 `x.org` has a limit already | keep one of them".into(),
        ]
    );
}

#[test]
fn rates_and_durations_are_words_with_a_unit() {
    for rate in ["0/s", "-1/s", "nan/s", "inf/s", "14", "14/week"] {
        assert_eq!(
            relay(&format!("rate = '{rate}'")),
            [format!(
                "config-invalid 10:8 `relay.rate` is not a rate: `{rate}` | {}",
                crate::rate::RATE_HELP
            )]
        );
    }
    for rate in ["0", "-1", "nan", "inf"] {
        assert_eq!(
            relay(&format!("rate = {rate}")),
            [
                "config-invalid 10:8 `relay.rate` must be text in quotes, got a number | write e.g. `rate = \"14/s\"`"
            ]
        );
    }
    let text = "retry = ['90s', '1h30m']\ngive-up = '48h'\nwait = '500ms'\n[relay.timeouts]\ndot = '20 minutes'";
    let relay_of = config(&replaced(LEAST, text)).relay;
    assert_eq!(relay_of.backoff.waits, [Duration::from_secs(90), Duration::from_mins(90)]);
    assert_eq!(
        (relay_of.wait, relay_of.timeouts.dot),
        (Duration::from_millis(500), Duration::from_mins(20))
    );
    let help = "write a number and a unit, e.g. `90s`, `5m` or `24h`";
    assert_eq!(
        relay(
            "wait = 'soon'\nretry = ['5m', 'x', '0s', 3]\ngive-up = '-1h'\n[relay.timeouts]\ndot = '0s'\nblock = '1000000h'"
        ),
        [
            format!("config-invalid 10:8 `relay.wait` is not a duration: `soon` | {help}"),
            format!("config-invalid 11:16 `relay.retry` is not a duration: `x` | {help}"),
            format!(
                "config-invalid 11:21 `relay.retry` must be at least 1000ms, got `0s` | {help}"
            ),
            format!(
                "config-invalid 11:27 `relay.retry` must hold text in quotes, got a number | {help}"
            ),
            format!("config-invalid 12:11 `relay.give-up` is not a duration: `-1h` | {help}"),
            format!(
                "config-invalid 14:7 `relay.timeouts.dot` must be at least 1ms, got `0s` | {help}"
            ),
            format!(
                "config-invalid 15:9 `relay.timeouts.block` must be at most a year, got `1000000h` | {help}"
            ),
        ]
    );
}

#[test]
fn a_preset_fills_in_what_is_known_and_every_key_goes_before_it() {
    let of = |relay: &str| {
        config(&format!(
            "[newsletter]\nname = 'Harbour Notes'\nfrom = 'notes@example.org'\nlist-id = 'notes.example.org'\n\
             [relay]\n{relay}\n[unsubscribe]\nmailto = 'leave@example.org'\n"
        ))
        .relay
    };
    let outlook = of("preset = 'outlook'");
    assert_eq!(
        (outlook.host.as_str(), outlook.port, outlook.tls),
        ("smtp.office365.com", 587, Tls::StartTls)
    );
    let words = |limits: &[Limit]| limits.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((outlook.lanes, outlook.rate.to_string()), (3, "30/min".into()));
    assert_eq!(words(&outlook.limits), ["10000/day"]);
    let own = of(
        "preset = 'outlook'\nlanes = 2\nrate = '10/min'\nlimits = []\nhost = 'mail.example.org'",
    );
    assert_eq!(
        (own.host.as_str(), own.lanes, own.rate.to_string()),
        ("mail.example.org", 2, "10/min".into())
    );
    assert_eq!(own.limits, []);
    let gmail = of("preset = 'gmail'");
    assert_eq!((gmail.port, words(&gmail.limits)), (465, vec!["500/day".to_owned()]));
    assert_eq!(of("preset = 'gmail'\ntls = 'starttls'").port, 587);
    let postfix = of("preset = 'postfix'\nhost = 'localhost'");
    assert_eq!((postfix.lanes, postfix.idle.as_secs(), postfix.tls), (50, 9, Tls::None));
    for name in ["postmark", "mailgun"] {
        assert_eq!(of(&format!("preset = '{name}'")).port, 587, "{name}");
    }
    let ses = of("preset = 'ses'\nhost = 'email-smtp.eu-west-1.amazonaws.com'");
    assert_eq!((ses.port, ses.tls), (465, Tls::Implicit));
}

#[test]
fn a_preset_that_is_not_there_is_named_with_the_nearest_and_a_host_may_still_be_missing() {
    assert_eq!(
        relay("preset = 'sess'"),
        [
            "config-invalid 10:10 `relay.preset` is an unknown relay: `sess` | did you mean `ses`? one of `ses`, `postmark`, `mailgun`, `gmail`, `outlook`, `postfix`; or leave it out and write `host` and `tls`"
        ]
    );
    let text = LEAST.replace("host = ", "preset = 'ses' # ");
    let all = mistakes(&text);
    assert!(
        all.iter().any(|line| line.contains("add `host = \"email-smtp.eu-west-1.amazonaws.com\"`")),
        "{all:#?}"
    );
}
