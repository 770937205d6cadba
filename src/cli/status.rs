//! `postrider status`: what became of each copy, also while a send is under way.

use clap::Args;
use serde_json::json;

use crate::delivery::ledger::State;
use crate::io::ledger_sqlite::read::{Exception, Reader, Summary};
use crate::report::words::{count, grouped};
use crate::report::{Bound, Printer};

use super::exit::Exit;
use super::failure::Failure;
use super::project::Project;

/// Shows every issue, or one with its failed and unknown recipients.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The issue's id: its slug, or the draft's name without .md
    issue: Option<String>,
}

/// Prints the status.
pub(super) fn run(args: &StatusArgs, project: &Project, printer: Printer) -> Result<Exit, Failure> {
    let Some(reader) = Reader::open(&project.state())? else {
        return match &args.issue {
            Some(issue) => Err(unknown_issue(issue)),
            None => {
                printer.say("nothing has been sent from here yet");
                Ok(Exit::Complete)
            }
        };
    };
    let issues = reader.issues(args.issue.as_deref())?;
    if let (Some(issue), true) = (&args.issue, issues.is_empty()) {
        return Err(unknown_issue(issue));
    }
    if issues.is_empty() && !printer.json {
        printer.say("nothing has been sent from here yet");
    }
    if let (Some(holder), false) = (reader.holder(), printer.json) {
        printer.say(format!("a send is under way ({holder})"));
    }
    let suppressed = reader.count_suppressed(&project.config.newsletter.list_id)?;
    if suppressed > 0 && !printer.json {
        let (readers, are) =
            (count(suppressed, "reader"), if suppressed == 1 { "is" } else { "are" });
        printer.say(format!("{readers} {are} suppressed (`postrider suppress list`)"));
    }
    let relay = &project.config.relay;
    let bound = Bound { connections: relay.lanes, window: relay.window };
    let in_doubt = |summary: &Summary| summary.tally.of(State::Unknown) > 0;
    if let (Some(words), false) = (bound.words(), printer.json)
        && (reader.holder().is_some() || issues.iter().any(in_doubt))
    {
        printer.say(words);
    }
    for summary in &issues {
        let failed = reader.exceptions(&summary.issue, State::Failed)?;
        let unknown = reader.exceptions(&summary.issue, State::Unknown)?;
        if printer.json {
            printer.data(object(summary, &failed, &unknown, bound).to_string());
        } else {
            printer.data(text(summary));
            if args.issue.is_some() {
                list(printer, "failed", &failed);
                list(printer, "unknown", &unknown);
            }
        }
    }
    Ok(Exit::Complete)
}

/// What is said of an issue that was never sent from here.
pub(super) fn unknown_issue(issue: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("the ledger knows no issue `{}`", crate::finding::shown(issue)),
    )
    .help("`postrider status` lists those it knows")
}

fn text(summary: &Summary) -> String {
    let states: Vec<String> = State::ALL
        .into_iter()
        .filter(|(state, _)| summary.tally.of(*state) > 0)
        .map(|(state, word)| format!("{} {word}", grouped(summary.tally.of(state))))
        .collect();
    let released = summary.released_at.strftime("%Y-%m-%d %H:%M UTC");
    format!(
        "{}  ({released}, {})\n  {}",
        summary.issue,
        count(summary.tally.total(), "recipient"),
        states.join(", ")
    )
}

fn list(printer: Printer, title: &str, exceptions: &[Exception]) {
    if exceptions.is_empty() {
        return;
    }
    printer.data(format!("\n{title}:"));
    for exception in exceptions {
        printer.data(
            format!("  {}  {}  {}", exception.email, exception.reason, exception.reply).trim_end(),
        );
    }
}

fn object(
    summary: &Summary,
    failed: &[Exception],
    unknown: &[Exception],
    bound: Bound,
) -> serde_json::Value {
    let counts: serde_json::Map<String, serde_json::Value> = State::ALL
        .into_iter()
        .map(|(state, word)| (word.to_owned(), summary.tally.of(state).into()))
        .collect();
    json!({
        "issue": summary.issue,
        "counts": counts,
        "doubt": bound.letters(),
        "failed": failed.iter().map(|one| json!({ "email": one.email, "class": one.reason, "reply": one.reply })).collect::<Vec<_>>(),
        "unknown": unknown.iter().map(|one| json!({ "email": one.email, "since": one.since.to_string() })).collect::<Vec<_>>(),
    })
}
