//! What a verdict means for its row, its lane and the run: an outcome, another try, a rest, a stop.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Dispatcher;
use super::hand::Flight;
use super::settle::Batch;
use crate::delivery::breaker::Trip;
use crate::delivery::event::Event;
use crate::delivery::lane::Finished;
use crate::delivery::ledger::{Ledger, Outcome, Row};
use crate::delivery::transport::{OpenError, Reply, Stage};
use crate::delivery::verdict::{Brake, Failure, Fault, Verdict, brake, judge_open};

/// How often a row is tried in one run on fresh connections that break with nothing else carried.
const STRIKES: u32 = 3;

/// What came of a row that was handed out.
struct Attempt {
    verdict: Verdict,
    brake: Option<Brake>,
    /// Whether it counts against the row if nothing was sent.
    strike: u32,
    rest: Rest,
    /// Whether there was no connection to send it on.
    is_unopened: bool,
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
    /// Draws the consequences of an attempt.
    pub(super) fn account(
        &mut self,
        lane: usize,
        flight: Flight,
        finished: Finished,
        batch: &mut Batch,
    ) {
        let Flight { row, departure } = flight;
        let attempt = match finished {
            Finished::Judged { verdict, brake, carried } => {
                self.hands[lane].logins = 0;
                let rest = if carried == 0 { Rest::Connection } else { Rest::None };
                // A connection that has carried letters and breaks says nothing about this row.
                Attempt {
                    verdict,
                    brake,
                    strike: u32::from(carried == 0),
                    rest,
                    is_unopened: false,
                }
            }
            Finished::Unopened(error) => self.unopened(lane, &error, batch),
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
        if let Some(brake) = &attempt.brake {
            self.narrow(departure, &brake.why, batch);
        }
        if !is_attempt(&attempt.verdict) {
            self.begun -= 1;
            self.pace.take_back(departure);
        }
        if matches!(attempt.verdict, Verdict::Sent(_) | Verdict::Failed(..) | Verdict::Deferred(..))
        {
            self.breadth.answered(self.open_lanes(), self.pace.clock.instant());
        }
        self.release(lane, &attempt, batch);
        self.conclude(row, attempt, batch);
    }

    /// A connection that could not be opened: not the row's fault, so it costs it no strike.
    fn unopened(&mut self, lane: usize, error: &OpenError, batch: &mut Batch) -> Attempt {
        let mut rest = Rest::Connection;
        let mut halt = judge_open(error);
        let mut braked = None;
        if halt.is_none() && self.turned_away(&error.to_string(), batch) {
            // The others go on, and this lane is not missed.
            rest = Rest::None;
        } else if let OpenError::Refused { stage, reply } = error {
            braked = brake(*stage, reply);
            if *stage == Stage::Auth && reply.is_transient() && !reply.closes() {
                rest = Rest::Login;
                if self.hands[lane].logins >= self.orders.logins.len() {
                    halt = halt.or_else(|| Some(Fault::Identity(error.to_string())));
                }
            }
        }
        let verdict = halt.map_or_else(|| Verdict::NotSent(error.to_string()), Verdict::Halt);
        Attempt { verdict, brake: braked, strike: 0, rest, is_unopened: true }
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
        } else {
            self.is_shut_out = attempt.is_unopened;
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
                let outcome = self.defer(&row, stage, reply, pause.unwrap_or_default(), batch);
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

    /// Defers a row by the backoff, and no less than the relay wants; or gives it up.
    fn defer(
        &mut self,
        row: &Row,
        stage: Stage,
        reply: Reply,
        pause: Duration,
        batch: &mut Batch,
    ) -> Outcome {
        let now = self.pace.clock.now();
        let since = row.first_attempt.map_or(Duration::ZERO, |first| {
            Duration::try_from(now.duration_since(first)).unwrap_or_default()
        });
        match self.orders.backoff.wait(row.attempts + 1, since, jitter(row.number)) {
            Some(wait) => {
                let wait = wait.max(pause);
                let next_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
                batch
                    .due
                    .push((self.pace.share_of(row.domain()), self.pace.clock.instant() + wait));
                Outcome::Deferred(next_at, stage, reply)
            }
            None => {
                let (class, words) = (Failure::of_expired(&reply), reply.to_string());
                Outcome::Failed(class, Some((stage, reply)), words)
            }
        }
    }
}

/// A number between 0 and 1 that differs from row to row and is the same every time.
#[expect(clippy::cast_precision_loss, reason = "any spread will do")]
fn jitter(row: u64) -> f64 {
    (row as f64 * 0.618_033_988_749_895).fract()
}
