//! How many lanes may be open: more while that carries more, fewer when the relay asks for it.
//!
//! A run begins with one lane. While letters wait and the last step has paid, the lanes are doubled after every few
//! letters; a step that did not pay is taken back. After the relay has asked for fewer, they grow in small steps and
//! with pauses (docs/adr/0015-lanes-that-adapt.md).

use std::time::Duration;

use tokio::time::Instant;

/// The lanes a run may have open.
#[derive(Debug)]
pub(super) struct Breadth {
    most: usize,
    allowed: usize,
    /// When all lanes were at work for the first time since the last step, or the measure before was complete.
    since: Option<Instant>,
    /// Letters answered since.
    letters: u32,
    /// The last whole measure with this many lanes.
    measure: Option<Measure>,
    /// How many lanes there were before the step that is still to be judged, and how they did.
    before: Option<(usize, Measure)>,
    /// No further step before that.
    hold: Option<Instant>,
    patience: Duration,
    /// Whether the relay has asked for fewer: steps are small from then on.
    wary: bool,
    /// Whether a small step was made that the relay has not objected to.
    tried: bool,
    narrowed: Option<Instant>,
}

/// How fast a few letters were answered.
#[derive(Debug, Clone, Copy)]
struct Measure {
    time: Duration,
    /// From one letter to the next.
    each: Duration,
}

/// Why the number of lanes changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Letters wait, and more lanes have helped so far.
    Wider,
    /// The last step did not help and is taken back.
    NoGain,
}

/// Letters of each lane that make a measure: few while the lanes grow for the first time, then enough to be sure.
const COHORTS: [usize; 2] = [2, 8];

/// Letters that must be waiting for each further lane.
const WORTH: usize = 2;

/// How many times as fast letters must go with twice the lanes.
const GAIN: f64 = 1.1;

/// What is shorter says nothing: letters that go so fast cost nobody anything.
const MEASURABLE: Duration = Duration::from_millis(20);

/// How long the first step that did not help is not repeated.
const NO_GAIN: Duration = Duration::from_secs(1);

/// How long a relay that has asked for fewer lanes gets no more, at first.
const REFUSED: Duration = Duration::from_secs(30);

/// The longest pause between two steps.
const LONGEST: Duration = Duration::from_mins(16);

/// The part of the lanes that is added when the relay has asked for fewer before.
const SMALL: usize = 8;

impl Breadth {
    /// One lane, and `most` in the end.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            allowed: 1,
            since: None,
            letters: 0,
            measure: None,
            before: None,
            hold: None,
            patience: NO_GAIN,
            wary: false,
            tried: false,
            narrowed: None,
        }
    }

    /// How many lanes may have a connection now; at least 1.
    pub(super) fn allowed(&self) -> usize {
        self.allowed
    }

    /// A letter was answered while so many lanes were open.
    pub(super) fn answered(&mut self, open: usize, now: Instant) {
        let Some(since) = self.since else {
            self.since = (open >= self.allowed).then_some(now);
            return;
        };
        self.letters += 1;
        if self.letters as usize >= COHORTS[usize::from(self.hold.is_some())] * self.allowed {
            let time = now.saturating_duration_since(since);
            self.measure = Some(Measure { time, each: time / self.letters });
            (self.since, self.letters) = (Some(now), 0);
        }
    }

    /// Whether a step can be made at `now`, should letters wait.
    pub(super) fn can_step(&self, now: Instant) -> bool {
        let is_held = self.hold.is_some_and(|hold| now < hold);
        !is_held && self.measure.is_some() && (self.allowed < self.most || self.before.is_some())
    }

    /// A letter could leave and no lane may take it, and so many wait in all: judges the last step, and makes the next.
    pub(super) fn wanted(&mut self, waiting: usize, now: Instant) -> Option<Step> {
        let measure = self.measure.filter(|_| self.can_step(now))?;
        if let Some((lanes, before)) = self.before.take() {
            if measure.time >= MEASURABLE && measure.each.mul_f64(GAIN) > before.each {
                self.hold(now);
                self.set(lanes);
                return Some(Step::NoGain);
            }
            self.patience = NO_GAIN;
        }
        let step = if self.wary { (self.allowed / SMALL).max(1) } else { self.allowed };
        let wider = (self.allowed + step).min(self.most);
        if wider == self.allowed || waiting < WORTH * (wider - self.allowed) {
            return None;
        }
        if self.wary {
            if std::mem::replace(&mut self.tried, true) {
                self.patience = REFUSED;
            }
            self.hold = Some(now + self.patience);
        } else {
            self.before = Some((self.allowed, measure));
        }
        self.set(wider);
        Some(Step::Wider)
    }

    /// The relay did not let a lane in, while so many others are open; whether it is the first time in a while.
    pub(super) fn refused(&mut self, others: usize, now: Instant) -> bool {
        if others == 0 {
            // Nobody gets in: this is no limit, and the run begins again when it is over.
            *self = Self { narrowed: self.narrowed, ..Self::new(self.most) };
            return false;
        }
        let is_news = self.beware(now);
        self.set((self.allowed - 1).max(1));
        is_news
    }

    /// The relay wants less of what left then; whether there are fewer lanes for it now.
    ///
    /// Letters that were on their way already at the last time change nothing.
    pub(super) fn slowed(&mut self, departed: Instant, now: Instant) -> bool {
        if self.narrowed.is_some_and(|narrowed| departed <= narrowed) {
            return false;
        }
        self.narrowed = Some(now);
        self.beware(now);
        let fewer = self.allowed > 1;
        self.set((self.allowed / 2).max(1));
        fewer
    }

    /// Small steps from now on, and none for a while; whether that was not so already.
    fn beware(&mut self, now: Instant) -> bool {
        let is_news = !self.wary || self.tried || self.hold.is_none_or(|hold| now >= hold);
        if is_news {
            if !self.wary {
                self.patience = REFUSED;
            }
            self.hold(now);
        }
        (self.wary, self.tried, self.before) = (true, false, None);
        is_news
    }

    fn hold(&mut self, now: Instant) {
        self.hold = Some(now + self.patience);
        self.patience = (self.patience * 2).min(LONGEST);
    }

    fn set(&mut self, lanes: usize) {
        self.allowed = lanes;
        (self.since, self.letters, self.measure) = (None, 0, None);
    }
}

#[cfg(test)]
mod tests;
