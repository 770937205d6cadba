//! The links and the images of a letter, with what there is to say of each.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use maud::{Markup, html};

use super::desk::{Made, Refusal};
use super::markup::{self, Token, Tokens};
use super::sending;
use super::size::bytes;
use crate::check::online::{self, LinkState, LinkStates};

/// A link of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    text: String,
    pub(super) url: String,
    /// Where it stands: `FILE:LINE`.
    pub(super) at: String,
}

/// An image of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Image {
    source: String,
    alt: Option<String>,
    width: Option<String>,
    at: String,
    /// The lines of the block that it stands in, by the number of its file.
    block: Option<(usize, Range<usize>)>,
}

/// The links of a letter in order. `shown` has the marks of `marks`.
pub(super) fn links(shown: &str) -> Vec<Link> {
    let (mut links, mut at) = (Vec::<Link>::new(), String::new());
    let mut is_open = false;
    for token in Tokens::of(shown) {
        match token {
            Token::Open(tag, _) => {
                at = markup::attribute(tag, "data-at").unwrap_or(at);
                if let ("a", Some(url)) = (markup::name(tag), markup::attribute(tag, "href")) {
                    links.push(Link { text: String::new(), url, at: at.clone() });
                    is_open = true;
                }
                if let ("img", true, Some(link)) = (markup::name(tag), is_open, links.last_mut()) {
                    link.text += &markup::attribute(tag, "alt").unwrap_or_default();
                }
            }
            Token::Close("a") => is_open = false,
            Token::Text(text) if is_open => {
                if let Some(link) = links.last_mut() {
                    link.text += &markup::decoded(text);
                }
            }
            _ => {}
        }
    }
    links.retain(|link| !link.url.starts_with('#'));
    links
}

/// All links with their state, and the way to find out whether they work.
pub(super) fn panel(
    shown: &str,
    (draft, followed): (&str, &LinkStates),
    jump: &dyn Fn(&str) -> String,
) -> Markup {
    let links = links(shown);
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for link in &links {
        *count.entry(&link.url).or_default() += 1;
    }
    let insecure = count.keys().filter(|url| url.starts_with("http:")).count();
    html! {
        p.lead {
            (counted(links.len(), "link", "links")) " to " (counted(count.len(), "address", "addresses"))
            @if insecure > 0 { ", " span.over { (insecure) " without https" } }
            ". " (summary(&count, followed))
        }
        form.action data-post="follow-links" data-answer="follow-answer" {
            input type="hidden" name="draft" value=(draft);
            p.quiet { "Asks each server whether the page is there, one at a time, as " code { "check --online" } " does." }
            button.button { "Follow the links" }
            div #follow-answer data-keep aria-live="polite" {}
        }
        ol.links {
            @for link in &links {
                @let answer = answer_of(&link.url, followed);
                li {
                    p {
                        @if link.at.is_empty() {
                            span.text { (words(&link.text)) }
                        } @else {
                            a.text data-go href=(jump(&link.at)) { (words(&link.text)) }
                        }
                        @for state in states(link, count[link.url.as_str()]) { " " span.state { (state) } }
                        @if let Some((class, word, _)) = &answer { " " span class={ "state " (class) } { (word) } }
                    }
                    p.url { (link.url) }
                    @if let Some((_, _, Some(more))) = answer { p.url.more { (more) } }
                }
            }
        }
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What a link answered: how it looks, a word, and more where that is needed.
fn answer_of<'s>(
    url: &str,
    states: &'s LinkStates,
) -> Option<(&'static str, &'static str, Option<Cow<'s, str>>)> {
    let state = states.get(online::address(url)?.as_str())?;
    Some(match state {
        LinkState::Alive => ("good", "works", None),
        LinkState::Moved(to) => ("info", "moved", Some(format!("now at {to}").into())),
        LinkState::Gone(why) => ("error", "dead", Some(why.into())),
        LinkState::Unsure(why) => ("warning", "unsure", Some(why.into())),
    })
}

/// How many of these addresses answered what.
fn summary(count: &BTreeMap<&str, usize>, states: &LinkStates) -> String {
    let words: Vec<&str> = count.keys().filter_map(|url| Some(answer_of(url, states)?.1)).collect();
    if words.is_empty() {
        return "None has been opened to see whether it works.".into();
    }
    let of = |word: &str| words.iter().filter(|found| **found == word).count();
    let told = [("works", "work"), ("moved", "moved"), ("dead", "dead"), ("unsure", "unsure")];
    let told = told.into_iter().map(|(word, said)| (of(word), said)).filter(|(n, _)| *n > 0);
    let mut told: Vec<String> = told.map(|(number, said)| format!("{number} {said}")).collect();
    if words.len() < count.len() {
        told.push(format!("{} not followed", count.len() - words.len()));
    }
    format!("Followed: {}.", told.join(", "))
}

/// What came of following the links.
pub(super) fn answer(answer: &Result<Arc<LinkStates>, Refusal>) -> Markup {
    match answer {
        Err(refusal) => sending::refused(refusal),
        Ok(states) => {
            let is_good =
                |state: &&LinkState| matches!(state, LinkState::Alive | LinkState::Moved(_));
            let good = states.values().filter(is_good).count();
            html! {
                p class=(if good == states.len() { "good" } else { "message" }) {
                    (good) " of " (counted(states.len(), "address", "addresses")) " answered well."
                }
            }
        }
    }
}

fn words(text: &str) -> String {
    let text = markup::squeezed(text);
    if text.is_empty() { "(no text)".into() } else { text }
}

fn states(link: &Link, count: usize) -> Vec<String> {
    let mut states = Vec::new();
    if link.url.starts_with("http:") {
        states.push("http".to_owned());
    }
    if link.url.starts_with("mailto:") {
        states.push("mail".to_owned());
    }
    if count > 1 {
        states.push(format!("{count}×"));
    }
    if markup::squeezed(&link.text).is_empty() {
        states.push("no text".to_owned());
    }
    states
}

/// All images with their weight. The sizes that a browser finds are filled in there. `is_missing` says whether an image
/// on some lines of a file has no text, for letters have an empty one there as for decoration.
pub(super) fn images_panel(
    shown: &str,
    made: &Made,
    is_missing: &dyn Fn(usize, &Range<usize>) -> bool,
    jump: &dyn Fn(&str) -> String,
) -> Markup {
    let images = images(shown);
    let total: usize = made.pictures.iter().map(|picture| picture.bytes.len()).sum();
    html! {
        p.lead {
            @if images.is_empty() { "There are no images in this letter." } @else {
                (images.len()) @if images.len() == 1 { " image" } @else { " images" }
                @if total > 0 { ", those of the project weigh " (bytes(total)) }
                "."
            }
        }
        ol.images {
            @for image in &images {
                @let own = made.pictures.iter().find(|picture| picture.url == image.source);
                li data-source=(own.map_or(image.source.clone(), |own| format!("picture/{}", own.name))) {
                    p {
                        @let (class, words) = image.said(is_missing);
                        @if image.at.is_empty() { span.(class) { (words) } }
                        @else { a.(class) data-go href=(jump(&image.at)) { (words) } }
                    }
                    p.facts {
                        @match own {
                            Some(own) => { span { (bytes(own.bytes.len())) } span { (own.media_type) } },
                            None => span { "fetched from elsewhere" },
                        }
                        @if let Some(width) = &image.width { span { "shown " (width) " px wide" } }
                        span.natural {}
                    }
                    p.url { (image.source) }
                }
            }
        }
    }
}

impl Image {
    /// How it looks in the list, and its text or that there is none.
    fn said(&self, is_missing: &dyn Fn(usize, &Range<usize>) -> bool) -> (&'static str, &str) {
        let lacks = self.block.as_ref().is_some_and(|(file, lines)| is_missing(*file, lines));
        match self.alt.as_deref() {
            Some("") if !lacks => ("quiet", "decoration"),
            None | Some("") => ("over", "no text for readers who do not see it"),
            Some(alt) => ("text", alt),
        }
    }
}

fn images(shown: &str) -> Vec<Image> {
    let (mut images, mut at) = (Vec::<Image>::new(), String::new());
    for token in Tokens::of(shown) {
        let Token::Open(tag, _) = token else { continue };
        if let Some(next) = markup::attribute(tag, "data-at") {
            let here = place(&next);
            let open = images.iter_mut().rev().map_while(|image| image.block.as_mut());
            // A block ends where the next one of its file begins.
            for (file, lines) in open.take_while(|(_, lines)| lines.end == usize::MAX) {
                if let Some((_, line)) =
                    here.filter(|(next, line)| next == file && *line > lines.start)
                {
                    lines.end = line;
                }
            }
            at = next;
        }
        if let ("img", Some(source)) = (markup::name(tag), markup::attribute(tag, "src")) {
            let (alt, width) = (markup::attribute(tag, "alt"), markup::attribute(tag, "width"));
            let block = place(&at).map(|(file, line)| (file, line..usize::MAX));
            images.push(Image { source, alt, width, at: at.clone(), block });
        }
    }
    images
}

/// `FILE:LINE`
fn place(at: &str) -> Option<(usize, usize)> {
    let (file, line) = at.split_once(':')?;
    Some((file.parse().ok()?, line.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_listed_with_their_texts_their_lines_and_what_is_odd_about_them() {
        let html = "<p data-at=\"0:3\"><a href=\"http://a.example/?a&amp;b\">One <b>two</b></a> \
            <a href=\"#x\">in here</a></p><p data-at=\"0:5\"><a href=\"http://a.example/?a&amp;b\"><img src=\"x\" alt=\"Boat\"></a></p>";
        let found = links(html);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].text.as_str(), found[0].at.as_str()), ("One two", "0:3"));
        assert_eq!((found[1].text.as_str(), found[1].at.as_str()), ("Boat", "0:5"));
        assert_eq!(states(&found[0], 2), ["http", "2×"]);
        let page =
            panel(html, ("a.md", &LinkStates::new()), &|at| format!("?at={at}")).into_string();
        assert!(
            page.contains("2 links to 1 address,") && page.contains("href=\"?at=0:3\""),
            "{page}"
        );
    }

    #[test]
    fn images_are_listed_with_what_is_known_of_them() {
        let html = "<p data-at=\"0:9\"><img src=\"cid:1\" alt=\"\" width=\"40\"><img src=\"https://x\"></p><p data-at=\"0:11\">x</p>";
        let found = images(html);
        let on_line = |line: usize| move |_: usize, lines: &Range<usize>| lines.contains(&line);
        assert_eq!(found[0].said(&on_line(9)).0, "over");
        assert_eq!(found[0].said(&on_line(12)), ("quiet", "decoration"));
        assert_eq!((found[1].said(&on_line(0)).0, found[1].at.as_str()), ("over", "0:9"));
    }
}
