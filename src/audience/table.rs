//! A table in CSV as a stream of rows; memory does not grow with it.
//!
//! The first record names the columns: `email` is required, `name`, `tags` and `status` are ours, every other
//! column becomes a field under its name in lower case with `_` for spaces and dashes.

use std::io::BufRead;
use std::ops::Range;

use super::columns;
use super::headings::{self, Column};
use super::lines::LARGEST_ROW;
use super::passage::Passage;
use super::reading::Reading;
use super::records::{Fault, Record, Records, cell};
use super::{Field, Listed, Row, Subscriber};
use crate::finding::Finding;
use crate::rule::{LIST_INVALID, LIST_SYNTAX};

/// The rows of a table, in the order of the file.
pub struct Rows<R> {
    file: String,
    records: Records<R>,
    columns: Option<Vec<Column>>,
    is_over: bool,
}

impl<R: BufRead> Rows<R> {
    /// Reads the table from `reader`; `file` is its name in findings, `delimiter` an ASCII character.
    pub fn new(file: impl Into<String>, reader: R, delimiter: u8) -> Self {
        let records = Records::new(reader, delimiter);
        Self { file: file.into(), records, columns: None, is_over: false }
    }

    fn read(&mut self) -> Result<Option<Listed>, Vec<Finding>> {
        let record = self.records.next();
        let record = record.map_err(|error| {
            self.is_over = true;
            vec![error.finding(&self.file)]
        })?;
        let Some(columns) = &self.columns else {
            self.is_over = true;
            self.columns = Some(headings(&self.file, record.as_ref())?);
            self.is_over = false;
            return Ok(None);
        };
        let Some(record) = record else {
            self.is_over = true;
            return Ok(None);
        };
        let passage = decode(&self.file, &record)?;
        let line = passage.line;
        let subscriber = row(passage, record.cells, columns)?;
        Ok(subscriber.map(|subscriber| Listed { line, subscriber }))
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while !self.is_over {
            if let Some(row) = self.read().transpose() {
                return Some(row);
            }
        }
        None
    }
}

/// The record as text, unless it could not be cut into cells.
pub(super) fn decode<'a>(file: &'a str, record: &Record<'a>) -> Result<Passage<'a>, Vec<Finding>> {
    let passage = Passage::decode(file, record.line, record.bytes)?;
    let finding = match record.fault {
        None => return Ok(passage),
        Some(Fault::TooLarge) => passage
            .finding(&LIST_INVALID, 0..1, format!("row is larger than {} KiB", LARGEST_ROW / 1024))
            .help("is a line break missing, or a text far too long?"),
        Some(Fault::Unclosed(at)) => passage
            .finding(&LIST_SYNTAX, at..at + 1, "quote opened here is never closed")
            .help("close it with `\"`, and write a quote within a quoted cell as `\"\"`"),
        Some(Fault::Misplaced(at)) => passage
            .finding(&LIST_SYNTAX, at..at + 1, "text follows the closing quote of this cell")
            .help("put the whole cell in quotes, and write a quote within it as `\"\"`"),
    };
    Err(vec![finding])
}

fn headings(file: &str, record: Option<&Record<'_>>) -> Result<Vec<Column>, Vec<Finding>> {
    match record {
        Some(record) => headings::parse(decode(file, record)?, record.cells),
        None => Err(vec![
            Finding::about(&LIST_SYNTAX, file, "table is empty")
                .help("write the names of the columns on the first line, as in `email,name`"),
        ]),
    }
}

/// A row, or nothing when every cell is blank.
fn row(
    passage: Passage<'_>,
    cells: &[Range<usize>],
    columns: &[Column],
) -> Result<Option<Subscriber>, Vec<Finding>> {
    if cells.iter().all(|range| cell(passage, range).trim().is_empty()) {
        return Ok(None);
    }
    if cells.len() != columns.len() {
        let span = 0..passage.text.trim_end().len();
        let message = format!("{} fields, header has {}", cells.len(), columns.len());
        let help = "put a cell that holds the delimiter in quotes, and leave no cell out";
        return Err(vec![passage.finding(&LIST_INVALID, span, message).help(help)]);
    }
    let mut reading = Reading::new(passage);
    for (column, range) in columns.iter().zip(cells) {
        reading.cell(column, range);
    }
    reading.finish().map(Some)
}

impl Reading<'_> {
    fn cell(&mut self, column: &Column, range: &Range<usize>) {
        let text = cell(self.passage, range);
        match column {
            Column::Email => self.email = self.keep(range, columns::email(&text)),
            Column::Name => self.name = self.keep(range, columns::name(&text)).flatten(),
            Column::Status if text.trim().is_empty() => {}
            Column::Status => {
                self.status = self.keep(range, columns::status(&text)).unwrap_or_default();
            }
            Column::Tags => self.tags(&text, range),
            Column::Field(name) => {
                let value = columns::text(name, text.trim());
                if let Some(value) = self.keep(range, value).flatten() {
                    self.fields.insert(name.clone(), field(value));
                }
            }
        }
    }

    /// Tags are parted by `;` or `,`, and by blanks only where there is neither.
    fn tags(&mut self, text: &str, range: &Range<usize>) {
        let has_separator = text.contains([';', ',']);
        let separators: &[char] = if has_separator { &[';', ','] } else { &[' '] };
        text.split(separators).for_each(|part| self.tag(range, columns::tag(part)));
    }
}

/// CSV has no kinds of values: what would print the same as `true`, `false` or a whole number is taken for one, so
/// that a condition on it works and `007` stays as it is.
fn field(text: String) -> Field {
    match (text.parse::<bool>(), text.parse::<i64>()) {
        (Ok(truth), _) => Field::Bool(truth),
        (_, Ok(number)) if number.to_string() == text => Field::Integer(number),
        _ => Field::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    fn rows(text: &str, delimiter: u8) -> Vec<Row> {
        Rows::new("list.csv", text.as_bytes(), delimiter).collect()
    }

    fn subscribers(text: &str) -> Vec<Subscriber> {
        rows(text, b',').into_iter().map(|row| row.unwrap().subscriber).collect()
    }

    /// `line:column: message` of every finding.
    fn said(text: &str) -> Vec<String> {
        let told = |finding: Finding| {
            let place = finding.place.unwrap();
            format!("{}:{}: {}", place.line, place.column, finding.message)
        };
        rows(text, b',').into_iter().filter_map(Result::err).flatten().map(told).collect()
    }

    #[test]
    fn columns_are_found_by_their_names_and_the_rest_are_fields() {
        let text = "\u{feff}E-Mail,Name,tags,Status,Postal-Code,Pays Natal,vip,orders\r\n\
                    zoe@example.org,\"Zoë, \"\"Z\"\"\",\"rust;early bird\",Paused,01234,\"Suisse\r\nCH\",true,3\r\n\
                    ada@example.org,,rust weekly,,,,,\r\n,,,,,,,\r\n";
        let rows = subscribers(text);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].name.as_deref(), Some("Zoë, \"Z\""));
        assert_eq!(rows[0].tags, ["rust", "early bird"]);
        assert_eq!(rows[0].status, Status::Paused);
        let expected = [
            ("orders", Field::Integer(3)),
            ("pays_natal", Field::Text("Suisse\nCH".into())),
            ("postal_code", Field::Text("01234".into())),
            ("vip", Field::Bool(true)),
        ];
        assert_eq!(rows[0].fields, expected.map(|(k, v)| (k.to_owned(), v)).into());
        assert_eq!(rows[1].name, None);
        assert_eq!(rows[1].tags, ["rust", "weekly"]);
        assert!(rows[1].status.is_active() && rows[1].fields.is_empty());
    }

    #[test]
    fn a_table_without_an_email_column_says_what_it_found() {
        assert_eq!(
            said("mail,nom\na@example.org,x\n"),
            ["1:1: no `email` column; found: mail, nom"]
        );
    }

    #[test]
    fn an_unclosed_quote_is_told_where_it_was_opened() {
        let text = "email,name\na@example.org,\"Ada\nb@example.org,Bo\nc@example.org,Cy\n";
        assert_eq!(said(text), ["2:15: quote opened here is never closed"]);
        assert_eq!(rows(text, b',').iter().filter(|row| row.is_ok()).count(), 2);
    }

    #[test]
    fn a_ragged_row_says_how_many_fields_it_has() {
        let text = "email,name,city\na@example.org,x,y,z\nb@example.org\n";
        assert_eq!(said(text), ["2:1: 4 fields, header has 3", "3:1: 1 fields, header has 3"]);
    }

    #[test]
    fn another_delimiter_is_recognised() {
        let row = rows("email;name\na@example.org;Ada\n", b',').remove(0);
        let finding = &row.unwrap_err()[0];
        assert_eq!(finding.message, "one column only; looks like `;`");
        assert_eq!(finding.help.as_deref(), Some("use --delimiter ';'"));
        let rows = rows("email;name\na@example.org;Ada, B\n", b';');
        assert_eq!(rows[0].as_ref().unwrap().subscriber.name.as_deref(), Some("Ada, B"));
    }

    #[test]
    fn a_table_in_utf_16_is_named() {
        let bytes: Vec<u8> =
            "email\na@example.org".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut rows = Rows::new("list.csv", &bytes[..], b',');
        assert_eq!(rows.next().unwrap().unwrap_err()[0].message, "list is UTF-16");
        assert_eq!(rows.next(), None);
    }

    #[test]
    fn latin_1_is_named_by_line_and_the_rest_is_read() {
        let mut rows = Rows::new(
            "list.csv",
            &b"email,name\na@example.org,Zo\xeb\nb@example.org,B\n"[..],
            b',',
        );
        let finding = rows.next().unwrap().unwrap_err().remove(0);
        assert_eq!(finding.message, "invalid UTF-8: byte 0xEB");
        assert_eq!(finding.place, Some(crate::source::Place { line: 2, column: 17 }));
        assert!(rows.next().unwrap().is_ok());
    }

    #[test]
    fn all_mistakes_of_a_row_are_told_with_their_cells() {
        let text = "email,name,status,note\n\
                    ada@,\"A\r\nBcc: x\",gone,\"a\tb\"\n\
                    \"a@example.org, b@example.org\",x\0,,\n,Ada,,\n";
        assert_eq!(
            said(text),
            [
                "2:1: not an address: `ada@` (missing domain)",
                "2:6: control character U+000D in `name`",
                "3:9: unknown status `gone`",
                "3:14: control character U+0009 in `note`",
                "4:1: two addresses in one field",
                "4:32: control character U+0000 in `name`",
                "5:1: `email` is empty",
            ]
        );
    }

    #[test]
    fn a_header_that_cannot_be_used_is_told_whole() {
        assert_eq!(
            said("email,,City,city,2nd,unsubscribe url,Email\n"),
            [
                "1:7: column 2 has no name",
                "1:13: two columns are both `city`",
                "1:18: field `2nd` cannot be used in merge tags",
                "1:22: `unsubscribe_url` cannot be a field of your own",
                "1:38: two columns are both `email`",
            ]
        );
        assert_eq!(rows("", b',')[0].as_ref().unwrap_err()[0].message, "table is empty");
    }

    #[test]
    fn a_mark_against_formulas_is_taken_off_again() {
        let rows = subscribers("email,name,note\n'+news@example.org,'=SUM(A1),'tis\n");
        assert_eq!(rows[0].email.as_str(), "+news@example.org");
        assert_eq!(rows[0].name.as_deref(), Some("=SUM(A1)"));
        assert_eq!(rows[0].fields["note"], Field::Text("'tis".into()));
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]
        #[test]
        fn any_table_ends(text in "[ab@.,;\"\n\r'\u{feff}\0é]{0,80}", has_header in proptest::bool::ANY) {
            let text = if has_header { format!("email,x\n{text}") } else { text };
            proptest::prop_assert!(rows(&text, b',').len() <= text.len() + 1);
        }
    }
}
