//! The end of a send: a summary that adds up, and its JSON twin.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::words::{count, duration, grouped};
use crate::delivery::ledger::{State, Tally};

/// How many letters can be in doubt at once: those that are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Connections at the most.
    pub connections: usize,
    /// Letters under way on each.
    pub window: usize,
}

impl Bound {
    /// What a crash leaves in doubt at the most.
    pub fn letters(self) -> u64 {
        (self.connections * self.window) as u64
    }

    /// The same in words, where it is more than one letter on a connection.
    pub fn words(self) -> Option<String> {
        let Self { connections, window } = self;
        let (letters, connections) =
            (count(self.letters(), "letter"), count(connections as u64, "connection"));
        (window > 1).then(|| {
            format!(
                "a crash leaves {letters} in doubt at the most ({connections} × window {window})"
            )
        })
    }
}

/// What a send came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The issue's id.
    pub issue: String,
    /// The states, recounted from the ledger.
    pub tally: Tally,
    /// From the first connection to the last outcome of this run.
    pub wall: Duration,
    /// What was in doubt at the most while it ran.
    pub bound: Bound,
}

/// The last JSON object of a send.
pub fn finished(summary: &Summary) -> Value {
    let of = |state| summary.tally.of(state);
    json!({
        "event": "finished",
        "issue": summary.issue,
        "planned": summary.tally.total(),
        "sent": of(State::Sent),
        "deferred": of(State::Deferred),
        "failed": of(State::Failed),
        "skipped": of(State::Skipped),
        "unknown": of(State::Unknown) + of(State::Attempting),
        "pending": of(State::Pending),
        "wall": summary.wall.as_secs_f64(),
        "doubt": summary.bound.letters(),
    })
}

impl Summary {
    /// Lines for people; the states sum up to the first number.
    pub fn text(&self) -> String {
        let tally = &self.tally;
        let mut text = format!("{}: {} planned", self.issue, count(tally.total(), "recipient"));
        for (state, word) in State::ALL {
            if tally.of(state) > 0 {
                let _ = write!(text, "\n  {:>9}  {word}", grouped(tally.of(state)));
            }
        }
        if let (Some(words), true) = (self.bound.words(), tally.of(State::Unknown) > 0) {
            let _ = write!(text, "\n  {words}");
        }
        if !self.wall.is_zero() {
            let _ = write!(text, "\n  in {}", duration(self.wall));
        }
        text
    }
}
