//! How fast letters may leave, in words; the pacer that keeps a rate and the windows that keep limits.

mod pacer;
mod window;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub use pacer::Pacer;
pub use window::Window;

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

/// At the most so many letters within any span of one unit, e.g. `20/min`, `50000/day`. Always a whole number above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    letters: u64,
    unit: Unit,
}

/// Why a text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rate")]
pub struct RateError(String);

/// What to type instead of a text that is not a rate.
pub const RATE_HELP: &str =
    "write a number above 0 and a unit, e.g. `14/s`, `300/min`, `1000/h` or `50000/day`";

/// What to type instead of a text that is not a limit.
pub const LIMIT_HELP: &str =
    "write a whole number above 0 and a unit, e.g. `20/min`, `10000/hour` or `50000/day`";

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

    /// This part of the rate, to three decimals of its own unit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let count = (self.count * factor * 1e3).round() / 1e3;
        Self { count: if count > 0.0 { count } else { self.count * factor }, ..self }
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

impl Limit {
    /// How many letters.
    pub fn letters(self) -> u64 {
        self.letters
    }

    /// Within which span.
    pub fn span(self) -> Duration {
        self.unit.row().1
    }

    /// How long `letters` take at the least within this limit.
    pub fn duration(self, letters: u64) -> Duration {
        let full = letters.saturating_sub(1) / self.letters;
        self.span().saturating_mul(u32::try_from(full).unwrap_or(u32::MAX))
    }
}

impl FromStr for Limit {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let Rate { unit, .. } = text.parse()?;
        let count = text.split_once('/').and_then(|(count, _)| count.trim().parse().ok());
        let letters = count.ok_or_else(|| RateError(crate::finding::shown(text)))?;
        Ok(Self { letters, unit })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.letters, self.unit.row().0)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.unit.row().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_limit_is_a_whole_number_of_letters() {
        for text in ["20/min", "50000/day", "1/s"] {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
        }
        for text in ["0.5/s", "0/day", "20", "1.5/min", "-3/h"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_part_of_a_rate_is_shown_in_few_digits() {
        let rate: Rate = "14/s".parse().unwrap();
        assert_eq!(rate.times(0.5).to_string(), "7/s");
        assert_eq!(rate.times(1.0 / 3.0).to_string(), "4.667/s");
    }
}
