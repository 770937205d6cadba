//! `subscribers.toml` as a stream of rows; memory does not grow with the list.

use std::io::BufRead;

use super::blocks::{Block, Blocks, Kind};
use super::lines::LARGEST_ROW;
use super::passage::Passage;
use super::{Listed, Row, row, simple};
use crate::finding::{Finding, nearest, shown};
use crate::rule::{LIST_INVALID, LIST_SYNTAX};

/// The rows of a list in TOML, in the order of the file.
pub struct Rows<R> {
    file: String,
    blocks: Blocks<R>,
    /// The foreign table that was told last, so that a misspelt header is told once and not for each row.
    foreign: Option<String>,
    is_over: bool,
}

impl<R: BufRead> Rows<R> {
    /// Reads the list from `reader`; `file` is its name in findings.
    pub fn new(file: impl Into<String>, reader: R) -> Self {
        Self { file: file.into(), blocks: Blocks::new(reader), foreign: None, is_over: false }
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while !self.is_over {
            match self.blocks.next() {
                Ok(Some(block)) => {
                    if let Some(row) = read(&self.file, &block, &mut self.foreign) {
                        return Some(row);
                    }
                }
                Ok(None) => self.is_over = true,
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(vec![error.finding(&self.file)]));
                }
            }
        }
        None
    }
}

fn read(file: &str, block: &Block<'_>, told: &mut Option<String>) -> Option<Row> {
    let passage = match Passage::decode(file, block.line, block.bytes) {
        Ok(passage) => passage,
        Err(findings) => return Some(Err(findings)),
    };
    let finding = match block.kind {
        Kind::Row => {
            let subscriber = simple::parse(passage.text).map_or_else(|| row::parse(passage), Ok);
            return Some(subscriber.map(|subscriber| Listed { line: block.line, subscriber }));
        }
        Kind::Foreign => foreign(passage, told)?,
        Kind::TooLarge => passage
            .finding(
                &LIST_INVALID,
                0..first_line(passage).len(),
                format!("row is larger than {} KiB", LARGEST_ROW / 1024),
            )
            .help("is a `[[subscriber]]` line missing, or a text far too long?"),
        Kind::Unclosed(at) => {
            let quotes = &passage.text[at..at + 3];
            let finding = passage
                .finding(&LIST_SYNTAX, at..at + 3, "text opened here is never closed")
                .help(format!("end it with `{quotes}`"));
            return Some(Err(row::mistakes_before(passage, at, finding)));
        }
    };
    Some(Err(vec![finding]))
}

fn first_line(passage: Passage<'_>) -> &str {
    passage.text.lines().next().unwrap_or_default().trim_end()
}

/// What to tell about a block that is no row, unless it was told of the one before.
fn foreign(passage: Passage<'_>, told: &mut Option<String>) -> Option<Finding> {
    let line = first_line(passage);
    let name = line.trim().trim_start_matches('[').split(']').next().unwrap_or_default().trim();
    if told.as_deref() == Some(name) {
        return None;
    }
    *told = Some(name.to_owned());
    let span = 0..line.len();
    let header = "`[[subscriber]]`";
    let (message, help) = if !line.trim_start().starts_with('[') {
        let message = format!("text before the first {header}");
        let is_table = passage.file.to_ascii_lowercase().ends_with(".csv");
        let help = if is_table {
            format!("`postrider subscribers import {}` makes a list of a CSV file", passage.file)
        } else {
            format!("start every reader with a line {header}; a comment starts with `#`")
        };
        (message, help)
    } else if name == "subscriber" {
        ("`[subscriber]` starts no row".to_owned(), format!("write {header}"))
    } else {
        let guess = nearest(name, ["subscriber"]).map(|_| format!("; did you mean {header}?"));
        let message = format!("unknown table `{}`{}", shown(name), guess.unwrap_or_default());
        (message, format!("a list holds {header} blocks and nothing else"))
    };
    Some(passage.finding(&LIST_SYNTAX, span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Finding;

    /// `line:column: message` of every finding, or the address of the row.
    fn read(text: &str) -> Vec<String> {
        let told = |finding: &Finding| {
            let place = finding.place.unwrap();
            format!("{}:{}: {}", place.line, place.column, finding.message)
        };
        Rows::new("list.toml", text.as_bytes())
            .map(|row| match row {
                Ok(listed) => format!("{} {}", listed.line, listed.subscriber.email),
                Err(findings) => findings.iter().map(told).collect::<Vec<_>>().join("; "),
            })
            .collect()
    }

    #[test]
    fn bad_rows_are_told_and_the_others_read() {
        let text = "# list\n[[subscriber]]\nemail = \"ada@\"\n[[subscriber]]\nemail = \"b@example.org\"\n\
                    [[subscriber]]\n[[subscriber]]\nemail = \"c@example.org\"";
        assert_eq!(
            read(text),
            [
                "3:9: not an address: `ada@` (missing domain)",
                "4 b@example.org",
                "6:1: row has no `email`",
                "7 c@example.org",
            ]
        );
    }

    #[test]
    fn what_is_no_row_is_told_once() {
        let text = "email = \"a@example.org\"\n[[subscribers]]\nemail = \"a\"\n[[subscribers]]\nemail = \"b\"\n\
                    [list]\nx = 1\n[[subscriber]]\nemail = \"c@example.org\"\n";
        assert_eq!(
            read(text),
            [
                "1:1: text before the first `[[subscriber]]`",
                "2:1: unknown table `subscribers`; did you mean `[[subscriber]]`?",
                "6:1: unknown table `list`",
                "8 c@example.org",
            ]
        );
    }

    #[test]
    fn a_single_bracket_starts_no_row() {
        assert_eq!(
            read("[subscriber]\nemail = \"a@example.org\"\n"),
            ["1:1: `[subscriber]` starts no row"]
        );
    }

    #[test]
    fn an_unclosed_string_is_told_where_it_was_opened() {
        let text = "[[subscriber]]\nemail = \"a@\"\nname = \"\"\"Ada\n\n[[subscriber]]\nemail = \"b@example.org\"\n";
        assert_eq!(
            read(text),
            [
                "2:9: not an address: `a@` (missing domain); 3:8: text opened here is never closed",
                "5 b@example.org"
            ]
        );
    }

    #[test]
    fn a_row_that_is_too_large_is_a_bad_row() {
        let text = format!(
            "[[subscriber]]\nname = \"{}\"\n[[subscriber]]\nemail = \"b@example.org\"",
            "x".repeat(70_000)
        );
        assert_eq!(read(&text), ["1:1: row is larger than 64 KiB", "3 b@example.org"]);
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_told_by_line() {
        let bytes =
            b"[[subscriber]]\nname = \"Zo\xeb\"\n[[subscriber]]\nemail = \"b@example.org\"\n";
        let mut rows = Rows::new("list.toml", &bytes[..]);
        let finding = rows.next().unwrap().unwrap_err().remove(0);
        assert_eq!(finding.message, "invalid UTF-8: byte 0xEB");
        assert_eq!(finding.place.map(|place| (place.line, place.column)), Some((2, 11)));
        assert!(rows.next().unwrap().is_ok());
    }

    #[test]
    fn a_list_in_utf_16_ends_at_once() {
        let bytes: Vec<u8> =
            "\u{feff}[[subscriber]]\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut rows = Rows::new("list.toml", &bytes[..]);
        assert_eq!(rows.next().unwrap().unwrap_err()[0].message, "list is UTF-16");
        assert_eq!(rows.next(), None);
    }

    #[test]
    fn the_sample_list_has_no_mistakes() {
        let text = include_str!("../../subscribers.toml");
        let rows: Vec<_> = Rows::new("subscribers.toml", text.as_bytes()).collect();
        assert_eq!(rows.len(), 12);
        for row in rows {
            let subscriber = row.unwrap().subscriber;
            let domain = subscriber.email.domain();
            assert!(domain.ends_with("example.org") || domain.ends_with("example.com"), "{domain}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]
        #[test]
        fn any_bytes_end_without_a_panic(
            text in "([ab@.,;=\"\n\r'\\[\\]#\u{feff}\0é]|\\[\\[subscriber\\]\\]\n|email = |\"\"\"|'''){0,40}",
            cut in 0_usize..40,
        ) {
            let bytes = &text.as_bytes()[cut.min(text.len())..];
            proptest::prop_assert!(Rows::new("list.toml", bytes).count() <= bytes.len() + 1);
        }
    }
}
