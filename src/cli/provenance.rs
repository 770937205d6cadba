//! Whether the ledger is the one that was used here last, on a disk that can be relied on; and taking in one that is not.

use jiff::{SignedDuration, Timestamp};

use crate::check::gate::Allowed;
use crate::finding::Finding;
use crate::io::ledger_sqlite::{self, Adopted, Ledger};
use crate::io::witness::{Witness, Witnesses};
use crate::io::{disk, host};
use crate::report::Printer;
use crate::report::words::{count, size};
use crate::rule::{self, Rule};

use super::exit::Exit;
use super::failure::Failure;
use super::project::Project;

/// Room that a send has to have, besides what each recipient takes.
const ROOM: u64 = 64 << 20;
const ROOM_EACH: u64 = 2 << 10;

/// Refuses a place where a ledger is not safe, or one whose ledger is gone. Nothing is opened or made.
pub(super) fn check_place(project: &Project, allowed: &Allowed) -> Result<(), Failure> {
    let state = project.state();
    let mut found = Vec::new();
    if let Some(kind) = disk::network(&state)? {
        let what = format!("the ledger would lie on {kind}, not on a disk of this machine");
        found.push(about(project, &rule::LEDGER_NETWORK, what).help(
            "name a folder on a local disk with `[state] dir`; `--allow ledger-network` trusts this one",
        ));
    }
    if !ledger_sqlite::exists(&state) {
        found.extend(last_here(project)?.map(|witness| missing(project, &witness)));
    }
    refuse(found, allowed)
}

/// Refuses a ledger that has missed a time, was used elsewhere or has seen a later clock.
pub(super) fn check_ledger(
    project: &Project,
    ledger: &Ledger,
    allowed: &Allowed,
    now: Timestamp,
) -> Result<(), Failure> {
    let mut found = Vec::new();
    found.extend(clock(project, ledger, now)?);
    // A suppression makes a ledger where there is none.
    let name = ledger.witness()?.ledger;
    let other = last_here(project)?.filter(|witness| witness.ledger != name);
    found.extend(other.map(|witness| missing(project, &witness)));
    if is_from_elsewhere(ledger)? {
        found.push(copied(project).help(
            "send from there; if that is over, `postrider ledger adopt` takes it in here and calls unknown whoever may have been mailed meanwhile, and `--allow ledger-copied` trusts that nobody was",
        ));
    }
    if behind(ledger)?.is_some() {
        if ledger.lost_its_log()? && !allowed.covers(&rule::LEDGER_RESTORED) {
            let file = ledger_sqlite::file(&project.state());
            let what =
                format!("{}-wal is gone, and with it the end of the last run", file.display());
            return Err(Failure::new(Exit::Storage, what).help(
                "nobody was mailed; bring that file back, or `postrider ledger adopt` goes on without and calls unknown whoever may have been mailed",
            ));
        }
        let help = "bring the newer one back; or `postrider ledger adopt` goes on with this one and calls unknown whoever may have been mailed since, and `--allow ledger-restored` trusts that nobody was";
        found.push(restored(project).help(help));
    }
    refuse(found, allowed)
}

/// Refuses to begin an issue that was begun in a time the ledger does not know of.
pub(super) fn check_issue(
    project: &Project,
    ledger: &Ledger,
    issue: &str,
    allowed: &Allowed,
) -> Result<(), Failure> {
    let witnessed = witness_of(ledger)?.is_some_and(|seen| seen.issues.iter().any(|s| s == issue));
    if !witnessed && !ledger.has_lost(issue)? {
        return Ok(());
    }
    let what = format!("`{issue}` was begun in a time that this ledger does not know of");
    let finding = about(project, &rule::LEDGER_RESTORED, what).help(
        "its readers may have it already; a new `slug` makes it another issue, and `--allow ledger-restored` sends it to everybody",
    );
    refuse(vec![finding], allowed)
}

/// Refuses a disk that may fill up on the way.
pub(super) fn check_space(
    project: &Project,
    recipients: u64,
    allowed: &Allowed,
) -> Result<(), Failure> {
    let (free, needed) = (disk::free(&project.state())?, ROOM + ROOM_EACH * recipients);
    if free >= needed {
        return Ok(());
    }
    let what = format!(
        "{} are free on the disk of the ledger; {} need {}",
        size(free),
        count(recipients, "recipient"),
        size(needed)
    );
    let help = "make room; `--allow disk-space` sends until it is full";
    refuse(vec![about(project, &rule::DISK_SPACE, what).help(help)], allowed)
}

fn copied(project: &Project) -> Finding {
    about(project, &rule::LEDGER_COPIED, "it was last used on another machine")
}

fn is_from_elsewhere(ledger: &Ledger) -> Result<bool, Failure> {
    Ok(ledger.machine()?.is_some_and(|machine| machine != host::machine()))
}

fn restored(project: &Project) -> Finding {
    let what = "it is older than the one that was used here last: it came back from a backup";
    about(project, &rule::LEDGER_RESTORED, what)
}

/// Refuses to decide with a ledger that has missed a time or is used elsewhere: what it calls unknown may be known there.
pub(super) fn check_newest(project: &Project, ledger: &Ledger) -> Result<(), Failure> {
    let mut found = Vec::new();
    if is_from_elsewhere(ledger)? {
        let help = "decide there; if that is over, `postrider ledger adopt` takes it in here";
        found.push(copied(project).help(help));
    }
    if behind(ledger)?.is_some() {
        let help = "bring the newer one back, or go on with this one by `postrider ledger adopt`";
        found.push(restored(project).help(help));
    }
    if found.is_empty() { Ok(()) } else { Err(Failure::gate(found)) }
}

fn missing(project: &Project, witness: &Witness) -> Finding {
    let known = count(witness.issues.len() as u64, "issue");
    let what = format!("the ledger that was used here is gone; it knew {known}");
    about(project, &rule::LEDGER_MISSING, what).help(
        "bring ledger.sqlite back, from a backup if need be; `--allow ledger-missing` begins a new one, which knows nobody who was mailed",
    )
}

/// A clock that is behind what the ledger has seen; a minute is what time services put right.
fn clock(project: &Project, ledger: &Ledger, now: Timestamp) -> Result<Option<Finding>, Failure> {
    let Some(seen) = ledger.last_seen()? else { return Ok(None) };
    if seen.duration_since(now) <= SignedDuration::from_mins(1) {
        return Ok(None);
    }
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let what = format!("the clock says {}, but the ledger has seen {}", time(now), time(seen));
    let help = "set the clock right; `--allow clock-earlier` sends with this one";
    Ok(Some(about(project, &rule::CLOCK_EARLIER, what).help(help)))
}

/// `postrider ledger adopt`: goes on with a ledger that has missed a time.
pub(super) fn adopt(project: &Project, printer: Printer) -> Result<Exit, Failure> {
    if !ledger_sqlite::exists(&project.state()) {
        return Err(Failure::new(Exit::Usage, "there is no ledger here to adopt"));
    }
    let now = super::now();
    let mut ledger = super::open_ledger(project, now)?;
    let seen = behind(&ledger)?;
    if seen.is_none() && !is_from_elsewhere(&ledger)? {
        printer.say("this is the ledger that was used here last: there is nothing to adopt");
        return Ok(Exit::Complete);
    }
    let run = (std::process::id(), host::name());
    let adopted = ledger.adopt(&host::machine(), seen.as_ref(), (run.0, &run.1), now)?;
    if let Some(witnesses) = Witnesses::of_user() {
        witnesses.write(ledger.witness()?)?;
    }
    tell(&adopted, printer);
    Ok(Exit::Complete)
}

fn tell(adopted: &Adopted, printer: Printer) {
    printer.say("the ledger is adopted");
    for (issue, rows) in &adopted.doubted {
        let who = count(*rows, "recipient");
        printer.say(format!(
            "{issue}: {who} may have been mailed meanwhile, now unknown: `postrider status {issue}` lists them, `postrider ledger resolve {issue}` decides"
        ));
    }
    for issue in &adopted.lost {
        printer.say(format!("{issue} was begun meanwhile; this ledger knows nothing of it, so it is not sent again from here"));
    }
}

/// The witness that has seen more of this ledger than there is.
fn behind(ledger: &Ledger) -> Result<Option<Witness>, Failure> {
    let sequence = ledger.witness()?.sequence;
    Ok(witness_of(ledger)?.filter(|seen| seen.sequence > sequence))
}

fn witness_of(ledger: &Ledger) -> Result<Option<Witness>, Failure> {
    let name = ledger.witness()?.ledger;
    Ok(Witnesses::of_user().map_or(Ok(None), |witnesses| witnesses.of_ledger(&name))?)
}

fn last_here(project: &Project) -> Result<Option<Witness>, Failure> {
    let state = project.state();
    Ok(Witnesses::of_user().map_or(Ok(None), |witnesses| witnesses.of_folder(&state))?)
}

fn about(project: &Project, rule: &'static Rule, what: impl Into<String>) -> Finding {
    Finding::about(rule, ledger_sqlite::file(&project.state()).display().to_string(), what)
}

fn refuse(found: Vec<Finding>, allowed: &Allowed) -> Result<(), Failure> {
    let refusals: Vec<Finding> =
        found.into_iter().filter(|finding| !allowed.covers(finding.rule)).collect();
    if refusals.is_empty() { Ok(()) } else { Err(Failure::gate(refusals)) }
}
