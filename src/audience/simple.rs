//! Rows as nearly all are written, read without a TOML parser: a key and a value a line, in plain quotes.
//!
//! It gives what the parser would give, or nothing: whatever is not that simple, or has a mistake, is left to `row`,
//! which knows all of TOML and tells every mistake.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Field, Status, Subscriber, columns};
use crate::address::EmailAddress;

/// The row of a block, if it is simple and has no mistake.
pub(super) fn parse(block: &str) -> Option<Subscriber> {
    let mut lines = block.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    if trimmed(lines.next()?) != "[[subscriber]]" {
        return None;
    }
    let mut row = Row::default();
    let mut fields: Option<BTreeMap<String, Field>> = None;
    for line in lines.map(trimmed).filter(|line| !is_blank(line)) {
        if line == "[subscriber.fields]" && fields.is_none() {
            fields = Some(BTreeMap::new());
            continue;
        }
        let (key, value) = line.split_once('=')?;
        let (key, value) = (trimmed(key), trimmed(value));
        match &mut fields {
            Some(fields) => field(fields, key, value)?,
            None => row.column(key, value)?,
        }
    }
    Some(Subscriber {
        email: row.email?,
        name: row.name,
        tags: row.tags.unwrap_or_default(),
        status: row.status.unwrap_or_default(),
        fields: fields.unwrap_or_default(),
    })
}

/// Nothing, or a comment without what TOML forbids in one.
fn is_blank(line: &str) -> bool {
    let is_allowed = |byte: u8| byte >= b' ' && byte != 0x7f || byte == b'\t';
    line.is_empty() || line.starts_with('#') && line.bytes().all(is_allowed)
}

/// The columns as they are found; each at most once.
#[derive(Default)]
struct Row {
    email: Option<EmailAddress>,
    name: Option<String>,
    tags: Option<Vec<String>>,
    status: Option<Status>,
}

impl Row {
    fn column(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "email" => once(&mut self.email, columns::email(text(value)?).ok()?),
            // A blank one is none, but its key is taken all the same: that is for the parser.
            "name" => once(&mut self.name, columns::name(text(value)?).ok()??),
            "status" => once(&mut self.status, columns::status(text(value)?).ok()?),
            "tags" => once(&mut self.tags, tags(value)?),
            _ => None,
        }
    }
}

fn once<T>(column: &mut Option<T>, value: T) -> Option<()> {
    column.replace(value).is_none().then_some(())
}

fn field(fields: &mut BTreeMap<String, Field>, key: &str, value: &str) -> Option<()> {
    columns::check_field_name(key).ok()?;
    let value = match value {
        "true" => Some(Field::Bool(true)),
        "false" => Some(Field::Bool(false)),
        quoted if quoted.starts_with('"') => {
            columns::text(key, text(quoted)?).ok()?.map(Field::Text)
        }
        day if is_day(day) => Some(Field::Text(day.to_owned())),
        number => Some(Field::Integer(integer(number)?)),
    };
    // As with a blank name.
    fields.insert(key.to_owned(), value?).is_none().then_some(())
}

/// What stands in basic quotes without anything that means something in them.
fn text(value: &str) -> Option<&str> {
    let text = value.strip_prefix('"')?.strip_suffix('"')?;
    let is_literal = |byte: u8| byte >= b' ' && !matches!(byte, b'"' | b'\\' | 0x7f);
    text.bytes().all(is_literal).then_some(text)
}

fn tags(value: &str) -> Option<Vec<String>> {
    let list = trimmed(value.strip_prefix('[')?.strip_suffix(']')?);
    let mut tags = Vec::new();
    if list.is_empty() {
        return Some(tags);
    }
    // A comma in a tag cuts it in two, neither of which has both its quotes then.
    for part in list.split(',') {
        if let Some(tag) = columns::tag(text(trimmed(part))?).ok()?
            && !tags.contains(&tag)
        {
            tags.push(tag);
        }
    }
    Some(tags)
}

/// A number in decimal digits, shorter than could overflow, without sign and leading zeros.
fn integer(value: &str) -> Option<i64> {
    let is_plain = value.len() <= 18
        && value.bytes().all(|b| b.is_ascii_digit())
        && (value == "0" || !value.starts_with('0'));
    is_plain.then(|| value.parse().ok()).flatten()
}

/// `2026-05-31`, which stays the text it is.
fn is_day(value: &str) -> bool {
    let is_in_place = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    value.len() == 10 && value.bytes().enumerate().all(is_in_place) && value.parse::<Date>().is_ok()
}

/// Without TOML's white space around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::passage::Passage;
    use super::super::row;
    use super::*;

    fn by_the_parser(block: &str) -> Option<Subscriber> {
        row::parse(Passage { file: "list.toml", line: 1, text: block }).ok()
    }

    #[test]
    fn a_row_with_everything_simple_is_read() {
        let block = "[[subscriber]]\r\nemail = \"Ada@Example.org\"\n\tname=\"Ada, K\u{f6}nigin\"  \n\
                     tags = [ \"a\", \"b\",\"a\" ]\nstatus = \"paused\"\n\n[subscriber.fields]\ncity = \"K\u{f6}ln\"\nvip = true\nn = 42\n";
        assert!(parse(block).is_some());
        assert_eq!(parse(block), by_the_parser(block));
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            "\"[ -~é]{0,8}\"",
            "\"[ a-z,\\\\\"#=\t\u{1}\u{7f}\u{202e}\r]{0,6}\"",
            "'[a-z]{0,3}'",
            "-?[0-9_]{1,21}|0x1f|1\\.5|inf|[0-9]{4}-[01][0-9]-[0-3][0-9]",
            "true|false|\\{\\}|\"\"\"a\"\"\"",
            "\\[ ?(\"[a-b, ]{0,3}\" ?, ?){0,3}(\"[a-c]{0,2}\")?,?\\]",
            Just("\"ada@example.org\"".to_owned()),
            Just("\"paused\"".to_owned()),
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        let key = "email|email|name|status|tags|fields|city|n|\"name\"|a\\.b|é|x-y|";
        prop_oneof![
            8 => (key, " ?= ?|=", value(), " {0,1}|\r| # x").prop_map(|(key, equals, value, end)| key + &equals + &value + &end),
            1 => "\\[subscriber\\.fields\\]( # x)?|\\[ subscriber.fields \\]|\\[other\\]",
            1 => "[ \t]{1,2}|# ?[a-zé\u{1}\u{7f}\t\r=]{0,3}|\\PC{0,9}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1024, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_is_what_the_parser_reads(
            header in "\\[\\[subscriber\\]\\]( |\r)?",
            lines in prop::collection::vec(line(), 0..7),
            has_email: bool,
        ) {
            let email = if has_email { "email = \"ada@example.org\"\n" } else { "" };
            let block = format!("{header}\n{email}{}\n", lines.join("\n"));
            if let Some(simple) = parse(&block) {
                prop_assert_eq!(Some(simple), by_the_parser(&block), "{}", block);
            }
        }
    }
}
