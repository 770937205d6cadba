//! `postrider check`: all that is wrong with a draft, before anyone receives it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::finding::{Finding, nearest, shown};
use crate::io::images::Shelf;
use crate::report::words::count;
use crate::report::{Printer, catalogue, formats};
use crate::rule::{self, Severity};

use super::exit::Exit;
use super::failure::Failure;
use super::fix;
use super::follow;
use super::now;
use super::preflight::{self, Inspected};
use super::project::Project;
use super::send::duration;
use super::surroundings::Surroundings;
use super::workers::share;

/// Says everything that is wrong with drafts, with the place and the remedy.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags of a command line")]
pub(super) struct CheckArgs {
    /// The drafts, e.g. drafts/letter.md
    #[arg(required_unless_present_any = ["list", "explain"])]
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
    /// Show as a diff what can be mended without judgement
    #[arg(long)]
    fix: bool,
    /// Make the changes that `--fix` shows
    #[arg(long, requires = "fix")]
    yes: bool,
    /// Print all rules
    #[arg(long, conflicts_with_all = ["drafts", "fix"])]
    list: bool,
    /// Say what a rule looks for, why that matters and how to mend it
    #[arg(long, value_name = "ID", conflicts_with_all = ["drafts", "list", "fix"])]
    explain: Option<String>,
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

/// Prints the rules, if they are asked for; they need no project.
pub(super) fn about_rules(args: &CheckArgs, printer: Printer) -> Option<Result<Exit, Failure>> {
    if args.list {
        let json = printer.json || args.format == Some(Format::Json);
        printer.data(if json { catalogue::json().to_string() } else { catalogue::list() });
        return Some(Ok(Exit::Complete));
    }
    let id = args.explain.as_deref()?;
    let Some(rule) = rule::find(id) else {
        let near = nearest(id, rule::all().map(|rule| rule.id));
        let help = near.map_or_else(
            || "`postrider check --list` shows all rules".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let what = format!("there is no rule `{}`", shown(id));
        return Some(Err(Failure::new(Exit::Usage, what).help(help)));
    };
    printer.data(catalogue::explain(rule));
    Some(Ok(Exit::Complete))
}

/// Checks every draft and prints what was found.
pub(super) fn run(args: &CheckArgs, project: &Project, printer: Printer) -> Result<Exit, Failure> {
    let mut around = Surroundings::whole(project, &args.drafts, args.now.unwrap_or_else(now));
    if args.online {
        let (states, lost) = follow::links(&args.drafts, project, args.link_timeout)?;
        if let Some(why) = lost {
            printer.say(why);
        }
        around.followed = Arc::new(states);
    }
    around.asks_spam_filter = args.spam;
    let mut found = share(&args.drafts, |draft| inspect(draft, project, &around));
    let default = if printer.json { Format::Json } else { Format::Human };
    let format = args.format.unwrap_or(default);
    if args.fix {
        mend(args, &mut found, project, &around, format, printer)?;
    }
    let mut findings = around.remarks(project);
    findings.extend(found.into_iter().flatten());
    print(&findings, format, args.drafts.len(), printer);
    let fails = |finding: &Finding| {
        finding.is_error() || args.strict && finding.severity == Severity::Warning
    };
    Ok(if findings.iter().any(fails) { Exit::Mistakes } else { Exit::Complete })
}

/// Shows, and with `--yes` makes, the changes that take no judgement; a changed draft is inspected anew.
fn mend(
    args: &CheckArgs,
    found: &mut [Vec<Finding>],
    project: &Project,
    around: &Surroundings,
    format: Format,
    printer: Printer,
) -> Result<(), Failure> {
    // What programs read from stdout is the report alone.
    let show =
        |diff: &str| if format == Format::Human { printer.data(diff) } else { printer.say(diff) };
    let mut mended = 0;
    for (draft, findings) in args.drafts.iter().zip(found) {
        let anew = |source| {
            found_by(preflight::inspect_text(source, draft, project, around, &mut Shelf::default()))
        };
        let number = fix::mend(draft, findings, args.yes, show, anew)?;
        if number > 0 && args.yes {
            printer.say(format!("{}: {} mended", draft.display(), count(number, "finding")));
        }
        mended += number;
    }
    match (mended, args.yes) {
        (0, _) => printer.say("nothing can be mended without judgement"),
        (_, false) => printer.say("this is what `--fix --yes` changes"),
        (_, true) => {}
    }
    Ok(())
}

fn print(findings: &[Finding], format: Format, drafts: usize, printer: Printer) {
    match format {
        Format::Human => {
            printer.findings(findings);
            printer.say(summary(drafts, findings));
        }
        Format::Json => printer.data(formats::json(findings).to_string()),
        Format::Sarif => printer.data(format!("{:#}", formats::sarif(findings))),
        Format::Github => formats::github(findings).iter().for_each(|line| printer.data(line)),
    }
}

fn inspect(draft: &Path, project: &Project, around: &Surroundings) -> Vec<Finding> {
    found_by(preflight::inspect(draft, project, around, &mut Shelf::default()))
}

fn found_by(inspected: Result<Inspected, Failure>) -> Vec<Finding> {
    match inspected {
        Ok(inspected) => inspected.findings,
        Err(failure) => failure.into_findings(),
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
