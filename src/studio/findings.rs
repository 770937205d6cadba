//! The panel of mistakes and remarks above the letter.

use maud::{Markup, html};

use crate::finding::Finding;
use crate::rule::Severity;
use crate::source::{Excerpt, Place};

/// Mistakes in full, then warnings and remarks folded away; nothing if there is nothing to say.
///
/// `state` says what the letter below the panel is worth.
pub(super) fn panel(findings: &[&Finding], state: Option<&str>) -> Markup {
    let (errors, remarks): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| finding.is_error());
    let count = |severity| remarks.iter().filter(|remark| remark.severity == severity).count();
    let (warnings, infos) = (count(Severity::Warning), count(Severity::Info));
    html! {
        @if !errors.is_empty() || state.is_some() {
            section.mistakes aria-labelledby="mistakes-title" tabindex="0" {
                h2 #mistakes-title {
                    @if errors.is_empty() { "Not up to date" } @else { (counted(errors.len(), "mistake")) }
                }
                @if let Some(state) = state { p.state { (state) } }
                ol { @for error in &errors { (entry(error)) } }
            }
        }
        @if !remarks.is_empty() {
            details #remarks .remarks {
                summary {
                    @if warnings > 0 { span.warning { (counted(warnings, "warning")) } }
                    @if infos > 0 { span.info { (counted(infos, "remark")) } }
                }
                ol { @for remark in &remarks { (entry(remark)) } }
            }
        }
    }
}

/// `1 mistake`, `2 mistakes`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn entry(finding: &Finding) -> Markup {
    let severity = finding.severity.to_string();
    html! {
        li class=(severity) {
            p.what {
                span.rule { (severity) "[" (finding.rule.id) "]" }
                " " span.place { (place(finding)) }
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
fn prose(text: &str) -> Markup {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;
    use crate::source::Source;

    #[test]
    fn a_finding_is_shown_with_its_rule_place_caret_and_help() {
        let source = Source::new("draft.md", "---\nsubjct: <b>\n---\n");
        let finding = Finding::at(&rule::FM_MISSPELT_KEY, &source, 4..10, "unknown key `subjct`")
            .help("did you mean `subject`?");
        let html = panel(&[&finding], Some("older letter")).into_string();
        for part in [
            "error[fm-misspelt-key]",
            "draft.md:2:1",
            "unknown key <code>subjct</code>",
            "subjct: &lt;b&gt;",
            "^^^^^^<",
            "did you mean <code>subject</code>?",
            "1 mistake<",
            "older letter",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn remarks_are_folded_away_and_nothing_is_shown_as_nothing() {
        let remark = Finding::about(&rule::LIST_DUPLICATE, "list.toml", "odd ` backtick");
        let html = panel(&[&remark, &remark], None).into_string();
        assert!(html.contains("2 warnings") && html.contains("odd ` backtick"), "{html}");
        assert!(!html.contains("mistakes-title"), "{html}");
        assert_eq!(panel(&[], None).into_string(), "");
    }
}
