//! A plan under way against a list that has changed since: who is left out now, and who has joined.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::counts;
use super::freeze::skipped;
use crate::audience::Subscriber;
use crate::delivery::ledger::LedgerError;
use crate::delivery::plan::PlanHash;

/// What the list says now of the readers of a plan. Dropped before [`Reconcile::settle`], nothing has changed.
#[derive(Debug)]
pub struct Reconcile<'a> {
    ledger: &'a mut super::Ledger,
    issue: i64,
    is_settled: bool,
}

/// How a list differs from the plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Recipients that are skipped from now on, by reason.
    pub skipped: Vec<(String, u64)>,
    /// Readers who would be mailed and are not in the plan.
    pub added: u64,
}

impl<'a> Reconcile<'a> {
    /// Starts to compare.
    pub fn begin(ledger: &'a mut super::Ledger, issue: i64) -> Result<Self, LedgerError> {
        ledger.connection.execute_batch(
            "DROP TABLE IF EXISTS temp.listed;
             CREATE TEMP TABLE listed (key TEXT PRIMARY KEY, reason TEXT, line INTEGER, email TEXT, reader TEXT) WITHOUT ROWID;
             BEGIN IMMEDIATE",
        )?;
        Ok(Self { ledger, issue, is_settled: false })
    }

    /// A reader the list still has, and why this reader is not mailed, if so. `is_meant` says whether a reader who is
    /// new would be part of the plan. Gives whether this one is.
    pub fn add(
        &mut self,
        line: usize,
        reader: &Subscriber,
        skipped: Option<&str>,
        is_meant: bool,
    ) -> Result<bool, LedgerError> {
        let connection = &self.ledger.connection;
        let key = reader.email.canonical();
        let is_new = is_meant
            && skipped.is_none()
            && !connection
                .prepare_cached("SELECT 1 FROM recipient_key WHERE issue = ?1 AND key = ?2")?
                .exists(params![self.issue, key])?;
        let json = is_new.then(|| serde_json::to_string(reader)).transpose();
        let json = json.map_err(|error| LedgerError(error.to_string()))?;
        // Of rows with the same address the first stays; if any of them is not to be mailed, none is.
        let sql = "INSERT INTO listed (key, reason, line, email, reader) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT DO UPDATE SET reason = coalesce(reason, excluded.reason), reader = coalesce(reader, excluded.reader)";
        connection.prepare_cached(sql)?.execute(params![
            key,
            skipped,
            i64::try_from(line).unwrap_or(i64::MAX),
            reader.email.as_str(),
            json
        ])?;
        Ok(is_new)
    }

    /// Skips every open row whose reader is gone from the list or no longer active, and counts who is new. Durable when it
    /// returns: nobody has to wait while a person is asked about those who are new.
    pub fn settle(&mut self, list_sha256: &str) -> Result<Changed, LedgerError> {
        let connection = &self.ledger.connection;
        let before = skipped(connection, self.issue)?;
        connection.execute(
            "UPDATE delivery SET state = 'skipped', next_at = NULL, reason = coalesce(
               (SELECT l.reason FROM recipient r JOIN listed l USING (key) WHERE r.issue = delivery.issue AND r.row = delivery.row), 'removed')
             WHERE issue = ?1 AND state IN ('pending', 'deferred') AND NOT EXISTS
               (SELECT 1 FROM recipient r JOIN listed l USING (key)
                WHERE r.issue = delivery.issue AND r.row = delivery.row AND l.reason IS NULL)",
            params![self.issue],
        )?;
        connection.execute(
            "UPDATE issue SET list_sha256 = ?2 WHERE id = ?1",
            params![self.issue, list_sha256],
        )?;
        let sql = "SELECT count(*) FROM listed WHERE reader IS NOT NULL AND reason IS NULL";
        let added: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        let skipped = more(&before, skipped(connection, self.issue)?);
        counts::recount(connection, self.issue)?;
        connection.execute_batch("COMMIT")?;
        self.is_settled = true;
        Ok(Changed { skipped, added: added.unsigned_abs() })
    }

    /// Adds the readers who are new to the plan, in list order; gives the hash of what the plan is now.
    pub fn include(self) -> Result<String, LedgerError> {
        let behavior = TransactionBehavior::Immediate;
        let connection = Transaction::new_unchecked(&self.ledger.connection, behavior)?;
        let last: i64 = connection.query_row(
            "SELECT coalesce(max(row), 0) FROM recipient WHERE issue = ?1",
            params![self.issue],
            |row| row.get(0),
        )?;
        connection.execute(
            "INSERT INTO recipient (issue, row, line, email, key, reader)
             SELECT ?1, ?2 + row_number() OVER (ORDER BY line), line, email, key, reader
             FROM listed WHERE reader IS NOT NULL AND reason IS NULL",
            params![self.issue, last],
        )?;
        for sql in [
            "INSERT INTO recipient_key (issue, key, row) SELECT issue, key, row FROM recipient WHERE issue = ?1 AND row > ?2",
            "INSERT INTO delivery (issue, row, state) SELECT issue, row, 'pending' FROM recipient WHERE issue = ?1 AND row > ?2",
        ] {
            connection.execute(sql, params![self.issue, last])?;
        }
        let hash = longer_hash(&connection, self.issue, last)?;
        let sql = "UPDATE issue SET plan_hash = ?2 WHERE id = ?1";
        connection.execute(sql, params![self.issue, hash])?;
        counts::recount(&connection, self.issue)?;
        connection.commit()?;
        Ok(hash)
    }
}

impl Drop for Reconcile<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            let _ = self.ledger.connection.execute_batch("ROLLBACK");
        }
        let _ = self.ledger.connection.execute_batch("DROP TABLE IF EXISTS temp.listed");
    }
}

/// The hash of a plan that has grown by the rows after `last`: of the hash it had, and of the new recipients.
fn longer_hash(connection: &Connection, issue: i64, last: i64) -> rusqlite::Result<String> {
    let old: String = connection.query_row(
        "SELECT plan_hash FROM issue WHERE id = ?1",
        params![issue],
        |row| row.get(0),
    )?;
    let mut hash = PlanHash::new(&old);
    let sql = "SELECT reader FROM recipient WHERE issue = ?1 AND row > ?2 ORDER BY row";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params![issue, last])?;
    while let Some(row) = rows.next()? {
        hash.add(row.get_ref(0)?.as_str()?);
    }
    Ok(hash.finish())
}

/// By how many each reason has grown.
pub(super) fn more(before: &[(String, u64)], now: Vec<(String, u64)>) -> Vec<(String, u64)> {
    let had = |reason: &str| before.iter().find(|(old, _)| old == reason).map_or(0, |(_, n)| *n);
    let grown = now.into_iter().map(|(reason, number)| {
        let more = number - had(&reason);
        (reason, more)
    });
    grown.filter(|(_, more)| *more > 0).collect()
}
