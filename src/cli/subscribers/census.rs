//! What is on a list: counts per status, tag and field, and what is wrong with it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::audience::duplicates::{Duplicates, Known};
use crate::audience::{Row, Status, Subscriber};
use crate::finding::Finding;
use crate::report::words::count;
use crate::rule::LIST_EMPTY;

/// Different tags or fields that are counted at the most, so that memory does not grow with the list.
const COUNTED: usize = 1000;
/// Tags or fields that are printed at the most.
const PRINTED: usize = 20;

/// A list, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Census {
    /// The name of the list.
    pub file: String,
    /// Rows that can be used.
    pub subscribers: u64,
    /// Rows and other places that cannot be used.
    pub bad: u64,
    /// Rows of each status.
    pub statuses: BTreeMap<&'static str, u64>,
    /// Active readers who get nothing, because they are suppressed.
    pub suppressed: u64,
    /// Rows with a name.
    pub named: u64,
    /// Rows with each tag.
    pub tags: BTreeMap<String, u64>,
    /// Rows with each field.
    pub fields: BTreeMap<String, u64>,
    #[serde(skip)]
    has_recipients: bool,
}

impl Census {
    /// Counts the rows of the list called `file` and tells what is wrong. `read` begins to read it, the second time only if
    /// an address is like another; whoever is among the `suppressed` gets nothing.
    pub fn take<R: Iterator<Item = Row>>(
        file: &str,
        read: impl Fn() -> Result<R, Finding>,
        suppressed: &Known,
        tell: &mut dyn FnMut(&Finding),
    ) -> Result<Self, Finding> {
        let mut census = Self { file: file.to_owned(), ..Self::default() };
        census.statuses = Status::ALL.map(|status| (status.name(), 0)).into();
        let mut duplicates = Duplicates::default();
        for row in read()? {
            match row {
                Ok(listed) => {
                    let reader = listed.subscriber;
                    duplicates.add(&reader.email, listed.line);
                    let is_left_out = reader.status.is_active() && suppressed.has(&reader.email);
                    census.suppressed += u64::from(is_left_out);
                    census.count(reader);
                }
                Err(findings) => {
                    census.bad += 1;
                    findings.iter().for_each(&mut *tell);
                }
            }
        }
        if let Some(mut suspects) = duplicates.suspects() {
            for listed in read()?.flatten() {
                suspects.look(&listed.subscriber.email, listed.line);
            }
            suspects.findings(file).iter().for_each(&mut *tell);
        }
        if !census.has_recipients && census.bad == 0 {
            let help =
                "give it a `[[subscriber]]` block with an `email` and no other status than active";
            tell(&Finding::about(&LIST_EMPTY, file, "list has no recipients").help(help));
        }
        Ok(census)
    }

    /// Whether the list has mistakes, not only remarks.
    pub fn has_errors(&self) -> bool {
        self.bad > 0 || !self.has_recipients
    }

    fn count(&mut self, subscriber: Subscriber) {
        self.subscribers += 1;
        self.has_recipients |= subscriber.status.is_active();
        self.named += u64::from(subscriber.name.is_some());
        *self.statuses.entry(subscriber.status.name()).or_default() += 1;
        subscriber.tags.into_iter().for_each(|tag| add(&mut self.tags, tag));
        subscriber.fields.into_keys().for_each(|field| add(&mut self.fields, field));
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: String) {
    if let Some(count) = counts.get_mut(&name) {
        *count += 1;
    } else if counts.len() < COUNTED {
        counts.insert(name, 1);
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.file, count(self.subscribers, "subscriber"))?;
        let statuses = Status::ALL.map(Status::name);
        let statuses = statuses.map(|name| format!("{name} {}", self.statuses[name]));
        writeln!(f, "  status: {}", statuses.join(", "))?;
        if self.suppressed > 0 {
            let readers = count(self.suppressed, "active reader");
            let get = if self.suppressed == 1 { "gets" } else { "get" };
            writeln!(f, "  suppressed: {readers} {get} nothing (`postrider suppress list`)")?;
        }
        writeln!(f, "  tags: {}", most(&self.tags))?;
        writeln!(f, "  fields: name {}{}", self.named, after_comma(&most(&self.fields)))?;
        if self.bad > 0 {
            writeln!(f, "  {} cannot be used", count(self.bad, "row"))?;
        }
        Ok(())
    }
}

/// The commonest names with their counts.
fn most(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "none".into();
    }
    let mut names: Vec<(&String, &u64)> = counts.iter().collect();
    names.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let printed: Vec<String> =
        names.iter().take(PRINTED).map(|(name, count)| format!("{name} {count}")).collect();
    match names.len().saturating_sub(PRINTED) {
        0 => printed.join(", "),
        more => format!("{} and {more} more", printed.join(", ")),
    }
}

fn after_comma(names: &str) -> String {
    if names == "none" { String::new() } else { format!(", {names}") }
}
