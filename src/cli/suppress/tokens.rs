//! Unsubscribe tokens: they prove themselves, and every row of the list or of a plan gives its own again.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

use jiff::Timestamp;
use serde_json::json;

use crate::address::EmailAddress;
use crate::audience::list::Rows;
use crate::audience::suppression::log::{self, Line};
use crate::audience::suppression::{Reason, Suppression};
use crate::finding::shown;
use crate::io::files;
use crate::io::ledger_sqlite::read::Reader;
use crate::message::token::{Key, SubscriberId};
use crate::report::Printer;
use crate::report::words::count;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::project::Project;
use super::super::send::key;

/// Lines named at the most; the rest are counted.
const NAMED: usize = 20;

/// A good token and what shows it.
struct Wish {
    id: SubscriberId,
    at: Timestamp,
    evidence: String,
}

/// What tokens ask for.
struct Wishes<'a> {
    list: &'a str,
    good: Vec<Wish>,
    /// The names of those that are not tokens of this list.
    bad: Vec<String>,
}

impl<'a> Wishes<'a> {
    fn of(project: &'a Project) -> Self {
        Self { list: &project.config.newsletter.list_id, good: Vec::new(), bad: Vec::new() }
    }

    fn add(
        &mut self,
        key: &Key,
        token: &str,
        at: Timestamp,
        evidence: String,
        name: impl FnOnce() -> String,
    ) {
        match key.verify(self.list, token) {
            Some(id) => self.good.push(Wish { id, at, evidence }),
            None => self.bad.push(name()),
        }
    }
}

/// Suppresses the readers of these tokens. A bad one is a mistake.
pub(super) fn add(
    tokens: &[String],
    note: Option<&str>,
    project: &Project,
    printer: Printer,
) -> Result<Exit, Failure> {
    let key = key(project, true, printer)?;
    let (at, mut wishes) = (super::super::now(), Wishes::of(project));
    for token in tokens {
        wishes.add(&key, token, at, note.unwrap_or("token").to_owned(), || {
            format!("`{}`", shown(token))
        });
    }
    let Wishes { good, bad, .. } = wishes;
    if !bad.is_empty() {
        let what = format!("not a token of this list: {}", bad.join(", "));
        return Err(Failure::new(Exit::Mistakes, what).help(
            "nothing was changed; a token is the 40 characters after the unsubscribe address",
        ));
    }
    honour(&good, &key, project, printer)?;
    Ok(Exit::Complete)
}

/// Suppresses the readers of the tokens in a log. Bad tokens are named by line and change nothing.
pub(super) fn from_log(
    path: &Path,
    note: Option<&str>,
    project: &Project,
    printer: Printer,
) -> Result<Exit, Failure> {
    let key = key(project, true, printer)?;
    let mark = project.config.unsubscribe.url.as_deref().and_then(log::mark);
    let (name, now) = (path.display().to_string(), super::super::now());
    let (mut wishes, mut visits, mut number) = (Wishes::of(project), 0, 0_u64);
    for line in BufReader::new(files::open(path)?).split(b'\n') {
        number += 1;
        match log::read(&String::from_utf8_lossy(&line?), mark) {
            Line::Nothing => {}
            Line::Visit => visits += 1,
            Line::Departure { token, at } => {
                let place = format!("{name}:{number}");
                let evidence = note.map_or_else(|| place.clone(), str::to_owned);
                wishes.add(&key, &token, at.unwrap_or(now), evidence, || place);
            }
        }
    }
    let Wishes { good, bad, .. } = wishes;
    for place in bad.iter().take(NAMED) {
        printer.say(format!("{place}: not a token of this list"));
    }
    if bad.len() > NAMED {
        printer.say(format!("  and {} more", bad.len() - NAMED));
    }
    if visits > 0 {
        printer.say(format!(
            "{} looked at the page and did not press its button",
            count(visits, "request")
        ));
    }
    printer.json(&json!({ "tokens": good.len(), "bad": bad.len(), "visits": visits }));
    honour(&good, &key, project, printer)?;
    Ok(Exit::Complete)
}

/// Finds the readers on the list or in any plan, and suppresses them.
fn honour(wishes: &[Wish], key: &Key, project: &Project, printer: Printer) -> Result<(), Failure> {
    let list = &project.config.newsletter.list_id;
    let mut wanted: HashSet<SubscriberId> = wishes.iter().map(|wish| wish.id).collect();
    let mut readers: HashMap<SubscriberId, EmailAddress> = HashMap::new();
    let mut look = |address: &EmailAddress| {
        if !wanted.is_empty() {
            let id = key.subscriber_id(list, &address.canonical());
            if wanted.remove(&id) {
                readers.insert(id, address.clone());
            }
        }
    };
    let path = project.list();
    if path.exists() {
        let mut reader = BufReader::new(files::open(&path)?);
        // Bad rows of the list are not this command's business.
        for listed in Rows::new(path.display().to_string(), &mut reader).flatten() {
            look(&listed.subscriber.email);
        }
    }
    if let Some(reader) = Reader::open(&project.state())? {
        reader.recipients(|email| {
            if let Ok(address) = email.parse() {
                look(&address);
            }
        })?;
    }
    let entry = |wish: &Wish| {
        Some(Suppression {
            email: readers.get(&wish.id)?.clone(),
            reason: Reason::Unsubscribe,
            at: wish.at,
            evidence: Some(wish.evidence.clone()),
        })
    };
    let entries: Vec<Suppression> = wishes.iter().filter_map(entry).collect();
    let recorded = super::open(project)?.record(&entries)?;
    super::tell(recorded, printer);
    if !wanted.is_empty() {
        let strangers = count(wanted.len() as u64, "good token");
        printer.say(format!(
            "{strangers} of readers who are neither on the list nor in any issue sent from here"
        ));
    }
    Ok(())
}
