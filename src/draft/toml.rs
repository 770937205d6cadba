//! Front matter in TOML (Zola, Hugo).

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::entry::{Entries, Entry, Kind};
use crate::finding::{Finding, shown};
use crate::rule;
use crate::source::{Source, Span};

/// The top-level entries of the TOML within `inner`.
pub(super) fn entries(source: &Source, inner: Span, findings: &mut Vec<Finding>) -> Entries {
    let text = &source.text[inner.start..inner.end];
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut broken = false;
    for error in &errors {
        let span = shifted(inner, error.span().unwrap_or_default().into());
        if let Some(finding) = duplicate(source, inner, table.get_ref(), error) {
            findings.push(finding);
        } else {
            broken = true;
            let message = format!("invalid TOML: {}", error.message());
            let help = "write one `key = value` a line, text in double quotes";
            findings.push(Finding::at(&rule::FM_INVALID, source, span, message).help(help));
        }
    }
    let mut list: Vec<Entry> =
        table.get_ref().iter().map(|(key, value)| entry(source, inner, key, value)).collect();
    list.sort_by_key(|entry| entry.key_span);
    Entries { list, broken }
}

fn entry(
    source: &Source,
    inner: Span,
    key: &Spanned<toml::de::DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
) -> Entry {
    let span = shifted(inner, extent(value));
    let kind = match value.get_ref() {
        DeValue::Array(_) => Kind::List,
        DeValue::Table(_) => Kind::Table,
        _ => Kind::Scalar,
    };
    let text = value.get_ref().as_str().unwrap_or(&source.text[span.start..span.end]);
    Entry {
        key: key.get_ref().to_string(),
        key_span: shifted(inner, key.span().into()),
        kind,
        text: text.trim().to_owned(),
        span,
    }
}

/// From the first to the last byte of a value; the span of a table under a `[header]` is the header alone.
fn extent(value: &Spanned<DeValue<'_>>) -> Span {
    let whole = |spans: Vec<Span>| {
        let own = Span::from(value.span());
        spans
            .into_iter()
            .fold(own, |all, span| Span::new(all.start.min(span.start), all.end.max(span.end)))
    };
    match value.get_ref() {
        DeValue::Table(table) => whole(table.iter().map(|(_, value)| extent(value)).collect()),
        DeValue::Array(array) => whole(array.iter().map(extent).collect()),
        _ => value.span().into(),
    }
}

fn duplicate(source: &Source, inner: Span, table: &DeTable<'_>, error: &Error) -> Option<Finding> {
    let again = shifted(inner, error.span()?.into());
    if error.message() != "duplicate key" {
        return None;
    }
    let key = source.text[again.start..again.end].trim_matches(['"', '\'']);
    let first =
        table.iter().find(|(known, _)| known.get_ref() == key).map(|(known, _)| known.span());
    let line = |span: Span| source.place(span.start).line;
    let lines = first.map_or_else(String::new, |first| {
        format!(" (lines {} and {})", line(shifted(inner, first.into())), line(again))
    });
    let message = format!("key `{}` given twice{lines}", shown(key));
    Some(Finding::at(&rule::FM_DUPLICATE_KEY, source, again, message).help("keep one of them"))
}

fn shifted(inner: Span, span: Span) -> Span {
    Span::new(inner.start + span.start, inner.start + span.end)
}
