//! A real ledger on a disk that fails on command.

use super::*;

/// A ledger that cannot be written any more after so many appends, or just once.
pub(super) struct Failing {
    pub(super) inner: SqliteLedger,
    pub(super) appends: usize,
    pub(super) heals: bool,
    pub(super) intents: Arc<AtomicUsize>,
}

impl Ledger for Failing {
    async fn claim(
        &mut self,
        now: Timestamp,
        limit: usize,
        share: &Share,
    ) -> Result<Vec<Row>, LedgerError> {
        self.inner.claim(now, limit, share).await
    }

    async fn set_aside(&mut self, rows: Vec<Row>) -> Result<(), LedgerError> {
        self.inner.set_aside(rows).await
    }

    async fn append(&mut self, entries: Vec<Entry>) -> Result<Vec<u64>, LedgerError> {
        let Some(appends) = self.appends.checked_sub(1) else {
            self.appends = if self.heals { usize::MAX } else { 0 };
            return Err(LedgerError("no space left on device".into()));
        };
        self.appends = appends;
        let intents =
            entries.iter().filter(|entry| matches!(entry, Entry::Attempting { .. })).count();
        let left = self.inner.append(entries).await;
        let left = left.expect("the entries follow from what is on disk");
        self.intents.fetch_add(intents, Ordering::SeqCst);
        Ok(left)
    }

    async fn next_due(&mut self, share: &Share) -> Result<Option<Timestamp>, LedgerError> {
        self.inner.next_due(share).await
    }

    async fn departures(
        &mut self,
        since: Timestamp,
        grain: Duration,
        share: &Share,
    ) -> Result<Vec<(Timestamp, u64)>, LedgerError> {
        self.inner.departures(since, grain, share).await
    }

    async fn last_departure(&mut self) -> Result<Option<Timestamp>, LedgerError> {
        self.inner.last_departure().await
    }

    async fn tally(&mut self) -> Result<Tally, LedgerError> {
        self.inner.tally().await
    }
}
