//! The census: the list streams through once, into the frozen plan, and every mistake in it is named.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;

use crate::audience::list::Rows;
use crate::audience::{Listed, Selection, Subscriber};
use crate::check::personalisation;
use crate::compose::merge::fill::Unresolved;
use crate::delivery::ledger::LedgerError;
use crate::delivery::plan::{Pinned, hex};
use crate::finding::Finding;
use crate::io::files;
use crate::io::ledger_sqlite::{Freeze, Frozen, Kept, Ledger};
use crate::message::Letters;
use crate::report::words::{count, grouped};
use crate::rule;

use super::super::failure::Failure;
use super::{Desk, intake};

/// Readers named for one field; the rest are counted.
const NAMED: usize = 50;

/// A plan that is sealed and waits to be made durable.
pub(super) struct Census<'a> {
    pub(super) freeze: Freeze<'a>,
    pub(super) frozen: Frozen,
}

/// What the stream has shown so far.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) refused: Refused,
    columns: BTreeSet<String>,
    unresolved: BTreeMap<Unresolved, Affected>,
}

/// A row of the list with what can be said of it alone.
struct Prepared {
    listed: Listed,
    /// What stands against this reader's letter.
    unresolved: Vec<Unresolved>,
    /// How the plan keeps this reader; none of one it is not meant for.
    kept: Option<Result<Kept, LedgerError>>,
}

impl Prepared {
    fn of(listed: Listed, selection: &Selection, letters: &Letters) -> Self {
        let reader = &listed.subscriber;
        let is_meant = selection.includes(reader);
        let is_mailed = is_meant && skip_reason(reader).is_none();
        let unresolved = if is_mailed { letters.unresolved(reader) } else { Vec::new() };
        let kept = is_meant.then(|| Kept::of(reader));
        Self { listed, unresolved, kept }
    }
}

/// The readers whose letter lacks something.
#[derive(Default)]
struct Affected {
    readers: u64,
    named: Vec<String>,
}

/// Streams the list into a new plan. Fails with every mistake of the list and every reader for whom a field is missing.
pub(super) fn freeze<'a>(
    desk: &Desk<'_>,
    ledger: &'a mut Ledger,
    pinned: &Pinned,
    letters: &Letters,
    now: jiff::Timestamp,
) -> Result<Census<'a>, Failure> {
    let path = desk.project.list();
    let mut reader = BufReader::new(files::Hashing::open(&path)?);
    let mut freeze = Freeze::begin(ledger, pinned, desk.args.only.as_deref(), now)?;
    let mut seen = Seen::default();
    let selection = Selection::only(desk.args.only.clone());
    let rows = Rows::new(path.display().to_string(), &mut reader);
    let prepared = rows.map(|row| row.map(|listed| Prepared::of(listed, &selection, letters)));
    intake::read_ahead(prepared, |row| {
        desk.stop.check()?;
        match row {
            Ok(Prepared { listed, unresolved, kept }) => {
                seen.note_columns(&listed.subscriber);
                let skipped = skip_reason(&listed.subscriber);
                seen.note_missing(&listed, unresolved);
                match (kept, skipped) {
                    (Some(kept), skipped) => freeze.add(listed.line, &kept?, skipped)?,
                    (None, Some(reason)) => freeze.exclude(&listed.subscriber, reason)?,
                    (None, None) => {}
                }
            }
            Err(mistakes) => {
                desk.printer.findings(&mistakes);
                freeze.add_invalid(line_of(&mistakes))?;
                seen.refused.note(&mistakes, desk);
            }
        }
        Ok::<(), Failure>(())
    })?;
    seen.judge(desk, letters)?;
    let frozen = freeze.seal(&hex(&reader.into_inner().finish()?))?;
    Ok(Census { freeze, frozen })
}

/// Why a reader is not mailed.
pub(super) fn skip_reason(reader: &Subscriber) -> Option<&'static str> {
    (!reader.status.is_active()).then(|| reader.status.name())
}

/// Where a bad row starts.
fn line_of(mistakes: &[Finding]) -> usize {
    mistakes.first().and_then(|finding| finding.place).map_or(0, |place| place.line)
}

/// Bad rows that are not allowed to be left out.
#[derive(Default)]
pub(super) struct Refused {
    rows: u64,
    /// Whether one of them is more than `--allow` can release.
    is_shut: bool,
}

impl Refused {
    pub(super) fn note(&mut self, mistakes: &[Finding], desk: &Desk<'_>) {
        self.rows += u64::from(!mistakes.iter().all(|finding| desk.allowed.covers(finding.rule)));
        self.is_shut |= mistakes.iter().any(Finding::is_shut);
    }

    pub(super) fn judge(&self) -> Result<(), Failure> {
        if self.rows == 0 {
            return Ok(());
        }
        let what =
            format!("{} of the list cannot be used; nobody was mailed", count(self.rows, "row"));
        let help = if self.is_shut {
            "mend the list; `postrider subscribers check` looks at it alone"
        } else {
            "mend them, or send to the rest with `--allow list-invalid`"
        };
        Err(Failure::new(super::super::Exit::Mistakes, what).help(help))
    }
}

impl Seen {
    pub(super) fn note_columns(&mut self, reader: &Subscriber) {
        for name in reader.fields.keys() {
            if !self.columns.contains(name) {
                self.columns.insert(name.clone());
            }
        }
    }

    pub(super) fn note_missing(&mut self, listed: &Listed, missing: Vec<Unresolved>) {
        for unresolved in missing {
            let affected = self.unresolved.entry(unresolved).or_default();
            affected.readers += 1;
            if affected.named.len() < NAMED {
                let (email, line) = (&listed.subscriber.email, listed.line);
                affected.named.push(format!("  {email} (line {line})"));
            }
        }
    }

    /// Reports what stands in the way of every letter.
    pub(super) fn judge(&self, desk: &Desk<'_>, letters: &Letters) -> Result<(), Failure> {
        let unknown = personalisation::unknown_fields(&desk.draft, &letters.names(), &self.columns);
        let mut findings = unknown.clone();
        for (unresolved, affected) in &self.unresolved {
            if unknown.iter().any(|finding| matches!(unresolved, Unresolved::Empty(name) if finding.message.contains(&format!("`{name}`")))) {
                continue;
            }
            findings.push(missing(desk, unresolved, affected));
        }
        if !findings.is_empty() {
            return Err(findings.into());
        }
        self.refused.judge()
    }
}

fn missing(desk: &Desk<'_>, unresolved: &Unresolved, affected: &Affected) -> Finding {
    let readers = count(affected.readers, "reader");
    let (name, what, remedy) = match unresolved {
        Unresolved::Empty(name) => {
            let stand_in = if name == "name" { "reader" } else { "…" };
            let remedy =
                format!("write `{{{{ {name} | default(\"{stand_in}\") }}}}`, or fill the column");
            (name, format!("{unresolved} for {readers}"), remedy)
        }
        Unresolved::Unfit(name, _) => (
            name,
            format!("{unresolved} ({readers})"),
            "mend the tag, or these readers' rows".into(),
        ),
    };
    let more = affected.readers - affected.named.len() as u64;
    let rest = if more > 0 { format!("\n  and {} more", grouped(more)) } else { String::new() };
    let message = format!("{what}:\n{}{rest}", affected.named.join("\n"));
    let finding = match personalisation::tag_with(&desk.draft, name) {
        Some((source, span)) => {
            Finding { excerpt: None, ..Finding::at(&rule::MERGE_UNRESOLVED, source, span, message) }
        }
        // No tag speaks of it: it lies in the row alone.
        None => {
            let list = desk.project.list().display().to_string();
            Finding::about(&rule::MERGE_UNRESOLVED, list, message)
        }
    };
    finding.help(remedy)
}
