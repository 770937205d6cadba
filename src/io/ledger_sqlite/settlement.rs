//! One outcome as the ledger keeps it, and as a line of a rescue file: the same fields, so that nothing is lost between.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{suppression, timestamp};
use crate::delivery::ledger::{Entry, Outcome};
use crate::delivery::transport::Stage;
use crate::delivery::verdict::Failure;

/// What became of an attempt at one row. Times are milliseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Settlement {
    pub(super) row: i64,
    pub(super) at: i64,
    /// The state it leads to.
    pub(super) outcome: Cow<'static, str>,
    reason: Option<Cow<'static, str>>,
    next_at: Option<i64>,
    stage: Option<String>,
    /// The relay's reply code, if it answered.
    code: Option<u16>,
    words: String,
}

impl Settlement {
    /// What is to be kept of an entry when the ledger cannot take it: an intent was denied, so its letter has not left.
    pub(super) fn kept(entry: &Entry) -> Self {
        match entry {
            Entry::Attempting { row, at } => {
                let why = "the ledger could not be written, so it did not leave";
                Self::new(*row, *at, &Outcome::NotSent(why.into()))
            }
            Entry::Settled { row, at, outcome } => Self::new(*row, *at, outcome),
        }
    }

    pub(super) fn new(row: u64, at: Timestamp, outcome: &Outcome) -> Self {
        let (mut reason, mut next_at) = (None, None);
        let (stage, reply, words) = match outcome {
            Outcome::Sent(reply) => (None, Some(reply), reply.to_string()),
            Outcome::Deferred(due, stage, reply) => {
                next_at = Some(due.as_millisecond());
                (Some(*stage), Some(reply), reply.to_string())
            }
            Outcome::Failed(class, answered, words) => {
                reason = Some(class.as_str().into());
                let (stage, reply) =
                    answered.as_ref().map(|(stage, reply)| (*stage, reply)).unzip();
                (stage, reply, words.clone())
            }
            Outcome::NotSent(why) => (None, None, why.clone()),
            Outcome::Unknown(why) => {
                reason = Some("no-reply".into());
                (None, None, why.clone())
            }
        };
        Self {
            row: row.cast_signed(),
            at: at.as_millisecond(),
            outcome: outcome.state().as_str().into(),
            reason,
            next_at,
            stage: stage.map(|stage| stage.to_string()),
            code: reply.map(|reply| reply.code),
            words,
        }
    }

    /// Writes it into the ledger; gives how many rows it changed.
    pub(super) fn write(
        &self,
        connection: &Connection,
        issue: i64,
        run: i64,
    ) -> rusqlite::Result<usize> {
        self.suppress(connection, issue)?;
        connection
            .prepare_cached(
                "INSERT OR ROLLBACK INTO attempt (run, issue, row, at, outcome, stage, code, reply) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![run, issue, self.row, self.at, self.outcome, self.stage, self.code, self.words])?;
        connection
            .prepare_cached(
                "UPDATE OR ROLLBACK delivery SET state = ?3, reason = ?4, changed_at = ?5, next_at = ?6, attempts = attempts + ?7,
                   first_at = CASE WHEN ?7 THEN coalesce(first_at, ?5) ELSE first_at END WHERE issue = ?1 AND row = ?2",
            )?
            .execute(params![issue, self.row, self.outcome, self.reason, self.at, self.next_at, self.code.is_some()])
    }

    /// A recipient the relay does not know is never mailed again; one it refuses with words that say less, when it has
    /// done so in another issue a week or more before.
    fn suppress(&self, connection: &Connection, issue: i64) -> rusqlite::Result<()> {
        let is_refused = self.stage.as_deref() == Some(&Stage::Rcpt.to_string());
        let (true, Some(code), Some(class)) = (is_refused, self.code, self.reason.as_deref())
        else {
            return Ok(());
        };
        let enhanced = self.words.split(' ').nth(1).filter(|word| is_enhanced(word));
        let is = |failure: Failure| class == failure.as_str();
        let is_disabled = enhanced == Some("5.2.1") && !self.words.contains("rate");
        let like = if is(Failure::BadAddress) {
            None
        } else if is(Failure::Mailbox) && is_disabled {
            Some(format!("{code} 5.2.1%"))
        } else if is(Failure::Unclear) && enhanced.is_none() {
            Some(format!("{code}%"))
        } else {
            return Ok(());
        };
        let at = timestamp(self.at);
        let words = match like {
            None => self.words.clone(),
            Some(like) if suppression::refused_before(connection, issue, self.row, at, &like)? => {
                format!("refused in two issues, now with {}", self.words)
            }
            Some(_) => return Ok(()),
        };
        suppression::bounced(connection, issue, self.row, at, &words)
    }
}

/// Whether a word is an enhanced status code (RFC 3463).
fn is_enhanced(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| part.parse::<u16>().is_ok())
}
