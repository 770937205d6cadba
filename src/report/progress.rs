//! A run as it happens: a progress bar on a terminal, plain lines otherwise, JSON events on stdout.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Printer;
use super::words::{count, duration, grouped};
use crate::delivery::event::{Event, Why};
use crate::delivery::ledger::{Outcome, State, Tally};

/// How often a plain line is printed.
const EVERY: Duration = Duration::from_secs(10);

/// Events that are written with one write if they have happened together.
const TOGETHER: usize = 256;

/// Tells the events of a run until their channel closes.
pub async fn narrate(mut events: mpsc::Receiver<Event>, printer: Printer) {
    let mut screen = Screen::new(printer);
    let mut ticks = interval(if printer.live { Duration::from_millis(100) } else { EVERY });
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    let mut happened = Vec::new();
    loop {
        tokio::select! {
            count = events.recv_many(&mut happened, TOGETHER) => {
                if count == 0 {
                    break;
                }
                printer.json_lines(happened.iter().map(object));
                happened.drain(..).for_each(|event| screen.show(&event));
            }
            _ = ticks.tick() => screen.refresh(),
        }
    }
    screen.bar.finish_and_clear();
}

/// What is on the screen. It owns nothing that the summary needs.
struct Screen {
    printer: Printer,
    bar: ProgressBar,
    tally: Tally,
    done: u64,
    /// Connections that are open.
    open: usize,
    began: Instant,
    noted: u64,
}

impl Screen {
    #[expect(
        clippy::disallowed_methods,
        reason = "the rate on the screen is measured in real time"
    )]
    fn new(printer: Printer) -> Self {
        let target =
            if printer.live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        // The template is a constant; a mistake in it shows in the first run.
        if let Ok(style) = ProgressStyle::with_template("  {bar:32.cyan/dim} {percent:>3}%  {msg}")
        {
            bar.set_style(style.progress_chars("━━─"));
        }
        Self {
            printer,
            bar,
            tally: Tally::default(),
            done: 0,
            open: 0,
            began: Instant::now(),
            noted: 0,
        }
    }

    fn show(&mut self, event: &Event) {
        match event {
            Event::Started { tally, .. } => {
                self.tally = *tally;
                self.bar.set_length(tally.total());
                self.bar.set_position(tally.total() - tally.remaining());
            }
            Event::Settled { email, again, outcome } => {
                let from = if *again { State::Deferred } else { State::Pending };
                self.tally.shift(from, outcome.state());
                self.settled(email, outcome);
            }
            Event::Withdrawn { email, again } => {
                let from = if *again { State::Deferred } else { State::Pending };
                self.tally.shift(from, State::Skipped);
                self.line(&format!("  skipped   {email}  (suppressed meanwhile)"));
            }
            Event::Trouble { why, rest } => self.line(&format!("  {why}; trying again in {}", duration(*rest))),
            Event::Waiting { until, full } => {
                let why = full.map_or("only deferred recipients are left".into(), |limit| format!("the limit of {limit} is full"));
                self.line(&format!("  {why}; waiting until {}", until.strftime("%H:%M:%S UTC")));
            }
            Event::Slowed { rate, why } => self.line(&format!("  slower now, {rate} at the most: the relay asked for it {why}")),
            Event::Connections { open, allowed, why } => {
                self.open = *open;
                if let Why::Relay(why) = why {
                    self.line(&format!("  fewer connections now, {allowed} at the most: {why}"));
                }
            }
            Event::NoWindow => self.line("  the relay does not offer CHUNKING, so `window` has no effect: one letter at a time on a connection"),
            Event::DomainStopped { domain, why } => self.line(&format!("  nothing more goes to {domain} in this run: it refuses one letter after the other ({why})")),
            Event::Draining => self.line("  stopping: letters under way may leave, and their replies are waited for (Ctrl-C again leaves at once)"),
            Event::Halted(_) => self.line("  stopping: nothing new leaves"),
        }
        if self.bar.position() == self.bar.length().unwrap_or(0) {
            self.refresh();
        }
    }

    fn settled(&mut self, email: &str, outcome: &Outcome) {
        self.done += 1;
        match outcome {
            Outcome::Sent(_) | Outcome::NotSent(_) => {}
            Outcome::Failed(class, _, words) => {
                self.line(&format!("  failed    {email}  {} ({words})", class.as_str()));
            }
            Outcome::Deferred(_, _, reply) => self.line(&format!("  deferred  {email}  ({reply})")),
            Outcome::Unknown(why) => self.line(&format!("  unknown   {email}  ({why})")),
        }
        if self.printer.live {
            self.bar.set_position(self.tally.total() - self.tally.remaining());
        }
    }

    /// A line above the bar.
    fn line(&self, words: &str) {
        if self.printer.live {
            self.bar.suspend(|| self.printer.say(words));
        } else {
            self.printer.say(words);
        }
    }

    fn refresh(&mut self) {
        let seconds = self.began.elapsed().as_secs_f64().max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let (rate, left) = (self.done as f64 / seconds, self.tally.remaining() as f64);
        let rest = Duration::try_from_secs_f64(left / rate.max(1e-9)).unwrap_or(Duration::MAX);
        let eta = if self.done == 0 || rest > Duration::from_hours(10_000) {
            String::new()
        } else {
            format!(", about {} left", duration(rest))
        };
        let others = [State::Deferred, State::Failed, State::Unknown]
            .into_iter()
            .filter(|state| self.tally.of(*state) > 0)
            .fold(String::new(), |words, state| {
                format!("{words}, {} {}", grouped(self.tally.of(state)), state.as_str())
            });
        let open = match self.open {
            0 => String::new(),
            open => format!(", {}", count(open as u64, "connection")),
        };
        let words = format!(
            "{} of {}{others}  {rate:.1}/s{open}{eta}",
            grouped(self.tally.of(State::Sent)),
            count(self.tally.total(), "letter")
        );
        if self.printer.live {
            self.bar.set_message(words);
        } else if self.done > self.noted {
            self.noted = self.done;
            self.printer.say(format!("  {words}"));
        }
    }
}

/// An event as an object on stdout.
fn object(event: &Event) -> Value {
    match event {
        Event::Started { issue, tally } => {
            json!({ "event": "started", "issue": issue, "planned": tally.total(), "remaining": tally.remaining() })
        }
        Event::Settled { email, outcome, .. } => {
            let (class, reply) = match outcome {
                Outcome::Sent(reply) | Outcome::Deferred(_, _, reply) => (None, reply.to_string()),
                Outcome::Failed(class, _, words) => (Some(class.as_str()), words.clone()),
                Outcome::NotSent(why) | Outcome::Unknown(why) => (None, why.clone()),
            };
            json!({ "event": outcome.state().as_str(), "email": email, "class": class, "reply": reply })
        }
        Event::Withdrawn { email, .. } => json!({ "event": "skipped", "email": email }),
        Event::Trouble { why, rest } => {
            json!({ "event": "trouble", "why": why, "rest": rest.as_secs_f64() })
        }
        Event::Waiting { until, full } => {
            let limit = full.map(|limit| limit.to_string());
            json!({ "event": "waiting", "until": until.to_string(), "limit": limit })
        }
        Event::Slowed { rate, why } => {
            json!({ "event": "slowed", "rate": rate.to_string(), "why": why })
        }
        Event::Connections { open, allowed, why } => {
            json!({ "event": "connections", "open": open, "allowed": allowed, "why": because(why) })
        }
        Event::NoWindow => json!({ "event": "no-window" }),
        Event::DomainStopped { domain, why } => {
            json!({ "event": "domain-stopped", "domain": domain, "why": why })
        }
        Event::Draining => json!({ "event": "draining" }),
        Event::Halted(fault) => json!({ "event": "halted", "why": fault.to_string() }),
    }
}

/// Why the number of connections changes, in words.
fn because(why: &Why) -> &str {
    match why {
        Why::Waiting => "letters are waiting",
        Why::NoGain => "more made nothing faster",
        Why::Relay(why) => why,
        Why::Opened => "opened",
        Why::Closed => "ended",
        Why::Idle => "stood idle",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::transport::{Reply, Stage};

    #[test]
    fn a_reader_who_was_deferred_and_then_mailed_is_counted_once() {
        let printer = Printer::QUIET;
        let mut screen = Screen::new(printer);
        let mut tally = Tally::default();
        tally.set(State::Pending, 1);
        screen.show(&Event::Started { issue: "tide".into(), tally });
        let later = Outcome::Deferred(jiff::Timestamp::MAX, Stage::Rcpt, Reply::new(450, "later"));
        for (again, outcome) in [(false, later), (true, Outcome::Sent(Reply::new(250, "ok")))] {
            screen.show(&Event::Settled { email: "ada@example.org".into(), again, outcome });
        }
        assert_eq!((screen.tally.total(), screen.tally.of(State::Sent)), (1, 1));
        assert_eq!(screen.tally.remaining(), 0);
    }
}
