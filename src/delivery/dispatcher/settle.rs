//! What became of letters: verdicts become durable entries, and rows are tried again or not.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Dispatcher;
use super::hand::Flight;
use crate::delivery::breaker::Trip;
use crate::delivery::event::Event;
use crate::delivery::lane::{Answer, Ask, Done, Finished, Permit};
use crate::delivery::ledger::{Entry, Ledger, Outcome, Row};
use crate::delivery::transport::{OpenError, Reply, Stage};
use crate::delivery::verdict::{Brake, Failure, Fault, Verdict, brake, judge_open};

/// How often a row is tried in one run on fresh connections that break with nothing else carried.
const STRIKES: u32 = 3;

/// What a batch of answers comes to before it is durable.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    /// The questions, by lane.
    asked: Vec<(usize, Ask)>,
    events: Vec<Event>,
}

/// What came of a row that was handed out.
struct Attempt {
    verdict: Verdict,
    brake: Option<Brake>,
    /// Whether it counts against the row if nothing was sent.
    strike: u32,
    rest: Rest,
}

/// What a lane rests for when nothing was sent.
enum Rest {
    None,
    Connection,
    Login,
}

/// Whether the relay was asked about the recipient, so that limits count it.
fn is_attempt(verdict: &Verdict) -> bool {
    !matches!(verdict, Verdict::NotSent(_) | Verdict::Garbled(_) | Verdict::Halt(_))
}

impl<L: Ledger> Dispatcher<'_, L> {
    /// Makes a batch of answers durable with one commit, then grants, narrates and goes on.
    pub(super) async fn settle(&mut self, answers: impl Iterator<Item = Answer>) {
        let mut batch = Batch::default();
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
                Answer::NoWindow => self.lack_window(&mut batch),
                Answer::Lost { lane } => self.lose(lane, &mut batch),
            }
        }
        let entries = std::mem::take(&mut batch.entries);
        let intents: Vec<u64> = entries.iter().filter_map(intent).collect();
        let appended =
            if entries.is_empty() { Ok(Vec::new()) } else { self.ledger.append(entries).await };
        match appended {
            Ok(left) => {
                for row in &left {
                    self.attempting.remove(row);
                }
                for (_, ask) in &mut batch.asked {
                    ask.deny(|row| left.contains(&row));
                }
                batch.events.extend(self.withdraw(left));
            }
            Err(error) => {
                // Said once; outcomes that come in later are only kept.
                if !matches!(self.fault, Some(Fault::Ledger(_))) {
                    self.halt(Fault::Ledger(error.to_string()), &mut batch);
                }
                batch.asked.clear();
                // These are not on disk, so nothing is to be taken back there.
                for row in intents {
                    self.attempting.remove(&row);
                }
            }
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
        self.proven = true;
        if self.is_closed() {
            return;
        }
        let at = self.pace.clock.now();
        ask.deny(|row| self.withdrawn.contains(&row) || self.is_stopped(lane, row));
        for row in ask.rows.iter().copied() {
            self.attempting.insert(row);
            batch.entries.push(Entry::Attempting { row, at });
        }
        batch.asked.push((lane, ask));
    }

    /// Lets bodies leave, and gives the letters that may follow at once, as far as they are due.
    fn permit(&mut self, lane: usize, ask: Ask) {
        let mut next = Vec::new();
        while next.len() < ask.room && !self.is_closed() && self.left() > 0 {
            let Some(row) = self.due_row(Some(lane)) else { break };
            self.hold(lane, row.clone());
            next.push(row);
        }
        let ahead = if next.is_empty() { None } else { self.keep_ahead(lane) };
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

    fn account(&mut self, lane: usize, flight: Flight, finished: Finished, batch: &mut Batch) {
        let Flight { row, departure } = flight;
        let attempt = match finished {
            Finished::Judged { verdict, brake, carried } => {
                self.proven = true;
                self.hands[lane].logins = 0;
                let rest = if carried == 0 { Rest::Connection } else { Rest::None };
                // A connection that has carried letters and breaks says nothing about this row.
                Attempt { verdict, brake, strike: u32::from(carried == 0), rest }
            }
            Finished::Unopened(error) => self.unopened(lane, &error),
            Finished::Unrenderable(why) => {
                self.pace.take_back(departure);
                self.record(&row, Outcome::Failed(Failure::Local, None, why), batch);
                return self.free(lane);
            }
            Finished::Returned => {
                self.begun -= 1;
                self.pace.take_back(departure);
                self.give_back(row, false);
                return self.free(lane);
            }
        };
        if let Some(brake) = &attempt.brake
            && let Some(rate) = self.pace.brake(departure, brake)
        {
            batch.events.push(Event::Slowed { rate, why: brake.why.clone() });
        }
        if !is_attempt(&attempt.verdict) {
            self.begun -= 1;
            self.pace.take_back(departure);
        }
        self.release(lane, &attempt, batch);
        self.conclude(row, attempt, batch);
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
    fn free(&mut self, lane: usize) {
        if self.hands[lane].is_empty() {
            self.idle.push(lane);
        }
    }

    /// A connection that could not be opened: not the row's fault, so it costs it no strike.
    fn unopened(&mut self, lane: usize, error: &OpenError) -> Attempt {
        let mut rest = Rest::Connection;
        let mut halt = judge_open(error);
        let mut braked = None;
        if let OpenError::Refused { stage, reply } = error {
            braked = brake(*stage, reply);
            if *stage == Stage::Auth && reply.is_transient() && !reply.closes() {
                rest = Rest::Login;
                if self.hands[lane].logins >= self.orders.logins.len() {
                    halt = halt.or_else(|| Some(Fault::Identity(error.to_string())));
                }
            }
        }
        let verdict = halt.map_or_else(|| Verdict::NotSent(error.to_string()), Verdict::Halt);
        Attempt { verdict, brake: braked, strike: 0, rest }
    }

    /// Makes a lane free again, or lets it rest after a connection that carried nothing, or gives it up.
    fn release(&mut self, lane: usize, attempt: &Attempt, batch: &mut Batch) {
        let (Verdict::NotSent(why) | Verdict::Garbled(why)) = &attempt.verdict else {
            self.hands[lane].failures = 0;
            self.free(lane);
            return;
        };
        let (waits, failures) = match attempt.rest {
            _ if self.is_closed() => return self.free(lane),
            Rest::None => return self.free(lane),
            Rest::Connection => (&self.orders.reconnect, &mut self.hands[lane].failures),
            Rest::Login => (&self.orders.logins, &mut self.hands[lane].logins),
        };
        self.last_trouble.clone_from(why);
        if let Some(rest) = waits.get(*failures).copied() {
            self.resting.push((self.pace.clock.instant() + rest, lane));
            batch.events.push(Event::Trouble { why: why.clone(), rest });
        }
        *failures += 1;
    }

    /// Turns a verdict into an entry, and decides whether the row is tried again in this run.
    fn conclude(&mut self, row: Arc<Row>, attempt: Attempt, batch: &mut Batch) {
        match attempt.verdict {
            Verdict::Sent(reply) => {
                self.breakers.taken(row.domain());
                self.record(&row, Outcome::Sent(reply), batch);
            }
            Verdict::Unknown(why) => self.record(&row, Outcome::Unknown(why), batch),
            Verdict::Failed(class, stage, reply) => {
                let words = reply.to_string();
                self.beware(class, row.domain(), &words, batch);
                self.record(&row, Outcome::Failed(class, Some((stage, reply)), words), batch);
            }
            Verdict::Deferred(stage, reply) => {
                let pause = attempt.brake.and_then(|brake| brake.pause);
                let outcome = self.defer(&row, stage, reply, pause.unwrap_or_default());
                self.record(&row, outcome, batch);
            }
            Verdict::NotSent(why) => {
                self.not_sent(&row, why, batch);
                self.try_again(row, attempt.strike, false);
            }
            Verdict::Garbled(why) => {
                self.not_sent(&row, why.clone(), batch);
                if self.breakers.garbled() {
                    self.halt(Fault::Garbled(why), batch);
                }
                self.try_again(row, attempt.strike, true);
            }
            Verdict::Halt(fault) => {
                self.not_sent(&row, fault.to_string(), batch);
                self.halt(fault, batch);
            }
        }
    }

    /// Puts a row back that was not sent, unless it was tried often enough for this run.
    fn try_again(&mut self, row: Arc<Row>, strike: u32, garbled: bool) {
        let strikes = self.strikes.entry(row.number).or_default();
        *strikes += strike;
        if *strikes < STRIKES {
            self.give_back(row, garbled);
        }
    }

    /// Stops the run. A ledger that cannot be written outweighs what the relay says.
    fn halt(&mut self, fault: Fault, batch: &mut Batch) {
        batch.events.push(Event::Halted(fault.clone()));
        if self.fault.is_none() || matches!(fault, Fault::Ledger(_)) {
            self.fault = Some(fault);
        }
    }

    /// Counts refusals that are hardly the recipients' fault, and stops their domain or the run when they are too many.
    fn beware(&mut self, class: Failure, domain: &str, words: &str, batch: &mut Batch) {
        match self.breakers.refused(class, domain, words) {
            Some(Trip::Domain(domain)) => {
                let why = words.to_owned();
                batch.events.push(Event::DomainStopped { domain: domain.clone(), why });
                self.stop_domain(domain);
            }
            Some(Trip::Run(why)) if self.fault.is_none() => {
                self.halt(Fault::Refused(why), batch);
            }
            Some(Trip::Run(_)) | None => {}
        }
    }

    /// A lane has died: its letter is in doubt if it may have been leaving, and the run stops.
    fn lose(&mut self, lane: usize, batch: &mut Batch) {
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

    /// Defers a row by the backoff, and no less than the relay wants; or gives it up.
    fn defer(&mut self, row: &Row, stage: Stage, reply: Reply, pause: Duration) -> Outcome {
        let now = self.pace.clock.now();
        let since = row.first_attempt.map_or(Duration::ZERO, |first| {
            Duration::try_from(now.duration_since(first)).unwrap_or_default()
        });
        match self.orders.backoff.wait(row.attempts + 1, since, jitter(row.number)) {
            Some(wait) => {
                let wait = wait.max(pause);
                let next_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
                let due = self.pace.clock.instant() + wait;
                let part = &mut self.parts[self.pace.share_of(row.domain())];
                part.due = Some(part.due.map_or(due, |earlier| earlier.min(due)));
                Outcome::Deferred(next_at, stage, reply)
            }
            None => {
                let (class, words) = (Failure::of_expired(&reply), reply.to_string());
                Outcome::Failed(class, Some((stage, reply)), words)
            }
        }
    }

    fn record(&mut self, row: &Row, outcome: Outcome, batch: &mut Batch) {
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
    fn not_sent(&mut self, row: &Row, why: String, batch: &mut Batch) {
        if self.attempting.remove(&row.number) {
            batch.entries.push(Entry::Settled {
                row: row.number,
                at: self.pace.clock.now(),
                outcome: Outcome::NotSent(why),
            });
        }
    }

    /// The second stop: what is past its intent is in doubt, and is written down as such.
    pub(super) async fn leave(&mut self) {
        let at = self.pace.clock.now();
        let unknown = |row| Entry::Settled {
            row,
            at,
            outcome: Outcome::Unknown("left before the relay answered".into()),
        };
        let entries: Vec<Entry> = self.attempting.drain().map(unknown).collect();
        if !entries.is_empty()
            && let Err(error) = self.ledger.append(entries).await
            && !matches!(self.fault, Some(Fault::Ledger(_)))
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
