//! The rows of one issue under way: claims, group commits and counts, on a blocking thread so that lanes never wait.

mod late;

use std::collections::{HashMap, HashSet};
use std::io;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, TransactionBehavior, params};

use late::Failed;

use super::rescue::Rescue;
use super::settlement::Settlement;
use super::{OpenError, ballast, origin, shares, suppression, timestamp};
use crate::delivery::ledger::{Entry, Ledger, LedgerError, Row, Share, State, Tally};
use crate::finding::shown;
use crate::io::witness::Witnesses;

/// How much of a run a backup may miss without being noticed.
const BETWEEN_WITNESSES: SignedDuration = SignedDuration::from_secs(10);

/// The ledger of an issue that is being sent.
#[derive(Debug)]
pub struct SqliteLedger {
    inner: Option<Inner>,
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
    /// Rows handed out and not settled.
    claimed: HashSet<i64>,
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
            claimed: HashSet::new(),
            failed: None,
            witnesses: None,
        };
        Ok(Self { inner: Some(inner) })
    }

    /// Has the run witnessed: now, every few seconds and at its end.
    pub fn witnessed_by(&mut self, witnesses: Witnesses, now: Timestamp) -> io::Result<()> {
        let inner = self.inner.as_mut().ok_or_else(|| io::Error::other(lost()))?;
        inner.witnesses = Some((witnesses, now));
        inner.witness(now)
    }

    /// Ends the run and gives the ledger back. A run that leaves a letter under way has not ended.
    pub fn end(mut self, now: Timestamp) -> Result<super::Ledger, LedgerError> {
        let mut inner = self.inner.take().ok_or_else(lost)?;
        if inner.failed.is_none() {
            let sql = "UPDATE run SET ended = ?2 WHERE id = ?1 AND NOT EXISTS
                         (SELECT 1 FROM delivery WHERE delivery.issue = run.issue AND state = 'attempting')";
            inner.ledger.connection.execute(sql, params![inner.run, now.as_millisecond()])?;
            advance(&inner.ledger.connection)?;
            inner.witness(now).map_err(|error| LedgerError(error.to_string()))?;
        }
        Ok(inner.ledger)
    }

    /// What was kept outside the ledger in this run because it could not be written.
    pub fn rescue(&self) -> Option<&Rescue> {
        self.inner.as_ref()?.failed.as_ref()?.rescue.as_ref()
    }

    /// Runs `work` where blocking is allowed. A dispatcher never drops such a future half-way.
    async fn with<R: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Inner) -> Result<R, LedgerError> + Send + 'static,
    ) -> Result<R, LedgerError> {
        let mut inner = self.inner.take().ok_or_else(lost)?;
        let (inner, result) = tokio::task::spawn_blocking(move || {
            let result = work(&mut inner);
            (inner, result)
        })
        .await
        .map_err(|error| LedgerError(error.to_string()))?;
        self.inner = Some(inner);
        result
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
    connection.prepare_cached("UPDATE meta SET sequence = sequence + 1")?.execute([])?;
    Ok(())
}

fn lost() -> LedgerError {
    LedgerError("the ledger's thread has ended".into())
}

impl Ledger for SqliteLedger {
    async fn claim(
        &mut self,
        now: Timestamp,
        limit: usize,
        share: &Share,
    ) -> Result<Vec<Row>, LedgerError> {
        let share = share.clone();
        self.with(move |inner| inner.claim(now, limit, &share)).await
    }

    async fn set_aside(&mut self, rows: Vec<Row>) -> Result<(), LedgerError> {
        self.with(move |inner| {
            // No claim finds pending rows before the cursor again. Deferred ones it would, so their claim stands.
            for row in rows.iter().filter(|row| row.attempts == 0) {
                inner.claimed.remove(&number(row));
            }
            Ok(())
        })
        .await
    }

    async fn append(&mut self, entries: Vec<Entry>) -> Result<Vec<u64>, LedgerError> {
        self.with(move |inner| inner.append(&entries)).await
    }

    async fn next_due(&mut self, share: &Share) -> Result<Option<Timestamp>, LedgerError> {
        let share = share.clone();
        self.with(move |inner| inner.next_due(&share)).await
    }

    async fn departures(
        &mut self,
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

    async fn last_departure(&mut self) -> Result<Option<Timestamp>, LedgerError> {
        self.with(|inner| Ok(shares::last_departure(&inner.ledger.connection)?)).await
    }

    async fn tally(&mut self) -> Result<Tally, LedgerError> {
        self.with(|inner| Ok(tally(&inner.ledger.connection, inner.issue)?)).await
    }
}

impl Inner {
    fn claim(
        &mut self,
        now: Timestamp,
        limit: usize,
        share: &Share,
    ) -> Result<Vec<Row>, LedgerError> {
        // What is recorded from here on is looked at the next time.
        let last = suppression::last(&self.ledger.connection)?;
        let left = suppression::heed(&self.ledger.connection, self.issue, &self.list, self.heeded)?;
        self.heeded = last;
        self.withdraw(left);
        let due = ("d.state = 'deferred' AND d.next_at <= ?2", "d.next_at");
        let mut rows = self.select(due, now.as_millisecond(), limit + self.claimed.len(), share)?;
        rows.retain(|row| !self.claimed.contains(&number(row)));
        rows.truncate(limit);
        let fresh = ("d.state = 'pending' AND d.row > ?2", "d.row");
        let which = shares::condition(share).1;
        let cursor = self.cursors.get(&which).copied().unwrap_or(0);
        let fresh = self.select(fresh, cursor, limit - rows.len(), share)?;
        if let Some(last) = fresh.last() {
            self.cursors.insert(which, number(last));
        }
        rows.extend(fresh);
        self.claimed.extend(rows.iter().map(number));
        Ok(rows)
    }

    fn select(
        &self,
        (which, order): (&str, &str),
        bound: i64,
        limit: usize,
        share: &Share,
    ) -> Result<Vec<Row>, LedgerError> {
        let (condition, domains) = shares::condition(share);
        let sql = format!(
            "SELECT d.row, r.reader, d.attempts, d.first_at FROM delivery d JOIN recipient r USING (issue, row)
             WHERE d.issue = ?1 AND {which} AND {condition} ORDER BY {order} LIMIT ?3"
        );
        let mut statement = self.ledger.connection.prepare_cached(&sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut found = statement.query(params![self.issue, bound, limit, domains])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let reader =
                row.get_ref(1)?.as_str().map_err(|error| LedgerError(error.to_string()))?;
            rows.push(Row {
                number: row.get::<_, i64>(0)?.unsigned_abs(),
                reader: serde_json::from_str(reader)
                    .map_err(|error| LedgerError(format!("a recipient is damaged: {error}")))?,
                attempts: row.get(2)?,
                first_attempt: row.get::<_, Option<i64>>(3)?.map(timestamp),
            });
        }
        Ok(rows)
    }

    /// Gives the rows whose readers have left since the last time; entries about them are not written.
    fn append(&mut self, entries: &[Entry]) -> Result<Vec<u64>, LedgerError> {
        if self.failed.is_some() {
            return Err(self.keep(entries));
        }
        match self.commit(entries) {
            Ok(()) => {
                self.unclaim(entries);
                Ok(std::mem::take(&mut self.untold))
            }
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
        let mut left = suppression::heed(&transaction, issue, &self.list, self.heeded)?;
        for entry in entries {
            let row = entry.row().cast_signed();
            if self.withdrawn.contains(&row) || left.contains(&row) {
                continue;
            }
            write(&transaction, issue, run, entry)?;
            if let Entry::Settled { outcome, .. } = entry
                && matches!(outcome.state(), State::Pending | State::Deferred)
                && suppression::heed_row(&transaction, issue, &self.list, row)?
            {
                left.push(row);
            }
        }
        advance(&transaction)?;
        let heeded = suppression::last(&transaction)?;
        transaction.commit()?;
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

    /// A row that is pending again stays with the dispatcher, so its claim stands.
    fn unclaim(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Entry::Settled { row, outcome, .. } = entry
                && outcome.state() != State::Pending
            {
                self.claimed.remove(&row.cast_signed());
            }
        }
    }

    /// Remembers rows that are not to be mailed any more.
    fn withdraw(&mut self, rows: Vec<i64>) {
        self.untold.extend(rows.iter().map(|row| row.unsigned_abs()));
        self.withdrawn.extend(rows);
    }

    fn next_due(&self, share: &Share) -> Result<Option<Timestamp>, LedgerError> {
        let (condition, domains) = shares::condition(share);
        let sql = format!(
            "SELECT d.row, d.next_at FROM delivery d JOIN recipient r USING (issue, row)
             WHERE d.issue = ?1 AND ?2 AND d.state = 'deferred' AND {condition} ORDER BY d.next_at LIMIT ?3"
        );
        let mut statement = self.ledger.connection.prepare_cached(&sql)?;
        let limit = i64::try_from(self.claimed.len() + 1).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![self.issue, true, limit, domains])?;
        while let Some(row) = rows.next()? {
            if !self.claimed.contains(&row.get(0)?) {
                return Ok(Some(timestamp(row.get(1)?)));
            }
        }
        Ok(None)
    }
}

fn number(row: &Row) -> i64 {
    row.number.cast_signed()
}

fn write(connection: &Connection, issue: i64, run: i64, entry: &Entry) -> rusqlite::Result<()> {
    let changed = match entry {
        Entry::Attempting { row, at } => connection
            .prepare_cached("UPDATE delivery SET state = 'attempting', changed_at = ?3, next_at = NULL WHERE issue = ?1 AND row = ?2")?
            .execute(params![issue, row.cast_signed(), at.as_millisecond()])?,
        Entry::Settled { row, at, outcome } => Settlement::new(*row, *at, outcome).write(connection, issue, run)?,
    };
    if changed == 1 {
        Ok(())
    } else {
        Err(super::refusal(format!("a row of issue {issue} is missing")))
    }
}

/// The states of an issue, recounted from its rows.
pub(super) fn tally(connection: &Connection, issue: i64) -> rusqlite::Result<Tally> {
    let mut tally = Tally::default();
    let mut statement = connection
        .prepare_cached("SELECT state, count(*) FROM delivery WHERE issue = ?1 GROUP BY state")?;
    let mut rows = statement.query(params![issue])?;
    while let Some(row) = rows.next()? {
        let word = row.get_ref(0)?.as_str()?;
        let state = State::parse(word).ok_or_else(|| {
            super::refusal(format!("it is damaged: a state is `{}`", shown(word)))
        })?;
        tally.set(state, row.get::<_, i64>(1)?.unsigned_abs());
    }
    Ok(tally)
}

impl From<OpenError> for LedgerError {
    fn from(error: OpenError) -> Self {
        Self(error.to_string())
    }
}
