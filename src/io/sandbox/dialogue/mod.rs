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

const EHLO: &str = "250-sandbox.localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 26214400\r\n250 ENHANCEDSTATUSCODES";
/// The largest letter, as EHLO says.
const SIZE: usize = 26_214_400;
/// A command with its CRLF (RFC 5321 4.5.3.1.4), with what SIZE and BODY add (RFC 1870 3, RFC 6152 2).
const COMMAND_LINE: usize = 512 + 26 + 17;
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
        if !argument.is_ascii() {
            return "553 5.6.7 SMTPUTF8 is not offered";
        }
        let path = after_keyword(argument, "FROM:").and_then(path::parse);
        let is_sender = |mailbox: &str| mailbox.is_empty() || mailbox.contains('@');
        let Some(path) = path.filter(|path| is_sender(path.mailbox)) else {
            return "501 5.1.7 write MAIL FROM:<address>";
        };
        for parameter in path.parameters {
            if let Err(reply) = path::check_mail_parameter(parameter, SIZE) {
                return reply;
            }
        }
        self.state = State::Transaction;
        "250 2.1.0 ok"
    }

    fn rcpt(&mut self, argument: &str) -> &'static str {
        if self.state != State::Transaction {
            return "503 5.5.1 MAIL comes first";
        }
        if !argument.is_ascii() {
            return "553 5.6.7 SMTPUTF8 is not offered";
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
mod tests {
    use super::*;

    type Letters = Vec<(Vec<String>, Vec<u8>)>;

    /// Feeds `input` in pieces of `step` bytes, as a connection does; gives the replies and the letters.
    fn talk(input: &[u8], step: usize) -> (String, Letters) {
        let (mut dialogue, mut replies, mut letters) =
            (Dialogue::default(), Vec::new(), Vec::new());
        let mut waiting = Vec::new();
        for piece in input.chunks(step) {
            waiting.extend_from_slice(piece);
            let used = dialogue.feed(&waiting, &mut replies, |recipients, letter| {
                letters.push((recipients.to_vec(), letter.to_vec()));
                Ok(letters.len().to_string())
            });
            waiting.drain(..used);
        }
        (String::from_utf8(replies).unwrap(), letters)
    }

    /// The reply codes to these lines, each with its CRLF added.
    fn codes(lines: &[&str]) -> Vec<u16> {
        let (replies, _) = talk(format!("{}\r\n", lines.join("\r\n")).as_bytes(), usize::MAX);
        let last_lines = replies.lines().filter(|line| line.as_bytes()[3] == b' ');
        last_lines.map(|line| line[..3].parse().unwrap()).collect()
    }

    const HELLO: &str = "EHLO [127.0.0.1]";
    const MAIL: &str = "MAIL FROM:<news@example.org>";
    const RCPT: &str = "RCPT TO:<ada@example.org>";

    #[test]
    fn a_command_out_of_sequence_is_answered_with_503() {
        assert_eq!(codes(&[MAIL, RCPT, "DATA"]), [503, 503, 503]);
        assert_eq!(
            codes(&[HELLO, RCPT, "DATA", MAIL, MAIL, "DATA"]),
            [250, 503, 503, 250, 503, 503]
        );
        assert_eq!(codes(&[HELLO, MAIL, RCPT, "RSET", "DATA"]), [250, 250, 250, 250, 503]);
        assert_eq!(codes(&[HELLO, MAIL, RCPT, HELLO, "DATA"]), [250, 250, 250, 250, 503]);
        assert_eq!(codes(&["RSET", "NOOP x", MAIL, "HELO a", MAIL]), [250, 250, 503, 250, 250]);
        assert_eq!(codes(&["QUIT", "NOOP"]), [221], "nothing is answered after QUIT");
    }

    #[test]
    fn a_malformed_command_is_answered_with_its_kind_of_mistake() {
        assert_eq!(codes(&["EHLO", "EHLO a b", "", "FOO", "mail"]), [501, 501, 500, 500, 503]);
        assert_eq!(
            codes(&["VRFY", "VRFY ada", "EXPN x", "AUTH PLAIN", "STARTTLS"]),
            [501, 252, 502, 502, 502]
        );
        assert_eq!(codes(&["QUIT now", "RSET x", "DATA x"]), [501, 501, 501]);
        let mail = |rest: &str| codes(&[HELLO, &format!("MAIL FROM:{rest}")])[1];
        assert_eq!(mail("news@example.org"), 501);
        assert_eq!(mail("<Postmaster>"), 501);
        assert_eq!(mail("<>"), 250);
        assert_eq!(mail("<ö@example.org>"), 553);
        assert_eq!(mail("<a@example.org> SIZE=12 BODY=8bitmime"), 250);
        assert_eq!(mail("<a@example.org> SIZE=26214401"), 552);
        assert_eq!(mail("<a@example.org> SIZE=x"), 501);
        assert_eq!(mail("<a@example.org> BODY=BINARYMIME"), 501);
        assert_eq!(mail("<a@example.org> SMTPUTF8"), 555);
        let rcpt = |rest: &str| codes(&[HELLO, MAIL, &format!("RCPT TO:{rest}")])[2];
        assert_eq!(rcpt("<>"), 501);
        assert_eq!(rcpt("<Postmaster>"), 250);
        assert_eq!(rcpt("<a@example.org> NOTIFY=NEVER"), 555);
    }

    #[test]
    fn a_bare_line_feed_ends_nothing() {
        assert_eq!(codes(&["NOOP\nQUIT", "NOOP\rx", "NOOP"]), [500, 500, 250]);
        let letter = "a\n.\nb\r\n\n.\r\nc\r\n.\nd\r\r\n";
        let input = format!("{HELLO}\r\n{MAIL}\r\n{RCPT}\r\nDATA\r\n{letter}.\r\n");
        let (_, letters) = talk(input.as_bytes(), usize::MAX);
        // `.` + LF starts a line after CRLF, so its dot is the client's transparency.
        assert_eq!(letters[0].1, letter.replace("\r\n.\nd", "\r\n\nd").as_bytes());
    }

    #[test]
    fn lines_over_their_limit_are_refused_and_the_dialogue_goes_on() {
        let noop = |length: usize| format!("NOOP {}", "x".repeat(length - 7));
        assert_eq!(codes(&[&noop(555), &noop(556), &noop(200_000), "NOOP"]), [250, 500, 500, 250]);
        let send = |line: &str| {
            codes(&[HELLO, MAIL, RCPT, "DATA", "a", line, "b", ".", "NOOP"])[4..].to_vec()
        };
        assert_eq!(send(&"x".repeat(998)), [250, 250]);
        assert_eq!(
            send(&format!("..{}", "x".repeat(997))),
            [250, 250],
            "the doubled dot does not count"
        );
        assert_eq!(send(&"x".repeat(999)), [554, 250]);
        assert_eq!(send(&"x".repeat(5000)), [554, 250]);
        assert_eq!(send(&vec!["x".repeat(998); 26_300].join("\r\n")), [552, 250]);
    }

    #[test]
    fn a_letter_that_cannot_be_stored_is_not_acknowledged() {
        let input = format!("{HELLO}\r\n{MAIL}\r\n{RCPT}\r\nDATA\r\n.\r\n");
        let mut replies = Vec::new();
        Dialogue::default()
            .feed(input.as_bytes(), &mut replies, |_, _| Err(io::ErrorKind::StorageFull.into()));
        assert!(replies.ends_with(b"451 4.3.0 not stored: no storage space\r\n"));
    }

    #[test]
    fn the_hundred_and_first_recipient_is_one_too_many() {
        let mut lines = vec![HELLO, MAIL];
        lines.extend([RCPT; 101]);
        assert_eq!(codes(&lines)[101..], [250, 452]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn replies_and_letters_do_not_depend_on_how_the_bytes_arrive(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec![
                    "EHLO x\r\n", "MAIL FROM:<a@example.org>\r\n", "RCPT TO:<b@example.org>\r\n", "DATA\r\n", "RSET\r\n",
                    ".\r\n", "\r\n.\r\n", "\n.\r\n", "\r\n.\n", "..\r\n", ".", "\r", "\n", "\r\n", "text", "\u{e9}",
                    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                ]),
                0..60,
            ),
            step in 1_usize..40,
        ) {
            let input = pieces.concat();
            proptest::prop_assert_eq!(talk(input.as_bytes(), step), talk(input.as_bytes(), usize::MAX));
        }
    }
}
