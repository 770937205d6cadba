//! What a lane and the dispatcher tell each other.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::delivery::ledger::Row;
use crate::delivery::transport::OpenError;
use crate::delivery::verdict::{Brake, Verdict};

/// Answers of one lane that can wait for the dispatcher at once: what became of two letters, a question, a connection
/// that was opened and one that has ended, a death.
pub(in crate::delivery) const UNREAD: usize = 6;

/// What one lane can have to do at once: hang up, and then carry a letter.
pub(in crate::delivery) const JOBS: usize = 2;

/// What a lane is to do.
pub(in crate::delivery) enum Job {
    /// Carry this row's letter.
    Carry(Arc<Row>),
    /// Close the connection, if there is one.
    HangUp,
}

/// What a lane tells the dispatcher.
pub(in crate::delivery) enum Answer {
    /// What became of letters, a question about the next, or both.
    News {
        /// Which lane.
        lane: usize,
        /// The letters that are done.
        done: Vec<Done>,
        /// The letters that could leave.
        ask: Option<Ask>,
    },
    /// A connection was opened.
    Opened {
        /// Which lane's.
        lane: usize,
    },
    /// The connection has ended.
    Closed {
        /// Which lane's.
        lane: usize,
        /// Whether it has stood without a letter for as long as it may.
        idle: bool,
    },
    /// The relay cannot have several letters under way, though that is asked for.
    NoWindow,
    /// A lane has died of a panic with rows in hand.
    Lost {
        /// Which lane.
        lane: usize,
    },
}

/// What became of a letter.
pub(in crate::delivery) struct Done {
    /// The row's number.
    pub(in crate::delivery) row: u64,
    /// How its attempt ended.
    pub(in crate::delivery) finished: Finished,
}

/// Nothing but the bodies of these rows is missing: may they leave?
pub(in crate::delivery) struct Ask {
    /// Their numbers.
    pub(in crate::delivery) rows: Vec<u64>,
    /// Granted by sending, denied by dropping.
    pub(in crate::delivery) permit: oneshot::Sender<Permit>,
    /// How many more letters can follow at once.
    pub(in crate::delivery) room: usize,
}

/// The intents are durable: bodies may leave.
pub(in crate::delivery) struct Permit {
    /// Whose.
    pub(in crate::delivery) rows: Vec<u64>,
    /// The letters whose turn it is next, as far as they are due already.
    pub(in crate::delivery) next: Vec<Arc<Row>>,
    /// A letter to make ready meanwhile; it may never be asked for.
    pub(in crate::delivery) ahead: Option<Arc<Row>>,
}

/// How an attempt ended for the lane.
pub(in crate::delivery) enum Finished {
    /// The relay was spoken to; `carried` letters had gone through on this connection before.
    Judged { verdict: Verdict, brake: Option<Brake>, carried: u64 },
    /// Nothing was made of it: the connection ended with the letter before, or it was not let go.
    Returned,
    /// There was no connection to speak on.
    Unopened(OpenError),
    /// The letter could not be made.
    Unrenderable(String),
}

impl Ask {
    /// Takes out what may not leave. Nothing follows on a letter that was denied.
    pub(in crate::delivery) fn deny(&mut self, is_denied: impl Fn(u64) -> bool) {
        let before = self.rows.len();
        self.rows.retain(|row| !is_denied(*row));
        if self.rows.is_empty() && before > 0 {
            self.room = 0;
        }
    }
}
