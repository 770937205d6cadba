//! `postrider subscribers`: count and check the list, bring readers in, take them out again.

mod census;
mod import;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

pub use census::Census;
pub use import::Imported;

use crate::audience::duplicates::Known;
use crate::audience::{Row, list, table, write};
use crate::finding::Finding;
use crate::io::files;
use crate::io::replacement::Replacement;
use crate::rule::Gate;

/// The list of subscribers.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Subscribers {
    /// What to do with the list.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do with the list.
#[derive(Debug, Clone, PartialEq, Eq, clap::Subcommand)]
pub enum Command {
    /// Count the list and name every row that cannot be used
    Check,
    /// Add the readers of a CSV file who are not on the list yet
    Import(Import),
    /// Print the list
    Export(Export),
}

/// `subscribers import`
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Import {
    /// A CSV file whose first line names its columns, among them `email`
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// The character between two cells; `\t` for a tab
    #[arg(long, value_name = "C", default_value = ",", value_parser = delimiter)]
    pub delimiter: u8,
    /// The list to add to, instead of the configured one
    #[arg(long, value_name = "FILE")]
    pub into: Option<PathBuf>,
    /// Import the good rows although others are bad
    #[arg(long, value_name = "ID", value_parser = ["list-invalid"])]
    pub allow: Vec<String>,
}

/// `subscribers export`
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Export {
    /// As CSV, with a column for each field (the default)
    #[arg(long, conflicts_with = "toml")]
    pub csv: bool,
    /// As `[[subscriber]]` blocks
    #[arg(long)]
    pub toml: bool,
}

/// How a command ended that was not stopped by an error of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Everything was done.
    Done,
    /// The list or the table has mistakes, which were told.
    Mistakes,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One object on one line.
    Json,
}

/// Runs the command on the list at `list`; data goes to `out`, findings to `tell` as they are found. whoever is
/// among the `suppressed` gets nothing.
///
/// # Errors
/// What could not be written, to `out` or to the list.
pub fn run(
    subscribers: &Subscribers,
    list: &Path,
    format: Format,
    suppressed: &Known,
    out: &mut dyn Write,
    tell: &mut dyn FnMut(&Finding),
) -> io::Result<Outcome> {
    let done = match &subscribers.command {
        Command::Check => check(list, format, suppressed, out, tell),
        Command::Import(import) => bring_in(import, list, format, out, tell),
        Command::Export(export) => take_out(export, list, out, tell),
    };
    match done {
        Err(Stop::Finding(finding)) => {
            tell(&finding);
            Ok(Outcome::Mistakes)
        }
        Err(Stop::Unwritable(error)) => Err(error),
        Ok(outcome) => Ok(outcome),
    }
}

/// Opens a list or table.
fn open(path: &Path) -> Result<BufReader<File>, Finding> {
    Ok(BufReader::with_capacity(64 * 1024, files::open(path)?))
}

/// Why a command ended early.
enum Stop {
    Finding(Finding),
    Unwritable(io::Error),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Finding(finding)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Unwritable(error)
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

fn rows(path: &Path) -> Result<list::Rows<impl BufRead + use<>>, Finding> {
    Ok(list::Rows::new(name(path), open(path)?))
}

fn check(
    list: &Path,
    format: Format,
    suppressed: &Known,
    out: &mut dyn Write,
    tell: &mut dyn FnMut(&Finding),
) -> Result<Outcome, Stop> {
    let census = Census::take(&name(list), || rows(list), suppressed, tell)?;
    print(&census, format, out)?;
    Ok(if census.has_errors() { Outcome::Mistakes } else { Outcome::Done })
}

fn bring_in(
    import: &Import,
    list: &Path,
    format: Format,
    out: &mut dyn Write,
    tell: &mut dyn FnMut(&Finding),
) -> Result<Outcome, Stop> {
    let target = import.into.as_deref().unwrap_or(list);
    let table = table::Rows::new(name(&import.file), open(&import.file)?, import.delimiter);
    let mut imported = Imported::new(&name(target));
    let old = if target.exists() { Some(rows(target)?) } else { None };
    let mut replacement = Replacement::begin(target)?;
    if let Some(old) = old {
        imported.know(old, tell);
    }
    imported.add(table, &mut replacement, tell)?;
    imported.settle(&import.allow);
    if imported.added > 0 {
        replacement.commit()?;
    }
    print(&imported, format, out)?;
    Ok(if imported.refused { Outcome::Mistakes } else { Outcome::Done })
}

fn take_out(
    export: &Export,
    list: &Path,
    out: &mut dyn Write,
    tell: &mut dyn FnMut(&Finding),
) -> Result<Outcome, Stop> {
    let mut outcome = Outcome::Done;
    let good = |row: Row| match row {
        Ok(listed) => Some(listed.subscriber),
        Err(findings) => {
            outcome = Outcome::Mistakes;
            findings.iter().for_each(&mut *tell);
            None
        }
    };
    if export.toml {
        for subscriber in rows(list)?.filter_map(good) {
            write::block(&subscriber, out)?;
        }
    } else {
        let fields: BTreeSet<String> = rows(list)?
            .filter_map(Result::ok)
            .flat_map(|listed| listed.subscriber.fields.into_keys())
            .collect();
        let mut table = write::Table::new(out, fields)?;
        for subscriber in rows(list)?.filter_map(good) {
            table.row(&subscriber)?;
        }
        table.finish()?;
    }
    Ok(outcome)
}

fn print<T>(result: &T, format: Format, out: &mut dyn Write) -> io::Result<()>
where
    T: serde::Serialize + std::fmt::Display,
{
    match format {
        Format::Text => write!(out, "{result}"),
        Format::Json => writeln!(out, "{}", serde_json::to_string(result)?),
    }
}

/// Whether `--allow list-invalid` lets a row's findings pass.
fn is_releasable(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.gate() != Gate::Shut)
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" | b"tab" => Ok(b'\t'),
        [byte] if byte.is_ascii_punctuation() && *byte != b'"' || *byte == b'\t' => Ok(*byte),
        _ => Err("a delimiter is one character such as `,`, `;`, `|` or `\\t`".into()),
    }
}

#[cfg(test)]
mod tests;
