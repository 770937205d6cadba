//! What a person decides about recipients in doubt.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::counts;
use super::rows::start_run;
use crate::delivery::ledger::{LedgerError, State};

/// What is to become of a recipient whose letter may or may not have been taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The next run sends the same letter again, at the risk of a second copy.
    Resend,
    /// There is evidence that the relay took it.
    Sent,
    /// It is not sent again, and counts as failed.
    Abandon,
}

/// An address that cannot be decided on, and its state if the plan has it.
pub type Refused = (String, Option<State>);

impl Decision {
    fn state(self) -> State {
        match self {
            Self::Resend => State::Pending,
            Self::Sent => State::Sent,
            Self::Abandon => State::Failed,
        }
    }

    /// Why the row is in its state, where the state alone does not say it.
    fn reason(self) -> Option<&'static str> {
        (self == Self::Abandon).then_some("abandoned")
    }

    fn words(self) -> &'static str {
        match self {
            Self::Resend => "a person decided: send again",
            Self::Sent => "a person decided: was sent",
            Self::Abandon => "a person decided: give up",
        }
    }
}

impl super::Ledger {
    /// Decides about unknown recipients of an issue: those with these canonical addresses, or all. Gives how many.
    ///
    /// If one of the addresses is not in doubt nothing changes, and the inner error names them all.
    pub fn resolve(
        &mut self,
        issue: i64,
        keys: Option<&[String]>,
        decision: Decision,
        run: (u32, &str),
        now: Timestamp,
    ) -> Result<Result<u64, Vec<Refused>>, LedgerError> {
        let transaction = self.connection.transaction()?;
        let rows = match keys {
            None => in_doubt(&transaction, issue)?,
            Some(keys) => match among(&transaction, issue, keys)? {
                Ok(rows) => rows,
                Err(refused) => return Ok(Err(refused)),
            },
        };
        if rows.is_empty() {
            return Ok(Ok(0));
        }
        let run = start_run(&transaction, issue, run.0, run.1, now)?;
        for row in &rows {
            decide(&transaction, issue, run, *row, decision, now)?;
        }
        counts::recount(&transaction, issue)?;
        let sql = "UPDATE run SET ended = ?2 WHERE id = ?1";
        transaction.execute(sql, params![run, now.as_millisecond()])?;
        transaction.commit()?;
        Ok(Ok(rows.len() as u64))
    }
}

fn in_doubt(connection: &rusqlite::Connection, issue: i64) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT row FROM delivery WHERE issue = ?1 AND state = 'unknown' ORDER BY row";
    connection.prepare(sql)?.query_map(params![issue], |row| row.get(0))?.collect()
}

/// The rows of these addresses, or all the addresses that are not in doubt.
fn among(
    connection: &rusqlite::Connection,
    issue: i64,
    keys: &[String],
) -> rusqlite::Result<Result<Vec<i64>, Vec<Refused>>> {
    let sql = "SELECT d.row, d.state FROM recipient_key k JOIN delivery d USING (issue, row)
               WHERE k.issue = ?1 AND k.key = ?2";
    let mut statement = connection.prepare(sql)?;
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    for key in keys {
        let found: Option<(i64, String)> = statement
            .query_row(params![issue, key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match found.map(|(row, word)| (row, State::parse(&word))) {
            Some((row, Some(State::Unknown))) => rows.push(row),
            Some((_, state)) => refused.push((key.clone(), state)),
            None => refused.push((key.clone(), None)),
        }
    }
    // An address given twice is one decision.
    rows.sort_unstable();
    rows.dedup();
    Ok(if refused.is_empty() { Ok(rows) } else { Err(refused) })
}

fn decide(
    connection: &rusqlite::Connection,
    issue: i64,
    run: i64,
    row: i64,
    decision: Decision,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let (state, at) = (decision.state().as_str(), now.as_millisecond());
    let sql =
        "INSERT INTO attempt (run, issue, row, at, outcome, reply) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        run,
        issue,
        row,
        at,
        state,
        decision.words()
    ])?;
    // A letter that is sent again has its whole time for transient refusals before it.
    let sql = "UPDATE delivery SET state = ?3, reason = ?4, changed_at = ?5,
                 first_at = CASE WHEN ?3 = 'pending' THEN NULL ELSE first_at END WHERE issue = ?1 AND row = ?2";
    connection.prepare_cached(sql)?.execute(params![issue, row, state, decision.reason(), at])?;
    Ok(())
}
