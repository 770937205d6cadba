//! `rescue-RUN.jsonl`: outcomes that came after the ledger could not be written any more, for the next run to take up.
//!
//! A head, then one [`Settlement`] a line. Nothing here is tried twice: a failed fsync proves nothing about the next.
#![expect(clippy::disallowed_methods, reason = "rescue files are written and read here")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::counts;
use super::error::{OpenError, explain};
use super::settlement::Settlement;

/// The version in the head.
const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    rescue: u32,
    ledger: String,
    issue: i64,
    run: i64,
}

/// What was kept outside the ledger.
#[derive(Debug)]
pub struct Rescue {
    head: Head,
    /// The file.
    pub path: PathBuf,
    file: Option<File>,
    /// How many outcomes are in the file.
    pub kept: u64,
    /// Lines that could not be written there either.
    pub unsaved: Vec<String>,
}

impl Rescue {
    /// A rescue of a run; the file is made with the first outcome.
    pub(super) fn of(dir: &Path, ledger: String, issue: i64, run: i64) -> Self {
        let path = dir.join(format!("rescue-{run}.jsonl"));
        let head = Head { rescue: VERSION, ledger, issue, run };
        Self { head, path, file: None, kept: 0, unsaved: Vec::new() }
    }

    /// Keeps outcomes: in the file, each durable when this returns, or else in memory.
    pub(super) fn keep(&mut self, settlements: &[Settlement]) {
        if settlements.is_empty() {
            return;
        }
        // The fields are numbers and text, which JSON can always say.
        let mut lines: Vec<String> = settlements.iter().filter_map(line).collect();
        if self.unsaved.is_empty() && self.write(&lines).is_ok() {
            self.kept += lines.len() as u64;
            return;
        }
        if self.unsaved.is_empty() {
            self.unsaved.extend(line(&self.head));
        }
        self.unsaved.append(&mut lines);
    }

    fn write(&mut self, lines: &[String]) -> io::Result<()> {
        let mut text = lines.join("\n") + "\n";
        if self.file.is_none() {
            let head = line(&self.head).unwrap_or_default();
            text.insert_str(0, &format!("{head}\n"));
            let file = OpenOptions::new()
                .append(true)
                .create_new(true)
                .mode(0o600)
                .custom_flags(i32::try_from(rustix::fs::OFlags::DSYNC.bits()).unwrap_or_default())
                .open(&self.path)?;
            if let Some(dir) = self.path.parent() {
                File::open(dir)?.sync_all()?;
            }
            self.file = Some(file);
        }
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(text.as_bytes()))
    }
}

fn line(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}

/// Takes up what earlier runs have kept in `dir`; gives how many outcomes the ledger did not have yet. A file goes once
/// the ledger has it durably. Taking one up again changes nothing.
pub(super) fn take_up(connection: &mut Connection, dir: &Path) -> Result<u64, OpenError> {
    let mut files = super::super::files::with_ending(dir, "jsonl")
        .map_err(|error| OpenError::unwritable(dir, &error))?;
    files.retain(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("rescue-"))
    });
    let mut taken = 0;
    for path in files {
        let refuse = |why: String| OpenError::Storage {
            path: path.clone(),
            why,
            help: "`postrider ledger show` says what is known; move the file away to go on without it: what it tells stays unknown",
        };
        let text = fs::read_to_string(&path).map_err(|error| refuse(error.to_string()))?;
        taken += import(connection, &text).map_err(refuse)?;
        fs::remove_file(&path).map_err(|error| refuse(error.to_string()))?;
    }
    Ok(taken)
}

fn import(connection: &mut Connection, text: &str) -> Result<u64, String> {
    // A last line without its end was cut off by a crash and says nothing certain.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut lines = whole.lines();
    let Some(head) = lines.next() else { return Ok(0) };
    let head: Head =
        serde_json::from_str(head).map_err(|_| "line 1 is not the head of a rescue file")?;
    let transaction = connection.transaction().map_err(|error| explain(&error))?;
    check(&transaction, &head)?;
    let mut taken = 0;
    for (index, line) in lines.enumerate() {
        let number = index + 2;
        let settlement: Settlement =
            serde_json::from_str(line).map_err(|_| format!("line {number} is not an outcome"))?;
        let new = apply(&transaction, &head, settlement)
            .map_err(|error| format!("line {number}: {}", explain(&error)))?;
        taken += u64::from(new);
    }
    counts::recount(&transaction, head.issue).map_err(|error| explain(&error))?;
    transaction.commit().map_err(|error| explain(&error))?;
    Ok(taken)
}

fn check(connection: &Connection, head: &Head) -> Result<(), String> {
    let known: Option<i64> = connection
        .query_row(
            "SELECT issue FROM run, meta WHERE run.id = ?1 AND meta.ledger = ?2",
            params![head.run, head.ledger],
            |row| row.get(0),
        )
        .optional()
        .map_err(|error| explain(&error))?;
    match known {
        _ if head.rescue != VERSION => Err("it was written by a newer postrider".into()),
        Some(issue) if issue == head.issue => Ok(()),
        _ => Err("it is about another ledger".into()),
    }
}

/// Writes one outcome, unless the ledger has it; the triggers refuse what cannot be.
fn apply(
    connection: &Connection,
    head: &Head,
    mut settlement: Settlement,
) -> rusqlite::Result<bool> {
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM attempt WHERE issue = ?1 AND row = ?2 AND run = ?3 AND at = ?4 AND outcome = ?5)",
        params![head.issue, settlement.row, head.run, settlement.at, settlement.outcome],
        |row| row.get(0),
    )?;
    let state: String = connection.query_row(
        "SELECT state FROM delivery WHERE issue = ?1 AND row = ?2",
        params![head.issue, settlement.row],
        |row| row.get(0),
    )?;
    // An intent that was denied is on disk only if the failed commit was.
    let is_denied =
        settlement.outcome == "pending" && matches!(&*state, "pending" | "deferred" | "skipped");
    if known || is_denied {
        return Ok(false);
    }
    if state == "unknown" && settlement.outcome == "deferred" {
        // Called unknown meanwhile; it may be tried at once.
        settlement.outcome = "pending".into();
    }
    settlement.write(connection, head.issue, head.run)?;
    Ok(true)
}
