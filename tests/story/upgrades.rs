//! Ledgers as earlier schemas left them, each written by the program of its time: eight readers, three of whom have the
//! letter, one is deferred, one letter was leaving when the sender was killed. They go on, with the letter they pinned.

use rusqlite::Connection;

use super::support::desk::{Desk, address, list};
use super::support::relay::Relay;
use super::support::script::Script;

/// The dumps, and the schema of each.
const LEDGERS: [(i32, &str); 4] = [
    (1, include_str!("ledgers/1.sql")),
    (2, include_str!("ledgers/2.sql")),
    (3, include_str!("ledgers/3.sql")),
    (4, include_str!("ledgers/4.sql")),
];

/// "Post" in ASCII, as every ledger has it; a dump leaves it out.
const APPLICATION_ID: i32 = 0x506f_7374;

/// A desk with the list and the ledger of then.
fn desk(schema: i32, dump: &str, port: u16) -> Desk {
    let desk = Desk::new(0, port);
    let paused = "email = \"reader8@example.org\"\nname = \"Ada\"\n";
    let list = list(8).replace(paused, &format!("{paused}status = \"paused\"\n"));
    desk.write("subscribers.toml", &list);
    let ledger = Connection::open(desk.path(".postrider/ledger.sqlite")).unwrap();
    ledger.execute_batch(dump).unwrap();
    ledger.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    ledger.pragma_update(None, "user_version", schema).unwrap();
    desk
}

#[test]
fn a_ledger_of_every_earlier_schema_goes_on_with_the_letter_it_pinned() {
    for (schema, dump) in LEDGERS {
        let relay = Relay::start(Script::new());
        let desk = desk(schema, dump, relay.port());
        let before = desk.counts();
        assert_eq!((&before["sent"], &before["attempting"]), (&3.into(), &1.into()), "{schema}");
        desk.run("ledger verify").exits(0);
        // Wherever the draft of today differs from the pinned one, the pinned one goes on leaving.
        desk.write("drafts/tide.md", "---\nsubject: Another\nslug: tide\n---\n\nSomething else.\n");
        desk.run("send drafts/tide.md --yes")
            .exits(8)
            .says("1 recipient in doubt since a crash")
            .says("error[issue-changed]");
        desk.run("send drafts/tide.md --yes --allow issue-changed --wait 0s").exits(4);
        let open = if schema < 4 { vec![3, 6, 7] } else { vec![3, 6] };
        let mut sent: Vec<String> =
            relay.journal().into_iter().map(|entry| entry.recipient).collect();
        sent.sort();
        assert_eq!(sent, open.iter().map(|n| address(*n)).collect::<Vec<_>>(), "schema {schema}");
        for entry in relay.journal() {
            let letter = String::from_utf8(entry.letter).unwrap();
            assert!(letter.contains("Subject: The tide turns at six\r\n"), "{schema}: {letter}");
            assert!(letter.contains("https://example.org/tide"), "{schema}: {letter}");
            assert!(!letter.contains("Something else"), "{schema}: {letter}");
        }
        let unknown = &desk.status()["unknown"][0]["email"];
        assert_eq!(unknown, &address(5), "schema {schema}");
        desk.run("ledger verify").exits(0);
        desk.run("ledger resolve tide --all --sent").exits(0);
        desk.run("send drafts/tide.md --yes --allow issue-changed").exits(0);
        assert_eq!(relay.stored(), open.len());
    }
}
