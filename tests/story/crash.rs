//! A send is killed at an exact point, and the power fails at every point of the log: FAULTS' crash points.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use postrider::io::ledger_sqlite::Ledger;
use postrider::io::ledger_sqlite::read::Reader;

use super::support::desk::{Desk, Run, address, large_draft};
use super::support::oracle;
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Rule, Script};

const SEND: &str = "send drafts/tide.md --yes";

/// Three readers on one connection; the relay does `act` at `phase` to the second, and the send is killed there.
fn killed_at(phase: Phase, act: Act) -> (Relay, Desk) {
    let relay = Relay::start(Script::new().with(Rule::at(phase, act).to(&address(2)).times(1)));
    let desk = Desk::new(3, relay.port());
    desk.configure(relay.port(), "lanes = 1");
    let mut child = desk.start(SEND);
    relay.wait(|relay| relay.stepped_in() == 1);
    // The answer to the first is on disk no later than the intent of the second; let what is under way get there.
    std::thread::sleep(Duration::from_millis(100));
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "killed, not ended");
    (relay, desk)
}

/// What each of the three has got.
fn copies(relay: &Relay) -> [usize; 3] {
    [1, 2, 3].map(|n| relay.copies(&address(n)))
}

#[test]
fn killed_before_the_body_the_next_run_sends_it_once() {
    for phase in [Phase::Rcpt, Phase::Data] {
        let (relay, desk) = killed_at(phase, Act::Stall);
        assert_eq!(desk.counts()["attempting"], 0);
        desk.run(SEND).exits(0);
        assert_eq!(copies(&relay), [1, 1, 1]);
    }
}

#[test]
fn killed_in_the_middle_of_a_body_the_letter_is_in_doubt_though_nobody_has_it() {
    let relay = Relay::start(Script::new().with(Rule::at(Phase::Body(1_000), Act::Stall).times(1)));
    let desk = Desk::new(1, relay.port());
    desk.write("drafts/tide.md", &large_draft());
    desk.write("config.toml", &desk.read("config.toml").replace("\"2s\"", "\"120s\""));
    let mut child = desk.start(SEND);
    relay.wait(|relay| relay.stepped_in() == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(desk.counts()["attempting"], 1, "the intent comes before the body's first byte");
    desk.run(SEND).exits(4).says("1 recipient in doubt since a crash");
    assert_eq!(relay.stored(), 0);
    desk.run("ledger resolve tide reader1@example.org --resend").exits(0);
    desk.run(SEND).exits(0);
    assert_eq!(relay.stored(), 1);
}

#[test]
fn killed_with_the_dot_on_its_way_the_letter_is_in_doubt() {
    let (relay, desk) = killed_at(Phase::Dot, Act::Stall);
    desk.run(SEND).exits(4).says("1 recipient in doubt since a crash");
    assert_eq!(copies(&relay), [1, 0, 1]);
    let counts = desk.counts();
    assert_eq!((&counts["sent"], &counts["unknown"]), (&2.into(), &1.into()));
    let history = desk.run("ledger show tide reader2@example.org").exits(0).stdout;
    assert!(history.contains("the program ended before the relay answered"), "{history}");
}

#[test]
fn killed_after_the_answer_is_on_disk_the_letter_is_sent() {
    let (relay, desk) = killed_at(Phase::Dot, Act::Stall);
    let first = desk.run("ledger show tide reader1@example.org").exits(0).stdout;
    assert!(first.contains("sent"), "before anybody opens it for sending: {first}");
    desk.run(SEND).exits(4);
    assert_eq!(relay.copies(&address(1)), 1);
}

/// The states of the readers, in order, once a sender has opened what a power failure left.
fn reopened(folder: &Path) -> Vec<String> {
    let now = Timestamp::from_second(4_000_000_000).unwrap();
    drop(Ledger::open(folder, "a test", now).unwrap());
    let mut states = Vec::new();
    let reader = Reader::open(folder).unwrap().unwrap();
    assert_eq!(reader.contradictions().unwrap(), [""; 0]);
    reader
        .entries("tide", |entry| {
            states.push(entry.state.clone());
            Ok::<(), postrider::delivery::ledger::LedgerError>(())
        })
        .unwrap();
    states
}

/// The ledger with only so many bytes of its log.
fn cut(desk: &Desk, log: &[u8], length: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(desk.path(".postrider/ledger.sqlite"), folder.path().join("ledger.sqlite")).unwrap();
    fs::write(folder.path().join("ledger.sqlite-wal"), &log[..length]).unwrap();
    folder
}

#[test]
fn wherever_the_power_fails_an_intent_not_on_disk_is_pending_and_a_lost_answer_is_doubt() {
    let relay = Relay::start(Script::new().with(Rule::at(Phase::Dot, Act::Stall).to(&address(6))));
    let desk = Desk::new(8, relay.port());
    desk.configure(relay.port(), "lanes = 1");
    let mut child = desk.start(SEND);
    relay.wait(|relay| relay.has_dot_of(&address(6)));
    child.kill().unwrap();
    child.wait().unwrap();
    let log = desk.read_bytes(".postrider/ledger.sqlite-wal");
    let frame = 4096 + 24;
    let frames = (log.len() - 32) / frame;
    assert!(frames > 12, "{frames} frames are too few to show anything");
    let (mut sent, mut seen) = (0, Vec::new());
    for number in 0..=frames {
        let whole = reopened(cut(&desk, &log, 32 + number * frame).path());
        if number < frames {
            for torn in [1, 24, 2000, frame - 1] {
                let states = reopened(cut(&desk, &log, 32 + number * frame + torn).path());
                assert_eq!(states, whole, "{torn} bytes of frame {number} are as good as none");
            }
        }
        // One connection, so its history is a line: sent, at most one in doubt, and the rest untouched.
        let now = whole.iter().take_while(|state| *state == "sent").count();
        let doubt = whole[now..].iter().take_while(|state| *state == "unknown").count();
        assert!(
            doubt <= 1 && whole[now + doubt..].iter().all(|state| state == "pending"),
            "{whole:?}"
        );
        assert!(now >= sent, "more of the log never tells less: {whole:?}");
        sent = now;
        seen.push((now, doubt));
    }
    assert_eq!(seen.last(), Some(&(5, 1)), "{seen:?}");
    assert!(seen.contains(&(2, 1)), "a lost answer is doubt: {seen:?}");
}

#[test]
fn answers_that_come_after_a_failed_commit_are_kept_outside_and_taken_up() {
    let slow = Script::new().on(Phase::Dot, Act::Delay(Duration::from_millis(500)));
    let relay = Relay::start(slow);
    let desk = Desk::new(12, relay.port());
    let child = desk.start(SEND);
    relay.wait(|relay| relay.dots() >= 4);
    let ledger = rusqlite::Connection::open(desk.path(".postrider/ledger.sqlite")).unwrap();
    ledger.busy_timeout(Duration::from_secs(10)).unwrap();
    let broken = "CREATE TRIGGER broken BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'it is broken'); END";
    ledger.execute_batch(broken).unwrap();
    let run = Run::of(&child.wait_with_output().unwrap()).exits(7).says("it is broken");
    // Beside the letters that were taken it may hold one that was held back when its intent could not be written.
    let rescue = desk.read(".postrider/rescue-1.jsonl");
    let kept = rescue.lines().count() - 1;
    let sent = rescue.lines().filter(|line| line.contains("\"outcome\":\"sent\"")).count();
    // The first letters went over one connection, and the ledger had their answers before it broke.
    let known = "SELECT count(*) FROM delivery WHERE state = 'sent'";
    let known: i64 = ledger.query_row(known, [], |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(known).unwrap() + sent, relay.stored(), "{rescue}");
    assert!(sent >= 1 && kept <= 8, "{rescue}");
    let outcomes = |n: usize| if n == 1 { "1 outcome".into() } else { format!("{n} outcomes") };
    run.says(&format!("{} could not be written into the ledger and are in", outcomes(kept)));
    ledger.execute_batch("DROP TRIGGER broken").unwrap();
    drop(ledger);
    desk.run(SEND)
        .exits(0)
        .says(&format!("{} that an earlier run could not write into the ledger", outcomes(sent)));
    assert_eq!(oracle::judge(&relay, &desk, 12).of("sent"), 12);
    desk.run("ledger verify").exits(0);
}

#[test]
fn what_a_run_kept_outside_the_ledger_is_taken_up_once() {
    let (relay, desk) = killed_at(Phase::Dot, Act::Stall);
    let ledger = rusqlite::Connection::open(desk.path(".postrider/ledger.sqlite")).unwrap();
    let name: String = ledger.query_row("SELECT ledger FROM meta", [], |row| row.get(0)).unwrap();
    drop(ledger);
    let head = format!("{{\"rescue\":1,\"ledger\":\"{name}\",\"issue\":1,\"run\":1}}\n");
    let sent = r#"{"row":2,"at":1790000000000,"outcome":"sent","reason":null,"next-at":null,"stage":null,"code":250,"words":"250 ok"}"#;
    let file = ".postrider/rescue-1.jsonl";
    let refused = [
        (head.replace(&name, "0123"), "it is about another ledger"),
        (format!("{head}nonsense\n"), "line 2 is not an outcome"),
        (
            format!("{head}{}\n", sent.replace("\"row\":2", "\"row\":3")),
            "line 2: a recipient cannot change state this way",
        ),
        ("nonsense\n".into(), "line 1 is not the head of a rescue file"),
    ];
    for (text, words) in refused {
        desk.write(file, &text);
        desk.run(SEND).exits(7).says("rescue-1.jsonl").says(words).says("move the file away");
        assert!(desk.path(file).exists());
    }
    let half = &sent[..sent.len() / 2];
    desk.write(file, &format!("{head}{sent}\n{half}"));
    let again = desk.read(file);
    desk.run("send drafts/tide.md --yes --limit 1")
        .exits(0)
        .says("1 outcome that an earlier run could not write into the ledger");
    assert!(!desk.path(file).exists());
    desk.write(file, &again);
    let run = desk.run(SEND).exits(0);
    assert!(!run.stderr.contains("earlier run"), "{}", run.stderr);
    assert!(!desk.path(file).exists());
    assert_eq!(desk.counts()["sent"], 3);
    assert_eq!(relay.copies(&address(3)), 1);
    desk.run("ledger verify").exits(0);
}
