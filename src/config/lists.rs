//! Settings with more than one value: lists, and sections whose keys are names that people choose.

use std::time::Duration;

use super::settings::{DURATION_HELP, Settings, Wrong, duration, kind};
use crate::finding::shown;
use crate::rule;
use crate::source::Span;

impl Settings<'_> {
    /// A list of durations, each at least `least`.
    pub(super) fn durations(
        &mut self,
        key: &'static str,
        least: Duration,
    ) -> Option<Vec<Duration>> {
        self.list(key, "durations", DURATION_HELP, |text| duration(text, least))
    }

    /// A list of texts that `parse` makes sense of; `what` they are, and what to type.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        what: &str,
        help: &str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let Some(items) = self.value(key)?.get_ref().as_array() else {
            self.wrong_kind(key, &format!("a list of {what}"));
            return None;
        };
        let read: Vec<(Span, Result<T, Wrong>)> = items
            .iter()
            .map(|item| {
                let wrong_kind = || {
                    let message = format!("must hold text in quotes, got {}", kind(item.get_ref()));
                    (message, help.to_owned())
                };
                let text = item.get_ref().as_str().ok_or_else(wrong_kind);
                (item.span().into(), text.and_then(&parse))
            })
            .collect();
        let mut values = Vec::new();
        for (span, value) in read {
            match value {
                Ok(value) => values.push(value),
                Err((message, help)) => {
                    self.add(&rule::CONFIG_INVALID, span, format!("`{key}` {message}"), help);
                }
            }
        }
        Some(values)
    }

    /// The names in an open section, with their places.
    pub(super) fn names(&self, section: &str) -> Vec<(String, Span)> {
        let of_section = self.named.iter().filter(|entry| entry.0 == section);
        let mut names: Vec<(String, Span)> =
            of_section.map(|(_, name, span, _)| (name.clone(), *span)).collect();
        names.sort_by_key(|(_, span)| span.start);
        names
    }

    /// A text in an open section that `parse` makes sense of.
    pub(super) fn named<T>(
        &mut self,
        section: &str,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let entry = self.named.iter().find(|entry| entry.0 == section && entry.1 == name)?;
        let (span, value) = (entry.3.span().into(), entry.3.get_ref());
        let wrong_kind = || {
            let message = format!("must be text in quotes, got {}", kind(value));
            (message, format!("write e.g. `\"{}\" = \"20/min\"`", shown(name)))
        };
        match value.as_str().ok_or_else(wrong_kind).and_then(parse) {
            Ok(value) => Some(value),
            Err((message, help)) => {
                let message = format!("`{section}.{}` {message}", shown(name));
                self.add(&rule::CONFIG_INVALID, span, message, help);
                None
            }
        }
    }
}
