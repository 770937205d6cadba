//! What became of letters, made durable: entries, permits and events of a batch of answers.

use tokio::time::Instant;

use super::Dispatcher;
use super::hand::Flight;
use crate::delivery::event::Event;
use crate::delivery::lane::{Answer, Ask, Done, Permit};
use crate::delivery::ledger::{Entry, Ledger, LedgerError, Outcome, Row};
use crate::delivery::verdict::Fault;

/// What a batch of answers comes to before it is durable.
#[derive(Default)]
pub(super) struct Batch {
    entries: Vec<Entry>,
    /// The rows of the intents among the entries, once those are being written.
    intents: Vec<u64>,
    /// The questions, by lane.
    asked: Vec<(usize, Ask)>,
    pub(super) events: Vec<Event>,
    /// When rows fall due that are deferred, by share.
    pub(super) due: Vec<(usize, Instant)>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.asked.is_empty() && self.events.is_empty()
    }
}

impl<L: Ledger> Dispatcher<'_, L> {
    /// Draws the consequences of answers, as far as nothing needs to be on disk for them.
    pub(super) fn take_in(&mut self, answers: impl Iterator<Item = Answer>) {
        let mut batch = std::mem::take(&mut self.batch);
        for answer in answers {
            match answer {
                Answer::News { lane, done, ask } => {
                    for done in done {
                        self.finish(lane, done, &mut batch);
                    }
                    if let Some(ask) = ask {
                        self.intend(lane, ask, &mut batch);
                    }
                }
                Answer::Opened { lane } => self.opened(lane, &mut batch),
                Answer::Closed { lane, idle } => self.closed(lane, idle, &mut batch),
                Answer::NoWindow => self.lack_window(&mut batch),
                Answer::Lost { lane } => self.lose(lane, &mut batch),
            }
        }
        self.batch = batch;
    }

    /// Has what has come in written down with one commit. None may be under way.
    pub(super) async fn write_down(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        let entries = std::mem::take(&mut batch.entries);
        if entries.is_empty() {
            return self.written((batch, Ok(Vec::new()))).await;
        }
        batch.intents = entries.iter().filter_map(intent).collect();
        let ledger = self.ledger;
        self.writing = Some((batch, Box::pin(ledger.append(entries))));
    }

    /// A batch is durable, or cannot be made so: grants, narrates and goes on.
    pub(super) async fn written(
        &mut self,
        (mut batch, appended): (Batch, Result<Vec<u64>, LedgerError>),
    ) {
        match appended {
            Ok(left) => {
                batch.events.extend(self.withdraw(left));
                for (_, ask) in &mut batch.asked {
                    ask.deny(|row| self.withdrawn.contains(&row));
                }
                for row in batch.intents.iter().filter(|row| self.withdrawn.contains(row)) {
                    self.attempting.remove(row);
                }
            }
            Err(error) => {
                // Said once; outcomes that come in later are only kept.
                if !matches!(self.fault, Some(Fault::Ledger(_))) {
                    self.halt(Fault::Ledger(error.to_string()), &mut batch);
                }
                batch.asked.clear();
                // These are not on disk, so nothing is to be taken back there.
                for row in batch.intents {
                    self.attempting.remove(&row);
                }
            }
        }
        for (share, due) in batch.due {
            self.parts[share].falls_due(due);
        }
        for (lane, ask) in batch.asked {
            self.permit(lane, ask);
        }
        for event in batch.events {
            self.tell(event).await;
        }
    }

    /// Whether the domain of a row in hand was stopped meanwhile.
    fn is_stopped(&self, lane: usize, row: u64) -> bool {
        let row = self.hands[lane].holds(row);
        row.is_some_and(|row| self.stopped.contains(row.domain()))
    }

    /// A body that may not leave is denied by leaving it out of the answer: the run ends, the reader has left, nothing
    /// more goes to that domain.
    fn intend(&mut self, lane: usize, mut ask: Ask, batch: &mut Batch) {
        if self.is_closed() {
            return;
        }
        let at = self.pace.clock.now();
        ask.deny(|row| self.withdrawn.contains(&row) || self.is_stopped(lane, row));
        for row in ask.rows.iter().copied() {
            self.attempting.insert(row);
            batch.entries.push(Entry::Attempting { row, at });
        }
        // It gets its next letters with the answer, not from the queue of the idle.
        self.idle.retain(|idle| *idle != lane);
        batch.asked.push((lane, ask));
    }

    /// Lets bodies leave, and gives the letters that may follow at once, as far as they are due.
    fn permit(&mut self, lane: usize, ask: Ask) {
        let mut next = Vec::new();
        let is_surplus = self.engaged() > self.breadth.allowed();
        while next.len() < ask.room && !is_surplus && !self.is_closed() && self.left() > 0 {
            let Some(row) = self.due_row(Some(lane)) else { break };
            self.hold(lane, row.clone());
            next.push(row);
        }
        let ahead = if next.is_empty() { None } else { self.keep_ahead(lane) };
        self.free(lane);
        // A lane that has died says so itself.
        let _ = ask.permit.send(Permit { rows: ask.rows, next, ahead });
    }

    /// Said once: letters go one by one.
    fn lack_window(&mut self, batch: &mut Batch) {
        if !self.lacks_window {
            self.lacks_window = true;
            batch.events.push(Event::NoWindow);
        }
    }

    fn finish(&mut self, lane: usize, done: Done, batch: &mut Batch) {
        let Some(flight) = self.hands[lane].give(done.row) else { return };
        self.in_flight -= 1;
        if self.withdrawn.remove(&done.row) {
            self.left_alone(lane, &flight, batch);
        } else {
            self.account(lane, flight, done.finished, batch);
        }
        if self.hands[lane].is_empty() {
            self.reclaim(Some(lane));
        }
    }

    /// The reader has left before the letter did: the ledger says so already.
    fn left_alone(&mut self, lane: usize, flight: &Flight, batch: &mut Batch) {
        self.begun -= 1;
        self.pace.take_back(flight.departure);
        self.free(lane);
        let (email, again) = (flight.row.reader.email.to_string(), flight.row.attempts > 0);
        batch.events.push(Event::Withdrawn { email, again });
    }

    /// A lane with nothing in hand can take a row.
    pub(super) fn free(&mut self, lane: usize) {
        if self.hands[lane].is_empty() {
            self.idle.push(lane);
        }
    }

    /// Stops the run. A ledger that cannot be written outweighs what the relay says.
    pub(super) fn halt(&mut self, fault: Fault, batch: &mut Batch) {
        batch.events.push(Event::Halted(fault.clone()));
        if self.fault.is_none() || matches!(fault, Fault::Ledger(_)) {
            self.fault = Some(fault);
        }
    }

    /// A lane has died: its letter is in doubt if it may have been leaving, and the run stops.
    pub(super) fn lose(&mut self, lane: usize, batch: &mut Batch) {
        let why = "a connection's task has ended by a mistake in this program";
        for flight in self.hands[lane].give_all() {
            self.in_flight -= 1;
            let row = flight.row.number;
            if self.attempting.remove(&row) {
                let outcome = Outcome::Unknown(why.into());
                batch.entries.push(Entry::Settled { row, at: self.pace.clock.now(), outcome });
            }
        }
        self.halt(Fault::Unreachable(why.into()), batch);
    }

    pub(super) fn record(&mut self, row: &Row, outcome: Outcome, batch: &mut Batch) {
        self.attempting.remove(&row.number);
        self.strikes.remove(&row.number);
        self.settled_last = Some(self.pace.clock.instant());
        batch.entries.push(Entry::Settled {
            row: row.number,
            at: self.pace.clock.now(),
            outcome: outcome.clone(),
        });
        let (email, again) = (row.reader.email.to_string(), row.attempts > 0);
        batch.events.push(Event::Settled { email, again, outcome });
    }

    /// A row that was proved not sent is pending again; only an intent on disk needs an entry for that.
    pub(super) fn not_sent(&mut self, row: &Row, why: String, batch: &mut Batch) {
        if self.attempting.remove(&row.number) {
            batch.entries.push(Entry::Settled {
                row: row.number,
                at: self.pace.clock.now(),
                outcome: Outcome::NotSent(why),
            });
        }
    }

    /// The second stop: what is past its intent is in doubt, and is written down as such. Whoever has asked is denied.
    pub(super) async fn leave(&mut self) {
        let at = self.pace.clock.now();
        let mut denied = Vec::new();
        if let Some((mut batch, appending)) = self.writing.take() {
            let appended = appending.await;
            denied.extend(batch.asked.drain(..).flat_map(|(_, ask)| ask.rows));
            self.written((batch, appended)).await;
        }
        denied.retain(|row| self.attempting.remove(row));
        let outcome = Outcome::NotSent("left before it could leave".into());
        let denied =
            denied.into_iter().map(|row| Entry::Settled { row, at, outcome: outcome.clone() });
        let unknown = |row| Entry::Settled {
            row,
            at,
            outcome: Outcome::Unknown("left before the relay answered".into()),
        };
        let mut batch = std::mem::take(&mut self.batch);
        batch.asked.clear();
        // What was to leave with this batch has not.
        for row in batch.entries.extract_if(.., |entry| intent(entry).is_some()) {
            self.attempting.remove(&row.row());
        }
        batch.entries.extend(denied.chain(self.attempting.drain().map(unknown)));
        self.batch = batch;
        self.write_down().await;
        if let Some((batch, appending)) = self.writing.take() {
            let appended = appending.await;
            self.written((batch, appended)).await;
        }
    }
}

/// The row whose letter is about to leave, if the entry says that.
fn intent(entry: &Entry) -> Option<u64> {
    match entry {
        Entry::Attempting { row, .. } => Some(*row),
        Entry::Settled { .. } => None,
    }
}
