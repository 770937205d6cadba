//! The body as it is composed: the draft's, with the snippets that it includes in their places.
//!
//! `[[include: snippets/sponsor.md]]` on a line of its own is replaced by the text of that file before anything is
//! parsed, so that a snippet may hold whatever a draft may; findings still point into the file a text comes from.
//! Nothing is read here: the draft brings the texts along.

use std::collections::BTreeSet;

use comrak::Arena;
use comrak::nodes::NodeValue;

use super::margin::line_starts;
use super::{LONGEST, is_quoted_too_deep, parse};
use crate::draft::Draft;
use crate::finding::{Finding, shown};
use crate::rule;
use crate::source::{Source, Span};

/// Snippets in one letter.
const MOST: usize = 200;
/// Snippets within snippets.
const DEEPEST: usize = 8;

/// A text put together from several files.
#[derive(Debug)]
pub struct Manuscript<'d> {
    /// The text of the letter.
    pub text: String,
    pieces: Vec<Piece<'d>>,
}

/// From `at` on the text comes from `source`, where it begins at `from`.
#[derive(Debug)]
struct Piece<'d> {
    at: usize,
    source: &'d Source,
    from: usize,
}

/// An `[[include: …]]` and what it names.
struct Command<'t> {
    range: std::ops::Range<usize>,
    name: &'t str,
}

impl<'d> Manuscript<'d> {
    /// The body of a draft with its snippets, and what is wrong with those.
    pub fn assemble(draft: &'d Draft) -> (Self, Vec<Finding>) {
        let body = Span::new(draft.body.start, draft.body.end.min(draft.source.text.len()));
        let manuscript = Self { text: String::new(), pieces: Vec::new() };
        let mut assembler =
            Assembler { draft, manuscript, findings: Vec::new(), trail: Vec::new(), count: 0 };
        assembler.add(&draft.source, body);
        (assembler.manuscript, assembler.findings)
    }

    /// Where a byte of the text comes from.
    pub fn origin(&self, at: usize) -> (&'d Source, usize) {
        let next = self.pieces.partition_point(|piece| piece.at <= at);
        let piece = &self.pieces[next.saturating_sub(1)];
        (piece.source, piece.from + (at - piece.at.min(at)))
    }

    fn push(&mut self, source: &'d Source, from: usize, text: &str) {
        self.pieces.push(Piece { at: self.text.len(), source, from });
        self.text.push_str(text);
    }
}

struct Assembler<'d> {
    draft: &'d Draft,
    manuscript: Manuscript<'d>,
    findings: Vec<Finding>,
    /// The snippets that are being included, outermost first.
    trail: Vec<&'d str>,
    /// How many there were.
    count: usize,
}

impl<'d> Assembler<'d> {
    fn add(&mut self, source: &'d Source, span: Span) {
        let text = source.text.get(span.start..span.end).unwrap_or_default();
        let mut copied = 0;
        for Command { range, name } in commands(text) {
            self.manuscript.push(source, span.start + copied, &text[copied..range.start]);
            copied = range.end;
            let at = Span::new(span.start + range.start, span.start + range.end);
            self.include(source, at, name);
        }
        self.manuscript.push(source, span.start + copied, &text[copied..]);
    }

    fn include(&mut self, source: &'d Source, at: Span, name: &'d str) {
        self.count += 1;
        if self.count > MOST {
            return;
        }
        match self.snippet(name) {
            Ok(snippet) => {
                // Blank lines keep a snippet's first and last block apart from its neighbours.
                self.manuscript.push(source, at.start, "\n");
                self.trail.push(name);
                self.add(snippet, Span::new(0, snippet.text.len()));
                self.trail.pop();
                self.manuscript.push(source, at.end, "\n\n");
            }
            Err((message, help)) => {
                let finding = Finding::at(&rule::INCLUDE_FAILED, source, at, message);
                self.findings.push(finding.help(help));
            }
        }
    }

    fn snippet(&self, name: &'d str) -> Result<&'d Source, (String, String)> {
        if let Some(first) = self.trail.iter().position(|open| *open == name) {
            let circle: Vec<&str> = self.trail[first..].iter().copied().chain([name]).collect();
            let message = format!("snippet includes itself: `{}`", circle.join("` -> `"));
            return Err((message, "take one of these lines out".to_owned()));
        }
        if self.trail.len() >= DEEPEST {
            let message = format!("snippets within snippets are more than {DEEPEST} deep");
            return Err((message, "put the text into one of them".to_owned()));
        }
        if self.count == MOST {
            let message = format!("more than {MOST} snippets in one letter");
            return Err((message, "include fewer, longer ones".to_owned()));
        }
        match self.draft.snippets.get(name) {
            Some(Ok(snippet)) if self.manuscript.text.len() + snippet.text.len() > LONGEST => {
                let message =
                    format!("with `{}` the letter is longer than {LONGEST} bytes", shown(name));
                Err((message, "include less".to_owned()))
            }
            Some(Ok(snippet)) => Ok(snippet),
            Some(Err(refusal)) => Err((refusal.message.clone(), refusal.help.clone())),
            None => {
                let message = format!("snippet `{}` has not been read", shown(name));
                Err((message, "put it into the project's folder".to_owned()))
            }
        }
    }
}

/// The names of the snippets that a text includes, in order.
pub(in crate::compose) fn included(text: &str) -> Vec<&str> {
    commands(text).into_iter().map(|command| command.name).collect()
}

/// The commands that stand alone on a line between blocks; code that looks like one is code.
fn commands(text: &str) -> Vec<Command<'_>> {
    if memchr::memmem::find(text.as_bytes(), b"[[").is_none() {
        return Vec::new();
    }
    let starts = line_starts(text);
    let line = |number: usize| {
        let start = starts[number];
        let line = &text[start..starts.get(number + 1).copied().unwrap_or(text.len())];
        (start, line.trim_end_matches(['\r', '\n']))
    };
    let candidates = (0..starts.len()).map(line).enumerate();
    let mut commands: Vec<(usize, Command<'_>)> = candidates
        .filter_map(|(number, (start, line))| {
            let name = name(line)?;
            Some((number + 1, Command { range: start..start + line.len(), name }))
        })
        .collect();
    if !commands.is_empty() {
        let alone = lone_lines(text);
        commands.retain(|(number, _)| alone.contains(number));
    }
    commands.into_iter().map(|(_, command)| command).collect()
}

/// What a line includes.
fn name(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix("[[")?.strip_suffix("]]")?;
    let (word, name) = inner.split_once(':')?;
    let is_name = !name.contains(['[', ']']) && !name.trim().is_empty();
    (word.trim().eq_ignore_ascii_case("include") && is_name).then(|| name.trim())
}

/// The lines, counted from 1, that are a whole paragraph at the top level.
fn lone_lines(text: &str) -> BTreeSet<usize> {
    let arena = Arena::new();
    if text.len() > LONGEST || text.lines().any(is_quoted_too_deep) {
        return BTreeSet::new();
    }
    let Some((root, _)) = parse::parse(&arena, text) else { return BTreeSet::new() };
    root.children()
        .filter(|node| matches!(node.data().value, NodeValue::Paragraph))
        .map(|node| node.data().sourcepos)
        .filter(|at| at.start.line == at.end.line)
        .map(|at| at.start.line)
        .collect()
}
