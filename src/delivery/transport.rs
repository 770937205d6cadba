//! The seam to the relay: what a connection can do, and how it can fail.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;

use crate::message::Message;

/// A way to open connections to one relay.
pub trait Transport: Sync {
    /// One open connection.
    type Session: Session + Send;

    /// Opens a connection up to the point where a transaction can start: TCP, TLS, EHLO, AUTH.
    fn open(&self) -> impl Future<Output = Result<Self::Session, OpenError>> + Send;
}

/// One connection. After [`SendError::Broken`] and [`SendError::Garbled`] only [`Session::close`] may be called.
///
/// After [`SendError::Refused`] the next `offer` is allowed, unless [`Reply::closes`] says that the relay hangs up:
/// the session itself sends RSET where the transaction needs it (RFC 5321 4.1.1.5).
pub trait Session {
    /// All that can be refused or break without the letter having gone: MAIL, RCPT, DATA up to its 354.
    ///
    /// A letter that `commit` has taken along is offered already: only its answers are waited for.
    fn offer(&mut self, message: &Message) -> impl Future<Output = Result<(), SendError>> + Send;

    /// The step after which the relay may have taken it: body, final dot, and the reply to it.
    ///
    /// Called only after `offer` of the same message has succeeded. A session that pipelines takes `next` along: what
    /// follows a success, or a refusal that leaves the connection open, is then `offer` of that very message, or nothing.
    fn commit(
        &mut self,
        message: &Message,
        next: Option<&Message>,
    ) -> impl Future<Output = Result<Reply, SendError>> + Send;

    /// Whether `commit` takes the next letter along in the same write (RFC 2920).
    fn pipelines(&self) -> bool {
        false
    }

    /// How many letters may be under way at once; more than one only by way of `post` (RFC 3030).
    fn window(&self) -> usize {
        1
    }

    /// Sends whole letters, envelope and content, without waiting for an answer. No more of them may be unanswered than
    /// [`Session::window`]; what goes wrong is told by the answers.
    fn post(&mut self, _messages: &[&Message]) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// What became of the first posted letter that was not answered for yet. After a break the rest are answered for
    /// without waiting.
    fn answer(&mut self) -> impl Future<Output = Result<Reply, SendError>> + Send {
        let why = "no letter was posted".into();
        std::future::ready(Err(SendError::Broken {
            stage: Stage::Mail,
            proved_not_sent: true,
            why,
        }))
    }

    /// Whether no further letter can be offered: the connection has ended, or the relay has announced that it takes no
    /// more on it (RFC 9422 MAILMAX).
    fn is_spent(&self) -> bool {
        false
    }

    /// QUIT if the connection is well, and hang up.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// Which step of the dialogue a reply answered or a failure interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Name resolution and TCP.
    Connect,
    /// The 220 greeting.
    Greeting,
    /// EHLO.
    Ehlo,
    /// STARTTLS or the TLS handshake.
    Tls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, up to its 354.
    Data,
    /// The body, before its final dot.
    Body,
    /// The final dot and the reply to it.
    Dot,
    /// RSET after a refusal.
    Rset,
}

/// A complete reply of the relay (RFC 5321 4.2), safe to print: control characters are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The enhanced status code at the start of the text (RFC 3463), e.g. `5.1.1`.
    pub enhanced: Option<Enhanced>,
    /// The text of all lines joined by spaces, without the enhanced code, at most 512 bytes.
    pub text: String,
}

/// An enhanced status code: class, subject, detail (RFC 3463 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Enhanced(pub u8, pub u16, pub u16);

/// Why a letter did not get through on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// The relay gave a complete negative (or unexpected) reply to this very step.
    Refused {
        /// The step it answered.
        stage: Stage,
        /// What it said.
        reply: Reply,
    },
    /// The connection broke, fell silent or spoke nonsense.
    Broken {
        /// The step it happened in.
        stage: Stage,
        /// Whether the final dot cannot have left this machine.
        proved_not_sent: bool,
        /// What happened, a lower-case fragment.
        why: String,
    },
    /// The relay said before the final dot what has no place there, and the connection was given up: proved not sent.
    Garbled {
        /// The step it happened in.
        stage: Stage,
        /// What was said, a lower-case fragment.
        why: String,
    },
}

/// Why no connection could be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The relay refused at this step.
    Refused {
        /// The step it answered.
        stage: Stage,
        /// What it said.
        reply: Reply,
    },
    /// Not reachable, or broke off; may work later.
    Broken {
        /// The step it happened in.
        stage: Stage,
        /// What happened.
        why: String,
    },
    /// The connection would not be safe or cannot log in: certificate, missing STARTTLS, injected bytes, no usable
    /// AUTH mechanism. Trying again is of no use.
    Unsafe {
        /// The step it happened in.
        stage: Stage,
        /// What is wrong.
        why: String,
    },
}

impl Reply {
    /// A reply of a code and the text of its lines, in which the enhanced code is found (RFC 3463 2) and control
    /// characters are escaped.
    pub fn new(code: u16, text: &str) -> Self {
        let text: Cow<'_, str> = if text.contains(char::is_control) {
            let escaped =
                |c: char| if c.is_control() { c.escape_default().collect() } else { vec![c] };
            text.chars().flat_map(escaped).collect()
        } else {
            text.into()
        };
        let first = text.split(' ').next().unwrap_or_default();
        let enhanced =
            Enhanced::parse(first).filter(|enhanced| u16::from(enhanced.0) == code / 100);
        let rest = if enhanced.is_some() { text[first.len()..].trim_start() } else { &*text };
        let mut end = rest.len().min(512);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        Self { code, enhanced, text: rest[..end].trim_end().to_owned() }
    }

    /// 2xx.
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// 4xx.
    pub fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// 5xx.
    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    /// 421: the relay hangs up after this reply (RFC 5321 3.8).
    pub fn closes(&self) -> bool {
        self.code == 421
    }
}

impl Enhanced {
    /// Three numbers with dots between them, the first of 2, 4 and 5.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|part| {
            let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse::<u16>().ok() } else { None }
        });
        let class =
            u8::try_from(numbers.next()??).ok().filter(|class| matches!(class, 2 | 4 | 5))?;
        let code = Self(class, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then_some(code)
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        if self.text.is_empty() { Ok(()) } else { write!(f, " {}", self.text) }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Greeting => "the greeting",
            Self::Ehlo => "EHLO",
            Self::Tls => "TLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL FROM",
            Self::Rcpt => "RCPT TO",
            Self::Data => "DATA",
            Self::Body => "the body",
            Self::Dot => "the final dot",
            Self::Rset => "RSET",
        })
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { stage, reply } => write!(f, "refused at {stage}: {reply}"),
            Self::Broken { stage, why, .. } => write!(f, "broke off at {stage}: {why}"),
            Self::Garbled { stage, why } => write!(f, "out of step at {stage}: {why}"),
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { stage, reply } => write!(f, "refused at {stage}: {reply}"),
            Self::Broken { stage, why } | Self::Unsafe { stage, why } => {
                write!(f, "failed at {stage}: {why}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_knows_its_enhanced_code_and_cannot_move_the_cursor() {
        let reply = Reply::new(550, "5.1.1 no such\r\nuser \x1b[2J");
        assert_eq!(reply.enhanced, Some(Enhanced(5, 1, 1)));
        assert_eq!(reply.to_string(), "550 5.1.1 no such\\r\\nuser \\u{1b}[2J");
        assert_eq!(
            Reply::new(250, "5.1.1 odd").enhanced,
            None,
            "the class must agree with the code"
        );
        assert_eq!(Reply::new(250, "2.0.0").to_string(), "250 2.0.0");
        assert_eq!(Enhanced::parse("5..1"), None);
        assert_eq!(Enhanced::parse("5.1.1.1"), None);
    }
}
