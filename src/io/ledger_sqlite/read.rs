//! Reading the ledger without its lock, also while a send is under way.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

use super::error::{OpenError, is_unwritable};
use super::{counts, lock, schema, timestamp};
use crate::delivery::ledger::{LedgerError, State, Tally};

/// A second connection that only reads.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    holder: Option<String>,
}

/// What is known of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub issue: String,
    /// When its plan was frozen.
    pub released_at: Timestamp,
    /// How many recipients are in each state.
    pub tally: Tally,
}

/// What was pinned when an issue was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The pinned issue, as JSON.
    pub pinned: String,
    /// When its plan was frozen.
    pub released_at: Timestamp,
    /// Whether somebody has got it.
    pub was_sent: bool,
}

/// Issues that are remembered for comparison: four years of weeks.
const REMEMBERED: u32 = 200;

/// A recipient that failed or is in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The address.
    pub email: String,
    /// The class of the failure, or the cause of the doubt.
    pub reason: String,
    /// The relay's words, or ours.
    pub reply: String,
    /// When it came to this.
    pub since: Timestamp,
}

/// A recipient of an issue, and what the ledger says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The address; empty for a row of the list that could not be read.
    pub email: String,
    /// The state.
    pub state: String,
    /// The class of a failure, the reason of a skip, the cause of a doubt.
    pub reason: Option<String>,
    /// Answered attempts.
    pub attempts: u32,
    /// When it came to this state.
    pub since: Option<Timestamp>,
    /// When it is tried again, if it is deferred.
    pub next_at: Option<Timestamp>,
    /// The words of the last attempt.
    pub reply: Option<String>,
}

/// One attempt at a recipient, or a person's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// The state it led to.
    pub outcome: String,
    /// The command the relay answered.
    pub stage: Option<String>,
    /// The words.
    pub words: String,
}

/// A connection that has read something. Where the folder cannot be written `SQLite` has no place for what it shares with
/// a writer; without a log there is no writer, and the file is read as one that never changes.
fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let open = |file: &Path, flags: OpenFlags| {
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        schema::is_behind(&connection)?;
        Ok(connection)
    };
    let refused = match open(path, OpenFlags::SQLITE_OPEN_READ_ONLY) {
        Err(error) if is_unwritable(&error) => error,
        other => return other,
    };
    let has_log = path.with_extension("sqlite-wal").exists();
    match std::path::absolute(path).ok().and_then(|path| url::Url::from_file_path(path).ok()) {
        Some(url) if !has_log => open(
            Path::new(&format!("{url}?immutable=1")),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
        ),
        _ => Err(refused),
    }
}

impl Reader {
    /// Opens the ledger of a state folder; `None` when there is none yet. One of an earlier version is brought up to date
    /// first, under the lock.
    pub fn open(dir: &Path) -> Result<Option<Self>, OpenError> {
        let path = super::file(dir);
        if !path.exists() {
            return Ok(None);
        }
        let storage = |error: rusqlite::Error| OpenError::of(&path, &error);
        let connection = open_to_read(&path).map_err(storage)?;
        if schema::is_behind(&connection).map_err(storage)? {
            let mut writer = Connection::open(&path).map_err(storage)?;
            schema::bring_up(&mut writer, dir, &path)?;
        }
        let holder = lock::holder(&dir.join("ledger.lock"));
        Ok(Some(Self { connection, holder }))
    }

    /// Who is sending at this moment.
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// Every issue, the newest first; or only the one named.
    pub fn issues(&self, slug: Option<&str>) -> Result<Vec<Summary>, LedgerError> {
        let sql = "SELECT id, slug, released_at FROM issue WHERE (?1 IS NULL OR slug = ?1) AND plan_hash <> '' ORDER BY released_at DESC, id DESC";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![slug], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?))
        })?;
        rows.map(|row| {
            let (id, issue, released_at) = row?;
            Ok(Summary {
                issue,
                released_at: timestamp(released_at),
                tally: counts::kept(&self.connection, id)?,
            })
        })
        .collect()
    }

    /// What the newest issues were made of.
    pub fn pinned(&self) -> Result<Vec<Remembered>, LedgerError> {
        let sql = "SELECT pinned, released_at, EXISTS (SELECT 1 FROM delivery d WHERE d.issue = i.id AND d.state = 'sent')
            FROM issue i ORDER BY released_at DESC LIMIT ?1";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![REMEMBERED], |row| {
            Ok(Remembered {
                pinned: row.get(0)?,
                released_at: timestamp(row.get(1)?),
                was_sent: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The recipients of an issue that have failed or are unknown, in list order, with the words of their last attempt.
    pub fn exceptions(&self, slug: &str, state: State) -> Result<Vec<Exception>, LedgerError> {
        // Of the other states no index knows the rows. The word stands in the query itself, so that SQLite sees that it may.
        let sql = format!(
            "SELECT r.email, coalesce(d.reason, ''), coalesce(d.changed_at, 0),
              coalesce((SELECT a.reply FROM attempt a WHERE a.issue = d.issue AND a.row = d.row AND a.outcome = d.state ORDER BY a.seq DESC LIMIT 1), '')
            FROM issue i JOIN delivery d INDEXED BY delivery_told ON d.issue = i.id JOIN recipient r ON r.issue = d.issue AND r.row = d.row
            WHERE i.slug = ?1 AND d.state = '{}' ORDER BY d.row",
            state.as_str()
        );
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map(params![slug], |row| {
            Ok(Exception {
                email: row.get(0)?,
                reason: row.get(1)?,
                since: timestamp(row.get(2)?),
                reply: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Gives every recipient of an issue to `each`, in list order, without holding them all.
    pub fn entries<E: From<LedgerError>>(
        &self,
        slug: &str,
        mut each: impl FnMut(&Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT r.email, d.state, d.reason, d.attempts, d.changed_at, d.next_at,
              (SELECT a.reply FROM attempt a WHERE a.issue = d.issue AND a.row = d.row ORDER BY a.seq DESC LIMIT 1)
            FROM issue i JOIN delivery d ON d.issue = i.id JOIN recipient r ON r.issue = d.issue AND r.row = d.row
            WHERE i.slug = ?1 ORDER BY d.row";
        let mut statement = self.connection.prepare(sql).map_err(LedgerError::from)?;
        let mut rows = statement.query(params![slug]).map_err(LedgerError::from)?;
        while let Some(row) = rows.next().map_err(LedgerError::from)? {
            each(&entry(row).map_err(LedgerError::from)?)?;
        }
        Ok(())
    }

    /// Whether an issue was planned for this canonical address.
    pub fn has(&self, slug: &str, key: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM issue i JOIN recipient_key k ON k.issue = i.id AND k.key = ?2 WHERE i.slug = ?1)";
        Ok(self.connection.query_row(sql, params![slug, key], |row| row.get(0))?)
    }

    /// What happened to one recipient, by canonical address, the earliest first.
    pub fn attempts(&self, slug: &str, key: &str) -> Result<Vec<Attempt>, LedgerError> {
        let sql = "SELECT a.at, a.outcome, a.stage, coalesce(a.reply, '') FROM issue i
              JOIN recipient_key k ON k.issue = i.id AND k.key = ?2 JOIN attempt a ON a.issue = i.id AND a.row = k.row
            WHERE i.slug = ?1 ORDER BY a.seq";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![slug, key], |row| {
            Ok(Attempt {
                at: timestamp(row.get(0)?),
                outcome: row.get(1)?,
                stage: row.get(2)?,
                words: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        email: row.get(0)?,
        state: row.get(1)?,
        reason: row.get(2)?,
        attempts: row.get(3)?,
        since: row.get::<_, Option<i64>>(4)?.map(timestamp),
        next_at: row.get::<_, Option<i64>>(5)?.map(timestamp),
        reply: row.get(6)?,
    })
}
