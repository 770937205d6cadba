//! `newsletter.theme`, `newsletter.smart-punctuation` and `[theme]`: how letters look.

use std::path::PathBuf;

use super::newsletter::several_lines;
use super::settings::{Settings, Wrong};
use crate::finding::shown;
use crate::rule;
use crate::source::Place;
use crate::theme::Design;
use crate::theme::colour::Colour;
use crate::theme::fonts;

/// The width of a letter unless another is wanted, in pixels: what fits every client's reading pane.
const WIDTH: u32 = 600;

/// How letters look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// The design of drafts that do not name theirs.
    pub design: Design,
    /// Whether quotes, dashes and dots become typographic in drafts that do not say so themselves.
    pub smart: bool,
    /// The colour of links, bars and buttons, if not the design's own.
    pub accent: Option<Accent>,
    /// The font stacks of text, headings and code, if not the design's own.
    pub font: Option<String>,
    /// See `font`.
    pub heading_font: Option<String>,
    /// See `font`.
    pub code_font: Option<String>,
    /// The width of the letter in pixels.
    pub width: u32,
    /// An image instead of the newsletter's name.
    pub logo: Option<Logo>,
    /// A line in the masthead.
    pub header: Option<String>,
    /// Lines in the footer.
    pub footer: Option<String>,
    /// A stylesheet of the user's, relative to the configuration's folder.
    pub css: Option<PathBuf>,
    /// The name of the file all this is from.
    pub file: String,
}

/// An accent, and where it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// As asked for; a design may darken or lighten it.
    pub colour: Colour,
    /// In the configuration.
    pub place: Place,
}

/// The newsletter's mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// An https address, or a path from the project's folder, without a slash before it.
    pub source: String,
    /// What it shows, if not the newsletter's name.
    pub alt: Option<String>,
    /// In pixels.
    pub width: u32,
    /// Where the configuration names it.
    pub place: Place,
}

impl Logo {
    /// The path, if it is a file of the project.
    pub fn path(&self) -> Option<&str> {
        Some(self.source.as_str()).filter(|source| !source.starts_with("https://"))
    }
}

impl Theme {
    /// The theme of a project without wishes.
    pub const PLAIN: Self = Self {
        design: Design::Letter,
        smart: true,
        accent: None,
        font: None,
        heading_font: None,
        code_font: None,
        width: WIDTH,
        logo: None,
        header: None,
        footer: None,
        css: None,
        file: String::new(),
    };
}

/// Reads the section; `takes_paths` says whether an image of the project can be shown: it travels in the letter, or has
/// an https address to be hosted at.
pub(super) fn read(settings: &mut Settings<'_>, takes_paths: bool) -> Theme {
    let design = settings.parsed("newsletter.theme", Design::parse);
    let colour = settings.parsed("theme.accent", accent);
    let place = settings.place("theme.accent");
    Theme {
        design: design.unwrap_or_default(),
        smart: settings.flag("newsletter.smart-punctuation").unwrap_or(true),
        accent: colour.map(|colour| Accent { colour, place }),
        font: settings.parsed("theme.font", fonts::stack),
        heading_font: settings.parsed("theme.heading-font", fonts::stack),
        code_font: settings.parsed("theme.code-font", fonts::stack),
        width: settings.number("theme.width", 480..=720).unwrap_or(WIDTH),
        logo: mark(settings, takes_paths),
        header: settings.parsed("theme.header", several_lines),
        footer: settings.parsed("theme.footer", several_lines),
        css: settings.path("theme.css"),
        file: settings.file().to_owned(),
    }
}

fn accent(text: &str) -> Result<Colour, Wrong> {
    text.parse::<Colour>().map_err(|error| {
        let help = "write `#` and six digits, e.g. `accent = \"#0a5c50\"`";
        (format!("{error}: `{}`", shown(text)), help.into())
    })
}

fn mark(settings: &mut Settings<'_>, takes_paths: bool) -> Option<Logo> {
    let source = settings.parsed("theme.logo", |text| logo(text, takes_paths));
    let place = settings.place("theme.logo");
    let alt = settings.parsed("theme.logo-alt", several_lines);
    let width = settings.number("theme.logo-width", 16..=400);
    for key in ["theme.logo-alt", "theme.logo-width"] {
        if settings.has(key) && !settings.has("theme.logo") {
            let help = "add `logo = \"https://…\"` above it, or remove it";
            settings.report(
                &rule::CONFIG_INVALID,
                key,
                format!("`{key}` needs `theme.logo`"),
                help,
            );
        }
    }
    source.map(|source| Logo { source, alt, width: width.unwrap_or(160), place })
}

/// An https address as it is; or a path within the project, which needs a place on the web if images are hosted.
fn logo(text: &str, takes_paths: bool) -> Result<String, Wrong> {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "\"'<>\\{}".contains(c);
    let is_path = !text.contains(':') && !text.starts_with("//");
    if text.contains(is_odd) || !(text.starts_with("https://") || is_path && takes_paths) {
        let help = "write an https address; a path needs an https `base-url` in `[newsletter]` or `[images]`, or \
                    `mode = \"cid\"` in `[images]`";
        return Err((format!("is not the address of an image: `{}`", shown(text)), help.into()));
    }
    Ok(if is_path {
        text.trim_start_matches("./").trim_start_matches('/').to_owned()
    } else {
        text.to_owned()
    })
}
