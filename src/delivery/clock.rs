//! The time of a run: the wall clock is read once, then only monotonic time passes, and what the machine sleeps.
//!
//! A wall clock that jumps during a run therefore changes neither pace nor backoff, and a lid that was closed for the night
//! does not date in the evening what happens in the morning.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Wall time at the start, and the monotonic time that has passed since.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall: Timestamp,
    origin: Instant,
    slept: fn() -> Duration,
    /// What `slept` said at the origin.
    slept_before: Duration,
}

impl Clock {
    /// A clock that shows `wall` now.
    pub fn start(wall: Timestamp) -> Self {
        Self { wall, origin: instant(), slept: || Duration::ZERO, slept_before: Duration::ZERO }
    }

    /// Counts what the machine sleeps from now on, when monotonic time stands still. `slept` is how long it has in all.
    #[must_use]
    pub fn through_sleep(self, slept: fn() -> Duration) -> Self {
        Self { slept, slept_before: slept(), ..self }
    }

    /// The wall time now.
    pub fn now(&self) -> Timestamp {
        let slept = (self.slept)().saturating_sub(self.slept_before);
        self.wall.saturating_add(self.origin.elapsed() + slept).unwrap_or(Timestamp::MAX)
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sleep_of_the_machine_is_time_of_the_wall_and_not_of_the_pace() {
        static SLEPT: AtomicU64 = AtomicU64::new(1_000);
        let begin = Timestamp::from_second(1_790_000_000).unwrap();
        let clock = Clock::start(begin)
            .through_sleep(|| Duration::from_secs(SLEPT.load(Ordering::Relaxed)));
        let first = clock.instant();
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(clock.now().duration_since(begin).as_secs(), 60);
        SLEPT.store(29_800, Ordering::Relaxed);
        assert_eq!(clock.now().duration_since(begin).as_secs(), 60 + 28_800);
        assert_eq!(clock.instant() - first, Duration::from_mins(1));
        let due = begin.saturating_add(Duration::from_hours(9)).unwrap();
        assert_eq!(clock.instant_of(due) - clock.instant(), Duration::from_mins(59));
    }
}
