//! Several letters under way on one connection (`window`): faster, and more in doubt when something breaks.

use super::support::desk::{Desk, Run, address};
use super::support::oracle::{Account, judge};
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Rule, Script, Talk};

const READERS: usize = 12;

/// A send over one connection with a window; gives how it ended and what became of everybody.
fn send(script: Script) -> (Run, Account, Relay) {
    let relay = Relay::start(script);
    let desk = Desk::new(READERS, relay.port());
    desk.configure(relay.port(), &format!("lanes = 1\nwindow = {}", Talk::Windowed.window()));
    let run = desk.run("--json send drafts/tide.md --yes");
    let account = judge(&relay, &desk, READERS);
    desk.run("ledger verify").exits(0);
    (run, account, relay)
}

#[test]
fn letters_go_in_chunks_and_a_refused_reader_costs_nobody_else_anything() {
    let no = Rule::at(Phase::Rcpt, Act::reply("550 5.1.1 unknown")).to(&address(5));
    let later = Rule::at(Phase::Dot, Act::reply("554 5.7.1 not this one")).to(&address(7));
    let (run, account, relay) = send(Script::new().talking(Talk::Windowed).with(no).with(later));
    run.exits(0).says("4 letters at the most may be in doubt after a crash");
    assert_eq!((account.of("sent"), account.of("failed")), (READERS - 2, 2));
    assert_eq!((relay.connections(), relay.count("DATA")), (1, 0));
    assert_eq!(relay.count("BDAT"), READERS);
}

#[test]
fn without_chunking_the_window_has_no_effect_and_that_is_said_once() {
    for talk in [Talk::Classic, Talk::Pipelined] {
        let (run, account, relay) = send(Script::new().talking(talk));
        let run = run.exits(0);
        assert_eq!(run.stderr.matches("does not offer CHUNKING").count(), 1, "{}", run.stderr);
        assert_eq!((account.of("sent"), relay.count("DATA")), (READERS, READERS));
    }
}

#[test]
fn what_breaks_leaves_no_more_in_doubt_than_the_window_and_nobody_gets_two() {
    let acts = [
        (Phase::Dot, Act::AcceptThenRst),
        (Phase::Dot, Act::DropThenRst),
        (Phase::Dot, Act::ReplyFin("421 4.3.2 shutting down".into())),
        (Phase::Dot, Act::Garbage(b"hello\r\n".to_vec())),
        (Phase::Dot, Act::TwoReplies("250 ok".into(), "550 5.7.1 or not".into())),
        (Phase::Rcpt, Act::ReplyFin("250 ok".into())),
        (Phase::Mail, Act::ReplyFin("421 4.7.0 enough for now".into())),
        (Phase::Mail, Act::Rst),
    ];
    for (phase, act) in acts {
        let rule = Rule::at(phase, act.clone()).every(3).times(1);
        let (_, account, _) = send(Script::new().talking(Talk::Windowed).with(rule));
        let doubt = account.of("unknown");
        assert!(doubt <= Talk::Windowed.window(), "{act:?}: {account:?}");
        assert_eq!(account.of("sent") + account.of("deferred") + doubt, READERS, "{act:?}");
    }
}

#[test]
fn what_a_window_can_put_in_doubt_is_said_before_after_and_by_status() {
    let relay = Relay::start(
        Script::new().talking(Talk::Windowed).with(Rule::at(Phase::Dot, Act::DropThenRst).times(1)),
    );
    let desk = Desk::new(READERS, relay.port());
    desk.configure(relay.port(), "lanes = 2\nwindow = 4");
    let words = "a crash leaves 8 letters in doubt at the most (2 connections × window 4)";
    let run = desk.run("send drafts/tide.md --yes").exits(4).says(words);
    run.says("so 8 letters at the most may be in doubt after a crash");
    desk.run("status tide").exits(0).says(words);
    assert_eq!(desk.status()["doubt"], 8);
    // One letter a connection is what everybody expects, and is not worth a word.
    desk.configure(relay.port(), "lanes = 2");
    let run = desk.run("status tide").exits(0);
    assert!(!run.stderr.contains("in doubt at the most"), "{}", run.stderr);
    assert_eq!(desk.status()["doubt"], 2);
}
