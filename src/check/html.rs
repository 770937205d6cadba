//! Raw HTML in a draft: what Markdown says as well, what is left out of letters, and what cannot be embedded.

use url::Url;

use super::Subject;
use super::document::{BlockKind, Document, LinkKind, Raw, RawTag};
use super::note::Note;
use super::places::also;
use crate::compose::raw_html::Element;
use crate::finding::shown;
use crate::rule;
use crate::stylesheet;

/// What is to be said of the raw HTML of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let mut notes = Vec::new();
    // The name of the element whose Markdown was named, until it is closed: what is in it goes with it.
    let mut within: Option<&str> = None;
    for raw in &document.html {
        match &raw.tag {
            Some(RawTag::Open(element)) => {
                notes.extend(attributes(raw, element));
                notes.extend(styles(raw, element));
                let markdown = markdown(document, raw, element).filter(|_| within.is_none());
                if let Some(markdown) = markdown {
                    notes.push(equivalent(raw, element, &markdown));
                    within = Some(element.name.as_str()).filter(|name| !is_void(name));
                }
            }
            Some(RawTag::Close(name)) if within == Some(name) => within = None,
            _ => {}
        }
    }
    notes.extend(comments(document));
    notes.extend(embeds(document));
    notes
}

fn equivalent(raw: &Raw, element: &Element, markdown: &str) -> Note {
    let message = format!("raw `<{}>` where Markdown has a form for it", shown(&element.name));
    let help = format!("Markdown equivalent: `{markdown}`");
    Note::body(&rule::HTML_RAW, raw.range.clone(), message).help(help)
}

fn is_void(name: &str) -> bool {
    matches!(name, "img" | "br" | "hr")
}

/// The Markdown that says the same as an element, if there is any.
fn markdown(document: &Document<'_>, raw: &Raw, element: &Element) -> Option<String> {
    let attribute =
        |name| element.attribute(name).map(|value| shown(value.trim())).unwrap_or_default();
    let in_cell = raw.block.is_some_and(|block| document.blocks[block].kind == BlockKind::Cell);
    Some(match element.name.as_str() {
        "img" => image(element),
        "a" if element.attribute("href").is_some() => format!("[…]({})", attribute("href")),
        "b" | "strong" => "**…**".to_owned(),
        "i" | "em" => "*…*".to_owned(),
        "del" | "s" | "strike" => "~~…~~".to_owned(),
        "sup" => "^…^".to_owned(),
        "sub" => "~…~".to_owned(),
        "mark" => "==…==".to_owned(),
        "br" if !in_cell => "\\ at the end of the line".to_owned(),
        "hr" => "---".to_owned(),
        "code" => "a pair of backticks".to_owned(),
        "blockquote" => "> …".to_owned(),
        "ul" => "- …".to_owned(),
        "ol" => "1. …".to_owned(),
        "p" => "a blank line".to_owned(),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            let level = usize::from(element.name.as_bytes()[1] - b'0');
            format!("{} …", "#".repeat(level))
        }
        _ => return None,
    })
}

/// `![alt](src "title"){width=552}`
fn image(element: &Element) -> String {
    let value = |name| element.attribute(name).map(str::trim).filter(|value| !value.is_empty());
    // An attribute may be written over several lines.
    let words = |text: &str| shown(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let title = value("title").map(|title| format!(" \"{}\"", words(title))).unwrap_or_default();
    let width =
        value("width").map(|width| format!("{{width={}}}", shown(width))).unwrap_or_default();
    let alt = value("alt").map_or("…".to_owned(), words);
    format!("![{alt}]({}{title}){width}", shown(value("src").unwrap_or("…")))
}

/// Attributes that carry no content are left out of letters.
fn attributes(raw: &Raw, element: &Element) -> Option<Note> {
    let is_kept = |name: &str| {
        matches!(name, "href" | "src" | "alt" | "title" | "width" | "name" | "id")
            // Said when the draft is composed.
            || name.starts_with("on")
    };
    let dropped: Vec<String> = element
        .attributes
        .iter()
        .filter(|(name, _)| !is_kept(name))
        .map(|(name, _)| format!("`{}`", shown(name)))
        .collect();
    let (verb, list) = match dropped.as_slice() {
        [] => return None,
        [one] => ("is", one.clone()),
        [some @ .., last] => ("are", format!("{} and {last}", some.join(", "))),
    };
    let message = format!("{list} {verb} left out of the letter");
    let note = Note::body(&rule::HTML_ATTRIBUTE_DROPPED, raw.range.clone(), message);
    Some(
        note.help(
            "letters look as their theme says; a stylesheet of your own goes into `theme.css`",
        ),
    )
}

/// What mail programs would not understand of a `style`.
fn styles(raw: &Raw, element: &Element) -> Vec<Note> {
    let Some(style) = element.attribute("style") else { return Vec::new() };
    let note = |(message, help): (String, String)| {
        Note::body(&rule::CSS_UNSUPPORTED, raw.range.clone(), message).help(help)
    };
    stylesheet::of_attribute(style).into_iter().map(note).collect()
}

/// Comments, which readers never get.
fn comments(document: &Document<'_>) -> Option<Note> {
    let is_plain = |raw: &&Raw| {
        let comment = document.slice(&raw.range);
        comment.starts_with("<!--") && !comment[4..].trim_start().starts_with("check-disable")
    };
    let comments: Vec<&Raw> =
        document.html.iter().filter(|raw| raw.tag.is_none()).filter(is_plain).collect();
    let (first, others) = comments.split_first()?;
    let others: Vec<usize> = others.iter().map(|raw| raw.range.start).collect();
    let message = format!("a comment is left out of the letter{}", also(document, &others));
    Some(
        Note::body(&rule::HTML_COMMENT, first.range.clone(), message)
            .help("nothing to do: readers never get it"),
    )
}

/// Addresses on a line of their own that blogs turn into posts and players.
fn embeds(document: &Document<'_>) -> Vec<Note> {
    let is_alone = |range: &std::ops::Range<usize>| {
        let line = document.line_range(document.line(range.start));
        document.slice(&line).trim() == document.slice(range).trim()
    };
    let links =
        document.links.iter().filter(|link| link.kind == LinkKind::Bare && is_alone(&link.range));
    links
        .filter_map(|link| {
            let house = house(&link.url)?;
            let message = format!("{house} is not shown in mail: readers get the bare address");
            let help = format!(
                "write what it is about: `[What it shows]({})`, or link a picture to it",
                shown(&link.url)
            );
            Some(Note::body(&rule::EMBED_NOT_POSSIBLE, link.range.clone(), message).help(help))
        })
        .collect()
}

/// What an address leads to, if blogs embed it. Videos with a picture become one when the draft is composed.
fn house(url: &str) -> Option<&'static str> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?.trim_start_matches("www.");
    let has = |part: &str| url.path().contains(part);
    Some(match host {
        "twitter.com" | "x.com" if has("/status/") => "a post on X",
        "bsky.app" if has("/post/") => "a post on Bluesky",
        "instagram.com" if has("/p/") || has("/reel/") => "a post on Instagram",
        "facebook.com" if has("/posts/") || has("/videos/") => "a post on Facebook",
        "tiktok.com" if has("/video/") => "a video on TikTok",
        "open.spotify.com" => "a player of Spotify",
        "soundcloud.com" => "a player of SoundCloud",
        "codepen.io" if has("/pen/") => "a pen of CodePen",
        "gist.github.com" => "a gist",
        "loom.com" if has("/share/") => "a video on Loom",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blogs_embed_posts_and_players_but_not_every_address() {
        assert_eq!(house("https://x.com/a/status/1"), Some("a post on X"));
        assert_eq!(house("https://www.instagram.com/p/abc/"), Some("a post on Instagram"));
        assert_eq!(house("https://x.com/a"), None);
        assert_eq!(house("https://example.org/status/1"), None);
    }
}
