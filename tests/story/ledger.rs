//! An editor asks the ledger what became of a copy, and decides about doubt.

use super::support::desk::{Desk, address};
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Rule, Script};

/// Six readers; the second does not exist, and the relay stores the letters of the third and fifth without an answer.
fn doubtful() -> (Relay, Desk) {
    let silent = |n| Rule::at(Phase::Dot, Act::AcceptThenRst).to(&address(n)).times(1);
    let gone = Rule::at(Phase::Rcpt, Act::reply("550 5.1.1 no such user")).to(&address(2));
    let relay = Relay::start(Script::new().with(silent(3)).with(silent(5)).with(gone));
    let desk = Desk::new(6, relay.port());
    desk.run("send drafts/tide.md --yes").exits(4).says("postrider ledger resolve tide");
    (relay, desk)
}

#[test]
fn doubt_is_decided_by_a_person_and_by_nobody_else() {
    let (relay, desk) = doubtful();
    desk.run("ledger resolve tide reader3@example.org --sent")
        .exits(0)
        .says("1 recipient now sent");
    desk.run("ledger resolve tide --all --resend").exits(0).says("1 recipient now pending again");
    assert_eq!((relay.copies(&address(3)), relay.copies(&address(5))), (1, 1));
    desk.run("send drafts/tide.md --yes").exits(0);
    assert_eq!((relay.copies(&address(3)), relay.copies(&address(5))), (1, 2));
    let journal = relay.journal();
    let copies: Vec<_> =
        journal.iter().filter(|entry| entry.stored && entry.recipient == address(5)).collect();
    assert_eq!(copies[0].letter, copies[1].letter, "the second copy is the first, byte for byte");
    let history = desk.run("ledger show tide Reader5@EXAMPLE.org").exits(0).stdout;
    let words: Vec<&str> = history.lines().map(|line| &line[25..]).collect();
    assert_eq!(words.len(), 3, "{history}");
    assert!(words[0].starts_with("unknown"), "{history}");
    assert_eq!(words[1], "pending         a person decided: send again");
    assert!(words[2].starts_with("sent"), "{history}");
    desk.run("ledger verify").exits(0).says("the ledger is whole");
}

#[test]
fn what_is_given_up_has_failed() {
    let (_relay, desk) = doubtful();
    desk.run("ledger resolve tide --all --abandon").exits(0).says("2 recipients now failed");
    let counts = desk.counts();
    assert_eq!((&counts["failed"], &counts["unknown"]), (&3.into(), &0.into()));
    desk.run("send drafts/tide.md --yes").exits(0);
}

#[test]
fn strangers_and_issues_that_were_never_sent_are_told_from_silence() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(2, relay.port());
    desk.run("send drafts/tide.md --yes --limit 1").exits(3);
    desk.run("ledger show tide reader2@example.org").exits(0).says("nothing has happened to");
    desk.run("ledger show tide eve@example.org")
        .exits(2)
        .says("eve@example.org is not among the recipients of tide");
    for words in ["ledger export ebb", "--json ledger export ebb", "ledger show ebb"] {
        let run = desk.run(words).exits(2).says("the ledger knows no issue `ebb`");
        assert_eq!(run.stdout, "", "no head of a table that does not come");
    }
}

#[test]
fn only_doubt_can_be_decided() {
    let (_relay, desk) = doubtful();
    let words =
        "ledger resolve tide reader3@example.org reader1@example.org eve@example.org --sent";
    desk.run(words)
        .exits(2)
        .says("`reader1@example.org` is sent, `eve@example.org` is not in the plan")
        .says("nothing was changed");
    assert_eq!(desk.counts()["unknown"], 2);
    desk.run("ledger resolve tide --all").exits(2);
    desk.run("ledger resolve ebb --all --sent").exits(2).says("the ledger knows no issue `ebb`");
    desk.run("ledger resolve tide --all --sent").exits(0).says("2 recipients now sent");
    desk.run("ledger resolve tide --all --sent").exits(0).says("nobody is unknown in tide");
}

#[test]
fn an_export_has_every_recipient() {
    let (_relay, desk) = doubtful();
    let table = desk.run("ledger export tide").exits(0).stdout;
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 7, "{table}");
    assert_eq!(rows[0], "email,state,reason,attempts,since,next_at,reply");
    assert!(rows[2].starts_with("reader2@example.org,failed,bad-address,1,"), "{table}");
    let json = desk.run("--json ledger export tide").exits(0).stdout;
    let third: serde_json::Value = serde_json::from_str(json.lines().nth(2).unwrap()).unwrap();
    assert_eq!((&third["email"], &third["state"]), (&address(3).into(), &"unknown".into()));
}

#[test]
fn a_ledger_that_was_meddled_with_is_not_called_whole() {
    let (_relay, desk) = doubtful();
    let file = desk.path(".postrider/ledger.sqlite");
    let sound = std::fs::read(&file).unwrap();
    let cases = [
        (
            "UPDATE delivery SET state = 'sent' WHERE row = 2",
            "recipients called sent without an attempt that says so: 1",
        ),
        (
            "UPDATE delivery SET state = 'failed' WHERE row = 3",
            "recipients whose last attempt led to another state: 1",
        ),
        (
            "UPDATE delivery SET state = 'skipped' WHERE row = 1",
            "recipients not called sent whose last attempt says so: 1",
        ),
        (
            "UPDATE delivery SET attempts = 7 WHERE row = 1",
            "recipients whose attempts are miscounted: 1",
        ),
        ("DELETE FROM delivery WHERE row = 4", "recipients without a state: 1"),
        (
            "UPDATE recipient SET email = 'eve@example.org' WHERE row = 4",
            "recipients who are not whom the plan names: 1",
        ),
    ];
    for (sql, words) in cases {
        let database = rusqlite::Connection::open(&file).unwrap();
        database
            .execute_batch(&format!(
                "SAVEPOINT meddling; DROP TRIGGER delivery_transition; DROP TRIGGER delivery_has_its_attempt;
                 DROP TRIGGER delivery_is_kept; DROP TRIGGER recipient_stays; {sql}; RELEASE meddling"
            ))
            .unwrap();
        drop(database);
        desk.run("ledger verify").exits(7).says(&format!("tide: {words}"));
        std::fs::write(&file, &sound).unwrap();
    }
    desk.run("ledger verify").exits(0);
}

#[test]
fn a_clock_behind_the_ledger_stops_a_send() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(3, relay.port());
    desk.run("send drafts/tide.md --yes --limit 1").exits(3);
    let database = rusqlite::Connection::open(desk.path(".postrider/ledger.sqlite")).unwrap();
    database.execute_batch("UPDATE run SET ended = ended + 3600000").unwrap();
    desk.run("send drafts/tide.md --yes")
        .exits(8)
        .says("error[clock-earlier]")
        .says("but the ledger has seen");
    assert_eq!(relay.journal().len(), 1);
    desk.run("send drafts/tide.md --yes --allow clock-earlier").exits(0);
    assert_eq!(relay.journal().len(), 3);
}
