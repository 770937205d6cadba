//! PIPELINING (RFC 2920): the end of one letter and the envelope of the next in one write and one round trip.
//!
//! The group is body, final dot, MAIL, RCPT, DATA. What can be proved of the dot is what the kernel took of it: nothing
//! is heard between body and dot (`docs/adr/0012-pipelining.md`).

use std::io::{self, IoSlice};
use std::time::Duration;

use lettre::transport::smtp::commands::{Data, Rset};
use tokio::time::timeout;

use super::envelope::{mail, rcpt};
use super::reply::Frame;
use super::session::{SmtpSession, State};
use super::stopping::CALLED_OFF;
use super::stream::in_words;
use crate::delivery::transport::{Reply, SendError, Stage};
use crate::message::Message;

/// The end of a letter (RFC 5321 4.1.1.4); letters end in CRLF and need no dot-stuffing.
const DOT: &str = ".\r\n";

impl SmtpSession {
    /// MAIL, RCPT and DATA in one write, after RSET where the last letter was refused.
    pub(super) async fn offer_group(
        &mut self,
        message: &Message,
        after_refusal: bool,
    ) -> Result<(), SendError> {
        let mut group = if after_refusal { Rset.to_string() } else { String::new() };
        self.add_envelope(&mut group, message);
        let limit = self.timeouts.command;
        if let Err(error) = self.line.write(group.as_bytes(), limit).await {
            return Err(self.broken(Stage::Mail, true, in_words(&error)));
        }
        if after_refusal {
            let reply = self.hear(Stage::Rset, limit, true).await?.reply();
            self.was_reset(reply)?;
        }
        self.collect().await
    }

    /// The answers to MAIL, RCPT and DATA; all of them are heard before anything else is said.
    pub(super) async fn collect(&mut self) -> Result<(), SendError> {
        let mut refused: Option<(Stage, Reply)> = None;
        for stage in [Stage::Mail, Stage::Rcpt, Stage::Data] {
            let limit = self.limit(stage);
            let heard = self.hear(stage, limit, true).await;
            let Some((refused_at, reply)) = refused.take() else {
                refused = self.as_hoped(stage, &heard?)?;
                if let Some((stage, reply)) = refused.take_if(|(_, reply)| reply.closes()) {
                    self.end(reply.to_string());
                    return Err(SendError::Refused { stage, reply });
                }
                continue;
            };
            let refusal = SendError::Refused { stage: refused_at, reply: reply.clone() };
            match heard.map(|frame| frame.code()) {
                // The refusal stands, whatever becomes of the connection.
                Err(_) => return Err(refusal),
                // A letter without a recipient is never ended, not even with a lone dot.
                Ok(354) => {
                    self.end("the relay waits for a letter it has refused".into());
                    return Err(refusal);
                }
                Ok(421) => {
                    self.end("the relay is closing the connection".into());
                    return Err(refusal);
                }
                Ok(code) if code / 100 == 2 => {
                    let why = format!("`{code}` to {stage} follows `{reply}` to {refused_at}");
                    return Err(self.garbled(stage, why));
                }
                Ok(_) => refused = Some((refused_at, reply)),
            }
        }
        if let Some((stage, reply)) = refused {
            self.settle(State::Refused);
            return Err(SendError::Refused { stage, reply });
        }
        if self.line.has_surplus() {
            let why = "the relay said more than it was asked".into();
            return Err(self.garbled(Stage::Data, why));
        }
        self.state = State::Offered;
        Ok(())
    }

    /// Body, dot and the next letter's envelope; then the answer to the dot.
    pub(super) async fn commit_group(
        &mut self,
        message: &Message,
        next: Option<&Message>,
    ) -> Result<Reply, SendError> {
        self.hear_before_body().await?;
        let next = next.filter(|next| !self.is_used_up() && self.offers.foreseen(next).is_none());
        let mut tail = DOT.to_owned();
        if let Some(next) = next {
            self.add_envelope(&mut tail, next);
        }
        let before = self.line.accepted();
        let parts = message.content.parts().chain([tail.as_bytes()]);
        let mut parts: Vec<IoSlice<'_>> = parts.map(IoSlice::new).collect();
        let written = self.line.write_parts(&mut parts, self.timeouts.block).await;
        if let Err(error) = written {
            let taken = self.line.accepted().saturating_sub(before);
            return self.broken_off(message.content.len() as u64, taken, &error).await;
        }
        let reply = self.hear(Stage::Dot, self.timeouts.dot, false).await?.reply();
        self.answered(reply, if next.is_some() { State::Ahead } else { State::Idle })
    }

    /// A relay that has spoken or hung up since its 354, as far as that is known, gets no body.
    async fn hear_before_body(&mut self) -> Result<(), SendError> {
        let why = match self.line.glance().await {
            Ok(None) if !self.line.has_surplus() => return Ok(()),
            Ok(Some(frame)) => return Err(self.interrupted(&frame)),
            Ok(None) => "the relay spoke before the end of the letter".into(),
            Err(error) => self.line.trouble().unwrap_or_else(|| in_words(&error)),
        };
        Err(self.broken(Stage::Body, true, why))
    }

    /// The write of a group has failed. Under TLS what the kernel took is longer than what it stands for, so that fewer
    /// bytes than the body has prove the same: a record that is not whole cannot be read.
    async fn broken_off(
        &mut self,
        body: u64,
        taken: u64,
        error: &io::Error,
    ) -> Result<Reply, SendError> {
        let proved_not_sent = taken <= body;
        let heard = timeout(self.timeouts.block, self.line.overhear()).await;
        match heard {
            Ok(Ok(Some(frame))) if proved_not_sent => Err(self.interrupted(&frame)),
            Ok(Ok(Some(frame))) => {
                let answered = self.answered(frame.reply(), State::Idle);
                self.end(in_words(error));
                answered
            }
            _ => {
                let stage = if proved_not_sent { Stage::Body } else { Stage::Dot };
                Err(self.broken(stage, proved_not_sent, in_words(error)))
            }
        }
    }

    /// The next reply, within its time.
    pub(super) async fn hear(
        &mut self,
        stage: Stage,
        limit: Duration,
        proved_not_sent: bool,
    ) -> Result<Frame, SendError> {
        let why = match self.line.unless_left(timeout(limit, self.line.hear())).await {
            Some(Ok(Ok(frame))) => return Ok(frame),
            Some(Ok(Err(error))) => self.line.trouble().unwrap_or_else(|| in_words(&error)),
            Some(Err(_)) => format!("no reply within {limit:?}"),
            None => CALLED_OFF.into(),
        };
        Err(self.broken(stage, proved_not_sent, why))
    }

    /// Whether a step was refused; what is neither its success nor a refusal ends the connection.
    fn as_hoped(
        &mut self,
        stage: Stage,
        frame: &Frame,
    ) -> Result<Option<(Stage, Reply)>, SendError> {
        let code = frame.code();
        if if stage == Stage::Data { code == 354 } else { code / 100 == 2 } {
            return Ok(None);
        }
        let reply = frame.reply();
        if reply.is_transient() || reply.is_permanent() {
            return Ok(Some((stage, reply)));
        }
        Err(self.garbled(stage, format!("{stage} was answered with `{reply}`")))
    }

    fn add_envelope(&mut self, group: &mut String, message: &Message) {
        use std::fmt::Write as _;
        self.mails += 1;
        // Writing to a string cannot fail.
        let _ = write!(group, "{}{}{Data}", mail(message, &self.offers), rcpt(message));
    }
}
