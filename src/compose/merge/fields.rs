//! What one reader brings to a letter: the row of the list, and the link by which this reader leaves.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

use minijinja::value::Value;

use crate::audience::{Field, Subscriber};

/// The names every reader has, besides the list's own columns.
pub const OWN_NAMES: [&str; 5] = ["email", "name", "tags", "status", "unsubscribe_url"];

/// What one reader brings to a template.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    reader: &'a Subscriber,
    unsubscribe_url: &'a str,
    /// All of it for the template engine; made when the first expression needs it.
    value: OnceCell<Value>,
}

impl<'a> Fields<'a> {
    /// A reader's row and the link by which this reader leaves. Absent fields stay undefined; `tags` is always a list.
    pub fn new(reader: &'a Subscriber, unsubscribe_url: &'a str) -> Self {
        Self { reader, unsubscribe_url, value: OnceCell::new() }
    }

    /// A field that is text or a whole number, as text; nothing of one that is absent or of another kind.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let text = match name {
            "email" => self.reader.email.as_str(),
            "name" => self.reader.name.as_deref()?,
            "status" => self.reader.status.name(),
            "unsubscribe_url" => self.unsubscribe_url,
            "tags" => return None,
            _ => match self.reader.fields.get(name)? {
                Field::Text(text) => text,
                Field::Integer(number) => return Some(number.to_string().into()),
                Field::Bool(_) | Field::Float(_) => return None,
            },
        };
        Some(text.into())
    }

    /// Whether the reader has no value of this name.
    pub(super) fn lacks(&self, name: &str) -> bool {
        match name {
            "name" => self.reader.name.is_none(),
            _ => !OWN_NAMES.contains(&name) && !self.reader.fields.contains_key(name),
        }
    }

    /// All fields, as the template engine wants them.
    pub(super) fn value(&self) -> Value {
        self.value.get_or_init(|| all(self.reader, self.unsubscribe_url)).clone()
    }
}

fn all(reader: &Subscriber, unsubscribe_url: &str) -> Value {
    let own = [
        ("email", Some(Value::from(reader.email.as_str()))),
        ("name", reader.name.as_deref().map(Value::from)),
        ("tags", Some(Value::from(reader.tags.clone()))),
        ("status", Some(Value::from(reader.status.name()))),
        ("unsubscribe_url", Some(Value::from(unsubscribe_url))),
    ];
    let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let columns = reader.fields.iter().map(|(name, field)| (name.clone(), field_value(field)));
    Value::from(columns.chain(own).collect::<BTreeMap<String, Value>>())
}

fn field_value(field: &Field) -> Value {
    match field {
        Field::Bool(value) => Value::from(*value),
        Field::Integer(value) => Value::from(*value),
        Field::Float(value) => Value::from(*value),
        Field::Text(value) => Value::from(value.as_str()),
    }
}
