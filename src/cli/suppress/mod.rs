//! `postrider suppress`: who is not to be mailed whatever the list says. Works during a send.

mod tokens;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::address::EmailAddress;
use crate::audience::suppression::{Reason, Suppression, table};
use crate::finding::shown;
use crate::io::ledger_sqlite::read::Reader;
use crate::io::ledger_sqlite::suppression::{Kept, Recorded, Suppressions};
use crate::io::witness::Witnesses;
use crate::report::words::count;
use crate::report::{self, Printer};

use super::exit::Exit;
use super::failure::Failure;
use super::project::{Project, decode};

/// Addresses that are not to be mailed.
#[derive(Debug, Args)]
pub(super) struct SuppressArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Suppress addresses, or the readers of unsubscribe tokens
    Add(Add),
    /// Let addresses be mailed again, because their readers want it
    Remove {
        /// The addresses
        #[arg(required = true)]
        addresses: Vec<EmailAddress>,
        /// What shows that they want it
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Print who is suppressed, or all that was ever recorded of one address
    List {
        /// Only this address, with everything that was recorded
        address: Option<EmailAddress>,
    },
    /// Suppress every address of a file: one a line, CSV with an `email` column, or an export
    Import {
        /// The file
        file: PathBuf,
    },
    /// Print who is suppressed as data
    Export {
        /// How
        #[arg(long, default_value = "csv")]
        format: Format,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// The addresses
    #[arg(required_unless_present_any = ["token", "from_log"], conflicts_with_all = ["token", "from_log"])]
    addresses: Vec<EmailAddress>,
    /// Why
    #[arg(long, default_value = "manual", value_parser = reason, conflicts_with_all = ["token", "from_log"])]
    reason: Reason,
    /// What shows it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The reader of this unsubscribe token
    #[arg(long, value_name = "TOKEN", conflicts_with = "from_log")]
    token: Vec<String>,
    /// The readers of the tokens in a log: lines of `time token`, or a web server's access log
    #[arg(long, value_name = "FILE")]
    from_log: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Json,
}

/// Runs the action.
pub(super) fn run(
    args: &SuppressArgs,
    project: &Project,
    printer: Printer,
) -> Result<Exit, Failure> {
    project.require_config()?;
    let list = &project.config.newsletter.list_id;
    match &args.action {
        Action::Add(add) => match &add.from_log {
            Some(log) => return tokens::from_log(log, add.note.as_deref(), project, printer),
            None if !add.token.is_empty() => {
                return tokens::add(&add.token, add.note.as_deref(), project, printer);
            }
            None => add_addresses(add, project, printer)?,
        },
        Action::Remove { addresses, note } => {
            remove(addresses, note.as_deref(), project, printer)?;
        }
        Action::List { address } => show(address.as_ref(), list, project, printer)?,
        Action::Import { file } => return import(file, project, printer),
        Action::Export { format: Format::Csv } if !printer.json => export(list, project)?,
        Action::Export { .. } => objects(list, project, printer)?,
    }
    Ok(Exit::Complete)
}

fn reason(word: &str) -> Result<Reason, String> {
    let words = Reason::ALL.map(|row| row.1).join(", ");
    Reason::parse(word).ok_or_else(|| format!("one of {words}"))
}

fn open(project: &Project) -> Result<Suppressions, Failure> {
    let list = &project.config.newsletter.list_id;
    Ok(Suppressions::open(&project.state(), list, Witnesses::of_user())?)
}

fn add_addresses(add: &Add, project: &Project, printer: Printer) -> Result<(), Failure> {
    let at = super::now();
    let entry = |email: &EmailAddress| Suppression {
        email: email.clone(),
        reason: add.reason,
        at,
        evidence: add.note.clone(),
    };
    let entries: Vec<Suppression> = add.addresses.iter().map(entry).collect();
    let recorded = open(project)?.record(&entries)?;
    tell(recorded, printer);
    Ok(())
}

/// Says what came of entries.
fn tell(recorded: Recorded, printer: Printer) {
    let Recorded { added, already, stale } = recorded;
    printer.json(&json!({ "added": added, "already": already, "stale": stale }));
    if printer.json {
        return;
    }
    let already = if already > 0 { format!(", {already} already") } else { String::new() };
    let stale = match stale {
        0 => String::new(),
        stale => format!(", {stale} left as they are, because they were taken out later than that"),
    };
    printer.say(format!("{} suppressed{already}{stale}", count(added, "reader")));
}

fn remove(
    addresses: &[EmailAddress],
    note: Option<&str>,
    project: &Project,
    printer: Printer,
) -> Result<(), Failure> {
    let strangers = open(project)?.remove(addresses, note, super::now())?;
    for stranger in &strangers {
        printer.say(format!("{stranger} is not suppressed"));
    }
    let removed = addresses.len() - strangers.len();
    printer.say(match removed {
        0 => "nobody was taken out".into(),
        _ => format!("{removed} taken out; the next issue goes to them if the list has them"),
    });
    Ok(())
}

/// Entries of a file that are recorded together, so that memory does not grow with it.
const AT_ONCE: usize = 10_000;

fn import(file: &Path, project: &Project, printer: Printer) -> Result<Exit, Failure> {
    let source = decode(file)?;
    let mut suppressions = open(project)?;
    let (mut good, mut bad, mut recorded) = (Vec::new(), 0, Recorded::default());
    for entry in table::read(&source, super::now()) {
        match entry {
            Ok(entry) => good.push(entry),
            Err(finding) => {
                bad += 1;
                printer.findings(std::slice::from_ref(&finding));
            }
        }
        if good.len() == AT_ONCE {
            recorded += suppressions.record(&good)?;
            good.clear();
        }
    }
    recorded += suppressions.record(&good)?;
    tell(recorded, printer);
    if bad == 0 {
        return Ok(Exit::Complete);
    }
    printer.say(format!(
        "{} could not be understood; mend them and import the file again",
        count(bad, "line")
    ));
    Ok(Exit::Mistakes)
}

/// Gives everybody who is suppressed to `each`; without a ledger there is nobody.
fn each(
    list: &str,
    project: &Project,
    each: impl FnMut(&Kept) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match Reader::open(&project.state())? {
        Some(reader) => reader.suppressed(list, each),
        None => Ok(()),
    }
}

fn show(
    address: Option<&EmailAddress>,
    list: &str,
    project: &Project,
    printer: Printer,
) -> Result<(), Failure> {
    let print = |entry: &Kept| {
        let line = if printer.json { object(entry).to_string() } else { line(entry) };
        printer.data(line);
        Ok(())
    };
    match (address, Reader::open(&project.state())?) {
        (None, Some(reader)) => reader.suppressed(list, print),
        (Some(address), Some(reader)) => reader.suppression_history(&address.canonical(), print),
        (_, None) => Ok(()),
    }
}

fn line(entry: &Kept) -> String {
    let at = entry.at.strftime("%Y-%m-%d %H:%M UTC");
    let evidence = shown(entry.evidence.as_deref().unwrap_or_default());
    let everywhere = if entry.scope == "*" { "  (every list)" } else { "" };
    format!("{at}  {:<11}  {}{everywhere}  {evidence}", entry.reason, entry.email)
        .trim_end()
        .to_owned()
}

fn object(entry: &Kept) -> serde_json::Value {
    json!({
        "email": entry.email,
        "reason": entry.reason,
        "scope": entry.scope,
        "at": entry.at.to_string(),
        "evidence": entry.evidence,
    })
}

fn objects(list: &str, project: &Project, printer: Printer) -> Result<(), Failure> {
    each(list, project, |entry| {
        printer.data(object(entry).to_string());
        Ok(())
    })
}

fn export(list: &str, project: &Project) -> Result<(), Failure> {
    let mut table = csv::Writer::from_writer(report::stdout());
    let failed = |error: csv::Error| Failure::from(std::io::Error::from(error));
    table.write_record(["email", "reason", "scope", "at", "evidence"]).map_err(failed)?;
    each(list, project, |entry| {
        let text = |text: &str| crate::audience::write::cell(text);
        let row = [
            text(&entry.email),
            entry.reason.clone(),
            text(&entry.scope),
            entry.at.to_string(),
            text(entry.evidence.as_deref().unwrap_or_default()),
        ];
        table.write_record(row).map_err(failed)
    })?;
    Ok(table.flush()?)
}
