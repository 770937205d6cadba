//! A send that was begun before: the same letter to the same recipients, and a clear choice about all that has changed.

use std::io::BufReader;

use crate::audience::Selection;
use crate::audience::list::Rows;
use crate::delivery::plan::{Pinned, hex};
use crate::finding::Finding;
use crate::io::files;
use crate::io::ledger_sqlite::{Changed, KnownIssue, Ledger, Reconcile};
use crate::message::Letters;
use crate::report::words::count;
use crate::rule;

use super::super::failure::Failure;
use super::Desk;
use super::census::{Seen, skip_reason};
use super::live::{confirm, letters, other_plan};

/// Goes on with an issue; gives its row and its letters.
pub(super) fn resume(
    desk: &Desk<'_>,
    ledger: &mut Ledger,
    known: &KnownIssue,
) -> Result<(i64, Letters), Failure> {
    if !known.is_whole {
        return Err(damaged(desk));
    }
    check_letter(desk, ledger, known)?;
    check_plan(desk, known)?;
    check_secret(desk, known)?;
    let letters = letters(desk, &known.pinned, known.released_at)?;
    reconcile(desk, ledger, known, &letters)?;
    let suppressed = ledger.heed(known.id)?;
    if !suppressed.is_empty() {
        let words = left_out(&suppressed);
        desk.printer.say(format!("{words}: suppressed since the issue was planned"));
    }
    let planned = known.released_at.strftime("%Y-%m-%d %H:%M UTC");
    let by = if known.version == env!("CARGO_PKG_VERSION") {
        String::new()
    } else {
        format!(" by postrider {}; the letter stays as it was planned", known.version)
    };
    desk.printer.say(format!("going on with {}, planned {planned}{by}", desk.issue.id));
    Ok((known.id, letters))
}

/// Refuses when the letter would be another today.
fn check_letter(desk: &Desk<'_>, ledger: &Ledger, known: &KnownIssue) -> Result<(), Failure> {
    let config = &desk.project.config;
    let today = Pinned::new(desk.issue.clone(), config.newsletter.clone(), &config.unsubscribe);
    let changes = known.pinned.changes(&today);
    if changes.is_empty() || desk.allowed.covers(&rule::ISSUE_CHANGED) {
        return Ok(());
    }
    let tally = ledger.tally(known.id)?;
    let since = known.released_at.strftime("%Y-%m-%d %H:%M UTC");
    let so_far =
        format!("{} of {}", tally.total() - tally.remaining(), count(tally.total(), "recipient"));
    let what = format!(
        "`{}` was planned {since}, {so_far} are done, and it has changed since: {}",
        desk.issue.id,
        changes.join(", ")
    );
    let help = "`--allow issue-changed` goes on with the letter as it was; a new `slug` makes it another issue";
    let (then, now) = (&known.version, env!("CARGO_PKG_VERSION"));
    let versions = if then == now {
        String::new()
    } else {
        format!(
            "; it was planned by postrider {then} and this is {now}, which alone can make a letter look different"
        )
    };
    let finding = Finding::about(&rule::ISSUE_CHANGED, &desk.draft.source.name, what)
        .help(format!("{help}{versions}"));
    Err(Failure::gate(vec![finding]))
}

/// Refuses other recipients than those planned.
fn check_plan(desk: &Desk<'_>, known: &KnownIssue) -> Result<(), Failure> {
    if desk.args.only != known.only {
        let only = known
            .only
            .as_deref()
            .map_or_else(|| "without `--only`".into(), |tag| format!("with `--only {tag}`"));
        let what = format!("this issue was planned {only}");
        let finding = Finding::about(&rule::PLAN_CHANGED, &desk.draft.source.name, what)
            .help("use the same option again");
        return Err(Failure::gate(vec![finding]));
    }
    if desk.args.plan.as_ref().is_some_and(|hash| *hash != known.plan_hash) {
        return Err(other_plan(desk, &known.plan_hash));
    }
    Ok(())
}

/// Compares the plan with a list that has changed: who has left is left out, who has joined is told or included.
fn reconcile(
    desk: &Desk<'_>,
    ledger: &mut Ledger,
    known: &KnownIssue,
    letters: &Letters,
) -> Result<(), Failure> {
    let path = desk.project.list();
    if hex(&files::digest(&path)?) == known.list_sha256 && !desk.args.include_new {
        return Ok(());
    }
    let mut reader = BufReader::new(files::Hashing::open(&path)?);
    let mut reconcile = Reconcile::begin(ledger, known.id)?;
    let mut seen = Seen::default();
    let selection = Selection::only(known.only.clone());
    for row in Rows::new(path.display().to_string(), &mut reader) {
        desk.stop.check()?;
        match row {
            Ok(listed) => {
                let reader = &listed.subscriber;
                seen.note_columns(reader);
                let is_meant = selection.includes(reader);
                let is_new = reconcile.add(listed.line, reader, skip_reason(reader), is_meant)?;
                if is_new && desk.args.include_new {
                    seen.note_missing(&listed, letters.unresolved(reader));
                }
            }
            Err(mistakes) => {
                desk.printer.findings(&mistakes);
                seen.refused.note(&mistakes, desk);
            }
        }
    }
    let judged =
        if desk.args.include_new { seen.judge(desk, letters) } else { seen.refused.judge() };
    judged?;
    let changed = reconcile.settle(&hex(&reader.into_inner().finish()?))?;
    tell(desk, &changed);
    if desk.args.include_new && changed.added > 0 {
        confirm(desk, changed.added, "new recipients")?;
        desk.stop.check()?;
        let hash = reconcile.include()?;
        desk.printer.say(format!(
            "  {} in the plan now, whose hash is {hash}",
            count(changed.added, "more recipient")
        ));
    }
    Ok(())
}

fn tell(desk: &Desk<'_>, changed: &Changed) {
    if !changed.skipped.is_empty() {
        desk.printer.say(format!("the list has changed: {}", left_out(&changed.skipped)));
    }
    if changed.added > 0 {
        let remedy = if desk.args.include_new {
            ""
        } else {
            "; they are not mailed (`--include-new` adds them)"
        };
        let added = count(changed.added, "reader");
        desk.printer.say(format!(
            "the list has changed: {added} joined since the issue was planned{remedy}"
        ));
    }
}

/// How many are skipped from now on, and why.
fn left_out(skipped: &[(String, u64)]) -> String {
    let total = skipped.iter().map(|(_, number)| number).sum();
    let reasons: Vec<String> =
        skipped.iter().map(|(reason, number)| format!("{number} {reason}")).collect();
    format!("{} left out now ({})", count(total, "recipient"), reasons.join(", "))
}

/// Refuses another secret than the one the letters so far were made with.
fn check_secret(desk: &Desk<'_>, known: &KnownIssue) -> Result<(), Failure> {
    let is_other =
        known.secret.as_ref().is_some_and(|fingerprint| *fingerprint != desk.key.fingerprint());
    if !is_other || desk.allowed.covers(&rule::SECRET_CHANGED) {
        return Ok(());
    }
    let what = format!("`{}` was planned with another secret", desk.issue.id);
    let help = "bring that secret back; if it is lost, `--allow secret-changed` goes on, and the letters still to leave get other Message-IDs";
    let finding = Finding::about(&rule::SECRET_CHANGED, &desk.draft.source.name, what).help(help);
    Err(Failure::gate(vec![finding]))
}

fn damaged(desk: &Desk<'_>) -> Failure {
    let what =
        format!("the letter of `{}` in the ledger is not the one that was planned", desk.issue.id);
    Failure::new(super::super::exit::Exit::Storage, what)
        .help("nothing was sent; `postrider ledger verify` looks for more damage")
}
