//! One connection on which letters go out in lock step: MAIL, RCPT, DATA, body, dot.

use std::fmt::Display;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter};
use tokio::time::timeout;

use super::letter;
use super::offers::Offers;
use super::reply::Frame;
use super::stream::{Line, in_words};
use crate::address::EmailAddress;
use crate::config::Timeouts;
use crate::delivery::transport::{Reply, SendError, Session, Stage};
use crate::message::{Envelope, Message};

/// An open connection to the relay.
///
/// After a refusal RSET goes before the next MAIL, so the verdict does not wait for it.
pub struct SmtpSession {
    connection: AsyncSmtpConnection,
    line: Line,
    offers: Offers,
    timeouts: Timeouts,
    state: State,
    /// How many MAIL commands were taken, right or wrong.
    mails: u64,
}

/// What may come next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// MAIL.
    Idle,
    /// RSET, then MAIL.
    Refused,
    /// The body: the relay has said 354.
    Offered,
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
    ) -> Self {
        Self { connection, line, offers, timeouts, state: State::Idle, mails: 0 }
    }

    /// Takes the state out; if the step is not seen through, the connection is over.
    fn begin(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Over("the letter before was broken off".into()))
    }

    /// Ends the connection at once; bytes still in a buffer never leave.
    fn end(&mut self, why: String) {
        self.line.cut();
        self.state = State::Over(why);
    }

    /// Ends the connection, and says so.
    fn broken(&mut self, stage: Stage, proved_not_sent: bool, why: String) -> SendError {
        let garbled = proved_not_sent && self.line.is_garbled();
        self.end(why.clone());
        if garbled {
            return SendError::Garbled { stage, why };
        }
        SendError::Broken { stage, proved_not_sent, why }
    }

    /// Ends the connection because of what was said on it, before any dot.
    fn garbled(&mut self, stage: Stage, why: String) -> SendError {
        self.end(why.clone());
        SendError::Garbled { stage, why }
    }

    /// Ends a transaction; a relay that has said more than it was asked is out of step and not asked again.
    fn settle(&mut self, state: State) {
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
        let limit = if stage == Stage::Data { self.timeouts.data } else { self.timeouts.command };
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
        if reply.is_positive() {
            return Ok(());
        }
        Err(self.garbled(Stage::Rset, format!("RSET was answered with `{reply}`")))
    }

    /// What the relay has announced it will not take, as the reply it would give: nothing is said for it.
    fn foreseen(&self, message: &Message) -> Option<SendError> {
        let reverse_path = &message.envelope.reverse_path;
        if !self.offers.smtputf8 && needs_smtputf8(message) {
            let stage = if reverse_path.needs_smtputf8() { Stage::Mail } else { Stage::Rcpt };
            let text = "5.6.7 not tried: the relay does not offer SMTPUTF8 (RFC 6531)";
            return Some(SendError::Refused { stage, reply: Reply::new(550, text) });
        }
        let size = message.bytes.len();
        let limit = self.offers.size.filter(|&limit| limit > 0 && limit < size)?;
        let text = format!(
            "5.3.4 not tried: the letter has {size} bytes and the relay announced a limit of {limit} (RFC 1870)"
        );
        Some(SendError::Refused { stage: Stage::Mail, reply: Reply::new(552, &text) })
    }

    fn mail(&self, message: &Message) -> Mail {
        let reverse_path = &message.envelope.reverse_path;
        let mut parameters = Vec::new();
        if self.offers.size.is_some() {
            parameters.push(MailParameter::Size(message.bytes.len()));
        }
        if needs_smtputf8(message) {
            // To holds the address as it is; a relay that speaks SMTPUTF8 must offer 8BITMIME (RFC 6531 3.1).
            if self.offers.eight_bit {
                parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        Mail::new(Some(address(reverse_path)), parameters)
    }

    /// Everything but the dot, and then what the relay has said meanwhile: if anything, no dot follows.
    async fn write_body(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        let written = self.line.write(bytes, self.timeouts.block).await;
        let heard = timeout(self.timeouts.block, self.line.overhear()).await;
        let why = match (heard, written) {
            (Ok(Ok(None)), Ok(())) if !self.line.has_surplus() => return Ok(()),
            (Ok(Ok(Some(frame))), _) => {
                let reply = frame.reply();
                if reply.is_transient() || reply.is_permanent() {
                    self.end(reply.to_string());
                    return Err(SendError::Refused { stage: Stage::Body, reply });
                }
                let why = format!("the relay said `{reply}` before the end of the letter");
                return Err(self.garbled(Stage::Body, why));
            }
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
        let said = timeout(limit, self.connection.read_response()).await;
        let Some(reply) = self.line.take_heard().first().map(Frame::reply) else {
            let why = why(&self.line, said.map(|said| said.map(drop)).ok(), limit);
            return Err(self.broken(Stage::Dot, false, why));
        };
        if reply.is_positive() {
            self.settle(State::Idle);
            return Ok(reply);
        }
        if !reply.is_transient() && !reply.is_permanent() {
            let why = format!("the final dot was answered with `{reply}`");
            return Err(self.broken(Stage::Dot, false, why));
        }
        if reply.closes() {
            self.end(reply.to_string());
        } else {
            self.settle(State::Idle);
        }
        Err(SendError::Refused { stage: Stage::Dot, reply })
    }
}

impl Session for SmtpSession {
    async fn offer(&mut self, message: &Message) -> Result<(), SendError> {
        if let (State::Idle | State::Refused, Some(refusal)) = (&self.state, self.foreseen(message))
        {
            return Err(refusal);
        }
        let state = self.begin();
        if !matches!(state, State::Idle | State::Refused) {
            let why =
                if let State::Over(why) = state { why } else { "a letter is under way".into() };
            return Err(self.broken(Stage::Mail, true, why));
        }
        self.listen().await?;
        if state == State::Refused {
            self.reset().await?;
        }
        self.mails += 1;
        let reply = self.exchange(Stage::Mail, self.mail(message)).await?;
        let hoped_for = reply.is_positive();
        self.require(Stage::Mail, reply, hoped_for)?;
        let rcpt = Rcpt::new(address(&message.envelope.recipient), Vec::new());
        let reply = self.exchange(Stage::Rcpt, rcpt).await?;
        let hoped_for = reply.is_positive();
        self.require(Stage::Rcpt, reply, hoped_for)?;
        let reply = self.exchange(Stage::Data, Data).await?;
        let hoped_for = reply.code == 354;
        self.require(Stage::Data, reply, hoped_for)?;
        self.state = State::Offered;
        Ok(())
    }

    async fn commit(&mut self, message: &Message) -> Result<Reply, SendError> {
        match self.begin() {
            State::Offered => {}
            State::Over(why) => return Err(self.broken(Stage::Body, true, why)),
            State::Idle | State::Refused => {
                return Err(self.broken(Stage::Body, true, "no letter was offered".into()));
            }
        }
        if let Err(why) = letter::check(&message.bytes, needs_smtputf8(message)) {
            return Err(self.broken(Stage::Body, true, why));
        }
        self.write_body(&message.bytes).await?;
        self.write_dot().await
    }

    fn is_spent(&self) -> bool {
        self.offers.mailmax.is_some_and(|mailmax| self.mails >= mailmax)
    }

    async fn close(mut self) {
        if matches!(self.begin(), State::Idle | State::Refused) && !self.line.has_surplus() {
            let goodbye = async {
                let _ = self.connection.command(Quit).await;
                let _ = self.line.shut_down().await;
            };
            let _ = timeout(QUIT, goodbye).await;
        }
    }
}

/// Whether an address of the letter needs SMTPUTF8 (RFC 6531); everybody else's letter goes without.
fn needs_smtputf8(message: &Message) -> bool {
    let Envelope { reverse_path, recipient } = &message.envelope;
    reverse_path.needs_smtputf8() || recipient.needs_smtputf8()
}

/// `EmailAddress` is stricter than lettre's own check.
fn address(address: &EmailAddress) -> Address {
    Address::new_dangerous(address.local_part(), address.domain())
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
