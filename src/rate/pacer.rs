//! The pacer: when the next letter may leave.

use std::time::{Duration, Instant};

use super::Rate;

/// Keeps a rate: no more than [`Pacer::burst`] letters leave at once and the mean rate holds, whatever the relay says.
///
/// The generic cell rate algorithm (ITU-T I.371): it keeps one number, the theoretical time of the next letter.
/// A letter that leaves late by no more than [`Pacer::TOLERANCE`] lets the next catch up; later than that, the time
/// is lost. A relay that asks for it halves the pace ([`Pacer::slow`]), which then grows back evenly.
#[derive(Debug, Clone)]
pub struct Pacer {
    rate: Rate,
    next: Option<Instant>,
    /// The part of the rate that was left at a moment.
    slowed: Option<(f64, Instant)>,
}

impl Pacer {
    /// How much lateness is caught up: about what timers and schedulers need.
    pub const TOLERANCE: Duration = Duration::from_millis(20);

    /// How long the pace takes to grow by the whole rate; so it is back a minute after it was halved once.
    pub const RECOVERY: Duration = Duration::from_mins(2);

    /// The part of the rate that is always left.
    pub const LEAST: f64 = 1.0 / 64.0;

    /// A pacer that has let nothing go yet.
    pub fn new(rate: Rate) -> Self {
        Self { rate, next: None, slowed: None }
    }

    /// The most letters that can leave at one moment: 1, and those whose time lies within the tolerance.
    pub fn burst(&self) -> f64 {
        let interval = self.rate.interval().as_secs_f64().max(f64::MIN_POSITIVE);
        1.0 + Self::TOLERANCE.as_secs_f64() / interval
    }

    /// When the next letter may leave: `now` or later.
    pub fn next(&self, now: Instant) -> Instant {
        self.next.map_or(now, |next| next.max(now))
    }

    /// Notes that a letter leaves at `now`, which is no earlier than [`Pacer::next`] has said.
    pub fn depart(&mut self, now: Instant) {
        let earliest = now.checked_sub(Self::TOLERANCE).unwrap_or(now);
        let slot = self.next.map_or(now, |next| next.max(earliest));
        self.next = slot.checked_add(self.interval(now)).or(Some(slot));
    }

    /// Notes that a letter left `ago` before `now`, in an earlier run.
    pub fn departed(&mut self, ago: Duration, now: Instant) {
        self.pause(now + self.rate.interval().saturating_sub(ago));
    }

    /// Lets nothing leave before `until`.
    pub fn pause(&mut self, until: Instant) {
        self.next = Some(self.next.map_or(until, |next| next.max(until)));
    }

    /// Halves the pace; gives what is left, or nothing when it is as slow as it gets.
    pub fn slow(&mut self, now: Instant) -> Option<Rate> {
        let factor = self.factor(now);
        let slower = (factor / 2.0).max(Self::LEAST);
        self.slowed = Some((slower, now));
        (slower < factor).then(|| self.rate.times(slower))
    }

    /// The part of the rate that holds now.
    fn factor(&self, now: Instant) -> f64 {
        self.slowed.map_or(1.0, |(factor, since)| {
            let grown = now.saturating_duration_since(since).div_duration_f64(Self::RECOVERY);
            (factor + grown).min(1.0)
        })
    }

    fn interval(&self, now: Instant) -> Duration {
        self.rate.interval().div_f64(self.factor(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[expect(clippy::disallowed_methods, reason = "the tests need some instant to count from")]
    fn origin() -> Instant {
        Instant::now() + Duration::from_hours(1)
    }

    fn pacer(rate: &str) -> Pacer {
        Pacer::new(rate.parse().unwrap())
    }

    /// Lets letters leave as soon as they may for so long; gives how many.
    fn letters(pacer: &mut Pacer, now: &mut Instant, time: Duration) -> u32 {
        let end = *now + time;
        let mut count = 0;
        while pacer.next(*now) < end {
            *now = pacer.next(*now);
            pacer.depart(*now);
            count += 1;
        }
        *now = end;
        count
    }

    #[test]
    fn a_relay_that_asks_for_it_halves_the_pace_and_it_grows_back_evenly() {
        let (mut pacer, mut now) = (pacer("100/s"), origin());
        let second = Duration::from_secs(1);
        assert_eq!(letters(&mut pacer, &mut now, second), 100);
        assert_eq!(pacer.slow(now).unwrap().to_string(), "50/s");
        let slowed: Vec<u32> = (0..61).map(|_| letters(&mut pacer, &mut now, second)).collect();
        assert!((50..=51).contains(&slowed[0]), "{slowed:?}");
        assert!((74..=76).contains(&slowed[30]), "{slowed:?}");
        assert!(slowed.is_sorted() && slowed[60] >= 99, "{slowed:?}");
        assert_eq!(letters(&mut pacer, &mut now, second), 100);
    }

    #[test]
    fn the_pace_never_stops_altogether() {
        let (mut pacer, now) = (pacer("64/s"), origin());
        let steps: Vec<_> = (0..8).filter_map(|_| pacer.slow(now)).collect();
        assert_eq!(steps.last().unwrap().to_string(), "1/s");
        assert_eq!((steps.len(), pacer.slow(now)), (6, None));
    }

    #[test]
    fn a_pause_and_a_letter_of_an_earlier_run_hold_the_next_one_back() {
        let (mut pacer, now) = (pacer("1/min"), origin());
        pacer.departed(Duration::from_secs(20), now);
        assert_eq!(pacer.next(now), now + Duration::from_secs(40));
        pacer.pause(now + Duration::from_mins(5));
        pacer.pause(now + Duration::from_mins(3));
        assert_eq!(pacer.next(now), now + Duration::from_mins(5));
        pacer.departed(Duration::from_hours(1), now);
        assert_eq!(pacer.next(now), now + Duration::from_mins(5));
    }

    proptest! {
        #[test]
        fn no_window_exceeds_the_rate_and_its_burst_whatever_the_relay_says(
            per_second in 1u32..5_000,
            steps in proptest::collection::vec((0u64..50_000, 0u8..20), 1..400),
        ) {
            let mut pacer = pacer(&format!("{per_second}/s"));
            let mut now = origin();
            let mut left = Vec::new();
            for (late, event) in steps {
                match event {
                    0 => drop(pacer.slow(now)),
                    1 => pacer.pause(now + Duration::from_millis(late)),
                    _ => {}
                }
                now = pacer.next(now) + Duration::from_micros(late);
                pacer.depart(now);
                left.push(now);
            }
            for (i, first) in left.iter().enumerate() {
                for (j, last) in left.iter().enumerate().skip(i) {
                    let window = (*last - *first).as_secs_f64();
                    #[expect(clippy::cast_precision_loss, reason = "small counts")]
                    let count = (j - i + 1) as f64;
                    prop_assert!(count <= pacer.burst() + window * f64::from(per_second) + 1e-3, "{count} in {window}");
                }
            }
        }

        #[test]
        fn a_caller_that_is_a_little_late_loses_no_pace(late in 0u64..10_000) {
            let mut pacer = pacer("100/s");
            let start = origin();
            let mut now = start;
            for _ in 0..1_000 {
                now = pacer.next(now) + Duration::from_micros(late);
                pacer.depart(now);
            }
            prop_assert!(now - start <= Duration::from_millis(10_010));
        }
    }
}
