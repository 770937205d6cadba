//! Dates: that of the draft, and those that name a weekday or a week.

use std::ops::Range;

use jiff::civil::{Date, Weekday};

use crate::check::Subject;
use crate::check::note::Note;
use crate::rule;
use crate::source::Span;

/// A date with what is said of it.
#[derive(Debug, Clone, PartialEq)]
struct Dated {
    range: Range<usize>,
    date: Date,
    weekday: Option<Weekday>,
    week: Option<i8>,
}

pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let front = &subject.draft.front;
    let title = dates(&front.title);
    let mut notes = head_date(subject, title.first().map(|dated| dated.date));
    let title_span = super::past::title_span(subject);
    for dated in &title {
        notes.extend(mismatch(dated).map(|(message, help)| {
            Note::head(&rule::DATE_WEEKDAY_MISMATCH, within(title_span, &dated.range), message)
                .help(help)
        }));
    }
    for run in subject.document.runs.iter().filter(|run| run.text.len() == run.range.len()) {
        for dated in dates(&run.text) {
            let at = run.range.start + dated.range.start..run.range.start + dated.range.end;
            notes.extend(mismatch(&dated).map(|(message, help)| {
                Note::body(&rule::DATE_WEEKDAY_MISMATCH, at, message).help(help)
            }));
        }
        notes.extend(copyright(subject, &run.text).map(|(range, message)| {
            let at = run.range.start + range.start..run.range.start + range.end;
            Note::body(&rule::COPYRIGHT_YEAR, at, message).help("write this year")
        }));
    }
    notes
}

fn within(span: Span, range: &Range<usize>) -> Span {
    let start = (span.start + range.start).min(span.end);
    Span::new(start, (span.start + range.end).min(span.end))
}

/// The date of the draft, or that of its title, beside today.
fn head_date(subject: &Subject<'_>, in_title: Option<Date>) -> Vec<Note> {
    let today = subject.today;
    let written = subject.draft.front.date.as_deref().and_then(date_of);
    let mut notes = Vec::new();
    if subject.draft.front.unread.contains("date") {
        return notes;
    }
    if subject.draft.front.date.is_none() {
        let help = match in_title {
            Some(date) => format!("add a line `date: {date}`, as the title has it"),
            None => format!("add a line `date: {today}`"),
        };
        notes.push(Note::whole(&rule::DATE_MISSING, "no `date`").help(help));
    }
    let Some(date) = written.or(in_title) else { return notes };
    let days = date.since(today).map_or(0, |span| span.get_days());
    let at = if written.is_some() {
        super::past::value_span(subject, &["date", "publish_date", "pubdate"])
    } else {
        super::past::title_span(subject)
    };
    if days < -2 {
        let message = format!("{date} is {} days ago", -days);
        notes.push(
            Note::head(&rule::DATE_PAST, at, message).help("write the day on which it is sent"),
        );
    } else if days > 0 {
        let message = format!("{date} is {days} days ahead");
        notes.push(
            Note::head(&rule::DATE_FUTURE, at, message).help("the letter is dated when it is sent"),
        );
    }
    notes
}

/// The day of a front-matter date.
pub(super) fn date_of(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

fn mismatch(dated: &Dated) -> Option<(String, String)> {
    let date = dated.date;
    if let Some(weekday) = dated.weekday.filter(|weekday| *weekday != date.weekday()) {
        let message = format!("{date} is a {:?}, not a {weekday:?}", date.weekday());
        return Some((message, "look at a calendar which of the two is meant".into()));
    }
    let week = dated.week?;
    let right = date.iso_week_date().week();
    (week != right).then(|| {
        (
            format!("{date} lies in week {right}, not {week}"),
            "look at a calendar which of the two is meant".into(),
        )
    })
}

/// `© 2019`, when that is not this year.
fn copyright(subject: &Subject<'_>, text: &str) -> Option<(Range<usize>, String)> {
    let sign = text.find('©').or_else(|| text.to_ascii_lowercase().find("copyright"))?;
    let rest = &text[sign..];
    let words = numbers(rest).into_iter().take_while(|(range, _)| range.start < 24);
    let (range, year) =
        words.filter(|(range, year)| range.len() == 4 && (1900..2200).contains(year)).last()?;
    let this = subject.today.year();
    (i64::from(this) != i64::from(year)).then(|| {
        (sign + range.start..sign + range.end, format!("copyright of {year}, and it is {this}"))
    })
}

fn numbers(text: &str) -> Vec<(Range<usize>, u32)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|start| at + start) {
        let length =
            text[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - start);
        at = start + length;
        if let Ok(number) = text[start..at].parse() {
            found.push((start..at, number));
        }
    }
    found
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// A word with its place.
type Word<'t> = (Range<usize>, &'t str);

/// The whole dates of an English text: `Friday May 12, 2017 (Week 19)`, `Friday, 12 May 2017`, `2017-05-12`.
fn dates(text: &str) -> Vec<Dated> {
    let words = words(text);
    let mut found = Vec::new();
    for at in 0..words.len() {
        let Some((date, length)) = date_at(&words[at..]) else { continue };
        let weekday = at.checked_sub(1).and_then(|before| weekday(words[before].1));
        let start = if weekday.is_some() { words[at - 1].0.start } else { words[at].0.start };
        let mut end = words[at + length - 1].0.end;
        let after = words.get(at + length..at + length + 2);
        let week = after.filter(|pair| pair[0].1.eq_ignore_ascii_case("week")).and_then(|pair| {
            end = pair[1].0.end;
            pair[1].1.parse().ok()
        });
        found.push(Dated { range: start..end, date, weekday, week });
    }
    found
}

/// Words of letters, digits and hyphens.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_part = c.is_alphanumeric() || c == '-';
        match start {
            None if is_part => start = Some(at),
            Some(from) if !is_part => {
                words.push((from..at, &text[from..at]));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// The date that begins with these words, and how many of them it takes.
fn date_at(words: &[Word<'_>]) -> Option<(Date, usize)> {
    let (_, first) = words.first()?;
    if first.len() == 10
        && let Ok(date) = first.parse::<Date>()
    {
        return Some((date, 1));
    }
    let [(_, one), (_, two), (_, year), ..] = words else { return None };
    let year: i16 = year.parse().ok().filter(|year| (1900..2200).contains(year))?;
    let (month, day) = match (month(one), month(two)) {
        (Some(month), _) => (month, day(two)?),
        (None, Some(month)) => (month, day(one)?),
        (None, None) => return None,
    };
    Some((Date::new(year, month, day).ok()?, 3))
}

fn month(word: &str) -> Option<i8> {
    let word = word.to_ascii_lowercase();
    let is_it = |name: &&str| *name == word || word.len() == 3 && name.starts_with(word.as_str());
    let index = MONTHS.iter().position(is_it)?;
    i8::try_from(index + 1).ok()
}

fn day(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let ending = &word[digits.len()..];
    ["", "st", "nd", "rd", "th"].contains(&ending).then(|| digits.parse().ok())?
}

fn weekday(word: &str) -> Option<Weekday> {
    let word = word.to_ascii_lowercase();
    let is_it = |name: &str| name == word || word.len() == 3 && name.starts_with(word.as_str());
    WEEKDAYS.iter().find(|(name, _)| is_it(name)).map(|(_, weekday)| *weekday)
}
