//! `postrider send`: a live send, or one of its rehearsals. All of them make the same plan and the same letters.

mod census;
pub(super) mod errands;
mod intake;
mod live;
mod rehearse;
mod relay;
mod resume;
mod run;
mod stop;
mod test_copy;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;

use crate::check::gate::Allowed;
use crate::compose::Issue;
use crate::compose::images::Images;
use crate::config::SecretSource;
use crate::draft::Draft;
use crate::finding::Finding;
use crate::io::dkim_key;
use crate::io::images::Shelf;
use crate::io::secret::Secret;
use crate::message::Letterhead;
use crate::message::dkim::Signer;
use crate::message::token::Key;
use crate::report::Printer;
use crate::rule::{self, Gate, Severity};

use super::exit::Exit;
use super::failure::Failure;
use super::now;
use super::preflight::{self, Opened};
use super::project::Project;
use super::surroundings::REHEARSAL_KEY;
use stop::Stop;

/// Sends an issue; the same command again goes on where it stopped and never repeats a recipient.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags of a command line")]
pub(super) struct SendArgs {
    /// The draft, e.g. drafts/letter.md
    draft: PathBuf,
    /// Only readers with this tag
    #[arg(long, value_name = "TAG")]
    only: Option<String>,
    /// Attempt at most this many in this run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Mail readers as well who have joined the list since the issue was planned; asks for their number
    #[arg(long, conflicts_with_all = ["plan", "dry_run", "sandbox", "to"])]
    include_new: bool,
    /// Do not ask for the number of recipients
    #[arg(long, conflicts_with = "plan")]
    yes: bool,
    /// Send exactly what a dry run with this plan hash has shown
    #[arg(long, value_name = "HASH")]
    plan: Option<String>,
    /// Stay this long for letters that are to be tried again, e.g. 30m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    wait: Option<Duration>,
    /// Let a gate pass, by its id
    #[arg(long, value_name = "ID")]
    allow: Vec<String>,
    /// Rehearse without a connection: plan, sizes, duration, sample letters
    #[arg(long, conflicts_with_all = ["to", "sandbox", "yes", "plan"])]
    dry_run: bool,
    /// Send one test copy to this address; touches no ledger
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["sandbox", "yes", "plan", "only", "limit"])]
    to: Option<String>,
    /// Send everything to the built-in catcher, which keeps the letters in a folder
    #[arg(long, conflicts_with_all = ["yes", "plan"])]
    sandbox: bool,
    /// The folder for `--dry-run` and `--sandbox`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Read the letters of `--sandbox` in the browser
    #[arg(long, requires = "sandbox")]
    open: bool,
}

/// An issue that is composed and judged, and what sending it takes.
struct Desk<'a> {
    args: &'a SendArgs,
    project: &'a Project,
    printer: Printer,
    allowed: Allowed,
    draft: Draft,
    issue: Issue,
    images: Images,
    key: Key,
    signer: Option<Signer>,
    runtime: Runtime,
    stop: Stop,
}

/// Runs the send in the mode that was asked for.
pub(super) fn run(args: &SendArgs, project: &Project, printer: Printer) -> Result<Exit, Failure> {
    let live = !(args.dry_run || args.sandbox || args.to.is_some());
    if args.out.is_some() && !(args.dry_run || args.sandbox) {
        return Err(Failure::new(Exit::Usage, "`--out` goes with `--dry-run` or `--sandbox`"));
    }
    let allowed = Allowed::parse(&args.allow).map_err(|wrong| {
        Failure::new(Exit::Usage, wrong.join("; "))
            .help("`--allow` takes the id in brackets of the gate that refused")
    })?;
    if live || args.to.is_some() {
        project.require_config()?;
    } else if !project.configured {
        printer.say("there is no config.toml, so this uses the example's settings (`postrider init` makes one)");
    }
    let desk = desk(args, project, allowed, printer)?;
    match &args.to {
        Some(address) => test_copy::send(&desk, address),
        None if args.dry_run => rehearse::dry_run(&desk),
        None if args.sandbox => rehearse::sandbox(&desk),
        None => live::send(&desk),
    }
}

/// Composes and judges what is to be sent.
fn desk<'a>(
    args: &'a SendArgs,
    project: &'a Project,
    allowed: Allowed,
    printer: Printer,
) -> Result<Desk<'a>, Failure> {
    let is_real = !(args.dry_run || args.sandbox);
    let Composed { draft, issue, images, mut remarks } = load(&args.draft, project)?;
    remarks.extend(project.remarks.iter().cloned());
    judge(&remarks, &allowed, is_real && args.to.is_none(), printer)?;
    let key = key(project, is_real, printer)?;
    let signer = signer(project, is_real, printer)?;
    let runtime = super::runtime()?;
    let stop = Stop::listen(&runtime);
    Ok(Desk { args, project, printer, allowed, draft, issue, images, key, signer, runtime, stop })
}

/// A draft that is composed.
pub(super) struct Composed {
    pub(super) draft: Draft,
    pub(super) issue: Issue,
    pub(super) images: Images,
    /// What is to be said of it, among it the gates it does not pass.
    pub(super) remarks: Vec<Finding>,
}

/// Reads and composes a draft.
pub(super) fn load(path: &Path, project: &Project) -> Result<Composed, Failure> {
    let opened = preflight::open(path, project, &mut Shelf::default())?;
    let gates = preflight::blocking(&opened, project, now());
    let Opened { draft, issue, images, said: mut remarks, .. } = opened;
    let (Some(draft), Some(issue)) = (draft, issue) else {
        remarks.retain(Finding::is_error);
        return Err(remarks.into());
    };
    remarks.extend(gates);
    Ok(Composed { draft, issue, images, remarks })
}

/// Gates refuse a live send; a rehearsal shows them and goes on. Mere information is left to `preview`.
fn judge(
    remarks: &[Finding],
    allowed: &Allowed,
    live: bool,
    printer: Printer,
) -> Result<(), Failure> {
    let refusals = allowed.refusals(remarks);
    if live && !refusals.is_empty() {
        return Err(Failure::gate(refusals));
    }
    let shown: Vec<Finding> = remarks
        .iter()
        .filter(|finding| finding.severity != Severity::Info && !allowed.covers(finding.rule))
        .cloned()
        .collect();
    printer.findings(&shown);
    if shown.iter().any(|finding| finding.gate() == Gate::Allowable) {
        printer.say("a live send would be refused for this; the rehearsal goes on\n");
    }
    Ok(())
}

/// The key of tokens and message ids. A rehearsal without one uses a fixed key and says so.
pub(super) fn key(project: &Project, live: bool, printer: Printer) -> Result<Key, Failure> {
    let source = relay::located(&project.config.unsubscribe.secret, project);
    if let (SecretSource::File(path), false) = (&source, live)
        && !path.exists()
    {
        printer
            .say("there is no secret yet, so the unsubscribe links of this rehearsal do not work");
        return Ok(Key::new(*REHEARSAL_KEY));
    }
    let secret = Secret::read(&source).map_err(|finding| match &source {
        SecretSource::File(path) if !path.exists() => finding.help(
            "`postrider init` makes .postrider/secret; if letters were mailed with another, bring that one back",
        ),
        _ => *finding,
    })?;
    let name = match &source {
        SecretSource::File(path) => path.display().to_string(),
        _ => "unsubscribe.secret-env".into(),
    };
    Key::parse(secret.expose()).map_err(|error| {
        Finding::about(&rule::SECRET_UNREADABLE, name, error.to_string())
            .help("bring back what `postrider init` wrote; links mailed before depend on it")
            .into()
    })
}

/// What signs the letters, if anything does. A rehearsal whose key is not made yet shows them unsigned and says so.
pub(super) fn signer(
    project: &Project,
    live: bool,
    printer: Printer,
) -> Result<Option<Signer>, Failure> {
    let Some(dkim) = &project.config.dkim else { return Ok(None) };
    let paths = dkim.keys.iter().map(|key| project.path(&key.file));
    if let (Some(missing), false) = (paths.clone().find(|path| !path.exists()), live) {
        let missing = missing.display();
        printer.say(format!("there is no {missing} yet, so these letters are not signed"));
        return Ok(None);
    }
    let mut signer = Signer::new(&dkim.domain);
    let mut mistakes = Vec::new();
    for (key, path) in dkim.keys.iter().zip(paths) {
        match dkim_key::read(&path, key.algorithm) {
            Ok(pair) => signer = signer.with(&key.selector, pair),
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    if mistakes.is_empty() { Ok(Some(signer)) } else { Err(mistakes.into()) }
}

impl Desk<'_> {
    /// What a letter takes from outside the issue.
    fn letterhead(&self, date: jiff::Timestamp) -> Letterhead<'_> {
        Letterhead {
            newsletter: &self.project.config.newsletter,
            unsubscribe: &self.project.config.unsubscribe,
            key: &self.key,
            signer: self.signer.as_ref(),
            date,
            test_copy: None,
        }
    }
}

/// Reads a duration of the command line.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text
        .parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| "write a number and a unit, e.g. 90s, 30m or 2h".into())
}
