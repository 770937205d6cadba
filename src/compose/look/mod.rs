//! The look of a letter: a design's stylesheets with its colours, fonts and width filled in, and the user's own after them.

mod mirror;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::config::Theme;
use crate::finding::Finding;
use crate::rule;
use crate::source::Source;
use crate::stylesheet::{self, Stylesheet};
use crate::theme::Design;
use crate::theme::palette::Palette;

const BASE: &str = include_str!("base.css");
const DARK: &str = include_str!("dark.css");

/// How letters look: the `[theme]` of the configuration, and what its stylesheet says.
///
/// What it comes to in a design is worked out once, for all letters.
#[derive(Debug, Clone)]
pub struct Look {
    theme: Theme,
    sheet: Stylesheet,
    /// For each design one from left to right, and one from right to left.
    dresses: [[OnceLock<Dress>; 2]; Design::ALL.len()],
}

/// The look of a project without wishes.
pub static PLAIN: Look = Look::new(Theme::PLAIN, Stylesheet::NONE);

/// A look made ready for one letter.
#[derive(Debug, Clone)]
pub(super) struct Dress {
    /// To be inlined into the body.
    pub inlined: String,
    /// The head's style element.
    pub head: String,
    /// The `style` of the body, which is not inlined.
    pub body: String,
    /// The fonts that Outlook gets, for text and for headings.
    pub outlook: [String; 2],
}

/// The stylesheets of a design.
fn sheets(design: Design) -> [&'static str; 3] {
    let own = match design {
        Design::Letter => include_str!("letter.css"),
        Design::Bulletin => include_str!("bulletin.css"),
        Design::Workshop => include_str!("workshop.css"),
    };
    [BASE, DARK, own]
}

impl Look {
    /// `newsletter.theme` and `[theme]`, and the file that `theme.css` names.
    pub const fn new(theme: Theme, sheet: Stylesheet) -> Self {
        Self {
            theme,
            sheet,
            dresses: [const { [const { OnceLock::new() }; 2] }; Design::ALL.len()],
        }
    }

    /// `newsletter.theme` and `[theme]`.
    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    /// The width of the text column in pixels: what is left of the letter between the paddings of its design.
    pub(super) fn column(&self, design: Design) -> u32 {
        let padding = match design {
            Design::Letter => 32,
            Design::Bulletin => 36,
            // And the border of the card.
            Design::Workshop => 37,
        };
        self.theme.width - 2 * padding
    }

    /// What is worth saying about the colours when this design is used.
    pub(super) fn remarks(&self, design: Design) -> Option<Finding> {
        let accent = self.theme.accent?;
        let nearest = design.readable(accent.colour);
        if nearest == accent.colour {
            return None;
        }
        let message = format!(
            "`theme.accent` `{}` cannot be read on the `{}` theme's paper: it needs a contrast of 4.5:1, inverted too",
            accent.colour,
            design.name()
        );
        let help = format!("write `accent = \"{nearest}\"`, which letters use meanwhile");
        let finding = Finding::about(&rule::CONTRAST, &self.theme.file, message).help(help);
        Some(Finding { place: Some(accent.place), ..finding })
    }

    /// The stylesheets for a letter in this design, in a language that is written in either direction.
    pub(super) fn dress(&self, design: Design, is_rtl: bool) -> &Dress {
        let dress = &self.dresses[design as usize][usize::from(is_rtl)];
        dress.get_or_init(|| self.worked_out(design, is_rtl))
    }

    fn worked_out(&self, design: Design, is_rtl: bool) -> Dress {
        let theme = &self.theme;
        let accent = theme.accent.map_or(design.accent(), |accent| accent.colour);
        let (light, dark) = design.palettes(accent);
        let (font, heading, code) = design.fonts();
        let named = |wanted: &Option<String>, own: &str| {
            let stack = || crate::theme::fonts::stack(own).map_or(String::new(), |stack| stack);
            wanted.clone().unwrap_or_else(stack)
        };
        let font = named(&theme.font, font);
        // A font of the user's is for headings too, unless the design sets those apart.
        let same = design.fonts().0 == heading;
        let heading = match &theme.heading_font {
            None if same => font.clone(),
            wanted => named(wanted, heading),
        };
        let sizes = [
            ("font", font.clone()),
            ("heading-font", heading.clone()),
            ("code-font", named(&theme.code_font, code)),
            ("width", format!("{}px", theme.width)),
        ];
        let ours = sheets(design).map(|css| if is_rtl { mirrored(ours(css)) } else { ours(css) });
        let all: Vec<&Stylesheet> = ours.iter().chain([&self.sheet]).collect();
        let inlined: String = all.iter().map(|sheet| sheet.inlined.as_str()).collect();
        Dress {
            inlined: filled(&inlined, &light, &sizes),
            head: head(&all, &light, &dark, &sizes),
            body: format!(
                "margin:0;padding:0;width:100%;background-color:{};-webkit-text-size-adjust:100%",
                light.ground.page
            ),
            outlook: [&font, &heading].map(|stack| outlook(stack)),
        }
    }
}

/// One of our own stylesheets; a test holds them to be without fault.
fn ours(css: &str) -> Stylesheet {
    stylesheet::parse(&Source::new("theme", css)).map_or(Stylesheet::NONE, |(sheet, _)| sheet)
}

/// One of our own for the other direction; users write theirs for their own language.
fn mirrored(sheet: Stylesheet) -> Stylesheet {
    Stylesheet { inlined: mirror::mirrored(&sheet.inlined), ..sheet }
}

/// All media blocks with the same query in one, narrow screens before the dark.
fn head(
    sheets: &[&Stylesheet],
    light: &Palette,
    dark: &Palette,
    sizes: &[(&str, String)],
) -> String {
    let mut css = ":root{color-scheme:light dark;supported-color-schemes:light dark}\n".to_owned();
    let blocks = || sheets.iter().flat_map(|sheet| &sheet.media);
    let mut queries: Vec<&str> = Vec::new();
    for (query, _) in blocks() {
        if !queries.contains(&query.as_str()) {
            queries.push(query);
        }
    }
    queries.sort_by_key(|query| query.contains("dark"));
    for query in queries {
        let palette = if query.contains("dark") { dark } else { light };
        let rules: String =
            blocks().filter(|block| block.0 == query).map(|block| block.1.as_str()).collect();
        let _ = writeln!(css, "@media {query}{{\n{}}}", filled(&rules, palette, sizes));
    }
    css
}

/// The rules that a letter with these classes needs, so that it carries no styles for what it has not.
pub(super) fn pruned(css: &str, classes: &BTreeSet<&str>) -> String {
    let is_needed = |selector: &str| {
        let named = selector.split('.').skip(1).map(|rest| {
            rest.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
                .next()
                .unwrap_or("")
        });
        named.into_iter().all(|class| classes.contains(class))
    };
    let mut out = String::with_capacity(css.len());
    for line in css.lines() {
        match line.split_once('{') {
            Some((selectors, body)) if !line.starts_with('@') => {
                let kept: Vec<&str> =
                    selectors.split(',').filter(|selector| is_needed(selector)).collect();
                if !kept.is_empty() {
                    let _ = writeln!(out, "{}{{{body}", kept.join(","));
                }
            }
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// `var(--ink)` becomes the palette's ink.
fn filled(css: &str, palette: &Palette, sizes: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(css.len());
    let mut pieces = css.split("var(--");
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once(')').unwrap_or((piece, ""));
        let colour = palette.named().into_iter().find(|(known, _)| *known == name);
        match (colour, sizes.iter().find(|(known, _)| *known == name)) {
            (Some((_, colour)), _) => out.push_str(&colour.to_string()),
            (None, Some((_, size))) => out.push_str(size),
            (None, None) => out.push_str("inherit"),
        }
        out.push_str(rest);
    }
    out
}

/// What Outlook on Windows shows of a stack: it stops at the first family, so it gets the last one.
fn outlook(stack: &str) -> String {
    let generic = stack.rsplit(',').next().unwrap_or_default();
    format!("{},{generic}", crate::theme::fonts::last_family(stack))
}

#[cfg(test)]
mod tests;
