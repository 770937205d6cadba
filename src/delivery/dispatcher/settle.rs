//! What became of letters: verdicts become durable entries, and rows are tried again or not.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::Dispatcher;
use crate::delivery::event::Event;
use crate::delivery::lane::{Answer, Finished};
use crate::delivery::ledger::{Entry, Ledger, Outcome, Row};
use crate::delivery::transport::{Reply, Stage};
use crate::delivery::verdict::{Failure, Fault, Verdict, judge_open};

/// How often a row is tried in one run on fresh connections that break with nothing else carried.
const STRIKES: u32 = 3;

/// What a batch of answers comes to before it is durable.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    permits: Vec<oneshot::Sender<()>>,
    events: Vec<Event>,
}

impl<L: Ledger> Dispatcher<'_, L> {
    /// Makes a batch of answers durable with one commit, then grants, narrates and goes on.
    pub(super) async fn settle(&mut self, answers: impl Iterator<Item = Answer>) {
        let mut batch = Batch::default();
        for answer in answers {
            match answer {
                Answer::Intent { row, permit } => self.intend(row, permit, &mut batch),
                Answer::Done { lane, row, finished } => {
                    self.finish(lane, *row, finished, &mut batch);
                }
                Answer::Lost { row } => self.lose(row, &mut batch),
            }
        }
        let entries = std::mem::take(&mut batch.entries);
        let intents: Vec<u64> = entries.iter().filter_map(intent).collect();
        if !entries.is_empty()
            && let Err(error) = self.ledger.append(entries).await
        {
            self.halt(Fault::Ledger(error.to_string()), &mut batch);
            batch.permits.clear();
            // These are not on disk, so nothing is to be taken back there.
            for row in intents {
                self.attempting.remove(&row);
            }
        }
        for permit in batch.permits {
            let _ = permit.send(());
        }
        for event in batch.events {
            self.tell(event).await;
        }
    }

    fn intend(&mut self, row: u64, permit: oneshot::Sender<()>, batch: &mut Batch) {
        self.proven = true;
        if self.is_closed() {
            return;
        }
        let at = self.clock.now();
        self.attempting.insert(row);
        batch.entries.push(Entry::Attempting { row, at });
        batch.permits.push(permit);
    }

    fn finish(&mut self, lane: usize, row: Row, finished: Finished, batch: &mut Batch) {
        self.in_flight -= 1;
        let (verdict, strike, rest) = match finished {
            Finished::Judged { verdict, carried } => {
                self.proven = true;
                // A connection that has carried letters and breaks says nothing about this row.
                (verdict, u32::from(carried == 0), carried == 0)
            }
            // Not the row's fault: it costs it no strike.
            Finished::Unopened(error) => (
                judge_open(&error)
                    .map_or_else(|| Verdict::NotSent(error.to_string()), Verdict::Halt),
                0,
                true,
            ),
            Finished::Unrenderable(why) => {
                self.record(&row, Outcome::Failed(Failure::Local, None, why), batch);
                self.idle.push(lane);
                return;
            }
        };
        self.release(lane, rest, &verdict, batch);
        self.conclude(row, verdict, strike, batch);
    }

    /// Makes a lane free again, or lets it rest after a connection that carried nothing, or gives it up.
    fn release(&mut self, lane: usize, rest: bool, verdict: &Verdict, batch: &mut Batch) {
        let Verdict::NotSent(why) = verdict else {
            self.failures[lane] = 0;
            self.idle.push(lane);
            return;
        };
        if !rest || self.is_closed() {
            self.idle.push(lane);
            return;
        }
        self.last_trouble.clone_from(why);
        if let Some(rest) = self.orders.reconnect.get(self.failures[lane]).copied() {
            self.resting.push((self.clock.instant() + rest, lane));
            batch.events.push(Event::Trouble { why: why.clone(), rest });
        }
        self.failures[lane] += 1;
    }

    /// Turns a verdict into an entry, and decides whether the row is tried again in this run.
    fn conclude(&mut self, row: Row, verdict: Verdict, strike: u32, batch: &mut Batch) {
        match verdict {
            Verdict::Sent(reply) => {
                self.refusals = (None, 0);
                self.record(&row, Outcome::Sent(reply), batch);
            }
            Verdict::Unknown(why) => self.record(&row, Outcome::Unknown(why), batch),
            Verdict::Failed(class, stage, reply) => {
                let words = reply.to_string();
                self.beware(class, &words, batch);
                self.record(&row, Outcome::Failed(class, Some((stage, reply)), words), batch);
            }
            Verdict::Deferred(stage, reply) => {
                let outcome = self.defer(&row, stage, reply);
                self.record(&row, outcome, batch);
            }
            Verdict::NotSent(why) => {
                self.not_sent(&row, why, batch);
                let strikes = self.strikes.entry(row.number).or_default();
                *strikes += strike;
                if *strikes < STRIKES {
                    self.queue.push_front(row);
                }
            }
            Verdict::Halt(fault) => {
                self.not_sent(&row, fault.to_string(), batch);
                self.halt(fault, batch);
            }
        }
    }

    /// Stops the run. A ledger that cannot be written outweighs what the relay says.
    fn halt(&mut self, fault: Fault, batch: &mut Batch) {
        batch.events.push(Event::Halted(fault.clone()));
        if self.fault.is_none() || matches!(fault, Fault::Ledger(_)) {
            self.fault = Some(fault);
        }
    }

    /// Counts refusals in a row that are hardly the recipients' fault, and stops the run when they are too many.
    fn beware(&mut self, class: Failure, words: &str, batch: &mut Batch) {
        let Some(limit) = class.breaks_after() else { return };
        let so_far = if self.refusals.0 == Some(class) { self.refusals.1 } else { 0 };
        self.refusals = (Some(class), so_far + 1);
        if so_far + 1 >= limit && self.fault.is_none() {
            let why = format!("{limit} letters in a row were refused, the last with `{words}`");
            self.halt(Fault::Refused(why), batch);
        }
    }

    /// A lane has died: its letter is in doubt if it may have been leaving, and the run stops.
    fn lose(&mut self, row: u64, batch: &mut Batch) {
        self.in_flight -= 1;
        let why = "a connection's task has ended by a mistake in this program";
        if self.attempting.remove(&row) {
            let outcome = Outcome::Unknown(why.into());
            batch.entries.push(Entry::Settled { row, at: self.clock.now(), outcome });
        }
        self.halt(Fault::Unreachable(why.into()), batch);
    }

    fn defer(&mut self, row: &Row, stage: Stage, reply: Reply) -> Outcome {
        let now = self.clock.now();
        let since = row.first_attempt.map_or(Duration::ZERO, |first| {
            Duration::try_from(now.duration_since(first)).unwrap_or_default()
        });
        match self.orders.backoff.wait(row.attempts + 1, since, jitter(row.number)) {
            Some(wait) => {
                let next_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
                let due = self.clock.instant() + wait;
                self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
                Outcome::Deferred(next_at, stage, reply)
            }
            None => {
                let words = reply.to_string();
                Outcome::Failed(Failure::Expired, Some((stage, reply)), words)
            }
        }
    }

    fn record(&mut self, row: &Row, outcome: Outcome, batch: &mut Batch) {
        self.attempting.remove(&row.number);
        self.strikes.remove(&row.number);
        self.settled_last = Some(self.clock.instant());
        batch.entries.push(Entry::Settled {
            row: row.number,
            at: self.clock.now(),
            outcome: outcome.clone(),
        });
        let (email, again) = (row.reader.email.to_string(), row.attempts > 0);
        batch.events.push(Event::Settled { email, again, outcome });
    }

    /// A row that was proved not sent is pending again; only an intent on disk needs an entry for that.
    fn not_sent(&mut self, row: &Row, why: String, batch: &mut Batch) {
        if self.attempting.remove(&row.number) {
            batch.entries.push(Entry::Settled {
                row: row.number,
                at: self.clock.now(),
                outcome: Outcome::NotSent(why),
            });
        }
    }

    /// The second stop: what is past its intent is in doubt, and is written down as such.
    pub(super) async fn leave(&mut self) {
        let at = self.clock.now();
        let unknown = |row| Entry::Settled {
            row,
            at,
            outcome: Outcome::Unknown("left before the relay answered".into()),
        };
        let entries: Vec<Entry> = self.attempting.drain().map(unknown).collect();
        if !entries.is_empty()
            && let Err(error) = self.ledger.append(entries).await
        {
            let fault = Fault::Ledger(error.to_string());
            self.tell(Event::Halted(fault.clone())).await;
            self.fault = Some(fault);
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

/// A number between 0 and 1 that differs from row to row and is the same every time.
#[expect(clippy::cast_precision_loss, reason = "any spread will do")]
fn jitter(row: u64) -> f64 {
    (row as f64 * 0.618_033_988_749_895).fract()
}
