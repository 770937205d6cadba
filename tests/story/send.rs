//! An editor sends an issue; relays behave and misbehave.

use super::support::desk::{Desk, address, list, reader};
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Rule, Script};

/// Every reader has exactly so many copies.
fn assert_copies(relay: &Relay, readers: usize, copies: usize) {
    for n in 1..=readers {
        assert_eq!(relay.copies(&address(n)), copies, "{}", address(n));
    }
}

/// A list of so many readers, each at the domain of its number.
fn readers_at(readers: usize, domain: impl Fn(usize) -> String) -> String {
    let row = |n| format!("[[subscriber]]\nemail = \"reader{n}@{}\"\n\n", domain(n));
    (1..=readers).map(row).collect()
}

#[test]
fn an_issue_reaches_every_subscriber_once() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(40, relay.port());
    let run = desk.run("--json send drafts/tide.md --yes").exits(0).says("40 recipients");
    assert_copies(&relay, 40, 1);
    assert!(relay.most_open() <= 4);
    let last = run.stdout.lines().last().unwrap();
    let finished: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!((&finished["event"], &finished["issue"]), (&"finished".into(), &"tide".into()));
    assert_eq!(
        (&finished["planned"], &finished["sent"], &finished["pending"]),
        (&40.into(), &40.into(), &0.into())
    );
}

#[test]
fn the_same_command_again_opens_no_connection() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(5, relay.port());
    desk.run("send drafts/tide.md --yes").exits(0);
    let connections = relay.connections();
    desk.run("send drafts/tide.md").exits(0);
    assert_eq!(relay.connections(), connections);
    assert_copies(&relay, 5, 1);
}

#[test]
fn a_relay_without_pipelining_is_served_as_well() {
    let relay = Relay::start(Script::new().offering(&["8BITMIME"]));
    let desk = Desk::new(12, relay.port());
    desk.run("send drafts/tide.md --yes").exits(0);
    assert_copies(&relay, 12, 1);
}

#[test]
fn a_greylisted_reader_is_tried_again() {
    let relay = Relay::start(Script::new().greylisting());
    let desk = Desk::new(8, relay.port());
    desk.configure(relay.port(), "retry = [\"1s\"]\nwait = \"20s\"");
    let run = desk.run("send drafts/tide.md --yes").exits(0).says("8  sent");
    assert_copies(&relay, 8, 1);
    assert_eq!(run.stderr.matches("only deferred").count(), 1, "{}", run.stderr);
}

#[test]
fn without_waiting_the_deferred_are_left_for_the_next_run() {
    let relay = Relay::start(Script::new().greylisting());
    let desk = Desk::new(3, relay.port());
    desk.configure(relay.port(), "retry = [\"1h\"]");
    desk.run("send drafts/tide.md --yes")
        .exits(3)
        .says("3  deferred")
        .says("run the same command again after");
    assert_eq!(desk.counts()["deferred"], 3);
}

#[test]
fn a_refused_reader_costs_nobody_else_a_letter_or_a_connection() {
    let script = Script::new()
        .with(Rule::at(Phase::Rcpt, Act::reply("550 5.1.1 no such user")).to(&address(2)))
        .with(Rule::at(Phase::Rcpt, Act::reply("550 5.7.1 blocked")).to(&address(5)));
    let relay = Relay::start(script);
    let desk = Desk::new(9, relay.port());
    desk.configure(relay.port(), "lanes = 1");
    desk.run("send drafts/tide.md --yes")
        .exits(0)
        .says("failed    reader2@example.org")
        .says("7  sent");
    assert_eq!(relay.connections(), 1);
    let status = desk.status();
    assert_eq!(status["failed"][0]["email"], "reader2@example.org");
    assert_eq!(status["failed"][0]["class"], "bad-address");
    assert_eq!(status["failed"][0]["reply"], "550 5.1.1 no such user");
    assert_eq!(status["failed"][1]["class"], "policy");
}

#[test]
fn a_relay_that_hangs_up_after_every_few_letters_is_called_again_without_a_word() {
    let relay = Relay::start(Script::new().with(Rule::at(Phase::Between, Act::Fin).every(4)));
    let desk = Desk::new(30, relay.port());
    let run = desk.run("send drafts/tide.md --yes").exits(0);
    assert_copies(&relay, 30, 1);
    assert!(!run.stderr.contains("broke"), "{}", run.stderr);
}

#[test]
fn a_reply_that_never_comes_leaves_doubt_and_is_never_repeated() {
    let rule = Rule::at(Phase::Dot, Act::AcceptThenRst).to(&address(3));
    let relay = Relay::start(Script::new().with(rule));
    let desk = Desk::new(6, relay.port());
    desk.run("send drafts/tide.md --yes").exits(4).says("1  unknown");
    desk.run("send drafts/tide.md --yes").exits(4);
    assert_copies(&relay, 6, 1);
    assert_eq!(desk.status()["unknown"][0]["email"], address(3));
}

#[test]
fn a_sender_the_relay_refuses_stops_the_run_and_fails_nobody() {
    let relay = Relay::start(Script::new().on(Phase::Mail, Act::reply("553 5.1.8 sender refused")));
    let desk = Desk::new(6, relay.port());
    desk.run("send drafts/tide.md --yes").exits(6).says("553 5.1.8 sender refused");
    assert_eq!(desk.counts()["pending"], 6);
}

#[test]
fn a_used_up_quota_leaves_the_rest_pending() {
    let rule =
        Rule::at(Phase::Mail, Act::reply("550 5.4.5 Daily user sending limit exceeded")).every(3);
    let relay = Relay::start(Script::new().with(rule));
    let desk = Desk::new(9, relay.port());
    desk.configure(relay.port(), "lanes = 1");
    desk.run("send drafts/tide.md --yes").exits(5);
    let counts = desk.counts();
    assert_eq!(
        (&counts["failed"], &counts["sent"], &counts["pending"]),
        (&0.into(), &3.into(), &6.into())
    );
}

#[test]
fn what_stops_a_run_is_said_even_to_the_quiet_and_only_json_is_on_stdout() {
    let relay = Relay::start(Script::new().on(Phase::Mail, Act::reply("553 5.1.8 sender refused")));
    let desk = Desk::new(6, relay.port());
    let run = desk
        .run("--quiet --json send drafts/tide.md --yes")
        .exits(6)
        .says("error: the relay does not accept us: refused at MAIL FROM: 553 5.1.8");
    for line in run.stdout.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

#[test]
fn a_relay_that_refuses_every_letter_does_not_use_up_the_list() {
    let relay = Relay::start(Script::new().on(Phase::Dot, Act::reply("554 5.7.1 blocked")));
    let desk = Desk::new(0, relay.port());
    desk.write("subscribers.toml", &readers_at(30, |n| format!("{n}.example.org")));
    desk.configure(relay.port(), "lanes = 1");
    desk.run("send drafts/tide.md --yes").exits(5).says("5 letters in a row were refused");
    let counts = desk.counts();
    assert_eq!((&counts["failed"], &counts["pending"]), (&5.into(), &25.into()));
}

#[test]
fn a_domain_that_refuses_every_letter_is_left_alone_and_said() {
    let relay = Relay::start(Script::new().on(Phase::Dot, Act::reply("554 5.7.1 blocked")));
    let desk = Desk::new(30, relay.port());
    desk.configure(relay.port(), "lanes = 1");
    let run = desk
        .run("--json send drafts/tide.md --yes")
        .exits(5)
        .says("left alone because of their refusals: example.org");
    assert!(run.stdout.contains("\"event\":\"domain-stopped\""), "{}", run.stdout);
    let counts = desk.counts();
    assert_eq!((&counts["failed"], &counts["pending"]), (&3.into(), &27.into()));
}

#[test]
fn a_dry_run_that_cannot_keep_its_samples_says_so() {
    let desk = Desk::new(3, 1);
    for letter in 1..=5 {
        desk.write(&format!("rehearsal/0{letter}-reader1@example.org.eml/in-the-way"), "");
    }
    desk.run("send drafts/tide.md --dry-run --out rehearsal").exits(3).says("broke off");
}

#[test]
fn nobody_listening_leaves_everyone_pending() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let desk = Desk::new(4, port);
    desk.run("send drafts/tide.md --yes").exits(3).says("cannot be reached");
    assert_eq!(desk.counts()["pending"], 4);
}

#[test]
fn the_number_of_recipients_is_asked_for() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(3, relay.port());
    desk.answer("send drafts/tide.md", "2\n")
        .exits(8)
        .says("count-not-confirmed")
        .says("`2` is not 3");
    desk.answer("send drafts/tide.md", "").exits(8);
    assert_eq!(relay.connections(), 0);
    assert!(
        desk.run("--json status").stdout.is_empty(),
        "a plan that was not confirmed leaves nothing behind"
    );
    desk.answer("send drafts/tide.md", "3\n").exits(0);
    assert_copies(&relay, 3, 1);
}

#[test]
fn a_dry_run_opens_no_socket_and_its_hash_binds_the_send() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(7, relay.port());
    desk.run("send drafts/tide.md --dry-run --out rehearsal")
        .exits(0)
        .says("7 recipients")
        .says("plan hash");
    assert_eq!(relay.connections(), 0);
    let plan: serde_json::Value = serde_json::from_str(&desk.read("rehearsal/plan.json")).unwrap();
    let hash = plan["plan"].as_str().unwrap();
    assert_eq!(plan["recipients"], 7);
    assert_eq!(desk.files("rehearsal").len(), 6, "five samples and the plan");
    desk.write("subscribers.toml", &list(8));
    desk.run(&format!("send drafts/tide.md --plan {hash}")).exits(8).says("plan-changed");
    desk.write("subscribers.toml", &list(7));
    desk.run(&format!("send drafts/tide.md --plan {hash}")).exits(0);
    assert_copies(&relay, 7, 1);
}

#[test]
fn the_sample_of_a_dry_run_is_the_letter_that_is_sent_but_for_its_date() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(1, relay.port());
    desk.run("send drafts/tide.md --dry-run --out rehearsal").exits(0);
    desk.run("send drafts/tide.md --yes").exits(0);
    let without_date = |letter: &str| {
        letter
            .lines()
            .filter(|line| !line.starts_with("Date:"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let sample = desk.read("rehearsal/01-reader1@example.org.eml");
    let sent = String::from_utf8(relay.journal()[0].letter.clone()).unwrap();
    assert_eq!(without_date(&sample), without_date(&sent));
}

#[test]
fn the_sandbox_needs_no_configuration_and_catches_every_letter() {
    let desk = Desk::new(15, 1);
    std::fs::remove_file(desk.path("config.toml")).unwrap();
    desk.run("send drafts/tide.md --sandbox --out caught")
        .exits(0)
        .says("no config.toml")
        .says("15  sent")
        .says("caught/new");
    assert_eq!(desk.files("caught/new").len(), 15);
    desk.run("send drafts/tide.md --yes").exits(1).says("postrider init");
}

#[test]
fn a_test_copy_names_the_phase_in_which_it_fails() {
    let relay = Relay::start(
        Script::new()
            .with(Rule::at(Phase::Rcpt, Act::reply("550 5.1.1 who?")).to("nobody@example.org")),
    );
    let desk = Desk::new(2, relay.port());
    desk.run("send drafts/tide.md --to me@example.org").exits(0).says("taken");
    let letter = String::from_utf8(relay.journal()[0].letter.clone()).unwrap();
    let subject = letter.lines().find_map(|line| line.strip_prefix("Subject: [TEST ")).unwrap();
    assert_eq!(subject.split_once("] ").unwrap().1, "The tide turns at six", "{subject}");
    assert!(subject[..5].chars().filter(char::is_ascii_digit).count() == 4, "{subject}");
    desk.run("send drafts/tide.md --to nobody@example.org")
        .exits(5)
        .says("refused at RCPT TO: 550 5.1.1 who?");
    assert!(!desk.path(".postrider/ledger.sqlite").exists());
}

#[test]
fn only_readers_with_a_tag_are_mailed_and_the_tag_is_part_of_the_plan() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(0, relay.port());
    let rows: String =
        (1..=6).map(|n| reader(n, if n % 2 == 0 { "tags = [\"even\"]\n" } else { "" })).collect();
    desk.write("subscribers.toml", &rows);
    desk.run("send drafts/tide.md --yes --only odd")
        .exits(8)
        .says("list-empty")
        .says("nobody on the list has the tag `odd`");
    desk.run("send drafts/tide.md --yes --only even --limit 2").exits(3);
    assert_eq!(relay.journal().len(), 2);
    desk.run("send drafts/tide.md --yes").exits(8).says("plan-changed");
    desk.run("send drafts/tide.md --yes --only even").exits(0);
    assert_eq!(relay.journal().len(), 3);
}

#[test]
fn those_who_are_not_active_are_skipped_and_duplicates_get_one_copy() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(0, relay.port());
    let rows = [
        reader(1, ""),
        reader(2, "status = \"unsubscribed\"\n"),
        reader(3, "status = \"paused\"\n"),
        "[[subscriber]]\nemail = \"Reader1@Example.org\"\n\n".to_owned(),
        reader(4, ""),
        reader(4, "status = \"unsubscribed\"\n"),
    ];
    desk.write("subscribers.toml", &rows.concat());
    desk.run("send drafts/tide.md --yes")
        .exits(0)
        .says("1 recipient")
        .says("2 duplicates collapsed");
    assert_eq!(relay.journal().len(), 1, "who has left in one row has left");
    let counts = desk.counts();
    assert_eq!((&counts["sent"], &counts["skipped"]), (&1.into(), &3.into()));
}

#[test]
fn a_field_that_some_readers_lack_is_told_with_their_names_before_anything_is_sent() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(3, relay.port());
    desk.write("drafts/tide.md", "---\nsubject: Tide for {{ name }}\nslug: tide\n---\n\nHello.\n");
    let run = desk.run("send drafts/tide.md --yes").exits(1);
    let run = run
        .says("error[merge-unresolved]: drafts/tide.md:2:22: `name` is empty for 1 reader")
        .says("reader3@example.org");
    run.says("{{ name | default(");
    desk.write("drafts/tide.md", "---\nsubject: Tide\nslug: tide\n---\n\nHello {{ nmae }}.\n");
    desk.run("send drafts/tide.md --yes")
        .exits(1)
        .says("unknown field `nmae`")
        .says("did you mean `name`?");
    assert_eq!(relay.connections(), 0);
}

#[test]
fn bad_rows_are_all_named_and_can_be_left_out_on_purpose() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(0, relay.port());
    let rows = format!(
        "{}[[subscriber]]\nemail = \"ada@\"\n\n{}[[subscriber]]\nemail = \"@x.org\"\n",
        reader(1, ""),
        reader(2, "")
    );
    desk.write("subscribers.toml", &rows);
    let run = desk
        .run("send drafts/tide.md --yes")
        .exits(1)
        .says("subscribers.toml:5:")
        .says("subscribers.toml:11:");
    run.says("--allow list-invalid");
    assert_eq!(relay.connections(), 0);
    desk.run("send drafts/tide.md --yes --allow list-invalid").exits(0).says("2 invalid");
    assert_eq!(relay.journal().len(), 2);
}

#[test]
fn a_draft_that_is_marked_as_one_or_has_leftovers_does_not_leave() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(1, relay.port());
    desk.write(
        "drafts/tide.md",
        "---\nsubject: Tide\nslug: tide\ndraft: true\n---\n\nTODO the rest.\n",
    );
    desk.run("send drafts/tide.md --yes")
        .exits(8)
        .says("error[draft-true]: drafts/tide.md:4:")
        .says("error[todo-leftover]: drafts/tide.md:7:1");
    desk.run("send drafts/tide.md --sandbox --out caught").exits(0).says("draft-true");
    desk.run("send drafts/tide.md --yes --allow draft-true --allow todo-leftover").exits(0);
    assert_eq!(relay.journal().len(), 1);
}

#[test]
fn who_has_left_under_another_tag_has_left() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(0, relay.port());
    let rows = [
        reader(1, "tags = [\"weekly\"]\n"),
        reader(2, "tags = [\"weekly\"]\n"),
        reader(2, "status = \"unsubscribed\"\n"),
    ];
    desk.write("subscribers.toml", &rows.concat());
    desk.run("send drafts/tide.md --yes --only weekly")
        .exits(0)
        .says("1 recipient (1 unsubscribed skipped)");
    assert_eq!((relay.copies(&address(1)), relay.copies(&address(2))), (1, 0));
}
