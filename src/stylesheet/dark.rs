//! Colours that stay as they are when the letter around them turns dark.

use crate::finding::shown;

/// A rule that sets the colour of text or what is behind it, for one selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    selector: String,
    at: usize,
    in_dark: bool,
    /// The colours of text and of what is behind it, as far as they are written out.
    text: Option<String>,
    ground: Option<String>,
}

/// What a rule sets, for each of its selectors; variables follow the light by themselves.
pub(super) fn settings(
    selectors: &str,
    declarations: &[(String, String)],
    at: usize,
    in_dark: bool,
) -> Vec<Setting> {
    let value = |names: &[&str]| {
        let set = declarations.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
        set.map(|(_, value)| value.clone()).filter(|value| in_dark || value.contains('#'))
    };
    let (text, ground) = (value(&["color"]), value(&["background-color", "background"]));
    if text.is_none() && ground.is_none() {
        return Vec::new();
    }
    let selectors = selectors.split(',').map(|selector| {
        let selector = selector.split_whitespace().collect::<Vec<_>>().join(" ");
        Setting { selector, at, in_dark, text: text.clone(), ground: ground.clone() }
    });
    selectors.collect()
}

/// Where one of a pair of colours is written out and has no counterpart in the dark: what is wrong and what to do.
pub(super) fn hostile(settings: &[Setting]) -> Vec<(usize, String, String)> {
    let mut found: Vec<(usize, String, String)> = Vec::new();
    for light in settings.iter().filter(|setting| !setting.in_dark) {
        let dark =
            || settings.iter().filter(|dark| dark.in_dark && dark.selector == light.selector);
        let text = light.text.as_ref().filter(|_| !dark().any(|dark| dark.text.is_some()));
        let ground = light.ground.as_ref().filter(|_| !dark().any(|dark| dark.ground.is_some()));
        let (property, value, other) = match (text, ground) {
            (Some(text), None) => ("color", text, "what is behind it"),
            (None, Some(ground)) => ("background-color", ground, "the text on it"),
            // A pair stays readable together.
            (None, None) | (Some(_), Some(_)) => continue,
        };
        if found.iter().any(|(at, ..)| *at == light.at) {
            continue;
        }
        let selector = shown(&light.selector);
        let message = format!(
            "`{property}: {}` of `{selector}` stays in the dark, but {other} does not",
            shown(value)
        );
        let help = format!(
            "set it for the dark, too: `@media (prefers-color-scheme: dark) {{ {selector} {{ {property}: … }} }}`, or use a variable of the theme"
        );
        found.push((light.at, message, help));
    }
    found
}
