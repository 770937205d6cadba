//! The file as a flat table of keys with places, and typed readers over it that collect every mistake.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, OPEN_SECTIONS, SECTIONS};
use super::syntax::syntax_error;
use crate::finding::{Finding, nearest, shown};
use crate::rule::{self, Rule};
use crate::source::{Place, Source, Span};

pub(super) const DURATION_HELP: &str = "write a number and a unit, e.g. `90s`, `5m` or `24h`";

/// Far more than every key with a page of comments; a list given by mistake is not parsed.
const LONGEST_FILE: usize = 1 << 16;

/// The longest duration that makes sense for a newsletter; keeps sums of times far from overflow.
const LONGEST: Duration = Duration::from_hours(24 * 366);

/// What is wrong with a value, to follow its key, and what to type instead.
pub(super) type Wrong = (String, String);

/// The values of the known keys, and the mistakes so far.
pub(super) struct Settings<'a> {
    source: &'a Source,
    values: BTreeMap<&'static str, Spanned<DeValue<'a>>>,
    /// The entries of open sections: section, name, place of the name, value.
    pub(super) named: Vec<(&'static str, String, Span, Spanned<DeValue<'a>>)>,
    sections: BTreeMap<&'static str, Span>,
    findings: Vec<Finding>,
}

impl<'a> Settings<'a> {
    /// Takes a file apart; refuses it when it is not TOML.
    pub(super) fn read(source: &'a Source) -> Result<Self, Vec<Finding>> {
        let length = source.text.len();
        if length > LONGEST_FILE {
            let message = format!("{length} bytes are too many for a configuration");
            let finding = Finding::about(&rule::CONFIG_INVALID, &source.name, message);
            return Err(vec![finding.help("give `--config` the path of your `config.toml`")]);
        }
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        if !errors.is_empty() {
            return Err(errors.iter().map(|error| syntax_error(source, error)).collect());
        }
        let (values, sections) = (BTreeMap::new(), BTreeMap::new());
        let (named, findings) = (Vec::new(), Vec::new());
        let mut settings = Self { source, values, named, sections, findings };
        settings.take("", table.into_inner());
        Ok(settings)
    }

    /// All mistakes and remarks, in the order of the file.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| finding.place);
        self.findings
    }

    fn take(&mut self, prefix: &str, table: DeTable<'a>) {
        for (key, value) in table {
            let path = format!("{prefix}{}", key.get_ref());
            let span = Span::from(key.span());
            if let Some(known) = KEYS.iter().find(|known| **known == path) {
                self.values.insert(known, value);
            } else if let Some(section) =
                OPEN_SECTIONS.iter().find(|open| prefix == format!("{open}."))
            {
                self.named.push((section, key.into_inner().into_owned(), span, value));
            } else if let Some(section) = SECTIONS.iter().find(|section| **section == path) {
                self.sections.insert(section, span);
                match value.into_inner() {
                    DeValue::Table(table) => self.take(&format!("{path}."), table),
                    other => {
                        let message = format!("`{path}` must be a section, got {}", kind(&other));
                        self.add(&rule::CONFIG_INVALID, span, message, format!("write `[{path}]`"));
                    }
                }
            } else {
                let is_table = value.get_ref().is_table() && prefix.is_empty();
                self.unknown(&path, span, is_table);
            }
        }
    }

    fn unknown(&mut self, path: &str, span: Span, is_section: bool) {
        let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
        if is_section {
            let message = format!("unknown section `[{}]`", shown(path));
            let help = match nearest(path, SECTIONS.iter().copied()) {
                Some(near) => format!("did you mean `[{near}]`?"),
                None => format!("the sections are {}", listed(SECTIONS.iter().copied())),
            };
            return self.add(&rule::CONFIG_UNKNOWN_KEY, span, message, help);
        }
        if matches!(name, "password" | "pass" | "passwd" | "secret") {
            let message = format!("`{path}` would put a secret into this file");
            let stem = if section == "unsubscribe" { "secret" } else { "password" };
            let ways: Vec<&str> = KEYS
                .iter()
                .filter_map(|key| {
                    key.rsplit('.').next().filter(|key| key.starts_with(&format!("{stem}-")))
                })
                .collect();
            let help = format!("remove it and use one of {}", listed(ways));
            return self.add(&rule::CONFIG_INVALID, span, message, help);
        }
        let message = format!("unknown key `{}`", shown(path));
        self.add(&rule::CONFIG_UNKNOWN_KEY, span, message, remedy(section, name));
    }

    /// A text that is not blank.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        self.parsed(key, |text| Ok(text.to_owned()))
    }

    /// A text that `parse` makes sense of; blank ones never reach it.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        self.parsed_as(&rule::CONFIG_INVALID, key, parse)
    }

    /// As `parsed`, with the rule that a wrong value breaks.
    pub(super) fn parsed_as<T>(
        &mut self,
        rule: &'static Rule,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let span = value.span().into();
        let read = value.get_ref().as_str().map(str::trim).map(|text| {
            if text.is_empty() {
                let help = "write a value, or remove the key if it is optional";
                return Err(("is empty".to_owned(), help.to_owned()));
            }
            parse(text)
        });
        match read {
            Some(Ok(value)) => return Some(value),
            Some(Err((message, help))) => self.add(rule, span, format!("`{key}` {message}"), help),
            None => self.wrong_kind(key, "text in quotes"),
        }
        None
    }

    /// A path, as written.
    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// A whole number within `range`.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.value(key)?;
        let span = value.span().into();
        let Some(number) = value.get_ref().as_integer() else {
            let is_number = kind(value.get_ref()) == "a number";
            self.wrong_kind(key, if is_number { "a whole number" } else { "a number" });
            return None;
        };
        // A number too large for any type is as much out of range as one that is not.
        let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let usable =
            number.and_then(|number| u32::try_from(number).ok()).filter(|n| range.contains(n));
        if usable.is_none() {
            let message = format!("`{key}` out of range {}-{}", range.start(), range.end());
            let name = key.rsplit('.').next().unwrap_or(key);
            let help = format!("write e.g. `{name} = {}`", example(key));
            self.add(&rule::CONFIG_INVALID, span, message, help);
        }
        usable
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let flag = self.value(key)?.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_kind(key, "true or false");
        }
        flag
    }

    /// A duration of at least `least`.
    pub(super) fn duration(&mut self, key: &'static str, least: Duration) -> Option<Duration> {
        self.parsed(key, |text| duration(text, least))
    }

    /// Complains when a key without default is absent; `line` is what to type.
    pub(super) fn require(&mut self, key: &'static str, line: &str) {
        if !self.has(key) {
            let (section, _) = key.rsplit_once('.').unwrap_or(("", key));
            let help = format!("add `{line}` under `[{section}]`");
            self.missing(section, format!("`{key}` is missing"), help);
        }
    }

    /// A mistake that lies in what a section lacks.
    pub(super) fn missing(&mut self, section: &str, message: String, help: impl Into<String>) {
        let finding = match self.sections.get(section) {
            Some(span) => Finding::at(&rule::CONFIG_MISSING_KEY, self.source, *span, message),
            None => Finding::about(&rule::CONFIG_MISSING_KEY, &self.source.name, message),
        };
        self.findings.push(finding.help(help).without_excerpt());
    }

    /// A mistake that lies in the value of `key`, seen together with others.
    pub(super) fn report(
        &mut self,
        rule: &'static Rule,
        key: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let span = self.value(key).map_or_else(Span::default, |value| value.span().into());
        self.add(rule, span, message, help);
    }

    /// Where the value of `key` stands; the start of the file for one that is absent.
    pub(super) fn place(&self, key: &'static str) -> Place {
        let span = self.value(key).map_or_else(Span::default, |value| value.span().into());
        self.source.place(span.start)
    }

    /// The name of the file.
    pub(super) fn file(&self) -> &str {
        &self.source.name
    }

    /// Whether the file has this key, rightly or wrongly used.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// Whether the file has this section, be it empty.
    pub(super) fn has_section(&self, section: &str) -> bool {
        self.sections.contains_key(section)
    }

    pub(super) fn value(&self, key: &'static str) -> Option<&Spanned<DeValue<'a>>> {
        debug_assert!(KEYS.contains(&key), "`{key}` is not in KEYS");
        self.values.get(key)
    }

    pub(super) fn wrong_kind(&mut self, key: &'static str, wanted: &str) {
        let found = self.value(key).map_or("nothing", |value| kind(value.get_ref()));
        let name = key.rsplit('.').next().unwrap_or(key);
        let message = format!("`{key}` must be {wanted}, got {found}");
        let help = format!("write e.g. `{name} = {}`", example(key));
        self.report(&rule::CONFIG_INVALID, key, message, help);
    }

    /// A mistake at a place.
    pub(super) fn add(
        &mut self,
        rule: &'static Rule,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.findings
            .push(Finding::at(rule, self.source, span, message).help(help).without_excerpt());
    }
}

/// What to do with a key that is not known in its section.
fn remedy(section: &str, name: &str) -> String {
    let of_section = || {
        KEYS.iter().filter_map(move |key| match key.rsplit_once('.') {
            Some((its, name)) if its == section => Some(name),
            _ => None,
        })
    };
    if let Some(near) = nearest(name, of_section()) {
        return format!("did you mean `{near}`?");
    }
    let elsewhere =
        KEYS.iter().filter_map(|key| key.rsplit_once('.')).find(|(_, its)| *its == name);
    match elsewhere {
        Some((home, _)) => format!("`{name}` belongs under `[{home}]`"),
        None if section.is_empty() => {
            format!("the sections are {}", listed(SECTIONS.iter().copied()))
        }
        None => format!("the keys of `[{section}]` are {}", listed(of_section())),
    }
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A value of the right kind for `key`, as it is typed.
fn example(key: &str) -> &'static str {
    match key.rsplit('.').next().unwrap_or(key) {
        "ascii" => "true",
        "smart-punctuation" => "false",
        "port" => "587",
        "width" => "600",
        "logo-width" => "120",
        "theme" => "\"letter\"",
        "accent" => "\"#0a5c50\"",
        "budget" => "1000",
        "lanes" => "4",
        "messages-per-connection" => "100",
        "window" => "8",
        "retry" => "[\"5m\", \"15m\", \"1h\", \"4h\"]",
        "rate" => "\"14/s\"",
        "limits" => "[\"50000/day\", \"10000/hour\"]",
        "tls" => "\"starttls\"",
        "preset" => "\"ses\"",
        "idle" => "\"30s\"",
        "wait" | "give-up" | "connect" | "greeting" | "command" | "block" | "dot" => "\"5m\"",
        _ => "\"…\"",
    }
}

pub(super) fn duration(text: &str, least: Duration) -> Result<Duration, Wrong> {
    let duration = text.parse::<SignedDuration>().ok().and_then(|d| Duration::try_from(d).ok());
    match duration {
        Some(duration) if duration < least => Err((
            format!("must be at least {}ms, got `{}`", least.as_millis(), shown(text)),
            DURATION_HELP.into(),
        )),
        Some(duration) if duration <= LONGEST => Ok(duration),
        Some(_) => {
            Err((format!("must be at most a year, got `{}`", shown(text)), DURATION_HELP.into()))
        }
        None => Err((format!("is not a duration: `{}`", shown(text)), DURATION_HELP.into())),
    }
}

pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
