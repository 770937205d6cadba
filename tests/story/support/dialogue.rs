//! The relay's side of one connection, as its script wants it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio_rustls::rustls::ServerConfig;

use super::channel::{Channel, Gone};
use super::letter::{end_of_letter, hexadecimal, unstuffed};
use super::relay::{Desk, Entry};
use super::script::{Act, Phase, Security};

/// One connection.
pub(super) struct Dialogue<'a> {
    desk: &'a Desk,
    /// Gone once an act has ended the connection.
    channel: Option<Channel>,
    recipient: String,
    envelope: Envelope,
    /// What BDAT has brought of a letter.
    chunks: Vec<u8>,
    /// Letters stored on this connection.
    stored: usize,
}

/// How far a transaction has come.
#[derive(PartialEq)]
enum Envelope {
    None,
    Sender,
    Recipient,
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(desk: &'a Desk, channel: Channel) -> Self {
        Self {
            desk,
            channel: Some(channel),
            recipient: String::new(),
            envelope: Envelope::None,
            chunks: Vec::new(),
            stored: 0,
        }
    }

    pub(super) fn run(mut self) -> Result<(), Gone> {
        if let Security::Implicit(config) = &self.desk.script.security {
            self.handshake(Arc::clone(config))?;
        }
        self.step(Phase::Greeting, "220 relay.example.org ESMTP")?;
        loop {
            let line = self.line()?;
            let (verb, argument) = line.split_once([' ', ':']).unwrap_or((&line, ""));
            match verb {
                "EHLO" => {
                    let reply = self.ehlo();
                    self.step(Phase::Ehlo, &reply)?;
                }
                "STARTTLS" => self.starttls()?,
                "AUTH" => self.auth(argument)?,
                "MAIL" => self.mail()?,
                "RCPT" => self.rcpt(argument)?,
                "DATA" => {
                    let usual = match self.envelope {
                        Envelope::None => "503 5.5.1 MAIL first",
                        Envelope::Sender => "554 5.5.1 no valid recipients",
                        Envelope::Recipient => "354 go ahead",
                    };
                    if self.step(Phase::Data, usual)? == "354" {
                        self.data()?;
                    }
                }
                "BDAT" => self.bdat(argument)?,
                "RSET" => {
                    self.envelope = Envelope::None;
                    self.chunks.clear();
                    self.step(Phase::Rset, "250 2.0.0 reset")?;
                }
                "QUIT" => {
                    self.send(b"221 2.0.0 bye\r\n")?;
                    self.channel()?.half_close();
                    return Ok(());
                }
                _ => self.send(b"500 5.5.1 unknown command\r\n")?,
            }
        }
    }

    fn ehlo(&mut self) -> String {
        let script = &self.desk.script;
        let secure = self.channel.as_ref().is_some_and(Channel::is_secure);
        let in_tls = script.capabilities_in_tls.as_ref().filter(|_| secure);
        let mut lines = vec!["relay.example.org greets you".to_owned()];
        lines.extend_from_slice(in_tls.unwrap_or(&script.capabilities));
        if matches!(script.security, Security::StartTls(_)) && !secure {
            lines.push("STARTTLS".into());
        }
        let last = lines.pop().unwrap_or_default();
        lines.iter().fold(String::new(), |reply, line| reply + "250-" + line + "\r\n")
            + "250 "
            + &last
    }

    fn starttls(&mut self) -> Result<(), Gone> {
        let Security::StartTls(config) = &self.desk.script.security else {
            return self.send(b"502 5.5.1 no TLS here\r\n");
        };
        if self.step(Phase::StartTls, "220 2.0.0 go ahead")? == "220" {
            self.handshake(Arc::clone(config))?;
        }
        Ok(())
    }

    fn handshake(&mut self, config: Arc<ServerConfig>) -> Result<(), Gone> {
        if let Some(act) = self.desk.act(Phase::Handshake, "", 0) {
            self.channel()?.chunk()?;
            self.perform(&act, "")?;
        }
        let channel = self.channel.take().ok_or(Gone)?;
        self.channel = Some(channel.secure(config)?);
        Ok(())
    }

    fn auth(&mut self, argument: &str) -> Result<(), Gone> {
        if argument == "LOGIN" {
            self.send(b"334 VXNlcm5hbWU6\r\n")?;
            self.line()?;
            self.send(b"334 UGFzc3dvcmQ6\r\n")?;
            self.line()?;
        }
        if self.step(Phase::Auth, "235 2.7.0 welcome")? == "334" {
            // XOAUTH2: the reason first, the refusal after the client's empty line.
            self.line()?;
            self.send(b"535 5.7.8 not accepted\r\n")?;
        }
        Ok(())
    }

    fn mail(&mut self) -> Result<(), Gone> {
        if self.envelope != Envelope::None {
            return self.send(b"503 5.5.1 nested MAIL\r\n");
        }
        if self.step(Phase::Mail, "250 2.1.0 sender ok")?.starts_with('2') {
            self.envelope = Envelope::Sender;
        }
        Ok(())
    }

    fn rcpt(&mut self, argument: &str) -> Result<(), Gone> {
        if self.envelope == Envelope::None {
            return self.send(b"503 5.5.1 MAIL first\r\n");
        }
        between(argument, '<', '>').clone_into(&mut self.recipient);
        if self.step(Phase::Rcpt, "250 2.1.5 recipient ok")?.starts_with('2') {
            self.envelope = Envelope::Recipient;
        }
        Ok(())
    }

    /// A chunk (RFC 3030); one without a recipient is read and thrown away.
    fn bdat(&mut self, argument: &str) -> Result<(), Gone> {
        let (size, is_last) = match argument.split_once(' ') {
            Some((size, "LAST")) => (size, true),
            _ => (argument, false),
        };
        let size: usize = size.parse().unwrap();
        let mut letter = std::mem::take(&mut self.chunks);
        let is_whole = self.chunk(size, &mut letter);
        if self.envelope != Envelope::Recipient {
            is_whole?;
            return self.send(b"554 5.5.1 no valid recipients\r\n");
        }
        if is_last || is_whole.is_err() {
            return self.letter(letter, &is_whole);
        }
        self.chunks = letter;
        self.send(b"250 2.0.0 chunk ok\r\n")
    }

    fn chunk(&mut self, size: usize, letter: &mut Vec<u8>) -> Result<bool, Gone> {
        let (mut over, end) = (false, letter.len() + size);
        while letter.len() < end {
            let mut piece = self.channel()?.chunk()?;
            let rest = piece.split_off(piece.len().min(end - letter.len()));
            letter.extend_from_slice(&piece);
            self.channel()?.put_back(&rest);
            over |= self.interrupt(letter.len())?;
        }
        Ok(over)
    }

    /// Takes the letter after a 354.
    fn data(&mut self) -> Result<(), Gone> {
        let mut letter = Vec::new();
        let ended = self.body(&mut letter);
        self.letter(letter, &ended)
    }

    /// What becomes of a letter: all of it has come, perhaps after the relay had ended the matter, or the client has gone.
    fn letter(&mut self, letter: Vec<u8>, ended: &Result<bool, Gone>) -> Result<(), Gone> {
        let dot_seen = ended.is_ok();
        self.envelope = Envelope::None;
        if let Ok(true) = ended {
            self.write_down(letter, true, false, None);
            return Err(Gone);
        }
        let act =
            if dot_seen { self.desk.act(Phase::Dot, &self.recipient, self.stored) } else { None };
        let usual = format!("250 2.0.0 queued as {}", self.desk.book().journal.len() + 1);
        let reply_sent = match &act {
            None | Some(Act::Delay(_)) => Some(usual.clone()),
            Some(act) => said(act),
        };
        let thrown_away = matches!(act, Some(Act::DropThenRst | Act::Stall | Act::Fin | Act::Rst));
        let refused = reply_sent.as_ref().is_some_and(|reply| !reply.starts_with('2'));
        let garbage = matches!(act, Some(Act::Garbage(_)));
        let stored = dot_seen && !thrown_away && (garbage || !refused);
        self.write_down(letter, dot_seen, stored, reply_sent.filter(|_| dot_seen));
        if !dot_seen {
            return Err(Gone);
        }
        match act {
            None => self.reply(&usual)?,
            Some(act) => drop(self.perform(&act, &usual)?),
        }
        if stored {
            self.stored += 1;
            if let Some(act) = self.desk.act(Phase::Between, &self.recipient, self.stored) {
                self.perform(&act, "")?;
            }
        }
        Ok(())
    }

    /// Reads up to the dot, and tells whether the relay has ended the matter before; what came stays in `letter` if the
    /// client goes.
    fn body(&mut self, letter: &mut Vec<u8>) -> Result<bool, Gone> {
        let mut raw = Vec::new();
        let (mut searched, mut over) = (0, false);
        let end = loop {
            let Ok(chunk) = self.channel()?.chunk() else { break Err(Gone) };
            raw.extend_from_slice(&chunk);
            if let Some(end) = end_of_letter(&raw, searched) {
                break Ok(end);
            }
            searched = raw.len().saturating_sub(4);
            match self.interrupt(raw.len()) {
                Ok(ended) => over |= ended,
                Err(gone) => break Err(gone),
            }
        };
        let (bytes, result) = match end {
            Ok(end) => {
                let rest = raw.split_off(end + 3);
                self.channel()?.put_back(&rest);
                raw.truncate(end);
                (raw, Ok(over))
            }
            Err(gone) => (raw, Err(gone)),
        };
        *letter = unstuffed(&bytes);
        result
    }

    /// Acts in the middle of a letter, if the script says so; tells whether the matter is ended.
    fn interrupt(&mut self, received: usize) -> Result<bool, Gone> {
        let due = self.desk.script.rules.iter().map(|rule| rule.phase);
        let due: Vec<Phase> =
            due.filter(|phase| matches!(phase, Phase::Body(at) if *at <= received)).collect();
        let mut over = false;
        for phase in due {
            match self.desk.act(phase, &self.recipient, self.stored) {
                Some(Act::ReplyFin(text)) => {
                    self.reply(&text)?;
                    self.channel()?.half_close();
                    over = true;
                }
                Some(Act::Fin) => {
                    self.channel()?.half_close();
                    over = true;
                }
                Some(act) => drop(self.perform(&act, "")?),
                None => {}
            }
        }
        Ok(over)
    }

    fn write_down(
        &self,
        letter: Vec<u8>,
        dot_seen: bool,
        stored: bool,
        reply_sent: Option<String>,
    ) {
        let text = String::from_utf8_lossy(&letter);
        let id = text.lines().find_map(|line| line.strip_prefix("Message-ID:"));
        let entry = Entry {
            recipient: self.recipient.clone(),
            message_id: between(id.unwrap_or_default(), '<', '>').to_owned(),
            sha256: hexadecimal(&Sha256::digest(&letter)),
            dot_seen,
            stored,
            reply_sent,
            letter,
        };
        self.desk.book().journal.push(entry);
    }

    /// Answers as usual, or as the script says; gives the code that was sent.
    fn step(&mut self, phase: Phase, usual: &str) -> Result<String, Gone> {
        match self.desk.act(phase, &self.recipient, self.stored) {
            None => {
                self.reply(usual)?;
                Ok(usual[..3].to_owned())
            }
            Some(act) => self.perform(&act, usual),
        }
    }

    /// Does it; gives the code that was sent, and [`Gone`] if the connection is over.
    fn perform(&mut self, act: &Act, usual: &str) -> Result<String, Gone> {
        match act {
            Act::Reply(text) => self.reply(text)?,
            Act::TwoReplies(one, two) => self.send(format!("{one}\r\n{two}\r\n").as_bytes())?,
            Act::Split(text) => {
                for byte in format!("{text}\r\n").bytes() {
                    self.send(&[byte])?;
                    thread::sleep(Duration::from_millis(1));
                }
            }
            Act::Garbage(bytes) => self.send(bytes)?,
            Act::Flood(bytes) => loop {
                self.send(bytes)?;
                self.channel()?.flush()?;
            },
            Act::Delay(time) => {
                thread::sleep(*time);
                self.reply(usual)?;
            }
            Act::ReplyFin(text) => {
                self.reply(text)?;
                self.channel.take().ok_or(Gone)?.finish();
                return Err(Gone);
            }
            Act::Fin => {
                self.channel.take().ok_or(Gone)?.finish();
                return Err(Gone);
            }
            Act::Stall => {
                self.channel()?.stall();
                return Err(Gone);
            }
            Act::Rst | Act::AcceptThenRst | Act::DropThenRst => {
                self.channel.take().ok_or(Gone)?.reset();
                return Err(Gone);
            }
        }
        Ok(said(act).unwrap_or_else(|| usual.to_owned()).chars().take(3).collect())
    }

    fn line(&mut self) -> Result<String, Gone> {
        let line = self.channel()?.line()?;
        self.desk.book().commands.push(line.clone());
        Ok(line)
    }

    fn reply(&mut self, text: &str) -> Result<(), Gone> {
        self.send(format!("{text}\r\n").as_bytes())
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.channel()?.send(bytes)
    }

    fn channel(&mut self) -> Result<&mut Channel, Gone> {
        self.channel.as_mut().ok_or(Gone)
    }
}

/// The reply an act gives, if it gives one.
fn said(act: &Act) -> Option<String> {
    match act {
        Act::Reply(text) | Act::ReplyFin(text) | Act::Split(text) | Act::TwoReplies(text, _) => {
            Some(text.clone())
        }
        Act::Garbage(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

fn between(text: &str, open: char, close: char) -> &str {
    let inner = text.split_once(open).map_or("", |(_, rest)| rest);
    inner.split_once(close).map_or("", |(inner, _)| inner)
}
