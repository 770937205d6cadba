//! A real ledger on a disk that fails on command.

use super::*;

use tokio::sync::Mutex;

/// A ledger with which something goes wrong.
pub(super) struct Odd {
    inner: SqliteLedger,
    trouble: Mutex<Trouble>,
}

/// What goes wrong, and after how many appends.
pub(super) enum Trouble {
    /// It cannot be written any more, or just once.
    Fails { appends: usize, heals: bool, intents: Arc<AtomicUsize> },
    /// It notices that a reader has left.
    Leaves { row: u64, appends: usize },
}

impl Odd {
    pub(super) fn new(inner: SqliteLedger, trouble: Trouble) -> Self {
        Self { inner, trouble: Mutex::new(trouble) }
    }
}

impl Ledger for Odd {
    async fn claim(
        &self,
        now: Timestamp,
        limit: usize,
        share: &Share,
    ) -> Result<Vec<Row>, LedgerError> {
        self.inner.claim(now, limit, share).await
    }

    async fn set_aside(&self, rows: Vec<Row>) -> Result<(), LedgerError> {
        self.inner.set_aside(rows).await
    }

    async fn append(&self, mut entries: Vec<Entry>) -> Result<Vec<u64>, LedgerError> {
        match &mut *self.trouble.lock().await {
            Trouble::Fails { appends, heals, intents } => {
                let Some(left) = appends.checked_sub(1) else {
                    *appends = if *heals { usize::MAX } else { 0 };
                    return Err(LedgerError("no space left on device".into()));
                };
                *appends = left;
                let is_intent = |entry: &&Entry| matches!(entry, Entry::Attempting { .. });
                let number = entries.iter().filter(is_intent).count();
                let left = self.inner.append(entries).await;
                let left = left.expect("the entries follow from what is on disk");
                intents.fetch_add(number, Ordering::SeqCst);
                Ok(left)
            }
            Trouble::Leaves { row, appends } => {
                let left = appends.checked_sub(1);
                *appends = left.unwrap_or(0);
                if *appends == 0 {
                    entries.retain(|entry| entry.row() != *row);
                }
                self.inner.append(entries).await?;
                Ok(if left == Some(0) { vec![*row] } else { Vec::new() })
            }
        }
    }

    async fn next_due(&self, share: &Share) -> Result<Option<Timestamp>, LedgerError> {
        self.inner.next_due(share).await
    }

    async fn departures(
        &self,
        since: Timestamp,
        grain: Duration,
        share: &Share,
    ) -> Result<Vec<(Timestamp, u64)>, LedgerError> {
        self.inner.departures(since, grain, share).await
    }

    async fn last_departure(&self) -> Result<Option<Timestamp>, LedgerError> {
        self.inner.last_departure().await
    }

    async fn tally(&self) -> Result<Tally, LedgerError> {
        self.inner.tally().await
    }
}

#[tokio::test(start_paused = true)]
async fn no_body_leaves_once_the_ledger_cannot_be_written() {
    let cases = (0..12).flat_map(|appends| [(appends, false), (appends, true)]);
    let cases = cases.flat_map(|case| Relay::all().map(|relay| (case, relay)));
    for ((appends, heals), relay) in cases {
        let relay = Relay { latency: Duration::from_millis(5), ..relay };
        let (inner, letters) = plan(30);
        let intents = Arc::new(AtomicUsize::new(0));
        let trouble = Trouble::Fails { appends, heals, intents: intents.clone() };
        let ledger = Odd::new(inner, trouble);
        let ending = run(&relay, &ledger, letters, &orders(3, "10000/s")).await.unwrap();
        assert!(matches!(ending.fault, Some(Fault::Ledger(_))), "{ending:?}");
        let committed = relay.committed.lock().unwrap().len();
        assert_eq!(committed, intents.load(Ordering::SeqCst), "after {appends} appends");
        let in_doubt = ending.tally.of(State::Attempting);
        let most = 3 * relay.window.max(1) as u64;
        assert!(in_doubt <= most, "{in_doubt} in doubt with 3 lanes");
    }
}
