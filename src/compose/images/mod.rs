//! The project's own images: what a draft names by a relative path gets an address that mail readers can follow.
//!
//! Which files there are, and what is in them, is an argument (`io/images` reads them). An image is either hosted
//! under a base URL, or travels in the letter (RFC 2387) and is named by its Content-ID (RFC 2392).

pub mod fit;

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use comrak::nodes::{Node, NodeValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::compose::html::fit::asked;
use crate::finding::shown;
use crate::rule::{self, Rule, Severity};
pub use fit::{Fitted, Format, Unusable};

/// The project's own images that a letter shows.
#[derive(Debug, Clone, Default)]
pub struct Images {
    /// Those of the draft, by the path that it names them with.
    drawn: BTreeMap<String, Result<Image, Unusable>>,
    /// The newsletter's logo and its path from the project's folder.
    logo: Option<(String, Result<Image, Unusable>)>,
}

/// An image as letters use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What stands in `src`.
    pub url: String,
    /// Its own width in pixels.
    pub width: u32,
    /// The size of its file, in bytes.
    pub bytes: u64,
    /// What it is.
    pub format: Format,
    /// Whether it is a GIF of several pictures.
    pub is_moving: bool,
    /// Its content, if that travels in the letter.
    pub embedded: Option<Embedded>,
}

/// An image that travels in the letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedded {
    /// The Content-ID without its angle brackets; the same content has the same.
    pub content_id: String,
    /// A file name in plain ASCII.
    pub name: String,
    /// `image/png` and the like.
    pub media_type: String,
    /// The content in base64, on one line.
    pub base64: String,
}

/// Up to this size an image is there at once, in bytes.
const LIGHT: u64 = 500_000;
/// From this size on most readers on the move do not wait for it, in bytes.
const HEAVY: u64 = 1024 * 1024;

/// Of a draft that shows none.
pub static NO_IMAGES: Images = Images { drawn: BTreeMap::new(), logo: None };

impl Images {
    /// Puts an image under the path that the draft names it with.
    pub fn insert(&mut self, path: String, image: Result<Image, Unusable>) {
        self.drawn.insert(path, image);
    }

    /// Puts in the newsletter's logo with its path from the project's folder.
    pub fn insert_logo(&mut self, path: String, image: Result<Image, Unusable>) {
        self.logo = Some((path, image));
    }

    /// The logo, or why it cannot be used; `None` if it was never looked for.
    pub fn logo(&self) -> Option<Result<&Image, &Unusable>> {
        self.logo.as_ref().map(|(_, logo)| logo.as_ref())
    }

    /// The image of a path, or why it cannot be used; `None` if the path was never looked for.
    pub fn get(&self, path: &str) -> Option<Result<&Image, &Unusable>> {
        self.drawn.get(path).map(Result::as_ref)
    }

    /// The paths of the draft's that were looked for.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.drawn.keys().map(String::as_str)
    }

    /// All that can be used, by path; that of the logo starts at the project's folder.
    pub fn usable(&self) -> impl Iterator<Item = (&str, &Image)> {
        self.usable_drawn().chain(self.usable_logo())
    }

    /// As `usable`, without the logo.
    pub fn usable_drawn(&self) -> impl Iterator<Item = (&str, &Image)> {
        self.drawn.iter().filter_map(|(path, image)| Some((path.as_str(), image.as_ref().ok()?)))
    }

    /// The logo, if it can be used.
    pub fn usable_logo(&self) -> Option<(&str, &Image)> {
        self.logo.as_ref().and_then(|(path, image)| Some((path.as_str(), image.as_ref().ok()?)))
    }

    /// The logo and the images that a tree shows, as far as they travel with it, each content once, in the order of
    /// their first showing.
    pub(super) fn carried_by(&self, root: Node<'_>) -> Vec<Embedded> {
        let logo = self.logo().and_then(Result::ok).and_then(|logo| logo.embedded.clone());
        let shown = root.descendants().filter_map(|node| {
            let NodeValue::Image(link) = &node.data().value else { return None };
            let is_it = |image: &&Image| image.url == link.url;
            let image = self.drawn.values().filter_map(|image| image.as_ref().ok()).find(is_it);
            image.and_then(|image| image.embedded.clone())
        });
        let mut seen = BTreeSet::new();
        logo.into_iter().chain(shown).filter(|one| seen.insert(one.content_id.clone())).collect()
    }
}

impl Image {
    /// An image that readers' programs fetch from `url`.
    pub fn hosted(url: String, width: u32, bytes: u64, format: Format) -> Self {
        Self { url, width, bytes, format, is_moving: false, embedded: None }
    }

    /// An image that travels; `name` is its file's, and `domain` makes its Content-ID unique in the world.
    pub fn embedded(fitted: &Fitted, name: &str, domain: &str) -> Self {
        use std::fmt::Write as _;
        let digest = Sha256::digest(&fitted.bytes);
        let hash = digest.iter().take(12).fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        });
        let content_id = format!("{hash}@{domain}");
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let is_safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let stem: String =
            stem.chars().take(40).map(|c| if is_safe(c) { c } else { '-' }).collect();
        Self {
            url: format!("cid:{content_id}"),
            width: fitted.width,
            bytes: fitted.bytes.len() as u64,
            format: fitted.format,
            is_moving: fit::is_moving(&fitted.bytes),
            embedded: Some(Embedded {
                content_id,
                name: format!("{stem}.{}", fitted.format.extension()),
                media_type: fitted.format.media_type().to_owned(),
                base64: BASE64_STANDARD.encode(&fitted.bytes),
            }),
        }
    }

    /// What is to be said of the image `path`: the rule, how much it weighs, what it sees, and what to do.
    pub(super) fn remarks(
        &self,
        path: &str,
    ) -> Vec<(&'static Rule, Severity, String, &'static str)> {
        let mut remarks = Vec::new();
        if self.bytes > LIGHT {
            let message = format!("image `{}` weighs {} kB", shown(path), self.bytes / 1000);
            let help = "save it smaller: the column of a letter is about 600 pixels wide";
            let is_too_much = self.bytes > HEAVY;
            let severity = if is_too_much { Severity::Error } else { Severity::Warning };
            remarks.push((&rule::IMG_HEAVY, severity, message, help));
        }
        if self.format == Format::WebP && self.embedded.is_none() {
            let message =
                format!("image `{}` is WebP, which classic Outlook does not show", shown(path));
            remarks.push((&rule::IMG_WEBP, Severity::Warning, message, "save it as PNG or JPEG"));
        }
        remarks
    }
}

impl Embedded {
    /// Its size without the encoding, in bytes.
    pub fn bytes(&self) -> u64 {
        (self.base64.trim_end_matches('=').len() * 3 / 4) as u64
    }
}

/// The paths of the project's own images that a tree shows, with the widest that each is shown at, in pixels of the
/// column.
pub(super) fn wanted(root: Node<'_>, column: u32) -> BTreeMap<String, u32> {
    let mut wanted = BTreeMap::new();
    for node in root.descendants() {
        let data = node.data();
        let NodeValue::Image(link) = &data.value else { continue };
        if is_own(&link.url) {
            let width = asked(data.attrs.as_deref(), column).unwrap_or(column);
            let widest = wanted.entry(link.url.clone()).or_insert(width);
            *widest = width.max(*widest);
        }
    }
    wanted
}

/// Whether an address is a path within the project: it has neither scheme nor host.
fn is_own(url: &str) -> bool {
    let has_scheme = url.split(['/', '?', '#']).next().is_some_and(|start| start.contains(':'));
    !url.trim().is_empty() && !has_scheme && !url.starts_with("//") && !url.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use fit::Format;

    #[test]
    fn a_path_within_the_project_has_neither_scheme_nor_host() {
        for own in ["a.png", "/img/a.png", "../a.png", "a%20b.png", "img/a:b.png"] {
            assert!(is_own(own), "{own}");
        }
        for foreign in
            ["https://x/a.png", "cid:a@b", "data:image/png;x", "//x/a.png", "#a", " ", "C:a.png"]
        {
            assert!(!is_own(foreign), "{foreign}");
        }
    }

    #[test]
    fn the_same_content_has_the_same_content_id_and_a_harmless_name() {
        let fitted = Fitted { bytes: vec![1, 2, 3, 4], format: Format::Png, width: 10 };
        let one = Image::embedded(&fitted, "a\"\r\nb é.jpeg", "list.example.org");
        let two = Image::embedded(&fitted, "other.png", "list.example.org");
        assert_eq!(one.url, two.url);
        assert_eq!(one.url, "cid:9f64a747e1b97f131fabb6b4@list.example.org");
        let embedded = one.embedded.unwrap();
        assert_eq!(embedded.name, "a---b--.png");
        assert_eq!(embedded.bytes(), 4);
        assert_eq!(embedded.base64, "AQIDBA==");
    }
}
