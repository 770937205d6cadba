//! What mail programs understand of CSS, and what to do instead. Who lacks what is in `clients`; that a gap there matters
//! in letters is decided here.

use super::{Kind, Piece};
use crate::clients::{self, Kind as Feature};
use crate::finding::shown;

/// The colours and sizes that a stylesheet may name, `var(--ink)`.
pub(super) const VARIABLES: &[&str] = &[
    "page",
    "paper",
    "ink",
    "muted",
    "rule",
    "code",
    "accent",
    "on-accent",
    "mark",
    "tint",
    "band",
    "on-band",
    "tip",
    "tip-tint",
    "warning",
    "warning-tint",
    "caution",
    "caution-tint",
    "font",
    "heading-font",
    "code-font",
    "width",
];

/// Properties that break a letter where they are ignored, and what to do instead.
const PROPERTIES: &[(&str, &str)] = &[
    ("position", "let things follow each other"),
    ("float", "let things follow each other"),
    ("background-image", "use `background-color`, and an image in the draft"),
    ("grid", "letters have one column"),
    ("flex", "letters have one column"),
    ("gap", "use `padding` or `margin`"),
    ("box-shadow", "use `border`"),
    ("content", "write it in the draft"),
];

/// Properties that only refine: where they are ignored, nobody misses anything.
const REFINEMENTS: &[&str] = &[
    "color-scheme",
    "cursor",
    "font-kerning",
    "font-stretch",
    "hyphens",
    "orphans",
    "overflow-wrap",
    "tab-size",
    "text-decoration-skip-ink",
    "text-decoration-thickness",
    "text-underline-offset",
    "text-underline-position",
    "text-wrap",
    "widows",
];

/// Functions that the data does not judge, or too mildly: with some of them Gmail drops the whole block.
const FUNCTIONS: &[&str] =
    &["rgb", "rgba", "hsl", "hsla", "hwb", "color", "color-mix", "attr", "env", "url"];

/// The query of a media block that the head keeps, in one spelling.
pub(super) fn query(text: &str) -> Option<String> {
    let words = text.split_whitespace().collect::<String>().to_ascii_lowercase();
    let words = words.strip_prefix("screenand").unwrap_or(&words);
    let inner = words.strip_prefix('(')?.strip_suffix(')')?;
    let width = inner.strip_prefix("max-width:").and_then(|width| width.strip_suffix("px"));
    let is_width = width.is_some_and(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit()));
    (is_width || inner == "prefers-color-scheme:dark").then(|| format!("({inner})"))
}

/// What is wrong with a selector, and what to do instead.
pub(super) fn selector(selector: &str, in_media: bool) -> Option<(String, &'static str)> {
    let pseudo = selector.split(':').skip(1).map(|rest| {
        rest.split(|c: char| !(c.is_alphanumeric() || c == '-')).next().unwrap_or_default()
    });
    let structural = ["first-child", "last-child", "only-child", "nth-child", "not"];
    if let Some(name) = pseudo.into_iter().find(|name| in_media || !structural.contains(name)) {
        let message = match gap(Feature::Pseudo, name) {
            Some(gap) => format!("`:{}` is {gap}", shown(name)),
            None => format!("`:{}` does nothing in letters", shown(name)),
        };
        return Some((message, "name a class"));
    }
    if in_media && selector.contains(['>', '+', '~', '[']) {
        let message = format!("`{}` is too much for some clients", shown(selector));
        return Some((message, "in `@media`, name a class"));
    }
    None
}

/// Where something is wrong with a declaration (`None`: at its start), and what to do instead.
pub(super) fn declaration(
    name: &str,
    value: &str,
    pieces: &[Piece],
) -> Vec<(Option<usize>, String, &'static str)> {
    let mut wrong = Vec::new();
    let is = |property: &str| {
        name == property || name.strip_prefix(property).is_some_and(|rest| rest.starts_with('-'))
    };
    let ignored = |what: &str, gap: Option<String>| {
        let gap = gap.unwrap_or_else(|| "ignored by large mail programs".to_owned());
        format!("`{}` is {gap}", shown(what))
    };
    let known = PROPERTIES.iter().find(|(property, _)| is(property));
    let is_missed = clients::support(Feature::Property, name)
        .is_some_and(|support| support.large_without() >= 2)
        && !REFINEMENTS.contains(&name);
    if let Some(help) = known.map(|(_, help)| *help).or(is_missed.then_some("leave it out")) {
        wrong.push((None, ignored(name, gap(Feature::Property, name)), help));
    }
    if name == "display" && (value.contains("flex") || value.contains("grid")) {
        let kind = if value.contains("flex") { "display:flex" } else { "display:grid" };
        let what = format!("display: {value}");
        wrong.push((None, ignored(&what, gap(Feature::Value, kind)), "letters have one column"));
    }
    for piece in pieces {
        if let Some((message, help)) = part(name, value, piece) {
            wrong.push((Some(piece.at), message, help));
        }
    }
    wrong
}

fn part(name: &str, value: &str, piece: &Piece) -> Option<(String, &'static str)> {
    let text = shown(&piece.text);
    match piece.kind {
        Kind::Url => {
            Some(("`url()` loads from the web, which letters must not".into(), "leave it out"))
        }
        Kind::Function if piece.text == "var" => {
            let known =
                VARIABLES.iter().any(|variable| value.contains(&format!("var(--{variable})")));
            let help = "the variables are those of docs/themes.md, e.g. `var(--accent)`";
            (!known).then(|| (format!("unknown variable in `{}`", shown(value)), help))
        }
        Kind::Function => {
            let help = "write colours as six digits, e.g. `#0a5c50`, and lengths in px";
            let gap = gap(Feature::Function, &piece.text);
            let is_missed = gap.is_some() || FUNCTIONS.contains(&piece.text.as_str());
            let gap = gap.unwrap_or_else(|| "not understood by large mail programs".to_owned());
            is_missed.then(|| (format!("`{text}()` is {gap}"), help))
        }
        Kind::Unit if piece.text != "px" => Some(match gap(Feature::Unit, &piece.text) {
            Some(gap) => (format!("the unit `{text}` is {gap}"), "write px or %"),
            None => (format!("the unit `{text}` is not one for letters"), "write px or %"),
        }),
        Kind::Negative if name.starts_with("margin") => {
            Some(("negative margins are ignored by large mail programs".into(), "use 0 or more"))
        }
        Kind::Hash if piece.text.len() != 6 => Some((
            format!("`#{text}` is not a colour that every mail program reads"),
            "write six digits",
        )),
        _ => None,
    }
}

/// `not understood by Gmail and 3 more`, if some client does not.
fn gap(kind: Feature, name: &str) -> Option<String> {
    let gap = clients::support(kind, name)?.gap()?;
    Some(format!("not understood by {gap}"))
}
