//! A template filled with one reader's fields, every value escaped for the place where it lands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, Expression, UndefinedBehavior};

use super::{Piece, Place, Template};
use crate::audience::{Field, Subscriber};
use crate::finding::is_plain;

/// The names every reader has, besides the list's own columns.
pub const OWN_NAMES: [&str; 5] = ["email", "name", "tags", "status", "unsubscribe_url"];

/// A template whose expressions are compiled.
#[derive(Debug)]
pub struct Filler {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Literal(String),
    Slot { expression: Expression<'static, 'static>, text: String, place: Place },
}

/// What one reader brings to a template.
#[derive(Debug, Clone)]
pub struct Fields(Value);

/// A slot that a reader's fields cannot fill.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Unresolved {
    /// A name the reader has no value for.
    #[error("`{0}` is empty")]
    Empty(String),
    /// A value that must not stand where it would land, or an operation that fails on it.
    #[error("`{0}` {1}")]
    Unfit(String, String),
}

/// An expression that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SyntaxError(String);

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
});

impl Filler {
    /// Compiles the expressions of a template.
    pub fn new(template: &Template) -> Result<Self, SyntaxError> {
        let parts = template.pieces.iter().map(|piece| {
            Ok(match piece {
                Piece::Literal(text) => Part::Literal(text.clone()),
                Piece::Slot { expression, place } => Part::Slot {
                    expression: compile(expression)?,
                    text: expression.clone(),
                    place: *place,
                },
            })
        });
        Ok(Self { parts: parts.collect::<Result<_, _>>()? })
    }

    /// The escaped values of the slots in order, or every slot that cannot be filled.
    pub fn values(&self, fields: &Fields) -> Result<Vec<String>, Vec<Unresolved>> {
        let (mut values, mut unresolved) = (Vec::new(), Vec::new());
        for part in &self.parts {
            let Part::Slot { expression, text, place } = part else { continue };
            match evaluate(expression, text, fields).and_then(|value| escape(&value, *place, text))
            {
                Ok(value) => values.push(value),
                Err(why) => unresolved.push(why),
            }
        }
        if unresolved.is_empty() { Ok(values) } else { Err(unresolved) }
    }

    /// The whole text for one reader.
    pub fn fill(&self, fields: &Fields) -> Result<String, Vec<Unresolved>> {
        let mut values = self.values(fields)?.into_iter();
        Ok(self
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.clone(),
                Part::Slot { .. } => values.next().unwrap_or_default(),
            })
            .collect())
    }

    /// The names that the slots use.
    pub fn names(&self) -> BTreeSet<String> {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Slot { expression, .. } => Some(expression.undeclared_variables(false)),
                Part::Literal(_) => None,
            })
            .flatten()
            .collect()
    }
}

impl Fields {
    /// A reader's row and the link by which this reader leaves. Absent fields stay undefined; `tags` is always a list.
    pub fn new(reader: &Subscriber, unsubscribe_url: &str) -> Self {
        let own = [
            ("email", Some(Value::from(reader.email.as_str()))),
            ("name", reader.name.as_deref().map(Value::from)),
            ("tags", Some(Value::from(reader.tags.clone()))),
            ("status", Some(Value::from(reader.status.name()))),
            ("unsubscribe_url", Some(Value::from(unsubscribe_url))),
        ];
        let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let columns = reader.fields.iter().map(|(name, field)| (name.clone(), field_value(field)));
        Self(Value::from(columns.chain(own).collect::<BTreeMap<String, Value>>()))
    }
}

/// Whether an expression is understood, its filters included: they would fail only for the readers they apply to.
pub fn check(expression: &str) -> Result<(), SyntaxError> {
    compile(expression)?;
    match filters(expression).into_iter().find(|name| !is_filter(name)) {
        Some(unknown) => Err(SyntaxError(format!("there is no filter `{unknown}`"))),
        None => Ok(()),
    }
}

/// The names that follow a bar outside of quotes.
fn filters(expression: &str) -> Vec<&str> {
    let (mut names, mut quote) = (Vec::new(), None);
    let mut rest = expression.char_indices();
    while let Some((at, c)) = rest.next() {
        match (quote, c) {
            (Some(_), '\\') => _ = rest.next(),
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '|') => {
                let name = expression[at + 1..].trim_start();
                let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_'));
                names.push(&name[..end.unwrap_or(name.len())]);
            }
            _ => {}
        }
    }
    names
}

fn is_filter(name: &str) -> bool {
    let applied = ENVIRONMENT.compile_expression_owned(format!("0|{name}"));
    let outcome = applied.and_then(|expression| expression.eval(()));
    !outcome.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter)
}

fn compile(expression: &str) -> Result<Expression<'static, 'static>, SyntaxError> {
    ENVIRONMENT.compile_expression_owned(expression.to_owned()).map_err(|error| {
        SyntaxError(error.detail().map_or_else(|| error.kind().to_string(), str::to_owned))
    })
}

fn field_value(field: &Field) -> Value {
    match field {
        Field::Bool(value) => Value::from(*value),
        Field::Integer(value) => Value::from(*value),
        Field::Float(value) => Value::from(*value),
        Field::Text(value) => Value::from(value.as_str()),
    }
}

fn evaluate(
    expression: &Expression<'_, '_>,
    text: &str,
    fields: &Fields,
) -> Result<String, Unresolved> {
    let absent = || {
        let absent =
            |name: &String| fields.0.get_attr(name).is_ok_and(|value| value.is_undefined());
        expression.undeclared_variables(false).into_iter().filter(absent).min()
    };
    match expression.eval(fields.0.clone()) {
        Ok(value) if value.is_undefined() => {
            Err(Unresolved::Empty(absent().unwrap_or_else(|| text.to_owned())))
        }
        Ok(value) => Ok(value.to_string()),
        Err(error) => Err(match absent() {
            Some(name) => Unresolved::Empty(name),
            None => Unresolved::Unfit(
                text.to_owned(),
                format!("cannot be worked out: {}", error.kind()),
            ),
        }),
    }
}

fn escape(value: &str, place: Place, text: &str) -> Result<String, Unresolved> {
    let unfit = |why: &str| Err(Unresolved::Unfit(text.to_owned(), why.to_owned()));
    match place {
        Place::UrlPart => Ok(percent_encode(value)),
        Place::Href if !is_link(value) => {
            unfit("is a whole link and must start with https://, http:// or mailto:")
        }
        Place::Html | Place::Href => Ok(escape_html(value)),
        Place::Text => Ok(value.replace("\r\n", "\n").replace('\r', "\n")),
        Place::Header if !value.chars().all(is_plain) => {
            unfit("has a control or direction-changing character; a header is one plain line")
        }
        Place::Header => Ok(value.to_owned()),
    }
}

/// One of the three schemes a letter may link to, and nothing that ends the URL.
fn is_link(value: &str) -> bool {
    let scheme = ["https://", "http://", "mailto:"].iter().any(|scheme| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    scheme && !value.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn escape_html(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Everything but the unreserved characters of RFC 3986 2.3.
fn percent_encode(value: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audience::Status;

    fn reader(name: Option<&str>, fields: &[(&str, &str)]) -> Subscriber {
        Subscriber {
            email: "ada@example.org".parse().unwrap(),
            name: name.map(str::to_owned),
            tags: vec!["vip".into()],
            status: Status::Active,
            fields: fields
                .iter()
                .map(|(k, v)| ((*k).to_owned(), Field::Text((*v).to_owned())))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    fn fill(
        expression: &str,
        place: Place,
        reader: &Subscriber,
    ) -> Result<String, Vec<Unresolved>> {
        let slot = Piece::Slot { expression: expression.into(), place };
        let template =
            Template { pieces: vec![Piece::Literal("[".into()), slot, Piece::Literal("]".into())] };
        Filler::new(&template).unwrap().fill(&Fields::new(reader, "https://lists.example.org/u/t"))
    }

    #[test]
    fn a_value_is_escaped_for_its_place() {
        let ada = reader(Some("Ada & \"Co\" <x>"), &[("site", "javascript:alert(1)")]);
        assert_eq!(
            fill("name", Place::Html, &ada).unwrap(),
            "[Ada &amp; &quot;Co&quot; &lt;x&gt;]"
        );
        assert_eq!(fill("name", Place::UrlPart, &ada).unwrap(), "[Ada%20%26%20%22Co%22%20%3Cx%3E]");
        assert_eq!(fill("name", Place::Text, &ada).unwrap(), "[Ada & \"Co\" <x>]");
        assert_eq!(
            fill("unsubscribe_url", Place::Href, &ada).unwrap(),
            "[https://lists.example.org/u/t]"
        );
        assert!(matches!(fill("site", Place::Href, &ada).unwrap_err()[0], Unresolved::Unfit(..)));
    }

    #[test]
    fn a_missing_field_is_named_and_a_default_fills_it() {
        let anonymous = reader(None, &[]);
        assert_eq!(
            fill("name", Place::Text, &anonymous),
            Err(vec![Unresolved::Empty("name".into())])
        );
        assert_eq!(
            fill("name | upper", Place::Text, &anonymous),
            Err(vec![Unresolved::Empty("name".into())])
        );
        assert_eq!(
            fill("name | default(\"reader\")", Place::Text, &anonymous).unwrap(),
            "[reader]"
        );
        assert_eq!(fill("\"vip\" in tags", Place::Text, &anonymous).unwrap(), "[True]");
        assert!(check("name |").is_err());
        assert_eq!(check("name | upper | default(\"a | b\")"), Ok(()));
        let unknown = check("name | default(\"\\\" | x\") | defalt(\"x\")").unwrap_err();
        assert_eq!(unknown.to_string(), "there is no filter `defalt`");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_value_can_close_a_tag_start_a_header_or_leave_a_url(value in "\\PC*|[<>\"'&\r\n: a-z]*") {
            let reader = reader(None, &[("x", &value)]);
            if let Ok(html) = fill("x", Place::Html, &reader) {
                prop_assert!(!html.contains(['<', '>', '"', '\'']));
            }
            if let Ok(url) = fill("x", Place::UrlPart, &reader) {
                prop_assert!(url[1..url.len() - 1].bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
            }
            if let Ok(header) = fill("x", Place::Header, &reader) {
                prop_assert!(!header.contains(['\r', '\n', '\0']));
            }
        }
    }
}
