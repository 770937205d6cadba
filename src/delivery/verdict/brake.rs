//! Whether a reply asks us to go slower, and for how long to pause.

use std::time::Duration;

use super::words::{has, is_recipients_rate};
use crate::delivery::transport::{Enhanced, Reply, Stage};

/// The relay wants fewer letters per time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brake {
    /// Its words.
    pub why: String,
    /// How long nothing should leave at all, if it says so; a quarter of an hour at the most.
    pub pause: Option<Duration>,
}

/// A relay that names a longer pause is asked again before.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// Judges the pace: 421, 4.7.x and the words of a rate ask for less; greylisting, a mailbox that gets too much and
/// a connection that has merely carried its share do not.
pub fn brake(stage: Stage, reply: &Reply) -> Option<Brake> {
    let goodbye = reply.closes()
        && (reply.enhanced == Some(Enhanced(4, 4, 2)) || has(reply, CONNECTION))
        && !has(reply, &["rate"]);
    let greylisted = stage == Stage::Rcpt && has(reply, &["greylist", "graylist", "greylisted"]);
    if !reply.is_transient() || goodbye || greylisted || is_recipients_rate(reply) {
        return None;
    }
    let asked =
        reply.closes() || matches!(reply.enhanced, Some(Enhanced(4, 7, _))) || has(reply, RATE);
    asked.then(|| Brake { why: format!("at {stage}: {reply}"), pause: pause(&reply.text) })
}

/// The relay counts what one connection has carried.
const CONNECTION: &[&str] =
    &["this connection", "per connection", "this session", "per session", "idle"];

/// A rate that is ours to keep.
const RATE: &[&str] = &[
    "sending rate",
    "rate limit",
    "ratelimit",
    "throttl",
    "too many",
    "concurrent connection",
    "thread limit",
    "too fast",
    "slow down",
    "peak smtp relay",
    "[ts0",
    "rp-00",
];

/// The time in words such as "try again in 300 seconds" or "wait 5 minutes".
fn pause(text: &str) -> Option<Duration> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    words.windows(3).find_map(|words| {
        let [before, number, unit] = words else { return None };
        let before = before.to_ascii_lowercase();
        let number: u64 = number.parse().ok()?;
        let scale = match unit.to_ascii_lowercase().get(..3)? {
            "sec" => 1,
            "min" => 60,
            "hou" => 3_600,
            _ => return None,
        };
        let is_wait = matches!(before.as_str(), "in" | "after" | "wait" | "for" | "least");
        let pause = Duration::from_secs(number.saturating_mul(scale));
        (is_wait && !pause.is_zero()).then_some(pause.min(LONGEST_PAUSE))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn braked(stage: Stage, code: u16, text: &str) -> Option<Brake> {
        brake(stage, &Reply::new(code, text))
    }

    #[test]
    fn some_refusals_are_about_our_pace_and_others_are_not() {
        let table = [
            (Stage::Dot, 454, "Throttling failure: Maximum sending rate exceeded.", true),
            (Stage::Mail, 421, "4.7.0 Try again later", true),
            (Stage::Rcpt, 421, "4.7.28 unusual rate of unsolicited mail", true),
            (Stage::Rcpt, 451, "4.7.650 The mail server has been temporarily rate limited", true),
            (Stage::Mail, 421, "RP-001 Too many connections", true),
            (Stage::Rcpt, 421, "4.7.0 [TSS04] Messages temporarily deferred", true),
            (Stage::Rcpt, 450, "4.2.1 Peak SMTP relay limit exceeded", true),
            (Stage::Greeting, 421, "4.3.2 too busy", true),
            (Stage::Dot, 432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", true),
            (Stage::Mail, 432, "4.3.2 Concurrent connections limit exceeded", true),
            (Stage::Rcpt, 451, "4.7.1 come back later", true),
            (Stage::Mail, 421, "4.4.2 submission rate has exceeded the limit", true),
            (Stage::Rcpt, 450, "4.7.1 Greylisted, come again", false),
            (Stage::Rcpt, 450, "4.2.1 is receiving mail at a rate that is too fast", false),
            (Stage::Mail, 421, "too many messages in this connection", false),
            (Stage::Mail, 421, "4.4.2 idle timeout", false),
            (Stage::Dot, 451, "4.3.0 disk full", false),
            (Stage::Rcpt, 550, "5.7.1 sending rate", false),
        ];
        for (stage, code, text, expected) in table {
            assert_eq!(braked(stage, code, text).is_some(), expected, "{stage} {code} {text}");
        }
    }

    #[test]
    fn a_pause_is_read_from_the_words_and_is_no_longer_than_a_quarter_of_an_hour() {
        let pause =
            |text| braked(Stage::Mail, 421, text).unwrap().pause.map(|pause| pause.as_secs());
        assert_eq!(pause("4.7.0 too many, try again in 30 seconds"), Some(30));
        assert_eq!(pause("4.7.0 wait 2 Minutes."), Some(120));
        assert_eq!(pause("4.7.0 retry after 9 hours"), Some(900));
        assert_eq!(pause("4.7.0 limit of 20 seconds, 14 min"), None);
        assert_eq!(pause("4.7.0 in 99999999999999999999 seconds"), None);
    }
}
