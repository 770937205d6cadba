//! Ctrl-C and SIGTERM: the first lets a send come to a good end, the second leaves at once, and the ledger covers both.

use std::process::Child;
use std::time::Duration;

use super::support::desk::{DRAFT, Desk, Run, address, signal};
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Rule, Script, Talk, and_windowed, in_every_talk};

const SEND: &str = "send drafts/tide.md --yes";
const COPY: &str = "send drafts/tide.md --to ada@example.org";

in_every_talk! {
    a_second_signal_leaves_at_once_and_says_who_is_in_doubt,
    row_53_a_stop_inside_a_body_drops_the_connection_and_the_letter_is_pending,
    a_second_signal_inside_a_body_leaves_at_once_and_nobody_is_in_doubt,
}
and_windowed! {
    a_second_signal_leaves_at_once_and_says_who_is_in_doubt,
    a_second_signal_inside_a_body_leaves_at_once_and_nobody_is_in_doubt,
}

/// Where nothing of a send ends by itself within the time of a story.
fn patient(desk: &Desk) {
    desk.write("config.toml", &desk.read("config.toml").replace("\"2s\"", "\"300s\""));
}

/// What a process says and how it ends after these signals, each given time to be heard.
fn after(child: Child, signals: &[&str]) -> Run {
    for (at, name) in signals.iter().enumerate() {
        if at > 0 {
            std::thread::sleep(Duration::from_millis(300));
        }
        signal(&child, name);
    }
    Run::of(&child.wait_with_output().unwrap())
}

#[test]
fn ctrl_c_waits_for_what_is_under_way_and_the_next_run_goes_on() {
    let moment = Act::Delay(Duration::from_millis(100));
    let relay = Relay::start(Script::new().on(Phase::Dot, moment));
    let desk = Desk::new(40, relay.port());
    let child = desk.start(SEND);
    relay.wait(|relay| relay.stored() >= 6);
    after(child, &["-INT"]).exits(130).says("stopping");
    let counts = desk.counts();
    assert_eq!((&counts["unknown"], &counts["attempting"]), (&0.into(), &0.into()));
    assert!(counts["pending"].as_u64().unwrap() > 0);
    desk.run(SEND).exits(0).says("going on with tide");
    for n in 1..=40 {
        assert_eq!(relay.copies(&address(n)), 1);
    }
}

fn a_second_signal_leaves_at_once_and_says_who_is_in_doubt(talk: Talk) {
    // A run begins with one connection; the letters that are answered open the others.
    let moment = Rule::at(Phase::Dot, Act::Delay(Duration::from_millis(20))).times(60);
    let script = Script::new().talking(talk).with(moment).on(Phase::Dot, Act::Stall);
    let relay = Relay::start(script);
    let desk = Desk::new(200, relay.port());
    desk.configure(relay.port(), &format!("lanes = 4\nwindow = {}", talk.window()));
    patient(&desk);
    let child = desk.start(SEND);
    relay.wait(|relay| relay.stepped_in() >= 60 + 4);
    after(child, &["-INT", "-TERM"]).exits(130);
    assert_eq!((relay.most_open(), relay.stored()), (4, 60));
    let counts = desk.counts();
    let of = |state: &str| counts[state].as_u64().unwrap();
    assert_eq!((of("sent"), of("unknown") + of("pending")), (60, 140), "{counts}");
    assert!((4..=4 * talk.window() as u64).contains(&of("unknown")), "{counts}");
    desk.run("ledger verify").exits(0);
}

#[test]
fn a_signal_before_the_relay_has_said_a_word_leaves_everybody_pending() {
    let relay = Relay::start(Script::new().on(Phase::Greeting, Act::Stall));
    let desk = Desk::new(4, relay.port());
    patient(&desk);
    let child = desk.start(SEND);
    relay.wait(|relay| relay.stepped_in() >= 1);
    after(child, &["-TERM"]).exits(130);
    assert_eq!(desk.counts()["pending"], 4);
}

#[test]
fn a_signal_while_readers_are_waited_for_ends_the_waiting() {
    let later = Rule::at(Phase::Rcpt, Act::reply("450 4.7.1 come again")).to(&address(2));
    let relay = Relay::start(Script::new().with(later));
    let desk = Desk::new(3, relay.port());
    desk.configure(relay.port(), "retry = [\"1h\"]\nwait = \"2h\"");
    let child = desk.start(SEND);
    relay.wait(|relay| relay.stored() == 2 && relay.stepped_in() == 1);
    after(child, &["-INT"]).exits(130);
    let counts = desk.counts();
    assert_eq!((&counts["sent"], &counts["deferred"]), (&2.into(), &1.into()));
}

#[test]
fn a_second_signal_does_not_wait_for_the_password_command() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(4, relay.port());
    desk.configure(relay.port(), "user = \"ada\"\npassword-command = \"touch asked; sleep 30\"");
    let child = desk.start(SEND);
    while !desk.path("asked").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let began = std::time::Instant::now();
    after(child, &["-INT", "-INT"]).exits(130);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    desk.run("status").exits(0).says("nothing has been sent from here yet");
}

#[test]
fn a_test_copy_that_is_interrupted_says_whether_it_may_have_been_taken() {
    let untaken = "interrupted: the test copy was not taken";
    let doubt = "interrupted: whether the test copy was taken is not known";
    let moments = [
        (Phase::Greeting, untaken),
        (Phase::Rcpt, untaken),
        (Phase::Data, untaken),
        (Phase::Dot, doubt),
    ];
    for (phase, words) in moments {
        for name in ["-INT", "-TERM"] {
            let relay = Relay::start(Script::new().on(phase, Act::Stall));
            let desk = Desk::new(1, relay.port());
            patient(&desk);
            let child = desk.start(COPY);
            relay.wait(|relay| relay.stepped_in() == 1);
            after(child, &[name]).exits(130).says(words);
            assert!(!desk.path(".postrider/ledger.sqlite").exists());
        }
    }
}

/// Waits until a send has made its letters: a large one takes a busy machine a while.
fn until_connected(relay: &Relay) {
    for _ in 0..60_000 {
        if relay.connections() > 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A relay that reads a little of a large letter and then no more, and a send that waits for it.
fn stuck_in_a_body(talk: Talk) -> (Relay, Desk) {
    let script = Script::new().talking(talk).on(Phase::Body(1_000), Act::Stall);
    let relay = Relay::start(script);
    let desk = Desk::new(2, relay.port());
    desk.configure(relay.port(), &format!("lanes = 1\nwindow = {}", talk.window()));
    // A draft is a megabyte at the most, but `=` is three bytes in quoted-printable, in either part.
    let text = format!("{}\n", "=".repeat(70)).repeat(13_000);
    desk.write("drafts/tide.md", &format!("{DRAFT}\n```\n{text}```\n"));
    patient(&desk);
    (relay, desk)
}

fn row_53_a_stop_inside_a_body_drops_the_connection_and_the_letter_is_pending(talk: Talk) {
    let (relay, desk) = stuck_in_a_body(talk);
    let child = desk.start(SEND);
    until_connected(&relay);
    relay.wait(|relay| relay.stepped_in() == 1);
    let began = std::time::Instant::now();
    after(child, &["-TERM"]).exits(130);
    let waited = began.elapsed();
    // Ten seconds are given; what the relay could still take is not waited for.
    assert!((9..60).contains(&waited.as_secs()), "{waited:?}");
    let counts = desk.counts();
    assert_eq!((&counts["pending"], &counts["unknown"]), (&2.into(), &0.into()));
    assert_eq!((relay.stored(), relay.dots()), (0, 0), "no terminator");
    desk.run("ledger verify").exits(0);
}

fn a_second_signal_inside_a_body_leaves_at_once_and_nobody_is_in_doubt(talk: Talk) {
    let (relay, desk) = stuck_in_a_body(talk);
    let child = desk.start(SEND);
    until_connected(&relay);
    relay.wait(|relay| relay.stepped_in() == 1);
    let began = std::time::Instant::now();
    after(child, &["-INT", "-INT"]).exits(130);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let counts = desk.counts();
    assert_eq!((&counts["pending"], &counts["unknown"]), (&2.into(), &0.into()));
    assert_eq!((relay.stored(), relay.dots()), (0, 0));
    desk.run("ledger verify").exits(0);
}

#[test]
fn a_letter_that_can_still_leave_does_so_after_the_first_signal() {
    let slowly = Act::Delay(Duration::from_millis(1_500));
    let relay = Relay::start(Script::new().on(Phase::Dot, slowly));
    let desk = Desk::new(3, relay.port());
    patient(&desk);
    let child = desk.start(SEND);
    relay.wait(|relay| relay.dots() == 1);
    after(child, &["-TERM"]).exits(130);
    let counts = desk.counts();
    assert_eq!((&counts["sent"], &counts["pending"]), (&1.into(), &2.into()));
}
