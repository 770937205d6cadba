//! The table of rules in words: as a list, one by one, and as a page of the documentation.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::rule::{self, Example, Gate, Rule};

/// One line a rule, by family.
pub fn list() -> String {
    let width = rule::all().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    let mut family = None;
    for rule in rule::all() {
        if family != Some(rule.family) {
            let gap = if family.is_some() { "\n" } else { "" };
            let _ = writeln!(text, "{gap}{}", rule.family.title());
            family = Some(rule.family);
        }
        let severity = rule.severity.to_string();
        let _ = writeln!(text, "  {:width$}  {severity:7}  {}", rule.id, rule.what);
    }
    text
}

/// The same for programs.
pub fn json() -> Value {
    rule::all()
        .map(|rule| {
            json!({
                "rule": rule.id,
                "family": rule.family.title(),
                "severity": rule.severity.to_string(),
                "stops-send": rule.gate != Gate::Open,
                "allowable": rule.gate == Gate::Allowable,
                "what": rule.what,
                "why": rule.why,
                "source": rule.source,
                "mend": rule.mend,
            })
        })
        .collect()
}

/// All about one rule.
pub fn explain(rule: &Rule) -> String {
    let mut text = format!("{} ({}, {})\n", rule.id, rule.severity, gate(rule));
    let _ = write!(text, "\n{}\n{}\n\nTo mend it: {}\n", rule.what, rule.why, rule.mend);
    let _ = write!(text, "\nIt speaks here:\n{}\n", indented(shown(rule.bad)));
    let _ = write!(text, "\nAnd not here:\n{}\n", indented(shown(rule.good)));
    let _ = write!(text, "\nSource: {}", source(rule));
    text
}

/// `docs/checks.md`.
pub fn page() -> String {
    let mut text = String::from(PREFACE);
    let mut family = None;
    for rule in rule::all() {
        if family != Some(rule.family) {
            let _ = write!(text, "\n## {}\n", rule.family.title());
            family = Some(rule.family);
        }
        let _ = write!(text, "\n### `{}`\n\n*{}, {}.* ", rule.id, rule.severity, gate(rule));
        let _ = write!(
            text,
            "{} {}\n\n{} Source: {}.\n\n",
            rule.what,
            rule.why,
            rule.mend,
            source(rule)
        );
        text.push_str(&fenced("It speaks here", rule.bad));
        text.push_str(&fenced("and not here", rule.good));
    }
    text
}

const PREFACE: &str = "\
# The rules of `postrider check`

This page is written from the table of rules; `postrider check --list` prints it, `--explain ID` one of them. Every example
below that is text is run by a test.

An error makes `check` end with 1, and so does a warning with `--strict`. A rule that stops a send is a gate: a live send is
refused until it is mended, or released with `--allow ID` where that is possible ([gates.md](gates.md)). All other rules can be
given another weight in config.toml (`[check.rules]`, with `off`, `info`, `warn` or `error`) and silenced in a draft:
`<!-- check-disable ID -->` in the whole file, `<!-- check-disable-next-line ID -->` in the line below.
";

fn gate(rule: &Rule) -> &'static str {
    match rule.gate {
        Gate::Open => "stops no send",
        Gate::Allowable => "stops a send unless allowed",
        Gate::Shut => "stops a send",
    }
}

fn source(rule: &Rule) -> &'static str {
    if rule.source == "own" { "our own judgement" } else { rule.source }
}

fn shown(example: Example) -> &'static str {
    match example {
        Example::Draft(text)
        | Example::Body(text)
        | Example::Config(text)
        | Example::List(text)
        | Example::Words(text) => text.trim_end_matches('\n'),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn fenced(lead: &str, example: Example) -> String {
    let kind = match example {
        Example::Words(text) => return format!("{lead}: {text}.\n\n"),
        Example::Draft(_) | Example::Body(_) => "text",
        Example::Config(_) | Example::List(_) => "toml",
    };
    let text = shown(example);
    let fence = if text.contains("```") { "````" } else { "```" };
    format!("{lead}:\n\n{fence}{kind}\n{text}\n{fence}\n\n")
}
