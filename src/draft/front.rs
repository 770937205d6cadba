//! From entries to the typed front matter, and every mistake on the way.

use std::collections::{BTreeMap, BTreeSet};

use super::FrontMatter;
use super::entry::{Entries, Entry, Kind};
use super::head::{Head, Syntax};
use super::keys::{Idle, Key, Meaning, meaning};
use super::value;
use crate::finding::{Finding, shown};
use crate::rule;
use crate::source::{Source, Span};
use crate::theme::Design;

/// Reads all entries; mistakes and remarks are added to `findings`.
pub(super) fn read(
    source: &Source,
    head: &Head,
    entries: &Entries,
    findings: &mut Vec<Finding>,
) -> FrontMatter {
    let (ours, unread) = (BTreeMap::new(), BTreeSet::new());
    let mut reader = Reader { source, syntax: head.syntax, findings, ours, unread };
    let mut front = FrontMatter::default();
    let mut subject_misspelt = false;
    for entry in &entries.list {
        match meaning(&entry.key) {
            Meaning::Ours(key) => reader.keep(key, entry),
            Meaning::Misspelt(name) => {
                if let Meaning::Ours(key) = meaning(name) {
                    subject_misspelt |= matches!(key, Key::Subject | Key::Title);
                    reader.unread.insert(key);
                }
                reader.misspelt(entry, name);
            }
            Meaning::Idle(idle) => reader.idle(&mut front, entry, entries, idle),
            Meaning::Foreign => reader.foreign(&mut front, entry, entries),
        }
    }
    reader.fill(&mut front);
    if entries.broken {
        let lost = Key::all().filter(|key| !reader.ours.contains_key(key));
        reader.unread.extend(lost.collect::<Vec<_>>());
    }
    front.unread = reader.unread.iter().map(|key| key.name()).collect();
    if !entries.broken && !subject_misspelt && !reader.names_itself() {
        reader.findings.push(
            Finding::at(
                &rule::SUBJECT_MISSING,
                source,
                head.opening,
                "no `subject` and no `title`",
            )
            .help("add a line `subject: …` to the front matter"),
        );
    }
    front
}

struct Reader<'a> {
    source: &'a Source,
    syntax: Syntax,
    findings: &'a mut Vec<Finding>,
    /// The first entry of each of our keys.
    ours: BTreeMap<Key, &'a Entry>,
    /// Those that have a value, which could not be read.
    unread: BTreeSet<Key>,
}

impl<'a> Reader<'a> {
    fn keep(&mut self, key: Key, entry: &'a Entry) {
        match self.ours.get(&key) {
            Some(first) => self.duplicate(first, entry),
            None => {
                self.ours.insert(key, entry);
            }
        }
    }

    fn names_itself(&self) -> bool {
        self.ours.contains_key(&Key::Subject) || self.ours.contains_key(&Key::Title)
    }

    fn duplicate(&mut self, first: &Entry, again: &Entry) {
        let line = |entry: &Entry| self.source.place(entry.key_span.start).line;
        let lines = format!("(lines {} and {})", line(first), line(again));
        let message = if first.key == again.key {
            format!("key `{}` given twice {lines}", shown(&first.key))
        } else {
            format!(
                "keys `{}` and `{}` mean the same {lines}",
                shown(&first.key),
                shown(&again.key)
            )
        };
        self.report(&rule::FM_DUPLICATE_KEY, again.key_span, message, "keep one of them");
    }

    fn misspelt(&mut self, entry: &Entry, name: &str) {
        let message = format!("unknown key `{}`", shown(&entry.key));
        let help = format!("did you mean `{name}`?");
        self.report(&rule::FM_MISSPELT_KEY, entry.key_span, message, help);
    }

    /// Keeps a key that does nothing; says whether it is the first of its name.
    fn is_new(&mut self, front: &mut FrontMatter, entry: &'a Entry, entries: &'a Entries) -> bool {
        let is_new = front.meta.insert(entry.key.clone(), entry.text.clone()).is_none();
        if let Some(first) = entries.list.iter().find(|other| other.key == entry.key && !is_new) {
            self.duplicate(first, entry);
        }
        is_new
    }

    fn idle(
        &mut self,
        front: &mut FrontMatter,
        entry: &'a Entry,
        entries: &'a Entries,
        idle: &Idle,
    ) {
        if self.is_new(front, entry, entries) {
            let message = format!("`{}` {}", shown(&entry.key), idle.what);
            self.report(idle.rule, entry.key_span, message, idle.help);
        }
    }

    fn foreign(&mut self, front: &mut FrontMatter, entry: &'a Entry, entries: &'a Entries) {
        if !self.is_new(front, entry, entries) {
            return;
        }
        let message = format!("key `{}` is kept as `meta` and does nothing", shown(&entry.key));
        let finding = Finding::at(&rule::FM_UNKNOWN_KEY, self.source, entry.key_span, message);
        // `template: bulletin` means our `theme`.
        let design = Design::parse(&entry.text).ok().map(Design::name);
        let help = design.map(|name| format!("for the look of the letter write `theme: {name}`"));
        self.findings.push(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
    }

    fn fill(&mut self, front: &mut FrontMatter) {
        let title = self.line(Key::Title).filter(|(text, _)| !text.is_empty());
        let subject = self.subject().or_else(|| title.clone());
        if let Some((preheader, span)) =
            self.line(Key::Preheader).filter(|(text, _)| !text.is_empty())
        {
            front.preheader = Some(preheader);
            front.preheader_span = span;
        }
        front.date = self.value(Key::Date, &value::DATE);
        front.slug = self.value(Key::Slug, &value::SLUG);
        front.number = self.value(Key::Number, &value::NUMBER);
        front.lang = self.value(Key::Lang, &value::LANGUAGE);
        front.draft = self
            .value(Key::Draft, &value::DRAFT)
            .filter(|draft| *draft)
            .and_then(|_| self.ours.get(&Key::Draft).map(|entry| entry.span));
        front.toc = self.value(Key::Toc, &value::TOC).unwrap_or(false);
        front.smart = self.value(Key::SmartPunctuation, &value::SMART);
        front.from = self.value(Key::From, &value::FROM);
        front.reply_to = self.value(Key::ReplyTo, &value::REPLY_TO);
        front.theme = self.value(Key::Theme, &value::THEME);
        front.canonical_url = self.value(Key::CanonicalUrl, &value::WEB_ADDRESS);
        if let Some((subject, span)) = subject {
            self.check_subject(&subject, span);
            front.title = title.map_or_else(|| subject.clone(), |(title, _)| title);
            (front.subject, front.subject_span) = (subject, span);
        }
    }

    /// `subject`, which may not be blank; and `title` may not be blank where it has to stand in.
    fn subject(&mut self) -> Option<(String, Span)> {
        let key = if self.ours.contains_key(&Key::Subject) { Key::Subject } else { Key::Title };
        let entry = *self.ours.get(&key)?;
        if entry.kind == Kind::Scalar && entry.text.is_empty() {
            let message = format!("`{}` is empty", shown(&entry.key));
            self.report(
                &rule::SUBJECT_MISSING,
                entry.span,
                message,
                "write what the letter is about",
            );
        }
        if key == Key::Title {
            return None;
        }
        self.line(key).filter(|(text, _)| !text.is_empty())
    }

    fn check_subject(&mut self, subject: &str, span: Span) {
        if subject.len() > 250 {
            let message = format!("subject is {} bytes long, more than 250", subject.len());
            let help = "shorten it; inboxes show the first 40 to 70 characters";
            self.report(&rule::SUBJECT_TOO_LONG, span, message, help);
        }
        if let Some(prefix) = value::reply_prefix(subject) {
            let message = format!("subject starts with `{}` and looks like a reply", shown(prefix));
            let help = "drop it; providers refuse letters that pose as replies";
            self.report(&rule::SUBJECT_RE_FWD, span, message, help);
        }
    }

    /// A text that has to be one line, with its place.
    fn line(&mut self, key: Key) -> Option<(String, Span)> {
        let entry = *self.ours.get(&key)?;
        let text = self.scalar(key, entry, &rule::FM_INVALID)?;
        if let Some(message) = value::control_character(text, &entry.key) {
            let help = "a header value is one line of visible characters";
            self.report(&rule::SUBJECT_CONTROL_CHARS, entry.span, message, help);
        }
        Some((text.to_owned(), entry.span))
    }

    fn value<T>(&mut self, key: Key, read: &value::Read<T>) -> Option<T> {
        let entry = *self.ours.get(&key)?;
        let text = self.scalar(key, entry, read.rule)?;
        if text.is_empty() && read.may_be_blank {
            return None;
        }
        match (read.parse)(text) {
            Ok(value) => Some(value),
            Err((message, help)) => {
                let message = format!("`{}` {message}", shown(&entry.key));
                self.report(read.rule, entry.span, message, help);
                self.unread.insert(key);
                None
            }
        }
    }

    fn scalar(&mut self, key: Key, entry: &'a Entry, rule: &'static rule::Rule) -> Option<&'a str> {
        if entry.kind == Kind::Scalar {
            return Some(&entry.text);
        }
        self.unread.insert(key);
        let message =
            format!("`{}` must be one value, got {}", shown(&entry.key), entry.kind.name());
        let single = !entry.text.contains('\n') && entry.text.chars().count() <= 60;
        let help = if self.syntax == Syntax::Yaml && single {
            format!(
                "if it is text, quote it: `{}: {}`",
                shown(&entry.key),
                super::yaml::quoted(&entry.text)
            )
        } else {
            "write one value".to_owned()
        };
        self.report(rule, entry.span, message, help);
        None
    }

    fn report(
        &mut self,
        rule: &'static rule::Rule,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.findings.push(Finding::at(rule, self.source, span, message).help(help));
    }
}
