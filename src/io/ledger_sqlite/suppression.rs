//! Who is not to be mailed, whatever a list says. The last entry of an address decides; none is ever rewritten.
//!
//! It is written through a second connection without `ledger.lock`, so that it works during a send. The sender looks
//! for new entries in the transaction of every group commit: what was recorded before an intent is durable is honoured.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::read::Reader;
use super::rows::advance;
use super::{OpenError, origin, schema, timestamp};
use crate::address::EmailAddress;
use crate::audience::suppression::{Reason, Suppression};
use crate::delivery::ledger::LedgerError;
use crate::io::witness::Witnesses;

/// The reason of an entry that ends a suppression.
const REMOVED: &str = "removed";

/// Every list.
const EVERYWHERE: &str = "*";

/// How long the ledger may be busy with somebody else: a send plans a million readers in one transaction.
const PATIENCE: Duration = Duration::from_mins(1);

/// Two refusals that say little suppress an address when this much lies between them.
const APART: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The suppressions of one list, open for writing beside a sender.
#[derive(Debug)]
pub struct Suppressions {
    connection: Connection,
    list: String,
    dir: PathBuf,
    witnesses: Option<Witnesses>,
}

/// What came of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Addresses that are suppressed now and were not before.
    pub added: u64,
    /// Addresses that were suppressed already.
    pub already: u64,
    /// Entries older than the moment at which their address was taken out.
    pub stale: u64,
}

impl std::ops::AddAssign for Recorded {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.already += other.already;
        self.stale += other.stale;
    }
}

/// An entry, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The address as it was given.
    pub email: String,
    /// The word of a [`Reason`], or `removed`.
    pub reason: String,
    /// The list it is about, or `*`.
    pub scope: String,
    /// When it happened.
    pub at: Timestamp,
    /// What shows it.
    pub evidence: Option<String>,
}

impl Suppressions {
    /// Opens the ledger of a state folder, or makes one. What is recorded is told to `witnesses`, so that a backup brought
    /// back, which would not know of it, is noticed.
    pub fn open(dir: &Path, list: &str, witnesses: Option<Witnesses>) -> Result<Self, OpenError> {
        let path: PathBuf = super::file(dir);
        super::super::files::create_folder(dir)
            .map_err(|error| OpenError::unwritable(dir, &error))?;
        let open = || {
            let connection = Connection::open(&path)?;
            connection.busy_timeout(PATIENCE)?;
            connection.execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF",
            )?;
            Ok(connection)
        };
        let mut connection =
            open().map_err(|error: rusqlite::Error| OpenError::of(&path, &error))?;
        schema::bring_up(&mut connection, dir, &path)?;
        Ok(Self { connection, list: list.to_owned(), dir: dir.to_owned(), witnesses })
    }

    /// Adds entries, durable when it returns. One that is older than the last removal of its address changes nothing.
    pub fn record(&mut self, entries: &[Suppression]) -> Result<Recorded, LedgerError> {
        let is_behind = self.is_behind();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut recorded = Recorded::default();
        for entry in entries {
            let scope = if entry.reason.is_global() { EVERYWHERE } else { &self.list };
            let key = entry.email.canonical();
            match latest(&transaction, &self.list, &key)? {
                Some((reason, _)) if reason != REMOVED => recorded.already += 1,
                Some((_, removed)) if entry.at <= removed => recorded.stale += 1,
                _ => {
                    recorded.added += 1;
                    insert(&transaction, scope, entry.reason.as_str(), entry)?;
                }
            }
        }
        if !is_behind {
            advance(&transaction)?;
        }
        transaction.commit()?;
        self.witness();
        Ok(recorded)
    }

    /// Ends suppressions; gives those addresses that were not suppressed.
    pub fn remove(
        &mut self,
        addresses: &[EmailAddress],
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<EmailAddress>, LedgerError> {
        let is_behind = self.is_behind();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut strangers = Vec::new();
        for email in addresses {
            let found = latest(&transaction, &self.list, &email.canonical())?;
            if found.is_none_or(|(reason, _)| reason == REMOVED) {
                strangers.push(email.clone());
                continue;
            }
            let (email, evidence) = (email.clone(), note.map(str::to_owned));
            // The reason of a removal is not one of ours; only its word is kept.
            let entry = Suppression { email, reason: Reason::Manual, at: now, evidence };
            insert(&transaction, &self.list, REMOVED, &entry)?;
        }
        if !is_behind {
            advance(&transaction)?;
        }
        transaction.commit()?;
        self.witness();
        Ok(strangers)
    }

    /// Whether the ledger came back from a backup. Then it is not counted forward, which would hide that.
    fn is_behind(&self) -> bool {
        let ours = origin::witness(&self.connection, None);
        let (Some(witnesses), Ok(ours)) = (&self.witnesses, ours) else { return false };
        let seen = witnesses.of_ledger(&ours.ledger).ok().flatten();
        seen.is_some_and(|seen| seen.sequence > ours.sequence)
    }

    /// A witness that cannot be written only notices less.
    fn witness(&self) {
        let witness = origin::witness(&self.connection, Some(&self.dir));
        if let (Some(witnesses), Ok(witness)) = (&self.witnesses, witness) {
            let _ = witnesses.follow(witness);
        }
    }
}

impl Reader {
    /// Gives everybody who is not to be mailed for this list to `each`, the earliest first.
    pub fn suppressed<E: From<LedgerError>>(
        &self,
        list: &str,
        each: impl FnMut(&Kept) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT email, reason, scope, at, evidence FROM
              (SELECT email, reason, scope, at, evidence, max(seq) AS seq FROM suppression WHERE scope IN ('*', ?1) GROUP BY key)
            WHERE reason <> ?2 ORDER BY seq";
        kept(&self.connection, sql, &[&list, &REMOVED], each)
    }

    /// Gives all that was ever recorded of an address to `each`.
    pub fn suppression_history<E: From<LedgerError>>(
        &self,
        key: &str,
        each: impl FnMut(&Kept) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT email, reason, scope, at, evidence FROM suppression WHERE key = ?1 ORDER BY seq";
        kept(&self.connection, sql, &[&key], each)
    }

    /// How many addresses are not to be mailed for this list.
    pub fn count_suppressed(&self, list: &str) -> Result<u64, LedgerError> {
        let mut number = 0;
        self.suppressed(list, |_| {
            number += 1;
            Ok::<(), LedgerError>(())
        })?;
        Ok(number)
    }

    /// Gives every address of every plan to `each`.
    pub fn recipients(&self, mut each: impl FnMut(&str)) -> Result<(), LedgerError> {
        let mut statement = self
            .connection
            .prepare("SELECT DISTINCT email FROM recipient WHERE key IS NOT NULL")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_str().unwrap_or_default());
        }
        Ok(())
    }
}

impl super::Ledger {
    /// Takes over who is suppressed in another ledger, so that a rehearsal plans what the send would.
    pub fn borrow_suppressions(&mut self, from: &Reader, list: &str) -> Result<(), LedgerError> {
        let transaction = self.connection.transaction()?;
        from.suppressed(list, |entry| {
            let Ok(email) = entry.email.parse::<EmailAddress>() else { return Ok(()) };
            let borrowed =
                Suppression { email, reason: Reason::Manual, at: entry.at, evidence: None };
            Ok::<(), LedgerError>(insert(&transaction, &entry.scope, &entry.reason, &borrowed)?)
        })?;
        Ok(transaction.commit()?)
    }
}

/// The list that an issue is for.
pub(super) fn list_of(connection: &Connection, issue: i64) -> rusqlite::Result<String> {
    let sql = "SELECT coalesce(pinned ->> '$.newsletter.list_id', '') FROM issue WHERE id = ?1";
    connection.query_row(sql, params![issue], |row| row.get(0))
}

/// The last entry.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT coalesce(max(seq), 0) FROM suppression";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Suppresses the reader of a row whose address the relay has called bad.
pub(super) fn bounced(
    connection: &Connection,
    issue: i64,
    row: i64,
    at: Timestamp,
    words: &str,
) -> rusqlite::Result<()> {
    let (key, email) = reader_of(connection, issue, row)?;
    let list = list_of(connection, issue)?;
    if latest(connection, &list, &key)?.is_some_and(|(reason, _)| reason != REMOVED) {
        return Ok(());
    }
    let Ok(email) = email.parse() else { return Ok(()) };
    let entry = Suppression { email, reason: Reason::Hard, at, evidence: Some(words.to_owned()) };
    insert(connection, EVERYWHERE, Reason::Hard.as_str(), &entry)
}

/// Whether the reader of a row was refused with the same kind of words in another issue, a week or more before, and has
/// had no letter since. `like` is a pattern of those words.
pub(super) fn refused_before(
    connection: &Connection,
    issue: i64,
    row: i64,
    at: Timestamp,
    like: &str,
) -> rusqlite::Result<bool> {
    let (key, _) = reader_of(connection, issue, row)?;
    let week_ago = at.saturating_sub(APART).unwrap_or(Timestamp::MIN);
    let sql = "WITH before AS (SELECT a.at, a.outcome, a.stage, a.reply, a.issue FROM issue i
          JOIN recipient_key k ON k.issue = i.id AND k.key = ?1 JOIN attempt a ON a.issue = i.id AND a.row = k.row)
        SELECT EXISTS (SELECT 1 FROM before WHERE issue <> ?2 AND outcome = 'failed' AND stage = 'RCPT TO' AND at <= ?3
          AND reply LIKE ?4 AND NOT EXISTS (SELECT 1 FROM before AS sent WHERE sent.outcome = 'sent' AND sent.at > before.at))";
    let like = params![key, issue, week_ago.as_millisecond(), like];
    connection.prepare_cached(sql)?.query_row(like, |row| row.get(0))
}

pub(super) fn reader_of(
    connection: &Connection,
    issue: i64,
    row: i64,
) -> rusqlite::Result<(String, String)> {
    connection
        .prepare_cached(
            "SELECT coalesce(key, ''), email FROM recipient WHERE issue = ?1 AND row = ?2",
        )?
        .query_row(params![issue, row], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The entry that decides for an address: its reason and time.
pub(super) fn latest(
    connection: &Connection,
    list: &str,
    key: &str,
) -> rusqlite::Result<Option<(String, Timestamp)>> {
    let sql = "SELECT reason, at FROM suppression WHERE key = ?1 AND scope IN ('*', ?2) ORDER BY seq DESC LIMIT 1";
    connection
        .prepare_cached(sql)?
        .query_row(params![key, list], |row| Ok((row.get(0)?, timestamp(row.get(1)?))))
        .optional()
}

fn insert(
    connection: &Connection,
    scope: &str,
    reason: &str,
    entry: &Suppression,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO suppression (key, email, reason, scope, at, evidence) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        entry.email.canonical(),
        entry.email.as_str(),
        reason,
        scope,
        entry.at.as_millisecond(),
        entry.evidence
    ])?;
    Ok(())
}

fn kept<E: From<LedgerError>>(
    connection: &Connection,
    sql: &str,
    given: &[&dyn rusqlite::ToSql],
    mut each: impl FnMut(&Kept) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = connection.prepare(sql).map_err(LedgerError::from)?;
    let mut rows = statement.query(given).map_err(LedgerError::from)?;
    while let Some(row) = rows.next().map_err(LedgerError::from)? {
        let entry = |row: &rusqlite::Row<'_>| {
            Ok::<_, rusqlite::Error>(Kept {
                email: row.get(0)?,
                reason: row.get(1)?,
                scope: row.get(2)?,
                at: timestamp(row.get(3)?),
                evidence: row.get(4)?,
            })
        };
        each(&entry(row).map_err(LedgerError::from)?)?;
    }
    Ok(())
}
