//! What mail programs understand of CSS (caniemail, 2026), as far as people are likely to reach for it.

use super::{Kind, Piece};
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

/// Properties that some large client ignores, and what to do instead.
const PROPERTIES: &[(&str, &str)] = &[
    ("position", "let things follow each other"),
    ("float", "let things follow each other"),
    ("background-image", "use `background-color`, and an image in the draft"),
    ("grid", "letters have one column"),
    ("flex", "letters have one column"),
    ("gap", "use `padding` or `margin`"),
    ("transform", "leave it out"),
    ("animation", "leave it out"),
    ("transition", "leave it out"),
    ("filter", "leave it out"),
    ("box-shadow", "use `border`"),
    ("content", "write it in the draft"),
];

/// Functions that some large client ignores; some of them make Gmail drop the whole block.
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
    "color",
    "color-mix",
    "calc",
    "min",
    "max",
    "clamp",
    "attr",
    "env",
    "url",
    "linear-gradient",
    "radial-gradient",
];

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
        return Some((format!("`:{}` does nothing in letters", shown(name)), "name a class"));
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
    if let Some((_, help)) = PROPERTIES.iter().find(|(property, _)| is(property)) {
        wrong.push((None, format!("`{}` is ignored by large mail programs", shown(name)), *help));
    }
    if name == "display" && (value.contains("flex") || value.contains("grid")) {
        let message = format!("`display: {}` is ignored by large mail programs", shown(value));
        wrong.push((None, message, "letters have one column"));
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
        Kind::Function if FUNCTIONS.contains(&piece.text.as_str()) => {
            let help = "write colours as six digits, e.g. `#0a5c50`, and lengths in px";
            Some((format!("`{text}()` is not understood by large mail programs"), help))
        }
        Kind::Unit if !matches!(piece.text.as_str(), "px") => Some((
            format!("the unit `{text}` is not understood by large mail programs"),
            "write px or %",
        )),
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
