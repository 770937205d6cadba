//! Files of addresses that are not to be mailed: one a line, CSV with an `email` column, or what an export wrote.

use std::ops::Range;

use jiff::Timestamp;

use super::log::time_of;
use super::{Reason, Suppression};
use crate::audience::columns::{self, Mistake};
use crate::audience::passage::Passage;
use crate::audience::records::{Records, cell};
use crate::audience::table::decode;
use crate::finding::{Finding, shown};
use crate::source::Source;

/// Headings of the column that holds addresses, in lower case.
const EMAIL: [&str; 4] = ["email", "e-mail", "email address", "e-mail address"];

/// What may stand between two cells.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// What a file says of somebody; all but the address may be missing.
#[derive(Default)]
struct Entry<'a> {
    email: &'a str,
    reason: Option<&'a str>,
    at: Option<&'a str>,
    evidence: Option<&'a str>,
}

/// Where the columns are that mean something, and what is between them.
struct Table {
    delimiter: u8,
    email: usize,
    reason: Option<usize>,
    at: Option<usize>,
    evidence: Option<usize>,
}

/// What a file holds, line by line.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<Suppression, Finding>> + 'a>;

/// Reads a file: every entry, or what is wrong with its line. Rows without a time are of `now`.
pub fn read(source: &Source, now: Timestamp) -> Entries<'_> {
    let first = source.text.lines().find(|line| is_meant(line)).unwrap_or_default();
    if first.trim_start().starts_with('{') {
        return lines(source, move |line| of_json(line, now));
    }
    if let Some(table) = DELIMITERS.into_iter().find_map(|delimiter| Table::named(first, delimiter))
    {
        return table.read(source, now);
    }
    if first.contains(DELIMITERS.map(char::from)) && !first.contains('@') {
        let why = format!("no `email` column: `{}`", shown(first.trim()));
        let help = "name the column with the addresses `email`, or write one address a line";
        let passage = Passage { file: &source.name, line: line_of(source, first), text: first };
        let whole = 0..first.len();
        let mistake = passage.mistake(whole, Mistake::new(why).help(help));
        return Box::new(std::iter::once(Err(mistake)));
    }
    lines(source, move |line| entry(&Entry { email: line, ..Entry::default() }, now))
}

fn is_meant(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#')
}

fn line_of(source: &Source, line: &str) -> usize {
    source.text.lines().position(|one| one == line).map_or(1, |index| index + 1)
}

fn lines<'a>(
    source: &'a Source,
    read: impl Fn(&str) -> Result<Suppression, Mistake> + 'a,
) -> Entries<'a> {
    let numbered = source.text.lines().enumerate().filter(|(_, line)| is_meant(line));
    Box::new(numbered.map(move |(index, text)| {
        let passage = Passage { file: &source.name, line: index + 1, text };
        read(text).map_err(|mistake| passage.mistake(0..text.len(), mistake))
    }))
}

impl Table {
    /// The table whose first line this is, if it has a column of addresses.
    fn named(first: &str, delimiter: u8) -> Option<Self> {
        let mut records = Records::new(first.as_bytes(), delimiter);
        let record = records.next().ok()??;
        let passage = Passage { file: "", line: 1, text: first };
        let headings: Vec<String> =
            record.cells.iter().map(|range| cell(passage, range).trim().to_lowercase()).collect();
        let column = |name: &str| headings.iter().position(|heading| heading == name);
        Some(Self {
            delimiter,
            email: headings.iter().position(|heading| EMAIL.contains(&heading.as_str()))?,
            reason: column("reason"),
            at: column("at"),
            evidence: column("evidence"),
        })
    }

    fn read(self, source: &Source, now: Timestamp) -> Entries<'_> {
        let mut records = Records::new(source.text.as_bytes(), self.delimiter);
        let (mut is_first, mut is_over) = (true, false);
        let next = move || {
            let record = match records.next() {
                Ok(record) => record?,
                Err(_) if is_over => return None,
                Err(error) => {
                    is_over = true;
                    return Some(vec![Err(error.finding(&source.name))]);
                }
            };
            if record.bytes.starts_with(b"#") || std::mem::take(&mut is_first) {
                return Some(Vec::new());
            }
            Some(match decode(&source.name, &record) {
                Ok(passage) => vec![self.row(passage, record.cells, now)],
                Err(findings) => findings.into_iter().map(Err).collect(),
            })
        };
        Box::new(std::iter::from_fn(next).flatten())
    }

    fn row(
        &self,
        passage: Passage<'_>,
        cells: &[Range<usize>],
        now: Timestamp,
    ) -> Result<Suppression, Finding> {
        let text = |at: usize| cells.get(at).map(|range| cell(passage, range));
        let email = text(self.email).unwrap_or_default();
        let [reason, at, evidence] =
            [self.reason, self.at, self.evidence].map(|column| column.and_then(text));
        let read = Entry {
            email: &email,
            reason: reason.as_deref(),
            at: at.as_deref(),
            evidence: evidence.as_deref(),
        };
        let whole = 0..passage.text.trim_end().len();
        entry(&read, now).map_err(|mistake| passage.mistake(whole, mistake))
    }
}

fn of_json(line: &str, now: Timestamp) -> Result<Suppression, Mistake> {
    let value: serde_json::Value = serde_json::from_str(line).map_err(|_| {
        Mistake::new("this is not a JSON object")
            .help("write one object a line, as `postrider suppress export --format json` does")
    })?;
    let text = |key: &str| value.get(key).and_then(serde_json::Value::as_str);
    let read = Entry {
        email: text("email").unwrap_or_default(),
        reason: text("reason"),
        at: text("at"),
        evidence: text("evidence"),
    };
    entry(&read, now)
}

fn entry(read: &Entry<'_>, now: Timestamp) -> Result<Suppression, Mistake> {
    let email = columns::email(read.email.trim())?;
    let given =
        |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let word = given(read.reason);
    let known = word.as_deref().and_then(Reason::parse);
    // Another program's reason is kept as evidence.
    let foreign = word.filter(|_| known.is_none());
    let at = given(read.at).map_or(Ok(now), |at| time(&at, now))?;
    let evidence =
        [foreign, given(read.evidence)].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let evidence = Some(evidence).filter(|words| !words.is_empty());
    Ok(Suppression { email, reason: known.unwrap_or(Reason::Manual), at, evidence })
}

fn time(text: &str, now: Timestamp) -> Result<Timestamp, Mistake> {
    let refused = |why: &str| {
        Mistake::new(format!("{why}: `{}`", shown(text)))
            .help("write when it happened, e.g. `2026-11-03T09:30:00Z`, or leave the cell empty")
    };
    let at = time_of(text).ok_or_else(|| refused("not a time"))?;
    if at > now { Err(refused("a time to come")) } else { Ok(at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<String> {
        let now = Timestamp::from_second(100_000).unwrap();
        let source = Source::new("gone.csv", text);
        let entries = read(&source, now);
        let one = |entry: Result<Suppression, Finding>| match entry {
            Ok(Suppression { email, reason, at, evidence }) => {
                format!(
                    "{email} {} {} {}",
                    reason.as_str(),
                    at.as_second(),
                    evidence.unwrap_or_default()
                )
            }
            Err(finding) => format!("{}: {}", finding.place.unwrap().line, finding.message),
        };
        entries.map(one).collect()
    }

    #[test]
    fn lines_tables_and_exports_are_understood_and_every_bad_line_is_named() {
        assert_eq!(
            read_all("# gone\nada@example.org\n\nbo@\n  cy@example.org \n"),
            [
                "ada@example.org manual 100000 ",
                "4: not an address: `bo@` (missing domain)",
                "cy@example.org manual 100000 "
            ]
        );
        assert_eq!(
            read_all(
                "Name,Email Address,Reason\nAda,ada@example.org,complaint\nBo,bo@example.org,hated it\nCy,cy\n"
            ),
            [
                "ada@example.org complaint 100000 ",
                "bo@example.org manual 100000 hated it",
                "4: not an address: `cy` (missing `@`)"
            ]
        );
        assert_eq!(
            read_all(
                "{\"email\":\"ada@example.org\",\"reason\":\"hard\",\"at\":\"1970-01-01T00:00:09Z\",\"evidence\":\"550\"}\n{\"email\":\n"
            ),
            ["ada@example.org hard 9 550", "2: this is not a JSON object"]
        );
        assert_eq!(
            read_all(
                "email,reason,scope,at,evidence\n'+a@example.org,manual,*,yesterday,x\n'=b@example.org,manual,*,1970-01-01T00:00:01Z,x\n"
            ),
            ["2: not a time: `yesterday`", "=b@example.org manual 1 x"]
        );
    }

    #[test]
    fn other_delimiters_and_times_are_understood_and_what_cannot_be_is_told_once() {
        assert_eq!(
            read_all(
                "Name;E-Mail;at\nAda;ada@example.org;1970-01-02\nBo;bo@example.org;1970-01-01 00:01\n"
            ),
            ["ada@example.org manual 86400 ", "bo@example.org manual 60 "]
        );
        assert_eq!(
            read_all("email\tat\nada@example.org\t1970-01-03T00:00:00Z\n"),
            ["2: a time to come: `1970-01-03T00:00:00Z`"]
        );
        assert_eq!(read_all("# gone\nmail;nom\na;b\nc;d\n"), ["2: no `email` column: `mail;nom`"]);
        assert_eq!(
            read_all(
                "email,evidence\nada@example.org,\"said so\nbo@example.org,\ncy@example.org,x\n"
            ),
            [
                "2: quote opened here is never closed",
                "bo@example.org manual 100000 ",
                "cy@example.org manual 100000 x"
            ]
        );
    }
}
