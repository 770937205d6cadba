//! What a rule has to say, before it is known which file and line that is in.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Subject;
use crate::finding::Finding;
use crate::rule::{Rule, Severity};
use crate::source::Span;

/// Of one rule this many are told: a page of remarks is read, a thousand are not.
const MOST: usize = 100;
/// A longer line is not shown under a message, in bytes.
const LONGEST_LINE: usize = 1000;

/// A remark about a draft.
#[derive(Debug, Clone)]
pub(super) struct Note {
    rule: &'static Rule,
    severity: Severity,
    at: At,
    message: String,
    help: Option<String>,
    fix: Vec<(Range<usize>, String)>,
}

/// What a remark is about.
#[derive(Debug, Clone)]
enum At {
    /// A span of the draft's file.
    Head(Span),
    /// A range of the document.
    Body(Range<usize>),
}

impl Note {
    /// A remark about a range of the document.
    pub(super) fn body(
        rule: &'static Rule,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(rule, At::Body(range), message)
    }

    /// A remark about a span of the draft's file, most likely in its front matter.
    pub(super) fn head(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, At::Head(span), message)
    }

    /// A remark about the draft as a whole, told at its first line.
    pub(super) fn whole(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self::new(rule, At::Head(Span::default()), message)
    }

    fn new(rule: &'static Rule, at: At, message: impl Into<String>) -> Self {
        let (severity, help, fix) = (rule.severity, None, Vec::new());
        Self { rule, severity, at, message: message.into(), help, fix }
    }

    /// Adds the remedy.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Weighs this case otherwise than the rule does.
    pub(super) fn weighing(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds a change of the document that mends it.
    pub(super) fn fixed_by(mut self, range: Range<usize>, with: impl Into<String>) -> Self {
        self.fix.push((range, with.into()));
        self
    }

    /// How much it weighs.
    #[cfg(test)]
    pub(super) fn severity(&self) -> Severity {
        self.severity
    }

    /// The rule that speaks.
    #[cfg(test)]
    pub(super) fn rule(&self) -> &'static Rule {
        self.rule
    }

    fn into_finding(self, subject: &Subject<'_>) -> Finding {
        let document = subject.document;
        let mut finding = match self.at {
            At::Head(span) => Finding::at(self.rule, &subject.draft.source, span, self.message),
            At::Body(range) => {
                let (source, span) = document.span(&range);
                let line = document.line(range.start);
                if document.line_range(line).len() > LONGEST_LINE {
                    let place = Some(source.place(span.start));
                    Finding { place, ..Finding::about(self.rule, &source.name, self.message) }
                } else {
                    Finding::at(self.rule, source, span, self.message)
                }
            }
        };
        finding.severity = self.severity;
        if let Some(help) = self.help {
            finding = finding.help(help);
        }
        for (range, with) in self.fix {
            finding = finding.fixed_by(document.span(&range).1, with);
        }
        finding
    }
}

/// The findings that remarks become.
pub(super) fn findings(subject: &Subject<'_>, notes: impl Iterator<Item = Note>) -> Vec<Finding> {
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let is_told = |note: &Note| {
        let told = told.entry(note.rule.id).or_default();
        *told += 1;
        *told <= MOST
    };
    notes.filter(is_told).map(|note| note.into_finding(subject)).collect()
}
