//! Links and images: every address is absolute, of a scheme that mail readers follow, and leads somewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comrak::Anchorizer;
use comrak::nodes::{Attributes, Node, NodeValue};
use url::Url;

use super::conditions::role;
use super::margin::Margin;
use crate::compose::html::fit::NATURAL;
use crate::compose::images::{Image, Images};
use crate::compose::merge::Branch;
use crate::compose::merge::choices::{Choice, choices};
use crate::compose::merge::pairs::Role;
use crate::compose::merge::tags::Tags;
use crate::finding::shown;
use crate::rule::{self, Rule};

/// What relative addresses come to.
#[derive(Debug)]
pub(in crate::compose) struct Addresses<'a> {
    base: Option<Url>,
    images: &'a Images,
}

impl<'a> Addresses<'a> {
    /// Links are relative to `base_url`, if there is one; so are images that are not among `images`.
    pub(in crate::compose) fn new(base_url: Option<&str>, images: &'a Images) -> Self {
        Self { base: base_url.and_then(|base| Url::parse(base).ok()), images }
    }
}

/// Checks every link and image of the tree and makes its address absolute.
pub(super) fn settle(
    margin: &mut Margin<'_>,
    root: Node<'_>,
    addresses: &Addresses<'_>,
    tags: &Tags,
) {
    let mut anchors: BTreeMap<_, _> = anchors(root, tags).into_iter().collect();
    for node in root.descendants() {
        let at = node.data().sourcepos;
        let (url, is_image) = match &node.data().value {
            NodeValue::Link(link) => (link.url.clone(), false),
            NodeValue::Image(image) => (image.url.clone(), true),
            _ => continue,
        };
        let settled = match (url.strip_prefix('#'), is_image) {
            (_, true) => shown_image(margin, node, &url, addresses, tags),
            (Some(name), false) => anchor(name, &mut anchors),
            (None, false) => absolute(url.trim(), false, addresses.base.as_ref(), tags),
        };
        match settled {
            Ok(settled) => {
                if let NodeValue::Link(link) | NodeValue::Image(link) = &mut node.data_mut().value {
                    link.url = settled;
                }
            }
            Err(Problem { rule, message, help }) => {
                let range = margin.range(at);
                margin.note(rule, range, message, &help);
            }
        }
        if is_image && !has_text(node) {
            let range = margin.range(at);
            let message = "image without a text for readers who do not see it".to_owned();
            let help = "write `![what it shows](address)`; in raw HTML `alt=\"\"` marks decoration";
            margin.note(&rule::IMG_ALT_MISSING, range, message, help);
        }
    }
}

/// The address of an image: one of the project's own is shown as it was gathered, with what is to be said of it.
fn shown_image(
    margin: &mut Margin<'_>,
    node: Node<'_>,
    url: &str,
    addresses: &Addresses<'_>,
    tags: &Tags,
) -> Result<String, Problem> {
    match addresses.images.get(url) {
        Some(Ok(image)) => {
            let range = margin.range(node.data().sourcepos);
            for (rule, severity, message, help) in image.remarks(url) {
                margin.note_weighing(severity, rule, range.clone(), message, help);
            }
            Ok(show(node, image))
        }
        Some(Err(unusable)) => {
            let (rule, message, help) = unusable.in_words(url);
            Err(problem(rule, message, help))
        }
        None => absolute(url.trim(), true, addresses.base.as_ref(), tags),
    }
}

/// An image of the project is shown at its own width, unless the author or the column wants it smaller.
fn show(node: Node<'_>, image: &Image) -> String {
    let mut data = node.data_mut();
    let attributes = data.attrs.get_or_insert_with(|| Box::new(Attributes::default()));
    attributes.pairs.push((NATURAL.to_owned(), image.width.to_string()));
    image.url.clone()
}

/// Why an address cannot be used.
struct Problem {
    rule: &'static Rule,
    message: String,
    help: String,
}

fn problem(rule: &'static Rule, message: impl Into<String>, help: impl Into<String>) -> Problem {
    Problem { rule, message: message.into(), help: help.into() }
}

/// Headings with the name that links use for them, as on GitHub.
///
/// What is merged into a heading, and what only some readers get of it, is no part of its name, which is one for all.
pub(super) fn anchors<'a>(root: Node<'a>, tags: &Tags) -> Vec<(String, Node<'a>)> {
    let mut anchorizer = Anchorizer::new();
    let mut name = |node: Node<'_>| {
        let text = tags.without_values(&words_for_all(node, tags));
        // What was left out stood between two spaces.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = Anchorizer::new().anchorize(&text);
        let is_taken = ["fn-", "fnref-"].into_iter().any(|start| {
            wanted.strip_prefix(start).is_some_and(|rest| rest.parse::<u32>().is_ok())
        });
        if wanted.is_empty() {
            anchorizer.anchorize("section")
        } else if is_taken {
            // A footnote has it.
            anchorizer.anchorize(&format!("section {text}"))
        } else {
            anchorizer.anchorize(&text)
        }
    };
    root.descendants()
        .filter(|node| matches!(node.data().value, NodeValue::Heading(_)))
        .map(|node| (name(node), node))
        .collect()
}

/// The text of a line without what depends on the reader.
fn words_for_all(line: Node<'_>, tags: &Tags) -> String {
    let mut depth = 0_usize;
    let mut text = String::new();
    for node in line.descendants() {
        match role(node, tags) {
            Some(Role::Begins(Branch { branch: 0, .. })) => depth += 1,
            Some(Role::Ends(_)) => depth = depth.saturating_sub(1),
            None if depth == 0 && node.first_child().is_none() => {
                text.push_str(&node.collect_text());
            }
            Some(Role::Begins(_)) | None => {}
        }
    }
    text
}

/// A link within the letter: its heading gets the anchor.
fn anchor(name: &str, anchors: &mut BTreeMap<String, Node<'_>>) -> Result<String, Problem> {
    if name.is_empty() {
        let message = "placeholder `#` as the address";
        return Err(problem(&rule::LINK_PLACEHOLDER, message, "write the address you meant"));
    }
    if let Some(heading) = anchors.get(name) {
        let mut data = heading.data_mut();
        data.attrs.get_or_insert_with(|| Box::new(Attributes::default())).id =
            Some(name.to_owned());
        return Ok(format!("#{name}"));
    }
    let near = crate::finding::nearest(name, anchors.keys().map(String::as_str));
    let help = near.map_or_else(
        || {
            "link to a heading by its words in lower case with hyphens, as in `#the-harbour`"
                .to_owned()
        },
        |near| format!("did you mean `#{near}`?"),
    );
    Err(problem(&rule::LINK_ANCHOR_MISSING, format!("no heading for `#{}`", shown(name)), help))
}

fn absolute(url: &str, is_image: bool, base: Option<&Url>, tags: &Tags) -> Result<String, Problem> {
    if url.is_empty() {
        let message = format!("{} without an address", if is_image { "image" } else { "link" });
        let help = "write the address in the parentheses";
        return Err(problem(&rule::LINK_EMPTY_URL, message, help));
    }
    if tags.is_stand_in(url) {
        return Ok(url.to_owned());
    }
    if tags.conditions(url).next().is_some_and(|(range, _)| range.start == 0) {
        return begun_with_condition(url, base, tags);
    }
    if tags.starts_with_stand_in(url) {
        let help = "write the start of the address out, or let the field hold all of it";
        let message =
            format!("`{}` begins with a merge tag, whose value is percent-encoded", shown(url));
        return Err(problem(&rule::MERGE_SYNTAX, message, help));
    }
    let url = if url.starts_with("//") { format!("https:{url}") } else { url.to_owned() };
    match scheme(&url).as_deref() {
        Some("https" | "http") => web_address(&url, tags),
        Some("mailto") if !is_image && (url.contains('@') || tags.occur_in(&url)) => {
            Ok(encode(&url))
        }
        Some("mailto") if !is_image => Err(nobody(&url)),
        Some("data") if is_image => {
            let message = "image within its address, which Gmail does not show";
            let help = "save it as a file beside the draft and give its path";
            Err(problem(&rule::IMG_DATA_URI, message, help))
        }
        Some(scheme) => {
            let message = format!("link scheme `{}` not allowed", shown(scheme));
            Err(problem(&rule::LINK_SCHEME, message, "use https, http or mailto"))
        }
        None => relative(&url, is_image, base),
    }
}

/// A `mailto:` that names nobody.
fn nobody(url: &str) -> Problem {
    match url.split([':', '?']).nth(1).map(str::trim) {
        None | Some("") => {
            problem(&rule::LINK_EMPTY_URL, "`mailto:` without an address", "add the address")
        }
        Some(name) => {
            let message = format!("`{}` is not an address: it has no `@`", shown(name));
            problem(&rule::MAILTO_INVALID, message, "write `mailto:name@example.org`")
        }
    }
}

/// An address that begins with a condition has to be whole and known in each branch: what is put before a relative one, or
/// how a value in it is escaped, would depend on the reader.
fn begun_with_condition(url: &str, base: Option<&Url>, tags: &Tags) -> Result<String, Problem> {
    let conditionals = tags.conditions(url).map(|(_, role)| role.conditional()).collect();
    let whole = |choice: &Choice| {
        let url = tags.choose(url, choice);
        let is_web = matches!(scheme(&url).as_deref(), Some("https" | "http" | "mailto"));
        is_web && absolute(&url, false, base, tags).is_ok_and(|settled| settled == url)
    };
    if choices(&conditionals, tags).is_some_and(|choices| choices.iter().all(whole)) {
        return Ok(url.to_owned());
    }
    let message = format!(
        "`{}` begins with a condition and is not a whole address in each branch",
        shown(url)
    );
    let help = "write the whole address in each branch, with `{% else %}`, or put the condition around the link";
    Err(problem(&rule::MERGE_SYNTAX, message, help))
}

/// The scheme of RFC 3986 3.1 in lower case.
fn scheme(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

fn web_address(url: &str, tags: &Tags) -> Result<String, Problem> {
    let Ok(parsed) = Url::parse(url) else {
        let message = format!("`{}` is not a web address", shown(url));
        return Err(problem(
            &rule::LINK_EMPTY_URL,
            message,
            "check the part between `//` and the next `/`",
        ));
    };
    // Stand-ins have capitals, which a host name loses: then the address is left as written.
    if url.is_ascii() || tags.occur_in(url) { Ok(encode(url)) } else { Ok(parsed.into()) }
}

fn relative(url: &str, is_image: bool, base: Option<&Url>) -> Result<String, Problem> {
    let (rule, what): (&'static Rule, _) =
        if is_image { (&rule::IMG_RELATIVE, "image") } else { (&rule::LINK_RELATIVE, "link") };
    let Some(base) = base else {
        let help = if is_image {
            "write the whole address, set `base-url` in `[newsletter]`, or `mode = \"cid\"` in `[images]`"
        } else {
            "write the whole address, or set `base-url` in `[newsletter]`"
        };
        return Err(problem(
            rule,
            format!("relative {what} `{}` has no base-url", shown(url)),
            help,
        ));
    };
    match base.join(url) {
        Ok(joined) => Ok(joined.into()),
        Err(_) => Err(problem(
            rule,
            format!("`{}` is not an address", shown(url)),
            "check it for typing errors",
        )),
    }
}

/// What cannot stand in a URL is percent-encoded; what is encoded already stays.
fn encode(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Whether an image says what it shows, or says that it is decoration.
fn has_text(image: Node<'_>) -> bool {
    let decoration = |attributes: &Attributes| attributes.pairs.iter().any(|(key, _)| key == "alt");
    !image.collect_text().trim().is_empty() || image.data().attrs.as_deref().is_some_and(decoration)
}
