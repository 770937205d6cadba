//! `postrider ledger`: what is known of every copy, whether it holds together, and what a person decides about doubt.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::address::EmailAddress;
use crate::finding::shown;
use crate::io::host;
use crate::io::ledger_sqlite::read::{Attempt, Entry, Reader};
use crate::io::ledger_sqlite::resolve::{Decision, Refused};
use crate::io::witness::Witnesses;
use crate::report::words::count;
use crate::report::{self, Printer};

use super::exit::Exit;
use super::failure::Failure;
use super::project::Project;
use super::status::unknown_issue;

/// What is asked of the ledger.
#[derive(Debug, Args)]
pub(super) struct LedgerArgs {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Show what became of every recipient of an issue, or all that happened to one
    Show {
        /// The issue's id
        issue: String,
        /// Only this recipient, with every attempt
        address: Option<EmailAddress>,
    },
    /// Print every recipient of an issue as CSV, or with --json as objects
    Export {
        /// The issue's id
        issue: String,
    },
    /// Look for damage and contradictions
    Verify,
    /// Decide about recipients in doubt
    Resolve(Resolve),
    /// Go on with a ledger from a backup or another machine: whoever may have been mailed meanwhile becomes unknown
    Adopt,
}

#[derive(Debug, Args)]
struct Resolve {
    /// The issue's id
    issue: String,
    /// Whom the decision is about
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    addresses: Vec<EmailAddress>,
    /// Everybody who is in doubt
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    decision: Decided,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Decided {
    /// Let the next send try again; whoever had the letter after all gets the same one twice
    #[arg(long)]
    resend: bool,
    /// The relay has taken it: its log or an answer shows that
    #[arg(long)]
    sent: bool,
    /// Give up on it
    #[arg(long)]
    abandon: bool,
}

/// Answers.
pub(super) fn run(args: &LedgerArgs, project: &Project, printer: Printer) -> Result<Exit, Failure> {
    match &args.question {
        Question::Show { issue, address: None } => {
            reader(project, issue)?.entries(issue, |entry| {
                let line = if printer.json { object(entry).to_string() } else { line(entry) };
                printer.data(line);
                Ok::<_, Failure>(())
            })?;
            Ok(Exit::Complete)
        }
        Question::Show { issue, address: Some(address) } => {
            history(project, issue, address, printer)
        }
        Question::Export { issue } if printer.json => {
            reader(project, issue)?.entries(issue, |entry| {
                printer.data(object(entry).to_string());
                Ok::<_, Failure>(())
            })?;
            Ok(Exit::Complete)
        }
        Question::Export { issue } => export(project, issue),
        Question::Verify => verify(project, printer),
        Question::Resolve(resolve) => decide(resolve, project, printer),
        Question::Adopt => super::provenance::adopt(project, printer),
    }
}

fn reader(project: &Project, issue: &str) -> Result<Reader, Failure> {
    let reader = Reader::open(&project.state())?.ok_or_else(|| unknown_issue(issue))?;
    if reader.issues(Some(issue))?.is_empty() { Err(unknown_issue(issue)) } else { Ok(reader) }
}

/// One recipient for people. Words of relays and lists are shown without control characters.
fn line(entry: &Entry) -> String {
    let words = [entry.reason.as_deref(), entry.reply.as_deref()];
    let words: Vec<String> = words.into_iter().flatten().map(shown).collect();
    let email = if entry.email.is_empty() { "(a row that is no reader)" } else { &entry.email };
    format!("{:<10}  {}  {}", entry.state, shown(email), words.join("  ")).trim_end().to_owned()
}

fn object(entry: &Entry) -> serde_json::Value {
    json!({
        "email": entry.email,
        "state": entry.state,
        "reason": entry.reason,
        "attempts": entry.attempts,
        "since": entry.since.map(|at| at.to_string()),
        "next_at": entry.next_at.map(|at| at.to_string()),
        "reply": entry.reply,
    })
}

fn history(
    project: &Project,
    issue: &str,
    address: &EmailAddress,
    printer: Printer,
) -> Result<Exit, Failure> {
    let (reader, key) = (reader(project, issue)?, address.canonical());
    if !reader.has(issue, &key)? {
        let words = format!("{address} is not among the recipients of {issue}");
        let help = format!("`postrider ledger show {issue}` lists them");
        return Err(Failure::new(Exit::Usage, words).help(help));
    }
    let attempts = reader.attempts(issue, &key)?;
    if attempts.is_empty() {
        printer.say(format!("nothing has happened to {address} in {issue} yet"));
    }
    for Attempt { at, outcome, stage, words } in attempts {
        let stage = stage.unwrap_or_default();
        if printer.json {
            let at = at.to_string();
            printer.json(&json!({ "at": at, "outcome": outcome, "stage": stage, "words": words }));
        } else {
            let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
            printer.data(format!("{at}  {outcome:<8}  {stage:<4}  {}", shown(&words)).trim_end());
        }
    }
    Ok(Exit::Complete)
}

fn export(project: &Project, issue: &str) -> Result<Exit, Failure> {
    let reader = reader(project, issue)?;
    let mut table = csv::Writer::from_writer(report::stdout());
    let failed = |error: csv::Error| Failure::from(std::io::Error::from(error));
    let columns = ["email", "state", "reason", "attempts", "since", "next_at", "reply"];
    table.write_record(columns).map_err(failed)?;
    reader.entries(issue, |entry| {
        let time = |at: Option<jiff::Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        let text = |text: &str| crate::audience::write::cell(text);
        let row = [
            text(&entry.email),
            entry.state.clone(),
            text(entry.reason.as_deref().unwrap_or_default()),
            entry.attempts.to_string(),
            time(entry.since),
            time(entry.next_at),
            text(entry.reply.as_deref().unwrap_or_default()),
        ];
        table.write_record(row).map_err(failed)
    })?;
    table.flush()?;
    Ok(Exit::Complete)
}

fn verify(project: &Project, printer: Printer) -> Result<Exit, Failure> {
    let Some(reader) = Reader::open(&project.state())? else {
        printer.say("there is no ledger here yet");
        return Ok(Exit::Complete);
    };
    let found = reader.contradictions()?;
    if printer.json {
        printer.json(&json!({ "contradictions": found }));
    }
    if found.is_empty() {
        printer.say("the ledger is whole");
        return Ok(Exit::Complete);
    }
    let words = found.join("\n  ");
    let help = "send nothing from it: keep a copy of the folder and restore a sound one";
    Err(Failure::new(Exit::Storage, format!("the ledger contradicts itself:\n  {words}"))
        .help(help))
}

fn decide(resolve: &Resolve, project: &Project, printer: Printer) -> Result<Exit, Failure> {
    // Asked without the lock first, so that a slip of the name makes no ledger.
    drop(reader(project, &resolve.issue)?);
    let now = super::now();
    let mut ledger = super::open_ledger(project, now)?;
    super::provenance::check_newest(project, &ledger)?;
    let Some(known) = ledger.issue(&resolve.issue)? else {
        return Err(unknown_issue(&resolve.issue));
    };
    let keys: Vec<String> = resolve.addresses.iter().map(EmailAddress::canonical).collect();
    let keys = (!resolve.all).then_some(keys.as_slice());
    let decision = match &resolve.decision {
        Decided { resend: true, .. } => Decision::Resend,
        Decided { sent: true, .. } => Decision::Sent,
        _ => Decision::Abandon,
    };
    let run = (std::process::id(), host::name());
    let decided = ledger.resolve(known.id, keys, decision, (run.0, &run.1), now)?;
    let number = decided.map_err(|refused| not_in_doubt(&resolve.issue, &refused))?;
    if let Some(witnesses) = Witnesses::of_user() {
        witnesses.follow(ledger.witness()?)?;
    }
    let outcome = match decision {
        Decision::Resend => "pending again: the next send tries them",
        Decision::Sent => "sent",
        Decision::Abandon => "failed (abandoned)",
    };
    printer.say(match number {
        0 => format!("nobody is unknown in {}", resolve.issue),
        _ => format!("{}: {} now {outcome}", resolve.issue, count(number, "recipient")),
    });
    Ok(Exit::Complete)
}

fn not_in_doubt(issue: &str, refused: &[Refused]) -> Failure {
    let each = |(address, state): &Refused| match state {
        Some(state) => format!("`{}` is {}", shown(address), state.as_str()),
        None => format!("`{}` is not in the plan", shown(address)),
    };
    let words: Vec<String> = refused.iter().map(each).collect();
    let words = format!("only unknown recipients can be decided on: {}", words.join(", "));
    Failure::new(Exit::Usage, words)
        .help(format!("nothing was changed; `postrider status {}` lists the unknown", shown(issue)))
}
