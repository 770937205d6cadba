//! Images: texts for those who do not see them, formats that everybody shows, and no more bytes than needed.

use super::Subject;
use super::document::{LinkKind, Picture};
use super::note::Note;
use crate::clients::{self, Kind};
use crate::compose::images::Image;
use crate::finding::shown;
use crate::rule::{self, Rule, Severity};

/// A longer text is a caption, in characters.
const LONG_TEXT: usize = 150;
/// Twice the widest column, in pixels: what a dense screen can show.
const WIDE: u32 = 1200;
/// In bytes, of all images that readers' programs fetch.
const HEAVY_IN_ALL: u64 = 2_000_000;
/// A moving picture of this many bytes starts late and empties batteries.
const HEAVY_ANIMATION: u64 = 1_000_000;
/// A letter with an image and fewer bytes of text looks like advertising to filters.
const LITTLE_TEXT: usize = 400;

/// What is to be said of the images of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    for picture in &subject.document.images {
        if is_tracking(picture) {
            notes.push(tracking(picture));
            continue;
        }
        notes.extend(text(subject, picture));
        match subject.images.get(&picture.url) {
            Some(image) => {
                notes.extend(image.ok().into_iter().flat_map(|image| file(picture, image)));
            }
            None => notes.extend(address(subject, picture)),
        }
    }
    notes.extend(in_all(subject));
    notes.extend(only_images(subject));
    notes
}

fn note(rule: &'static Rule, picture: &Picture, message: impl Into<String>, help: &str) -> Note {
    Note::body(rule, picture.range.clone(), message).help(help)
}

/// Of the text for readers who do not see the image; that it is missing is said when the draft is composed.
fn text(subject: &Subject<'_>, picture: &Picture) -> Option<Note> {
    let alt = picture.alt.trim();
    let length = alt.chars().count();
    if length > LONG_TEXT {
        let message = format!(
            "text of {length} characters for an image; screen readers read it in one breath"
        );
        let help = "say what matters, and put the rest beside the image or into its title";
        return Some(note(&rule::IMG_ALT_LONG, picture, message, help));
    }
    if is_file_name(alt) {
        let message = format!("`{}` does not say what the image shows", shown(alt));
        return Some(note(&rule::IMG_ALT_FILENAME, picture, message, "describe it in a few words"));
    }
    let link = &subject.document.links[picture.link?];
    let is_decoration =
        picture.element.as_ref().is_some_and(|element| element.attribute("alt").is_some());
    let is_bare = link.text.trim().is_empty() && alt.is_empty() && is_decoration;
    is_bare.then(|| {
        let message = "a link with nothing to read: its only content is an image with `alt=\"\"`";
        note(&rule::IMG_LINKED_EMPTY_ALT, picture, message, "say in `alt` where the link leads")
    })
}

/// `IMG_1234`, `photo.jpg`, `image`.
fn is_file_name(alt: &str) -> bool {
    let lower = alt.to_ascii_lowercase();
    let endings = [".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".heic", ".avif", ".bmp"];
    let numbered = ["img", "dsc", "dscn", "image", "photo", "screenshot", "pic", "picture"];
    let stem = lower.trim_end_matches(|c: char| {
        c.is_ascii_digit() || matches!(c, '_' | '-' | ' ' | '(' | ')' | '.')
    });
    endings.iter().any(|ending| lower.ends_with(ending)) && !lower.contains(' ')
        || numbered.contains(&stem)
}

/// Of an image of the project.
fn file(picture: &Picture, image: &Image) -> Vec<Note> {
    let mut notes = Vec::new();
    let name = shown(&picture.url);
    if image.width > WIDE {
        let message = format!(
            "image `{name}` is {} pixels wide; {WIDE} are enough for every screen",
            image.width
        );
        notes.push(note(&rule::IMG_TOO_WIDE, picture, message, "scale it down"));
    }
    if image.is_moving && image.bytes > HEAVY_ANIMATION {
        let message = format!("GIF `{name}` weighs {} kB", image.bytes / 1000);
        let help = "shorten it, or show one picture that links to a video";
        notes.push(note(&rule::IMG_ANIMATED_LARGE, picture, message, help));
    }
    notes
}

/// Of an image somewhere in the web, as far as its address tells.
fn address(subject: &Subject<'_>, picture: &Picture) -> Vec<Note> {
    let mut notes = Vec::new();
    let url = picture.url.trim();
    let lower = url.to_ascii_lowercase();
    if lower.starts_with("http://") {
        let message = format!("image `{}` is fetched in the clear", shown(url));
        let help = "write `https://`; some programs do not show it otherwise";
        notes.push(note(&rule::IMG_HTTP, picture, message, help));
    }
    notes.extend(format(picture, &lower));
    let is_remote = lower.starts_with("http") || lower.starts_with("//");
    if is_remote && width(subject, picture).is_none() {
        let help = match picture.kind {
            LinkKind::Html => "add `width=\"552\"`, or what it is to be",
            _ => "add `{width=552}`, or what it is to be, right after it",
        };
        let message = "image without a width: Outlook on Windows shows it at the size of its file";
        notes.push(note(&rule::IMG_NO_WIDTH, picture, message, help));
    }
    notes
}

/// A format that some clients do not show.
fn format(picture: &Picture, url: &str) -> Option<Note> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit('/').next()?.rsplit_once('.')?.1;
    let (rule, format): (&'static Rule, _) = match ending {
        "svg" => (&rule::IMG_SVG, "svg"),
        "webp" => (&rule::IMG_WEBP, "webp"),
        "avif" => (&rule::IMG_AVIF, "avif"),
        "bmp" => (&rule::IMG_BMP, "bmp"),
        "tif" | "tiff" => (&rule::IMG_TIFF, "tiff"),
        "heic" | "heif" => (&rule::IMG_HEIF, "heif"),
        _ => return None,
    };
    let gap = clients::support(Kind::Image, format).and_then(clients::Support::gap);
    let gap =
        gap.map_or("not shown by every program".to_owned(), |gap| format!("not shown by {gap}"));
    let message = format!("{} is {gap}", format.to_ascii_uppercase());
    Some(note(rule, picture, message, "save it as PNG or JPEG"))
}

/// The width that the author gives an image, in words.
fn width<'s>(subject: &'s Subject<'_>, picture: &'s Picture) -> Option<&'s str> {
    if let Some(element) = &picture.element {
        return element.attribute("width");
    }
    let after = &subject.document.text()[picture.range.end..];
    let attributes = after.strip_prefix('{')?.split('}').next()?;
    attributes.split_whitespace().find_map(|word| word.strip_prefix("width="))
}

/// One pixel, or none; or hidden by its style.
fn is_tracking(picture: &Picture) -> bool {
    let Some(element) = &picture.element else { return false };
    let style = element.attribute("style").unwrap_or_default().to_ascii_lowercase();
    let styles: Vec<(&str, &str)> = style
        .split(';')
        .filter_map(|one| one.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let is_tiny = |name| {
        let set = styles.iter().find(|(property, _)| *property == name).map(|(_, value)| *value);
        let value = set.or_else(|| element.attribute(name).map(str::trim));
        value.is_some_and(|value| matches!(value.trim_end_matches("px"), "0" | "1"))
    };
    let hides = [("display", "none"), ("visibility", "hidden"), ("opacity", "0")];
    is_tiny("width") && is_tiny("height") || hides.iter().any(|one| styles.contains(one))
}

fn tracking(picture: &Picture) -> Note {
    let message = "an image that nobody sees counts readers behind their backs";
    note(&rule::IMG_TRACKING_PIXEL, picture, message, "delete it")
}

/// What the images weigh together that readers' programs fetch; those that travel have a budget of their own.
fn in_all(subject: &Subject<'_>) -> Option<Note> {
    let hosted = subject.images.usable().filter(|(_, image)| image.embedded.is_none());
    let total: u64 = hosted.map(|(_, image)| image.bytes).sum();
    (total > HEAVY_IN_ALL).then(|| {
        let message = format!("the images weigh {} kB together", total / 1000);
        Note::whole(&rule::IMG_TOTAL_HEAVY, message)
            .weighing(Severity::Warning)
            .help("make them smaller: 1200 pixels across and JPEG for photographs")
    })
}

fn only_images(subject: &Subject<'_>) -> Option<Note> {
    let first = subject.document.images.first()?;
    let text: usize = subject.document.runs.iter().map(|run| run.text.trim().len()).sum();
    let message =
        format!("{text} bytes of text beside an image; filters take that for advertising");
    (text < LITTLE_TEXT)
        .then(|| note(&rule::IMG_ONLY, first, message, "write a few sentences more"))
}

#[cfg(test)]
mod tests;
