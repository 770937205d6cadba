//! Somebody has left: nothing reaches them any more, whatever the list says and whatever is under way.

use std::time::Duration;

use postrider::message::token::Key;

use super::support::desk::{Desk, Run, address, list, reader};
use super::support::oracle::judge;
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Rule, Script};

/// The token of a reader, as the footer of their letter has it.
fn token(number: usize) -> String {
    let key = Key::new([0x5e; 32]);
    key.token(
        &key.list_prefix("notes.example.org"),
        key.subscriber_id("notes.example.org", &address(number)),
    )
}

fn suppressed(desk: &Desk) -> Vec<String> {
    let lines = desk.run("--json suppress export").exits(0).stdout;
    let object = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    lines.lines().map(|line| object(line)["email"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_is_suppressed_is_left_out_of_the_plan_and_counted_by_reason() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(6, relay.port());
    desk.run("suppress add Reader2@EXAMPLE.org reader3@example.org --note asked")
        .exits(0)
        .says("2 readers suppressed");
    desk.run("suppress add reader4@example.org --reason complaint").exits(0);
    desk.run("suppress add reader2@example.org").exits(0).says("0 readers suppressed, 1 already");
    desk.run("send drafts/tide.md --dry-run")
        .exits(0)
        .says("3 recipients (1 complained, 2 suppressed skipped)");
    desk.run("send drafts/tide.md --yes")
        .exits(0)
        .says("3 recipients (1 complained, 2 suppressed skipped)");
    let account = judge(&relay, &desk, 6);
    assert_eq!((account.of("sent"), account.of("skipped")), (3, 3));
    desk.run("status").exits(0).says("3 readers are suppressed");
    let check = desk.run("subscribers check").exits(0).stdout;
    insta::assert_snapshot!(check, @r"
    subscribers.toml: 6 subscribers
      status: active 6, paused 0, unsubscribed 0, bounced 0
      suppressed: 3 active readers get nothing (`postrider suppress list`)
      tags: none
      fields: name 4
    ");
}

#[test]
fn a_dry_run_plans_what_the_send_does_with_the_suppressed_too() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(5, relay.port());
    desk.run("suppress add reader2@example.org").exits(0);
    desk.run("send drafts/tide.md --dry-run --out rehearsal").exits(0);
    let plan: serde_json::Value = serde_json::from_str(&desk.read("rehearsal/plan.json")).unwrap();
    let hash = plan["plan"].as_str().unwrap();
    desk.run("suppress add reader3@example.org").exits(0);
    desk.run(&format!("send drafts/tide.md --plan {hash}")).exits(8).says("plan-changed");
    desk.run("suppress remove reader3@example.org --note back").exits(0);
    desk.run("suppress remove reader3@example.org").exits(0).says("nobody was taken out");
    desk.run(&format!("send drafts/tide.md --plan {hash}")).exits(0);
    assert_eq!((relay.copies(&address(2)), relay.copies(&address(3))), (0, 1));
}

#[test]
fn a_suppression_during_a_send_is_honoured_and_costs_nobody_else_a_letter() {
    let slow = Script::new().on(Phase::Dot, Act::Delay(Duration::from_millis(60)));
    let relay = Relay::start(slow);
    let desk = Desk::new(60, relay.port());
    desk.configure(relay.port(), "lanes = 2");
    let child = desk.start("send drafts/tide.md --yes");
    relay.wait(|relay| relay.stored() >= 4);
    desk.run("suppress add reader40@example.org reader59@example.org reader60@example.org")
        .exits(0);
    assert!(relay.stored() < 38, "the send was too quick for this story");
    Run::of(&child.wait_with_output().unwrap()).exits(0).says("skipped   reader40@example.org");
    for n in [40, 59, 60] {
        assert_eq!(relay.copies(&address(n)), 0);
        assert!(!relay.commands().iter().any(|line| line.contains(&format!("<{}>", address(n)))));
    }
    let account = judge(&relay, &desk, 60);
    assert_eq!((account.of("sent"), account.of("skipped")), (57, 3));
}

#[test]
fn a_letter_whose_reader_leaves_before_its_body_is_dropped() {
    let waits = Rule::at(Phase::Data, Act::Delay(Duration::from_millis(700))).to(&address(2));
    let relay = Relay::start(Script::new().with(waits));
    let desk = Desk::new(4, relay.port());
    desk.configure(relay.port(), "lanes = 1");
    let child = desk.start("send drafts/tide.md --yes");
    relay.wait(|relay| relay.count("DATA") >= 2);
    desk.run("suppress add reader2@example.org").exits(0);
    Run::of(&child.wait_with_output().unwrap()).exits(0);
    let account = judge(&relay, &desk, 4);
    assert_eq!((account.of("sent"), account.of("skipped")), (3, 1));
    assert!(!relay.journal().iter().any(|entry| entry.recipient == address(2) && entry.dot_seen));
}

#[test]
fn a_reader_who_leaves_while_the_relay_defers_them_is_not_tried_again() {
    let rule = Rule::at(Phase::Dot, Act::reply("451 4.3.0 later")).to(&address(1));
    let relay = Relay::start(Script::new().with(rule));
    let desk = Desk::new(2, relay.port());
    desk.configure(relay.port(), "retry = [\"2s\"]\nwait = \"20s\"");
    let child = desk.start("send drafts/tide.md --yes");
    relay.wait(|relay| relay.journal().len() >= 2);
    desk.run("suppress add reader1@example.org --reason unsubscribe").exits(0);
    Run::of(&child.wait_with_output().unwrap()).exits(0);
    assert_eq!(relay.journal().iter().filter(|entry| entry.recipient == address(1)).count(), 1);
    assert_eq!(desk.counts()["skipped"], 1);
}

#[test]
fn between_runs_too_the_suppressed_are_left_out() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(5, relay.port());
    desk.run("send drafts/tide.md --yes --limit 2").exits(3);
    desk.run("suppress add reader4@example.org --reason unsubscribe").exits(0);
    desk.run("send drafts/tide.md --yes")
        .exits(0)
        .says("1 recipient left out now (1 unsubscribed): suppressed since the issue was planned");
    assert_eq!(relay.copies(&address(4)), 0);
}

#[test]
fn only_a_recipient_the_relay_does_not_know_is_suppressed_by_itself() {
    let rcpt = |n, words: &str| Rule::at(Phase::Rcpt, Act::reply(words)).to(&address(n));
    let script = Script::new()
        .with(rcpt(1, "550 5.1.1 no such user"))
        .with(rcpt(2, "550 5.7.1 blocked"))
        .with(rcpt(3, "550 no"))
        .with(rcpt(4, "550 5.2.1 disabled"))
        .with(Rule::at(Phase::Dot, Act::reply("550 5.1.1 after all")).to(&address(5)));
    let relay = Relay::start(script);
    let desk = Desk::new(7, relay.port());
    desk.configure(relay.port(), "lanes = 1");
    desk.run("send drafts/tide.md --yes").exits(0);
    let shown = desk.run("suppress list").exits(0).stdout;
    assert_eq!(shown.lines().count(), 1, "{shown}");
    assert!(
        shown.contains("hard         reader1@example.org  (every list)  550 5.1.1 no such user"),
        "{shown}"
    );
    desk.write("drafts/ebb.md", "---\nsubject: Ebb\nslug: ebb\n---\n\nHello.\n");
    desk.run("send drafts/ebb.md --yes").exits(0).says("6 recipients (1 bounced skipped)");
    assert_eq!(suppressed(&desk), [address(1)], "two issues on one day prove no more than one");
    let database = rusqlite::Connection::open(desk.path(".postrider/ledger.sqlite")).unwrap();
    let week = 8 * 24 * 3600 * 1000_u64;
    database
        .execute_batch(&format!(
            "DROP TRIGGER attempt_is_final; UPDATE attempt SET at = at - {week}"
        ))
        .unwrap();
    desk.write("drafts/neap.md", "---\nsubject: Neap\nslug: neap\n---\n\nHello.\n");
    desk.run("send drafts/neap.md --yes").exits(0);
    assert_eq!(suppressed(&desk), [address(1), address(3), address(4)]);
}

#[test]
fn whoever_was_taken_back_and_bounces_again_is_suppressed_again() {
    let unknown = Rule::at(Phase::Rcpt, Act::reply("550 5.1.1 no such user")).to(&address(1));
    let relay = Relay::start(Script::new().with(unknown));
    let desk = Desk::new(2, relay.port());
    desk.run("send drafts/tide.md --yes").exits(0);
    assert_eq!(suppressed(&desk), [address(1)]);
    desk.run("suppress remove reader1@example.org").exits(0);
    assert!(suppressed(&desk).is_empty());
    desk.write("drafts/ebb.md", "---\nsubject: Ebb\nslug: ebb\n---\n\nHello.\n");
    desk.run("send drafts/ebb.md --yes").exits(0).says("2 recipients");
    assert_eq!(suppressed(&desk), [address(1)]);
}

#[test]
fn tokens_of_letters_find_their_readers_even_off_the_list() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(4, relay.port());
    desk.run("send drafts/tide.md --yes").exits(0);
    let letter = String::from_utf8(relay.journal()[0].letter.clone()).unwrap().replace("=\r\n", "");
    assert!(letter.contains("https://lists.example.org/u/"), "{letter}");
    desk.write("subscribers.toml", &list(2));
    desk.run(&format!("suppress add --token {} --token {}", token(1), token(4)))
        .exits(0)
        .says("2 readers suppressed");
    assert_eq!(suppressed(&desk), [address(1), address(4)]);
    desk.run("suppress add --token nonsense").exits(1).says("not a token of this list: `nonsense`");
}

#[test]
fn a_log_is_honoured_once_and_its_scanners_and_forgeries_change_nothing() {
    let desk = Desk::new(6, 1);
    let forged = token(6).replace(|c: char| c.is_ascii_lowercase(), "x");
    let log = format!(
        "2026-01-02T03:04:05Z {}\n\
         192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] \"POST /u/{} HTTP/1.1\" 200 0 \"-\" \"Mail\"\n\
         192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] \"GET /u/{} HTTP/1.1\" 200 812 \"-\" \"Scanner\"\n\
         2026-01-02T03:04:05Z {forged}\n\
         2026-01-02T03:04:05Z \u{1b}[31m\n",
        token(1),
        token(2),
        token(3)
    );
    desk.write("unsubscribe.log", &log);
    let run = desk.run("suppress add --from-log unsubscribe.log").exits(0);
    run.says("unsubscribe.log:4: not a token of this list")
        .says("unsubscribe.log:5: not a token of this list")
        .says("1 request looked at the page and did not press its button")
        .says("2 readers suppressed");
    assert_eq!(suppressed(&desk), [address(1), address(2)]);
    desk.run("suppress add --from-log unsubscribe.log")
        .exits(0)
        .says("0 readers suppressed, 2 already");
    // Who came back since is not thrown out by the old line.
    desk.run("suppress remove reader1@example.org --note form").exits(0);
    desk.run("suppress add --from-log unsubscribe.log").exits(0).says("1 left as they are");
    assert_eq!(suppressed(&desk), [address(2)]);
    let history = desk.run("suppress list reader1@example.org").exits(0).stdout;
    assert_eq!(history.lines().count(), 2, "{history}");
    assert!(history.contains("unsubscribe.log:1") && history.contains("form"), "{history}");
}

#[test]
fn what_is_exported_can_be_imported_and_never_lets_anybody_back_in() {
    let desk = Desk::new(3, 1);
    desk.run("suppress add reader1@example.org --reason complaint --note =formula()").exits(0);
    desk.run("suppress add reader2@example.org").exits(0);
    let (csv, json) = (
        desk.run("suppress export").exits(0).stdout,
        desk.run("suppress export --format json").exits(0).stdout,
    );
    assert!(
        csv.starts_with(
            "email,reason,scope,at,evidence\nreader1@example.org,complaint,notes.example.org,"
        ),
        "{csv}"
    );
    assert!(csv.contains("'=formula()"), "{csv}");
    for (name, text) in [("gone.csv", &csv), ("gone.jsonl", &json)] {
        let other = Desk::new(3, 1);
        other.write(name, text);
        other.run(&format!("suppress import {name}")).exits(0).says("2 readers suppressed");
        assert_eq!(other.run("suppress export --format json").stdout.lines().count(), 2);
    }
    desk.write("mine.txt", "reader3@example.org\nreader@\n");
    desk.run("suppress import mine.txt")
        .exits(1)
        .says("mine.txt:2:1: not an address: `reader@`")
        .says("1 reader suppressed");
    assert_eq!(suppressed(&desk).len(), 3);
    // The list cannot bring anybody back either.
    desk.write("subscribers.toml", &(list(3) + &reader(1, "status = \"active\"\n")));
    desk.run("send drafts/tide.md --dry-run").exits(0).says("0 recipients");
}

#[test]
fn another_secret_between_runs_is_refused() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(4, relay.port());
    desk.run("send drafts/tide.md --yes --limit 2").exits(3);
    let secret = desk.read(".postrider/secret");
    desk.write(".postrider/secret", &"6f".repeat(32));
    desk.run("send drafts/tide.md --yes")
        .exits(8)
        .says("error[secret-changed]")
        .says("bring that secret back");
    assert_eq!(relay.journal().len(), 2);
    desk.write(".postrider/secret", &secret);
    desk.run("send drafts/tide.md --yes").exits(0);
    assert_eq!(relay.journal().len(), 4);
}
