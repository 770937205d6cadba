//! A letter in a certain light: as in a light client, in a dark one that honours its author's dark styles, or in one
//! that inverts colours itself.
//!
//! Browsers decide by their own settings; here the styles are changed, so that each light can be seen in either.

use super::markup::{self, Token, Tokens};
use crate::theme::colour::Colour;

/// The light a letter is shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Light {
    /// A light client.
    #[default]
    Bright,
    /// A dark client that knows `prefers-color-scheme`: Apple Mail, Thunderbird, some Outlooks.
    Dark,
    /// A dark client that turns colours around itself: Gmail on phones, some Outlooks.
    Inverted,
}

impl Light {
    pub(super) const ALL: [Self; 3] = [Self::Bright, Self::Dark, Self::Inverted];

    /// What names it in addresses.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Bright => "light",
            Self::Dark => "dark",
            Self::Inverted => "inverted",
        }
    }

    /// What a button says, and what it means.
    pub(super) fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Bright => ("Light", "As light clients show it"),
            Self::Dark => ("Dark", "As dark clients show it that honour your dark styles"),
            Self::Inverted => {
                ("Inverted", "As dark clients show it that turn colours around themselves")
            }
        }
    }
}

/// The document in a light.
pub(super) fn in_light(html: &str, light: Light) -> String {
    let mut out = String::with_capacity(html.len() + 1024);
    for token in Tokens::of(html) {
        match token {
            Token::Raw(css) => out.push_str(&style_element(css, light)),
            Token::Open(tag, _) => out.push_str(&open(tag, light)),
            Token::Close(name) => {
                if name == "head" && light == Light::Inverted {
                    out.push_str("<style>html{background:#212121;color:#dbdbdb}</style>");
                }
                out.extend(["</", name, ">"]);
            }
            Token::Text(text) => out.push_str(text),
            // What Outlook alone reads says nothing to a browser.
            Token::Aside if out.is_empty() => out.push_str("<!DOCTYPE html>"),
            Token::Aside => {}
        }
    }
    out
}

/// The styles of the head. Whether it is dark is no longer asked of the browser.
fn style_element(css: &str, light: Light) -> String {
    let is_dark = light == Light::Dark;
    let (asked, scheme) =
        if is_dark { ("(min-width:0)", "dark") } else { ("(max-width:0)", "light") };
    let mut css = css.replace("color-scheme:light dark", &format!("color-scheme:{scheme}"));
    for query in ["(prefers-color-scheme:dark)", "(prefers-color-scheme: dark)"] {
        css = css.replace(query, asked);
    }
    let other = if is_dark { "(max-width:0)" } else { "(min-width:0)" };
    for query in ["(prefers-color-scheme:light)", "(prefers-color-scheme: light)"] {
        css = css.replace(query, other);
    }
    if light == Light::Inverted { inverted(&css) } else { css }
}

fn open(tag: &str, light: Light) -> String {
    let scheme = if light == Light::Dark { "dark" } else { "light" };
    if markup::name(tag) == "meta" {
        return tag.replace("content=\"light dark\"", &format!("content=\"{scheme}\""));
    }
    if light != Light::Inverted {
        return tag.to_owned();
    }
    let mut tag = tag.to_owned();
    if let Some(range) = markup::value_range(&tag, "style") {
        let style = inverted(&tag[range.clone()]);
        tag.replace_range(range, &style);
    }
    if let Some(range) = markup::value_range(&tag, "bgcolor") {
        let colour = colour(&tag[range.clone()]).map(|ground| ground.inverted_ground().to_string());
        if let Some(colour) = colour {
            tag.replace_range(range, &colour);
        }
    }
    tag
}

/// Declarations with their colours turned around: grounds if they are light, texts if they are dark, lines either way
/// (CIE LCH: lightness to the other half, three quarters as far from the middle; a fifth less colour).
fn inverted(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    loop {
        let end = rest.find([';', '{', '}']).map_or(rest.len(), |at| at + 1);
        let (piece, after) = rest.split_at(end);
        out.push_str(&declaration(piece));
        rest = after;
        if rest.is_empty() {
            return out;
        }
    }
}

fn declaration(piece: &str) -> String {
    let Some((property, value)) = piece.split_once(':').filter(|_| !piece.ends_with('{')) else {
        return piece.to_owned();
    };
    let turn: fn(Colour) -> Colour = match property.trim() {
        "color" | "-webkit-text-fill-color" | "text-decoration-color" => Colour::inverted_text,
        "background" | "background-color" => Colour::inverted_ground,
        name if name.starts_with("border") && name != "border-radius" => turned,
        _ => return piece.to_owned(),
    };
    let mut out = format!("{property}:");
    // Every run of what can be a colour's name or its digits.
    let mut word = String::new();
    for c in value.chars().chain(['\0']) {
        if c.is_ascii_alphanumeric() || c == '#' {
            word.push(c);
            continue;
        }
        match colour(&word) {
            Some(colour) => out.push_str(&turn(colour).to_string()),
            None => out.push_str(&word),
        }
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

/// A line is seen in both: the light ones become dark, the dark ones light.
fn turned(colour: Colour) -> Colour {
    let text = colour.inverted_text();
    if text == colour { colour.inverted_ground() } else { text }
}

/// `#rrggbb`, `#rgb` and the two names that letters use.
fn colour(word: &str) -> Option<Colour> {
    match word {
        "white" => return Some(Colour::hex(0xff_ffff)),
        "black" => return Some(Colour::hex(0)),
        _ => {}
    }
    let digits = word.strip_prefix('#')?;
    let long: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        _ => digits.to_owned(),
    };
    format!("#{long}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &str = "<!DOCTYPE html><html><head><meta name=\"color-scheme\" content=\"light dark\">\
        <style>:root{color-scheme:light dark}@media (prefers-color-scheme:dark){.a{color:#eeeeee !important}}</style></head>\
        <body style=\"color:#000000;background-color:#fff;border:1px solid #ffffff\"><!--[if mso]>x<![endif]-->\
        <p>(prefers-color-scheme:dark) color:#000000</p></body></html>";

    #[test]
    fn the_author_decides_how_dark_looks_and_the_browser_does_not() {
        let dark = in_light(LETTER, Light::Dark);
        assert!(
            dark.contains("@media (min-width:0){.a") && dark.contains("content=\"dark\""),
            "{dark}"
        );
        let light = in_light(LETTER, Light::Bright);
        assert!(
            light.contains("@media (max-width:0){.a") && light.contains("{color-scheme:light}")
        );
        for shown in [dark, light] {
            assert!(shown.contains("<p>(prefers-color-scheme:dark) color:#000000</p>"), "{shown}");
            assert!(shown.contains("background-color:#fff;") && !shown.contains("mso"), "{shown}");
        }
    }

    #[test]
    fn a_client_that_inverts_turns_grounds_texts_and_lines() {
        let shown = in_light(LETTER, Light::Inverted);
        assert!(
            shown.contains(
                "style=\"color:#dbdbdb;background-color:#212121;border:1px solid #212121\""
            ),
            "{shown}"
        );
        assert!(shown.contains("@media (max-width:0){.a{color:#eeeeee !important}}"), "{shown}");
        assert!(shown.contains("<p>(prefers-color-scheme:dark) color:#000000</p>"), "{shown}");
        assert_eq!(declaration("border-radius:4px;"), "border-radius:4px;");
        assert_eq!(declaration("background:white url(x)"), "background:#212121 url(x)");
    }
}
