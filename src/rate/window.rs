//! A rolling window: how many letters have left within the last second, minute, hour or day.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::Limit;

/// Keeps a [`Limit`] over any span of its unit, across runs.
///
/// Departures are counted in grains of a thousandth of the span, and a grain counts until all of it has passed:
/// memory does not grow with the limit, and the limit is never exceeded.
#[derive(Debug, Clone)]
pub struct Window {
    limit: Limit,
    /// The number of a grain since 1970, and the letters that left in it; in order.
    grains: VecDeque<(i64, u64)>,
    total: u64,
}

/// Grains in a span.
const GRAINS: u32 = 1_000;

impl Window {
    /// A window in which nothing has left yet.
    pub fn new(limit: Limit) -> Self {
        Self { limit, grains: VecDeque::new(), total: 0 }
    }

    /// What it keeps.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// The duration of a grain: departures may be counted together that lie in the same.
    pub fn grain(&self) -> Duration {
        self.limit.span() / GRAINS
    }

    /// From when on departures matter at `now`.
    pub fn since(&self, now: Timestamp) -> Timestamp {
        self.moment(self.number(now) - i64::from(GRAINS))
    }

    /// When a letter may leave: `now` or later.
    pub fn next(&mut self, now: Timestamp) -> Timestamp {
        let current = self.number(now);
        while let Some(&(grain, count)) = self.grains.front()
            && grain + i64::from(GRAINS) < current
        {
            self.grains.pop_front();
            self.total -= count;
        }
        let mut excess = (self.total + 1).saturating_sub(self.limit.letters());
        for &(grain, count) in &self.grains {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(count);
            if excess == 0 {
                return self.moment(grain + i64::from(GRAINS) + 1).max(now);
            }
        }
        now
    }

    /// Notes letters that left at a moment.
    pub fn note(&mut self, at: Timestamp, letters: u64) {
        let number = self.number(at);
        let place = self.grains.partition_point(|(grain, _)| *grain < number);
        match self.grains.get_mut(place) {
            Some((grain, count)) if *grain == number => *count += letters,
            _ => self.grains.insert(place, (number, letters)),
        }
        self.total += letters;
    }

    /// Takes back one letter that was noted at a moment: it is proved not to have left.
    pub fn take_back(&mut self, at: Timestamp) {
        let number = self.number(at);
        if let Some((_, count)) = self.grains.iter_mut().find(|(grain, _)| *grain == number)
            && *count > 0
        {
            *count -= 1;
            self.total -= 1;
        }
    }

    fn number(&self, at: Timestamp) -> i64 {
        at.as_millisecond().div_euclid(self.millis())
    }

    fn moment(&self, grain: i64) -> Timestamp {
        Timestamp::from_millisecond(grain.saturating_mul(self.millis())).unwrap_or(Timestamp::MAX)
    }

    fn millis(&self) -> i64 {
        i64::try_from(self.grain().as_millis()).unwrap_or(i64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + millis).unwrap()
    }

    fn window(limit: &str) -> Window {
        Window::new(limit.parse().unwrap())
    }

    #[test]
    fn a_full_window_says_when_the_next_letter_may_leave() {
        let mut window = window("3/min");
        for second in [0, 10, 20] {
            assert_eq!(window.next(at(second * 1_000)), at(second * 1_000));
            window.note(at(second * 1_000), 1);
        }
        let free = window.next(at(30_000));
        assert!(free > at(60_000) && free <= at(60_120), "{free}");
        assert_eq!(window.next(free), free);
        window.note(free, 1);
        let free = window.next(free);
        assert!(free > at(70_000) && free <= at(70_120), "{free}");
    }

    #[test]
    fn letters_of_earlier_runs_count_as_long_as_they_lie_in_the_window() {
        let mut window = window("50000/day");
        window.note(at(-23 * 3_600_000), 49_999);
        window.note(at(-25 * 3_600_000), 10);
        assert_eq!(window.next(at(0)), at(0));
        window.note(at(0), 1);
        let free = window.next(at(0));
        assert!(free > at(3_600_000) && free <= at(3_600_000 + 2 * 86_400), "{free}");
        window.take_back(at(0));
        assert_eq!(window.next(at(0)), at(0));
    }

    #[test]
    fn the_memory_of_a_window_does_not_grow_with_its_limit() {
        let mut window = window("10000000/day");
        for n in 0..200_000 {
            let now = window.next(at(n * 1_000));
            window.note(now, 1);
        }
        assert!(window.grains.len() <= 1_002, "{}", window.grains.len());
    }

    proptest! {
        #[test]
        fn no_span_ever_holds_more_than_the_limit(
            limit in 1u64..40,
            unit in prop::sample::select(vec!["s", "min", "h"]),
            gaps in prop::collection::vec(0u32..1_000, 1..300),
        ) {
            let mut window = window(&format!("{limit}/{unit}"));
            let span = window.limit().span();
            let mut now = at(0);
            let mut left: Vec<Timestamp> = Vec::new();
            for gap in gaps {
                now = window.next(now + span * gap / 20_000);
                prop_assert_eq!(window.next(now), now);
                window.note(now, 1);
                left.push(now);
            }
            for first in 0..left.len().saturating_sub(usize::try_from(limit).unwrap()) {
                let one_too_many = left[first + usize::try_from(limit).unwrap()];
                let apart = Duration::try_from(one_too_many.duration_since(left[first])).unwrap();
                prop_assert!(apart >= span, "{limit} and one more within {apart:?}");
            }
        }
    }
}
