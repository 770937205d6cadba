//! Which lane takes a letter, and how many may be open.

use tokio::time::Instant;

use super::Dispatcher;
use super::pace::Departure;
use super::settle::Batch;
use crate::delivery::breadth::Step;
use crate::delivery::event::{Event, Why};
use crate::delivery::lane::Job;
use crate::delivery::ledger::Ledger;

impl<L: Ledger> Dispatcher<'_, L> {
    /// The place of a free lane that may take a letter: one with a connection before one that must open it.
    pub(super) fn free_lane(&self) -> Option<usize> {
        let (engaged, allowed) = (self.engaged(), self.breadth.allowed());
        let is_ready = |lane: &usize| self.hands[*lane].is_engaged();
        let ready = self.idle.iter().rposition(is_ready).filter(|_| engaged <= allowed);
        let other = || self.idle.len().checked_sub(1).filter(|_| engaged < allowed);
        ready.or_else(other)
    }

    /// How many lanes have a connection, or need one, or try to get one.
    pub(super) fn engaged(&self) -> usize {
        self.resting.len() + self.hands.iter().filter(|hand| hand.is_engaged()).count()
    }

    /// How many lanes have a connection.
    pub(super) fn open_lanes(&self) -> usize {
        self.hands.iter().filter(|hand| hand.is_open).count()
    }

    /// Lets another lane in, if a letter is due, all lanes are busy and more of them help; whether one was let in.
    pub(super) fn widen(&mut self, now: Instant) -> bool {
        let is_due = self.turn().is_some_and(|share| self.pace.next(share, now) <= now);
        if !is_due || self.idle.is_empty() {
            return false;
        }
        let waiting = self.parts.iter().map(|part| part.rows.len()).sum();
        let Some(step) = self.breadth.wanted(waiting, now) else { return false };
        let why = match step {
            Step::Wider => Why::Waiting,
            Step::NoGain => Why::NoGain,
        };
        self.untold.push(self.connections(why));
        self.trim();
        step == Step::Wider
    }

    /// Tells lanes that are too many to hang up; those that are busy follow when they are free.
    pub(super) fn trim(&mut self) {
        let mut surplus = self.engaged().saturating_sub(self.breadth.allowed());
        for lane in &self.idle {
            let hand = &mut self.hands[*lane];
            // A lane that has died says so itself.
            if surplus > 0 && hand.is_engaged() && hand.jobs.try_send(Job::HangUp).is_ok() {
                hand.is_leaving = true;
                surplus -= 1;
            }
        }
    }

    /// The relay wants less: fewer lanes.
    pub(super) fn narrow(&mut self, departure: Departure, why: &str, batch: &mut Batch) {
        if self.breadth.slowed(departure.at(), self.pace.clock.instant()) {
            batch.events.push(self.connections(Why::Relay(why.to_owned())));
        }
    }

    /// The relay does not let a lane in; whether others are there already, so that it is about their number.
    pub(super) fn turned_away(&mut self, why: &str, batch: &mut Batch) -> bool {
        let others = self.open_lanes();
        if self.breadth.refused(others, self.pace.clock.instant()) {
            batch.events.push(self.connections(Why::Relay(why.to_owned())));
        }
        others > 0
    }

    /// A lane has a connection.
    pub(super) fn opened(&mut self, lane: usize, batch: &mut Batch) {
        self.hands[lane].is_open = true;
        self.is_shut_out = false;
        batch.events.push(self.connections(Why::Opened));
    }

    /// A lane has none any more.
    pub(super) fn closed(&mut self, lane: usize, idle: bool, batch: &mut Batch) {
        (self.hands[lane].is_open, self.hands[lane].is_leaving) = (false, false);
        batch.events.push(self.connections(if idle { Why::Idle } else { Why::Closed }));
    }

    fn connections(&self, why: Why) -> Event {
        Event::Connections { open: self.open_lanes(), allowed: self.breadth.allowed(), why }
    }
}
