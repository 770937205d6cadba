//! Between two runs of an issue something changes: each change is noticed, and each leaves one clear choice.

use super::support::desk::{Desk, Run, address, list, reader};
use super::support::relay::Relay;
use super::support::script::Script;

/// An issue of six readers of whom two have had it.
fn begun() -> (Relay, Desk) {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(6, relay.port());
    desk.run("send drafts/tide.md --yes --limit 2").exits(3);
    (relay, desk)
}

/// Everything that a run said.
fn words(run: &Run) -> &str {
    &run.stderr
}

#[test]
fn what_has_changed_about_the_letter_is_named() {
    let (relay, desk) = begun();
    let draft = desk.read("drafts/tide.md");
    desk.write("drafts/tide.md", &draft.replace("turns at six\n", "turns at seven\n"));
    desk.run("send drafts/tide.md --yes")
        .exits(8)
        .says("error[issue-changed]: drafts/tide.md: `tide` was planned")
        .says("2 of 6 recipients are done, and it has changed since: the HTML part, the subject")
        .says("`--allow issue-changed` goes on with the letter as it was; a new `slug` makes it another issue");
    desk.write("drafts/tide.md", &draft);
    let config = desk.read("config.toml");
    let moved = config.replace("lists.example.org", "leave.example.org");
    desk.write(
        "config.toml",
        &moved.replace("[relay]\n", "postal-address = \"Quay 1\"\n[relay]\n"),
    );
    desk.run("send drafts/tide.md --yes").exits(8).says(
        "it has changed since: the HTML part, the text part, `newsletter.postal-address`, `unsubscribe.url`",
    );
    assert_eq!(relay.journal().len(), 2);
    desk.run("send drafts/tide.md --yes --allow issue-changed").exits(0);
    for entry in relay.journal() {
        let letter = String::from_utf8(entry.letter).unwrap();
        assert!(letter.contains("lists.example.org") && !letter.contains("Quay 1"));
    }
}

#[test]
fn settings_that_reach_no_letter_change_nothing() {
    let (relay, desk) = begun();
    desk.configure(relay.port(), "lanes = 1\nrate = \"5000/s\"");
    desk.run("send drafts/tide.md --yes").exits(0);
    assert_eq!(relay.journal().len(), 6);
}

#[test]
fn readers_who_join_are_told_of_and_not_mailed() {
    let (relay, desk) = begun();
    desk.write(
        "subscribers.toml",
        &(list(6) + &reader(7, "") + &reader(8, "status = \"paused\"\n")),
    );
    desk.run("send drafts/tide.md --yes").exits(0).says(
        "1 reader joined since the issue was planned; they are not mailed (`--include-new` adds them)",
    );
    assert_eq!(relay.journal().len(), 6);
}

#[test]
fn readers_who_join_are_included_when_their_number_is_typed() {
    let (relay, desk) = begun();
    desk.write("subscribers.toml", &(list(6) + &reader(7, "") + &reader(8, "") + &reader(7, "")));
    // Noticed once, and still there to be included when the list has not changed again.
    desk.run("send drafts/tide.md --yes --limit 1").exits(3);
    desk.answer("send drafts/tide.md --include-new", "3\n")
        .exits(8)
        .says("Type the number of new recipients")
        .says("`3` is not 2");
    assert_eq!(desk.counts()["pending"], 3);
    desk.answer("send drafts/tide.md --include-new", "2\n").exits(0).says("8 recipients planned");
    for n in 1..=8 {
        assert_eq!(relay.copies(&address(n)), 1, "{}", address(n));
    }
    let run = desk.run("send drafts/tide.md --include-new").exits(0);
    assert!(!words(&run).contains("joined"), "{}", words(&run));
    desk.run("ledger verify").exits(0);
}

#[test]
fn a_new_reader_lacking_what_the_letter_needs_is_named_before_anybody_is_asked() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(0, relay.port());
    let named = |n| reader(n, "name = \"Ada\"\n");
    desk.write("drafts/tide.md", "---\nsubject: Tide for {{ name }}\nslug: tide\n---\n\nHello.\n");
    desk.write("subscribers.toml", &(named(1) + &named(2)));
    desk.run("send drafts/tide.md --yes --limit 1").exits(3);
    desk.write("subscribers.toml", &(named(1) + &named(2) + &reader(3, "")));
    desk.run("send drafts/tide.md --yes --include-new").exits(1).says("reader3@example.org");
    assert_eq!(desk.counts()["pending"], 1);
    desk.run("send drafts/tide.md --yes").exits(0);
    assert_eq!(relay.copies(&address(3)), 0);
}

#[test]
fn only_those_the_tag_means_can_join() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(0, relay.port());
    let rust = |n| reader(n, "tags = [\"rust\"]\n");
    desk.write("subscribers.toml", &(rust(1) + &rust(2)));
    desk.run("send drafts/tide.md --yes --only rust --limit 1").exits(3);
    desk.write("subscribers.toml", &(rust(1) + &rust(2) + &rust(3) + &reader(4, "")));
    desk.run("send drafts/tide.md --yes --only rust --include-new")
        .exits(0)
        .says("1 reader joined");
    assert_eq!((relay.copies(&address(3)), relay.copies(&address(4))), (1, 0));
}

#[test]
fn another_address_is_another_reader() {
    let (relay, desk) = begun();
    desk.write("subscribers.toml", &(list(5) + &reader(60, "")));
    desk.run("send drafts/tide.md --yes")
        .exits(0)
        .says("1 recipient left out now (1 removed)")
        .says("1 reader joined since");
    assert_eq!((relay.copies(&address(6)), relay.copies(&address(60))), (0, 0));
}

#[test]
fn another_version_of_the_program_is_mentioned_and_sends_the_same_letter() {
    let (relay, desk) = begun();
    let database = rusqlite::Connection::open(desk.path(".postrider/ledger.sqlite")).unwrap();
    database.execute_batch("UPDATE issue SET version = '0.0.9'").unwrap();
    let draft = desk.read("drafts/tide.md");
    desk.write("drafts/tide.md", &draft.replace("turns at six. [", "turns at seven. ["));
    desk.run("send drafts/tide.md --yes")
        .exits(8)
        .says("it was planned by postrider 0.0.9 and this is");
    desk.write("drafts/tide.md", &draft);
    desk.run("send drafts/tide.md --yes")
        .exits(0)
        .says("by postrider 0.0.9; the letter stays as it was planned");
    assert_eq!(relay.journal().len(), 6);
}

#[test]
fn a_letter_meddled_with_in_the_ledger_is_not_sent() {
    let (relay, desk) = begun();
    let database = rusqlite::Connection::open(desk.path(".postrider/ledger.sqlite")).unwrap();
    database
        .execute_batch("DROP TRIGGER issue_stays; UPDATE issue SET pinned = replace(pinned, 'turns at six', 'turns at ten')")
        .unwrap();
    desk.run("send drafts/tide.md --yes --allow issue-changed")
        .exits(7)
        .says("is not the one that was planned");
    assert_eq!(relay.journal().len(), 2);
}

#[test]
fn one_reader_of_seven_thousand_without_a_field_stops_the_issue_before_a_connection() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(0, relay.port());
    let named = |n| reader(n, "name = \"Ada\"\n");
    let rows: String = (1..=7_000).map(named).collect::<String>() + &reader(7_001, "");
    desk.write("drafts/tide.md", "---\nsubject: Tide\nslug: tide\n---\n\nHello {{ name }}.\n");
    desk.write("subscribers.toml", &rows);
    desk.run("send drafts/tide.md --yes")
        .exits(1)
        .says("`name` is empty for 1 reader")
        .says("reader7001@example.org");
    assert_eq!(relay.connections(), 0);
}
