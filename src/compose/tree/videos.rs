//! Videos: mail plays none, so a link to one that stands alone on its line becomes a picture that leads there.
//!
//! Nothing is fetched. `YouTube` serves a picture of every video at an address that can be told from the video's; for
//! other houses the author names one: `[Title](https://vimeo.com/1){image=still.jpg}`.

use comrak::Arena;
use comrak::nodes::{Ast, Attributes, Node, NodeLink, NodeValue};
use url::Url;

use super::attributes;
use super::margin::Margin;
use crate::rule;

/// The class of a link that is a video: its only content is the picture.
pub(in crate::compose) const CLASS: &str = "video";

/// Turns the links that are videos into pictures.
pub(super) fn settle<'a>(arena: &'a Arena<'a>, margin: &mut Margin<'_>, root: Node<'a>) {
    for paragraph in root.descendants().collect::<Vec<_>>() {
        let Some(link) = only_link(paragraph) else { continue };
        let NodeValue::Link(target) = link.data().value.clone() else { continue };
        let attributes = link.data().attrs.clone();
        let given = attributes::value(attributes.as_deref(), "image");
        let house = House::of(&target.url);
        let picture = given.or_else(|| house.as_ref().and_then(House::picture));
        match (picture, house) {
            (Some(picture), house) => {
                let width = attributes::value(attributes.as_deref(), "width");
                show(arena, link, &target, picture, width, house.as_ref());
            }
            (None, Some(_)) => {
                let range = margin.range(link.data().sourcepos);
                let message = "video without a picture stays a link".to_owned();
                let help =
                    format!("name one: `[What it shows]({}){{image=still.jpg}}`", target.url);
                margin.note(&rule::VIDEO_PICTURE_MISSING, range, message, &help);
            }
            (None, None) => {}
        }
    }
}

/// Whether an address leads to a video at one of the houses we know.
pub(in crate::compose) fn is_known(url: &str) -> bool {
    House::of(url).is_some()
}

/// Where a video lives.
enum House {
    YouTube { id: String },
    Vimeo,
}

impl House {
    fn of(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
        let host = url.host_str()?.trim_start_matches("www.").trim_start_matches("m.").to_owned();
        let mut path = url.path_segments()?;
        let first = path.next().unwrap_or_default();
        let id = match (host.as_str(), first) {
            ("youtu.be", id) => id.to_owned(),
            ("youtube.com", "watch") => {
                url.query_pairs().find(|(key, _)| key == "v").map(|(_, id)| id.into_owned())?
            }
            ("youtube.com" | "youtube-nocookie.com", "shorts" | "live" | "embed") => {
                path.next()?.to_owned()
            }
            ("vimeo.com" | "player.vimeo.com", _) => {
                let is_number =
                    |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
                return url.path_segments()?.any(is_number).then_some(Self::Vimeo);
            }
            _ => return None,
        };
        let is_id = id.len() == 11
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        is_id.then_some(Self::YouTube { id })
    }

    fn picture(&self) -> Option<String> {
        match self {
            Self::YouTube { id } => Some(format!("https://i.ytimg.com/vi/{id}/hqdefault.jpg")),
            Self::Vimeo => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::YouTube { .. } => "YouTube",
            Self::Vimeo => "Vimeo",
        }
    }
}

/// The link that is all of a paragraph.
fn only_link(paragraph: Node<'_>) -> Option<Node<'_>> {
    if !matches!(paragraph.data().value, NodeValue::Paragraph) {
        return None;
    }
    let only = paragraph.first_child().filter(|child| child.next_sibling().is_none())?;
    let shows_text =
        only.descendants().all(|node| !matches!(node.data().value, NodeValue::Image(_)));
    (matches!(only.data().value, NodeValue::Link(_)) && shows_text).then_some(only)
}

fn show<'a>(
    arena: &'a Arena<'a>,
    link: Node<'a>,
    target: &NodeLink,
    picture: String,
    width: Option<String>,
    house: Option<&House>,
) {
    let at = link.data().sourcepos;
    let node = |value| -> Node<'a> { arena.alloc(Ast::new_with_sourcepos(value, at).into()) };
    let written = link.collect_text().trim().to_owned();
    let title = match house {
        _ if !written.is_empty() && !target.url.ends_with(&written) => written,
        Some(house) => format!("Watch on {}", house.name()),
        None => "Watch the video".to_owned(),
    };
    while let Some(child) = link.first_child() {
        child.detach();
    }
    let image = node(NodeValue::Image(Box::new(NodeLink { url: picture, title: String::new() })));
    image.append(node(NodeValue::Text(title.into())));
    if let Some(width) = width {
        let pairs = vec![("width".to_owned(), width)];
        image.data_mut().attrs = Some(Box::new(Attributes { pairs, ..Attributes::default() }));
    }
    link.append(image);
    let classes = vec![CLASS.to_owned()];
    link.data_mut().attrs = Some(Box::new(Attributes { classes, ..Attributes::default() }));
}
