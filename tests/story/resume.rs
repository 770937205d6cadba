//! A send is interrupted or started twice, or what it stands on changes; the same command goes on.

use std::thread::sleep;
use std::time::Duration;

use super::support::desk::{Desk, Run, address, list, reader, signal};
use super::support::oracle::judge;
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Rule, Script};

/// A relay that takes a moment for every letter.
fn slow(moment: u64) -> Relay {
    Relay::start(Script::new().on(Phase::Dot, Act::Delay(Duration::from_millis(moment))))
}

#[test]
fn a_second_send_is_told_who_holds_the_ledger() {
    let relay = slow(200);
    let desk = Desk::new(12, relay.port());
    let mut child = desk.start("send drafts/tide.md --yes");
    relay.wait(|relay| relay.stored() >= 1);
    desk.run("send drafts/tide.md --yes").exits(75).says(&format!("pid {}", child.id()));
    desk.run("status tide").exits(0).says("a send is under way");
    child.wait().unwrap();
    assert_eq!(relay.journal().len(), 12);
}

#[test]
fn an_edited_draft_is_noticed_and_the_pinned_text_can_go_on() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(4, relay.port());
    desk.run("send drafts/tide.md --yes --limit 2").exits(3);
    let draft = desk.read("drafts/tide.md");
    desk.write("drafts/tide.md", &draft.replace("turns at six. [", "turns at seven. ["));
    desk.run("send drafts/tide.md --yes").exits(8).says("issue-changed");
    desk.run("send drafts/tide.md --yes --allow issue-changed").exits(0);
    let letters: Vec<String> = relay
        .journal()
        .iter()
        .map(|entry| String::from_utf8(entry.letter.clone()).unwrap())
        .collect();
    assert_eq!(letters.len(), 4);
    assert!(
        letters
            .iter()
            .all(|letter| letter.contains("turns at six.") && !letter.contains("turns at seven"))
    );
}

#[test]
fn who_has_left_the_list_meanwhile_is_left_out() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(6, relay.port());
    desk.run("send drafts/tide.md --yes --limit 2").exits(3);
    let rows = list(4) + &reader(5, "status = \"unsubscribed\"\n") + &reader(7, "");
    desk.write("subscribers.toml", &rows);
    desk.run("send drafts/tide.md --yes").exits(0).says("2 recipients left out now");
    let sent: Vec<String> = relay.journal().into_iter().map(|entry| entry.recipient).collect();
    assert_eq!(sent.len(), 4);
    assert!((1..=4).all(|n| sent.contains(&address(n))), "{sent:?}");
}

#[test]
fn a_retry_repeats_the_very_same_letter() {
    let relay = Relay::start(
        Script::new().with(Rule::at(Phase::Dot, Act::reply("451 4.3.0 later")).times(1)),
    );
    let desk = Desk::new(1, relay.port());
    desk.configure(relay.port(), "retry = [\"1s\"]\nwait = \"10s\"");
    desk.run("send drafts/tide.md --yes").exits(0);
    let journal = relay.journal();
    assert_eq!(journal.len(), 2);
    assert_eq!(journal[0].sha256, journal[1].sha256);
    assert_eq!(journal[0].message_id, journal[1].message_id);
}

#[test]
fn a_process_that_is_held_longer_than_the_relay_waits_gives_nobody_two() {
    let gone = Act::ReplyFin("421 4.4.2 idle for too long".into());
    let script = Script::new()
        .on(Phase::Dot, Act::Delay(Duration::from_millis(30)))
        .with(Rule::at(Phase::Between, gone).every(5));
    let relay = Relay::start(script);
    let desk = Desk::new(60, relay.port());
    let child = desk.start("send drafts/tide.md --yes");
    relay.wait(|relay| relay.stored() >= 10);
    signal(&child, "-STOP");
    // Longer than the two seconds the sender itself would wait for a reply.
    sleep(Duration::from_secs(3));
    signal(&child, "-CONT");
    let exit = Run::of(&child.wait_with_output().unwrap()).exit;
    let account = judge(&relay, &desk, 60);
    assert!(exit == Some(0) || exit == Some(4), "{exit:?} {account:?}");
    assert_eq!(account.of("sent") + account.of("unknown"), 60, "{account:?}");
    assert!(account.of("unknown") <= 4, "{account:?}");
}
