//! Judgement of an issue before anyone receives it: the preflight rules, and the gates of a send.
//!
//! One file a family. All that a rule may look at is in its [`Subject`]; nothing is read, and no clock asked. What
//! reading and composing a draft have found already is not looked for again: [`judge`] takes it along.

mod blocks;
pub mod document;
mod envelope;
pub mod gate;
mod html;
mod images;
mod links;
mod note;
pub mod online;
pub mod past;
pub mod personalisation;
mod places;
mod prose;
mod rendered;
mod structure;
mod suppression;
mod table;
#[cfg(test)]
mod tests;
pub mod weight;
mod words;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::compose::Issue;
use crate::compose::images::Images;
use crate::config::{Newsletter, Severities};
use crate::draft::Draft;
use crate::finding::Finding;
use crate::rule::{self, Rule};
use document::Document;
use online::{LinkStates, SpamScore};
use past::Archive;
use personalisation::Fields;
pub use rendered::{Use, uses};
use weight::Weight;

/// An issue and its surroundings.
#[derive(Debug)]
pub struct Subject<'a> {
    /// What the author wrote.
    pub draft: &'a Draft,
    /// Its body, read.
    pub document: &'a Document<'a>,
    /// What it was composed to; none where mistakes kept it from that.
    pub issue: Option<&'a Issue>,
    /// One reader's letter, if the issue was composed.
    pub letter: Option<&'a Letter>,
    /// The project's images that it shows.
    pub images: &'a Images,
    /// Who sends.
    pub newsletter: &'a Newsletter,
    /// The relay's host.
    pub relay: &'a str,
    /// Whether that comes from a configuration of the user's rather than from the example.
    pub configured: bool,
    /// What its links answered, if somebody followed them.
    pub followed: &'a LinkStates,
    /// What a spam filter thinks of the letter, if one was asked.
    pub spam: Option<&'a SpamScore>,
    /// When it is.
    pub now: Timestamp,
    /// The date here.
    pub today: Date,
    /// What its merge tags ask of the list, if that was read.
    pub fields: Option<&'a Fields>,
    /// What was written and sent before.
    pub past: &'a Archive,
}

/// One reader's letter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// The subject line.
    pub subject: String,
    /// The HTML part, unencoded.
    pub html: String,
    /// The text part, unencoded.
    pub text: String,
    /// The letter as it is sent.
    pub raw: Vec<u8>,
    /// What it weighs.
    pub weight: Weight,
}

/// Rules that are a matter of house style: they say nothing unless the configuration asks for them.
static SILENT: [&Rule; 1] = [&rule::RANGE_HYPHEN];

/// All that is to be said of an issue, in the order in which an author goes through the files: what reading and
/// composing have `said`, and what the rules find.
pub fn judge(subject: &Subject<'_>, said: Vec<Finding>, severities: &Severities) -> Vec<Finding> {
    let families = [
        envelope::notes,
        links::notes,
        online::notes,
        images::notes,
        personalisation::notes,
        html::notes,
        structure::notes,
        blocks::notes,
        prose::notes,
        rendered::notes,
    ];
    let notes = families.iter().flat_map(|notes| notes(subject));
    let mut findings = said;
    findings.extend(note::findings(subject, notes));
    findings.extend(personalisation::findings(subject));
    suppression::apply(subject, &mut findings);
    findings.retain_mut(|finding| match severities.get(finding.rule.id) {
        Some(Some(severity)) => {
            finding.severity = *severity;
            true
        }
        Some(None) => false,
        None => !SILENT.contains(&finding.rule),
    });
    let draft = &subject.draft.source.name;
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.file != *draft, finding.place, finding.severity);
        key(a).cmp(&key(b)).then_with(|| a.file.cmp(&b.file))
    });
    findings
}
