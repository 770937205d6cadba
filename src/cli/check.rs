//! `postrider check`: all that is wrong with a draft, before anyone receives it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::check::document::Document;
use crate::check::online::{self, LinkStates};
use crate::finding::Finding;
use crate::io::images::Shelf;
use crate::io::links::{self, Cache};
use crate::report::words::count;
use crate::report::{Printer, formats};
use crate::rule::Severity;

use super::exit::Exit;
use super::failure::Failure;
use super::now;
use super::preflight::{self, Surroundings};
use super::project::Project;
use super::send::duration;

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
    /// Follow the links, politely; good answers count for a day
    #[arg(long)]
    online: bool,
    /// How long a server may take to be reached, and again to answer, e.g. 5s
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "15s", requires = "online")]
    link_timeout: Duration,
    /// Ask `spamassassin`, if it is installed, what it thinks of the letter
    #[arg(long)]
    spam: bool,
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
pub(super) fn run(args: &CheckArgs, project: &Project, printer: Printer) -> Result<Exit, Failure> {
    let mut around = Surroundings::of(project, args.now.unwrap_or_else(now));
    if args.online {
        around.followed = follow(args, project, printer)?;
    }
    around.asks_spam_filter = args.spam;
    let mut findings = project.remarks.clone();
    for draft in &args.drafts {
        match preflight::inspect(draft, project, &around, &mut Shelf::default()) {
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
    Ok(if findings.iter().any(fails) { Exit::Mistakes } else { Exit::Complete })
}

/// What the links of all drafts answer.
fn follow(args: &CheckArgs, project: &Project, printer: Printer) -> Result<LinkStates, Failure> {
    let mut urls = BTreeSet::new();
    for draft in &args.drafts {
        // What cannot be read is said when the draft is judged.
        let Ok((Some(draft), _)) = preflight::read(draft, project) else { continue };
        let document = Document::read(&draft);
        urls.extend(document.links.iter().filter_map(|link| online::address(&link.url)));
    }
    let now = now();
    let mut cache = Cache::open(&project.state());
    let agent = agent(project);
    let visit = links::visit(urls, &agent, args.link_timeout, &mut cache, now);
    let states = super::runtime()?.block_on(visit)?;
    if let Err(error) = cache.save(now) {
        printer.say(format!("the links' answers are not kept for the next time: {error}"));
    }
    Ok(states)
}

/// How we introduce ourselves to servers: what we are, and whom to complain to.
fn agent(project: &Project) -> String {
    let program = concat!("postrider/", env!("CARGO_PKG_VERSION"));
    let from = &project.config.newsletter.from.address;
    if project.configured && from.as_str().is_ascii() {
        format!("{program} (checks a newsletter's links; mailto:{from})")
    } else {
        format!("{program} (checks a newsletter's links)")
    }
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
