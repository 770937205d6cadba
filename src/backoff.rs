//! When to try again after a transient refusal.

use std::time::Duration;

/// Waiting times after the first, second, … attempt; the last one repeats until `give_up` has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// The waits in order; never empty waits for a repeated attempt when this is empty: no retry at all.
    pub waits: Vec<Duration>,
    /// How long after the first attempt a recipient is given up.
    pub give_up: Duration,
}

impl Backoff {
    /// The wait after attempt number `attempt` (from 1), `since_first` after the first one; `None` gives up.
    ///
    /// `jitter` between 0 and 1 lengthens the wait by up to a tenth, so that a refused crowd does not return at once.
    pub fn wait(&self, attempt: u32, since_first: Duration, jitter: f64) -> Option<Duration> {
        let index = (attempt.max(1) as usize - 1).min(self.waits.len().checked_sub(1)?);
        let wait = self.waits[index].mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 10.0);
        (since_first + wait <= self.give_up).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_follow_the_list_repeat_the_last_and_end() {
        let minutes = |n: u64| Duration::from_mins(n);
        let backoff = Backoff { waits: vec![minutes(5), minutes(15)], give_up: minutes(60) };
        assert_eq!(backoff.wait(1, Duration::ZERO, 0.0), Some(minutes(5)));
        assert_eq!(backoff.wait(2, minutes(5), 0.0), Some(minutes(15)));
        assert_eq!(backoff.wait(9, minutes(20), 0.0), Some(minutes(15)));
        assert_eq!(backoff.wait(9, minutes(46), 0.0), None);
        assert_eq!(backoff.wait(1, Duration::ZERO, 1.0), Some(Duration::from_secs(330)));
        assert_eq!(
            Backoff { waits: vec![], give_up: minutes(60) }.wait(1, Duration::ZERO, 0.0),
            None
        );
    }
}
