//! A field of a reader: what a list says of one besides the address.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

/// A value of `[subscriber.fields]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Field {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Float(f64),
    /// Text without control characters but line breaks, which are LF.
    Text(String),
}

/// By what is there: serde's way for an untagged enum makes an error of every kind that does not fit, which is felt when a
/// million readers are read from the ledger.
impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyField)
    }
}

struct AnyField;

impl Visitor<'_> for AnyField {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, `true` or `false`")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field, E> {
        Ok(Field::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Field, E> {
        Ok(Field::Integer(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "as the number was written, as far as it fits")]
    fn visit_u64<E>(self, value: u64) -> Result<Field, E> {
        Ok(i64::try_from(value).map_or(Field::Float(value as f64), Field::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Field, E> {
        Ok(Field::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Field, E> {
        Ok(Field::Text(value.to_owned()))
    }
}
