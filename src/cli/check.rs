//! `postrider check`: all that is wrong with a draft, before anyone receives it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::finding::Finding;
use crate::report::words::count;
use crate::report::{Printer, formats};
use crate::rule::Severity;

use super::exit::Exit;
use super::now;
use super::preflight::{self, Surroundings};
use super::project::Project;

/// Says everything that is wrong with drafts, with the place and the remedy.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The drafts, e.g. drafts/letter.md
    #[arg(required = true)]
    drafts: Vec<PathBuf>,
    /// How findings are printed; all but `human` go to stdout [default: human]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// The moment to judge dates by, e.g. 2026-05-12T08:00:00Z [default: now]
    #[arg(long, value_name = "RFC3339")]
    now: Option<Timestamp>,
    /// Let warnings fail as errors do
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One array of objects
    Json,
    /// SARIF 2.1.0, as code hosts read it
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}

/// Checks every draft and prints what was found.
pub(super) fn run(args: &CheckArgs, project: &Project, printer: Printer) -> Exit {
    let around = Surroundings::of(project, args.now.unwrap_or_else(now));
    let mut findings = project.remarks.clone();
    for draft in &args.drafts {
        match preflight::inspect(draft, project, &around) {
            Ok(inspected) => findings.extend(inspected.findings),
            Err(failure) => findings.extend(failure.into_findings()),
        }
    }
    let default = if printer.json { Format::Json } else { Format::Human };
    match args.format.unwrap_or(default) {
        Format::Human => {
            printer.findings(&findings);
            printer.say(summary(args.drafts.len(), &findings));
        }
        Format::Json => printer.data(formats::json(&findings).to_string()),
        Format::Sarif => printer.data(format!("{:#}", formats::sarif(&findings))),
        Format::Github => formats::github(&findings).iter().for_each(|line| printer.data(line)),
    }
    let fails = |finding: &Finding| {
        finding.is_error() || args.strict && finding.severity == Severity::Warning
    };
    if findings.iter().any(fails) { Exit::Mistakes } else { Exit::Complete }
}

fn summary(drafts: usize, findings: &[Finding]) -> String {
    let number = |severity| {
        let found = findings.iter().filter(|finding| finding.severity == severity);
        found.count() as u64
    };
    let numbers =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
    let said: Vec<String> = numbers
        .into_iter()
        .map(|(severity, word)| (number(severity), word))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| count(number, word))
        .collect();
    let said = if said.is_empty() { "nothing to say".to_owned() } else { said.join(", ") };
    format!("{}: {said}", count(drafts as u64, "draft"))
}
