//! The rows at hand: claimed from the ledger share by share, and taken in list order from those that may leave.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Dispatcher;
use crate::delivery::LedgerError;
use crate::delivery::event::Event;
use crate::delivery::ledger::{Ledger, Row};
use crate::delivery::verdict::Fault;

/// Rows of one share held in memory at the most, besides those in the lanes.
pub(super) const BATCH: usize = 256;

/// The rows of one share.
#[derive(Default)]
pub(super) struct Part {
    pub(super) rows: VecDeque<Arc<Row>>,
    /// Whether the ledger had no more when it was asked last.
    pub(super) exhausted: bool,
    /// When a deferred row of this share falls due.
    pub(super) due: Option<Instant>,
}

/// What a claim has given.
pub(super) struct Claimed {
    rows: Vec<Row>,
    exhausted: bool,
    /// When the next deferred row falls due that was not claimed.
    due: Option<Timestamp>,
}

impl Part {
    /// A deferred row is in the ledger that falls due at this moment.
    pub(super) fn falls_due(&mut self, at: Instant) {
        self.due = Some(self.due.map_or(at, |earlier| earlier.min(at)));
    }

    fn runs_low(&self) -> bool {
        self.rows.len() < BATCH / 2
    }

    /// Whether the ledger has rows for it right now.
    fn is_hungry(&self, now: Instant) -> bool {
        self.runs_low() && (!self.exhausted || self.due.is_some_and(|due| due <= now))
    }
}

impl<L: Ledger> Dispatcher<'_, L> {
    /// Has more rows claimed where there are any and few are at hand, while the letters of the others go on.
    pub(super) async fn refill(&mut self) {
        if self.claiming.is_none() && !self.is_closed() && self.left() > 0 {
            let now = self.pace.clock.instant();
            if let Some(share) = self.parts.iter().position(|part| part.is_hungry(now)) {
                self.claim(share);
            }
        }
        if !self.aside.is_empty() {
            let rows = std::mem::take(&mut self.aside).into_iter().map(Arc::unwrap_or_clone);
            let done = self.ledger.set_aside(rows.collect()).await;
            self.or_halt(done).await;
        }
    }

    /// How many more rows may be attempted in this run.
    pub(super) fn left(&self) -> u64 {
        self.orders.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.begun))
    }

    fn claim(&mut self, share: usize) {
        let want = BATCH.min(usize::try_from(self.left()).unwrap_or(BATCH));
        let (ledger, now, which) =
            (self.ledger, self.pace.clock.now(), self.pace.shares[share].clone());
        // What is deferred from here on says itself when it falls due.
        self.parts[share].due = None;
        let task = async move {
            let rows = ledger.claim(now, want, &which).await?;
            let exhausted = rows.len() < want;
            let due = if exhausted { ledger.next_due(&which).await? } else { None };
            Ok(Claimed { rows, exhausted, due })
        };
        self.claiming = Some((share, Box::pin(task)));
    }

    /// Takes claimed rows into the queue of their share.
    pub(super) async fn claimed(
        &mut self,
        (share, claimed): (usize, Result<Claimed, LedgerError>),
    ) {
        let Claimed { rows, exhausted, due } = match claimed {
            Ok(claimed) => claimed,
            Err(error) => return self.or_halt(Err(error)).await,
        };
        let is_stopped = |row: &Arc<Row>| self.stopped.contains(row.domain());
        let (aside, rows): (Vec<_>, Vec<_>) = rows.into_iter().map(Arc::new).partition(is_stopped);
        self.aside.extend(aside);
        let part = &mut self.parts[share];
        part.rows.extend(rows.into_iter().filter(|row| !self.withdrawn.remove(&row.number)));
        part.exhausted = exhausted;
        if let Some(due) = due {
            part.falls_due(self.pace.clock.instant_of(due));
        }
    }

    async fn or_halt(&mut self, result: Result<(), LedgerError>) {
        if let Err(error) = result {
            let fault = Fault::Ledger(error.to_string());
            self.tell(Event::Halted(fault.clone())).await;
            self.fault = Some(fault);
        }
    }

    /// The share whose next row is the first in the list of those that no limit keeps here.
    pub(super) fn turn(&mut self) -> Option<usize> {
        let mut first: Option<(u64, usize)> = None;
        for (share, part) in self.parts.iter().enumerate() {
            let Some(row) = part.rows.front() else { continue };
            if first.is_none_or(|(number, _)| row.number < number)
                && self.pace.full(share).is_none()
            {
                first = Some((row.number, share));
            }
        }
        first.map(|(_, share)| share)
    }

    /// Keeps a row for a lane that can make its letter ready meanwhile; not of the last ones, which any lane may take.
    pub(super) fn keep_ahead(&mut self, lane: usize) -> Option<Arc<Row>> {
        let share = self.turn()?;
        let rows = &mut self.parts[share].rows;
        if rows.len() > self.hands.len() {
            self.hands[lane].ahead = rows.pop_front();
        }
        self.hands[lane].ahead.clone()
    }

    /// Takes back what is kept for lanes, or for one of them.
    pub(super) fn reclaim(&mut self, lane: Option<usize>) {
        let hands = match lane {
            Some(lane) => &mut self.hands[lane..=lane],
            None => &mut self.hands[..],
        };
        let mut rows: Vec<Arc<Row>> =
            hands.iter_mut().filter_map(|hand| hand.ahead.take()).collect();
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.number));
        for row in rows {
            self.give_back(row, false);
        }
    }

    /// Leaves a row for later in this run, before all others.
    pub(super) fn give_back(&mut self, row: Arc<Row>, garbled: bool) {
        if self.stopped.contains(row.domain()) {
            self.aside.push(row);
            return;
        }
        let rows = &mut self.parts[self.pace.share_of(row.domain())].rows;
        // Behind the others, so that a letter the relay stumbles over does not keep them here.
        if garbled { rows.push_back(row) } else { rows.push_front(row) }
    }

    /// Drops rows whose readers have left; those in lanes are dropped when they come back.
    pub(super) fn withdraw(&mut self, numbers: Vec<u64>) -> Vec<Event> {
        if numbers.is_empty() {
            return Vec::new();
        }
        self.reclaim(None);
        self.withdrawn.extend(numbers);
        let mut events = Vec::new();
        for part in &mut self.parts {
            part.rows.retain(|row| {
                let stays = !self.withdrawn.remove(&row.number);
                if !stays {
                    events.push(Event::Withdrawn {
                        email: row.reader.email.to_string(),
                        again: row.attempts > 0,
                    });
                }
                stays
            });
        }
        events
    }

    /// Leaves the rows of a domain for the next run.
    pub(super) fn stop_domain(&mut self, domain: String) {
        self.reclaim(None);
        for part in &mut self.parts {
            let of_domain = |row: &Arc<Row>| row.domain() == domain;
            let (aside, rows): (Vec<_>, Vec<_>) = part.rows.drain(..).partition(of_domain);
            part.rows = rows.into();
            self.aside.extend(aside);
        }
        self.stopped.insert(domain);
    }

    /// The next moment at which rows are to be claimed or can leave.
    pub(super) fn work_at(&mut self) -> Option<Instant> {
        let now = self.pace.clock.instant();
        if self.left() == 0 {
            return None;
        }
        let (may_hand_out, has_lane) = (self.may_hand_out(), self.free_lane().is_some());
        let can_step = self.breadth.can_step(now);
        let mut moments = Vec::new();
        for (share, part) in self.parts.iter().enumerate() {
            if self.claiming.is_none() {
                if part.is_hungry(now) {
                    return Some(now);
                }
                moments.extend(part.due.filter(|_| part.runs_low()));
            }
            if may_hand_out && !part.rows.is_empty() {
                let next = self.pace.next(share, now);
                // Without a lane, what is due now has been looked at already.
                moments.extend((has_lane || can_step && next > now).then_some(next));
            }
        }
        moments.into_iter().min()
    }
}
