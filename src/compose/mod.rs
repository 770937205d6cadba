//! Composition: a draft becomes an issue, once, never per reader.
//!
//! The body is parsed into one tree (`tree`); a walker for plain text and one for HTML read it, so that both parts of
//! a letter say the same.

mod html;
pub mod images;
mod layout;
pub mod look;
mod masthead;
pub mod merge;
mod phrases;
#[cfg(test)]
mod tests;
pub mod text;
pub mod trace;
mod tree;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use comrak::Arena;
use comrak::nodes::{Node, NodeValue, Sourcepos};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::Newsletter;
use crate::draft::Draft;
use crate::finding::Finding;
use crate::language::is_right_to_left;
use crate::mailbox::Mailbox;
use crate::rule::{self, Gate};
use crate::theme::Design;
use images::{Embedded, Images, NO_IMAGES};
use look::{Look, PLAIN};
use merge::choices::MOST_CHOICES;
use merge::pairs::Role;
use merge::tags::Tags;
use merge::{Branch, Conditional, Template};
use phrases::Phrases;
use trace::Trace;
use tree::Addresses;
pub use tree::manuscript::Manuscript;
pub(crate) use tree::margin::line_starts;
pub use tree::raw_html;

/// An issue, composed once: everything a letter says, with slots where readers differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// `slug`, or the draft's file name without `.md`.
    pub id: String,
    /// The subject line.
    pub subject: Template,
    /// The whole HTML document, LF line ends.
    pub html: Template,
    /// The whole plain text, format=flowed (RFC 3676), LF line ends.
    pub text: Template,
    /// Who gets which chunks of the three.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditionals: Vec<Conditional>,
    /// From, if the draft overrides the configuration.
    pub from: Option<Mailbox>,
    /// Reply-To, if the draft overrides the configuration.
    pub reply_to: Option<Mailbox>,
    /// Images that travel in the letter, in the order of their first showing.
    #[serde(default)]
    pub images: Vec<Embedded>,
    /// SHA-256 over all of the above, lower-case hex.
    pub digest: String,
}

/// What a draft is composed with.
#[derive(Debug, Clone, Copy)]
pub struct Materials<'a> {
    /// Who sends.
    pub newsletter: &'a Newsletter,
    /// How letters look.
    pub look: &'a Look,
    /// Whether the plain text has the marks of ASCII only (`text.ascii`).
    pub ascii: bool,
}

/// Gets the project's own images that a draft shows: what it is given are their paths, each with the widest that it is
/// shown at, in pixels.
pub type Gather<'g> = &'g dyn Fn(&BTreeMap<String, u32>) -> &'g Images;

impl<'a> Materials<'a> {
    /// A newsletter, and nothing else.
    pub fn new(newsletter: &'a Newsletter) -> Self {
        Self { newsletter, look: &PLAIN, ascii: false }
    }
}

/// Composes a draft that shows no images of the project: the issue with its remarks, or every finding if one of them
/// shuts the gate.
pub fn compose(
    draft: &Draft,
    materials: &Materials<'_>,
) -> Result<(Issue, Vec<Finding>), Vec<Finding>> {
    let gather: Gather<'_> = &|_| &NO_IMAGES;
    composed(draft, materials, gather, None).map(|(issue, _, findings)| (issue, findings))
}

/// Composes a draft with its images, and gives the HTML once more with the places that its blocks come from (`trace`).
/// Those never reach the issue.
pub fn compose_traced(
    draft: &Draft,
    materials: &Materials<'_>,
    gather: Gather<'_>,
) -> Result<(Issue, Template, Vec<Finding>), Vec<Finding>> {
    composed(draft, materials, gather, Some(&Trace::new(draft)))
}

fn composed(
    draft: &Draft,
    materials: &Materials<'_>,
    gather: Gather<'_>,
    trace: Option<&Trace>,
) -> Result<(Issue, Template, Vec<Finding>), Vec<Finding>> {
    let Materials { newsletter, look, .. } = *materials;
    let design = draft.front.theme.unwrap_or(look.theme().design);
    let mut tags = Tags::avoiding(&everything(draft, materials));
    let subject = single_spaced(&tags.mark(&draft.front.subject));
    let title = tags.mark(&draft.front.title);
    let arena = Arena::new();
    let images = OnceCell::new();
    let addresses = |root| {
        let gathered = images.get_or_init(|| gather(&images::wanted(root, look.column(design))));
        Addresses::new(newsletter.base_url.as_deref(), gathered)
    };
    let (root, mut findings) = tree::prepare(&arena, draft, &title, addresses, &mut tags);
    let images = images.get_or_init(|| gather(&BTreeMap::new()));
    findings.extend(look.remarks(design));
    let (logo, more) = masthead::logo(look.theme(), images);
    findings.extend(more);
    let shut = findings.iter().any(|finding| finding.gate() == Gate::Shut);
    let Some(root) = root.filter(|_| !shut) else { return Err(findings) };
    let head = Head { design, subject: &subject, title: &title, logo };
    let parts = Parts::render(root, draft, materials, &head, trace, &mut tags);
    let Parts { html, text } = match parts {
        Ok(parts) => parts,
        Err(finding) => return Err(findings.into_iter().chain([finding]).collect()),
    };
    let traced = trace.map(|_| tags.html_template(&html)).unwrap_or_default();
    let html = if trace.is_some() { trace::without(&html) } else { html };
    let mut issue = Issue {
        id: id(draft),
        subject: tags.template(&subject, merge::Place::Header),
        html: tags.html_template(&html),
        text: tags.text_template(&text),
        conditionals: tags.conditionals,
        from: draft.front.from.clone(),
        reply_to: draft.front.reply_to.clone(),
        images: images.carried_by(root),
        digest: String::new(),
    };
    issue.digest = digest(&issue);
    Ok((issue, traced, findings))
}

/// What stands at the head of a letter, with stand-ins for merge tags.
#[derive(Debug)]
struct Head<'h> {
    design: Design,
    subject: &'h str,
    title: &'h str,
    logo: Option<masthead::Mark<'h>>,
}

/// The two parts of a letter, with stand-ins for merge tags.
struct Parts {
    html: String,
    text: String,
}

impl Parts {
    fn render(
        root: Node<'_>,
        draft: &Draft,
        materials: &Materials<'_>,
        head: &Head<'_>,
        trace: Option<&Trace>,
        tags: &mut Tags,
    ) -> Result<Self, Finding> {
        let Materials { newsletter, look, .. } = *materials;
        let Head { design, subject, title, logo } = *head;
        let language = draft.front.lang.as_deref().unwrap_or(&newsletter.language);
        let phrases = Phrases::of(language);
        let foot = Foot {
            online: online(draft, newsletter, phrases),
            reason: phrases.reason(&newsletter.name),
            unsubscribe_url: tags.stand_in("{{ unsubscribe_url }}"),
        };
        let preheader = draft.front.preheader.as_deref().map(|text| tags.mark(&one_line(text)));
        let page = text::Page {
            title,
            preheader: preheader.as_deref(),
            header: look.theme().header.as_deref(),
            footer: &foot.lines(materials, phrases),
            ascii: materials.ascii,
            phrases,
        };
        let text = text::render(root, &page, tags).map_err(|at| crowded(draft, at))?;
        let preview = preheader.or_else(|| first_words(root, tags));
        let is_smart = draft.front.smart.unwrap_or(look.theme().smart);
        let wording = html::Wording::of(language, is_smart);
        let html = layout::document(&layout::Page {
            subject,
            title: &wording.typography.text(title),
            preheader: preview.as_deref(),
            language,
            newsletter: &newsletter.name,
            postal_address: newsletter.postal_address.as_deref(),
            reason: &foot.reason,
            unsubscribe_url: &foot.unsubscribe_url,
            online: foot.online,
            phrases,
            logo,
            body: &html::render(root, look.column(design), wording, tags, trace),
            theme: look.theme(),
            dress: look.dress(design, is_right_to_left(language)),
        });
        let html = html.map_err(|error| {
            let message = format!("the letter cannot be laid out: {error}");
            Finding::about(&rule::HTML_UNSUPPORTED, &draft.source.name, message)
        })?;
        Ok(Self { html, text })
    }
}

/// What stands below every letter.
struct Foot<'f> {
    /// What a page on the web is called, and its address.
    online: Option<(&'static str, &'f str)>,
    /// Why the reader gets this.
    reason: String,
    unsubscribe_url: String,
}

impl Foot<'_> {
    /// As the plain text has it.
    fn lines(&self, materials: &Materials<'_>, phrases: &Phrases) -> Vec<String> {
        let Materials { newsletter, look, .. } = *materials;
        let mut lines = vec![newsletter.name.clone()];
        lines.extend(look.theme().footer.clone());
        lines.extend(newsletter.postal_address.clone());
        lines.push(self.reason.clone());
        lines.extend(self.online.map(|(label, url)| format!("{label}: {url}")));
        lines.push(format!("{}: {}", phrases.unsubscribe, self.unsubscribe_url));
        lines
    }
}

/// Where a letter can be read on the web, and what the footer calls it: its own page, or that of all letters.
fn online<'d>(
    draft: &'d Draft,
    newsletter: &'d Newsletter,
    phrases: &Phrases,
) -> Option<(&'static str, &'d str)> {
    let own = draft.front.canonical_url.as_deref().map(|url| (phrases.this_letter, url));
    own.or(newsletter.archive_url.as_deref().map(|url| (phrases.all_letters, url)))
}

/// The names of the snippets that a text includes with `[[include: NAME]]`, in order.
pub fn included(text: &str) -> Vec<&str> {
    tree::included(text)
}

/// A block that would have to be written out too often.
fn crowded(draft: &Draft, at: Sourcepos) -> Finding {
    let (source, start) = tree::origin(draft, at);
    let message = format!("conditions give this block more than {MOST_CHOICES} wordings");
    Finding::at(&rule::MERGE_SYNTAX, &source, start..start, message)
        .help("split it, or put the conditions around whole blocks")
}

/// All text in which a stand-in for a merge tag could occur by chance.
fn everything(draft: &Draft, materials: &Materials<'_>) -> String {
    let (front, newsletter, theme) = (&draft.front, materials.newsletter, materials.look.theme());
    let texts = [&draft.source.text, &front.subject, &front.title, &newsletter.name];
    let more = [&front.preheader, &newsletter.postal_address, &newsletter.base_url];
    let more = more.into_iter().chain([&theme.header, &theme.footer]);
    let snippets = draft.snippets.values().flatten().map(|snippet| &snippet.text);
    let texts = texts.into_iter().chain(more.flatten()).chain(snippets);
    texts.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// The slug, or the file's name without folders and `.md`.
pub fn id(draft: &Draft) -> String {
    let name = draft.source.name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.strip_suffix(".md").unwrap_or(name);
    draft.front.slug.clone().unwrap_or_else(|| stem.to_owned())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Single spaces between words, as Subject has them: those between two encoded words are not shown (RFC 2047 6.2), and
/// the title of the HTML part has to be the same.
pub(crate) fn single_spaced(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What inboxes would show anyway, were it not for the masthead: the beginning of the first paragraph.
///
/// Not one that depends on the reader, whose beginning could end within a branch.
fn first_words(root: Node<'_>, tags: &Tags) -> Option<String> {
    let mut depth = 0;
    let is_for_all = |node: &Node<'_>| {
        match tree::condition(node, tags) {
            Some(Role::Begins(Branch { branch: 0, .. })) => depth += 1,
            Some(Role::Ends(_)) => depth -= 1,
            _ => {}
        }
        let is_text = matches!(node.data().value, NodeValue::Paragraph);
        depth == 0
            && is_text
            && node.descendants().all(|node| tree::condition(node, tags).is_none())
    };
    let mut texts = root.children().filter(is_for_all).map(|node| one_line(&node.collect_text()));
    let text = texts.find(|text| !text.is_empty())?;
    let mut words = String::new();
    for word in text.split(' ') {
        if words.chars().count() + word.chars().count() > 140 {
            words.push('…');
            break;
        }
        let _ = write!(words, "{}{word}", if words.is_empty() { "" } else { " " });
    }
    Some(words)
}

/// SHA-256 over the JSON of all other fields in their order, in hex.
fn digest(issue: &Issue) -> String {
    let Issue { id, subject, html, text, conditionals, from, reply_to, images, digest: _ } = issue;
    let fields = (id, subject, html, text, conditionals, from, reply_to, images);
    let canonical = serde_json::to_vec(&fields).expect("strings and enums have a JSON form");
    Sha256::digest(&canonical).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
