//! Readers of a table added to a list: only those who are not on it, whatever their status there.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;

use super::is_releasable;
use crate::audience::duplicates::Known;
use crate::audience::{Row, write};
use crate::finding::Finding;
use crate::report::words::count;

/// What became of the rows of a table.
#[derive(Debug, Default, Serialize)]
pub struct Imported {
    /// The list they were added to.
    pub into: String,
    /// Rows that are on the list now and were not before.
    pub added: u64,
    /// Rows whose address was there already; the list keeps what it says of them.
    pub already: u64,
    /// Rows of the table, or of the list, that cannot be used.
    pub bad: u64,
    /// Whether nothing was written because of them.
    pub refused: bool,
    #[serde(skip)]
    is_spoiled: bool,
    #[serde(skip)]
    known: Known,
}

impl Imported {
    /// Nothing yet, for the list of this name.
    pub fn new(into: &str) -> Self {
        Self { into: into.to_owned(), ..Self::default() }
    }

    /// Takes note of who is on the list.
    pub fn know(&mut self, list: impl Iterator<Item = Row>, tell: &mut dyn FnMut(&Finding)) {
        for row in list {
            match row {
                Ok(listed) => _ = self.known.add(&listed.subscriber.email),
                Err(findings) => self.bad(&findings, tell),
            }
        }
    }

    /// Writes the rows of the table whose address is not known yet as blocks.
    ///
    /// Of two rows with the same address the first is taken; an address that is on the list as unsubscribed stays so.
    pub fn add(
        &mut self,
        table: impl Iterator<Item = Row>,
        out: &mut dyn Write,
        tell: &mut dyn FnMut(&Finding),
    ) -> io::Result<()> {
        for row in table {
            match row {
                Ok(listed) if self.known.add(&listed.subscriber.email) => {
                    write::block(&listed.subscriber, out)?;
                    self.added += 1;
                }
                Ok(_) => self.already += 1,
                Err(findings) => self.bad(&findings, tell),
            }
        }
        Ok(())
    }

    /// Decides whether the list must stay as it is; `--allow` lets bad rows pass, but not a file that is no list.
    pub fn settle(&mut self, allowed: &[String]) {
        self.refused = self.is_spoiled || self.bad > 0 && allowed.is_empty();
        if self.refused {
            self.added = 0;
        }
    }

    fn bad(&mut self, findings: &[Finding], tell: &mut dyn FnMut(&Finding)) {
        self.bad += 1;
        self.is_spoiled |= !is_releasable(findings);
        findings.iter().for_each(tell);
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { into, added, already, bad, .. } = self;
        writeln!(f, "{into}: {added} added, {already} already there, {bad} bad")?;
        if self.refused {
            let bad = count(*bad, "bad row");
            let remedy = if self.is_spoiled {
                "mend the file, which is not a list as a whole".to_owned()
            } else {
                format!("mend the {bad}, or give --allow list-invalid")
            };
            writeln!(f, "  nothing was written: {remedy}")?;
        }
        Ok(())
    }
}
