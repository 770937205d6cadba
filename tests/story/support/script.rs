//! What a scripted relay does, and when.

use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::ServerConfig;

/// How a relay behaves; without rules it takes everything.
#[derive(Clone)]
pub(crate) struct Script {
    /// The lines of its EHLO reply after the first; STARTTLS is added and dropped by itself.
    pub(crate) capabilities: Vec<String>,
    /// The same once TLS is up, if they differ.
    pub(crate) capabilities_in_tls: Option<Vec<String>>,
    pub(crate) security: Security,
    /// Whether replies to what came together go together.
    pub(crate) groups: bool,
    pub(crate) rules: Vec<Rule>,
}

/// How letters go over one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Each step after the answer to the last; the dot is held back.
    Classic,
    /// The end of one letter and the envelope of the next together (RFC 2920).
    Pipelined,
    /// Whole letters, four of them under way at once (RFC 3030).
    Windowed,
}

impl Talk {
    fn offers(self) -> &'static [&'static str] {
        match self {
            Self::Classic => &[],
            Self::Pipelined => &["PIPELINING"],
            Self::Windowed => &["PIPELINING", "CHUNKING"],
        }
    }

    /// How many letters of a connection may be in doubt after a crash.
    pub(crate) fn window(self) -> usize {
        if self == Self::Windowed { 4 } else { 1 }
    }
}

/// Tells the same story in lock step and in groups: `name(talk)` is written once.
macro_rules! in_every_talk {
    ($($name:ident),* $(,)?) => {
        mod classic {
            $(#[test] fn $name() { super::$name($crate::support::script::Talk::Classic); })*
        }
        mod pipelined {
            $(#[test] fn $name() { super::$name($crate::support::script::Talk::Pipelined); })*
        }
    };
}
pub(crate) use in_every_talk;

/// The same for stories that end alike where several letters are under way at once.
macro_rules! and_windowed {
    ($($name:ident),* $(,)?) => {
        mod windowed {
            $(#[test] fn $name() { super::$name($crate::support::script::Talk::Windowed); })*
        }
    };
}
pub(crate) use and_windowed;

#[derive(Clone)]
pub(crate) enum Security {
    None,
    Implicit(Arc<ServerConfig>),
    StartTls(Arc<ServerConfig>),
}

/// A moment of the dialogue at which a rule can step in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Greeting,
    Ehlo,
    StartTls,
    /// In place of the TLS handshake.
    Handshake,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// When this many bytes of the letter have come.
    Body(usize),
    Dot,
    /// After the reply to a letter that was stored.
    Between,
    Rset,
}

/// What the relay does instead of what it should.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Another reply, without its CRLF. It has the effect its code says.
    Reply(String),
    /// A reply, and then the connection is closed.
    ReplyFin(String),
    /// Two replies in one packet.
    TwoReplies(String, String),
    /// A reply in packets of one byte.
    Split(String),
    /// Bytes as they are; at the dot, the letter is stored.
    Garbage(Vec<u8>),
    /// These bytes again and again, until the client hangs up.
    Flood(Vec<u8>),
    /// The right thing, late.
    Delay(Duration),
    /// Nothing more is said or read.
    Stall,
    /// The connection is closed for writing; what still comes is read.
    Fin,
    /// The connection is reset.
    Rst,
    /// The letter is stored, and then the connection is reset.
    AcceptThenRst,
    /// The letter is thrown away, and the connection is reset.
    DropThenRst,
}

/// One deviation.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) phase: Phase,
    pub(crate) act: Act,
    pub(crate) recipient: Option<String>,
    pub(crate) every: Option<usize>,
    pub(crate) times: usize,
    pub(crate) once_each: bool,
    /// Only so often in a thousand, drawn from this seed.
    pub(crate) chance: Option<(u64, u64)>,
}

impl Script {
    /// A relay in clear that offers what most do.
    pub(crate) fn new() -> Self {
        Self {
            capabilities: owned(&["PIPELINING", "8BITMIME", "SIZE 50000000"]),
            capabilities_in_tls: None,
            security: Security::None,
            groups: true,
            rules: Vec::new(),
        }
    }

    /// Offers what this way to talk needs, and nothing that leads to another.
    pub(crate) fn talking(mut self, talk: Talk) -> Self {
        for capabilities in [Some(&mut self.capabilities), self.capabilities_in_tls.as_mut()] {
            let Some(capabilities) = capabilities else { continue };
            capabilities.retain(|line| line != "PIPELINING" && line != "CHUNKING");
            capabilities.extend(owned(talk.offers()));
        }
        self
    }

    /// Lets each reply go as soon as it is known.
    pub(crate) fn one_by_one(mut self) -> Self {
        self.groups = false;
        self
    }

    pub(crate) fn offering(mut self, capabilities: &[&str]) -> Self {
        self.capabilities = owned(capabilities);
        self
    }

    pub(crate) fn offering_in_tls(mut self, capabilities: &[&str]) -> Self {
        self.capabilities_in_tls = Some(owned(capabilities));
        self
    }

    pub(crate) fn secured(mut self, security: Security) -> Self {
        self.security = security;
        self
    }

    /// Does this at that phase, always.
    pub(crate) fn on(self, phase: Phase, act: Act) -> Self {
        self.with(Rule::at(phase, act))
    }

    pub(crate) fn with(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Greylisting: each recipient is deferred once, then taken.
    pub(crate) fn greylisting(self) -> Self {
        self.with(Rule::at(Phase::Rcpt, Act::reply("450 4.7.1 greylisted, come again")).once_each())
    }
}

impl Act {
    pub(crate) fn reply(text: &str) -> Self {
        Self::Reply(text.into())
    }
}

impl Rule {
    /// Whenever the phase comes, for ever.
    pub(crate) fn at(phase: Phase, act: Act) -> Self {
        Self {
            phase,
            act,
            recipient: None,
            every: None,
            times: usize::MAX,
            once_each: false,
            chance: None,
        }
    }

    /// Only for this recipient.
    pub(crate) fn to(mut self, recipient: &str) -> Self {
        self.recipient = Some(recipient.into());
        self
    }

    /// Only this often.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Only when the connection has stored so many letters, or a multiple of it.
    pub(crate) fn every(mut self, letters: usize) -> Self {
        self.every = Some(letters);
        self
    }

    /// Only so often in a thousand, by draws that this seed repeats.
    pub(crate) fn per_mille(mut self, often: u64, seed: u64) -> Self {
        self.chance = Some((often, seed));
        self
    }

    /// Once for each recipient.
    pub(crate) fn once_each(mut self) -> Self {
        self.once_each = true;
        self
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
