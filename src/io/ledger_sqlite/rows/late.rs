//! What comes in after a commit has failed: no letter may leave any more, and outcomes of those that had left are kept.

use rusqlite::ErrorCode;
use rusqlite::config::DbConfig;

use super::super::rescue::Rescue;
use super::super::settlement::Settlement;
use super::super::{ballast, explain, name};
use super::{Inner, lost};
use crate::delivery::ledger::{Entry, LedgerError};

/// After a failed commit no letter may leave any more; what still comes in is only kept.
#[derive(Debug)]
pub(super) struct Failed {
    error: LedgerError,
    /// Where outcomes go; nothing while they fit where the ballast was.
    pub(super) rescue: Option<Rescue>,
}

impl Inner {
    /// From now on no intent is written. A full disk has room again without the ballast; any other error, a failed
    /// fsync above all, says nothing of what is on disk, so nothing is written or checkpointed there again.
    pub(super) fn fail(&mut self, error: &rusqlite::Error) {
        let is_full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        self.failed = Some(Failed { error: LedgerError(explain(error)), rescue: None });
        if let Some(dir) = &self.ledger.dir {
            ballast::drop_it(dir);
        }
        if !is_full {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        let connection = &self.ledger.connection;
        let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        if let (Some(failed), Some(dir)) = (&mut self.failed, &self.ledger.dir) {
            let ledger = name(connection).unwrap_or_default();
            failed.rescue = Some(Rescue::of(dir, ledger, self.issue, self.run));
        }
    }

    /// Keeps what came in too late; gives why the run has to stop.
    pub(super) fn keep(&mut self, entries: &[Entry]) -> LedgerError {
        let is_full = self.failed.as_ref().is_some_and(|failed| failed.rescue.is_none());
        let outcomes: Vec<Entry> = entries
            .iter()
            .filter(|entry| matches!(entry, Entry::Settled { .. }))
            .cloned()
            .collect();
        if is_full && !outcomes.is_empty() && self.commit(&outcomes).is_err() {
            self.give_up();
        }
        let Some(failed) = &mut self.failed else { return lost() };
        if let Some(rescue) = &mut failed.rescue {
            let settlements: Vec<Settlement> = entries.iter().map(Settlement::kept).collect();
            rescue.keep(&settlements);
        }
        failed.error.clone()
    }
}
