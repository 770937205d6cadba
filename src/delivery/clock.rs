//! The time of a run: the wall clock is read once, then only monotonic time passes.
//!
//! A wall clock that jumps during a run therefore changes neither pace nor backoff.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Wall time at the start, and the monotonic time that has passed since.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall: Timestamp,
    origin: Instant,
}

impl Clock {
    /// A clock that shows `wall` now.
    pub fn start(wall: Timestamp) -> Self {
        Self { wall, origin: instant() }
    }

    /// The wall time now.
    pub fn now(&self) -> Timestamp {
        self.wall.saturating_add(self.origin.elapsed()).unwrap_or(Timestamp::MAX)
    }

    /// The monotonic time now.
    pub fn instant(&self) -> Instant {
        instant()
    }

    /// The monotonic moment of a wall time; the past is now.
    pub fn instant_of(&self, wall: Timestamp) -> Instant {
        let ahead = Duration::try_from(wall.duration_since(self.now())).unwrap_or(Duration::ZERO);
        instant() + ahead
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the engine waits in tokio's time, which tests pause"
)]
fn instant() -> Instant {
    Instant::now()
}
