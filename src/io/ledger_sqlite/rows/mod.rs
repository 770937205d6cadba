//! The rows of one issue under way: claims, group commits and counts, on a blocking thread so that lanes never wait.

mod claims;
mod late;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, TransactionBehavior, params};

use late::Failed;

use super::counts::{self, Moves};
use super::error::{MEND, refusal};
use super::rescue::Rescue;
use super::settlement::Settlement;
use super::{OpenError, ballast, heed, origin, shares, suppression};
use crate::delivery::ledger::{Entry, Ledger, LedgerError, Row, Share, State, Tally};
use crate::io::witness::Witnesses;

/// How much of a run a backup may miss without being noticed.
const BETWEEN_WITNESSES: SignedDuration = SignedDuration::from_secs(10);

/// The ledger of an issue that is being sent: a handle.
#[derive(Debug, Clone)]
pub struct SqliteLedger {
    /// Nothing once the run has ended.
    inner: Arc<Mutex<Option<Inner>>>,
}

#[derive(Debug)]
struct Inner {
    ledger: super::Ledger,
    issue: i64,
    run: i64,
    /// The last pending row handed out, by share; rows before it are settled, set aside or with the dispatcher.
    cursors: HashMap<String, i64>,
    /// The list this issue is for.
    list: String,
    /// The last suppression that was looked at.
    heeded: i64,
    /// Rows whose readers have left during this run.
    withdrawn: HashSet<i64>,
    /// Those of them that the dispatcher does not know of yet.
    untold: Vec<u64>,
    /// Rows handed out and not settled, and their states.
    claimed: HashMap<i64, State>,
    /// What has made writing impossible.
    failed: Option<Failed>,
    /// Who remembers how far it has come, and when that was last told.
    witnesses: Option<(Witnesses, Timestamp)>,
}

impl SqliteLedger {
    /// Starts a run over the rows of an issue.
    pub fn start(
        ledger: super::Ledger,
        issue: i64,
        pid: u32,
        host: &str,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        if let Some(dir) = &ledger.dir {
            // Without room for it the run does without; whether there is room at all is asked elsewhere.
            let _ = ballast::load(dir);
        }
        let run = start_run(&ledger.connection, issue, pid, host, now)?;
        // The plan and the run that has begun are in the file itself, so that the loss of the log is noticed.
        ledger.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let list = suppression::list_of(&ledger.connection, issue)?;
        let inner = Inner {
            ledger,
            issue,
            run,
            cursors: HashMap::new(),
            list,
            heeded: 0,
            withdrawn: HashSet::new(),
            untold: Vec::new(),
            claimed: HashMap::new(),
            failed: None,
            witnesses: None,
        };
        Ok(Self { inner: Arc::new(Mutex::new(Some(inner))) })
    }

    /// Has the run witnessed: now, every few seconds and at its end.
    pub fn witnessed_by(&self, witnesses: Witnesses, now: Timestamp) -> io::Result<()> {
        let mut inner = self.inner.lock().map_err(|_| io::Error::other(lost()))?;
        let inner = inner.as_mut().ok_or_else(|| io::Error::other(lost()))?;
        inner.witnesses = Some((witnesses, now));
        inner.witness(now)
    }

    /// Ends the run and gives the ledger back. A run that leaves a letter under way has not ended.
    pub fn end(&self, now: Timestamp) -> Result<super::Ledger, LedgerError> {
        let mut inner =
            self.inner.lock().ok().and_then(|mut inner| inner.take()).ok_or_else(lost)?;
        if inner.failed.is_none() {
            let sql = "UPDATE run SET ended = ?2 WHERE id = ?1 AND NOT EXISTS
                         (SELECT 1 FROM delivery WHERE delivery.issue = run.issue AND state = 'attempting')";
            inner.ledger.connection.execute(sql, params![inner.run, now.as_millisecond()])?;
            advance(&inner.ledger.connection)?;
            // A witness that stays behind only notices less.
            let _ = inner.witness(now);
        }
        Ok(inner.ledger)
    }

    /// Tells what was kept outside the ledger in this run because it could not be written, if anything was.
    pub fn rescued(&self, tell: impl FnOnce(&Rescue)) {
        if let Ok(inner) = self.inner.lock()
            && let Some(failed) = inner.as_ref().and_then(|inner| inner.failed.as_ref())
            && let Some(rescue) = &failed.rescue
        {
            tell(rescue);
        }
    }

    /// Runs `work` where blocking is allowed, and after what is under way already.
    async fn with<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Inner) -> Result<R, LedgerError> + Send + 'static,
    ) -> Result<R, LedgerError> {
        let inner = self.inner.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut inner = inner.lock().map_err(|_| lost())?;
            work(inner.as_mut().ok_or_else(lost)?)
        });
        done.await.map_err(|error| LedgerError(error.to_string()))?
    }
}

/// Writes down that a process works on an issue; gives the number of the run.
pub(super) fn start_run(
    connection: &Connection,
    issue: i64,
    pid: u32,
    host: &str,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    advance(connection)?;
    let sql = "INSERT INTO run (issue, pid, host, started, version) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection
        .execute(sql, params![issue, pid, host, now.as_millisecond(), env!("CARGO_PKG_VERSION")])?;
    Ok(connection.last_insert_rowid())
}

/// Counts a commit.
pub(super) fn advance(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE OR ROLLBACK meta SET sequence = sequence + 1")?.execute([])?;
    Ok(())
}

fn lost() -> LedgerError {
    LedgerError("the ledger's thread has ended".into())
}

impl Ledger for SqliteLedger {
    async fn claim(
        &self,
        now: Timestamp,
        limit: usize,
        share: &Share,
    ) -> Result<Vec<Row>, LedgerError> {
        let share = share.clone();
        self.with(move |inner| inner.claim(now, limit, &share)).await
    }

    async fn set_aside(&self, rows: Vec<Row>) -> Result<(), LedgerError> {
        self.with(move |inner| {
            // No claim finds pending rows before the cursor again. Deferred ones it would, so their claim stands.
            for row in rows.iter().filter(|row| row.attempts == 0) {
                inner.claimed.remove(&number(row));
            }
            Ok(())
        })
        .await
    }

    async fn append(&self, entries: Vec<Entry>) -> Result<Vec<u64>, LedgerError> {
        self.with(move |inner| inner.append(&entries)).await
    }

    async fn next_due(&self, share: &Share) -> Result<Option<Timestamp>, LedgerError> {
        let share = share.clone();
        self.with(move |inner| inner.next_due(&share)).await
    }

    async fn departures(
        &self,
        since: Timestamp,
        grain: Duration,
        share: &Share,
    ) -> Result<Vec<(Timestamp, u64)>, LedgerError> {
        let share = share.clone();
        self.with(move |inner| {
            Ok(shares::departures(&inner.ledger.connection, since, grain, &share)?)
        })
        .await
    }

    async fn last_departure(&self) -> Result<Option<Timestamp>, LedgerError> {
        self.with(|inner| Ok(shares::last_departure(&inner.ledger.connection)?)).await
    }

    async fn tally(&self) -> Result<Tally, LedgerError> {
        self.with(|inner| {
            let (connection, issue) = (&inner.ledger.connection, inner.issue);
            let tally = counts::count(connection, issue)?;
            if inner.failed.is_none() && tally != counts::kept(connection, issue)? {
                counts::recount(connection, issue)?;
            }
            Ok(tally)
        })
        .await
    }
}

impl Inner {
    /// Gives the rows whose readers have left since the last time; entries about them are not written.
    fn append(&mut self, entries: &[Entry]) -> Result<Vec<u64>, LedgerError> {
        if self.failed.is_some() {
            return Err(self.keep(entries));
        }
        match self.commit(entries) {
            Ok(()) => Ok(std::mem::take(&mut self.untold)),
            Err(error) => {
                self.fail(&error);
                Err(self.keep(entries))
            }
        }
    }

    fn commit(&mut self, entries: &[Entry]) -> rusqlite::Result<()> {
        let (issue, run) = (self.issue, self.run);
        // Immediate: a suppression is durable before this transaction begins, or after its intents are.
        let transaction =
            self.ledger.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut moves = Moves::default();
        let mut left = Vec::new();
        for (row, from) in heed::heed(&transaction, issue, &self.list, self.heeded)? {
            moves.note(from, State::Skipped);
            left.push(row);
        }
        let mut states = HashMap::with_capacity(entries.len());
        for entry in entries {
            let row = entry.row().cast_signed();
            if self.withdrawn.contains(&row) || left.contains(&row) {
                continue;
            }
            write(&transaction, issue, run, entry)?;
            let mut state = leads_to(entry);
            if matches!(state, State::Pending | State::Deferred)
                && heed::heed_row(&transaction, issue, &self.list, row)?
            {
                state = State::Skipped;
                left.push(row);
            }
            let before = states.insert(row, state).or_else(|| self.claimed.get(&row).copied());
            moves.note(before.unwrap_or(State::Pending), state);
        }
        moves.keep(&transaction, issue)?;
        advance(&transaction)?;
        let heeded = suppression::last(&transaction)?;
        transaction.commit()?;
        for (row, state) in states {
            // A row that is pending again stays with the dispatcher, so its claim stands.
            if matches!(state, State::Attempting | State::Pending) {
                self.claimed.insert(row, state);
            } else {
                self.claimed.remove(&row);
            }
        }
        self.heeded = heeded;
        self.withdraw(left);
        let last = entries.last().map(Entry::at);
        if let (Some((_, told)), Some(now)) = (&self.witnesses, last)
            && now.duration_since(*told) > BETWEEN_WITNESSES
        {
            // A witness that stays behind only notices less.
            let _ = self.witness(now);
        }
        Ok(())
    }

    /// Tells how far the ledger has come; all of it is durable there.
    fn witness(&mut self, now: Timestamp) -> io::Result<()> {
        let connection = &self.ledger.connection;
        let Some((witnesses, told)) = &mut self.witnesses else { return Ok(()) };
        *told = now;
        let witness = origin::witness(connection, self.ledger.dir.as_deref());
        witnesses.write(witness.map_err(io::Error::other)?)
    }

    /// Remembers rows that are not to be mailed any more.
    fn withdraw(&mut self, rows: impl IntoIterator<Item = i64>) {
        for row in rows {
            self.claimed.remove(&row);
            self.untold.push(row.unsigned_abs());
            self.withdrawn.insert(row);
        }
    }
}

fn number(row: &Row) -> i64 {
    row.number.cast_signed()
}

fn write(connection: &Connection, issue: i64, run: i64, entry: &Entry) -> rusqlite::Result<()> {
    let changed = match entry {
        Entry::Attempting { row, at } => connection
            .prepare_cached("UPDATE OR ROLLBACK delivery SET state = 'attempting', changed_at = ?3, next_at = NULL WHERE issue = ?1 AND row = ?2")?
            .execute(params![issue, row.cast_signed(), at.as_millisecond()])?,
        Entry::Settled { row, at, outcome } => Settlement::new(*row, *at, outcome).write(connection, issue, run)?,
    };
    if changed == 1 {
        Ok(())
    } else {
        Err(refusal(format!("a row of issue {issue} is missing"), MEND))
    }
}

/// The state that an entry leads to.
fn leads_to(entry: &Entry) -> State {
    match entry {
        Entry::Attempting { .. } => State::Attempting,
        Entry::Settled { outcome, .. } => outcome.state(),
    }
}

impl From<OpenError> for LedgerError {
    fn from(error: OpenError) -> Self {
        Self(error.to_string())
    }
}
