//! The server's side of an SMTP dialogue (RFC 5321): bytes in, replies and letters out, no sockets.
//!
//! Only CRLF ends a line. A bare LF is text like any other, in a command (where it is a mistake) as in a letter, so
//! that no second dialogue can be smuggled in behind one.

use std::io;

use memchr::memchr_iter;

use super::path;

/// The first thing said.
pub(super) const GREETING: &[u8] = b"220 sandbox.localhost ESMTP Postrider sandbox\r\n";
/// Said instead of the greeting when there are enough connections.
pub(super) const TOO_MANY: &[u8] = b"421 4.3.2 too many connections\r\n";
/// Said to a client that has gone quiet.
pub(super) const TOO_SLOW: &[u8] = b"421 4.4.2 idle for too long\r\n";

const EHLO: &str = "250-sandbox.localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 26214400\r\n250 ENHANCEDSTATUSCODES";
/// To an address beyond ASCII (RFC 6531 3.5).
const NOT_ASCII: &str = "553 5.6.7 this address needs SMTPUTF8 in MAIL";
/// The largest letter, as EHLO says.
const SIZE: usize = 26_214_400;
/// A command with its CRLF (RFC 5321 4.5.3.1.4), with what SIZE, BODY and SMTPUTF8 add (RFC 1870 3, RFC 6152 2, RFC 6531 3.4).
const COMMAND_LINE: usize = 512 + 26 + 17 + 10;
/// A line of a letter with its CRLF, not counting a dot put before it (RFC 5321 4.5.3.1.6).
const TEXT_LINE: usize = 1000;
/// Recipients of one letter (RFC 5321 4.5.3.1.8).
const RECIPIENTS: usize = 100;

/// One connection's dialogue.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    state: State,
    recipients: Vec<String>,
    letter: Vec<u8>,
    /// Whether MAIL has asked for SMTPUTF8.
    is_utf8: bool,
    /// Within a line that is over its limit and thrown away up to its end.
    is_discarding: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before EHLO.
    #[default]
    New,
    /// No transaction.
    Ready,
    /// After MAIL.
    Transaction,
    /// After DATA, with the reason why the letter will not be taken, if there is one already.
    Letter { refusal: Option<&'static str> },
    /// After QUIT.
    Ended,
}

enum Line<'a> {
    /// Without its CRLF.
    Whole(&'a [u8]),
    TooLong,
}

impl Dialogue {
    /// Whether the client has said QUIT and is to be hung up on.
    pub(super) fn has_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Takes what has come in, appends the replies to it, and says how many bytes are done with; the rest is the
    /// start of a line and must come again with what follows it.
    ///
    /// `store` is called before a letter is acknowledged, and names it.
    pub(super) fn feed(
        &mut self,
        input: &[u8],
        replies: &mut Vec<u8>,
        mut store: impl FnMut(&[String], &[u8]) -> io::Result<String>,
    ) -> usize {
        let mut used = 0;
        while !self.has_ended() {
            let (length, line) = self.next_line(&input[used..]);
            used += length;
            let Some(line) = line else { break };
            let reply = match self.state {
                State::Letter { refusal } => self.text(&line, refusal, &mut store),
                _ => Some(self.command(&line).into()),
            };
            if let Some(reply) = reply {
                replies.extend_from_slice(reply.as_bytes());
                replies.extend_from_slice(b"\r\n");
            }
        }
        used
    }

    /// The next line, and the bytes it took; bytes without a line are those of one that is too long to be kept.
    fn next_line<'a>(&mut self, input: &'a [u8]) -> (usize, Option<Line<'a>>) {
        let limit = match self.state {
            State::Letter { .. } => TEXT_LINE + usize::from(input.first() == Some(&b'.')),
            _ => COMMAND_LINE,
        };
        let end = memchr_iter(b'\n', input).find(|&at| at > 0 && input[at - 1] == b'\r');
        match end {
            Some(end) => {
                let is_whole = !std::mem::take(&mut self.is_discarding) && end < limit;
                let line = if is_whole { Line::Whole(&input[..end - 1]) } else { Line::TooLong };
                (end + 1, Some(line))
            }
            None if input.len() > limit => {
                self.is_discarding = true;
                (input.len() - usize::from(input.ends_with(b"\r")), None)
            }
            None => (0, None),
        }
    }

    fn command(&mut self, line: &Line) -> &'static str {
        let Line::Whole(line) = line else { return "500 5.5.2 line too long" };
        let Some(line) = str::from_utf8(line).ok().filter(|line| !line.contains(char::is_control))
        else {
            return "500 5.5.2 control characters or broken UTF-8 in a command";
        };
        let line = line.trim_end_matches(' ');
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello(argument, EHLO),
            "HELO" => self.hello(argument, "250 sandbox.localhost"),
            "MAIL" => self.mail(argument),
            "RCPT" => self.rcpt(argument),
            "NOOP" => "250 2.0.0 ok",
            "VRFY" if argument.is_empty() => "501 5.5.4 VRFY needs a name",
            "VRFY" => "252 2.5.0 every recipient is taken",
            "DATA" | "RSET" | "QUIT" if !argument.is_empty() => "501 5.5.4 no argument allowed",
            "DATA" => self.data(),
            "RSET" => self.reset(),
            "QUIT" => {
                self.state = State::Ended;
                "221 2.0.0 bye"
            }
            "AUTH" | "BDAT" | "EXPN" | "HELP" | "STARTTLS" => "502 5.5.1 not offered here",
            _ => "500 5.5.2 unknown command",
        }
    }

    /// EHLO and HELO also end a transaction (RFC 5321 4.1.4). Their replies have no enhanced codes (RFC 2034 4).
    fn hello(&mut self, client: &str, reply: &'static str) -> &'static str {
        if client.is_empty() || !client.bytes().all(|b| b.is_ascii_graphic()) {
            return "501 the name of the client is missing or malformed";
        }
        self.state = State::Ready;
        self.recipients.clear();
        reply
    }

    fn mail(&mut self, argument: &str) -> &'static str {
        match self.state {
            State::New => return "503 5.5.1 say EHLO first",
            State::Transaction => return "503 5.5.1 MAIL was given already",
            State::Ready | State::Letter { .. } | State::Ended => {}
        }
        let path = after_keyword(argument, "FROM:").and_then(path::parse);
        let is_sender = |mailbox: &str| mailbox.is_empty() || mailbox.contains('@');
        let Some(path) = path.filter(|path| is_sender(path.mailbox)) else {
            return "501 5.1.7 write MAIL FROM:<address>";
        };
        for parameter in &path.parameters {
            if let Err(reply) = path::check_mail_parameter(parameter, SIZE) {
                return reply;
            }
        }
        self.is_utf8 =
            path.parameters.iter().any(|parameter| parameter.eq_ignore_ascii_case("SMTPUTF8"));
        if !self.is_utf8 && !path.mailbox.is_ascii() {
            return NOT_ASCII;
        }
        self.state = State::Transaction;
        "250 2.1.0 ok"
    }

    fn rcpt(&mut self, argument: &str) -> &'static str {
        if self.state != State::Transaction {
            return "503 5.5.1 MAIL comes first";
        }
        if !self.is_utf8 && !argument.is_ascii() {
            return NOT_ASCII;
        }
        let path = after_keyword(argument, "TO:").and_then(path::parse);
        let Some(path) = path.filter(|path| !path.mailbox.is_empty()) else {
            return "501 5.1.3 write RCPT TO:<address>";
        };
        if !path.parameters.is_empty() {
            return "555 5.5.4 unknown parameter";
        }
        if self.recipients.len() == RECIPIENTS {
            return "452 4.5.3 too many recipients";
        }
        self.recipients.push(path.mailbox.to_owned());
        "250 2.1.5 ok"
    }

    fn data(&mut self) -> &'static str {
        if self.state != State::Transaction {
            return "503 5.5.1 MAIL comes first";
        }
        if self.recipients.is_empty() {
            return "503 5.5.1 no recipient was taken";
        }
        self.state = State::Letter { refusal: None };
        self.letter.clear();
        "354 end with a dot on a line of its own"
    }

    fn reset(&mut self) -> &'static str {
        if self.state != State::New {
            self.state = State::Ready;
        }
        self.recipients.clear();
        "250 2.0.0 ok"
    }

    /// One line of a letter; the dot that ends it is answered.
    fn text(
        &mut self,
        line: &Line,
        refusal: Option<&'static str>,
        store: impl FnMut(&[String], &[u8]) -> io::Result<String>,
    ) -> Option<String> {
        let now = match line {
            Line::Whole(b".") => return Some(self.end_of_letter(refusal, store)),
            Line::TooLong => Some("554 5.6.0 a line is longer than 998 bytes"),
            Line::Whole(line) if self.letter.len() + line.len() + 2 > SIZE => {
                Some("552 5.3.4 the letter is larger than SIZE says")
            }
            Line::Whole(_) => None,
        };
        // The first reason stays.
        self.state = State::Letter { refusal: refusal.or(now) };
        if let (State::Letter { refusal: None }, Line::Whole(line)) = (self.state, line) {
            // The dot before a dot is the client's transparency (RFC 5321 4.5.2), not the letter's.
            self.letter.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
            self.letter.extend_from_slice(b"\r\n");
        }
        None
    }

    fn end_of_letter(
        &mut self,
        refusal: Option<&'static str>,
        mut store: impl FnMut(&[String], &[u8]) -> io::Result<String>,
    ) -> String {
        self.state = State::Ready;
        let recipients = std::mem::take(&mut self.recipients);
        if let Some(refusal) = refusal {
            return refusal.into();
        }
        match store(&recipients, &self.letter) {
            Ok(name) => format!("250 2.0.0 caught as {name}"),
            Err(error) => format!("451 4.3.0 not stored: {}", error.kind()),
        }
    }
}

/// What follows a keyword, whose case does not matter.
fn after_keyword<'a>(text: &'a str, keyword: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(keyword.len())?;
    start.eq_ignore_ascii_case(keyword).then_some(rest)
}

#[cfg(test)]
mod tests;
