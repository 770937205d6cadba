//! Reading the ledger without its lock, also while a send is under way.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

use super::rows::tally;
use super::{OpenError, explain, timestamp};
use crate::delivery::ledger::{LedgerError, Tally};

/// A second connection that only reads.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
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

impl Reader {
    /// Opens the ledger of a state folder; `None` when there is none yet.
    pub fn open(dir: &Path) -> Result<Option<Self>, OpenError> {
        let path = super::file(dir);
        if !path.exists() {
            return Ok(None);
        }
        let storage = |error: rusqlite::Error| OpenError::Storage {
            path: path.clone(),
            why: explain(&error),
        };
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .map_err(storage)?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(storage)?;
        let holder = super::lock::holder(&dir.join("ledger.lock"));
        Ok(Some(Self { connection, holder }))
    }

    /// Who is sending at this moment.
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// Every issue, the newest first; or only the one named.
    pub fn issues(&self, slug: Option<&str>) -> Result<Vec<Summary>, LedgerError> {
        let sql = "SELECT id, slug, released_at FROM issue WHERE ?1 IS NULL OR slug = ?1 ORDER BY released_at DESC, id DESC";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![slug], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?))
        })?;
        rows.map(|row| {
            let (id, issue, released_at) = row?;
            Ok(Summary {
                issue,
                released_at: timestamp(released_at),
                tally: tally(&self.connection, id)?,
            })
        })
        .collect()
    }

    /// The recipients of an issue in one state, in list order, with the words of their last attempt.
    pub fn exceptions(&self, slug: &str, state: &str) -> Result<Vec<Exception>, LedgerError> {
        let sql = "SELECT r.email, coalesce(d.reason, ''), coalesce(d.changed_at, 0),
              coalesce((SELECT a.reply FROM attempt a WHERE a.issue = d.issue AND a.row = d.row AND a.outcome = d.state ORDER BY a.seq DESC LIMIT 1), '')
            FROM issue i JOIN delivery d ON d.issue = i.id JOIN recipient r ON r.issue = d.issue AND r.row = d.row
            WHERE i.slug = ?1 AND d.state = ?2 ORDER BY d.row";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![slug, state], |row| {
            Ok(Exception {
                email: row.get(0)?,
                reason: row.get(1)?,
                since: timestamp(row.get(2)?),
                reply: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
