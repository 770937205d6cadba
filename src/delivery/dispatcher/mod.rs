//! The dispatcher: owns everything a run decides with, and takes one decision at a time.
//!
//! `pace` knows when a letter may leave, `queue` which is next and `lanes` who takes it; this file sends it, `account`
//! says what its end means, and `settle` writes that down.

mod account;
mod hand;
mod lanes;
pub(super) mod pace;
mod queue;
mod settle;

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::breadth::Breadth;
use super::breaker::Breakers;
use super::event::Event;
use super::lane::{Answer, Job};
use super::ledger::{Ledger, LedgerError, Row};
use super::verdict::Fault;
use super::{Orders, Stop};
use crate::rate::Limit;
use hand::Hand;
use pace::Pace;
use queue::{BATCH, Claimed, Part};
use settle::Batch;

/// A wait that ends this soon after one that was announced is not worth another word.
const SOON: Duration = Duration::from_secs(10);

/// How long lanes have to say what has become of their letters when the run is left.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A full limit that lets a letter go this soon is a pace: it is waited for in any case.
const PATIENCE: Duration = Duration::from_mins(2);

/// Something the ledger does while letters go on.
type Task<'a, R> = Pin<Box<dyn Future<Output = Result<R, LedgerError>> + Send + 'a>>;

/// Owns the queue, the pace and the ledger of one run.
pub(super) struct Dispatcher<'a, L> {
    ledger: &'a L,
    orders: &'a Orders,
    pace: Pace,
    events: mpsc::Sender<Event>,
    stop: watch::Receiver<Stop>,
    hands: Vec<Hand>,
    /// What has come in and is not being written down yet.
    batch: Batch,
    /// What is being written down at this moment, before any of it is acted upon.
    writing: Option<(Batch, Task<'a, Vec<u64>>)>,
    /// The share rows are being claimed for.
    claiming: Option<(usize, Task<'a, Claimed>)>,
    /// How many lanes may be open.
    breadth: Breadth,
    /// Free lanes; the last to become free is the first to work, so a slow pace keeps few connections open.
    idle: Vec<usize>,
    resting: Vec<(Instant, usize)>,
    /// The rows at hand, by share.
    parts: Vec<Part>,
    /// Rows that are not attempted in this run, and that the ledger does not know of yet.
    aside: Vec<Arc<Row>>,
    /// Rows that were handed out and not proved to be as before.
    begun: u64,
    /// The last wait that was announced.
    announced: Option<Instant>,
    in_flight: usize,
    /// Whether nobody gets in, however often it is tried.
    is_shut_out: bool,
    /// What has happened and was not told yet.
    untold: Vec<Event>,
    attempting: HashSet<u64>,
    /// Rows in lanes whose readers have left meanwhile.
    withdrawn: HashSet<u64>,
    /// Whether it was told that the relay has no window.
    lacks_window: bool,
    strikes: HashMap<u64, u32>,
    breakers: Breakers,
    /// Domains that nothing more goes to.
    stopped: HashSet<String>,
    /// What keeps the last rows here, and until when.
    full: Option<(Timestamp, Limit)>,
    fault: Option<Fault>,
    last_trouble: String,
    began: Option<Instant>,
    settled_last: Option<Instant>,
}

/// How the dispatcher's work ended.
pub(super) struct Ended {
    pub(super) fault: Option<Fault>,
    pub(super) full: Option<(Timestamp, Limit)>,
    pub(super) stopped_domains: Vec<String>,
    pub(super) stopped: bool,
    pub(super) left_at_once: bool,
    pub(super) wall: Duration,
}

impl<'a, L: Ledger> Dispatcher<'a, L> {
    pub(super) fn new(
        ledger: &'a L,
        orders: &'a Orders,
        pace: Pace,
        events: mpsc::Sender<Event>,
        stop: watch::Receiver<Stop>,
        hands: Vec<mpsc::Sender<Job>>,
    ) -> Self {
        Self {
            ledger,
            orders,
            events,
            stop,
            breadth: Breadth::new(hands.len()),
            idle: (0..hands.len()).rev().collect(),
            resting: Vec::new(),
            hands: hands.into_iter().map(Hand::new).collect(),
            batch: Batch::default(),
            writing: None,
            claiming: None,
            parts: pace.shares.iter().map(|_| Part::default()).collect(),
            pace,
            aside: Vec::new(),
            begun: 0,
            announced: None,
            in_flight: 0,
            is_shut_out: false,
            untold: Vec::new(),
            attempting: HashSet::new(),
            withdrawn: HashSet::new(),
            lacks_window: false,
            strikes: HashMap::new(),
            breakers: Breakers::default(),
            stopped: HashSet::new(),
            full: None,
            fault: None,
            last_trouble: String::new(),
            began: None,
            settled_last: None,
        }
    }

    /// Runs until nothing is left to do, a stop or a fault.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Answer>) -> Ended {
        let mut answers = Vec::new();
        let mut drained = false;
        loop {
            self.refill().await;
            if self.writing.is_none() && !self.batch.is_empty() {
                // Whoever has something to say by now shares the commit.
                loop {
                    tokio::task::yield_now().await;
                    answers.extend(std::iter::from_fn(|| inbox.try_recv().ok()));
                    if answers.is_empty() {
                        break;
                    }
                    self.take_in(answers.drain(..));
                }
                self.write_down().await;
            }
            self.hand_out();
            for event in std::mem::take(&mut self.untold) {
                self.tell(event).await;
            }
            if self.is_quiet() && self.is_over().await {
                break;
            }
            let wake = self.wake();
            tokio::select! {
                biased;
                stop = stop_changes(&mut self.stop, drained) => {
                    drained = true;
                    if stop == Stop::Leave {
                        self.hear_out(&mut inbox).await;
                        self.leave().await;
                        return self.ended(true);
                    }
                    self.tell(Event::Draining).await;
                }
                appended = under_way(&mut self.writing) => self.written(appended).await,
                claimed = under_way(&mut self.claiming) => self.claimed(claimed).await,
                count = inbox.recv_many(&mut answers, BATCH) => {
                    if count == 0 {
                        self.fault.get_or_insert(Fault::Unreachable("every lane has ended".into()));
                        break;
                    }
                    self.take_in(answers.drain(..));
                }
                () = sleep_until(wake.unwrap_or_else(|| self.pace.clock.instant())), if wake.is_some() => {}
            }
        }
        self.ended(false)
    }

    /// No lane has anything in hand, and nothing waits to be written or claimed.
    fn is_quiet(&self) -> bool {
        let is_written = self.writing.is_none() && self.batch.is_empty();
        self.in_flight == 0 && is_written && self.claiming.is_none()
    }

    /// The second stop: lanes let go of what they carry, and say at once what is known of it.
    async fn hear_out(&mut self, inbox: &mut mpsc::Receiver<Answer>) {
        let end = self.pace.clock.instant() + LAST_WORDS;
        let mut answers = Vec::new();
        while self.in_flight > 0
            && timeout_at(end, inbox.recv_many(&mut answers, BATCH)).await.is_ok_and(|n| n > 0)
        {
            self.take_in(answers.drain(..));
        }
    }

    fn ended(self, left_at_once: bool) -> Ended {
        let wall =
            self.began.zip(self.settled_last).map_or(Duration::ZERO, |(first, last)| last - first);
        let stopped = self.is_stopping();
        let mut stopped_domains: Vec<String> = self.stopped.into_iter().collect();
        stopped_domains.sort();
        let full = self.full.filter(|_| self.fault.is_none() && !stopped);
        Ended { stopped, full, stopped_domains, fault: self.fault, left_at_once, wall }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow() != Stop::No
    }

    /// Nothing more is to leave in this run.
    fn is_closed(&self) -> bool {
        self.fault.is_some() || self.is_stopping()
    }

    /// Gives rows that may leave to free lanes.
    fn hand_out(&mut self) {
        let now = self.pace.clock.instant();
        let rested: Vec<usize> =
            self.resting.extract_if(.., |(until, _)| *until <= now).map(|(_, lane)| lane).collect();
        self.idle.extend(rested);
        self.trim();
        if !self.has_rows() && self.free_lane().is_some() {
            self.reclaim(None);
        }
        while !self.is_closed() && self.may_hand_out() {
            let Some(place) = self.free_lane() else {
                if self.widen(now) {
                    continue;
                }
                return;
            };
            let Some(row) = self.due_row(None) else { return };
            let lane = self.idle.remove(place);
            self.began.get_or_insert(now);
            self.hold(lane, row.clone());
            // A lane that is idle has room in its mailbox, so this cannot fail while it lives.
            if self.hands[lane].jobs.try_send(Job::Carry(row)).is_err() {
                let mut batch = std::mem::take(&mut self.batch);
                self.lose(lane, &mut batch);
                self.batch = batch;
            }
        }
    }

    /// The next row that may leave now: the one that is kept for this lane, or the first in the list.
    fn due_row(&mut self, lane: Option<usize>) -> Option<Arc<Row>> {
        let now = self.pace.clock.instant();
        let ahead = lane.and_then(|lane| self.hands[lane].ahead.take());
        if let Some(row) = ahead {
            let share = self.pace.share_of(row.domain());
            if self.pace.next(share, now) <= now {
                return Some(row);
            }
            self.give_back(row, false);
            return None;
        }
        let share = self.turn()?;
        if self.pace.next(share, now) > now {
            return None;
        }
        self.parts[share].rows.pop_front()
    }

    /// A lane has this row in hand from now on, and its letter counts as leaving.
    fn hold(&mut self, lane: usize, row: Arc<Row>) {
        let departure = self.pace.depart(self.pace.share_of(row.domain()));
        self.hands[lane].take(row, departure);
        self.begun += 1;
        self.in_flight += 1;
    }

    fn may_hand_out(&self) -> bool {
        self.has_rows() && self.left() > 0 && !self.is_shut_out
    }

    fn has_rows(&self) -> bool {
        self.parts.iter().any(|part| !part.rows.is_empty())
    }

    /// With nothing in flight: whether the run is over. Waits are announced here.
    async fn is_over(&mut self) -> bool {
        if self.is_closed() || self.left() == 0 {
            return true;
        }
        if self.has_rows() && (self.is_shut_out || self.idle.is_empty() && self.resting.is_empty())
        {
            let fault = Fault::Unreachable(self.last_trouble.clone());
            self.tell(Event::Halted(fault.clone())).await;
            self.fault = Some(fault);
            return true;
        }
        let Some((until, full)) = self.next_work() else { return true };
        let now = self.pace.clock.instant();
        let patience = if full.is_some() { PATIENCE } else { Duration::ZERO };
        if until > now + self.orders.wait.max(patience) {
            self.full = full;
            return true;
        }
        let is_news = self.announced.is_none_or(|announced| until > announced + SOON);
        if until > now + patience && is_news {
            self.announced = Some(until);
            let wall = self.pace.clock.now().saturating_add(until - now).unwrap_or(Timestamp::MAX);
            let full = full.map(|(_, limit)| limit);
            self.tell(Event::Waiting { until: wall, full }).await;
        }
        false
    }

    /// When there is something to do again, and the limit that is full until then.
    fn next_work(&mut self) -> Option<(Instant, Option<(Timestamp, Limit)>)> {
        let now = self.pace.clock.instant();
        let mut soonest: Option<(Instant, Option<(Timestamp, Limit)>)> = None;
        for (share, part) in self.parts.iter().enumerate() {
            let full = if part.rows.is_empty() { None } else { self.pace.full(share) };
            let free = match full {
                Some((until, _)) => Some(self.pace.clock.instant_of(until)),
                None if !part.rows.is_empty() || !part.exhausted => Some(now),
                None => part.due,
            };
            if let Some(at) = free
                && soonest.is_none_or(|(other, _)| at < other)
            {
                soonest = Some((at, full));
            }
        }
        soonest
    }

    /// The next moment at which something is to be done without being told.
    fn wake(&mut self) -> Option<Instant> {
        if self.is_closed() {
            return None;
        }
        let rested = self.resting.iter().map(|(until, _)| *until).min();
        self.work_at().into_iter().chain(rested).min()
    }

    async fn tell(&mut self, event: Event) {
        // A closed channel means that nobody listens, which changes nothing.
        let _ = self.events.send(event).await;
    }
}

/// Waits for the ledger to be done with a task, and takes it; for ever if there is none.
async fn under_way<W, R>(task: &mut Option<(W, Task<'_, R>)>) -> (W, Result<R, LedgerError>) {
    let Some((_, work)) = task else { return std::future::pending().await };
    let result = work.await;
    match task.take() {
        Some((what, _)) => (what, result),
        None => std::future::pending().await,
    }
}

/// Waits for the stop to become more urgent than it is.
async fn stop_changes(stop: &mut watch::Receiver<Stop>, drained: bool) -> Stop {
    let urgent = |stop: &Stop| *stop == Stop::Leave || *stop == Stop::Drain && !drained;
    let asked = stop.wait_for(urgent).await.map(|stop| *stop);
    match asked {
        Ok(stop) => stop,
        // Nobody can ask for a stop any more.
        Err(_) => std::future::pending().await,
    }
}
