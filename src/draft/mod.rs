//! `drafts/*.md`: front matter and Markdown body, each value with its place.
//!
//! The body is not parsed here; `compose` reads it from its span, so that its line numbers are those of the file.

mod bare;
mod entry;
mod front;
mod head;
mod keys;
mod toml;
mod value;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Finding;
use crate::mailbox::Mailbox;
use crate::rule;
use crate::source::{Source, Span};
use crate::theme::Design;

/// What the author wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The file.
    pub source: Source,
    /// The head.
    pub front: FrontMatter,
    /// Where the Markdown body lies in the source.
    pub body: Span,
    /// The texts that the body includes, and those that they include, by name. [`parse`] leaves this empty: reading
    /// files is for those who call it.
    pub snippets: BTreeMap<String, Snippet>,
}

/// A text that is included, or why it is not.
pub type Snippet = Result<Source, Refusal>;

/// Why a snippet is not included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A lower-case fragment with literals in backticks.
    pub message: String,
    /// What to type instead.
    pub help: String,
}

/// The head of a draft. The subject falls back to the title and is never blank.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FrontMatter {
    /// `subject` (`email_subject`), else `title`: the Subject header, may hold merge tags.
    pub subject: String,
    /// Where the subject's value stands.
    pub subject_span: Span,
    /// `title`, else `subject`: the h1 of the letter.
    pub title: String,
    /// `preheader` (`description`, `preview`, `preview_text`, `summary`, `excerpt`): one line.
    pub preheader: Option<String>,
    /// Where the preheader's value stands.
    pub preheader_span: Span,
    /// `date` (`publish_date`, `pubdate`) as written.
    pub date: Option<String>,
    /// `slug`: the id.
    pub slug: Option<String>,
    /// `number` (`issue`, `secondary_id`).
    pub number: Option<u64>,
    /// `lang` (`language`), BCP 47.
    pub lang: Option<String>,
    /// `draft: true`, with its place.
    pub draft: Option<Span>,
    /// `toc: true`: the letter has a table of contents.
    pub toc: bool,
    /// `smart_punctuation`: whether quotes, dashes and dots become typographic, instead of the configuration.
    pub smart: Option<bool>,
    /// `from`: overrides the configuration.
    pub from: Option<Mailbox>,
    /// `reply_to`: overrides the configuration.
    pub reply_to: Option<Mailbox>,
    /// `theme`: the design, instead of the configuration's.
    pub theme: Option<Design>,
    /// `canonical_url`: where this letter can be read on the web.
    pub canonical_url: Option<String>,
    /// Keys that are not ours, as written.
    pub meta: BTreeMap<String, String>,
    /// Our keys whose values could not be read: they are neither there nor missing.
    pub unread: BTreeSet<&'static str>,
}

/// The longest draft, in bytes.
const LONGEST: usize = 1 << 20;

/// The longest front matter, in bytes: thousands of keys are no head but a mistake.
const LONGEST_HEAD: usize = 1 << 14;

/// Reads a draft; gives it with its remarks, or every mistake in its head.
///
/// The remarks hold the mistakes that `--allow` can release too (a subject that starts with `Re:`): the draft is
/// usable, and the gates of a send decide.
pub fn parse(source: Source) -> Result<(Draft, Vec<Finding>), Vec<Finding>> {
    match read(source) {
        (Some(draft), findings) if !findings.iter().any(Finding::is_shut) => Ok((draft, findings)),
        (_, findings) => Err(findings),
    }
}

/// Reads a draft as far as it goes, so that the mistakes of its body can be told together with those of its head;
/// `None` when it has no body that could be found.
pub fn read(source: Source) -> (Option<Draft>, Vec<Finding>) {
    if source.text.len() > LONGEST {
        let message = format!("draft is {} bytes long, more than {LONGEST}", source.text.len());
        let help = "host images and attachments elsewhere and link to them";
        let finding = Finding::about(&rule::DRAFT_TOO_LARGE, source.name, message);
        return (None, vec![finding.help(help)]);
    }
    let head = match head::find(&source) {
        Ok(head) => head,
        Err(finding) => return (None, vec![finding]),
    };
    let length = head.inner.end - head.inner.start;
    if length > LONGEST_HEAD {
        let message = format!("front matter is {length} bytes long, more than {LONGEST_HEAD}");
        let finding = Finding::at(&rule::DRAFT_TOO_LARGE, &source, head.opening, message);
        return (None, vec![finding.help("close it above the text of the letter")]);
    }
    let mut findings = Vec::new();
    let entries = match head.syntax {
        head::Syntax::Yaml => yaml::entries(&source, head.inner, &mut findings),
        head::Syntax::Toml => toml::entries(&source, head.inner, &mut findings),
        head::Syntax::Bare => bare::entries(&source, head.inner, &mut findings),
    };
    let front = front::read(&source, &head, &entries, &mut findings);
    findings.sort_by_key(|finding| finding.place);
    (Some(Draft { source, front, body: head.body, snippets: BTreeMap::new() }), findings)
}

#[cfg(test)]
mod tests;
