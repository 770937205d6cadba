//! What mail programs understand of CSS, and what to do instead. Who lacks what is in `clients`; that a gap there matters
//! in letters is decided here.
//!
//! What a program ignores without harm stays in the letter, for those that do not. Left out is what loads from the web,
//! what makes Gmail drop more than one declaration, and what takes things out of their place: who ignores that shows
//! another letter, and the way to unsubscribe could be put where nobody sees it.

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

/// Properties that break a letter where they are ignored, what to do instead, and whether they are left out.
const PROPERTIES: &[(&str, &str, bool)] = &[
    ("position", "let things follow each other", true),
    ("float", "let things follow each other", false),
    ("background-image", "use `background-color`, and an image in the draft", true),
    ("grid", "letters have one column", true),
    ("flex", "letters have one column", true),
    ("gap", "use `padding` or `margin`", true),
    ("box-shadow", "use `border`", false),
    ("content", "write it in the draft", true),
    ("behavior", "leave it out", true),
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
const FUNCTIONS: &[&str] = &[
    "rgb",
    "rgba",
    "hsl",
    "hsla",
    "hwb",
    "lab",
    "lch",
    "oklab",
    "oklch",
    "light-dark",
    "color",
    "color-mix",
    "attr",
    "env",
    "expression",
];

/// Functions that load from the web.
const LOADING: &[&str] =
    &["url", "image-set", "-webkit-image-set", "image", "cross-fade", "src", "element"];

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

/// What is to be said of a declaration.
#[derive(Debug)]
pub(super) struct Remark {
    /// Where; `None`: at its start.
    pub(super) at: Option<usize>,
    pub(super) message: String,
    /// What to do instead.
    pub(super) help: &'static str,
    /// Whether the letter goes without the declaration.
    pub(super) is_left_out: bool,
}

/// What is wrong with a declaration.
pub(super) fn declaration(name: &str, value: &str, pieces: &[Piece]) -> Vec<Remark> {
    let mut wrong = Vec::new();
    let mut say = |what: &str, gap: Option<String>, help, is_left_out| {
        let gap = gap.unwrap_or_else(|| "ignored by large mail programs".to_owned());
        let message = format!("`{}` is {gap}", shown(what));
        wrong.push(Remark { at: None, message, help, is_left_out });
    };
    let is = |property: &str| {
        name == property || name.strip_prefix(property).is_some_and(|rest| rest.starts_with('-'))
    };
    let known = PROPERTIES.iter().find(|(property, ..)| is(property));
    let is_missed = clients::support(Feature::Property, name)
        .is_some_and(|support| support.large_without() >= 2)
        && !REFINEMENTS.contains(&name);
    let known = known.map(|(_, help, is_left_out)| (*help, *is_left_out));
    if let Some((help, is_left_out)) = known.or(is_missed.then_some(("leave it out", false))) {
        say(name, gap(Feature::Property, name), help, is_left_out);
    }
    if name == "display" && (value.contains("flex") || value.contains("grid")) {
        let kind = if value.contains("flex") { "display:flex" } else { "display:grid" };
        let what = format!("display: {value}");
        say(&what, gap(Feature::Value, kind), "letters have one column", true);
    }
    wrong.extend(pieces.iter().filter_map(|piece| part(name, value, piece)));
    wrong
}

fn part(name: &str, value: &str, piece: &Piece) -> Option<Remark> {
    let text = shown(&piece.text);
    let remark = |message: String, help, is_left_out| {
        Some(Remark { at: Some(piece.at), message, help, is_left_out })
    };
    match piece.kind {
        Kind::Function | Kind::Url if LOADING.contains(&piece.text.as_str()) => {
            let message = format!("`{text}()` loads from the web, which letters must not");
            remark(message, "leave it out", true)
        }
        Kind::Function if piece.text == "var" => {
            let known =
                VARIABLES.iter().any(|variable| value.contains(&format!("var(--{variable})")));
            let help = "the variables are those of docs/themes.md, e.g. `var(--accent)`";
            let message = format!("unknown variable in `{}`", shown(value));
            remark(message, help, true).filter(|_| !known)
        }
        Kind::Function => {
            let help = "write colours as six digits, e.g. `#0a5c50`, and lengths in px";
            let gap = gap(Feature::Function, &piece.text);
            let is_judged = FUNCTIONS.contains(&piece.text.as_str());
            if gap.is_none() && !is_judged {
                return None;
            }
            let gap = gap.unwrap_or_else(|| "not understood by large mail programs".to_owned());
            remark(format!("`{text}()` is {gap}"), help, is_judged)
        }
        Kind::Unit if piece.text != "px" => {
            let gap = gap(Feature::Unit, &piece.text);
            let gap = gap.unwrap_or_else(|| "not one for letters".to_owned());
            remark(format!("the unit `{text}` is {gap}"), "write px or %", false)
        }
        Kind::Negative if name.starts_with("margin") => {
            let message = "negative margins are ignored by large mail programs";
            remark(message.to_owned(), "use 0 or more", true)
        }
        Kind::Hash => {
            let message = format!("`#{text}` is not a colour that every mail program reads");
            remark(message, "write six digits", true)
        }
        _ => None,
    }
}

/// `not understood by Gmail and 3 more`, if some client does not.
fn gap(kind: Feature, name: &str) -> Option<String> {
    let gap = clients::support(kind, name)?.gap()?;
    Some(format!("not understood by {gap}"))
}
