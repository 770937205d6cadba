//! What can be done with a letter from the page: a test copy, a dry run, a run into the sandbox; and what came of it.
//!
//! Nothing here mails the list: that is `postrider send`, which asks.

use maud::{Markup, html};

use super::asked::Asked;
use super::desk::{Catch, Forecast, Refusal};
use super::findings;
use super::state::Seen;
use crate::check::online::SpamScore;
use crate::report::words::{count, duration, grouped, size};

pub(super) fn panel(seen: &Seen) -> Markup {
    let draft = &seen.proof.key;
    let file = seen.proof.sources.first().map_or(draft, |source| &source.name);
    html! {
        p.lead { "Nothing on this page mails your list. That is " code { "postrider send " (file) } ", which asks first." }
        form.action data-post="test-copy" data-answer="test-answer" {
            h2 { "A test copy" }
            p.quiet { "Through your relay, with [TEST] and the time in the subject. It touches no ledger." }
            input type="hidden" name="draft" value=(draft);
            label for="to" { "To" }
            div.line {
                input #to type="email" name="to" required placeholder="you@example.org" autocomplete="email";
                button.button { "Send" }
            }
            div #test-answer data-keep aria-live="polite" {}
        }
        form.action data-post="dry-run" data-answer="dry-answer" {
            h2 { "A dry run" }
            p.quiet { "Who gets it, who does not, and how long it takes at your relay's pace." }
            input type="hidden" name="draft" value=(draft);
            button.button { "Rehearse" }
            div #dry-answer data-keep aria-live="polite" {}
        }
        form.action data-post="sandbox" data-answer="sandbox-answer" {
            h2 { "The sandbox" }
            p.quiet { "The whole send over a real wire into a folder of this machine." }
            input type="hidden" name="draft" value=(draft);
            button.button { "Send into the sandbox" }
            div #sandbox-answer data-keep aria-live="polite" {}
        }
    }
}

/// The way to ask a spam filter of this machine about the letter.
pub(super) fn filter_form(seen: &Seen) -> Markup {
    html! {
        form.action data-post="spam-filter" data-answer="spam-answer" {
            h2 { "A spam filter" }
            p.quiet { "What SpamAssassin on this machine thinks of this letter, without asking anybody else." }
            input type="hidden" name="draft" value=(seen.proof.key);
            input type="hidden" name="reader" value=(seen.asked.reader);
            button.button { "Ask SpamAssassin" }
            div #spam-answer data-keep aria-live="polite" {}
        }
    }
}

/// What it said; nothing is asked where there is no letter.
pub(super) fn filtered(answer: Option<&Result<Option<SpamScore>, Refusal>>) -> Markup {
    let score = match answer {
        None => return html! { p.quiet { "There is no letter yet." } },
        Some(Err(refusal)) => return refused(refusal),
        Some(Ok(None)) => {
            return html! { p.quiet { "It is not installed here: " code { "apt-get install spamassassin" } } };
        }
        Some(Ok(Some(score))) => score,
    };
    let class = match score.points {
        ..2.0 => "good",
        ..5.0 => "doubtful",
        _ => "over",
    };
    html! {
        p.large { strong.(class) { (points(score.points)) } " points; with 5 a letter is junk" }
        @if score.tests.is_empty() {
            p.quiet { "No rule has anything against it." }
        } @else {
            table.tests aria-label="Rules that hit" {
                @for test in &score.tests {
                    tr {
                        td.number { (test.points.map(points).unwrap_or_default()) }
                        td { (test.why) " " code { (test.name) } }
                    }
                }
            }
        }
    }
}

fn points(points: f64) -> String {
    // There is no less than nothing of nothing.
    let points = if points.abs() < 0.05 { 0.0 } else { points };
    format!("{points:.1}").replace('-', "−")
}

/// The relay's answer to a test copy.
pub(super) fn test_copy(answer: &Result<String, Refusal>) -> Markup {
    match answer {
        Ok(words) => html! { p.good { (words) } },
        Err(refusal) => refused(refusal),
    }
}

/// What a dry run found out.
pub(super) fn forecast(answer: &Result<Forecast, Refusal>) -> Markup {
    let forecast = match answer {
        Ok(forecast) => forecast,
        Err(refusal) => return refused(refusal),
    };
    let [least, most, total] = forecast.bytes;
    let each =
        if least == most { size(most) } else { format!("{} to {}", size(least), size(most)) };
    html! {
        p.large { strong { (count(forecast.recipients, "recipient")) } " in about " strong { (duration(forecast.time)) } }
        dl.facts {
            div { dt { "Pace" } dd { (forecast.rate) @for limit in &forecast.limits { ", " (limit) } " over " (count(forecast.lanes as u64, "connection")) } }
            @if most > 0 { div { dt { "Weight" } dd { (each) " each, " (size(total)) " together" } } }
            div { dt { "Not mailed" } dd { (skipped(forecast)) } }
            @if forecast.duplicates > 0 {
                div { dt { "Twice on the list" } dd {
                    (grouped(forecast.duplicates))
                    @for (line, first) in forecast.duplicate_lines.iter().take(10) { br; "line " (line) " repeats line " (first) }
                } }
            }
            div { dt { "Plan hash" } dd.mono { (forecast.plan_hash) } }
        }
        @if !forecast.skipped_who.is_empty() {
            details {
                summary { "Who is not mailed" }
                ul.who { @for (email, reason) in &forecast.skipped_who { li { span.mono { (email) } " " span.quiet { (reason) } } } }
            }
        }
    }
}

fn skipped(forecast: &Forecast) -> String {
    if forecast.skipped.is_empty() {
        return "nobody".into();
    }
    let each =
        forecast.skipped.iter().map(|(reason, number)| format!("{} {reason}", grouped(*number)));
    each.collect::<Vec<_>>().join(", ")
}

/// What the sandbox caught, and the way to it.
pub(super) fn catch(answer: &Result<(usize, Catch), Refusal>) -> Markup {
    match answer {
        Err(refusal) => refused(refusal),
        Ok((number, catch)) => {
            let inbox = Asked { r#box: number.to_string(), ..Asked::default() };
            html! {
                pre.account { (catch.account) }
                p { a.button href=(inbox.address("caught")) { "Read the letters" } }
            }
        }
    }
}

/// Why an action was not done.
pub(super) fn refused(refusal: &Refusal) -> Markup {
    html! {
        div.refused {
            @if !refusal.words.is_empty() { p.message { (findings::prose(&refusal.words)) } }
            @if let Some(help) = &refusal.help { p.help { span.word { "help" } " " (findings::prose(help)) } }
            @if !refusal.findings.is_empty() { (findings::list(&refusal.findings)) }
        }
    }
}
