//! The ledger on disk: `SQLite` in WAL mode, one fsync for everything queued since the last.
//!
//! One sender holds `ledger.lock`; readers ([`read`]) open a second connection and need no lock.

mod ballast;
mod counts;
mod error;
mod freeze;
mod heed;
mod lock;
mod origin;
pub mod read;
mod reconcile;
mod rescue;
pub mod resolve;
mod rows;
mod schema;
mod settlement;
mod shares;
pub mod suppression;
mod verify;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::delivery::ledger::{LedgerError, Tally};
use crate::delivery::plan::{Pinned, digest};
pub use error::OpenError;
pub use freeze::{Freeze, Frozen, Kept};
pub use origin::Adopted;
pub use reconcile::{Changed, Reconcile};
pub use rescue::Rescue;
pub use rows::SqliteLedger;

use error::{CLOSE, IN_USE, MEND, WRITABLE, explain, refusal};
use lock::Lock;

/// The ledger file, open for sending. Only one process can hold it.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    /// The state folder; a throw-away ledger has none.
    dir: Option<PathBuf>,
    /// Made by this process: without an issue in it, it is not worth keeping.
    is_new: bool,
    /// Whether there was a write-ahead log when it was opened.
    had_log: bool,
    _lock: Option<Lock>,
    /// Rows found `attempting`, that is in doubt since a crash.
    pub in_doubt: u64,
    /// Outcomes taken up from rescue files of earlier runs.
    pub rescued: u64,
}

/// Prepared statements that are kept: more than a run uses.
const STATEMENTS: usize = 64;

/// An issue that the ledger knows.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownIssue {
    /// The row id.
    pub id: i64,
    /// Its pinned bytes.
    pub pinned: Pinned,
    /// Whether they are the bytes that were pinned.
    pub is_whole: bool,
    /// The version of the program that planned it.
    pub version: String,
    /// The fingerprint of the secret its letters are made with; earlier versions did not keep it.
    pub secret: Option<String>,
    /// `--only` of the plan.
    pub only: Option<String>,
    /// The list's SHA-256 when it was last read.
    pub list_sha256: String,
    /// The plan's hash.
    pub plan_hash: String,
    /// The Date of every copy.
    pub released_at: Timestamp,
}

/// The file of the ledger in a state folder.
pub fn file(dir: &Path) -> PathBuf {
    dir.join("ledger.sqlite")
}

impl Ledger {
    /// Opens or creates the ledger in `dir` and takes its lock. Outcomes that an earlier run had to keep outside are taken
    /// up; every row that a crash left `attempting` then becomes unknown. `who` is shown to a second sender.
    pub fn open(dir: &Path, who: &str, now: Timestamp) -> Result<Self, OpenError> {
        let path = file(dir);
        let storage = |error: rusqlite::Error| OpenError::of(&path, &error);
        super::files::create_folder(dir).map_err(|error| OpenError::unwritable(dir, &error))?;
        let lock = Lock::take(&dir.join("ledger.lock"), who)?;
        let is_new = !exists(dir);
        let had_log = dir.join("ledger.sqlite-wal").exists();
        let connection = Connection::open(&path).map_err(storage)?;
        let mut ledger = Self {
            connection,
            dir: Some(dir.to_owned()),
            is_new,
            had_log,
            _lock: Some(lock),
            in_doubt: 0,
            rescued: 0,
        };
        if ledger.connection.is_readonly("main").is_ok_and(|it_is| it_is) {
            let why = "it can only be read".into();
            return Err(OpenError::Storage { path, why, help: WRITABLE });
        }
        let sound = ledger
            .prepare("WAL", "FULL")
            .and_then(|()| ledger.checkpoint())
            .and_then(|()| ledger.forget_waiting());
        sound.map_err(storage)?;
        ledger.rescued = rescue::take_up(&mut ledger.connection, dir)?;
        ledger.in_doubt = ledger.doubt_what_crashed(now).map_err(storage)?;
        Ok(ledger)
    }

    /// A ledger for a rehearsal: the same tables in a file that is forgotten afterwards, without durability.
    pub fn throw_away() -> Result<Self, OpenError> {
        // An empty name is SQLite's temporary file: on disk, so that memory stays flat, and deleted on close.
        let storage = |error| OpenError::of(Path::new("temporary ledger"), &error);
        let connection = Connection::open("").map_err(storage)?;
        let mut ledger = Self {
            connection,
            dir: None,
            is_new: true,
            had_log: false,
            _lock: None,
            in_doubt: 0,
            rescued: 0,
        };
        ledger.prepare("OFF", "OFF").map_err(storage)?;
        Ok(ledger)
    }

    /// Moves what an earlier process left in the write-ahead log into the file and empties the log. After a failed fsync
    /// the kernel may hold pages of it that are not on disk and never will be; nothing is to be built upon those.
    fn checkpoint(&self) -> rusqlite::Result<()> {
        let is_busy: bool =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_busy {
            return Err(refusal(IN_USE, CLOSE));
        }
        Ok(())
    }

    /// The issue with this id, if it was frozen before.
    pub fn issue(&self, slug: &str) -> Result<Option<KnownIssue>, LedgerError> {
        issue(&self.connection, slug)
    }

    /// The states of an issue's recipients, as they are kept beside the rows.
    pub fn tally(&self, issue: i64) -> Result<Tally, LedgerError> {
        Ok(counts::kept(&self.connection, issue)?)
    }

    /// The latest moment the ledger has written down of any send; nothing in one that is new.
    pub fn last_seen(&self) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT max(at) FROM (SELECT max(at) AS at FROM attempt UNION ALL
                     SELECT max(started) FROM run UNION ALL SELECT max(ended) FROM run)";
        let latest: Option<i64> = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(latest.map(timestamp))
    }

    fn prepare(&mut self, journal: &str, synchronous: &str) -> rusqlite::Result<()> {
        self.connection.busy_timeout(Duration::from_secs(10))?;
        self.connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let mode: String =
            self.connection
                .query_row(&format!("PRAGMA journal_mode={journal}"), [], |row| row.get(0))?;
        if journal == "WAL" && !mode.eq_ignore_ascii_case("wal") {
            return Err(refusal(
                format!("journal mode is {mode}, not WAL; is this a network file system?"),
                MEND,
            ));
        }
        for (pragma, value, held) in [
            ("synchronous", synchronous, if synchronous == "FULL" { 2 } else { 0 }),
            // macOS keeps what fsync has written in the disk's own memory; elsewhere these two do nothing.
            ("fullfsync", "ON", 1),
            ("checkpoint_fullfsync", "ON", 1),
            ("mmap_size", "0", 0),
            ("trusted_schema", "OFF", 0),
            ("foreign_keys", "ON", 1),
            ("cache_size", "-4000", -4000),
        ] {
            self.connection.execute_batch(&format!("PRAGMA {pragma}={value}"))?;
            let read = self.connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
            // A temporary file has no mmap_size to tell.
            if read.optional()?.is_some_and(|read| read != held) {
                return Err(refusal(format!("SQLite does not take `{pragma} = {value}`"), MEND));
            }
        }
        schema::upgrade(&mut self.connection)
    }

    /// Only a run that has not ended can have left letters under way, so only the rows of its issue are looked at.
    fn doubt_what_crashed(&mut self, now: Timestamp) -> rusqlite::Result<u64> {
        let transaction = self.connection.transaction()?;
        let crashed: Vec<(i64, i64)> = transaction
            .prepare("SELECT id, issue FROM (SELECT max(id) AS id, issue, ended FROM run GROUP BY issue) WHERE ended IS NULL")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let mut in_doubt = 0;
        for (run, issue) in crashed {
            transaction.execute(
                "INSERT INTO attempt (run, issue, row, at, outcome, reply)
                 SELECT ?1, issue, row, ?3, 'unknown', 'the program ended before the relay answered'
                 FROM delivery WHERE issue = ?2 AND state = 'attempting'",
                params![run, issue, now.as_millisecond()],
            )?;
            in_doubt += transaction.execute(
                "UPDATE delivery SET state = 'unknown', reason = 'crash', changed_at = ?2 WHERE issue = ?1 AND state = 'attempting'",
                params![issue, now.as_millisecond()],
            )?;
            counts::recount(&transaction, issue)?;
        }
        transaction.commit()?;
        Ok(in_doubt as u64)
    }
}

impl Drop for Ledger {
    /// A ledger made for a send that was refused is not left behind. The lock is still held here.
    fn drop(&mut self) {
        let holds_nothing = || {
            let sql = "SELECT NOT EXISTS (SELECT 1 FROM issue) AND NOT EXISTS (SELECT 1 FROM suppression)";
            self.connection.query_row(sql, [], |row| row.get(0)).unwrap_or(false)
        };
        if let Some(dir) = self.dir.as_ref().filter(|_| self.is_new && holds_nothing()) {
            for ending in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(dir.join(format!("ledger.sqlite{ending}")));
            }
        }
    }
}

/// Whether there is a ledger in a state folder. An empty file is none: `SQLite` would begin a new one in it.
pub fn exists(dir: &Path) -> bool {
    std::fs::metadata(file(dir)).is_ok_and(|found| found.len() > 0)
}

/// What tells a ledger from every other.
fn name(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT ledger FROM meta", [], |row| row.get(0))
}

fn issue(connection: &Connection, slug: &str) -> Result<Option<KnownIssue>, LedgerError> {
    let sql = "SELECT id, pinned, digest, only_tag, list_sha256, plan_hash, released_at, version, secret FROM issue WHERE slug = ?1 AND plan_hash <> ''";
    let found = connection
        .query_row(sql, params![slug], |row| {
            let pinned: String = row.get(1)?;
            Ok(KnownIssue {
                id: row.get(0)?,
                pinned: serde_json::from_str(&pinned)
                    .map_err(|error| refusal(format!("pinned issue is damaged: {error}"), MEND))?,
                is_whole: row.get::<_, String>(2)? == digest(&pinned),
                version: row.get(7)?,
                secret: row.get(8)?,
                only: row.get(3)?,
                list_sha256: row.get(4)?,
                plan_hash: row.get(5)?,
                released_at: timestamp(row.get(6)?),
            })
        })
        .optional();
    found.map_err(|error| LedgerError(explain(&error)))
}

fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}
