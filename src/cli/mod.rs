//! The command line: one file a command, and one place that prints errors and ends the process.

mod archive;
mod check;
mod dkim;
mod exit;
mod failure;
mod fix;
mod follow;
mod init;
mod ledger;
mod new;
mod preflight;
mod preview;
mod project;
mod provenance;
mod readers;
mod send;
mod status;
pub mod subscribers;
mod suppress;
mod surroundings;
mod workers;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use jiff::{Timestamp, tz::TimeZone};

use crate::audience::duplicates::Known;
use crate::io::host;
use crate::io::ledger_sqlite::read::Reader;
use crate::io::ledger_sqlite::{Ledger, OpenError};
use crate::report::{self, Printer};
pub use exit::Exit;
use failure::Failure;
use project::Project;

/// Turns a Markdown draft into an email issue and carries it to every subscriber.
#[derive(Debug, Parser)]
#[command(name = "postrider", version, arg_required_else_help = true, after_help = exit_codes())]
struct Cli {
    /// The configuration [default: config.toml in this folder]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print data as JSON, one object a line, on stdout
    #[arg(long, global = true)]
    json: bool,
    /// Print only errors
    #[arg(long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make config.toml, subscribers.toml and drafts/ here; overwrites nothing
    Init,
    /// Make the next draft
    New(new::NewArgs),
    /// Show an issue in the browser, reloaded on every save
    Preview(preview::PreviewArgs),
    /// Say everything that is wrong with a draft, before anyone receives it
    Check(check::CheckArgs),
    /// Send an issue to every subscriber, or rehearse it
    Send(send::SendArgs),
    /// Show what became of each copy
    Status(status::StatusArgs),
    /// Show, export and verify what is known of every copy, and decide about doubt
    Ledger(ledger::LedgerArgs),
    /// Check, import or export the list
    Subscribers(subscribers::Subscribers),
    /// Keep addresses from being mailed, whatever the list says; works during a send
    Suppress(suppress::SuppressArgs),
    /// Make a key that signs letters, and show its DNS record
    Dkim(dkim::DkimArgs),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// Parses the command line, runs the command and ends the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints `--help` to stdout and mistakes to stderr.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Complete }.into();
        }
    };
    #[expect(clippy::disallowed_methods, reason = "the NO_COLOR convention is read once, here")]
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let printer = Printer::new(cli.json, cli.quiet, no_colour);
    match run(cli, printer) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print(printer);
            failure.exit.into()
        }
    }
}

fn run(cli: Cli, printer: Printer) -> Result<Exit, Failure> {
    let project = || Project::load(cli.config.as_deref());
    match cli.command {
        Command::Init => init::run(printer),
        Command::New(args) => new::run(&args, today(), printer),
        Command::Preview(args) => preview::run(&args, cli.config.as_deref(), printer),
        Command::Check(args) => match check::about_rules(&args, printer) {
            Some(outcome) => outcome,
            None => check::run(&args, &project()?, printer),
        },
        Command::Send(args) => send::run(&args, &project()?, printer),
        Command::Status(args) => status::run(&args, &project()?, printer),
        Command::Ledger(args) => ledger::run(&args, &project()?, printer),
        Command::Subscribers(args) => list(&args, &project()?, printer),
        Command::Suppress(args) => suppress::run(&args, &project()?, printer),
        Command::Dkim(args) => dkim::run(&args, &project()?, today(), printer),
        Command::Completions { shell } => {
            // The generator panics when it cannot write, so it writes to memory.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "postrider", &mut script);
            let mut out = report::stdout();
            out.write_all(&script)?;
            out.flush()?;
            Ok(Exit::Complete)
        }
    }
}

/// Runs a command on the list: data to stdout, findings to stderr.
fn list(
    args: &subscribers::Subscribers,
    project: &Project,
    printer: Printer,
) -> Result<Exit, Failure> {
    let is_check = matches!(args.command, subscribers::Command::Check);
    let ledger = if is_check { Reader::open(&project.state())? } else { None };
    let mut suppressed = Known::default();
    if let Some(ledger) = ledger {
        ledger.suppressed(&project.config.newsletter.list_id, |kept| {
            if let Ok(email) = kept.email.parse() {
                suppressed.add(&email);
            }
            Ok::<(), Failure>(())
        })?;
    }
    let format = if printer.json { subscribers::Format::Json } else { subscribers::Format::Text };
    let mut out = report::stdout();
    let outcome =
        subscribers::run(args, &project.list(), format, &suppressed, &mut out, &mut |finding| {
            printer.findings(std::slice::from_ref(finding));
        })?;
    out.flush()?;
    Ok(match outcome {
        subscribers::Outcome::Done => Exit::Complete,
        subscribers::Outcome::Mistakes => Exit::Mistakes,
    })
}

fn exit_codes() -> String {
    let rows: Vec<String> =
        Exit::ALL.iter().map(|(_, code, meaning)| format!("  {code:>3}  {meaning}")).collect();
    format!("Exit codes:\n{}", rows.join("\n"))
}

/// The wall clock, read by commands and handed down.
#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The date here.
fn today() -> jiff::civil::Date {
    TimeZone::system().to_datetime(now()).date()
}

/// The ledger of a project, with its lock; a second process is told who we are.
fn open_ledger(project: &Project, now: Timestamp) -> Result<Ledger, OpenError> {
    let since = now.strftime("%Y-%m-%d %H:%M:%S UTC");
    let who = format!("pid {} on {} since {since}", std::process::id(), host::name());
    Ledger::open(&project.state(), &who, now)
}

/// The runtime of the commands that talk to a network.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command with its options, by path.
    fn walk(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        let arguments =
            command.get_arguments().map(|argument| format!("{path} {}", argument.get_id()));
        found.extend(arguments);
        for inner in command.get_subcommands() {
            walk(inner, &format!("{path} {}", inner.get_name()), found);
        }
    }

    #[test]
    fn no_command_takes_a_secret_as_an_argument() {
        let mut found = Vec::new();
        walk(&Cli::command(), "postrider", &mut found);
        assert!(found.contains(&"postrider send plan".to_owned()), "{found:?}");
        let secret = |argument: &&String| {
            let name = argument.rsplit(' ').next().unwrap_or_default();
            ["pass", "secret", "key", "login", "credential"].iter().any(|word| name.contains(word))
        };
        assert_eq!(found.iter().find(secret), None);
        // clap shows the value of a variable in `--help`; without its `env` feature it reads none.
        let manifest = include_str!("../../Cargo.toml");
        let clap = manifest.lines().find(|line| line.starts_with("clap =")).unwrap();
        assert!(!clap.contains("env"), "{clap}");
    }
}
