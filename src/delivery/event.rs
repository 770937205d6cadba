//! Narration of a run. Losing every event changes nothing but the screen; the ledger is the memory.

use std::time::Duration;

use jiff::Timestamp;

use super::ledger::{Outcome, Tally};
use super::verdict::Fault;
use crate::rate::{Limit, Rate};

/// Why the number of connections changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Letters wait, and more connections help: others may be opened.
    Waiting,
    /// The last ones that were opened made nothing faster: they are closed again.
    NoGain,
    /// The relay asks for fewer, in these words.
    Relay(String),
    /// One was opened.
    Opened,
    /// One has ended: it has carried its share, or the relay has hung up.
    Closed,
    /// One has stood without a letter for as long as it may.
    Idle,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Delivery begins with these counts.
    Started {
        /// The issue's id.
        issue: String,
        /// The states at the start.
        tally: Tally,
    },
    /// A recipient's attempt has an outcome, and it is durable.
    Settled {
        /// The recipient's address.
        email: String,
        /// Whether an earlier attempt was answered: then it was deferred before.
        again: bool,
        /// What became of it.
        outcome: Outcome,
    },
    /// No connection could be opened, or one broke; it is tried again after a while.
    Trouble {
        /// What happened.
        why: String,
        /// How long that connection rests.
        rest: Duration,
    },
    /// Connections were opened or closed, or others may be now.
    Connections {
        /// How many are open.
        open: usize,
        /// How many may be open for now.
        allowed: usize,
        /// What has changed, or why.
        why: Why,
    },
    /// Only recipients are left who cannot be mailed now; the run stays for them.
    Waiting {
        /// When the first of them falls due.
        until: Timestamp,
        /// The limit that is full; nothing if it is because they were deferred.
        full: Option<Limit>,
    },
    /// The relay offers no CHUNKING: letters go one by one on a connection, whatever `window` says.
    NoWindow,
    /// The relay asked for it, and letters leave more slowly for a while.
    Slowed {
        /// The pace that is left; it grows back by itself.
        rate: Rate,
        /// The relay's words.
        why: String,
    },
    /// A domain refuses one letter after the other; nothing more goes there in this run.
    DomainStopped {
        /// The domain.
        domain: String,
        /// Its last words.
        why: String,
    },
    /// A recipient is skipped after all: the reader has left during the run.
    Withdrawn {
        /// The recipient's address.
        email: String,
        /// Whether an earlier attempt was answered.
        again: bool,
    },
    /// A stop was asked for: nothing new leaves, what is past its final dot is waited for.
    Draining,
    /// The run stops.
    Halted(Fault),
}
