//! XOAUTH2 and OAUTHBEARER: a command gives a token for each connection, and nothing ever shows it.

use super::*;
use crate::support::desk::Desk;

/// `user=ada@example.org^Aauth=Bearer ya29.tokenN^A^A` in base64, for the tokens 1 and 2.
const ANSWERS: [&str; 2] = [
    "dXNlcj1hZGFAZXhhbXBsZS5vcmcBYXV0aD1CZWFyZXIgeWEyOS50b2tlbjEBAQ==",
    "dXNlcj1hZGFAZXhhbXBsZS5vcmcBYXV0aD1CZWFyZXIgeWEyOS50b2tlbjIBAQ==",
];

fn offering_tokens() -> Script {
    Script::new().offering(&["AUTH PLAIN LOGIN XOAUTH2"])
}

#[tokio::test]
async fn a_token_is_asked_for_each_connection() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let command = format!("echo x >> {0}; echo ya29.token$(wc -l < {0})", count.display());
    let relay = Relay::start(offering_tokens());
    let way = Way::to(relay.port()).token(&command);
    for number in 0..2 {
        send_afresh(&way, &letter_to(&format!("reader{number}@example.net"))).await.unwrap();
    }
    let logins: Vec<String> =
        relay.commands().into_iter().filter(|line| line.starts_with("AUTH")).collect();
    assert_eq!(logins, ANSWERS.map(|answer| format!("AUTH XOAUTH2 {answer}")));
}

#[tokio::test]
async fn a_token_that_is_refused_is_tried_once_and_the_refusal_comes_after_an_empty_line() {
    let reason = Act::reply("334 eyJzdGF0dXMiOiI0MDEifQ==");
    let relay = Relay::start(offering_tokens().on(Phase::Auth, reason));
    let error = Way::to(relay.port()).token("echo ya29.token1").refused().await;
    let reply = Reply::new(535, "5.7.8 not accepted");
    assert_eq!(error, OpenError::Refused { stage: Stage::Auth, reply });
    let auth = format!("AUTH XOAUTH2 {}", ANSWERS[0]);
    assert_eq!(relay.commands(), ["EHLO desk.example.org", &auth, ""]);
}

#[tokio::test]
async fn a_relay_that_knows_only_oauthbearer_gets_the_token_in_its_form() {
    let offering = Script::new().offering(&["AUTH PLAIN OAUTHBEARER"]);
    let relay = Relay::start(offering.clone());
    let way = Way::to(relay.port()).token("echo ya29.token1");
    send_afresh(&way, &letter_to("reader@example.net")).await.unwrap();
    // `n,a=ada@example.org,^Aauth=Bearer ya29.token1^A^A` in base64.
    let answer = "bixhPWFkYUBleGFtcGxlLm9yZywBYXV0aD1CZWFyZXIgeWEyOS50b2tlbjEBAQ==";
    assert_eq!(relay.commands()[1], format!("AUTH OAUTHBEARER {answer}"));
    let relay = Relay::start(offering.on(Phase::Auth, Act::reply("334 eyJzdGF0dXMiOiI0MDEifQ==")));
    let error = Way::to(relay.port()).token("echo ya29.token1").refused().await;
    let reply = Reply::new(535, "5.7.8 not accepted");
    assert_eq!(error, OpenError::Refused { stage: Stage::Auth, reply });
    assert_eq!(relay.commands()[2], "AQ==");
}

#[tokio::test]
async fn what_a_relay_repeats_of_a_secret_is_cut_off() {
    for said in ["bad token ya29.token1 of ada", ANSWERS[0], "no\r\n535 ya29.token1"] {
        let refusal =
            Act::reply(&format!("535 5.7.8 {said}").replace("535 5.7.8 no", "535-5.7.8 no"));
        let relay = Relay::start(offering_tokens().on(Phase::Auth, refusal));
        let error = Way::to(relay.port()).token("echo ya29.token1").refused().await.to_string();
        assert!(!error.contains("ya29") && !error.contains("dXNlcj1hZGFA"), "{error}");
        assert!(error.contains("535 5.7.8"), "{error}");
    }
    let refusal = Act::reply("535 5.7.8 not hunter2");
    let relay = Relay::start(offering_tokens().on(Phase::Auth, refusal));
    let error = Way::to(relay.port()).login().refused().await.to_string();
    assert_eq!(error, "refused at AUTH: 535 5.7.8 not …");
}

#[tokio::test]
async fn a_command_without_a_token_or_a_relay_without_xoauth2_is_no_login() {
    let relay = Relay::start(offering_tokens());
    let hidden = "run it yourself to see what it says; here its output stays hidden";
    for (command, why) in [
        ("echo ya29.token1; exit 3", "the command failed (exit status: 3)"),
        ("true", "the secret is empty"),
    ] {
        let error = Way::to(relay.port()).token(command).refused().await;
        let OpenError::Unsafe { stage: Stage::Auth, why: words } = &error else {
            panic!("{error:?}")
        };
        assert!(words.starts_with(&format!("`token-command`: {why}; ")), "{words}");
        assert!(!words.contains("ya29"), "{words} {hidden}");
    }
    let way = Way::to(relay.port()).timeouts(|timeouts| timeouts.command = SHORT);
    let error = way.token("sleep 60").refused().await.to_string();
    assert!(error.contains("`token-command` gave no token within 150ms"), "{error}");
    assert_eq!(relay.count("AUTH"), 0);
    let relay = Relay::start(Script::new().offering(&["AUTH PLAIN"]));
    let error = Way::to(relay.port()).token("echo ya29.token1").refused().await;
    let why = "the relay offers neither AUTH XOAUTH2 nor AUTH OAUTHBEARER".into();
    assert_eq!(error, OpenError::Unsafe { stage: Stage::Auth, why });
}

#[test]
fn a_token_is_in_no_message_and_not_in_the_ledger() {
    let reason = Act::reply("334 eyJzdGF0dXMiOiI0MDEifQ==");
    let relay = Relay::start(offering_tokens().on(Phase::Auth, reason));
    let desk = Desk::new(3, relay.port());
    desk.configure(
        relay.port(),
        "user = \"ada@example.org\"\ntoken-command = \"echo ya29.token1\"",
    );
    let run = desk.run("--json send drafts/tide.md --yes").exits(6).says("535 5.7.8 not accepted");
    assert_eq!(relay.count("AUTH"), 1);
    let ledger = desk.read_bytes(".postrider/ledger.sqlite");
    let told = format!("{}{}{}", run.stdout, run.stderr, String::from_utf8_lossy(&ledger));
    for secret in ["ya29", ANSWERS[0], "eyJzdGF0dXMi"] {
        assert!(!told.contains(secret), "{secret} in {}{}", run.stdout, run.stderr);
    }
    assert_eq!(desk.counts()["pending"], 3);
}
