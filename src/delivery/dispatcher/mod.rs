//! The dispatcher: owns everything a run decides with, and takes one decision at a time.
//!
//! This file decides who may leave and when; `settle` what became of those who did.

mod settle;

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::event::Event;
use super::lane::Answer;
use super::ledger::{Ledger, Row};
use super::verdict::{Failure, Fault};
use super::{Clock, Orders, Stop};
use crate::rate::Pacer;

/// A wait that ends this soon after one that was announced is not worth another word.
const SOON: Duration = Duration::from_secs(10);

/// Rows held in memory at the most, besides those in the lanes.
const BATCH: usize = 256;

/// Owns the queue, the pace and the ledger of one run.
pub(super) struct Dispatcher<'a, L> {
    ledger: &'a mut L,
    orders: &'a Orders,
    clock: Clock,
    events: mpsc::Sender<Event>,
    stop: watch::Receiver<Stop>,
    hands: Vec<mpsc::Sender<Row>>,
    /// Free lanes; the last to become free is the first to work, so a slow pace keeps few connections open.
    idle: Vec<usize>,
    resting: Vec<(Instant, usize)>,
    failures: Vec<usize>,
    queue: VecDeque<Row>,
    claimed: u64,
    exhausted: bool,
    due: Option<Instant>,
    /// The last wait that was announced.
    announced: Option<Instant>,
    pacer: Option<Pacer>,
    slot: Option<Instant>,
    in_flight: usize,
    /// Whether any connection was ever opened; until then only one is tried, so that a wrong password is sent once.
    proven: bool,
    attempting: HashSet<u64>,
    strikes: HashMap<u64, u32>,
    /// Refusals of one class since the last letter that was taken.
    refusals: (Option<Failure>, u32),
    fault: Option<Fault>,
    last_trouble: String,
    began: Option<Instant>,
    settled_last: Option<Instant>,
}

/// How the dispatcher's work ended.
pub(super) struct Ended {
    pub(super) fault: Option<Fault>,
    pub(super) stopped: bool,
    pub(super) left_at_once: bool,
    pub(super) wall: Duration,
}

impl<'a, L: Ledger> Dispatcher<'a, L> {
    pub(super) fn new(
        ledger: &'a mut L,
        orders: &'a Orders,
        clock: Clock,
        events: mpsc::Sender<Event>,
        stop: watch::Receiver<Stop>,
        hands: Vec<mpsc::Sender<Row>>,
    ) -> Self {
        Self {
            ledger,
            orders,
            clock,
            events,
            stop,
            idle: (0..hands.len()).rev().collect(),
            resting: Vec::new(),
            failures: vec![0; hands.len()],
            hands,
            queue: VecDeque::new(),
            claimed: 0,
            exhausted: false,
            due: None,
            announced: None,
            pacer: orders.rate.map(Pacer::new),
            slot: None,
            in_flight: 0,
            proven: false,
            attempting: HashSet::new(),
            strikes: HashMap::new(),
            refusals: (None, 0),
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
            self.hand_out();
            if self.in_flight == 0 && self.is_over().await {
                break;
            }
            let wake = self.wake();
            tokio::select! {
                biased;
                stop = stop_changes(&mut self.stop, drained) => {
                    drained = true;
                    if stop == Stop::Leave {
                        // What has been answered already is no doubt.
                        answers.extend(std::iter::from_fn(|| inbox.try_recv().ok()));
                        self.settle(answers.drain(..)).await;
                        self.leave().await;
                        return self.ended(true);
                    }
                    self.tell(Event::Draining).await;
                }
                count = inbox.recv_many(&mut answers, BATCH) => {
                    if count == 0 {
                        self.fault.get_or_insert(Fault::Unreachable("every lane has ended".into()));
                        break;
                    }
                    self.settle(answers.drain(..)).await;
                }
                () = sleep_until(wake.unwrap_or_else(|| self.clock.instant())), if wake.is_some() => {}
            }
        }
        self.ended(false)
    }

    fn ended(self, left_at_once: bool) -> Ended {
        let wall =
            self.began.zip(self.settled_last).map_or(Duration::ZERO, |(first, last)| last - first);
        Ended { stopped: self.is_stopping(), fault: self.fault, left_at_once, wall }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow() != Stop::No
    }

    /// Nothing more is to leave in this run.
    fn is_closed(&self) -> bool {
        self.fault.is_some() || self.is_stopping()
    }

    /// Claims more rows while there are any and the queue runs low.
    async fn refill(&mut self) {
        let now = self.clock.instant();
        let open = !self.exhausted || self.due.is_some_and(|due| due <= now);
        let left = self.orders.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.claimed));
        let want = BATCH.min(usize::try_from(left).unwrap_or(BATCH));
        if self.is_closed() || !open || want == 0 || self.queue.len() >= BATCH / 2 {
            return;
        }
        match self.claim(want).await {
            Ok(()) => {}
            Err(error) => {
                let fault = Fault::Ledger(error.to_string());
                self.tell(Event::Halted(fault.clone())).await;
                self.fault = Some(fault);
            }
        }
    }

    async fn claim(&mut self, want: usize) -> Result<(), super::LedgerError> {
        let rows = self.ledger.claim(self.clock.now(), want).await?;
        self.claimed += rows.len() as u64;
        self.exhausted = rows.len() < want;
        self.queue.extend(rows);
        if self.exhausted {
            self.due = self.ledger.next_due().await?.map(|due| self.clock.instant_of(due));
        }
        Ok(())
    }

    /// Gives due rows to free lanes.
    fn hand_out(&mut self) {
        let now = self.clock.instant();
        let rested: Vec<usize> =
            self.resting.extract_if(.., |(until, _)| *until <= now).map(|(_, lane)| lane).collect();
        self.idle.extend(rested);
        while !self.is_closed() && self.may_hand_out() {
            let pacer = &mut self.pacer;
            let slot = *self.slot.get_or_insert_with(|| {
                pacer.as_mut().map_or(now, |pacer| pacer.reserve(now.into_std()).into())
            });
            if slot > now {
                return;
            }
            let (Some(lane), Some(row)) = (self.idle.pop(), self.queue.pop_front()) else { return };
            self.slot = None;
            self.began.get_or_insert(now);
            self.in_flight += 1;
            // A lane that is idle has an empty mailbox, so this cannot fail while the lane lives.
            if self.hands[lane].try_send(row).is_err() {
                self.fault = Some(Fault::Unreachable("a lane has ended".into()));
                self.in_flight -= 1;
            }
        }
    }

    fn may_hand_out(&self) -> bool {
        let first = self.in_flight == 0 && self.resting.is_empty();
        !self.idle.is_empty()
            && !self.queue.is_empty()
            && (self.proven || first)
            && !self.is_given_up()
    }

    /// Before any connection has opened only one lane tries, and speaks for all.
    fn is_given_up(&self) -> bool {
        !self.proven && self.failures.iter().any(|failures| *failures > self.orders.reconnect.len())
    }

    /// With nothing in flight: whether the run is over. Waits for deferred rows are announced here.
    async fn is_over(&mut self) -> bool {
        if self.is_closed() {
            return true;
        }
        if !self.queue.is_empty() {
            let over = self.is_given_up() || self.idle.is_empty() && self.resting.is_empty();
            if over {
                let fault = Fault::Unreachable(self.last_trouble.clone());
                self.tell(Event::Halted(fault.clone())).await;
                self.fault = Some(fault);
            }
            return over;
        }
        let now = self.clock.instant();
        match self.due {
            Some(due)
                if self.claimed < self.orders.limit.unwrap_or(u64::MAX)
                    && due <= now + self.orders.wait =>
            {
                if due > now && self.announced.is_none_or(|until| due > until + SOON) {
                    self.announced = Some(due);
                    let until =
                        self.clock.now().saturating_add(due - now).unwrap_or(jiff::Timestamp::MAX);
                    self.tell(Event::Waiting { until }).await;
                }
                false
            }
            _ => true,
        }
    }

    /// The next moment at which something is to be done without being told.
    fn wake(&self) -> Option<Instant> {
        if self.is_closed() {
            return None;
        }
        let slot = self.slot.filter(|_| self.may_hand_out());
        let rested = self.resting.iter().map(|(until, _)| *until).min();
        let due = self.due.filter(|_| self.exhausted && self.queue.is_empty());
        [slot, rested, due].into_iter().flatten().min()
    }

    async fn tell(&self, event: Event) {
        // A closed channel means that nobody listens, which changes nothing.
        let _ = self.events.send(event).await;
    }
}

/// Waits for the stop to become more urgent than it is.
async fn stop_changes(stop: &mut watch::Receiver<Stop>, drained: bool) -> Stop {
    let urgent = |stop: &Stop| *stop == Stop::Leave || *stop == Stop::Drain && !drained;
    match stop.wait_for(urgent).await {
        Ok(stop) => *stop,
        // Nobody can ask for a stop any more.
        Err(_) => std::future::pending().await,
    }
}
