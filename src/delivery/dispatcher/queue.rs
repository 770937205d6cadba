//! The rows at hand: claimed from the ledger share by share, and taken in list order from those that may leave.

use std::collections::VecDeque;
use std::sync::Arc;

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

impl Part {
    fn runs_low(&self) -> bool {
        self.rows.len() < BATCH / 2
    }

    /// Whether the ledger has rows for it right now.
    fn is_hungry(&self, now: Instant) -> bool {
        self.runs_low() && (!self.exhausted || self.due.is_some_and(|due| due <= now))
    }
}

impl<L: Ledger> Dispatcher<'_, L> {
    /// Claims more rows where there are any and few are at hand: once for each share, so that answers need not wait.
    pub(super) async fn refill(&mut self) {
        let now = self.pace.clock.instant();
        for share in 0..self.parts.len() {
            if !self.is_closed() && self.left() > 0 && self.parts[share].is_hungry(now) {
                let claimed = self.claim(share).await;
                self.or_halt(claimed).await;
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

    async fn claim(&mut self, share: usize) -> Result<(), LedgerError> {
        let want = BATCH.min(usize::try_from(self.left()).unwrap_or(BATCH));
        let (clock, which) = (self.pace.clock, &self.pace.shares[share]);
        let rows = self.ledger.claim(clock.now(), want, which).await?;
        let part = &mut self.parts[share];
        part.exhausted = rows.len() < want;
        let is_stopped = |row: &Arc<Row>| self.stopped.contains(row.domain());
        let (aside, rows): (Vec<_>, Vec<_>) = rows.into_iter().map(Arc::new).partition(is_stopped);
        part.rows.extend(rows);
        self.aside.extend(aside);
        if part.exhausted {
            part.due = self.ledger.next_due(which).await?.map(|due| clock.instant_of(due));
        }
        Ok(())
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
        let may_hand_out = self.may_hand_out();
        let mut moments = Vec::new();
        for (share, part) in self.parts.iter().enumerate() {
            if part.is_hungry(now) {
                return Some(now);
            }
            moments.extend(part.due.filter(|_| part.runs_low()));
            if may_hand_out && !part.rows.is_empty() {
                moments.push(self.pace.next(share, now));
            }
        }
        moments.into_iter().min()
    }
}
