//! A ledger comes back from a backup, from another machine or not at all, or it is damaged: nobody is mailed twice for it.

use std::fs;

use super::support::desk::{Desk, address};
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Rule, Script};

const SEND: &str = "send drafts/tide.md --yes";

/// Six readers, two of whom have their letter.
fn begun() -> (Relay, Desk) {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(6, relay.port());
    desk.run("send drafts/tide.md --yes --limit 2").exits(3);
    (relay, desk)
}

fn ledger(desk: &Desk) -> rusqlite::Connection {
    rusqlite::Connection::open(desk.path(".postrider/ledger.sqlite")).unwrap()
}

/// Takes a backup; gives what brings it back.
fn backup(desk: &Desk) -> impl Fn() {
    let file = desk.path(".postrider/ledger.sqlite");
    let bytes = fs::read(&file).unwrap();
    move || fs::write(&file, &bytes).unwrap()
}

#[test]
fn a_ledger_from_a_backup_is_refused_until_it_is_adopted() {
    let (relay, desk) = begun();
    let restore = backup(&desk);
    desk.run("send drafts/tide.md --yes --limit 2").exits(3);
    restore();
    desk.run(SEND)
        .exits(8)
        .says("error[ledger-restored]")
        .says("postrider ledger adopt")
        .says("`--allow ledger-restored`");
    assert_eq!(relay.journal().len(), 4);
    desk.run("ledger adopt").exits(0).says("tide: 4 recipients may have been mailed meanwhile");
    desk.run("ledger adopt").exits(0).says("there is nothing to adopt");
    desk.run(SEND).exits(4);
    assert_eq!(relay.journal().len(), 4, "doubt is not sent again by itself");
    assert_eq!(desk.counts()["unknown"], 4);
    desk.run("ledger verify").exits(0);
    desk.run("ledger resolve tide reader5@example.org reader6@example.org --resend").exits(0);
    desk.run("ledger resolve tide --all --sent").exits(0);
    desk.run(SEND).exits(0);
    for n in 1..=6 {
        assert_eq!(relay.copies(&address(n)), 1);
    }
}

#[test]
fn a_backup_that_does_not_know_who_has_left_is_refused() {
    let (relay, desk) = begun();
    let restore = backup(&desk);
    desk.run("suppress add reader6@example.org").exits(0);
    restore();
    desk.run(SEND).exits(8).says("error[ledger-restored]");
    desk.run("ledger resolve tide --all --resend").exits(8).says("postrider ledger adopt");
    desk.run("suppress add reader5@example.org").exits(0);
    desk.run(SEND).exits(8).says("error[ledger-restored]");
    desk.run("send drafts/tide.md --yes --allow ledger-restored").exits(0);
    assert_eq!((relay.copies(&address(5)), relay.copies(&address(6))), (0, 1), "that was the risk");
}

#[test]
fn whoever_knows_that_nothing_was_missed_can_say_so() {
    let (relay, desk) = begun();
    let restore = backup(&desk);
    desk.run("send drafts/tide.md --yes --limit 2").exits(3);
    restore();
    desk.run("send drafts/tide.md --yes --allow ledger-restored").exits(0);
    assert_eq!(relay.copies(&address(3)), 2, "that was the risk");
    desk.run(SEND).exits(0);
}

#[test]
fn an_issue_of_the_lost_time_is_not_begun_again() {
    let (relay, desk) = begun();
    let restore = backup(&desk);
    let draft = desk.read("drafts/tide.md");
    desk.write("drafts/ebb.md", &draft.replace("slug: tide", "slug: ebb"));
    desk.run("send drafts/ebb.md --yes").exits(0);
    restore();
    desk.run("ledger adopt").exits(0).says("ebb was begun meanwhile");
    for _ in 0..2 {
        desk.run("send drafts/ebb.md --yes")
            .exits(8)
            .says("`ebb` was begun in a time that this ledger does not know of");
        // Also when the witness is lost: the ledger itself remembers.
        let _ = fs::remove_dir_all(desk.path("witnesses"));
    }
    assert_eq!(relay.journal().len(), 8);
}

#[test]
fn a_ledger_of_another_machine_is_refused_and_then_at_home_here() {
    let (relay, desk) = begun();
    ledger(&desk).execute_batch("UPDATE meta SET machine = 'another'").unwrap();
    desk.run(SEND).exits(8).says("error[ledger-copied]").says("last used on another machine");
    desk.run("ledger resolve tide --all --resend").exits(8).says("decide there");
    assert_eq!(relay.journal().len(), 2);
    desk.run("send drafts/tide.md --yes --limit 1 --allow ledger-copied").exits(3);
    desk.run("send drafts/tide.md --yes --limit 1").exits(3);
    ledger(&desk).execute_batch("UPDATE meta SET machine = 'another'").unwrap();
    desk.run("ledger adopt").exits(0).says("2 recipients may have been mailed");
    desk.run(SEND).exits(4);
    assert_eq!(relay.journal().len(), 4);
}

#[test]
fn a_run_that_nothing_outside_can_remember_is_no_worse_for_it() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(3, relay.port());
    desk.write("witnesses", "in the way of a folder");
    let said = "nothing outside the ledger remembers this run";
    desk.run(SEND).exits(0).says(said);
    desk.run(SEND).exits(0);
    assert_eq!(relay.stored(), 3);
}

#[test]
fn a_ledger_that_is_gone_is_missed() {
    let (relay, desk) = begun();
    let file = desk.path(".postrider/ledger.sqlite");
    for gone in [true, false] {
        if gone { fs::remove_file(&file) } else { fs::write(&file, "") }.unwrap();
        desk.run(SEND)
            .exits(8)
            .says("error[ledger-missing]")
            .says("the ledger that was used here is gone; it knew 1 issue");
    }
    fs::remove_file(&file).unwrap();
    desk.run("ledger adopt").exits(2).says("there is no ledger here to adopt");
    desk.run("suppress add reader6@example.org").exits(0);
    desk.run(SEND).exits(8).says("error[ledger-missing]");
    assert_eq!(relay.journal().len(), 2);
    desk.run("send drafts/tide.md --yes --limit 1 --allow ledger-missing").exits(3);
    desk.run(SEND).exits(0);
    assert_eq!(relay.journal().len(), 7, "the new one knew nobody but who has left");
}

#[test]
fn a_send_that_is_refused_leaves_no_ledger_behind() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(3, relay.port());
    desk.answer("send drafts/tide.md", "4\n").exits(8).says("count-not-confirmed");
    desk.run("send drafts/tide.md --yes --only nobody").exits(8);
    let names: Vec<String> = desk
        .files(".postrider")
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["ledger.lock", "secret"]);
    desk.run("status").exits(0).says("nothing has been sent from here yet");
    assert!(!desk.path("witnesses").exists());
}

#[test]
fn a_log_that_is_gone_after_a_crash_stops_the_next_send() {
    let relay = Relay::start(Script::new().with(Rule::at(Phase::Dot, Act::Stall).to(&address(4))));
    let desk = Desk::new(6, relay.port());
    desk.configure(relay.port(), "lanes = 1\n");
    let mut child = desk.start(SEND);
    relay.wait(|relay| relay.has_dot_of(&address(4)));
    child.kill().unwrap();
    child.wait().unwrap();
    // What a crash much later leaves: a witness that has seen some of what is only in the log.
    let witness = desk.files("witnesses/postrider").remove(0);
    let text = fs::read_to_string(&witness).unwrap();
    let mut told: serde_json::Value = serde_json::from_str(&text).unwrap();
    told["sequence"] = (told["sequence"].as_u64().unwrap() + 3).into();
    fs::write(&witness, told.to_string()).unwrap();
    fs::remove_file(desk.path(".postrider/ledger.sqlite-wal")).unwrap();
    desk.run(SEND).exits(7).says("ledger.sqlite-wal is gone").says("postrider ledger adopt");
    assert_eq!(relay.journal().len(), 4);
    desk.run("ledger adopt").exits(0).says("6 recipients may have been mailed");
    desk.run(SEND).exits(4);
    assert_eq!(relay.journal().len(), 4);
}

#[test]
fn what_is_no_ledger_of_ours_is_refused_before_a_connection() {
    let (relay, desk) = begun();
    let file = desk.path(".postrider/ledger.sqlite");
    let sound = fs::read(&file).unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut other = sound.clone();
        other[at..at + bytes.len()].copy_from_slice(bytes);
        other
    };
    let refused = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let run = desk.run(SEND).exits(7);
        desk.run("ledger verify").exits(7);
        assert_eq!(fs::read(&file).unwrap(), bytes, "what we do not know we do not touch");
        run.stderr
    };
    insta::assert_snapshot!(refused(&b"Dear ledger, ".repeat(100)), @"
    error: the ledger cannot be used: .postrider/ledger.sqlite: file is not a database
    help: nobody was mailed; keep a copy of the folder, then bring back the newest sound backup of all of it
    ");
    insta::assert_snapshot!(refused(&with(68, &[0, 0, 0, 7])), @"
    error: the ledger cannot be used: .postrider/ledger.sqlite: is not a postrider ledger
    help: nobody was mailed; keep a copy of the folder, then bring back the newest sound backup of all of it
    ");
    insta::assert_snapshot!(refused(&with(60, &[0, 0, 1, 0])), @"
    error: the ledger cannot be used: .postrider/ledger.sqlite: written by a newer postrider (schema 256, this one knows 7)
    help: nobody was mailed; install the newer version, which can read it
    ");
    insta::assert_snapshot!(refused(&with(100, &[0xff; 8])), @"
    error: the ledger cannot be used: .postrider/ledger.sqlite: database disk image is malformed
    help: nobody was mailed; keep a copy of the folder, then bring back the newest sound backup of all of it
    ");
    insta::assert_snapshot!(refused(&sound[..sound.len() / 2]), @"
    error: the ledger cannot be used: .postrider/ledger.sqlite: database disk image is malformed
    help: nobody was mailed; keep a copy of the folder, then bring back the newest sound backup of all of it
    ");
    assert_eq!(relay.journal().len(), 2);
    fs::write(&file, &sound).unwrap();
    desk.run(SEND).exits(0);
}

#[test]
fn damage_anywhere_in_the_rows_is_found_or_harmless() {
    let (relay, desk) = begun();
    let file = desk.path(".postrider/ledger.sqlite");
    let sound = fs::read(&file).unwrap();
    let pages = sound.len() / 4096;
    let before = desk.read_bytes(".postrider/ledger.sqlite");
    for page in 0..pages {
        let mut damaged = sound.clone();
        let start = page * 4096 + if page == 0 { 100 } else { 0 };
        damaged[start..start + 8].fill(0xa5);
        fs::write(&file, &damaged).unwrap();
        desk.run("ledger verify").exits(7);
        fs::write(&file, &before).unwrap();
    }
    desk.run("ledger verify").exits(0);
    assert_eq!(relay.journal().len(), 2);
}
