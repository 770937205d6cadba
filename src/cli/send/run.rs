//! One run of the engine: signals become a stop, events become a screen, the ending becomes an exit.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::delivery::ledger::State;
use crate::delivery::transport::Transport;
use crate::delivery::verdict::Fault;
use crate::delivery::{self, Clock, Ending, Orders};
use crate::io::host;
use crate::io::ledger_sqlite::SqliteLedger;
use crate::message::Letters;
use crate::rate::Rate;
use crate::report::words::count;
use crate::report::{Bound, Printer, Summary, finished, narrate};

use super::super::exit::Exit;
use super::super::failure::{Failure, LEDGER_FAILED};
use super::super::now;
use super::Desk;

/// How long a connection that could not be opened rests before it is tried again.
const RECONNECT: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_millis(1500), Duration::from_secs(4)];

/// How long a connection rests whose login was refused for now; after the last of them the run stops.
const LOGINS: [Duration; 3] =
    [Duration::from_secs(30), Duration::from_mins(2), Duration::from_mins(5)];

/// Events that may wait to be shown.
const UNSHOWN: usize = 1024;

/// The orders for a run that keeps to the relay's rate and limits, or for a rehearsal that needs none.
pub(super) fn orders(desk: &Desk<'_>, live: bool) -> Orders {
    let relay = &desk.project.config.relay;
    Orders {
        issue: desk.issue.id.clone(),
        lanes: relay.lanes,
        rate: live.then_some(relay.rate),
        limits: if live { relay.limits.clone() } else { Vec::new() },
        domain_limits: if live { relay.domain_limits.clone() } else { Vec::new() },
        backoff: relay.backoff.clone(),
        messages_per_connection: relay.messages_per_connection,
        idle: relay.idle,
        window: if live { relay.window } else { 1 },
        limit: desk.args.limit,
        wait: desk.args.wait.unwrap_or(relay.wait),
        reconnect: RECONNECT.to_vec(),
        logins: LOGINS.to_vec(),
    }
}

/// Delivers, and tells about it.
pub(super) async fn deliver<T>(
    transport: Arc<T>,
    ledger: &SqliteLedger,
    letters: Arc<Letters>,
    orders: &Orders,
    desk: &Desk<'_>,
) -> Result<Ending, Failure>
where
    T: Transport + Send + 'static,
    T::Session: 'static,
{
    let (events, screen) = mpsc::channel(UNSHOWN);
    let narration = tokio::spawn(narrate(screen, desk.printer));
    let (ledger, orders, stop) = (ledger.clone(), orders.clone(), desk.stop.asked());
    // A task like those of the lanes, so that no letter waits for a thread to wake up.
    let ending = tokio::spawn(async move {
        let clock = Clock::start(now()).through_sleep(host::slept);
        delivery::deliver(transport, &ledger, letters, &orders, clock, events, stop).await
    });
    let ending = ending.await;
    // The narration ends with the channel; a failure in it changes nothing.
    let _ = narration.await;
    // Nobody aborts it, so it can only have panicked.
    Ok(ending.unwrap_or_else(|died| std::panic::resume_unwind(died.into_panic()))?)
}

/// What a run came to, whose letters could be in doubt up to this number.
pub(super) fn summary(desk: &Desk<'_>, ending: &Ending, bound: Bound) -> Summary {
    Summary { issue: desk.issue.id.clone(), tally: ending.tally, wall: ending.wall, bound }
}

/// How many letters of a run by these orders can be in doubt.
pub(super) fn bound(orders: &Orders) -> Bound {
    Bound { connections: orders.lanes, window: orders.window }
}

/// Prints the summary and gives the exit it deserves.
pub(super) fn conclude(desk: &Desk<'_>, ending: &Ending, bound: Bound) -> Exit {
    let summary = summary(desk, ending, bound);
    desk.printer.say(summary.text());
    desk.printer.json(&finished(&summary));
    tell_fault(ending, desk.printer);
    if !ending.stopped_domains.is_empty() {
        let domains = ending.stopped_domains.join(", ");
        desk.printer.say(format!("left alone because of their refusals: {domains}"));
    }
    if let (None, Some(when)) = (&ending.fault, when_to_go_on(ending)) {
        desk.printer.say(format!("run the same command again {when}"));
    }
    exit(ending)
}

/// Says what stopped the run, also to those who want to hear of nothing but errors.
pub(super) fn tell_fault(ending: &Ending, printer: Printer) {
    let Some(fault) = &ending.fault else { return };
    let help = match fault {
        Fault::Refused(_) => {
            "nobody else was mailed; once the relay agrees, run the same command again"
        }
        Fault::Identity(_) => {
            "nobody else was mailed; mend `[relay]` or `from` in config.toml and run the same command again"
        }
        Fault::Garbled(_) => {
            "nobody else was mailed; look at what listens at `host` and `port`, and run the same command again"
        }
        Fault::TooLarge(_) => {
            "nobody else was mailed; make the letter lighter (`send --dry-run` says what weighs most), or ask the relay for a higher limit"
        }
        Fault::Unreachable(_) => "run the same command again when the relay answers",
        Fault::Ledger(_) => LEDGER_FAILED,
    };
    printer.error(&fault.to_string(), Some(help));
}

/// When the same command has something to do again.
fn when_to_go_on(ending: &Ending) -> Option<String> {
    let due = ending.next_due.map(|due| due.strftime("%Y-%m-%d %H:%M:%S UTC"));
    match (ending.full, due) {
        (Some(limit), Some(due)) => Some(format!("after {due}: the limit of {limit} is full")),
        _ if ending.tally.of(State::Pending) > 0 => Some("to go on".into()),
        (_, due) => due.map(|due| format!("after {due}")),
    }
}

/// The first that applies, in the order of the contract.
pub(super) fn exit(ending: &Ending) -> Exit {
    let fault = ending.fault.as_ref().map(|fault| match fault {
        Fault::Ledger(_) => Exit::Storage,
        Fault::Identity(_) => Exit::Identity,
        Fault::Refused(_) | Fault::Garbled(_) => Exit::Refused,
        Fault::TooLarge(_) => Exit::Mistakes,
        Fault::Unreachable(_) => Exit::Incomplete,
    });
    let tally = &ending.tally;
    let left_alone = !ending.stopped_domains.is_empty() && tally.remaining() > 0;
    let applicable = [
        fault,
        left_alone.then_some(Exit::Refused),
        ending.stopped.then_some(Exit::Interrupted),
        (tally.of(State::Unknown) + tally.of(State::Attempting) > 0).then_some(Exit::Unknown),
        (tally.remaining() > 0).then_some(Exit::Incomplete),
    ];
    applicable.into_iter().flatten().min().unwrap_or(Exit::Complete)
}

/// What a plan holds, in words.
pub(super) fn tell_plan(
    desk: &Desk<'_>,
    frozen: &crate::io::ledger_sqlite::Frozen,
    rate: Option<Rate>,
) {
    let printer = &desk.printer;
    let skipped: Vec<String> =
        frozen.skipped.iter().map(|(reason, number)| format!("{number} {reason}")).collect();
    let aside = if skipped.is_empty() {
        String::new()
    } else {
        format!(" ({} skipped)", skipped.join(", "))
    };
    printer.say(format!("{}: {}{aside}", desk.issue.id, count(frozen.recipients, "recipient")));
    if frozen.duplicates > 0 {
        let pairs: Vec<String> = frozen
            .duplicate_lines
            .iter()
            .map(|(line, first)| format!("line {line} = {first}"))
            .collect();
        let more = if frozen.duplicates > pairs.len() as u64 { ", …" } else { "" };
        printer.say(format!(
            "  {} collapsed: {}{more}",
            count(frozen.duplicates, "duplicate"),
            pairs.join(", ")
        ));
    }
    if let Some(rate) = rate {
        let limits = &desk.project.config.relay.limits;
        let times = limits.iter().map(|limit| limit.duration(frozen.recipients));
        let longest = times.chain([rate.duration(frozen.recipients)]).max().unwrap_or_default();
        let time = crate::report::words::duration(longest);
        let limits = limits.iter().fold(String::new(), |all, limit| format!("{all}, {limit}"));
        let relay = &desk.project.config.relay;
        let connections = count(relay.lanes as u64, "connection");
        printer.say(format!("  {rate}{limits} at the most, over {connections}: about {time}"));
        if relay.window > 1 {
            let bound = Bound { connections: relay.lanes, window: relay.window };
            let doubt = count(bound.letters(), "letter");
            let window = relay.window;
            printer.say(format!(
                "  up to {window} at once on a connection, so {doubt} at the most may be in doubt after a crash"
            ));
        }
    }
}
