//! Before a letter leaves: the list is read, a person is asked. Nobody has to wait for that, and it can be broken off.

use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use super::support::desk::{Desk, Run, address, list, reader, signal};
use super::support::relay::Relay;
use super::support::script::Script;

/// A send that waits for an answer.
struct Asked {
    child: Child,
    said: String,
}

impl Asked {
    fn by(desk: &Desk, words: &str) -> Self {
        let mut child = desk.command(words).stdin(Stdio::piped()).spawn().unwrap();
        let (mut said, mut byte) = (Vec::new(), [0]);
        let stderr = child.stderr.as_mut().unwrap();
        while !said.ends_with(b"127.0.0.1: ") {
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
            said.push(byte[0]);
        }
        Self { child, said: String::from_utf8(said).unwrap() }
    }

    fn types(mut self, answer: &str) -> Run {
        self.child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        self.ends()
    }

    fn signalled(self, name: &str) -> Run {
        signal(&self.child, name);
        self.ends()
    }

    fn ends(self) -> Run {
        // The pipe stays open, as a terminal would.
        let Self { mut child, said } = self;
        let stdin = child.stdin.take();
        let mut run = Run::of(&child.wait_with_output().unwrap());
        drop(stdin);
        run.stderr.insert_str(0, &said);
        run
    }
}

const SEND: &str = "send drafts/tide.md";

#[test]
fn while_a_person_is_asked_others_leave_and_look_and_whoever_left_gets_nothing() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(4, relay.port());
    let asked = Asked::by(&desk, SEND);
    desk.run("suppress add reader2@example.org").exits(0);
    desk.run("status").exits(0).says("nothing has been sent from here yet").says("under way");
    desk.run("status tide").exits(2).says("the ledger knows no issue `tide`");
    desk.run("ledger export tide").exits(2);
    desk.run("ledger verify").exits(0);
    asked.types("4\n").exits(0).says("tide: 4 recipients").says("1  skipped");
    assert_eq!([1, 2, 3, 4].map(|n| relay.copies(&address(n))), [1, 0, 1, 1]);
}

#[test]
fn a_signal_at_the_question_ends_with_130_and_leaves_no_plan() {
    for name in ["-INT", "-TERM"] {
        let desk = Desk::new(4, 1);
        Asked::by(&desk, SEND)
            .signalled(name)
            .exits(130)
            .says("error: interrupted before anybody was mailed")
            .says("help: the same command begins again");
        assert!(!desk.path(".postrider/ledger.sqlite").exists(), "it held nothing");
        desk.run("status").exits(0).says("nothing has been sent from here yet");
    }
}

#[test]
fn a_wrong_answer_and_a_killed_question_leave_no_plan_either() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(4, relay.port());
    desk.run("suppress add reader2@example.org").exits(0);
    Asked::by(&desk, SEND).types("4\n").exits(8).says("`4` is not 3");
    let mut asked = Asked::by(&desk, SEND);
    asked.child.kill().unwrap();
    asked.child.wait().unwrap();
    desk.run("status").exits(0).says("nothing has been sent from here yet");
    desk.run("ledger verify").exits(0);
    // The list and the draft may be others by then: nothing of the plan that was left behind stands in the way.
    desk.write("subscribers.toml", &list(5));
    desk.run("send drafts/tide.md --yes").exits(0).says("tide: 4 recipients");
    assert_eq!(desk.counts()["sent"], 4);
    desk.run("ledger verify").exits(0);
}

#[test]
fn while_a_person_is_asked_about_those_who_are_new_others_leave_as_well() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(4, relay.port());
    desk.run("send drafts/tide.md --yes --limit 1").exits(3);
    desk.write("subscribers.toml", &(list(3) + &reader(7, "") + &reader(8, "")));
    Asked::by(&desk, "send drafts/tide.md --include-new").signalled("-TERM").exits(130);
    let counts = desk.counts();
    assert_eq!((&counts["pending"], &counts["skipped"]), (&2.into(), &1.into()), "4 left the list");
    let asked = Asked::by(&desk, "send drafts/tide.md --include-new");
    desk.run("suppress add reader3@example.org reader8@example.org").exits(0);
    asked.types("2\n").exits(0);
    assert_eq!([1, 2, 3, 4, 7, 8].map(|n| relay.copies(&address(n))), [1, 1, 0, 0, 1, 0]);
    desk.run("ledger verify").exits(0);
}

#[test]
fn a_signal_while_the_list_is_read_ends_with_130_and_leaves_no_plan() {
    let desk = Desk::new(60_000, 1);
    let mut child = desk.start("send drafts/tide.md --yes");
    // The plan is in the making once its rows spill into the log.
    let log = desk.path(".postrider/ledger.sqlite-wal");
    while !std::fs::metadata(&log).is_ok_and(|log| log.len() > 100_000) {
        assert_eq!(child.try_wait().unwrap(), None, "it was too quick for this story");
        std::thread::sleep(Duration::from_millis(1));
    }
    signal(&child, "-TERM");
    Run::of(&child.wait_with_output().unwrap()).exits(130).says("interrupted before anybody");
    desk.run("status").exits(0).says("nothing has been sent from here yet");
}
