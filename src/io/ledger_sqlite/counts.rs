//! How many recipients of an issue are in each state: kept beside the rows, so that nobody has to count a million of
//! them to say so, and counted from them before anybody is told that an issue is complete.

use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::error::{MEND, refusal};
use crate::delivery::ledger::{State, Tally};
use crate::finding::shown;

/// Recipients that have changed state, before that is kept.
#[derive(Debug, Default)]
pub(super) struct Moves([i64; State::ALL.len()]);

impl Moves {
    /// One recipient has changed state.
    pub(super) fn note(&mut self, from: State, to: State) {
        self.0[from as usize] -= 1;
        self.0[to as usize] += 1;
    }

    /// Writes them into what is kept of an issue.
    pub(super) fn keep(&self, connection: &Connection, issue: i64) -> rusqlite::Result<()> {
        if self.0.iter().all(|change| *change == 0) {
            return Ok(());
        }
        // A count is never worth stopping a run for.
        let sql = "UPDATE tally SET pending = max(pending + ?2, 0), deferred = max(deferred + ?3, 0),
                     attempting = max(attempting + ?4, 0), sent = max(sent + ?5, 0), failed = max(failed + ?6, 0),
                     skipped = max(skipped + ?7, 0), unknown = max(unknown + ?8, 0) WHERE issue = ?1";
        let given = [issue].into_iter().chain(self.0);
        connection.prepare_cached(sql)?.execute(params_from_iter(given)).map(drop)
    }
}

/// What is kept of an issue.
pub(super) fn kept(connection: &Connection, issue: i64) -> rusqlite::Result<Tally> {
    let sql = "SELECT pending, deferred, attempting, sent, failed, skipped, unknown FROM tally WHERE issue = ?1";
    let found = connection.prepare_cached(sql)?.query_row(params![issue], |row| {
        let mut tally = Tally::default();
        for (at, (state, _)) in State::ALL.into_iter().enumerate() {
            tally.set(state, row.get::<_, i64>(at)?.unsigned_abs());
        }
        Ok(tally)
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// The states of an issue, counted from its rows.
pub(super) fn count(connection: &Connection, issue: i64) -> rusqlite::Result<Tally> {
    let mut counts = [0; State::ALL.len()];
    let mut statement = connection.prepare_cached("SELECT state FROM delivery WHERE issue = ?1")?;
    let mut rows = statement.query(params![issue])?;
    while let Some(row) = rows.next()? {
        let word = row.get_ref(0)?.as_str()?;
        let state = State::parse(word)
            .ok_or_else(|| refusal(format!("it is damaged: a state is `{}`", shown(word)), MEND))?;
        counts[state as usize] += 1;
    }
    let mut tally = Tally::default();
    for (state, _) in State::ALL {
        tally.set(state, counts[state as usize]);
    }
    Ok(tally)
}

/// Counts the rows of an issue and keeps what comes out.
pub(super) fn recount(connection: &Connection, issue: i64) -> rusqlite::Result<Tally> {
    let tally = count(connection, issue)?;
    let sql = "INSERT OR REPLACE INTO tally (issue, pending, deferred, attempting, sent, failed, skipped, unknown)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let counts = State::ALL.map(|(state, _)| tally.of(state).cast_signed());
    connection.prepare_cached(sql)?.execute(params_from_iter([issue].into_iter().chain(counts)))?;
    Ok(tally)
}
