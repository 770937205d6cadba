//! The margin of a draft: findings about the parsed body, noted at their places in the file.

use std::ops::Range;

use comrak::nodes::{LineColumn, Node, NodeValue, Sourcepos};

use super::manuscript::Manuscript;
use crate::compose::merge::tags::Tags;
use crate::finding::Finding;
use crate::rule::{Rule, Severity};
use crate::source::{Source, Span};

/// A page of mistakes is read, a thousand are not; and each costs a look through the file for its line.
const MOST: usize = 100;
/// A longer line is not shown under a message, in bytes.
const LONGEST_LINE: usize = 1000;

/// Collects findings and knows where comrak's lines and columns lie in the files.
#[derive(Debug)]
pub(super) struct Margin<'d> {
    /// The draft's file, which has the head.
    draft: &'d Source,
    manuscript: &'d Manuscript<'d>,
    /// The text of the manuscript, with stand-ins for merge tags.
    pub body: &'d str,
    /// Where each line of the body starts in it.
    lines: Vec<usize>,
    /// Ranges of the body whose text is not prose: code, comments and editor's notes. Sorted.
    quiet: Vec<Range<usize>>,
    pub findings: Vec<Finding>,
}

/// What a finding is about.
#[derive(Debug, Clone)]
pub(super) enum At {
    /// A span of the draft's file.
    Head(Span),
    /// A range of the body.
    Body(Range<usize>),
}

impl<'d> Margin<'d> {
    pub(super) fn new(draft: &'d Source, manuscript: &'d Manuscript<'d>, body: &'d str) -> Self {
        let (lines, quiet, findings) = (line_starts(body), Vec::new(), Vec::new());
        Self { draft, manuscript, body, lines, quiet, findings }
    }

    /// Notes a finding at a range of the body.
    pub(super) fn note(
        &mut self,
        rule: &'static Rule,
        range: Range<usize>,
        message: String,
        help: &str,
    ) {
        self.note_weighing(rule.severity, rule, range, message, help);
    }

    /// Notes a finding at a range of the body that weighs otherwise than its rule says.
    pub(super) fn note_weighing(
        &mut self,
        severity: Severity,
        rule: &'static Rule,
        range: Range<usize>,
        message: String,
        help: &str,
    ) {
        let noted = self.findings.len();
        self.note_at(rule, At::Body(range), message, help);
        if let Some(finding) = self.findings.get_mut(noted) {
            finding.severity = severity;
        }
    }

    /// Notes a finding in the head or in the body.
    pub(super) fn note_at(&mut self, rule: &'static Rule, at: At, message: String, help: &str) {
        if self.findings.len() >= MOST {
            return;
        }
        let finding = match at {
            At::Head(span) => Finding::at(rule, self.draft, span, message),
            At::Body(range) => {
                let (source, start) = self.manuscript.origin(range.start);
                if self.is_on_a_long_line(range.start) {
                    let place = Some(source.place(start));
                    Finding { place, ..Finding::about(rule, &source.name, message) }
                } else {
                    Finding::at(rule, source, start..start + range.len(), message)
                }
            }
        };
        self.findings.push(finding.help(help));
    }

    /// The findings in the order in which an author goes through the files.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        let draft = &self.draft.name;
        self.findings
            .sort_by_key(|finding| (finding.file != *draft, finding.file.clone(), finding.place));
        self.findings
    }

    fn is_on_a_long_line(&self, at: usize) -> bool {
        let next = self.lines.partition_point(|start| *start <= at);
        let start = self.lines[next.saturating_sub(1)];
        self.lines.get(next).unwrap_or(&self.body.len()) - start > LONGEST_LINE
    }

    /// The bytes of the body that a node comes from.
    pub(super) fn range(&self, at: Sourcepos) -> Range<usize> {
        let start = self.offset(at.start);
        start..self.offset(at.end).saturating_add(1).clamp(start, self.body.len().max(start))
    }

    /// The bytes of the first line that a node comes from.
    pub(super) fn first_line(&self, node: Node<'_>) -> Range<usize> {
        let range = self.range(node.data().sourcepos);
        let text = self.body.get(range.clone()).unwrap_or_default();
        range.start..range.start + text.lines().next().unwrap_or_default().len()
    }

    /// Where the lines of a node's text lie, which comrak gives without the marks of its containers.
    pub(super) fn lines_of(&self, node: Node<'_>, literal: &str) -> Lines {
        let start = node.data().sourcepos.start;
        let lines = literal.split_inclusive('\n').enumerate().scan(0, |at, (nth, line)| {
            let offset = *at;
            *at += line.len();
            let number = start.line + nth;
            let column = match nth {
                0 => start.column,
                _ => self.line(number).find(line.trim_end()).unwrap_or(0) + 1,
            };
            Some((offset, LineColumn { line: number, column }))
        });
        Lines(lines.collect())
    }

    /// Takes note of what is not prose: code, editor's notes, and the author's comments, not those that stand in for tags.
    pub(super) fn learn_quiet(&mut self, root: Node<'_>, tags: &Tags) {
        let code = root.descendants().filter_map(|node| {
            let data = node.data();
            let is_quiet = matches!(
                data.value,
                NodeValue::Code(_)
                    | NodeValue::CodeBlock(_)
                    | NodeValue::CommentInline(_)
                    | NodeValue::MultilineComment(_)
            );
            is_quiet.then_some(data.sourcepos)
        });
        self.quiet = code.map(|at| self.range(at)).collect();
        self.quiet.sort_by_key(|range| range.start);
        let mut comments = Vec::new();
        let mut at = 0;
        while let Some(start) = self.body[at..].find("<!--").map(|start| at + start) {
            let Some(end) = self.body[start..].find("-->").map(|end| start + end + 3) else {
                break;
            };
            if self.is_quiet(start) {
                at = start + 4;
            } else if tags.word_of_comment(&self.body[start..end]).is_some() {
                at = end;
            } else {
                comments.push(start..end);
                at = end;
            }
        }
        self.quiet.append(&mut comments);
        self.quiet.sort_by_key(|range| range.start);
    }

    /// Whether a byte of the body belongs to code or a comment.
    pub(super) fn is_quiet(&self, at: usize) -> bool {
        let next = self.quiet.partition_point(|range| range.start <= at);
        self.quiet[..next].iter().rev().take(2).any(|range| range.contains(&at))
    }

    fn offset(&self, at: LineColumn) -> usize {
        let line = at.line.saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(self.body.len());
        (start + at.column.saturating_sub(1)).min(self.body.len())
    }

    fn line(&self, number: usize) -> &'d str {
        let start = self.lines.get(number.saturating_sub(1)).copied().unwrap_or(self.body.len());
        self.body[start..].lines().next().unwrap_or_default()
    }
}

/// The offset of each line of a text within a node, and its place in the body.
#[derive(Debug)]
pub(super) struct Lines(Vec<(usize, LineColumn)>);

impl Lines {
    /// The place of a range of the text, as far as its first line goes.
    pub(super) fn sourcepos(&self, range: &Range<usize>) -> Sourcepos {
        let next = self.0.partition_point(|(offset, _)| *offset <= range.start);
        let (offset, line) = self.0.get(next.saturating_sub(1)).copied().unwrap_or_default();
        let end = self.0.get(next).map_or(range.end, |(end, _)| range.end.min(*end));
        let column = line.column + range.start - offset;
        let length = (end - range.start).max(1);
        let start = LineColumn { column, ..line };
        Sourcepos { start, end: LineColumn { column: column + length - 1, ..line } }
    }
}

/// Lines end at LF, CRLF or a lone CR, as Markdown has it.
pub(crate) fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = bytes
        .iter()
        .enumerate()
        .filter(|&(at, &byte)| byte == b'\n' || byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
}
