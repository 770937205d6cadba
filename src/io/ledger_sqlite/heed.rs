//! Suppressions kept to: open rows whose readers are not to be mailed any more are skipped.

use rusqlite::{Connection, params};

use super::counts::Moves;
use super::suppression::{last, latest, list_of, reader_of};
use crate::audience::suppression::Reason;
use crate::delivery::ledger::{LedgerError, State};

impl super::Ledger {
    /// Skips the open rows of an issue whose readers are suppressed; gives how many, by reason.
    pub fn heed(&mut self, issue: i64) -> Result<Vec<(String, u64)>, LedgerError> {
        if last(&self.connection)? == 0 {
            return Ok(Vec::new());
        }
        let before = super::freeze::skipped(&self.connection, issue)?;
        let transaction = self.connection.transaction()?;
        let mut moves = Moves::default();
        for (_, from) in heed(&transaction, issue, &list_of(&transaction, issue)?, 0)? {
            moves.note(from, State::Skipped);
        }
        moves.keep(&transaction, issue)?;
        transaction.commit()?;
        let now = super::freeze::skipped(&self.connection, issue)?;
        Ok(super::reconcile::more(&before, now))
    }
}

/// Skips the open rows of an issue whose readers were suppressed after the entry `seen`; gives these rows and the states
/// they were in.
pub(super) fn heed(
    connection: &Connection,
    issue: i64,
    list: &str,
    seen: i64,
) -> rusqlite::Result<Vec<(i64, State)>> {
    if last(connection)? <= seen {
        return Ok(Vec::new());
    }
    let sql = "WITH latest AS MATERIALIZED (SELECT key, reason, max(seq) FROM suppression
           WHERE scope IN ('*', ?2) AND key IN (SELECT key FROM suppression WHERE seq > ?3) GROUP BY key)
         SELECT d.row, d.state, latest.reason FROM latest JOIN recipient_key k ON k.issue = ?1 AND k.key = latest.key
           JOIN delivery d ON d.issue = ?1 AND d.row = k.row
         WHERE latest.reason <> 'removed' AND d.state IN ('pending', 'deferred')";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![issue, list, seen], |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let found: Vec<(i64, String, String)> = found.collect::<Result<_, _>>()?;
    let mut left = Vec::with_capacity(found.len());
    for (row, state, reason) in found {
        let (Some(state), Some(reason)) = (State::parse(&state), Reason::parse(&reason)) else {
            continue;
        };
        skip(connection, issue, row, reason)?;
        left.push((row, state));
    }
    Ok(left)
}

fn skip(connection: &Connection, issue: i64, row: i64, reason: Reason) -> rusqlite::Result<()> {
    let sql = "UPDATE OR ROLLBACK delivery SET state = 'skipped', next_at = NULL, reason = ?3 WHERE issue = ?1 AND row = ?2";
    let skipped = Reason::ALL[reason as usize].2;
    connection.prepare_cached(sql)?.execute(params![issue, row, skipped]).map(drop)
}

/// Skips a row that is open again if its reader was suppressed while its letter was leaving.
pub(super) fn heed_row(
    connection: &Connection,
    issue: i64,
    list: &str,
    row: i64,
) -> rusqlite::Result<bool> {
    let (key, _) = reader_of(connection, issue, row)?;
    let Some((reason, _)) = latest(connection, list, &key)? else { return Ok(false) };
    let Some(reason) = Reason::parse(&reason) else { return Ok(false) };
    skip(connection, issue, row, reason)?;
    Ok(true)
}
