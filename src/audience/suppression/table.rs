//! Files of addresses that are not to be mailed: one a line, CSV with an `email` column, or what an export wrote.

use jiff::Timestamp;

use super::{Reason, Suppression};
use crate::address::EmailAddress;
use crate::finding::{Finding, shown};
use crate::rule::LIST_INVALID;
use crate::source::{Place, Source};

/// Headings of the column that holds addresses, in lower case.
const EMAIL: [&str; 4] = ["email", "e-mail", "email address", "e-mail address"];

/// Reads a file: every entry, or what is wrong with its line. Rows without a time are of `now`.
pub fn read(source: &Source, now: Timestamp) -> Vec<Result<Suppression, Finding>> {
    let first = source.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if first.trim_start().starts_with('{') {
        return lines(source, |line| of_json(line, now));
    }
    let headings: Vec<String> =
        split(first).iter().map(|cell| cell.trim().to_lowercase()).collect();
    if let Some(email) = headings.iter().position(|heading| EMAIL.contains(&heading.as_str())) {
        return of_csv(source, &headings, email, now);
    }
    lines(source, |line| entry(line, None, None, None, now))
}

fn lines(
    source: &Source,
    read: impl Fn(&str) -> Result<Suppression, String>,
) -> Vec<Result<Suppression, Finding>> {
    let numbered = source.text.lines().enumerate();
    let meant = numbered.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    meant.map(|(index, line)| read(line).map_err(|why| mistake(source, index + 1, why))).collect()
}

fn of_csv(
    source: &Source,
    headings: &[String],
    email: usize,
    now: Timestamp,
) -> Vec<Result<Suppression, Finding>> {
    let column = |name: &str| headings.iter().position(|heading| heading == name);
    let (reason, at, evidence) = (column("reason"), column("at"), column("evidence"));
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(source.text.as_bytes());
    let rows = table.records().map(|record| {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            mistake(source, usize::try_from(line).unwrap_or(1), "this is not CSV".into())
        })?;
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).map(uncelled);
        let line = record.position().map_or(1, csv::Position::line);
        entry(cell(Some(email)).unwrap_or_default(), cell(reason), cell(at), cell(evidence), now)
            .map_err(|why| mistake(source, usize::try_from(line).unwrap_or(1), why))
    });
    rows.collect()
}

fn split(line: &str) -> Vec<String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(str::to_owned).collect()
}

/// A cell without the mark that keeps spreadsheets from calculating it.
fn uncelled(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell)
}

fn of_json(line: &str, now: Timestamp) -> Result<Suppression, String> {
    let value: serde_json::Value =
        serde_json::from_str(line).map_err(|_| "this is not a JSON object".to_owned())?;
    let text = |key: &str| value.get(key).and_then(serde_json::Value::as_str);
    entry(text("email").unwrap_or_default(), text("reason"), text("at"), text("evidence"), now)
}

fn entry(
    email: &str,
    reason: Option<&str>,
    at: Option<&str>,
    evidence: Option<&str>,
    now: Timestamp,
) -> Result<Suppression, String> {
    let email: EmailAddress = email
        .trim()
        .parse()
        .map_err(|error| format!("not an address: `{}` ({error})", shown(email)))?;
    let given =
        |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let word = given(reason);
    let known = word.as_deref().and_then(Reason::parse);
    // Another program's reason is kept as evidence.
    let foreign = word.filter(|_| known.is_none());
    let at = match given(at) {
        None => now,
        Some(at) => at.parse().map_err(|_| format!("not a time: `{}`", shown(&at)))?,
    };
    let evidence = [foreign, given(evidence)].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let evidence = Some(evidence).filter(|words| !words.is_empty());
    Ok(Suppression { email, reason: known.unwrap_or(Reason::Manual), at, evidence })
}

fn mistake(source: &Source, line: usize, why: String) -> Finding {
    let finding = Finding::about(&LIST_INVALID, &source.name, why);
    Finding { place: Some(Place { line, column: 1 }), ..finding }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<String> {
        let entries = read(&Source::new("gone.csv", text), Timestamp::UNIX_EPOCH);
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
        entries.into_iter().map(one).collect()
    }

    #[test]
    fn lines_tables_and_exports_are_understood_and_every_bad_line_is_named() {
        assert_eq!(
            read_all("# gone\nada@example.org\n\nbo@\n  cy@example.org \n"),
            [
                "ada@example.org manual 0 ",
                "4: not an address: `bo@` (missing domain)",
                "cy@example.org manual 0 "
            ]
        );
        assert_eq!(
            read_all(
                "Name,Email Address,Reason\nAda,ada@example.org,complaint\nBo,bo@example.org,hated it\nCy,cy\n"
            ),
            [
                "ada@example.org complaint 0 ",
                "bo@example.org manual 0 hated it",
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
}
