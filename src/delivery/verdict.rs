//! What a reply means for one recipient: phase first, then code, then words. One pure table.
//!
//! A verdict is a value, not an error; only [`Verdict::Halt`] stops the run.

use std::fmt;

use super::transport::{Enhanced, OpenError, Reply, SendError, Stage};

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The relay took the letter.
    Sent(Reply),
    /// Refused for now: try again later.
    Deferred(Stage, Reply),
    /// Refused for good.
    Failed(Failure, Stage, Reply),
    /// Proved not sent, and not the recipient's fault: still pending.
    NotSent(String),
    /// The final dot may have left and no definite reply came.
    Unknown(String),
    /// Every recipient would fare the same: the row stays pending and the run stops.
    Halt(Fault),
}

/// Why a recipient failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The address does not exist (RCPT answered 5.1.x).
    BadAddress,
    /// The mailbox is disabled or full (5.2.x).
    Mailbox,
    /// Too large for the recipient (5.3.4).
    Size,
    /// Policy or content (5.6.x, 5.7.x, any refusal after the body).
    Policy,
    /// A refusal that says no more than 5xx.
    Unclear,
    /// Transient refusals until `give-up`.
    Expired,
    /// This letter could not be made or addressed here.
    Local,
}

/// Why a whole run stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The relay refuses us: policy or quota. Exit code 5.
    Refused(String),
    /// TLS, login or sender are not accepted. Exit code 6.
    Identity(String),
    /// No connection can be opened or kept. Exit code 3.
    Unreachable(String),
    /// The ledger cannot be written. Exit code 7.
    Ledger(String),
}

/// Judges the outcome of a letter that was offered or committed.
pub fn judge(outcome: Result<Reply, SendError>) -> Verdict {
    match outcome {
        Ok(reply) if reply.is_positive() => Verdict::Sent(reply),
        Ok(reply) => Verdict::Unknown(format!("unexpected reply {reply}")),
        Err(SendError::Broken { stage, proved_not_sent, why }) => {
            let words = format!("broke off at {stage}: {why}");
            if proved_not_sent { Verdict::NotSent(words) } else { Verdict::Unknown(words) }
        }
        Err(SendError::Refused { stage, reply }) => judge_refusal(stage, reply),
    }
}

/// Judges a connection that could not be opened: `None` means that trying again may help.
pub fn judge_open(error: &OpenError) -> Option<Fault> {
    match error {
        OpenError::Unsafe { .. } => Some(Fault::Identity(error.to_string())),
        OpenError::Refused { stage: Stage::Auth | Stage::Tls, reply } if reply.is_permanent() => {
            Some(Fault::Identity(error.to_string()))
        }
        OpenError::Refused { reply, .. } if reply.is_permanent() => {
            Some(Fault::Refused(error.to_string()))
        }
        OpenError::Refused { .. } | OpenError::Broken { .. } => None,
    }
}

fn judge_refusal(stage: Stage, reply: Reply) -> Verdict {
    let at = |reply: &Reply| format!("refused at {stage}: {reply}");
    if is_quota(stage, &reply) {
        return Verdict::Halt(Fault::Refused(at(&reply)));
    }
    if reply.closes() && stage != Stage::Dot {
        return Verdict::NotSent(at(&reply));
    }
    if reply.is_transient() {
        return Verdict::Deferred(stage, reply);
    }
    if !reply.is_permanent() {
        return Verdict::NotSent(format!("unexpected reply at {stage}: {reply}"));
    }
    match stage {
        Stage::Rcpt | Stage::Dot | Stage::Body => {
            Verdict::Failed(classify(stage, &reply), stage, reply)
        }
        Stage::Data if reply.enhanced.is_some_and(|code| matches!(code.1, 6 | 7)) => {
            Verdict::Failed(Failure::Policy, stage, reply)
        }
        _ => Verdict::Halt(Fault::Identity(at(&reply))),
    }
}

/// A daily or hourly allowance is used up: a refusal of us, whatever its code says.
fn is_quota(stage: Stage, reply: &Reply) -> bool {
    let text = reply.text.to_ascii_lowercase();
    let words = [
        "daily smtp relay",
        "daily message quota",
        "daily user sending",
        "sending limit exceeded",
        "quota exceeded for",
    ];
    reply.enhanced == Some(Enhanced(5, 4, 5))
        || words.iter().any(|words| text.contains(words)) && stage != Stage::Rcpt
        || stage == Stage::Mail
            && matches!(reply.enhanced, Some(Enhanced(4, 5, 3) | Enhanced(4, 3, 1)))
            && reply.code == 452
}

fn classify(stage: Stage, reply: &Reply) -> Failure {
    match reply.enhanced {
        Some(Enhanced(5, 1, 1 | 2 | 3 | 6 | 10)) if stage == Stage::Rcpt => Failure::BadAddress,
        Some(Enhanced(5, 2, _)) => Failure::Mailbox,
        Some(Enhanced(5, 3, 4)) => Failure::Size,
        Some(Enhanced(5, 6, 7)) if stage == Stage::Rcpt => Failure::Local,
        Some(Enhanced(5, 6 | 7, _)) => Failure::Policy,
        _ if matches!(stage, Stage::Dot | Stage::Body) => Failure::Policy,
        _ => Failure::Unclear,
    }
}

impl Failure {
    /// Every class, with its word in the ledger and in `--json`.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::BadAddress, "bad-address"),
        (Self::Mailbox, "mailbox"),
        (Self::Size, "size"),
        (Self::Policy, "policy"),
        (Self::Unclear, "unclear"),
        (Self::Expired, "expired"),
        (Self::Local, "local"),
    ];

    /// After how many of these in a row the refusal is of us or of the issue, whoever the recipient: the run stops, so
    /// that a wrong setting or a block-list does not fail a whole list for good.
    pub fn breaks_after(self) -> Option<u32> {
        match self {
            Self::Size => Some(3),
            Self::Policy => Some(5),
            Self::Unclear => Some(20),
            Self::BadAddress | Self::Mailbox | Self::Expired | Self::Local => None,
        }
    }

    /// The word in the ledger and in `--json`.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("unclear", |row| row.1)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "the relay refuses to go on: {why}"),
            Self::Identity(why) => write!(f, "the relay does not accept us: {why}"),
            Self::Unreachable(why) => write!(f, "the relay cannot be reached: {why}"),
            Self::Ledger(why) => write!(f, "the ledger cannot be written: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(stage: Stage, code: u16, text: &str) -> Verdict {
        judge(Err(SendError::Refused { stage, reply: Reply::new(code, text) }))
    }

    fn word(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Sent(_) => "sent",
            Verdict::Deferred(..) => "deferred",
            Verdict::Failed(class, ..) => class.as_str(),
            Verdict::NotSent(_) => "not sent",
            Verdict::Unknown(_) => "unknown",
            Verdict::Halt(Fault::Refused(_)) => "halt: refused",
            Verdict::Halt(Fault::Identity(_)) => "halt: identity",
            Verdict::Halt(_) => "halt",
        }
    }

    #[test]
    fn every_refusal_has_its_meaning() {
        let table = [
            (Stage::Mail, 550, "5.4.5 Daily user sending limit exceeded", "halt: refused"),
            (Stage::Dot, 454, "Throttling failure: Daily message quota exceeded.", "halt: refused"),
            (Stage::Mail, 452, "4.5.3 too many messages", "halt: refused"),
            (Stage::Mail, 421, "4.7.0 too many messages, closing", "not sent"),
            (Stage::Rcpt, 421, "4.7.28 rate limited", "not sent"),
            (Stage::Dot, 421, "4.3.0 going down", "deferred"),
            (Stage::Mail, 454, "4.7.0 Maximum sending rate exceeded", "deferred"),
            (Stage::Mail, 553, "5.1.8 sender refused", "halt: identity"),
            (Stage::Mail, 530, "5.7.0 authentication required", "halt: identity"),
            (Stage::Mail, 552, "5.3.4 message too big", "halt: identity"),
            (Stage::Rcpt, 550, "5.1.1 no such user", "bad-address"),
            (Stage::Rcpt, 550, "5.1.10 null MX", "bad-address"),
            (Stage::Rcpt, 550, "5.2.1 disabled", "mailbox"),
            (Stage::Rcpt, 552, "5.2.2 over quota", "mailbox"),
            (Stage::Rcpt, 550, "5.7.1 blocked", "policy"),
            (Stage::Rcpt, 550, "no", "unclear"),
            (Stage::Rcpt, 450, "4.7.1 greylisted", "deferred"),
            (Stage::Data, 451, "4.3.0 try later", "deferred"),
            (Stage::Data, 554, "5.5.1 no valid recipients", "halt: identity"),
            (Stage::Dot, 554, "5.7.1 spam", "policy"),
            (Stage::Dot, 550, "5.1.1 late refusal", "policy"),
            (Stage::Dot, 451, "4.7.1 later", "deferred"),
            (Stage::Body, 451, "4.3.0 gave up listening", "deferred"),
        ];
        for (stage, code, text, expected) in table {
            assert_eq!(word(&refused(stage, code, text)), expected, "{stage} {code} {text}");
        }
    }

    #[test]
    fn only_the_final_dot_leaves_doubt() {
        let broken = |stage, proved_not_sent| {
            judge(Err(SendError::Broken { stage, proved_not_sent, why: "eof".into() }))
        };
        assert_eq!(word(&broken(Stage::Rcpt, true)), "not sent");
        assert_eq!(word(&broken(Stage::Dot, true)), "not sent");
        assert_eq!(word(&broken(Stage::Dot, false)), "unknown");
        assert_eq!(word(&judge(Ok(Reply::new(250, "2.0.0 ok")))), "sent");
        assert_eq!(word(&judge(Ok(Reply::new(354, "go on")))), "unknown");
    }

    #[test]
    fn a_relay_that_may_recover_is_tried_again() {
        let refused =
            |stage, code| judge_open(&OpenError::Refused { stage, reply: Reply::new(code, "x") });
        assert_eq!(refused(Stage::Greeting, 421), None);
        assert_eq!(refused(Stage::Auth, 454), None);
        assert!(matches!(refused(Stage::Auth, 535), Some(Fault::Identity(_))));
        assert!(matches!(refused(Stage::Greeting, 554), Some(Fault::Refused(_))));
        let closed = OpenError::Broken { stage: Stage::Connect, why: "refused".into() };
        assert_eq!(judge_open(&closed), None);
    }
}
