//! Which ledger this is and where it has been, so that a copy, a backup and a damaged one are known for what they are.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::counts;
use super::rows::start_run;
use super::{Ledger, LedgerError};
use crate::io::witness::Witness;

/// What was in doubt when a ledger was adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// Recipients that are unknown now, by issue.
    pub doubted: Vec<(String, u64)>,
    /// Issues that were begun in the time the ledger does not know of.
    pub lost: Vec<String>,
}

impl Ledger {
    /// The machine it is used on; nothing before the first send.
    pub fn machine(&self) -> Result<Option<String>, LedgerError> {
        Ok(self.connection.query_row("SELECT machine FROM meta", [], |row| row.get(0))?)
    }

    /// What a witness of this moment tells.
    pub fn witness(&self) -> Result<Witness, LedgerError> {
        Ok(witness(&self.connection, self.dir.as_deref())?)
    }

    /// Whether the write-ahead log of a run that did not end is gone, and what it told with it.
    pub fn lost_its_log(&self) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM run WHERE id = (SELECT max(id) FROM run) AND ended IS NULL)";
        let is_unfinished: bool = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(is_unfinished && !self.had_log)
    }

    /// Whether an issue was begun in a time that this ledger does not know of.
    pub fn has_lost(&self, slug: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM lost_issue WHERE slug = ?1)";
        Ok(self.connection.query_row(sql, params![slug], |row| row.get(0))?)
    }

    /// Writes down that it is used on this machine.
    pub fn move_to(&mut self, machine: &str) -> Result<(), LedgerError> {
        let sql = "UPDATE meta SET machine = ?1 WHERE machine IS NOT ?1";
        self.connection.execute(sql, params![machine])?;
        Ok(())
    }

    /// Makes a ledger that has missed a time usable: whoever may have been sent to in that time is unknown.
    pub fn adopt(
        &mut self,
        machine: &str,
        seen: Option<&Witness>,
        run: (u32, &str),
        now: Timestamp,
    ) -> Result<Adopted, LedgerError> {
        let transaction = self.connection.transaction()?;
        let mut adopted = Adopted { doubted: Vec::new(), lost: Vec::new() };
        for (issue, slug) in issues(&transaction)? {
            let run = start_run(&transaction, issue, run.0, run.1, now)?;
            let rows = doubt_all(&transaction, issue, run, now)?;
            if rows > 0 {
                adopted.doubted.push((slug, rows));
            }
        }
        let (sequence, known) = seen.map_or((0, &[][..]), |seen| (seen.sequence, &seen.issues));
        for slug in known {
            let sql = "INSERT OR IGNORE INTO lost_issue (slug, at)
                       SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM issue WHERE slug = ?1)";
            if transaction.execute(sql, params![slug, now.as_millisecond()])? > 0 {
                adopted.lost.push(slug.clone());
            }
        }
        transaction.execute(
            "UPDATE meta SET machine = ?1, sequence = max(sequence, ?2) + 1",
            params![machine, sequence.cast_signed()],
        )?;
        transaction.commit()?;
        Ok(adopted)
    }
}

pub(super) fn witness(connection: &Connection, dir: Option<&Path>) -> rusqlite::Result<Witness> {
    let (ledger, sequence) =
        connection.query_row("SELECT ledger, sequence FROM meta", [], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
    let issues = issues(connection)?.into_iter().map(|(_, slug)| slug).collect();
    Ok(Witness { ledger, sequence, folder: dir.map(Into::into), issues })
}

fn issues(connection: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    let mut statement = connection
        .prepare_cached("SELECT id, slug FROM issue WHERE plan_hash <> '' ORDER BY id")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn doubt_all(
    connection: &Connection,
    issue: i64,
    run: i64,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let at = now.as_millisecond();
    connection.execute(
        "INSERT INTO attempt (run, issue, row, at, outcome, reply)
         SELECT ?1, issue, row, ?3, 'unknown', 'may have been sent in the time the ledger has missed'
         FROM delivery WHERE issue = ?2 AND state IN ('pending', 'deferred')",
        params![run, issue, at],
    )?;
    let rows = connection.execute(
        "UPDATE delivery SET state = 'unknown', reason = 'adopted', changed_at = ?2, next_at = NULL
         WHERE issue = ?1 AND state IN ('pending', 'deferred')",
        params![issue, at],
    )?;
    connection.execute("UPDATE run SET ended = ?2 WHERE id = ?1", params![run, at])?;
    counts::recount(connection, issue)?;
    Ok(rows as u64)
}
