//! What may stand in a tag, checked once for the draft rather than for each reader: names, filters, tests, comparisons.
//!
//! minijinja parses and evaluates. What it offers beyond words about one reader (functions, methods, attributes,
//! escapes) is refused here, because it would fail later or mean nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::civil::Date;
use minijinja::machinery::{ast, parse_expr};
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior};

use super::fields::Fields;
use crate::finding::{nearest, shown};

/// Filters that make sense for what is known of a reader.
const FILTERS: [&str; 24] = [
    "abs",
    "capitalize",
    "count",
    "d",
    "date",
    "default",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "replace",
    "reverse",
    "round",
    "sort",
    "string",
    "title",
    "trim",
    "truncate",
    "unique",
    "upper",
];
/// Filters of Jinja that escape, which every value is for its place anyway.
const ESCAPES: [&str; 6] = ["e", "escape", "forceescape", "safe", "tojson", "urlencode"];
const TESTS: [&str; 13] = [
    "defined",
    "divisibleby",
    "endingwith",
    "even",
    "false",
    "in",
    "integer",
    "none",
    "number",
    "odd",
    "startingwith",
    "true",
    "undefined",
];
const REMEDY: &str = "write a field's name, as in `{{ name | default(\"reader\") }}`";
/// A day to try a date's format on.
const SOME_DAY: Date = jiff::civil::date(2000, 12, 31);

/// An expression that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    message: String,
    /// What to type instead.
    pub help: String,
}

fn flaw(message: impl Into<String>, help: impl Into<String>) -> SyntaxError {
    SyntaxError { message: message.into(), help: help.into() }
}

/// For tags: a field that is absent is an error, which `default` and `is defined` prevent.
static STRICT: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(UndefinedBehavior::Strict));
/// For conditions: an absent field is simply not there, and so equals nothing and counts as false.
static ASKING: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(UndefinedBehavior::Lenient));
/// For conditions of more and less, in which an absent field would count as the least.
static MEASURING: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(UndefinedBehavior::SemiStrict));

fn environment(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(undefined);
    environment.add_filter("date", date);
    environment.add_filter("truncate", truncate);
    environment
}

/// Compiles what stands between double braces.
pub(super) fn value(expression: &str) -> Result<Expression<'static, 'static>, SyntaxError> {
    compile(&STRICT, expression)
}

/// Compiles what follows `if` or `elif`.
pub(super) fn condition(expression: &str) -> Result<Expression<'static, 'static>, SyntaxError> {
    let measures = parse_expr(expression).is_ok_and(|expression| measures(&expression));
    compile(if measures { &MEASURING } else { &ASKING }, expression)
}

fn compile(
    environment: &'static Environment<'static>,
    expression: &str,
) -> Result<Expression<'static, 'static>, SyntaxError> {
    environment.compile_expression_owned(expression.to_owned()).map_err(|error| syntax(&error))
}

fn syntax(error: &Error) -> SyntaxError {
    flaw(error.detail().map_or_else(|| error.kind().to_string(), str::to_owned), REMEDY)
}

/// `name` or `name | default("…")`, which most tags are: worked out without the engine, to the same text.
#[derive(Debug)]
pub(super) struct Plain {
    name: String,
    /// What the engine makes of it for a reader without that field, if that is a text.
    otherwise: Option<String>,
}

impl Plain {
    /// The expression, if it is that plain.
    pub(super) fn of(expression: &str) -> Option<Self> {
        let parsed = parse_expr(expression).ok()?;
        let name = match &parsed {
            ast::Expr::Var(name) => name,
            ast::Expr::Filter(filter) if ["default", "d"].contains(&filter.name) => {
                match (&filter.expr, filter.args.as_slice()) {
                    (Some(ast::Expr::Var(name)), [ast::CallArg::Pos(ast::Expr::Const(_))]) => name,
                    _ => return None,
                }
            }
            _ => return None,
        };
        // What an absent field comes to is the engine's word, so that its own names and errors stay what they are.
        let absent = value(expression).ok()?.eval(()).ok();
        let absent = absent.filter(|value| !value.is_undefined());
        let otherwise = absent.as_ref().and_then(|value| text(value).ok());
        Some(Self { name: name.id.to_owned(), otherwise })
    }

    /// The value for a reader; nothing where the engine has to be asked.
    pub(super) fn text<'a>(&'a self, fields: &Fields<'a>) -> Option<Cow<'a, str>> {
        if fields.lacks(&self.name) {
            return self.otherwise.as_deref().map(Cow::Borrowed);
        }
        fields.text(&self.name)
    }
}

/// Whether an expression is understood, whatever the reader.
pub fn check(expression: &str) -> Result<(), SyntaxError> {
    let parsed = parse_expr(expression).map_err(|error| syntax(&error))?;
    let mut flaws = Vec::new();
    walk(&parsed, &mut |part| flaws.extend(judge(part)));
    flaws.into_iter().next().map_or(Ok(()), Err)
}

/// The fields an expression speaks of.
pub(super) fn names(expression: &Expression<'_, '_>) -> BTreeSet<String> {
    expression.undeclared_variables(false).into_iter().collect()
}

fn judge(part: &ast::Expr<'_>) -> Option<SyntaxError> {
    match part {
        ast::Expr::Filter(filter) => judge_filter(filter),
        ast::Expr::Test(test) if !TESTS.contains(&test.name) => {
            let help = suggestion(test.name, &TESTS, "the tests are");
            Some(flaw(format!("there is no test `is {}`", shown(test.name)), help))
        }
        ast::Expr::GetAttr(attribute) => Some(flaw(
            format!("`.{}`: a field has no parts", shown(attribute.name)),
            "write the name of a column of the list, without a dot",
        )),
        ast::Expr::GetItem(_) => Some(flaw(
            "`[…]`: a field has no parts",
            "for tags write `tags | first`, or ask `\"vip\" in tags`; for the start of a text `name[:1]`",
        )),
        ast::Expr::Call(_) => Some(flaw(
            "nothing is called in a tag",
            "put filters after a bar: `{{ name | upper }}`",
        )),
        ast::Expr::Map(_) => Some(flaw("a map has no meaning in a letter", REMEDY)),
        // Texts can be multiplied, and a few digits would fill the memory.
        ast::Expr::BinOp(op) if matches!(op.op, ast::BinOpKind::Mul | ast::BinOpKind::Pow) => Some(
            flaw("nothing is multiplied in a tag", "put the product into a column of the list"),
        ),
        _ => None,
    }
}

fn judge_filter(filter: &ast::Filter<'_>) -> Option<SyntaxError> {
    let name = filter.name;
    if ESCAPES.contains(&name) {
        let message = format!("`{name}`: every value is escaped for its place already");
        return Some(flaw(message, format!("delete `| {name}`")));
    }
    if !FILTERS.contains(&name) {
        let help = suggestion(name, &FILTERS, "the filters are");
        return Some(flaw(format!("there is no filter `{}`", shown(name)), help));
    }
    let Some(ast::CallArg::Pos(ast::Expr::Const(format))) = filter.args.first() else {
        return None;
    };
    let format = format.value.as_str().filter(|_| name == "date")?;
    jiff::fmt::strtime::format(format, SOME_DAY).err().map(|_| {
        let message = format!("`{}` is not a format for a day", shown(format));
        flaw(message, "write it as in `date(\"%-d %B %Y\")`, which gives `31 December 2000`")
    })
}

fn suggestion(name: &str, all: &[&str], otherwise: &str) -> String {
    match nearest(name, all.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{otherwise} {}", all.join(", ")),
    }
}

fn measures(expression: &ast::Expr<'_>) -> bool {
    use ast::{BinOpKind, CompareOpKind};
    let mut found = false;
    walk(expression, &mut |part| {
        found |= match part {
            ast::Expr::BinOp(one) => {
                use BinOpKind::{Gt, Gte, Lt, Lte};
                matches!(one.op, Gt | Gte | Lt | Lte)
            }
            ast::Expr::Compare(chain) => chain.ops.iter().any(|one| {
                use CompareOpKind::{Gt, Gte, Lt, Lte};
                matches!(one.op, Gt | Gte | Lt | Lte)
            }),
            _ => false,
        };
    });
    found
}

/// Visits an expression and all its parts, the outer before the inner. minijinja bounds the depth.
fn walk(expression: &ast::Expr<'_>, visit: &mut impl FnMut(&ast::Expr<'_>)) {
    visit(expression);
    let mut each =
        |parts: Vec<&ast::Expr<'_>>| parts.into_iter().for_each(|part| walk_dyn(part, visit));
    match expression {
        ast::Expr::Var(_) | ast::Expr::Const(_) => {}
        ast::Expr::Slice(slice) => {
            each(vec![&slice.expr]);
            each([&slice.start, &slice.stop, &slice.step].into_iter().flatten().collect());
        }
        ast::Expr::UnaryOp(op) => each(vec![&op.expr]),
        ast::Expr::BinOp(op) => each(vec![&op.left, &op.right]),
        ast::Expr::Compare(compare) => {
            each(vec![&compare.expr]);
            each(compare.ops.iter().map(|op| &op.expr).collect());
        }
        ast::Expr::IfExpr(choice) => {
            each(vec![&choice.test_expr, &choice.true_expr]);
            each(choice.false_expr.iter().collect());
        }
        ast::Expr::Filter(filter) => {
            each(filter.expr.iter().collect());
            each(filter.args.iter().map(argument).collect());
        }
        ast::Expr::Test(test) => {
            each(vec![&test.expr]);
            each(test.args.iter().map(argument).collect());
        }
        ast::Expr::GetAttr(attribute) => each(vec![&attribute.expr]),
        ast::Expr::GetItem(item) => each(vec![&item.expr, &item.subscript_expr]),
        ast::Expr::Call(call) => {
            each(vec![&call.expr]);
            each(call.args.iter().map(argument).collect());
        }
        ast::Expr::List(list) => each(list.items.iter().collect()),
        ast::Expr::Tuple(tuple) => each(tuple.items.iter().collect()),
        ast::Expr::Map(map) => each(map.keys.iter().chain(&map.values).collect()),
    }
}

/// As [`walk`]; a recursion over a generic closure would never end for the compiler.
fn walk_dyn(expression: &ast::Expr<'_>, mut visit: &mut dyn FnMut(&ast::Expr<'_>)) {
    walk(expression, &mut visit);
}

fn argument<'a, 'e>(argument: &'a ast::CallArg<'e>) -> &'a ast::Expr<'e> {
    match argument {
        ast::CallArg::Pos(value)
        | ast::CallArg::Kwarg(_, value)
        | ast::CallArg::PosSplat(value)
        | ast::CallArg::KwargSplat(value) => value,
    }
}

/// `{{ member_since | date("%-d %B %Y") }}` of a field like `2026-05-31`.
fn date(value: &str, format: &str) -> Result<String, Error> {
    let day = value.get(..10).unwrap_or(value).parse::<Date>();
    let written = day.and_then(|day| jiff::fmt::strtime::format(format, day));
    written.map_err(|_| Error::new(ErrorKind::InvalidOperation, "it is not a day like 2026-05-31"))
}

/// At most so many characters, an ellipsis in place of what is left out.
fn truncate(value: &str, most: usize) -> String {
    if value.chars().count() <= most {
        return value.to_owned();
    }
    let kept: String = value.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The text of a value; a list has none.
pub(super) fn text(value: &Value) -> Result<String, &'static str> {
    use minijinja::value::ValueKind::{Iterable, Map, Plain, Seq};
    match value.kind() {
        Seq | Iterable | Map | Plain => Err("is a list; write `| join(\", \")` after it"),
        _ => Ok(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(expression: &str) -> String {
        check(expression).map_or_else(|error| error.to_string(), |()| "understood".to_owned())
    }

    #[test]
    fn what_fails_for_every_reader_is_found_before_the_first() {
        for fine in [
            "name | upper | default(\"a | b\")",
            "city == \"Oslo\" or city in [\"Bergen\", \"Bodø\"]",
            "name is defined and not (\"vip\" in tags)",
            "name[:1] ~ \".\" if name is defined else \"you\"",
            "since | date(\"%-d %B %Y\")",
            "visits is divisibleby(3)",
        ] {
            assert_eq!(said(fine), "understood", "{fine}");
        }
        assert!(check("name |").is_err() && check("").is_err());
        assert_eq!(said("name | defalt(\"x\")"), "there is no filter `defalt`");
        assert_eq!(check("name | defalt(\"x\")").unwrap_err().help, "did you mean `default`?");
        assert_eq!(said("name is defned"), "there is no test `is defned`");
        assert_eq!(said("city.x"), "`.x`: a field has no parts");
        assert_eq!(said("tags[0]"), "`[…]`: a field has no parts");
        assert_eq!(said("name if range(3)"), "nothing is called in a tag");
        assert_eq!(said("name | default(x.y)"), "`.y`: a field has no parts");
        assert_eq!(said("name * 316 * 3146"), "nothing is multiplied in a tag");
        assert_eq!(said("\"x\" * 99999999999"), "nothing is multiplied in a tag");
        assert_eq!(said("name | default(2 ** 9)"), "nothing is multiplied in a tag");
        assert_eq!(said("name | safe"), "`safe`: every value is escaped for its place already");
        assert_eq!(said("since | date(\"%Q!\")"), "`%Q!` is not a format for a day");
    }

    #[test]
    fn our_own_filters_shorten_texts_and_write_days() {
        assert_eq!(truncate("Þórsdóttir", 10), "Þórsdóttir");
        assert_eq!(truncate("Ada Lovelace", 5), "Ada…");
        assert_eq!(date("2026-05-31", "%-d %B %Y").unwrap(), "31 May 2026");
        assert_eq!(date("2026-05-31T08:00", "%A").unwrap(), "Sunday");
        assert!(date("soon", "%A").is_err() && date("2026-02-30", "%A").is_err());
    }
}
