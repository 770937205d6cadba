//! What can be wrong with a ledger: the words for it, and what to do.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::delivery::ledger::LedgerError;

/// Why the ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another send holds it.
    #[error("another send holds the ledger: {0}")]
    Locked(String),
    /// It cannot be read or written, or is not ours.
    #[error("{}: {why}", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// What happened.
        why: String,
        /// What to do about it.
        help: &'static str,
    },
}

/// What to do when the ledger cannot be written.
pub(super) const WRITABLE: &str =
    "nobody was mailed; make the folder and the file writable for whoever sends";

/// What to do when there is no room for it.
const ROOM: &str = "nobody was mailed; make room on its disk and run the same command again";

/// What to do when the ledger cannot be opened or read.
pub(super) const MEND: &str = "nobody was mailed; keep a copy of the folder, then bring back the newest sound backup of all of it";

/// What to do when the ledger is sound, and in somebody else's hands.
pub(super) const CLOSE: &str =
    "nobody was mailed; close that program and run the same command again";

/// What to do when the ledger is sound, and ahead of this program.
pub(super) const UPGRADE: &str = "nobody was mailed; install the newer version, which can read it";

/// Why a ledger cannot be opened while another program has it.
pub(super) const IN_USE: &str = "another program has it open in a transaction";

impl OpenError {
    /// What `SQLite`, or [`refusal`], says of the file at `path`.
    pub(super) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        Self::Storage { path: path.to_owned(), why: explain(error), help: help(error) }
    }

    /// What the system says of a file or folder that is to be written.
    pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        Self::Storage { path: path.to_owned(), why: error.to_string(), help: WRITABLE }
    }
}

/// What this program has against a ledger.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
struct Refusal {
    why: String,
    help: &'static str,
}

/// An error of ours in `SQLite`'s clothes, so that one `?` serves both.
pub(super) fn refusal(why: impl Into<String>, help: &'static str) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(Refusal { why: why.into(), help }))
}

fn help(error: &rusqlite::Error) -> &'static str {
    match error {
        rusqlite::Error::ToSqlConversionFailure(ours) => {
            ours.downcast_ref::<Refusal>().map_or(MEND, |refusal| refusal.help)
        }
        other => match other.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => CLOSE,
            _ if is_unwritable(other) => WRITABLE,
            Some(ErrorCode::DiskFull) => ROOM,
            _ => MEND,
        },
    }
}

/// Whether the file or its folder is not ours to write; `SQLite` needs that to read, too, where there is a log.
pub(super) fn is_unwritable(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied)
    )
}

/// `SQLite`'s words without its codes.
pub(super) fn explain(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) if failure.code == ErrorCode::DatabaseBusy => {
            IN_USE.into()
        }
        rusqlite::Error::SqliteFailure(_, Some(words)) => words.clone(),
        rusqlite::Error::ToSqlConversionFailure(words) => words.to_string(),
        other => other.to_string(),
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        Self(explain(&error))
    }
}
