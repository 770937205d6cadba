//! What the dispatcher knows of one lane.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::pace::Departure;
use crate::delivery::lane::Job;
use crate::delivery::ledger::Row;

/// A lane as the dispatcher sees it.
pub(super) struct Hand {
    pub(super) jobs: mpsc::Sender<Job>,
    /// Whether it has a connection.
    pub(super) is_open: bool,
    /// Whether it was told to close it.
    pub(super) is_leaving: bool,
    /// The rows it has in hand, in their order.
    flights: Vec<Flight>,
    /// A row that is kept for it, because it makes its letter ready already.
    pub(super) ahead: Option<Arc<Row>>,
    /// Connections in a row that it could not open, or that carried nothing.
    pub(super) failures: usize,
    /// Logins in a row that were refused for now.
    pub(super) logins: usize,
}

/// A row in a lane, and when its letter left.
pub(super) struct Flight {
    pub(super) row: Arc<Row>,
    pub(super) departure: Departure,
}

impl Hand {
    pub(super) fn new(jobs: mpsc::Sender<Job>) -> Self {
        Self {
            jobs,
            is_open: false,
            is_leaving: false,
            flights: Vec::with_capacity(2),
            ahead: None,
            failures: 0,
            logins: 0,
        }
    }

    /// Whether it has a connection that stays, or needs one.
    pub(super) fn is_engaged(&self) -> bool {
        self.is_open && !self.is_leaving || !self.is_empty()
    }

    /// Whether it has nothing in hand.
    pub(super) fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// It has been given this row.
    pub(super) fn take(&mut self, row: Arc<Row>, departure: Departure) {
        self.flights.push(Flight { row, departure });
    }

    /// This row, if it has it in hand.
    pub(super) fn holds(&self, row: u64) -> Option<&Row> {
        let flight = self.flights.iter().find(|flight| flight.row.number == row)?;
        Some(&flight.row)
    }

    /// It has answered for this row.
    pub(super) fn give(&mut self, row: u64) -> Option<Flight> {
        let place = self.flights.iter().position(|flight| flight.row.number == row)?;
        Some(self.flights.remove(place))
    }

    /// It answers for nothing any more.
    pub(super) fn give_all(&mut self) -> Vec<Flight> {
        std::mem::take(&mut self.flights)
    }
}
