//! CSV (RFC 4180) cut into records and cells, each cell with its place.
//!
//! Stricter than the `csv` package, which takes a forgotten quote for a cell that runs to the end of the file and
//! does not say where a cell stands. Holds one record at a time.

use std::borrow::Cow;
use std::io::BufRead;
use std::ops::Range;

use super::lines::{LARGEST_ROW, Lines, LinesError};
use super::passage::Passage;
use super::write::is_formula;

/// Gives record after record; blank lines are passed over.
pub(super) struct Records<R> {
    lines: Lines<R>,
    delimiter: u8,
    cells: Vec<Range<usize>>,
}

/// One line of the table, or several when a quoted cell holds line breaks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// The line where it starts, from 1.
    pub(super) line: usize,
    /// The record with its line end; of a record with a fault, what was read of it.
    pub(super) bytes: &'a [u8],
    /// The cells as ranges of `bytes`, quotes included.
    pub(super) cells: &'a [Range<usize>],
    pub(super) fault: Option<Fault>,
}

/// Why a record could not be cut into cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// More than [`LARGEST_ROW`] bytes.
    TooLarge,
    /// The quote at this byte is never closed.
    Unclosed(usize),
    /// Text follows the closing quote of the cell that starts at this byte.
    Misplaced(usize),
}

/// What stands in a cell of a passage: without its quotes, and without the mark that keeps spreadsheets from
/// calculating it.
pub(super) fn cell<'a>(passage: Passage<'a>, range: &Range<usize>) -> Cow<'a, str> {
    let text = unquoted(&passage.text[range.clone()]);
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => Cow::Owned(rest.to_owned()),
        _ => text,
    }
}

fn unquoted(cell: &str) -> Cow<'_, str> {
    let Some(inner) = cell.strip_prefix('"') else { return Cow::Borrowed(cell) };
    let inner = inner.trim_end_matches([' ', '\t']);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if inner.contains('"') { inner.replace("\"\"", "\"").into() } else { inner.into() }
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(reader: R, delimiter: u8) -> Self {
        Self { lines: Lines::new(reader), delimiter, cells: Vec::new() }
    }

    /// The next record; after a fault, reading goes on behind the line where it began.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, LinesError> {
        self.lines.advance();
        while self.lines.reach(0)? {
            let end = self.lines.line_end(0);
            if !self.lines.text()[..end].trim_ascii().is_empty() {
                let (length, fault) = self.cut()?;
                self.lines.give(length);
                return Ok(Some(Record {
                    line: self.lines.number(),
                    bytes: &self.lines.text()[..length],
                    cells: &self.cells,
                    fault,
                }));
            }
            self.lines.give(end);
            self.lines.advance();
        }
        Ok(None)
    }

    /// Cuts the record at the start of the window into cells; gives its length.
    fn cut(&mut self) -> Result<(usize, Option<Fault>), LinesError> {
        self.cells.clear();
        let mut start = 0;
        loop {
            let end = if self.lines.text().get(start) == Some(&b'"') {
                match self.quoted(start)? {
                    Ok(end) => end,
                    Err(fault) => return Ok((self.lines.line_end(start), Some(fault))),
                }
            } else {
                self.plain(start)
            };
            self.cells.push(start..end);
            start = end + 1;
            if self.lines.text().get(end) != Some(&self.delimiter) {
                let length = self.lines.line_end(end);
                return Ok((length, (length > LARGEST_ROW).then_some(Fault::TooLarge)));
            }
        }
    }

    /// Where a cell without quotes ends: at the delimiter or the end of the line.
    fn plain(&self, start: usize) -> usize {
        let rest = &self.lines.text()[start..];
        let length = rest
            .iter()
            .position(|&byte| byte == self.delimiter || byte == b'\n')
            .unwrap_or(rest.len());
        let is_line_end = rest.get(length) != Some(&self.delimiter);
        let has_return = is_line_end && rest[..length].ends_with(b"\r");
        start + length - usize::from(has_return)
    }

    /// Where the quoted cell that starts at `start` ends, spaces after the closing quote included.
    fn quoted(&mut self, start: usize) -> Result<Result<usize, Fault>, LinesError> {
        let mut at = start + 1;
        let mut is_one_line = true;
        loop {
            if at > LARGEST_ROW && is_one_line {
                return Ok(Err(Fault::TooLarge));
            }
            if at > LARGEST_ROW || !self.lines.reach(at)? {
                return Ok(Err(Fault::Unclosed(start)));
            }
            let text = self.lines.text();
            match (text[at], text.get(at + 1)) {
                (b'"', Some(b'"')) => at += 2,
                (b'"', _) => break,
                (byte, _) => {
                    is_one_line &= byte != b'\n';
                    at += 1;
                }
            }
        }
        let rest = &self.lines.text()[at + 1..];
        let spaces = rest.iter().take_while(|&&byte| byte == b' ').count();
        Ok(match &rest[spaces..] {
            [] | [b'\n', ..] | [b'\r', b'\n', ..] | [b'\r'] => Ok(at + 1 + spaces),
            [byte, ..] if *byte == self.delimiter => Ok(at + 1 + spaces),
            // A cell over several lines that does not end well was most likely never meant to be one.
            _ if is_one_line => Err(Fault::Misplaced(start)),
            _ => Err(Fault::Unclosed(start)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Cells = Vec<String>;

    fn records(text: &str) -> Vec<(usize, Result<Cells, Fault>)> {
        let mut records = Records::new(text.as_bytes(), b',');
        let mut all = Vec::new();
        loop {
            let record = match records.next() {
                Err(LinesError::NoLineFeeds) => break,
                read => read.unwrap(),
            };
            let Some(record) = record else { break };
            let cell = |range: &Range<usize>| {
                unquoted(std::str::from_utf8(&record.bytes[range.clone()]).unwrap()).into_owned()
            };
            let cells =
                record.fault.map_or_else(|| Ok(record.cells.iter().map(cell).collect()), Err);
            all.push((record.line, cells));
        }
        all
    }

    fn cells(text: &[&str]) -> Cells {
        text.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn records_are_lines_of_cells_and_blank_lines_are_none() {
        let text = "a,b\r\n\r\n1,\"x, \"\"y\"\"\nz\" \n,\n5\" pipe,\"\"";
        assert_eq!(
            records(text),
            [
                (1, Ok(cells(&["a", "b"]))),
                (3, Ok(cells(&["1", "x, \"y\"\nz"]))),
                (5, Ok(cells(&["", ""]))),
                (6, Ok(cells(&["5\" pipe", ""]))),
            ]
        );
    }

    #[test]
    fn an_unclosed_quote_costs_one_record() {
        let text = "a,\"b\n1,2\n3,4\n";
        assert_eq!(
            records(text),
            [
                (1, Err(Fault::Unclosed(2))),
                (2, Ok(cells(&["1", "2"]))),
                (3, Ok(cells(&["3", "4"])))
            ]
        );
        let text = "a,\"b\n1,\"2\"\n3,4\n";
        assert_eq!(
            records(text),
            [
                (1, Err(Fault::Unclosed(2))),
                (2, Ok(cells(&["1", "2"]))),
                (3, Ok(cells(&["3", "4"])))
            ]
        );
        let long = format!("a,\"b\n{}1,2\n", "x,y\n".repeat(100_000));
        let records = records(&long);
        assert_eq!(records[0], (1, Err(Fault::Unclosed(2))));
        assert_eq!(records.len(), 100_002);
    }

    #[test]
    fn text_behind_a_closing_quote_is_told() {
        assert_eq!(
            records("\"Ada\" Lovelace,x\n1,2\n"),
            [(1, Err(Fault::Misplaced(0))), (2, Ok(cells(&["1", "2"])))]
        );
    }

    #[test]
    fn a_record_that_is_too_large_is_not_kept() {
        let text = format!("a,{}\n1,2\n", "x".repeat(300_000));
        assert_eq!(records(&text), [(1, Err(Fault::TooLarge)), (2, Ok(cells(&["1", "2"])))]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]
        #[test]
        fn what_the_csv_package_writes_is_read_the_same(
            table in proptest::collection::vec(
                proptest::collection::vec("[a,\"\n\r ;é]{0,6}", 2..5),
                1..6,
            )
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for record in &table {
                writer.write_record(record).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<Cells> = records(&text).into_iter().map(|(_, cells)| cells.unwrap()).collect();
            proptest::prop_assert_eq!(read, table);
        }

        #[test]
        fn any_text_ends_and_gives_records_in_order(text in "[ab,\"\n\r\u{feff}é]{0,80}") {
            let records = records(&text);
            proptest::prop_assert!(records.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
