//! `send --to ADDRESS`: one test copy over the real wire. It touches no ledger and names the exact phase when it fails.

use std::cell::Cell;
use std::io::BufReader;

use jiff::tz::TimeZone;

use crate::address::EmailAddress;
use crate::audience::list::Rows;
use crate::audience::{Status, Subscriber};
use crate::delivery::transport::{OpenError, Reply, Session, Transport};
use crate::delivery::verdict::{Fault, Verdict, judge, judge_open};
use crate::io::files;
use crate::io::smtp::SmtpTransport;
use crate::message::{Letterhead, Letters, Message};

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::now;
use super::{Desk, relay};

/// Sends the copy, and says so.
pub(super) fn send(desk: &Desk<'_>, address: &str) -> Result<Exit, Failure> {
    desk.printer.say(deliver(desk, address)?);
    Ok(Exit::Complete)
}

/// Sends the copy; gives the relay's answer in words.
pub(super) fn deliver(desk: &Desk<'_>, address: &str) -> Result<String, Failure> {
    let address: EmailAddress = address.parse().map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("`{}` is not an address: {error}", crate::finding::shown(address)),
        )
        .help("write e.g. `--to ada@example.org`")
    })?;
    let reader = stand_in(desk, address)?;
    let now = now();
    let time = TimeZone::system().to_datetime(now).time();
    let head = Letterhead { test_copy: Some(time), ..desk.letterhead(now) };
    let letters = Letters::new(&desk.issue, &head)
        .map_err(|error| Failure::new(Exit::Mistakes, error.to_string()))?;
    let message = letters.render(&reader).map_err(|unresolved| {
        let words: Vec<String> = unresolved.iter().map(ToString::to_string).collect();
        Failure::new(
            Exit::Mistakes,
            format!("the letter for {} cannot be made: {}", reader.email, words.join(", ")),
        )
        .help("give the tag a default, or the reader a value")
    })?;
    let config = &desk.project.config;
    let transport = relay::transport(&config.relay, desk.project)?;
    let has_left = Cell::new(false);
    let reply = desk.runtime.block_on(async {
        tokio::select! {
            reply = copy(&transport, &message, &has_left) => reply,
            () = desk.stop.came() => Err(interrupted(has_left.get())),
        }
    })?;
    Ok(format!("test copy for {}: taken ({reply})", reader.email))
}

/// What a signal leaves of the copy, which had begun to leave or not.
fn interrupted(has_left: bool) -> Failure {
    let words = if has_left {
        "interrupted: whether the test copy was taken is not known"
    } else {
        "interrupted: the test copy was not taken"
    };
    Failure::new(Exit::Interrupted, words)
}

/// Carries the copy over one connection, and says when it begins to leave; gives the relay's reply.
async fn copy(
    transport: &SmtpTransport,
    message: &Message,
    has_left: &Cell<bool>,
) -> Result<Reply, Failure> {
    let mut session = transport
        .open()
        .await
        .map_err(|error| Failure::new(exit_of_open(&error), error.to_string()))?;
    let outcome = match session.offer(message).await {
        Ok(()) => {
            has_left.set(true);
            session.commit(message, None).await
        }
        Err(error) => Err(error),
    };
    session.close().await;
    outcome.map_err(|error| {
        let words = format!("the test copy was not taken: {error}");
        Failure::new(exit_of(&judge(Err(error))), words)
    })
}

/// What became of the one copy, as the exit of a send that stopped for it.
fn exit_of(verdict: &Verdict) -> Exit {
    match verdict {
        Verdict::Sent(_) => Exit::Complete,
        Verdict::Halt(Fault::Identity(_)) => Exit::Identity,
        Verdict::Halt(Fault::TooLarge(_)) => Exit::Mistakes,
        Verdict::Halt(_) | Verdict::Failed(..) | Verdict::Garbled(_) => Exit::Refused,
        Verdict::Unknown(_) => Exit::Unknown,
        Verdict::Deferred(..) | Verdict::NotSent(_) => Exit::Incomplete,
    }
}

fn exit_of_open(error: &OpenError) -> Exit {
    match judge_open(error) {
        Some(Fault::Identity(_)) => Exit::Identity,
        Some(_) => Exit::Refused,
        None => Exit::Incomplete,
    }
}

/// The reader of this address; a stranger gets the columns of the list's first active reader, so that tags have values.
fn stand_in(desk: &Desk<'_>, address: EmailAddress) -> Result<Subscriber, Failure> {
    let path = desk.project.list();
    let mut first: Option<Subscriber> = None;
    if path.exists() {
        let mut reader = BufReader::new(files::open(&path)?);
        for listed in Rows::new(path.display().to_string(), &mut reader).flatten() {
            if listed.subscriber.email.canonical() == address.canonical() {
                return Ok(listed.subscriber);
            }
            first = first.or(Some(listed.subscriber).filter(|reader| reader.status.is_active()));
        }
    }
    let (name, tags, fields) =
        first.map(|reader| (reader.name, reader.tags, reader.fields)).unwrap_or_default();
    Ok(Subscriber { email: address, name, tags, status: Status::Active, fields })
}
