//! The author's merge tags: complete, understood, and each `{% if %}` with its `{% endif %}`.

use std::ops::Range;

use super::leftovers::head_texts;
use super::margin::{At, Margin};
use crate::compose::merge::expression::{self, SyntaxError};
use crate::compose::merge::lines::without_marks;
use crate::compose::merge::pairs::{Stray, pair};
use crate::compose::merge::scan::{Control, Found, Kind, scan};
use crate::draft::Draft;
use crate::finding::shown;
use crate::rule::{self, Rule};
use crate::source::Span;

/// Notes every merge tag outside code that is incomplete or not understood, in the body and in the head.
pub(super) fn check(margin: &mut Margin<'_>, draft: &Draft, body: &str) {
    for (text, span) in head_texts(draft) {
        let at = |range: &Range<usize>| {
            let start = (span.start + range.start).min(span.end);
            At::Head(Span::new(start, (start + range.len()).min(span.end)))
        };
        check_text(margin, text, &scan(text), at);
    }
    let found: Vec<Found> =
        scan(body).into_iter().filter(|found| !margin.is_quiet(found.range.start)).collect();
    check_text(margin, body, &found, |range| At::Body(range.clone()));
    check_blocks(margin, body, &found);
}

fn check_text(
    margin: &mut Margin<'_>,
    text: &str,
    found: &[Found],
    at: impl Fn(&Range<usize>) -> At,
) {
    for tag in found {
        if let Some((message, help)) = mistake(&text[tag.range.clone()], &tag.kind) {
            let rule = broken(&text[tag.range.clone()]);
            margin.note_at(rule, at(&tag.range), message, &help);
        }
    }
    let (ranges, controls): (Vec<&Range<usize>>, Vec<&Control>) = found
        .iter()
        .filter_map(|found| match &found.kind {
            Kind::Control(control) => Some((&found.range, control)),
            _ => None,
        })
        .unzip();
    for stray in pair(&controls, &mut Vec::new()).1 {
        let (Stray::Open(index) | Stray::Unopened(index) | Stray::AfterElse(index)) = stray;
        let tag = shown(&text[ranges[index].clone()]);
        let (message, help) = match stray {
            Stray::Open(_) => {
                (format!("`{tag}` is not closed"), "write `{% endif %}` where it ends")
            }
            Stray::Unopened(_) => (
                format!("`{tag}` without `{{% if … %}}` before it"),
                "delete it, or open it with `{% if … %}`",
            ),
            Stray::AfterElse(_) => (
                format!("`{tag}` after `{{% else %}}`"),
                "`{% else %}` is the last branch; put this one before it",
            ),
        };
        margin.note_at(&rule::MERGE_SYNTAX, at(ranges[index]), message, help);
    }
}

/// The rule that a tag breaks which is not understood.
fn broken(tag: &str) -> &'static Rule {
    let is_safe = tag.split('|').skip(1).any(|filter| filter.trim_start().starts_with("safe"));
    if tag.contains(['“', '”', '‘', '’']) {
        &rule::MERGE_SMART_QUOTES
    } else if is_safe {
        &rule::MERGE_UNESCAPED
    } else {
        &rule::MERGE_SYNTAX
    }
}

fn mistake(tag: &str, kind: &Kind) -> Option<(String, String)> {
    match kind {
        Kind::Unclosed(open) => {
            let close = if *open == "{{" { "}}" } else { "%}" };
            let help =
                format!("end the tag with `{close}` on the same line; code may hold `{open}`");
            Some((format!("unclosed `{open}`"), help))
        }
        Kind::Foreign(help) => {
            Some((format!("`{}` is not understood", shown(tag)), (*help).to_owned()))
        }
        Kind::Tag => not_understood(tag, crate::compose::merge::landing::expression(tag)),
        Kind::Control(Control::If(test) | Control::Elif(test)) if test.is_empty() => {
            let help = "ask about a field or a tag, as in `{% if \"vip\" in tags %}`";
            Some((format!("`{}` asks nothing", shown(tag)), help.to_owned()))
        }
        Kind::Control(Control::If(test) | Control::Elif(test)) => not_understood(tag, test),
        Kind::Control(Control::Else | Control::Endif) => None,
    }
}

fn not_understood(tag: &str, expression: &str) -> Option<(String, String)> {
    let error: SyntaxError = expression::check(expression).err()?;
    let message = format!("`{}` is not understood: {error}", shown(tag));
    if tag.contains(['“', '”', '‘', '’']) {
        let help = "use straight quotes in a tag: `{{ name | default(\"reader\") }}`";
        return Some((message, help.to_owned()));
    }
    Some((message, error.help))
}

/// A heading or a list item after a tag on the same line would be text, because the line starts with the tag.
fn check_blocks(margin: &mut Margin<'_>, body: &str, found: &[Found]) {
    let (mut from, mut starts) = (0, false);
    for tag in found.iter().filter(|found| matches!(found.kind, Kind::Control(_))) {
        let line = body[..tag.range.start].rfind('\n').map_or(0, |end| end + 1);
        starts = starts && tag.range.start == from
            || without_marks(&body[line..tag.range.start]).is_empty();
        from = tag.range.end;
        let rest = body[from..].lines().next().unwrap_or_default().trim_start();
        let heading = rest.trim_start_matches('#');
        let is_heading = heading.len() < rest.len() && heading.starts_with(' ');
        let is_block = is_heading || !rest.is_empty() && without_marks(rest) != rest;
        if starts && is_block {
            let message = "a block begins after a tag on the same line".to_owned();
            let help = "put the tag alone on a line of its own above it";
            margin.note(&rule::MERGE_SYNTAX, tag.range.clone(), message, help);
        }
    }
}
