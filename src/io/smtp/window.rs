//! CHUNKING (RFC 3030): whole letters in one write each, several of them under way at once.
//!
//! A letter is RSET, MAIL, RCPT, BDAT LAST and its content. RSET makes it independent of what became of the letter before,
//! whose answers are not known yet. That MAIL may follow a LAST chunk is the reading of docs/adr/0013-a-window.md.

use std::io::IoSlice;

use lettre::transport::smtp::commands::Rset;

use super::envelope::{mail, needs_smtputf8, rcpt};
use super::session::{SmtpSession, State};
use super::stream::in_words;
use crate::delivery::transport::{Reply, SendError, Stage};
use crate::message::{Content, Message};

/// A letter that was posted, as far as it is known.
pub(super) enum Posted {
    /// It was not sent at all, and this is why.
    Kept(SendError),
    /// It was written, or the connection broke while it was.
    Written {
        /// Whether the kernel cannot have taken its last byte.
        proved_not_sent: bool,
    },
}

impl SmtpSession {
    /// Writes letters one behind the other.
    pub(super) async fn post_all(&mut self, messages: &[&Message]) {
        let mut heads: Vec<(String, &Content)> = Vec::with_capacity(messages.len());
        let mut ends = Vec::with_capacity(messages.len());
        let first = self.posted.len();
        let mut length = 0;
        for message in messages {
            if let Some(error) = self.not_to_be_posted(message) {
                self.posted.push_back(Posted::Kept(error));
                continue;
            }
            self.mails += 1;
            let (mail, rcpt, size) =
                (mail(message, &self.offers), rcpt(message), message.content.len());
            let head = format!("{Rset}{mail}{rcpt}BDAT {size} LAST\r\n");
            length += (head.len() + size) as u64;
            ends.push((self.posted.len(), length));
            heads.push((head, &message.content));
            self.posted.push_back(Posted::Written { proved_not_sent: false });
        }
        if heads.is_empty() {
            return;
        }
        let mut parts: Vec<IoSlice<'_>> = heads
            .iter()
            .flat_map(|(head, content)| [head.as_bytes()].into_iter().chain(content.parts()))
            .map(IoSlice::new)
            .collect();
        let before = self.line.accepted();
        if let Err(error) = self.line.write_parts(&mut parts, self.timeouts.block).await {
            // Under TLS what the kernel took is longer than what it stands for, so this errs towards doubt.
            let taken = self.line.accepted().saturating_sub(before);
            debug_assert!(ends.iter().all(|(place, _)| *place >= first));
            for (place, end) in ends {
                self.posted[place] = Posted::Written { proved_not_sent: taken < end };
            }
            self.end(in_words(&error));
        }
    }

    /// Why a letter is not even begun.
    fn not_to_be_posted(&mut self, message: &Message) -> Option<SendError> {
        let stage = Stage::Mail;
        if let State::Over(why) = &self.state {
            return Some(SendError::Broken { stage, proved_not_sent: true, why: why.clone() });
        }
        if let Err(why) = self.inspector.check(&message.content, needs_smtputf8(message)) {
            return Some(SendError::Broken { stage: Stage::Body, proved_not_sent: true, why });
        }
        self.offers.foreseen(message)
    }

    /// Hears the answers to the first letter.
    pub(super) async fn answer_first(&mut self) -> Result<Reply, SendError> {
        let proved_not_sent = match self.posted.pop_front() {
            Some(Posted::Kept(error)) => return Err(error),
            Some(Posted::Written { proved_not_sent }) => proved_not_sent,
            None => return Err(self.broken(Stage::Mail, true, "no letter was posted".into())),
        };
        if let State::Over(why) = &self.state {
            let (stage, why) = (Stage::Dot, why.clone());
            return Err(SendError::Broken { stage, proved_not_sent, why });
        }
        let outcome = self.hear_letter(proved_not_sent).await;
        if self.posted.is_empty() && self.line.has_surplus() {
            self.end("the relay said more than it was asked".into());
        }
        outcome
    }

    /// The answers to RSET, MAIL, RCPT and BDAT. The content has left with them, so that whatever is out of step leaves
    /// doubt.
    async fn hear_letter(&mut self, proved_not_sent: bool) -> Result<Reply, SendError> {
        let mut refused: Option<(Stage, Reply)> = None;
        for stage in [Stage::Rset, Stage::Mail, Stage::Rcpt, Stage::Dot] {
            let limit = if stage == Stage::Dot { self.timeouts.dot } else { self.timeouts.command };
            let reply = match (self.hear(stage, limit, proved_not_sent).await, &refused) {
                (Ok(frame), _) => frame.reply(),
                // The refusal stands, whatever becomes of the connection.
                (Err(_), Some((stage, reply))) => return Err(refusal(*stage, reply)),
                (Err(error), None) => return Err(error),
            };
            let is_refusal = reply.is_transient() || reply.is_permanent();
            if !is_refusal && !reply.is_positive()
                || is_refusal && stage == Stage::Rset && !reply.closes()
                || refused.is_some() && !is_refusal
            {
                let why = format!("{stage} was answered with `{reply}`");
                return Err(self.broken(stage, proved_not_sent, why));
            }
            if reply.closes() {
                self.end(reply.to_string());
                let (stage, reply) = refused.unwrap_or((stage, reply));
                return Err(SendError::Refused { stage, reply });
            }
            match (is_refusal, refused.is_some()) {
                (true, false) => refused = Some((stage, reply)),
                (false, false) if stage == Stage::Dot => return Ok(reply),
                _ => {}
            }
        }
        match refused {
            Some((stage, reply)) => {
                self.state = State::Refused;
                Err(SendError::Refused { stage, reply })
            }
            None => Err(self.broken(Stage::Dot, proved_not_sent, "no reply".into())),
        }
    }
}

fn refusal(stage: Stage, reply: &Reply) -> SendError {
    SendError::Refused { stage, reply: reply.clone() }
}
