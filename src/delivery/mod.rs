//! The engine: a frozen plan goes out letter by letter.
//!
//! One owner, N hands: the dispatcher alone holds queue, pacer, ledger and tally; a `lane` owns one connection and
//! answers. No letter's body leaves before its `attempting` row is durable, and no event is ever needed.

mod breadth;
mod breaker;
mod clock;
mod dispatcher;
pub mod event;
mod lane;
pub mod ledger;
pub mod plan;
pub mod transport;
pub mod verdict;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::backoff::Backoff;
use crate::message::Letters;
use crate::rate::{Limit, Rate};
pub use clock::Clock;
use dispatcher::Dispatcher;
use dispatcher::pace::Pace;
use event::Event;
use lane::Lane;
use ledger::{Ledger, LedgerError, Share, Tally};
use transport::Transport;
use verdict::Fault;

/// How an issue is delivered.
#[derive(Debug, Clone)]
pub struct Orders {
    /// The issue's id, for the narration.
    pub issue: String,
    /// Open connections at the most; a run begins with one.
    pub lanes: usize,
    /// Letters per time over all lanes, retries included; `None` for a rehearsal.
    pub rate: Option<Rate>,
    /// What holds besides the rate, across runs; none for a rehearsal.
    pub limits: Vec<Limit>,
    /// The same for recipients at one domain each.
    pub domain_limits: Vec<(String, Limit)>,
    /// When transient refusals are tried again.
    pub backoff: Backoff,
    /// Letters on one connection before it is renewed.
    pub messages_per_connection: u64,
    /// How long a connection may stand without a letter before it is closed.
    pub idle: Duration,
    /// Letters under way at once on one connection, where the relay can do that.
    pub window: usize,
    /// Rows to attempt at the most in this run.
    pub limit: Option<u64>,
    /// How long to stay when only rows are left that cannot be sent now.
    pub wait: Duration,
    /// How long a connection that could not be opened rests, by failures in a row; then it is given up.
    pub reconnect: Vec<Duration>,
    /// How long to rest after a login that was refused for now, by refusals in a row; then the run stops.
    pub logins: Vec<Duration>,
}

/// Whether a person or the system wants the run to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stop {
    /// Go on.
    #[default]
    No,
    /// Let nothing new leave; wait for the replies to final dots.
    Drain,
    /// Leave at once.
    Leave,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The states, recounted from the ledger.
    pub tally: Tally,
    /// What stopped the run, if something did.
    pub fault: Option<Fault>,
    /// Whether a stop was asked for before the work was done.
    pub stopped: bool,
    /// When the earliest row falls due that is deferred or waits for a limit.
    pub next_due: Option<Timestamp>,
    /// The limit that was full in the end.
    pub full: Option<Limit>,
    /// Domains that were left alone because they refused one letter after the other.
    pub stopped_domains: Vec<String>,
    /// From the first connection to the last outcome.
    pub wall: Duration,
}

/// Delivers what the ledger holds, until nothing is left to do, `stop` asks for it, or a fault.
///
/// Fails only when the ledger cannot be read at the start or recounted at the end.
pub async fn deliver<T, L>(
    transport: Arc<T>,
    ledger: &L,
    letters: Arc<Letters>,
    orders: &Orders,
    clock: Clock,
    events: mpsc::Sender<Event>,
    stop: watch::Receiver<Stop>,
) -> Result<Ending, LedgerError>
where
    T: Transport + Send + 'static,
    T::Session: 'static,
    L: Ledger,
{
    let mut lanes = tokio::task::JoinSet::new();
    let (answers, inbox) = mpsc::channel(orders.lanes.max(1) * lane::UNREAD);
    let mut hands = Vec::with_capacity(orders.lanes);
    for number in 0..orders.lanes.max(1) {
        let (hand, jobs) = mpsc::channel(lane::JOBS);
        let lane = Lane {
            number,
            transport: transport.clone(),
            letters: letters.clone(),
            answers: answers.clone(),
            stop: stop.clone(),
            messages_per_connection: orders.messages_per_connection,
            window: orders.window,
            idle: orders.idle,
            open: None,
            is_told_open: false,
            ready: None,
        };
        lanes.spawn(lane.run(jobs));
        hands.push(hand);
    }
    drop(answers);
    let pace = Pace::resume(orders, clock, ledger).await?;
    let tally = ledger.tally().await?;
    let _ = events.send(Event::Started { issue: orders.issue.clone(), tally }).await;
    let dispatcher = Dispatcher::new(ledger, orders, pace, events, stop, hands);
    let ended = dispatcher.run(inbox).await;
    if ended.left_at_once {
        lanes.abort_all();
    }
    while lanes.join_next().await.is_some() {}
    let tally = ledger.tally().await?;
    let deferred = ledger.next_due(&Share::ALL).await?;
    let (free, full) = ended.full.unzip();
    Ok(Ending {
        tally,
        fault: ended.fault,
        stopped: ended.stopped && (ended.left_at_once || tally.remaining() > 0),
        next_due: free.into_iter().chain(deferred).min(),
        full,
        stopped_domains: ended.stopped_domains,
        wall: ended.wall,
    })
}
