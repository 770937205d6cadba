//! What a reply means for one recipient: phase first, then code, then words. One pure table.
//!
//! A verdict is a value, not an error; only [`Verdict::Halt`] stops the run.

mod brake;
mod words;

use std::fmt;

pub use brake::{Brake, brake};

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
    /// As [`Verdict::NotSent`], because the relay does not keep to SMTP: a few of these stop the run.
    Garbled(String),
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
    /// The mailbox is disabled (5.2.x).
    Mailbox,
    /// The mailbox was full until `give-up`.
    Soft,
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
    /// The relay answers what is not SMTP. Exit code 5.
    Garbled(String),
    /// The letter is larger than the relay takes. Exit code 1.
    TooLarge(String),
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
        Err(error @ SendError::Garbled { .. }) => Verdict::Garbled(error.to_string()),
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

/// The table, phase first; the first rule that matches wins. docs/relay.md shows it.
fn judge_refusal(stage: Stage, reply: Reply) -> Verdict {
    let at = |reply: &Reply| format!("refused at {stage}: {reply}");
    if matches!(reply.code, 523 | 530 | 538) {
        return Verdict::Halt(Fault::Identity(at(&reply)));
    }
    if words::is_quota(stage, &reply) {
        return Verdict::Halt(Fault::Refused(at(&reply)));
    }
    if reply.closes() && !is_about_letter(stage, &reply) {
        return Verdict::NotSent(at(&reply));
    }
    if reply.is_transient() {
        return Verdict::Deferred(stage, reply);
    }
    if !reply.is_permanent() {
        return Verdict::Garbled(format!("unexpected reply at {stage}: {reply}"));
    }
    let classified = match stage {
        Stage::Rcpt => at_rcpt(&reply),
        Stage::Data if (500..=504).contains(&reply.code) => Class::Garbled,
        Stage::Data | Stage::Body | Stage::Dot => after_data(&reply),
        _ if reply.code == 552 || reply.enhanced == Some(Enhanced(5, 3, 4)) => Class::TooLarge,
        _ => Class::Us,
    };
    match classified {
        Class::Failed(class) => Verdict::Failed(class, stage, reply),
        Class::Later => Verdict::Deferred(stage, reply),
        Class::Us => Verdict::Halt(Fault::Identity(at(&reply))),
        Class::TooLarge => Verdict::Halt(Fault::TooLarge(at(&reply))),
        Class::Garbled => Verdict::Garbled(at(&reply)),
    }
}

/// What a 5xx comes to.
enum Class {
    Failed(Failure),
    /// It says "never" and means "later".
    Later,
    /// The sender is refused, not the recipient.
    Us,
    TooLarge,
    /// The relay is out of step.
    Garbled,
}

/// Whether a 421 answers this very letter: after its dot, or a rate that its recipient's domain imposes.
fn is_about_letter(stage: Stage, reply: &Reply) -> bool {
    stage == Stage::Dot || stage == Stage::Rcpt && brake(stage, reply).is_some()
}

fn at_rcpt(reply: &Reply) -> Class {
    let failure = match reply.enhanced {
        Some(Enhanced(5, 1, 7 | 8)) => return Class::Us,
        Some(Enhanced(5, 1, 1 | 2 | 3 | 6 | 10)) => Failure::BadAddress,
        _ => return of_mailbox(reply).unwrap_or(Class::Failed(of_policy(reply))),
    };
    Class::Failed(failure)
}

/// What only RCPT knows of an address does not count here: the content may be what was refused.
fn after_data(reply: &Reply) -> Class {
    let policy = match of_policy(reply) {
        Failure::Unclear if !matches!(reply.enhanced, Some(Enhanced(5, 1, _))) => Failure::Policy,
        Failure::Local => Failure::Policy,
        class => class,
    };
    of_mailbox(reply).unwrap_or(Class::Failed(policy))
}

/// What a reply says of the mailbox behind an address, or of a letter too large for it.
fn of_mailbox(reply: &Reply) -> Option<Class> {
    match reply.enhanced {
        Some(Enhanced(5, 2, 1)) if words::is_recipients_rate(reply) => Some(Class::Later),
        _ if words::is_full(reply) => Some(Class::Later),
        Some(Enhanced(5, 3, 4) | Enhanced(5, 2, 3)) => Some(Class::Failed(Failure::Size)),
        Some(Enhanced(5, 2, _)) => Some(Class::Failed(Failure::Mailbox)),
        _ if reply.code == 552 => Some(Class::Failed(Failure::Size)),
        _ => None,
    }
}

fn of_policy(reply: &Reply) -> Failure {
    match reply.enhanced {
        Some(Enhanced(5, 6, 7)) => Failure::Local,
        Some(Enhanced(5, 6 | 7, _)) => Failure::Policy,
        _ if words::is_block(reply) => Failure::Policy,
        _ => Failure::Unclear,
    }
}

impl Failure {
    /// Every class, with its word in the ledger and in `--json`.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::BadAddress, "bad-address"),
        (Self::Mailbox, "mailbox"),
        (Self::Soft, "soft"),
        (Self::Size, "size"),
        (Self::Policy, "policy"),
        (Self::Unclear, "unclear"),
        (Self::Expired, "expired"),
        (Self::Local, "local"),
    ];

    /// What a recipient has failed with whose transient refusals did not end before `give-up`.
    pub fn of_expired(reply: &Reply) -> Self {
        if words::is_full(reply) { Self::Soft } else { Self::Expired }
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
            Self::Garbled(why) => write!(f, "the relay does not keep to SMTP: {why}"),
            Self::TooLarge(why) => write!(f, "the letter is too large for the relay: {why}"),
            Self::Identity(why) => write!(f, "the relay does not accept us: {why}"),
            Self::Unreachable(why) => write!(f, "the relay cannot be reached: {why}"),
            Self::Ledger(why) => write!(f, "the ledger cannot be written: {why}"),
        }
    }
}

#[cfg(test)]
mod tests;
