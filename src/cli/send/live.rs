//! The live send: freeze the plan or go on with one (`resume`), ask, deliver, account.

use std::io::Write;
use std::sync::Arc;

use crate::config::Unsubscribe;
use crate::delivery::plan::Pinned;
use crate::finding::Finding;
use crate::io::host;
use crate::io::ledger_sqlite::{Frozen, Ledger, Rescue, SqliteLedger};
use crate::io::witness::Witnesses;
use crate::message::{Letterhead, Letters};
use crate::report::words::{count, grouped};
use crate::rule;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{now, open_ledger, provenance};
use super::census::Census;
use super::{Desk, census, relay, resume, run};

/// Sends the issue to everybody who has not had it yet.
pub(super) fn send(desk: &Desk<'_>) -> Result<Exit, Failure> {
    let started = now();
    provenance::check_place(desk.project, &desk.allowed)?;
    let mut ledger = open_ledger(desk.project, started)?;
    provenance::check_ledger(desk.project, &ledger, &desk.allowed, started)?;
    if ledger.rescued > 0 {
        desk.printer.say(format!(
            "{} that an earlier run could not write into the ledger are in it now",
            count(ledger.rescued, "outcome")
        ));
    }
    if ledger.in_doubt > 0 {
        desk.printer.say(format!(
            "{} in doubt since a crash: whether they were taken is not known",
            count(ledger.in_doubt, "recipient")
        ));
    }
    let transport = relay::transport(&desk.project.config.relay, desk.project);
    // A password command at the same terminal has heard the signal too, and its failure is no news.
    desk.stop.check()?;
    let transport = transport?;
    let (issue, letters) = match ledger.issue(&desk.issue.id)? {
        Some(known) => {
            let remaining = ledger.tally(known.id)?.remaining();
            provenance::check_space(desk.project, remaining, &desk.allowed)?;
            resume::resume(desk, &mut ledger, &known)?
        }
        None => begin(desk, &mut ledger, started)?,
    };
    ledger.move_to(&host::machine())?;
    let rows = SqliteLedger::start(ledger, issue, std::process::id(), &host::name(), started)?;
    witness(&rows, started, desk.printer);
    let orders = run::orders(desk, true);
    let ending = desk.runtime.block_on(run::deliver(
        Arc::new(transport.heeding(desk.stop.asked())),
        &rows,
        Arc::new(letters),
        &orders,
        desk,
    ));
    rows.rescued(|rescue| tell_rescue(rescue, desk.printer));
    let ending = ending?;
    let exit = run::conclude(desk, &ending, run::bound(&orders));
    if exit == Exit::Unknown {
        desk.printer.say(format!("`postrider status {0}` lists the unknown, `postrider ledger resolve {0}` decides about them", desk.issue.id));
    }
    // After the summary: a disk that is full now must not cost anybody the account of the run.
    rows.end(now())?;
    Ok(exit)
}

/// Has the run remembered outside the ledger. A user without a home, or a full disk there, only makes us notice less.
fn witness(rows: &SqliteLedger, now: jiff::Timestamp, printer: crate::report::Printer) {
    let told = Witnesses::of_user().map_or_else(
        || Err("neither XDG_STATE_HOME nor HOME is set".into()),
        |witnesses| rows.witnessed_by(witnesses, now).map_err(|error| error.to_string()),
    );
    if let Err(why) = told {
        printer.say(format!("nothing outside the ledger remembers this run ({why}): a backup brought back later would not be noticed"));
    }
}

/// Says what was kept outside the ledger, or where not even that was possible the outcomes themselves.
fn tell_rescue(rescue: &Rescue, printer: crate::report::Printer) {
    let path = rescue.path.display();
    if rescue.kept > 0 {
        let outcomes = count(rescue.kept, "outcome");
        printer.error(
            &format!("{outcomes} could not be written into the ledger and are in {path}"),
            Some("leave the file there: the next send takes it up"),
        );
    }
    if !rescue.unsaved.is_empty() {
        let lines = rescue.unsaved.join("\n");
        let help = format!(
            "write these lines into {path} before the next send; without them it calls these recipients unknown"
        );
        printer
            .error(&format!("these outcomes could not be written anywhere:\n{lines}"), Some(&help));
    }
}

/// A first send: the plan is frozen once a person, `--yes` or a plan hash has confirmed it.
fn begin(
    desk: &Desk<'_>,
    ledger: &mut Ledger,
    now: jiff::Timestamp,
) -> Result<(i64, Letters), Failure> {
    let config = &desk.project.config;
    provenance::check_issue(desk.project, ledger, &desk.issue.id, &desk.allowed)?;
    let pinned = Pinned::new(desk.issue.clone(), config.newsletter.clone(), &config.unsubscribe);
    let letters = letters(desk, &pinned, now)?;
    let census = census::freeze(desk, ledger, &pinned, &letters, now)?;
    run::tell_plan(desk, &census.frozen, Some(config.relay.rate));
    if census.frozen.recipients == 0 {
        let refusals = desk.allowed.refusals(&[no_recipients(desk)]);
        if !refusals.is_empty() {
            return Err(Failure::gate(refusals));
        }
    }
    census.freeze.keep_secret(&desk.key.fingerprint())?;
    provenance::check_space(desk.project, census.frozen.recipients, &desk.allowed)?;
    desk.stop.check()?;
    let Census { mut freeze, frozen } = census;
    if desk.args.plan.is_none() && !desk.args.yes {
        freeze.wait()?;
    }
    confirm_plan(desk, &frozen)?;
    freeze.commit()?;
    Ok((frozen.issue, letters))
}

/// Letters of what is pinned, whatever draft and configuration say now.
pub(super) fn letters(
    desk: &Desk<'_>,
    pinned: &Pinned,
    date: jiff::Timestamp,
) -> Result<Letters, Failure> {
    let unsubscribe = Unsubscribe {
        url: pinned.unsubscribe_url.clone(),
        mailto: pinned.unsubscribe_mailto.clone(),
        secret: desk.project.config.unsubscribe.secret.clone(),
    };
    let head = Letterhead {
        newsletter: &pinned.newsletter,
        unsubscribe: &unsubscribe,
        ..desk.letterhead(date)
    };
    Letters::new(&pinned.issue, &head)
        .map_err(|error| Failure::new(Exit::Mistakes, error.to_string()))
}

/// What is to be said of a plan without recipients.
pub(super) fn no_recipients(desk: &Desk<'_>) -> Finding {
    let what = match &desk.args.only {
        Some(tag) => format!("nobody on the list has the tag `{}`", crate::finding::shown(tag)),
        None => "the list has no active reader".into(),
    };
    Finding::about(&rule::LIST_EMPTY, desk.project.list().display().to_string(), what)
        .help("check the file and the tag")
}

/// Asks for the number of recipients, unless `--yes` or the right plan hash is given.
fn confirm_plan(desk: &Desk<'_>, frozen: &Frozen) -> Result<(), Failure> {
    match &desk.args.plan {
        Some(hash) if *hash == frozen.plan_hash => Ok(()),
        Some(_) => Err(other_plan(desk, &frozen.plan_hash)),
        None => confirm(desk, frozen.recipients, "recipients"),
    }
}

/// Asks for a number of people to be mailed, unless `--yes` is given.
pub(super) fn confirm(desk: &Desk<'_>, number: u64, whom: &str) -> Result<(), Failure> {
    if desk.args.yes {
        return Ok(());
    }
    let relay = &desk.project.config.relay;
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "Type the number of {whom} to mail them through {}: ", relay.host)?;
    stderr.flush()?;
    let typed = desk.stop.read_line(&desk.runtime)?;
    let typed = typed.trim().replace([',', ' ', '_'], "");
    if typed == number.to_string() {
        return Ok(());
    }
    let what = if typed.is_empty() {
        format!("the number of {whom} was not given")
    } else {
        format!("`{}` is not {}", crate::finding::shown(&typed), grouped(number))
    };
    let help = "nothing was sent; type the number, or give `--yes` or `--plan HASH`";
    Err(Failure::gate(vec![
        Finding::about(&rule::COUNT_NOT_CONFIRMED, &desk.draft.source.name, what).help(help),
    ]))
}

pub(super) fn other_plan(desk: &Desk<'_>, hash: &str) -> Failure {
    let what = format!("this is another plan than the one you name; its hash is {hash}");
    let finding = Finding::about(&rule::PLAN_CHANGED, &desk.draft.source.name, what)
        .help("draft, list or config differ: look at a new `--dry-run`");
    Failure::gate(vec![finding])
}
