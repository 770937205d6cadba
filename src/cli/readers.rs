//! What a list has for merge tags, gathered once for all drafts that are checked.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::Path;

use crate::audience::Subscriber;
use crate::audience::list::Rows;
use crate::check::personalisation::Fields;
use crate::compose::merge::fill::Unresolved;
use crate::finding::Finding;
use crate::io::files;
use crate::message::Letters;
use crate::report::words::count;
use crate::rule::{self, Severity};

/// Kinds of readers that are told apart; a list with more has no two readers alike.
const MOST: usize = 1000;
/// Mistakes of a list that are told where a draft is looked at; `subscribers check` tells all.
const TOLD: usize = 20;

/// The readers of a list by which fields they have: one of each kind, and how many there are of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Readers {
    columns: BTreeSet<String>,
    kinds: BTreeMap<Vec<String>, (Subscriber, u64)>,
    active: u64,
}

impl Readers {
    /// Reads a list as far as it can be read, and says what of it cannot.
    pub(super) fn of(list: &Path) -> (Option<Self>, Vec<Finding>) {
        let name = list.display().to_string();
        let file = match files::open(list) {
            Ok(file) => file,
            Err(finding) => {
                let help = "`file` in `[audience]` in config.toml says where the list is";
                // Where drafts are checked the list is often not: it is nobody else's business. A send refuses that.
                let severity = if list.exists() { finding.severity } else { Severity::Warning };
                return (None, vec![Finding { severity, ..finding.help(help) }]);
            }
        };
        let mut readers = Self::default();
        let (mut told, mut others) = (Vec::new(), 0);
        for row in Rows::new(name.clone(), BufReader::new(file)) {
            match row {
                Ok(listed) => readers.add(listed.subscriber),
                Err(findings) => {
                    let room = TOLD - told.len();
                    others += findings.len().saturating_sub(room) as u64;
                    told.extend(findings.into_iter().take(room));
                }
            }
        }
        if others > 0 {
            let message = format!("{} more in this list", count(others, "mistake"));
            let finding = Finding::about(&rule::LIST_INVALID, name, message);
            told.push(finding.help("`postrider subscribers check` tells all of them"));
        }
        (Some(readers), told)
    }

    fn add(&mut self, reader: Subscriber) {
        for column in reader.fields.keys() {
            if !self.columns.contains(column) {
                self.columns.insert(column.clone());
            }
        }
        if !reader.status.is_active() {
            return;
        }
        self.active += 1;
        let tags = reader.tags.iter().map(|tag| format!("#{tag}"));
        let name = reader.name.iter().map(|_| "name".to_owned());
        let kind: Vec<String> = reader.fields.keys().cloned().chain(name).chain(tags).collect();
        let has_room = self.kinds.len() < MOST;
        match self.kinds.get_mut(&kind) {
            Some((_, number)) => *number += 1,
            None if has_room => {
                self.kinds.insert(kind, (reader, 1));
            }
            None => {}
        }
    }

    /// A reader with the most fields.
    pub(super) fn sample(&self) -> Option<&Subscriber> {
        self.kinds.values().map(|(reader, _)| reader).max_by_key(|reader| reader.fields.len())
    }

    /// What a draft of which no letter can be made asks of these readers, by the names in its merge tags.
    pub(super) fn columns_beside(&self, names: BTreeSet<String>) -> Fields {
        Fields { names, columns: self.columns.clone(), ..Fields::default() }
    }

    /// What the letters of an issue ask of these readers.
    pub(super) fn fields(&self, letters: &Letters, stranger: Option<&Subscriber>) -> Fields {
        let mut holes: BTreeMap<Unresolved, u64> = BTreeMap::new();
        for (reader, number) in self.kinds.values() {
            for hole in letters.unresolved(reader) {
                *holes.entry(hole).or_default() += number;
            }
        }
        let subject = stranger.and_then(|reader| letters.subject(reader).ok());
        Fields {
            names: letters.names(),
            columns: self.columns.clone(),
            holes: holes.into_iter().collect(),
            readers: self.active,
            subject_may_be_blank: subject.is_some_and(|subject| subject.trim().is_empty()),
        }
    }
}
