//! The tables, version by version. A ledger of an earlier version is brought up step by step, and a new one goes
//! through the same steps, so there is one way to be at a version.
//!
//! To change the tables add a step; a step that has landed is never edited.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;
use super::error::{MEND, UPGRADE, refusal};
use super::lock::Lock;

/// The steps: the first makes an empty file schema 1, the second makes schema 1 schema 2, and so on.
const STEPS: [&str; 7] = [
    include_str!("1.sql"),
    include_str!("2.sql"),
    include_str!("3.sql"),
    include_str!("4.sql"),
    include_str!("5.sql"),
    include_str!("6.sql"),
    include_str!("7.sql"),
];

/// "Post" in ASCII: tells our file from any other `SQLite` database.
const APPLICATION_ID: i32 = 0x506f_7374;

/// Brings the file up to the last schema, each step in a transaction of its own. Refuses what is not a ledger or newer
/// than this program.
pub(super) fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    while let Some(step) = STEPS.get(version(connection)?) {
        // Another process may be at the same step.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = version(&transaction)?;
        if STEPS.get(version) == Some(step) {
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.execute_batch(&format!("PRAGMA user_version={}", version + 1))?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// The same for whoever is no sender. It takes the lock while there is something to do: a sender of an earlier version
/// would write by rules that are no longer those of the file.
pub(super) fn bring_up(
    connection: &mut Connection,
    dir: &Path,
    path: &Path,
) -> Result<(), OpenError> {
    let storage = |error: rusqlite::Error| OpenError::of(path, &error);
    if is_behind(connection).map_err(storage)? {
        let _lock = Lock::take(&dir.join("ledger.lock"), "somebody who brings it up to date")?;
        upgrade(connection).map_err(storage)?;
    }
    Ok(())
}

/// Whether the file is a ledger of an earlier version.
pub(super) fn is_behind(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(version(connection)? < STEPS.len())
}

/// How many steps the file has behind it.
fn version(connection: &Connection) -> rusqlite::Result<usize> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application == 0 && version == 0 && is_empty(connection)? {
        return Ok(0);
    }
    let version = usize::try_from(version).unwrap_or_default();
    if application != APPLICATION_ID || version == 0 {
        return Err(refusal("is not a postrider ledger", MEND));
    }
    if version > STEPS.len() {
        let known = STEPS.len();
        let why =
            format!("written by a newer postrider (schema {version}, this one knows {known})");
        return Err(refusal(why, UPGRADE));
    }
    Ok(version)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;
    use crate::delivery::ledger::State;
    use crate::io::ledger_sqlite::counts::{self, Moves};
    use crate::io::ledger_sqlite::error::explain;

    /// A ledger as schema 1 left it: five readers, one of them lost in a crash, one under way.
    fn of_schema_1() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO issue VALUES (1, 'tide', 'd', 'p', '{}', NULL, 'l', 1000, '0.1.0');
                 INSERT INTO run VALUES (1, 1, 42, 'host', 1000, 2000, '0.1.0'), (2, 1, 43, 'host', 3000, 4000, '0.1.0');",
            )
            .unwrap();
        for (row, state, reason) in [
            (1, "sent", None),
            (2, "unknown", Some("crash")),
            (3, "attempting", None),
            (4, "pending", None),
            (5, "skipped", Some("paused")),
        ] {
            connection
                .execute("INSERT INTO recipient VALUES (1, ?1, ?1, 'a@b', 'k' || ?1, '{}')", [row])
                .unwrap();
            connection
                .execute(
                    "INSERT INTO delivery (issue, row, state, reason, changed_at) VALUES (1, ?1, ?2, ?3, 1500)",
                    params![row, state, reason],
                )
                .unwrap();
        }
        connection
            .execute_batch("INSERT INTO attempt VALUES (1, 1, 1, 1, 1500, 'sent', NULL, 250, 'ok')")
            .unwrap();
        connection
    }

    fn tables(connection: &Connection) -> Vec<(String, String)> {
        let sql = "SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn a_ledger_of_the_first_schema_becomes_what_a_new_one_is() {
        let mut old = of_schema_1();
        upgrade(&mut old).unwrap();
        let mut new = Connection::open_in_memory().unwrap();
        upgrade(&mut new).unwrap();
        assert_eq!(tables(&old), tables(&new));
        assert_eq!((version(&old).unwrap(), version(&new).unwrap()), (STEPS.len(), STEPS.len()));
        let before = tables(&old);
        upgrade(&mut old).unwrap();
        assert_eq!(tables(&old), before, "once is enough");
    }

    #[test]
    fn sqlite_is_one_that_loses_no_pages_when_its_log_begins_anew() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }

    #[test]
    fn what_the_first_schema_knew_is_kept_and_its_crash_gets_its_attempt() {
        let mut old = of_schema_1();
        upgrade(&mut old).unwrap();
        let states: String = old
            .query_row("SELECT group_concat(state) FROM delivery", [], |row| row.get(0))
            .unwrap();
        assert_eq!(states, "sent,unknown,attempting,pending,skipped");
        let attempts: String = old
            .query_row(
                "SELECT group_concat(row || ' ' || outcome || ' ' || run) FROM attempt",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(attempts, "1 sent 1,2 unknown 2");
        let ended: i64 = old
            .query_row("SELECT count(*) FROM run WHERE ended IS NOT NULL", [], |row| row.get(0))
            .unwrap();
        assert_eq!(ended, 0, "a run that left a letter under way has not ended");
    }

    #[test]
    fn a_newer_ledger_another_program_and_a_foreign_table_are_refused() {
        let mut newer = of_schema_1();
        newer.pragma_update(None, "user_version", i32::MAX).unwrap();
        let words = explain(&upgrade(&mut newer).unwrap_err());
        assert!(words.starts_with("written by a newer postrider"), "{words}");
        let mut other = of_schema_1();
        other.pragma_update(None, "application_id", 7).unwrap();
        assert_eq!(explain(&upgrade(&mut other).unwrap_err()), "is not a postrider ledger");
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
        assert_eq!(explain(&upgrade(&mut foreign).unwrap_err()), "is not a postrider ledger");
        assert_eq!(tables(&foreign).len(), 1, "nothing is added to a file of somebody else");
    }

    /// Every change that must not be, and the words that refuse it.
    const FORBIDDEN: [(&str, &str); 15] = [
        ("UPDATE delivery SET state = 'sent' WHERE row = 4", "cannot change state this way"),
        ("UPDATE delivery SET state = 'pending' WHERE row = 1", "cannot change state this way"),
        ("UPDATE delivery SET state = 'pending' WHERE row = 5", "cannot change state this way"),
        ("UPDATE delivery SET state = 'sent' WHERE row = 3", "without an attempt"),
        ("UPDATE delivery SET state = 'pending' WHERE row = 2", "without an attempt"),
        ("INSERT INTO delivery (issue, row, state) VALUES (1, 6, 'sent')", "begins as pending"),
        (
            "INSERT OR REPLACE INTO delivery (issue, row, state) VALUES (1, 4, 'sent')",
            "begins as pending",
        ),
        ("UPDATE delivery SET row = 9 WHERE row = 1", "keeps its place"),
        ("DELETE FROM delivery WHERE row = 4", "never forgotten"),
        ("DELETE FROM recipient WHERE row = 4", "never forgotten"),
        ("UPDATE recipient SET email = 'x@y' WHERE row = 4", "never changes"),
        ("UPDATE issue SET pinned = '[]'", "keeps its bytes"),
        ("DELETE FROM issue", "never forgotten"),
        ("UPDATE meta SET sequence = -1", "counts forward"),
        (
            "INSERT INTO attempt (run, issue, row, at, outcome) VALUES (1, 1, 4, 0, 'gone')",
            "has an outcome",
        ),
    ];

    #[test]
    fn counts_are_kept_of_issues_of_every_age_and_moved_with_their_rows() {
        let mut ledger = of_schema_1();
        upgrade(&mut ledger).unwrap();
        let both = |ledger: &Connection| {
            (counts::kept(ledger, 1).unwrap(), counts::count(ledger, 1).unwrap())
        };
        let (kept, counted) = both(&ledger);
        assert_eq!((kept.total(), kept), (5, counted));
        ledger.execute("UPDATE delivery SET state = 'attempting' WHERE row = 4", []).unwrap();
        assert_ne!(both(&ledger).0, both(&ledger).1);
        let mut moves = Moves::default();
        moves.note(State::Pending, State::Attempting);
        moves.keep(&ledger, 1).unwrap();
        assert_eq!(both(&ledger).0, both(&ledger).1);
        ledger.execute("UPDATE delivery SET state = 'skipped' WHERE row = 4", []).unwrap_err();
        moves.keep(&ledger, 1).unwrap();
        assert_eq!(counts::recount(&ledger, 1).unwrap(), counts::kept(&ledger, 1).unwrap());
    }

    #[test]
    fn what_must_not_be_is_refused_by_the_database_itself() {
        let mut ledger = of_schema_1();
        upgrade(&mut ledger).unwrap();
        for (sql, words) in FORBIDDEN {
            let refused = explain(&ledger.execute_batch(sql).unwrap_err());
            assert!(refused.contains(words), "{sql}: {refused}");
        }
        ledger
            .execute_batch("INSERT INTO suppression VALUES (1, 'k', 'a@b', 'manual', '*', 0, NULL); UPDATE issue SET secret = 'a'")
            .unwrap();
        for sql in [
            "DELETE FROM meta",
            "DELETE FROM attempt",
            "UPDATE attempt SET outcome = 'failed'",
            "DELETE FROM suppression",
            "UPDATE suppression SET reason = 'removed'",
            "UPDATE issue SET secret = 'b'",
        ] {
            assert!(ledger.execute_batch(sql).is_err(), "{sql}");
        }
    }
}
