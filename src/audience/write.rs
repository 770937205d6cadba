//! Subscribers written down: as `[[subscriber]]` blocks, and as CSV for spreadsheets.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use super::{Field, Subscriber};

/// Writes a row as a block of `subscribers.toml` after a blank line; `list::Rows` reads the same subscriber back.
pub fn block(subscriber: &Subscriber, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct List<'a> {
        subscriber: [&'a Subscriber; 1],
    }
    let text = toml::to_string(&List { subscriber: [subscriber] }).map_err(io::Error::other)?;
    write!(out, "\n{text}")
}

/// Writes subscribers as CSV with one column for each field.
pub struct Table<W: Write> {
    writer: csv::Writer<W>,
    fields: BTreeSet<String>,
}

impl<W: Write> Table<W> {
    /// Starts the table with its header; `fields` are the names of all fields that any row has.
    pub fn new(out: W, fields: BTreeSet<String>) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        let ours = ["email", "name", "tags", "status"];
        writer.write_record(ours.into_iter().chain(fields.iter().map(String::as_str)))?;
        Ok(Self { writer, fields })
    }

    /// Writes a row; `table::Rows` reads the same subscriber back, but for tags with `;` or `,` in them and
    /// fractions, which become text.
    ///
    /// A text that a spreadsheet would calculate is marked with `'`.
    pub fn row(&mut self, subscriber: &Subscriber) -> io::Result<()> {
        let name = subscriber.name.as_deref().unwrap_or_default();
        for text in [subscriber.email.as_str(), name, &tags(&subscriber.tags)] {
            self.writer.write_field(cell(text))?;
        }
        self.writer.write_field(subscriber.status.name())?;
        for field in &self.fields {
            let cell = match subscriber.fields.get(field) {
                None => String::new(),
                Some(Field::Bool(truth)) => truth.to_string(),
                Some(Field::Integer(number)) => number.to_string(),
                Some(Field::Float(number)) => number.to_string(),
                Some(Field::Text(text)) => cell(text),
            };
            self.writer.write_field(cell)?;
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    /// Writes out what is buffered.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Whether a spreadsheet would calculate this text, or take a mark before it for its own.
pub(super) fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t'])
}

/// A text as a cell that no spreadsheet calculates.
pub fn cell(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// Tags in one cell; the separator also says that a blank is part of a tag.
fn tags(tags: &[String]) -> String {
    match tags {
        [tag] if tag.contains(' ') => format!("{tag};"),
        _ => tags.join(";"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audience::{Status, list, table};

    /// Any subscriber that a list can name.
    fn subscribers() -> impl Strategy<Value = Subscriber> {
        let text = || "[a-zA-Z0-9 é日=+@'\"\\\\#\\[\\],;\\n-]{0,12}";
        let field = prop_oneof![
            any::<bool>().prop_map(Field::Bool),
            any::<i64>().prop_map(Field::Integer),
            (-1e9..1e9).prop_map(Field::Float),
            prop_oneof![text().prop_map(String::from), Just("\n[[subscriber]]\n\"\"\"'''".into())]
                .prop_filter("blank", |text: &String| !text.trim().is_empty())
                .prop_map(Field::Text),
        ];
        (
            "[a-z+=-]{1,8}@(example|bücher)\\.(org|com)",
            proptest::option::of("[A-ZÀ-Ö=+'\"\\\\#;,][a-zé'\"]{0,9}"),
            proptest::collection::vec("[a-z#\"][a-z -]{0,5}[a-z]", 0..3),
            proptest::sample::select(Status::ALL.to_vec()),
            proptest::collection::btree_map("[a-z_][a-z0-9_]{0,8}", field, 0..4),
        )
            .prop_map(|(email, name, mut tags, status, mut fields)| {
                tags.dedup();
                fields
                    .retain(|key, _| !["email", "name", "tags", "status"].contains(&key.as_str()));
                Subscriber { email: email.parse().unwrap(), name, tags, status, fields }
            })
    }

    fn csv(subscribers: &[Subscriber]) -> String {
        let fields = subscribers.iter().flat_map(|s| s.fields.keys().cloned()).collect();
        let mut bytes = Vec::new();
        let mut table = Table::new(&mut bytes, fields).unwrap();
        for subscriber in subscribers {
            table.row(subscriber).unwrap();
        }
        table.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_block_has_its_keys_in_a_stable_order() {
        let subscriber = Subscriber {
            email: "zoe@example.org".parse().unwrap(),
            name: Some("Zoë \"Z\"".into()),
            tags: vec!["rust".into(), "early bird".into()],
            status: Status::Paused,
            fields: [
                ("city".to_owned(), Field::Text("Köln\nDeutz".into())),
                ("orders".to_owned(), Field::Integer(3)),
            ]
            .into(),
        };
        let mut bytes = Vec::new();
        block(&subscriber, &mut bytes).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "\n[[subscriber]]\nemail = \"zoe@example.org\"\nname = 'Zoë \"Z\"'\n\
             tags = [\"rust\", \"early bird\"]\nstatus = \"paused\"\n\
             \n[subscriber.fields]\ncity = \"\"\"\nKöln\nDeutz\"\"\"\norders = 3\n"
        );
    }

    #[test]
    fn cells_that_would_be_calculated_are_marked() {
        let mut subscriber = Subscriber {
            email: "+a@example.org".parse().unwrap(),
            name: Some("=cmd()".into()),
            tags: vec!["early bird".into()],
            status: Status::Active,
            fields: [("a".to_owned(), Field::Integer(-1))].into(),
        };
        assert_eq!(
            csv(std::slice::from_ref(&subscriber)),
            "email,name,tags,status,a\n'+a@example.org,'=cmd(),early bird;,active,-1\n"
        );
        for text in ["@x", "-x", "+x", "'=x"] {
            subscriber.fields = [("a".to_owned(), Field::Text(text.into()))].into();
            let csv = csv(std::slice::from_ref(&subscriber));
            assert!(csv.ends_with(&format!(",'{text}\n")), "{csv}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_list_that_was_written_reads_back(
            subscribers in proptest::collection::vec(subscribers(), 0..6),
            comments in proptest::collection::vec("(# [a-z\"'\\[\\]]{0,20}|# \\[\\[subscriber\\]\\]|)", 7),
            is_crlf in any::<bool>(),
        ) {
            let mut bytes = Vec::new();
            for (subscriber, comment) in subscribers.iter().zip(&comments) {
                block(subscriber, &mut bytes).unwrap();
                bytes.extend_from_slice(format!("{comment}\n").as_bytes());
            }
            let mut text = String::from_utf8(bytes).unwrap();
            if is_crlf {
                text = text.replace('\n', "\r\n");
            }
            let read: Vec<Subscriber> = list::Rows::new("list.toml", text.as_bytes())
                .map(|row| row.unwrap().subscriber)
                .collect();
            prop_assert_eq!(read, subscribers);
        }

        #[test]
        fn a_table_that_was_written_reads_back(
            subscribers in proptest::collection::vec(subscribers(), 1..6),
        ) {
            let mut subscribers = subscribers;
            for subscriber in &mut subscribers {
                subscriber.fields.retain(|_, field| match field {
                    // Cells are trimmed, and numbers written as text become numbers.
                    Field::Text(text) => text.trim() == text && text.parse::<f64>().is_err(),
                    Field::Float(_) => false,
                    Field::Bool(_) | Field::Integer(_) => true,
                });
                subscriber.tags.retain(|tag| !tag.contains([',', ';']));
            }
            let text = csv(&subscribers);
            let read: Vec<Subscriber> = table::Rows::new("list.csv", text.as_bytes(), b',')
                .map(|row| row.unwrap().subscriber)
                .collect();
            prop_assert_eq!(read, subscribers);
        }
    }
}
