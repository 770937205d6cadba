//! The rows of one issue under way: claims, group commits and counts, on a blocking thread so that lanes never wait.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use super::{OpenError, shares, suppression, timestamp};
use crate::delivery::ledger::{Entry, Ledger, LedgerError, Outcome, Row, Share, State, Tally};
use crate::delivery::transport::{Enhanced, Reply, Stage};
use crate::delivery::verdict::Failure;

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
        let run = start_run(&ledger.connection, issue, pid, host, now)?;
        let list = suppression::list_of(&ledger.connection, issue)?;
        Ok(Self {
            inner: Some(Inner {
                ledger,
                issue,
                run,
                cursors: HashMap::new(),
                list,
                heeded: 0,
                withdrawn: HashSet::new(),
                untold: Vec::new(),
                claimed: HashSet::new(),
            }),
        })
    }

    /// Ends the run and gives the ledger back. A run that leaves a letter under way has not ended.
    pub fn end(mut self, now: Timestamp) -> Result<super::Ledger, LedgerError> {
        let inner = self.inner.take().ok_or_else(lost)?;
        let sql = "UPDATE run SET ended = ?2 WHERE id = ?1 AND NOT EXISTS
                     (SELECT 1 FROM delivery WHERE delivery.issue = run.issue AND state = 'attempting')";
        inner.ledger.connection.execute(sql, params![inner.run, now.as_millisecond()])?;
        Ok(inner.ledger)
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
    let sql = "INSERT INTO run (issue, pid, host, started, version) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection
        .execute(sql, params![issue, pid, host, now.as_millisecond(), env!("CARGO_PKG_VERSION")])?;
    Ok(connection.last_insert_rowid())
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
        let heeded = suppression::last(&transaction)?;
        transaction.commit()?;
        self.heeded = heeded;
        self.withdraw(left);
        for entry in entries {
            // A row that is pending again stays with the dispatcher, so its claim stands.
            if let Entry::Settled { row, outcome, .. } = entry
                && outcome.state() != State::Pending
            {
                self.claimed.remove(&row.cast_signed());
            }
        }
        Ok(std::mem::take(&mut self.untold))
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
        Entry::Settled { row, at, outcome } => settle(connection, issue, run, row.cast_signed(), *at, outcome)?,
    };
    if changed == 1 {
        Ok(())
    } else {
        Err(super::refusal(format!("a row of issue {issue} is missing")))
    }
}

fn settle(
    connection: &Connection,
    issue: i64,
    run: i64,
    row: i64,
    moment: Timestamp,
    outcome: &Outcome,
) -> rusqlite::Result<usize> {
    let at = moment.as_millisecond();
    let (reason, next_at, stage, reply, words) = match outcome {
        Outcome::Sent(reply) => (None, None, None, Some(reply), reply.to_string()),
        Outcome::Deferred(next_at, stage, reply) => {
            (None, Some(next_at.as_millisecond()), Some(*stage), Some(reply), reply.to_string())
        }
        Outcome::Failed(class, answered, words) => {
            let (stage, reply) = answered.as_ref().map(|(stage, reply)| (*stage, reply)).unzip();
            (Some(class.as_str()), None, stage, reply, words.clone())
        }
        Outcome::NotSent(why) => (None, None, None, None, why.clone()),
        Outcome::Unknown(why) => (Some("no-reply"), None, None, None, why.clone()),
    };
    if let (Some(Stage::Rcpt), Some(reply)) = (stage, reply) {
        suppress(connection, issue, row, moment, outcome, reply)?;
    }
    let answered = i64::from(reply.is_some());
    connection
        .prepare_cached(
            "INSERT INTO attempt (run, issue, row, at, outcome, stage, code, reply) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            run,
            issue,
            row,
            at,
            outcome.state().as_str(),
            stage.map(|stage| stage.to_string()),
            reply.map(|reply| reply.code),
            words
        ])?;
    connection
        .prepare_cached(
            "UPDATE delivery SET state = ?3, reason = ?4, changed_at = ?5, next_at = ?6, attempts = attempts + ?7,
               first_at = CASE WHEN ?7 THEN coalesce(first_at, ?5) ELSE first_at END WHERE issue = ?1 AND row = ?2",
        )?
        .execute(params![issue, row, outcome.state().as_str(), reason, at, next_at, answered])
}

/// A recipient the relay does not know is never mailed again; one it refuses with words that say less, when it has done
/// so in another issue a week or more before.
fn suppress(
    connection: &Connection,
    issue: i64,
    row: i64,
    at: Timestamp,
    outcome: &Outcome,
    reply: &Reply,
) -> rusqlite::Result<()> {
    let Outcome::Failed(class, ..) = outcome else { return Ok(()) };
    let disabled = reply.enhanced == Some(Enhanced(5, 2, 1)) && !reply.text.contains("rate");
    let like = match class {
        Failure::BadAddress => None,
        Failure::Mailbox if disabled => Some(format!("{} 5.2.1%", reply.code)),
        Failure::Unclear if reply.enhanced.is_none() => Some(format!("{}%", reply.code)),
        _ => return Ok(()),
    };
    let words = match like {
        None => reply.to_string(),
        Some(like) if suppression::refused_before(connection, issue, row, at, &like)? => {
            format!("refused in two issues, now with {reply}")
        }
        Some(_) => return Ok(()),
    };
    suppression::bounced(connection, issue, row, at, &words)
}

/// The states of an issue, recounted from its rows.
pub(super) fn tally(connection: &Connection, issue: i64) -> rusqlite::Result<Tally> {
    let mut tally = Tally::default();
    let mut statement = connection
        .prepare_cached("SELECT state, count(*) FROM delivery WHERE issue = ?1 GROUP BY state")?;
    let mut rows = statement.query(params![issue])?;
    while let Some(row) = rows.next()? {
        if let Some(state) = State::parse(row.get_ref(0)?.as_str()?) {
            tally.set(state, row.get::<_, i64>(1)?.unsigned_abs());
        }
    }
    Ok(tally)
}

impl From<OpenError> for LedgerError {
    fn from(error: OpenError) -> Self {
        Self(error.to_string())
    }
}
