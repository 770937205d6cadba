//! The seam to the ledger: what is remembered of every recipient, and when it is durable.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use super::transport::{Reply, Stage};
use super::verdict::Failure;
use crate::audience::Subscriber;

/// The rows of one issue that is being sent.
///
/// Claims and intents are two steps: a claim only takes rows into memory, they stay pending; the intent
/// ([`Entry::Attempting`]) is what must be durable before a letter's body leaves.
///
/// A handle: rows can be claimed while entries are being written. Entries are in the order of their `append` only if each
/// is awaited before the next.
pub trait Ledger: Sync {
    /// Up to `limit` rows of a share that may be attempted at `now`, in list order, each at most once until it is
    /// settled. A run asks for the same shares throughout, and they do not overlap.
    fn claim(
        &self,
        now: Timestamp,
        limit: usize,
        share: &Share,
    ) -> impl Future<Output = Result<Vec<Row>, LedgerError>> + Send;

    /// Rows that were claimed and are not attempted any more in this run: they stay as they are.
    fn set_aside(&self, rows: Vec<Row>) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Writes entries in order; all of them are durable when it returns.
    ///
    /// Gives the rows whose readers have left since the last time, of all rows of the issue: they are skipped, and
    /// entries about them are not written, an intent least of all.
    ///
    /// Once it has failed, none of the letters named may leave and nothing is appended any more: every later call fails
    /// as well. Outcomes among the entries, then and later, are kept outside as well as that can be done.
    fn append(
        &self,
        entries: Vec<Entry>,
    ) -> impl Future<Output = Result<Vec<u64>, LedgerError>> + Send;

    /// When the earliest deferred row of a share that is not claimed falls due.
    fn next_due(
        &self,
        share: &Share,
    ) -> impl Future<Output = Result<Option<Timestamp>, LedgerError>> + Send;

    /// The letters of all issues that have left since a moment, or may have: of a share, counted by grains of time.
    fn departures(
        &self,
        since: Timestamp,
        grain: Duration,
        share: &Share,
    ) -> impl Future<Output = Result<Vec<(Timestamp, u64)>, LedgerError>> + Send;

    /// When the last letter of any issue has left, or may have.
    fn last_departure(&self)
    -> impl Future<Output = Result<Option<Timestamp>, LedgerError>> + Send;

    /// The states, recounted from the rows.
    fn tally(&self) -> impl Future<Output = Result<Tally, LedgerError>> + Send;
}

/// A part of the recipients, by the domain of their addresses in ASCII and lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// All but those at these domains.
    AllBut(Vec<String>),
    /// Those at this domain.
    At(String),
}

/// The ledger could not be read or written; nothing may leave any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LedgerError(pub String);

/// One recipient of the issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The place in the plan, from 1.
    pub number: u64,
    /// The reader as frozen in the plan.
    pub reader: Subscriber,
    /// Attempts that were answered so far, in all runs.
    pub attempts: u32,
    /// When the first of them was made.
    pub first_attempt: Option<Timestamp>,
}

/// Something to be remembered of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Its letter is about to leave.
    Attempting {
        /// The row's number.
        row: u64,
        /// When.
        at: Timestamp,
    },
    /// What became of it.
    Settled {
        /// The row's number.
        row: u64,
        /// When.
        at: Timestamp,
        /// The outcome.
        outcome: Outcome,
    },
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took it; its words hold the queue id.
    Sent(Reply),
    /// To be tried again at this time.
    Deferred(Timestamp, Stage, Reply),
    /// Refused for good; without a reply when it failed here.
    Failed(Failure, Option<(Stage, Reply)>, String),
    /// Proved not sent: pending as before.
    NotSent(String),
    /// The final dot may have left and no definite reply came.
    Unknown(String),
}

/// The state of a recipient (DESIGN: the guarantee G1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Not attempted yet, or proved not sent.
    Pending,
    /// Refused for now.
    Deferred,
    /// Its letter may be leaving at this moment.
    Attempting,
    /// Taken by the relay.
    Sent,
    /// Refused for good.
    Failed,
    /// Not to be mailed, with a reason.
    Skipped,
    /// May or may not have been taken.
    Unknown,
}

/// How many recipients are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    counts: [u64; 7],
}

impl Row {
    /// The domain of the reader's address.
    pub fn domain(&self) -> &str {
        self.reader.email.domain()
    }
}

impl Share {
    /// All recipients.
    pub const ALL: Self = Self::AllBut(Vec::new());
}

impl State {
    /// Every state, with its word in the ledger and in `--json`.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Pending, "pending"),
        (Self::Deferred, "deferred"),
        (Self::Attempting, "attempting"),
        (Self::Sent, "sent"),
        (Self::Failed, "failed"),
        (Self::Skipped, "skipped"),
        (Self::Unknown, "unknown"),
    ];

    /// The word in the ledger and in `--json`.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.1 == word).map(|row| row.0)
    }
}

impl Entry {
    /// The row's number.
    pub fn row(&self) -> u64 {
        match self {
            Self::Attempting { row, .. } | Self::Settled { row, .. } => *row,
        }
    }

    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Attempting { at, .. } | Self::Settled { at, .. } => *at,
        }
    }
}

impl Outcome {
    /// The state it leads to.
    pub fn state(&self) -> State {
        match self {
            Self::Sent(_) => State::Sent,
            Self::Deferred(..) => State::Deferred,
            Self::Failed(..) => State::Failed,
            Self::NotSent(_) => State::Pending,
            Self::Unknown(_) => State::Unknown,
        }
    }
}

impl Tally {
    /// How many are in a state.
    pub fn of(&self, state: State) -> u64 {
        self.counts[state as usize]
    }

    /// Sets the count of a state.
    pub fn set(&mut self, state: State, count: u64) {
        self.counts[state as usize] = count;
    }

    /// Moves one recipient from a state to another.
    pub fn shift(&mut self, from: State, to: State) {
        self.counts[from as usize] = self.counts[from as usize].saturating_sub(1);
        self.counts[to as usize] += 1;
    }

    /// All recipients.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Those that the same command would still send to.
    pub fn remaining(&self) -> u64 {
        self.of(State::Pending) + self.of(State::Deferred)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_states_agree() {
        for (state, word) in State::ALL {
            assert_eq!(state.as_str(), word);
            assert_eq!(State::parse(word), Some(state));
        }
    }
}
