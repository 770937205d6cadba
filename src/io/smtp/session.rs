//! One connection. Here it is in lock step: MAIL, RCPT, DATA, body, dot, each after the answer to the last; `pipeline`
//! speaks in groups where the relay offers that.

use std::collections::VecDeque;
use std::fmt::Display;
use std::io::IoSlice;
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Quit, Rset};
use tokio::time::timeout;

use super::envelope::{mail, needs_smtputf8, rcpt};
use super::letter::Inspector;
use super::offers::Offers;
use super::reply::Frame;
use super::stopping::CALLED_OFF;
use super::stream::{Line, in_words};
use super::window::Posted;
use crate::config::Timeouts;
use crate::delivery::transport::{Reply, SendError, Session, Stage};
use crate::message::{Content, Message};

/// An open connection to the relay.
///
/// After a refusal RSET goes before the next MAIL, so the verdict does not wait for it.
pub struct SmtpSession {
    connection: AsyncSmtpConnection,
    pub(super) line: Line,
    pub(super) offers: Offers,
    pub(super) timeouts: Timeouts,
    pub(super) state: State,
    /// How many letters may be under way at once, where the relay can do that.
    window: usize,
    /// Letters that were posted and not answered for.
    pub(super) posted: VecDeque<Posted>,
    /// How many MAIL commands were said, whatever the answer.
    pub(super) mails: u64,
    pub(super) inspector: Inspector,
}

/// What may come next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// MAIL.
    Idle,
    /// RSET, then MAIL.
    Refused,
    /// The body: the relay has said 354.
    Offered,
    /// The answers to the envelope that went with the letter before.
    Ahead,
    /// Nothing: a step broke off, or its future was dropped.
    Over(String),
}

/// How long the goodbye may take.
const QUIT: Duration = Duration::from_secs(5);

impl SmtpSession {
    /// A connection that has been greeted, secured and logged in.
    pub(super) fn new(
        connection: AsyncSmtpConnection,
        line: Line,
        offers: Offers,
        timeouts: Timeouts,
        window: usize,
    ) -> Self {
        let state = State::Idle;
        let (posted, inspector) = (VecDeque::new(), Inspector::default());
        Self { connection, line, offers, timeouts, state, window, posted, mails: 0, inspector }
    }

    /// Takes the state out; if the step is not seen through, the connection is over.
    fn begin(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Over("the letter before was broken off".into()))
    }

    /// Ends the connection at once; bytes still in a buffer never leave.
    pub(super) fn end(&mut self, why: String) {
        self.line.cut();
        self.state = State::Over(why);
    }

    /// Ends the connection, and says so.
    pub(super) fn broken(&mut self, stage: Stage, proved_not_sent: bool, why: String) -> SendError {
        let garbled = proved_not_sent && self.line.is_garbled();
        self.end(why.clone());
        if garbled {
            return SendError::Garbled { stage, why };
        }
        SendError::Broken { stage, proved_not_sent, why }
    }

    /// Ends the connection because of what was said on it, before any dot.
    pub(super) fn garbled(&mut self, stage: Stage, why: String) -> SendError {
        self.end(why.clone());
        SendError::Garbled { stage, why }
    }

    /// Ends a transaction; a relay that has said more than it was asked is out of step and not asked again.
    pub(super) fn settle(&mut self, state: State) {
        if self.line.has_surplus() {
            self.end("the relay said more than it was asked".into());
        } else {
            self.state = state;
        }
    }

    /// One command, one reply.
    async fn exchange(&mut self, stage: Stage, command: impl Display) -> Result<Reply, SendError> {
        if self.line.has_surplus() {
            return Err(self.garbled(stage, "the relay said more than it was asked".into()));
        }
        let limit = self.limit(stage);
        let said = timeout(limit, self.connection.command(command)).await;
        match self.line.take_heard().first().map(Frame::reply) {
            Some(reply) => Ok(reply),
            None => {
                let why = why(&self.line, said.map(|said| said.map(drop)).ok(), limit);
                Err(self.broken(stage, true, why))
            }
        }
    }

    /// Turns every reply but the one hoped for into an error and the state that follows from it.
    fn require(&mut self, stage: Stage, reply: Reply, hoped_for: bool) -> Result<(), SendError> {
        if hoped_for {
            return Ok(());
        }
        if !reply.is_transient() && !reply.is_permanent() {
            return Err(self.garbled(stage, format!("{stage} was answered with `{reply}`")));
        }
        if reply.closes() {
            self.end(reply.to_string());
        } else {
            self.settle(State::Refused);
        }
        Err(SendError::Refused { stage, reply })
    }

    /// Hears whether the relay has hung up or spoken since the last letter.
    async fn listen(&mut self) -> Result<(), SendError> {
        let heard = timeout(self.timeouts.command, self.line.overhear()).await;
        let why = match heard {
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(frame))) => {
                let reply = frame.reply();
                if reply.closes() {
                    self.end(reply.to_string());
                    return Err(SendError::Refused { stage: Stage::Mail, reply });
                }
                return Err(self.garbled(Stage::Mail, format!("the relay said `{reply}` unasked")));
            }
            Ok(Err(error)) => self.line.trouble().unwrap_or_else(|| in_words(&error)),
            Err(_) => "the connection fell silent between letters".into(),
        };
        Err(self.broken(Stage::Mail, true, why))
    }

    async fn reset(&mut self) -> Result<(), SendError> {
        let reply = self.exchange(Stage::Rset, Rset).await?;
        self.was_reset(reply)
    }

    /// What the reply to RSET comes to: it is fulfilled, or the relay leaves, or it does not speak SMTP.
    pub(super) fn was_reset(&mut self, reply: Reply) -> Result<(), SendError> {
        if reply.is_positive() {
            return Ok(());
        }
        if reply.closes() {
            self.end(reply.to_string());
            return Err(SendError::Refused { stage: Stage::Rset, reply });
        }
        Err(self.garbled(Stage::Rset, format!("RSET was answered with `{reply}`")))
    }

    /// Everything but the dot, and then what the relay has said meanwhile: if anything, no dot follows.
    async fn write_body(&mut self, content: &Content) -> Result<(), SendError> {
        let mut parts: Vec<IoSlice<'_>> = content.parts().map(IoSlice::new).collect();
        let written = self.line.write_parts(&mut parts, self.timeouts.block).await;
        let heard = timeout(self.timeouts.block, self.line.overhear()).await;
        let why = match (heard, written) {
            (Ok(Ok(None)), Ok(())) if !self.line.has_surplus() => return Ok(()),
            (Ok(Ok(Some(frame))), _) => return Err(self.interrupted(&frame)),
            (_, Err(error)) => in_words(&error),
            (Ok(Err(error)), Ok(())) => self.line.trouble().unwrap_or_else(|| in_words(&error)),
            (_, Ok(())) => "the relay spoke before the end of the letter".into(),
        };
        Err(self.broken(Stage::Body, true, why))
    }

    /// The dot as a write of its own, and the reply to it.
    async fn write_dot(&mut self) -> Result<Reply, SendError> {
        let before = self.line.accepted();
        if let Err(error) = self.line.write(b".\r\n", self.timeouts.block).await {
            let proved_not_sent = self.line.accepted() == before;
            return Err(self.broken(Stage::Dot, proved_not_sent, in_words(&error)));
        }
        let limit = self.timeouts.dot;
        let said = timeout(limit, self.connection.read_response());
        let Some(said) = self.line.unless_left(said).await else {
            return Err(self.broken(Stage::Dot, false, CALLED_OFF.into()));
        };
        let Some(reply) = self.line.take_heard().first().map(Frame::reply) else {
            let why = why(&self.line, said.map(|said| said.map(drop)).ok(), limit);
            return Err(self.broken(Stage::Dot, false, why));
        };
        self.answered(reply, State::Idle)
    }

    /// The relay has said something between its 354 and the dot: no dot follows.
    pub(super) fn interrupted(&mut self, frame: &Frame) -> SendError {
        let reply = frame.reply();
        if reply.is_transient() || reply.is_permanent() {
            self.end(reply.to_string());
            return SendError::Refused { stage: Stage::Body, reply };
        }
        let why = format!("the relay said `{reply}` before the end of the letter");
        self.garbled(Stage::Body, why)
    }

    /// What the answer to the dot means, and whether the connection goes on in this state.
    pub(super) fn answered(&mut self, reply: Reply, state: State) -> Result<Reply, SendError> {
        let refused = reply.is_transient() || reply.is_permanent();
        if !reply.is_positive() && !refused {
            let why = format!("the final dot was answered with `{reply}`");
            return Err(self.broken(Stage::Dot, false, why));
        }
        if reply.closes() {
            self.end(reply.to_string());
        } else if state == State::Ahead {
            self.state = state;
        } else {
            self.settle(state);
        }
        if refused { Err(SendError::Refused { stage: Stage::Dot, reply }) } else { Ok(reply) }
    }

    /// How long the answer to a command may take.
    pub(super) fn limit(&self, stage: Stage) -> Duration {
        if stage == Stage::Data { self.timeouts.data } else { self.timeouts.command }
    }

    /// Whether the relay takes no further MAIL.
    pub(super) fn is_used_up(&self) -> bool {
        self.offers.mailmax.is_some_and(|mailmax| self.mails >= mailmax)
    }

    /// The envelope, each command after the answer to the last.
    async fn offer_in_steps(
        &mut self,
        message: &Message,
        after_refusal: bool,
    ) -> Result<(), SendError> {
        if after_refusal {
            self.reset().await?;
        }
        self.mails += 1;
        let reply = self.exchange(Stage::Mail, mail(message, &self.offers)).await?;
        let hoped_for = reply.is_positive();
        self.require(Stage::Mail, reply, hoped_for)?;
        let reply = self.exchange(Stage::Rcpt, rcpt(message)).await?;
        let hoped_for = reply.is_positive();
        self.require(Stage::Rcpt, reply, hoped_for)?;
        let reply = self.exchange(Stage::Data, Data).await?;
        let hoped_for = reply.code == 354;
        self.require(Stage::Data, reply, hoped_for)?;
        self.state = State::Offered;
        Ok(())
    }
}

impl Session for SmtpSession {
    async fn offer(&mut self, message: &Message) -> Result<(), SendError> {
        if let (State::Idle | State::Refused, Some(refusal)) =
            (&self.state, self.offers.foreseen(message))
        {
            return Err(refusal);
        }
        let after_refusal = match self.begin() {
            State::Ahead => return self.collect().await,
            State::Idle => false,
            State::Refused => true,
            State::Offered => {
                return Err(self.broken(Stage::Mail, true, "a letter is under way".into()));
            }
            State::Over(why) => return Err(self.broken(Stage::Mail, true, why)),
        };
        self.listen().await?;
        if self.offers.pipelining {
            self.offer_group(message, after_refusal).await
        } else {
            self.offer_in_steps(message, after_refusal).await
        }
    }

    async fn commit(
        &mut self,
        message: &Message,
        next: Option<&Message>,
    ) -> Result<Reply, SendError> {
        match self.begin() {
            State::Offered => {}
            State::Over(why) => return Err(self.broken(Stage::Body, true, why)),
            State::Idle | State::Refused | State::Ahead => {
                return Err(self.broken(Stage::Body, true, "no letter was offered".into()));
            }
        }
        if let Err(why) = self.inspector.check(&message.content, needs_smtputf8(message)) {
            return Err(self.broken(Stage::Body, true, why));
        }
        if self.offers.pipelining {
            return self.commit_group(message, next).await;
        }
        self.write_body(&message.content).await?;
        self.write_dot().await
    }

    fn pipelines(&self) -> bool {
        self.offers.pipelining
    }

    fn window(&self) -> usize {
        if self.offers.pipelining && self.offers.chunking { self.window } else { 1 }
    }

    async fn post(&mut self, messages: &[&Message]) {
        self.post_all(messages).await;
    }

    async fn answer(&mut self) -> Result<Reply, SendError> {
        self.answer_first().await
    }

    fn is_spent(&self) -> bool {
        matches!(self.state, State::Over(_)) || self.is_used_up()
    }

    async fn close(mut self) {
        let is_well = matches!(self.begin(), State::Idle | State::Refused);
        if is_well && self.posted.is_empty() && !self.line.has_surplus() {
            let goodbye = async {
                let _ = self.connection.command(Quit).await;
                let _ = self.line.shut_down().await;
            };
            let _ = timeout(QUIT, goodbye).await;
        }
    }
}

/// Why no reply came: in time, or at all.
pub(super) fn why(
    line: &Line,
    ended: Option<Result<(), lettre::transport::smtp::Error>>,
    limit: Duration,
) -> String {
    match ended {
        None => format!("no reply within {limit:?}"),
        Some(Ok(())) => "no reply".into(),
        Some(Err(error)) => line.trouble().unwrap_or_else(|| error.to_string()),
    }
}
