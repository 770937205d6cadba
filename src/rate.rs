//! How fast letters may leave: a rate in words, and the pacer that keeps it.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Letters per unit of time, e.g. `14/s`, `300/min`, `1000/h`, `50000/day`. Always finite and above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    count: f64,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
}

/// Why a text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rate")]
pub struct RateError(String);

/// What to type instead of a text that is not a rate.
pub const RATE_HELP: &str =
    "write a number above 0 and a unit, e.g. `14/s`, `300/min`, `1000/h` or `50000/day`";

impl Unit {
    const ALL: [(Unit, &'static [&'static str], u64); 4] = [
        (Unit::Second, &["s", "sec", "second"], 1),
        (Unit::Minute, &["min", "m", "minute"], 60),
        (Unit::Hour, &["h", "hour"], 3_600),
        (Unit::Day, &["day", "d"], 86_400),
    ];

    fn row(self) -> (&'static str, Duration) {
        let row = Self::ALL.iter().find(|row| row.0 == self).unwrap_or(&Self::ALL[0]);
        (row.1[0], Duration::from_secs(row.2))
    }
}

impl Rate {
    /// The time between two letters.
    pub fn interval(self) -> Duration {
        self.unit.row().1.div_f64(self.count)
    }

    /// How long `letters` take at this rate, the first leaving at once.
    pub fn duration(self, letters: u64) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
        let steps = letters.saturating_sub(1) as f64;
        Duration::try_from_secs_f64(self.interval().as_secs_f64() * steps).unwrap_or(Duration::MAX)
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let invalid = || RateError(crate::finding::shown(text));
        let (count, unit) = text.split_once('/').ok_or_else(invalid)?;
        let count: f64 = count.trim().parse().map_err(|_| invalid())?;
        let unit = Unit::ALL.iter().find(|row| row.1.contains(&unit.trim())).ok_or_else(invalid)?.0;
        let rate = Self { count, unit };
        let usable = count.is_finite()
            && count > 0.0
            && Duration::try_from_secs_f64(unit.row().1.as_secs_f64() / count).is_ok();
        if usable { Ok(rate) } else { Err(invalid()) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.unit.row().0)
    }
}

/// Hands out departure times so that no more than [`Pacer::burst`] letters leave at once and the mean rate holds.
///
/// The generic cell rate algorithm (ITU-T I.371): it keeps one number, the theoretical time of the next letter.
/// A caller that comes late by no more than [`Pacer::TOLERANCE`] catches up; later than that, the time is lost.
#[derive(Debug, Clone)]
pub struct Pacer {
    interval: Duration,
    next: Option<Instant>,
}

impl Pacer {
    /// How much lateness is caught up: about what timers and schedulers need.
    pub const TOLERANCE: Duration = Duration::from_millis(20);

    /// A pacer that has let nothing go yet.
    pub fn new(rate: Rate) -> Self {
        Self { interval: rate.interval(), next: None }
    }

    /// The most letters that can leave at one moment: 1, and those whose time lies within the tolerance.
    pub fn burst(&self) -> f64 {
        1.0 + Self::TOLERANCE.as_secs_f64() / self.interval.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// When the next letter may leave: `now` or later. The slot is taken.
    pub fn reserve(&mut self, now: Instant) -> Instant {
        let earliest = now.checked_sub(Self::TOLERANCE).unwrap_or(now);
        let slot = self.next.map_or(now, |next| next.max(earliest));
        self.next = slot.checked_add(self.interval).or(Some(slot));
        slot.max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rate_reads_like_a_sentence_and_prints_back() {
        for text in ["14/s", "300/min", "1000/h", "50000/day", "0.5/s"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!("600 / minute".parse::<Rate>().unwrap().interval(), Duration::from_millis(100));
        for text in ["", "14", "0/s", "-1/s", "nan/s", "inf/s", "14/fortnight", "1e-300/day"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        assert_eq!("10/s".parse::<Rate>().unwrap().duration(601), Duration::from_mins(1));
    }

    #[expect(clippy::disallowed_methods, reason = "the tests need some instant to count from")]
    fn origin() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    proptest! {
        #[test]
        fn no_window_exceeds_the_rate_and_its_burst(
            per_second in 1u32..5_000,
            gaps in proptest::collection::vec(0u64..50_000, 1..400),
        ) {
            let mut pacer = Pacer::new(format!("{per_second}/s").parse().unwrap());
            let mut now = origin();
            let mut slots = Vec::new();
            for gap in gaps {
                now += Duration::from_micros(gap);
                let slot = pacer.reserve(now);
                prop_assert!(slot >= now);
                slots.push(slot);
                now = slot;
            }
            for (i, first) in slots.iter().enumerate() {
                for (j, last) in slots.iter().enumerate().skip(i) {
                    let window = (*last - *first).as_secs_f64();
                    #[expect(clippy::cast_precision_loss, reason = "small counts")]
                    let count = (j - i + 1) as f64;
                    prop_assert!(count <= pacer.burst() + window * f64::from(per_second) + 1e-3, "{count} in {window}");
                }
            }
        }

        #[test]
        fn a_caller_that_is_a_little_late_loses_no_pace(late in 0u64..10_000) {
            let mut pacer = Pacer::new("100/s".parse().unwrap());
            let start = origin();
            let mut now = start;
            for _ in 0..1_000 {
                now = pacer.reserve(now) + Duration::from_micros(late);
            }
            prop_assert!(now - start <= Duration::from_secs(10));
        }
    }
}
