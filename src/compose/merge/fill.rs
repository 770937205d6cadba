//! Slots and conditions worked out for one reader, every value escaped for the place where it lands.

use std::borrow::Cow;
use std::collections::BTreeSet;

use minijinja::Expression;
use minijinja::value::Value;

use super::escape;
use super::expression::{self, Plain, SyntaxError};
pub use super::fields::{Fields, OWN_NAMES};
use super::{Branch, Conditional, Place, Test};

/// A slot whose expression is compiled.
#[derive(Debug)]
pub struct Slot {
    expression: Expression<'static, 'static>,
    text: String,
    place: Place,
    /// What the expression comes to, if that can be told without evaluating it.
    plain: Option<Plain>,
}

/// The conditionals of an issue, compiled.
#[derive(Debug)]
pub struct Conditions(Vec<(Option<Branch>, Vec<Asked>)>);

/// One test of a conditional.
#[derive(Debug)]
enum Asked {
    Reader { expression: Expression<'static, 'static>, text: String },
    Branches(Vec<Vec<Branch>>),
}

/// Which branches one reader takes: by conditional, none for one that is not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices(Vec<Option<usize>>);

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

impl Slot {
    /// Compiles an expression.
    pub fn new(expression: &str, place: Place) -> Result<Self, SyntaxError> {
        let text = expression.to_owned();
        let plain = Plain::of(expression);
        Ok(Self { expression: expression::value(expression)?, text, place, plain })
    }

    /// The escaped value, or why there is none.
    pub fn value<'a>(&'a self, fields: &'a Fields<'_>) -> Result<Cow<'a, str>, Unresolved> {
        let unfit = |why: &str| Unresolved::Unfit(self.text.clone(), why.to_owned());
        if let Some(text) = self.plain.as_ref().and_then(|plain| plain.text(fields)) {
            return escape::escape(text, self.place).map_err(unfit);
        }
        let value = evaluate(&self.expression, &self.text, fields)?;
        let text = expression::text(&value).map_err(unfit)?;
        let escaped = escape::escape(Cow::Owned(text), self.place).map_err(unfit)?;
        Ok(escaped.into_owned().into())
    }

    /// The fields the slot speaks of.
    pub fn names(&self) -> BTreeSet<String> {
        expression::names(&self.expression)
    }
}

impl Conditions {
    /// Compiles all conditions.
    pub fn new(conditionals: &[Conditional]) -> Result<Self, SyntaxError> {
        let asked = |test: &Test| {
            Ok(match test {
                Test::Expression(text) => {
                    Asked::Reader { expression: expression::condition(text)?, text: text.clone() }
                }
                Test::Any(lists) => Asked::Branches(lists.clone()),
            })
        };
        let each = conditionals.iter().map(|conditional| {
            let tests = conditional.tests.iter().map(asked).collect::<Result<_, _>>()?;
            Ok((conditional.within, tests))
        });
        Ok(Self(each.collect::<Result<_, _>>()?))
    }

    /// The branches a reader takes, or every condition that cannot be answered.
    pub fn choose(&self, fields: &Fields<'_>) -> Result<Choices, Vec<Unresolved>> {
        let mut choices = Choices(Vec::with_capacity(self.0.len()));
        let mut unresolved = Vec::new();
        for (within, tests) in &self.0 {
            let choice = if within.is_none_or(|branch| choices.take(branch)) {
                choice(tests, fields, &choices).map_err(|why| unresolved.push(why)).ok()
            } else {
                None
            };
            choices.0.push(choice);
        }
        if unresolved.is_empty() { Ok(choices) } else { Err(unresolved) }
    }

    /// The fields the conditions speak of.
    pub fn names(&self) -> BTreeSet<String> {
        let tests = self.0.iter().flat_map(|(_, tests)| tests);
        tests
            .filter_map(|test| match test {
                Asked::Reader { expression, .. } => Some(expression::names(expression)),
                Asked::Branches(_) => None,
            })
            .flatten()
            .collect()
    }
}

/// The first branch whose test holds, else the one after the last test.
fn choice(tests: &[Asked], fields: &Fields<'_>, choices: &Choices) -> Result<usize, Unresolved> {
    for (branch, test) in tests.iter().enumerate() {
        let holds = match test {
            Asked::Reader { expression, text } => match expression.eval(fields.value()) {
                Ok(value) => value.is_true(),
                Err(error) => return Err(unresolved(expression, text, fields, &error)),
            },
            Asked::Branches(lists) => {
                lists.iter().any(|list| list.iter().all(|branch| choices.take(*branch)))
            }
        };
        if holds {
            return Ok(branch);
        }
    }
    Ok(tests.len())
}

impl Choices {
    /// Whether a branch is taken.
    pub fn take(&self, branch: Branch) -> bool {
        self.0.get(branch.conditional).is_some_and(|taken| *taken == Some(branch.branch))
    }
}

fn evaluate(
    expression: &Expression<'_, '_>,
    text: &str,
    fields: &Fields<'_>,
) -> Result<Value, Unresolved> {
    match expression.eval(fields.value()) {
        Ok(value) if value.is_undefined() => {
            let absent = absent(expression, fields).unwrap_or_else(|| text.to_owned());
            Err(Unresolved::Empty(absent))
        }
        Ok(value) => Ok(value),
        Err(error) => Err(unresolved(expression, text, fields, &error)),
    }
}

/// The first name of an expression that the reader has no value for.
fn absent(expression: &Expression<'_, '_>, fields: &Fields<'_>) -> Option<String> {
    let is_absent =
        |name: &String| fields.value().get_attr(name).is_ok_and(|value| value.is_undefined());
    expression::names(expression).into_iter().find(is_absent)
}

fn unresolved(
    expression: &Expression<'_, '_>,
    text: &str,
    fields: &Fields<'_>,
    error: &minijinja::Error,
) -> Unresolved {
    let is_about_absence = error.kind() == minijinja::ErrorKind::UndefinedError;
    if let Some(name) = absent(expression, fields).filter(|_| is_about_absence) {
        return Unresolved::Empty(name);
    }
    let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    Unresolved::Unfit(text.to_owned(), format!("cannot be worked out: {why}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::audience::{Field, Status, Subscriber};

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

    fn fill(expression: &str, place: Place, reader: &Subscriber) -> Result<String, Unresolved> {
        let fields = Fields::new(reader, "https://lists.example.org/u/t");
        let value = Slot::new(expression, place).unwrap().value(&fields).map(Cow::into_owned);
        let slow = Slot { plain: None, ..Slot::new(expression, place).unwrap() };
        assert_eq!(value, slow.value(&fields).map(Cow::into_owned), "{expression}");
        value
    }

    /// The branch taken of one conditional with these tests.
    fn branch(tests: &[&str], reader: &Subscriber) -> Result<usize, Vec<Unresolved>> {
        let tests = tests.iter().map(|test| Test::Expression((*test).to_owned())).collect();
        let conditions = Conditions::new(&[Conditional { within: None, tests }]).unwrap();
        conditions.choose(&Fields::new(reader, "")).map(|choices| choices.0[0].unwrap())
    }

    #[test]
    fn a_value_is_escaped_for_its_place() {
        let ada = reader(Some("Ada & \"Co\" <x>"), &[("site", "javascript:alert(1)")]);
        let filled = |expression, place| fill(expression, place, &ada).unwrap();
        assert_eq!(filled("name", Place::Html), "Ada &amp; &quot;Co&quot; &lt;x&gt;");
        assert_eq!(filled("name", Place::UrlPart), "Ada%20%26%20%22Co%22%20%3Cx%3E");
        assert_eq!(filled("email", Place::Mailbox), "ada@example.org");
        assert_eq!(
            fill("x", Place::Mailbox, &reader(None, &[("x", "a+b,c@d?e&f'#%")])).unwrap(),
            "a+b%2Cc@d%3Fe%26f%27%23%25"
        );
        assert_eq!(filled("name", Place::Text), "Ada & \"Co\" <x>");
        assert_eq!(filled("unsubscribe_url", Place::Href), "https://lists.example.org/u/t");
        assert!(matches!(fill("site", Place::Href, &ada), Err(Unresolved::Unfit(..))));
    }

    #[test]
    fn in_plain_text_a_value_is_words_that_cannot_pass_for_a_quote_or_a_flowed_line() {
        let filled = |value: &str, place| fill("x", place, &reader(None, &[("x", value)])).unwrap();
        assert_eq!(filled(" a\n>  b\t", Place::Text), " a > b ");
        assert_eq!(filled(" a\r\n", Place::LineEnd), " a");
        assert_eq!(filled("  > a ", Place::LineStart), " > a ");
        assert_eq!(filled("  From me  ", Place::Line), " From me");
        assert_eq!(filled("From", Place::LineStart), " From");
        assert_eq!(filled(" a ", Place::Line), "a");
        assert_eq!(filled("--", Place::LineStart), " --");
        assert_eq!(filled(" ", Place::LineEnd), "\u{a0}");
        assert_eq!(filled("a\u{202e}b\0c\u{200f}", Place::Text), "abc\u{200f}");
        assert_eq!(filled("a\u{202e}<\0\n", Place::Html), "a&lt;\n");
    }

    #[test]
    fn a_missing_field_is_named_and_a_default_fills_it() {
        let nobody = reader(None, &[]);
        let filled = |expression| fill(expression, Place::Text, &nobody);
        assert_eq!(filled("name"), Err(Unresolved::Empty("name".into())));
        assert_eq!(filled("name | upper"), Err(Unresolved::Empty("name".into())));
        assert_eq!(filled("name | default(\"reader\")").unwrap(), "reader");
        assert_eq!(filled("\"vip\" in tags").unwrap(), "True");
        assert_eq!(filled("tags | join(\", \")").unwrap(), "vip");
        assert!(filled("tags").unwrap_err().to_string().contains("is a list"));
    }

    #[test]
    fn the_first_test_that_holds_decides_and_an_absent_field_is_not_there() {
        let ada = reader(Some("Ada"), &[("city", "Oslo")]);
        let taken = |tests: &[&str]| branch(tests, &ada).unwrap();
        assert_eq!(taken(&["\"vip\" in tags", "true"]), 0);
        assert_eq!(taken(&["city == \"Bergen\"", "city == \"Oslo\""]), 1);
        assert_eq!(taken(&["\"x\" in tags"]), 1);
        assert_eq!(taken(&["nickname", "nickname == \"x\"", "nickname != \"x\""]), 2);
        assert_eq!(taken(&["nickname is defined and visits > 3", "not nickname"]), 1);
        assert_eq!(branch(&["visits > 3"], &ada), Err(vec![Unresolved::Empty("visits".into())]));
    }

    #[test]
    fn a_conditional_is_not_looked_at_where_its_reader_does_not_come() {
        let of = |within, test: Test| Conditional { within, tests: vec![test] };
        let inner = Branch { conditional: 1, branch: 0 };
        let conditions = Conditions::new(&[
            of(None, Test::Expression("\"x\" in tags".into())),
            of(Some(Branch { conditional: 0, branch: 0 }), Test::Expression("visits > 3".into())),
            of(None, Test::Any(vec![vec![inner]])),
        ]);
        let choices = conditions.unwrap().choose(&Fields::new(&reader(None, &[]), "")).unwrap();
        assert_eq!(choices.0, [Some(1), None, Some(1)]);
        assert!(!choices.take(inner));
    }

    fn field() -> impl Strategy<Value = Field> {
        prop_oneof![
            any::<bool>().prop_map(Field::Bool),
            any::<i64>().prop_map(Field::Integer),
            any::<f64>().prop_map(Field::Float),
            "\\PC{0,9}|[<>\"'&\r\n\t .:\u{202e}a-zé]{0,20}".prop_map(Field::Text),
        ]
    }

    fn place() -> impl Strategy<Value = Place> {
        use Place::{Header, Href, Html, Line, LineEnd, LineStart, Mailbox, Text, UrlPart};
        prop::sample::select(vec![
            Html, UrlPart, Mailbox, Href, Text, LineStart, LineEnd, Line, Header,
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_plain_field_is_what_the_engine_makes_of_it(
            value in field(),
            place in place(),
            name in "x|y|name|email|status|tags|unsubscribe_url|true|range|dict|none",
            rest in "|\\| *default\\(('a <b>'|\"\"|'é\\\\n'|1|other|'a', true|true)\\)| *\\| d\\(\"z\"\\)|\\|upper| ~ 'x'",
            has_name: bool,
        ) {
            let mut reader = reader(has_name.then_some("Ada & Co"), &[("other", "o")]);
            reader.fields.insert("x".into(), value);
            // It asserts that both ways agree.
            let _ = fill(&format!("{name}{rest}"), place, &reader);
        }

        #[test]
        fn no_value_can_close_a_tag_start_a_header_or_leave_a_url(value in "\\PC*|[<>\"'&\r\n: a-z]*") {
            let reader = reader(None, &[("x", &value)]);
            if let Ok(html) = fill("x", Place::Html, &reader) {
                prop_assert!(!html.contains(['<', '>', '"', '\'']));
            }
            if let Ok(url) = fill("x", Place::UrlPart, &reader) {
                prop_assert!(url.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
            }
            if let Ok(header) = fill("x", Place::Header, &reader) {
                prop_assert!(!header.contains(['\r', '\n', '\0']));
            }
        }
    }
}
