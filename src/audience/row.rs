//! One `[[subscriber]]` block: TOML in, a subscriber or all its mistakes out.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::{DeTable, DeValue, Error};

use super::columns::{self, Mistake};
use super::passage::Passage;
use super::reading::Reading;
use super::{Field, Subscriber};
use crate::finding::{Finding, shown};
use crate::rule::LIST_SYNTAX;

/// Reads a block that starts with its header.
pub(super) fn parse(passage: Passage<'_>) -> Result<Subscriber, Vec<Finding>> {
    let (columns, syntax) = read(passage);
    if syntax.is_empty() { columns.finish() } else { Err(columns.findings_beside(syntax)) }
}

/// The mistakes of a block that is broken from `at` on, with the finding about that.
pub(super) fn mistakes_before(passage: Passage<'_>, at: usize, broken: Finding) -> Vec<Finding> {
    let line = passage.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let (columns, mut syntax) = read(Passage { text: &passage.text[..line], ..passage });
    syntax.push(broken);
    columns.findings_beside(syntax)
}

fn read(passage: Passage<'_>) -> (Columns<'_>, Vec<Finding>) {
    let (document, errors) = DeTable::parse_recoverable(passage.text);
    let mut columns = Columns::new(passage);
    for (key, value) in document.get_ref() {
        match value.get_ref() {
            DeValue::Array(rows) if key.get_ref() == "subscriber" => {
                rows.iter().for_each(|row| columns.row(row.get_ref()));
            }
            _ => columns.unknown(key.get_ref(), &key.span()),
        }
    }
    (columns, syntax_findings(passage, &errors))
}

/// At most one finding a line: the first mistake of a line explains the others.
fn syntax_findings(passage: Passage<'_>, errors: &[Error]) -> Vec<Finding> {
    let mut lines = BTreeSet::new();
    let finding = |error: &Error| {
        let message = format!("invalid TOML: {}", error.message());
        passage
            .finding(&LIST_SYNTAX, error.span().unwrap_or_default(), message)
            .help("text stands in quotes on one line, as in `name = \"Ada\"`")
    };
    errors.iter().map(finding).filter(|finding| lines.insert(line(finding))).collect()
}

fn line(finding: &Finding) -> Option<usize> {
    finding.place.map(|place| place.line)
}

/// The columns of a block as they are found.
struct Columns<'a> {
    has_email: bool,
    reading: Reading<'a>,
}

impl<'a> Columns<'a> {
    fn new(passage: Passage<'a>) -> Self {
        Self { has_email: false, reading: Reading::new(passage) }
    }

    fn row(&mut self, row: &DeValue<'_>) {
        let Some(row) = row.as_table() else { return };
        for (key, value) in row {
            let span = value.span();
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("email", value) => {
                    self.has_email = true;
                    self.reading.email = self.text("email", value, &span, columns::email);
                }
                ("name", value) => {
                    self.reading.name = self.text("name", value, &span, columns::name).flatten();
                }
                ("status", value) => {
                    let status = self.text("status", value, &span, columns::status);
                    self.reading.status = status.unwrap_or_default();
                }
                ("tags", DeValue::Array(tags)) => {
                    for tag in tags {
                        self.reading.tag(&tag.span(), text_of_tag(tag.get_ref()));
                    }
                }
                ("tags", value) => {
                    self.reading.mistake(&span, columns::not_a_list(kind(value)));
                }
                ("fields", DeValue::Table(fields)) => self.fields(fields),
                ("fields", value) => {
                    self.reading.mistake(&span, columns::not_a_table(kind(value)));
                }
                (unknown, _) => self.unknown(unknown, &key.span()),
            }
        }
    }

    /// A value that has to be text, checked by the rule of its column.
    fn text<T>(
        &mut self,
        column: &str,
        value: &DeValue<'_>,
        span: &Range<usize>,
        check: impl FnOnce(&str) -> Result<T, Mistake>,
    ) -> Option<T> {
        let checked = match value {
            DeValue::String(text) => check(text),
            other => Err(Mistake::new(format!("`{column}` must be text, got {}", kind(other)))
                .help(format!("put it in quotes, as in `{column} = \"…\"`"))),
        };
        self.reading.keep(span, checked)
    }

    fn fields(&mut self, fields: &DeTable<'_>) {
        for (key, value) in fields {
            let name = key.get_ref();
            self.reading.keep(&key.span(), columns::check_field_name(name));
            let field = self.reading.keep(&value.span(), field(name, value.get_ref())).flatten();
            if let Some(field) = field {
                self.reading.fields.insert(name.to_string(), field);
            }
        }
    }

    fn unknown(&mut self, key: &str, span: &Range<usize>) {
        self.reading.mistake(span, columns::unknown_key(key));
    }

    /// All findings of a row with syntax errors: what was read of the lines that have one means nothing.
    fn findings_beside(self, mut syntax: Vec<Finding>) -> Vec<Finding> {
        let lines: BTreeSet<Option<usize>> = syntax.iter().map(line).collect();
        let beside = self.reading.findings.into_iter();
        syntax.extend(beside.filter(|finding| !lines.contains(&line(finding))));
        syntax.sort_by_key(|finding| finding.place);
        syntax
    }

    fn finish(mut self) -> Result<Subscriber, Vec<Finding>> {
        if !self.has_email {
            let header = self.reading.passage.text.lines().next().unwrap_or_default().trim_end();
            let mistake = Mistake::new("row has no `email`").help(columns::EXAMPLE);
            self.reading.mistake(&(0..header.len()), mistake);
        }
        self.reading.finish()
    }
}

fn text_of_tag(value: &DeValue<'_>) -> Result<Option<String>, Mistake> {
    match value {
        DeValue::String(text) => columns::tag(text),
        other => Err(Mistake::new(format!("a tag must be text, got {}", kind(other)))
            .help("put each tag in quotes, as in `tags = [\"one\", \"two\"]`")),
    }
}

/// A value of `[subscriber.fields]`, or nothing when it is blank.
fn field(name: &str, value: &DeValue<'_>) -> Result<Option<Field>, Mistake> {
    let field = match value {
        DeValue::String(text) => return Ok(columns::text(name, text)?.map(Field::Text)),
        DeValue::Boolean(truth) => Field::Bool(*truth),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Field::Integer)
            .map_err(|_| Mistake::new(format!("`{}` is larger than 64 bits hold", shown(name))))
            .map_err(|mistake| mistake.help("put it in quotes"))?,
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Field::Float)
            .ok_or_else(|| {
                Mistake::new(format!("`{}` is not a finite number", shown(name)))
                    .help("write a number, or put it in quotes if it is text")
            })?,
        DeValue::Datetime(date) => Field::Text(date.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => {
            let message = format!(
                "`{}` must be text, a number, true or false, or a date, got {}",
                shown(name),
                kind(value)
            );
            return Err(Mistake::new(message).help("give each value a field of its own"));
        }
    };
    Ok(Some(field))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    fn read(text: &str) -> Result<Subscriber, Vec<Finding>> {
        parse(Passage { file: "list.toml", line: 10, text })
    }

    /// `line:column: message` of every finding.
    fn said(text: &str) -> Vec<String> {
        let told = |finding: &Finding| {
            let place = finding.place.unwrap();
            format!("{}:{}: {}", place.line, place.column, finding.message)
        };
        read(text).unwrap_err().iter().map(told).collect()
    }

    #[test]
    fn a_row_with_everything_is_read() {
        let text = r#"[[subscriber]]
email = "Zoë@Bücher.example.org"
name = " Zoë "
tags = ["rust", " weekly ", "", "rust"]
status = "paused"
[subscriber.fields]
city = "Köln"
blank = "  "
orders = 0x1F
score = 1.5
vip = true
joined = 2026-03-01
note = """
two
lines"""
"#;
        let subscriber = read(text).unwrap();
        assert_eq!(subscriber.email.as_str(), "Zoë@xn--bcher-kva.example.org");
        assert_eq!(subscriber.name.as_deref(), Some("Zoë"));
        assert_eq!(subscriber.tags, ["rust", "weekly"]);
        assert_eq!(subscriber.status, Status::Paused);
        let expected = [
            ("city", Field::Text("Köln".into())),
            ("joined", Field::Text("2026-03-01".into())),
            ("note", Field::Text("two\nlines".into())),
            ("orders", Field::Integer(31)),
            ("score", Field::Float(1.5)),
            ("vip", Field::Bool(true)),
        ];
        assert_eq!(subscriber.fields, expected.map(|(k, v)| (k.to_owned(), v)).into());
    }

    #[test]
    fn all_mistakes_of_a_row_are_told_in_the_order_of_the_file() {
        let text = r#"[[subscriber]]
mail = "x"
email = "ada@"
name = "A\r\nBcc: b"
tags = [1, "a\u0000"]
status = "activ"
city = "Bern"
[subscriber.fields]
"first name" = "x"
email = "x"
list = [1]
big = 99999999999999999999
endless = inf
"#;
        assert_eq!(
            said(text),
            [
                "11:1: unknown key `mail`; did you mean `email`?",
                "12:9: not an address: `ada@` (missing domain)",
                "13:8: control character U+000D in `name`",
                "14:9: a tag must be text, got a number",
                "14:12: control character U+0000 in `tags`",
                "15:10: unknown status `activ`; did you mean `active`?",
                "16:1: unknown key `city`",
                "18:1: field `first name` cannot be used in merge tags",
                "19:1: `email` cannot be a field of your own",
                "20:8: `list` must be text, a number, true or false, or a date, got a list",
                "21:7: `big` is larger than 64 bits hold",
                "22:11: `endless` is not a finite number",
            ]
        );
    }

    #[test]
    fn a_row_without_an_address_is_pointed_to_its_header() {
        assert_eq!(said("[[subscriber]]\nname = \"Ada\"\n"), ["10:1: row has no `email`"]);
        assert_eq!(
            said("[[subscriber]]\nemail = 1\n"),
            ["11:9: `email` must be text, got a number"]
        );
        assert_eq!(said("[[subscriber]]\nemail = \" \"\n"), ["11:9: `email` is empty"]);
    }

    #[test]
    fn wrong_kinds_are_named() {
        let text =
            "[[subscriber]]\nemail = \"a@example.org\"\ntags = \"x\"\nfields = 1\nname = true\n";
        assert_eq!(
            said(text),
            [
                "12:8: `tags` must be a list of text, got text",
                "13:10: `fields` must be a table, got a number",
                "14:8: `name` must be text, got true or false",
            ]
        );
    }

    #[test]
    fn a_syntax_error_is_told_once_a_line_beside_the_other_mistakes() {
        let text = "[[subscriber]]\nemail = ada@example.org\nname = \"Ada\nemail = \"a@example.org\"\nstatus = \"x\"\n";
        let said = said(text);
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said[0].starts_with("11:9: invalid TOML: "), "{said:?}");
        assert!(said[1].starts_with("12:12: invalid TOML: "), "{said:?}");
        assert_eq!(said[2], "13:1: invalid TOML: duplicate key");
        assert_eq!(said[3], "14:10: unknown status `x`");
    }
}
