//! A reader as their row is read: what its columns have held so far, and what was wrong with them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::columns::Mistake;
use super::passage::Passage;
use super::{Field, Status, Subscriber};
use crate::address::EmailAddress;
use crate::finding::Finding;

/// What a row has held so far; the columns of a list and of a table end up here alike.
pub(super) struct Reading<'a> {
    pub(super) passage: Passage<'a>,
    pub(super) findings: Vec<Finding>,
    pub(super) email: Option<EmailAddress>,
    pub(super) name: Option<String>,
    pub(super) status: Status,
    pub(super) fields: BTreeMap<String, Field>,
    tags: Vec<String>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(passage: Passage<'a>) -> Self {
        Self {
            passage,
            findings: Vec::new(),
            email: None,
            name: None,
            status: Status::Active,
            fields: BTreeMap::new(),
            tags: Vec::new(),
        }
    }

    /// A value that was checked, or nothing and its mistake noted at these bytes of the passage.
    pub(super) fn keep<T>(
        &mut self,
        span: &Range<usize>,
        checked: Result<T, Mistake>,
    ) -> Option<T> {
        checked.map_err(|mistake| self.mistake(span, mistake)).ok()
    }

    pub(super) fn mistake(&mut self, span: &Range<usize>, mistake: Mistake) {
        self.findings.push(self.passage.mistake(span.clone(), mistake));
    }

    /// A tag counts once; a blank one is none.
    pub(super) fn tag(&mut self, span: &Range<usize>, checked: Result<Option<String>, Mistake>) {
        let tag = self.keep(span, checked).flatten();
        self.tags.extend(tag.filter(|tag| !self.tags.contains(tag)));
    }

    /// The reader, or all that was wrong in the order of the file.
    pub(super) fn finish(mut self) -> Result<Subscriber, Vec<Finding>> {
        match self.email {
            Some(email) if self.findings.is_empty() => Ok(Subscriber {
                email,
                name: self.name,
                tags: self.tags,
                status: self.status,
                fields: self.fields,
            }),
            _ => {
                self.findings.sort_by_key(|finding| finding.place);
                Err(self.findings)
            }
        }
    }
}
