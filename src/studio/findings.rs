//! Mistakes and remarks, each with its place and its remedy.

use maud::{Markup, html};

use super::state::Seen;
use crate::finding::Finding;
use crate::rule::Severity;
use crate::source::{Excerpt, Place};

/// What is over the last good letter: the mistakes that keep a newer one away.
pub(super) fn overlay(seen: &Seen) -> Markup {
    let Some(state) = seen.state() else { return html! {} };
    let findings = seen.findings();
    let errors: Vec<&&Finding> = findings.iter().filter(|finding| finding.is_error()).collect();
    html! {
        section.mistakes aria-labelledby="mistakes-title" tabindex="0" {
            h2 #mistakes-title {
                @if errors.is_empty() { "Not up to date" } @else { (counted(errors.len(), "mistake")) }
            }
            p.state { (state) }
            ol { @for error in &errors { (entry(error, seen)) } }
        }
    }
}

/// Everything, the worst first.
pub(super) fn panel(seen: &Seen) -> Markup {
    let findings = seen.findings();
    let of = |severity| findings.iter().filter(move |finding| finding.severity == severity);
    html! {
        @if findings.is_empty() {
            p.lead.good { "Nothing to mend." }
        } @else {
            p.lead { (summary(&findings)) }
        }
        @if !seen.proof.is_current {
            p.quiet role="status" { "The list and the other issues are being read; what they add comes in a moment." }
        }
        @for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            @if of(severity).next().is_some() {
                ol.findings { @for finding in of(severity) { (entry(finding, seen)) } }
            }
        }
    }
}

/// `2 mistakes, 1 warning, 3 remarks`.
pub(super) fn summary(findings: &[&Finding]) -> String {
    let words =
        [(Severity::Error, "mistake"), (Severity::Warning, "warning"), (Severity::Info, "remark")];
    let counts = words.into_iter().filter_map(|(severity, noun)| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        (count > 0).then(|| counted(count, noun))
    });
    counts.collect::<Vec<_>>().join(", ")
}

/// `1 mistake`, `2 mistakes`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn entry(finding: &Finding, seen: &Seen) -> Markup {
    let severity = finding.severity.to_string();
    let link = seen
        .place(finding)
        .map(|at| seen.asked.with(|asked| (asked.at, asked.pane) = (at, "draft".into())));
    html! {
        li class=(severity) {
            p.what {
                span.rule { (severity) "[" (finding.rule.id) "]" }
                " "
                span.where {
                    @match link {
                        Some(link) => a.place data-go href=(link) { (place(finding)) },
                        None => span.place { (place(finding)) },
                    }
                    @if let Some(link) = seen.in_editor(finding) {
                        a.edit href=(link) aria-label="Open this line in your editor" title="Open this line in your editor" { "↗" }
                    }
                }
            }
            p.message { (prose(&finding.message)) }
            @if let (Some(place), Some(excerpt)) = (finding.place, &finding.excerpt) {
                (marked(place, excerpt))
            }
            @if let Some(help) = &finding.help {
                p.help { span.word { "help" } " " (prose(help)) }
            }
        }
    }
}

/// `file:line:column`, as editors and terminals understand it.
fn place(finding: &Finding) -> String {
    match finding.place {
        Some(Place { line, column }) => format!("{}:{line}:{column}", finding.file),
        None => finding.file.clone(),
    }
}

/// The line with its number, and carets under what is meant.
fn marked(place: Place, excerpt: &Excerpt) -> Markup {
    let number = place.line.to_string();
    let blank = " ".repeat(number.len());
    let indent = " ".repeat(excerpt.indent);
    let carets = "^".repeat(excerpt.width);
    html! {
        pre.excerpt tabindex="0" role="group" aria-label={ "Line " (number) } {
            code {
                span.gutter aria-hidden="true" { (number) " │ " }
                (excerpt.line)
                span aria-hidden="true" {
                    "\n" span.gutter { (blank) " │ " } (indent) span.carets { (carets) }
                }
            }
        }
    }
}

/// Text in which what stands in backticks is literal.
pub(super) fn prose(text: &str) -> Markup {
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd backtick belongs to a literal: then nothing is set apart.
    if pieces.len().is_multiple_of(2) {
        return html! { (text) };
    }
    html! {
        @for (at, piece) in pieces.iter().enumerate() {
            @if at % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// Mistakes where there is no draft to jump to: in the answer to an action.
pub(super) fn list(findings: &[Finding]) -> Markup {
    html! {
        ol.findings {
            @for finding in findings {
                li class=(finding.severity) {
                    p.what { span.rule { (finding.severity) "[" (finding.rule.id) "]" } " " span.place { (place(finding)) } }
                    p.message { (prose(&finding.message)) }
                    @if let Some(help) = &finding.help { p.help { span.word { "help" } " " (prose(help)) } }
                }
            }
        }
    }
}
