//! The end of a send: a summary that adds up, and its JSON twin.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::words::{count, duration, grouped};
use crate::delivery::ledger::{State, Tally};

/// What a send came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The issue's id.
    pub issue: String,
    /// The states, recounted from the ledger.
    pub tally: Tally,
    /// From the first connection to the last outcome of this run.
    pub wall: Duration,
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
        if !self.wall.is_zero() {
            let _ = write!(text, "\n  in {}", duration(self.wall));
        }
        text
    }
}
