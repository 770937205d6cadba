//! What the ledger costs a letter: `cargo bench --bench cost ledger`.
//!
//! Each call claims as many rows as there are letters in a batch, and makes them durable twice: as intents, and as sent.

use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;
use postrider::audience::Subscriber;
use postrider::compose::Materials;
use postrider::delivery::ledger::{Entry, Ledger as _, Outcome, Share};
use postrider::delivery::plan::Pinned;
use postrider::delivery::transport::Reply;
use postrider::io::ledger_sqlite::{Freeze, Kept, Ledger, SqliteLedger};
use postrider::source::Source;
use postrider::{compose, draft};
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};

use super::support;

/// Durable on the disk of the temporary folder.
#[divan::bench(args = [16, 64, 256], sample_count = 100, sample_size = 1)]
fn durable(bencher: Bencher<'_, '_>, letters: usize) {
    let folder = TempDir::new().unwrap();
    let ledger = Ledger::open(folder.path(), "a benchmark", Timestamp::UNIX_EPOCH).unwrap();
    send(bencher, ledger, letters);
}

/// The same work without a disk that has to confirm it: what is left is the ledger's own.
#[divan::bench(args = [16, 64, 256], sample_count = 100, sample_size = 1)]
fn without_the_disk(bencher: Bencher<'_, '_>, letters: usize) {
    send(bencher, Ledger::throw_away().unwrap(), letters);
}

fn send(bencher: Bencher<'_, '_>, mut ledger: Ledger, letters: usize) {
    let issue = plan(&mut ledger, 120 * letters);
    let rows = SqliteLedger::start(ledger, issue, 1, "here", Timestamp::UNIX_EPOCH).unwrap();
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    bencher.counter(ItemsCount::new(letters)).bench_local(|| batch(&runtime, &rows, letters));
}

fn batch(runtime: &Runtime, rows: &SqliteLedger, letters: usize) {
    let at = Timestamp::UNIX_EPOCH;
    runtime.block_on(async {
        let claimed = rows.claim(at, letters, &Share::ALL).await.unwrap();
        assert_eq!(claimed.len(), letters);
        let intents = claimed.iter().map(|row| Entry::Attempting { row: row.number, at });
        rows.append(intents.collect()).await.unwrap();
        let outcome = Outcome::Sent(Reply::new(250, "2.0.0 Ok: queued as 4242424242"));
        let settled = |row: u64| Entry::Settled { row, at, outcome: outcome.clone() };
        rows.append(claimed.iter().map(|row| settled(row.number)).collect()).await.unwrap();
    });
}

/// Freezes a plan of so many readers; gives the row of its issue.
fn plan(ledger: &mut Ledger, readers: usize) -> i64 {
    let config = support::example_config();
    let draft = draft::parse(Source::new("tide.md", support::draft())).unwrap().0;
    let issue = compose::compose(&draft, &Materials::new(&config.newsletter)).unwrap().0;
    let pinned = Pinned::new(issue, config.newsletter, &config.unsubscribe);
    let mut freeze = Freeze::begin(ledger, &pinned, None, Timestamp::UNIX_EPOCH).unwrap();
    for number in 1..=readers {
        let email = format!("reader{number}@example.org").parse().unwrap();
        let reader = Subscriber { email, ..support::reader() };
        freeze.add(number, &Kept::of(&reader).unwrap(), None).unwrap();
    }
    let issue = freeze.seal("").unwrap().issue;
    freeze.commit().unwrap();
    issue
}
