//! Rehearsals of a whole send: without a socket, or into the built-in catcher. Same plan, same letters, throw-away ledger.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::check::weight::Weight;
use crate::config::{Relay, Tls};
use crate::delivery::plan::Pinned;
use crate::delivery::{Ending, Orders};
use crate::io::files;
use crate::io::ledger_sqlite::read::Reader;
use crate::io::ledger_sqlite::{Frozen, Ledger, SqliteLedger};
use crate::io::outbox::{Outbox, Weights};
use crate::io::sandbox::Sandbox;
use crate::message::Letters;
use crate::report::words::{count, size};
use crate::report::{Bound, finished};
use crate::studio::{Catch, Forecast};

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{now, preview};
use super::census::Census;
use super::{Desk, census, live, relay, run};

/// Letters that a dry run keeps as files.
const SAMPLES: u64 = 5;
/// Readers named who are not mailed.
const NAMED: u32 = 50;

/// A plan in a ledger that is thrown away afterwards.
struct Rehearsal {
    rows: SqliteLedger,
    letters: Arc<Letters>,
    frozen: Frozen,
    /// The first of those who are not mailed, with the reason.
    skipped: Vec<(String, String)>,
}

fn plan(desk: &Desk<'_>) -> Result<Rehearsal, Failure> {
    let config = &desk.project.config;
    let now = now();
    let pinned = Pinned::new(desk.issue.clone(), config.newsletter.clone(), &config.unsubscribe);
    let letters = Letters::new(&pinned.issue, &desk.letterhead(now))
        .map_err(|error| Failure::new(Exit::Mistakes, error.to_string()))?;
    let mut ledger = Ledger::throw_away()?;
    if let Some(known) = Reader::open(&desk.project.state())? {
        ledger.borrow_suppressions(&known, &config.newsletter.list_id)?;
    }
    let Census { freeze, frozen } = census::freeze(desk, &mut ledger, &pinned, &letters, now)?;
    freeze.commit()?;
    if frozen.recipients == 0 {
        desk.printer.findings(&[live::no_recipients(desk)]);
    }
    let skipped = ledger.skipped(frozen.issue, NAMED)?;
    let rows = SqliteLedger::start(ledger, frozen.issue, std::process::id(), "rehearsal", now)?;
    Ok(Rehearsal { rows, letters: Arc::new(letters), frozen, skipped })
}

/// `--dry-run`: no socket is opened.
pub(super) fn dry_run(desk: &Desk<'_>) -> Result<Exit, Failure> {
    let Rehearsal { rows, letters, frozen, .. } = plan(desk)?;
    let folder = desk
        .args
        .out
        .clone()
        .unwrap_or_else(|| desk.project.state().join("dry-run").join(&desk.issue.id));
    files::create_folder(&folder)?;
    let outbox = Outbox::new(Some(folder.clone()), SAMPLES);
    let ending = into_outbox(desk, &outbox, &rows, letters)?;
    run::tell_fault(&ending, desk.printer);
    let rate = desk.project.config.relay.rate;
    run::tell_plan(desk, &frozen, Some(rate));
    let weights = outbox.weights();
    if weights.letters > 0 {
        let (least, most) = (size(weights.min), size(weights.max));
        let each = if least == most { most } else { format!("{least} to {most}") };
        desk.printer.say(format!("  a letter weighs {each}, all of them {}", size(weights.total)));
        desk.printer.say(format!("  the heaviest: {}", Weight::of(&outbox.heaviest())));
    }
    tell_uploads(desk);
    desk.printer.say(format!("  plan hash {}", frozen.plan_hash));
    let mut plan = account(desk, &ending, &frozen, &weights);
    plan["weight"] = json!(Weight::of(&outbox.heaviest()));
    files::write(&folder.join("plan.json"), format!("{plan:#}\n").as_bytes())?;
    desk.printer.say(format!(
        "  {} in {}",
        count(weights.letters.min(SAMPLES), "sample letter"),
        folder.display()
    ));
    desk.printer.json(&plan);
    Ok(match run::exit(&ending) {
        Exit::Incomplete if desk.args.limit.is_some() && ending.fault.is_none() => Exit::Complete,
        exit => exit,
    })
}

/// The whole send, without a socket.
fn into_outbox(
    desk: &Desk<'_>,
    outbox: &Outbox,
    rows: &SqliteLedger,
    letters: Arc<Letters>,
) -> Result<Ending, Failure> {
    // One lane, so that the samples are the first letters of the plan.
    let orders = Orders { lanes: 1, messages_per_connection: u64::MAX, ..run::orders(desk, false) };
    let transport = Arc::new(outbox.clone());
    desk.runtime.block_on(run::deliver(transport, rows, letters, &orders, desk))
}

/// What a dry run finds out, for the studio; no file is written.
pub(super) fn forecast(desk: &Desk<'_>) -> Result<Forecast, Failure> {
    let Rehearsal { rows, letters, frozen, skipped } = plan(desk)?;
    let outbox = Outbox::new(None, 0);
    into_outbox(desk, &outbox, &rows, letters)?;
    let relay = &desk.project.config.relay;
    let times = relay.limits.iter().map(|limit| limit.duration(frozen.recipients));
    let weights = outbox.weights();
    Ok(Forecast {
        time: times.chain([relay.rate.duration(frozen.recipients)]).max().unwrap_or_default(),
        recipients: frozen.recipients,
        skipped: frozen.skipped,
        skipped_who: skipped,
        duplicates: frozen.duplicates,
        duplicate_lines: frozen.duplicate_lines,
        rate: relay.rate.to_string(),
        limits: relay.limits.iter().map(ToString::to_string).collect(),
        lanes: relay.lanes,
        bytes: [weights.min, weights.max, weights.total],
        plan_hash: frozen.plan_hash,
    })
}

/// What must lie on the web server before the letters leave.
fn tell_uploads(desk: &Desk<'_>) {
    for (path, image) in desk.images.usable().filter(|(_, image)| image.embedded.is_none()) {
        desk.printer.say(format!("  upload {path} ({}) to {}", size(image.bytes), image.url));
    }
}

/// What a dry run tells scripts: the counts of a send, and what only a rehearsal knows.
fn account(desk: &Desk<'_>, ending: &Ending, frozen: &Frozen, weights: &Weights) -> Value {
    let rate = desk.project.config.relay.rate;
    let summary = run::summary(desk, ending, Bound { connections: 1, window: 1 });
    let reasons: Map<String, Value> =
        frozen.skipped.iter().map(|(reason, number)| (reason.clone(), (*number).into())).collect();
    let mut account = finished(&summary);
    account["recipients"] = frozen.recipients.into();
    account["skipped-by-reason"] = reasons.into();
    account["duplicates"] = frozen.duplicates.into();
    account["rate"] = rate.to_string().into();
    account["seconds"] = rate.duration(frozen.recipients).as_secs_f64().into();
    account["bytes"] = json!({ "min": weights.min, "max": weights.max, "total": weights.total });
    let uploads = desk.images.usable().filter(|(_, image)| image.embedded.is_none());
    account["uploads"] = uploads
        .map(|(path, image)| json!({ "path": path, "url": image.url, "bytes": image.bytes }))
        .collect();
    account["plan"] = frozen.plan_hash.clone().into();
    account
}

/// `--sandbox`: the same engine and the same wire, into a folder.
pub(super) fn sandbox(desk: &Desk<'_>) -> Result<Exit, Failure> {
    let (ending, folder) = catch(desk)?;
    let exit = run::conclude(desk, &ending, run::bound(&run::orders(desk, false)));
    desk.printer.say(format!(
        "  caught in {} (no letter has left this machine)",
        folder.join("new").display()
    ));
    if desk.args.open {
        let caught = Catch { issue: desk.issue.id.clone(), folder, account: String::new() };
        preview::show(caught, &desk.args.draft, desk.project, desk.printer)?;
    }
    Ok(exit)
}

/// Sends to the catcher; gives the folder of the letters, too.
pub(super) fn catch(desk: &Desk<'_>) -> Result<(Ending, PathBuf), Failure> {
    let Rehearsal { rows, letters, frozen, .. } = plan(desk)?;
    run::tell_plan(desk, &frozen, None);
    let folder = folder(desk);
    let ending = desk.runtime.block_on(async {
        let sandbox = Sandbox::start(folder.clone())?;
        let relay = Relay {
            host: "127.0.0.1".into(),
            port: sandbox.port(),
            tls: Tls::None,
            login: None,
            ca_file: None,
            ..desk.project.config.relay.clone()
        };
        let transport = relay::transport(&relay, desk.project)?;
        let ending =
            run::deliver(Arc::new(transport), &rows, letters, &run::orders(desk, false), desk)
                .await;
        sandbox.stop();
        ending
    })?;
    Ok((ending, folder))
}

/// A run into the catcher, for the studio.
pub(super) fn caught(desk: &Desk<'_>) -> Result<Catch, Failure> {
    let (ending, folder) = catch(desk)?;
    let issue = desk.issue.id.clone();
    let summary = run::summary(desk, &ending, run::bound(&run::orders(desk, false)));
    let account = match &ending.fault {
        Some(fault) => format!("{}\n{fault}", summary.text()),
        None => summary.text(),
    };
    Ok(Catch { issue, folder, account })
}

/// A fresh folder for every run, unless one is named.
fn folder(desk: &Desk<'_>) -> PathBuf {
    let fresh = || {
        desk.project.state().join("sandbox").join(format!(
            "{}-{}",
            desk.issue.id,
            now().strftime("%Y%m%d-%H%M%S")
        ))
    };
    desk.args.out.clone().unwrap_or_else(fresh)
}
