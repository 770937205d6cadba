//! The way from a draft's file to an issue and all that is to be said of it: one for `check`, `preview` and `send`.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::check::document::Document;
use crate::check::online::SpamScore;
use crate::check::personalisation::names_in;
use crate::check::weight::Weight;
use crate::check::{self, Letter, Subject, gate};
use crate::compose::images::Images;
use crate::compose::merge::Template;
use crate::compose::{self, Issue, Materials};
use crate::draft::{self, Draft};
use crate::finding::Finding;
use crate::io::images::{self, Folders, Shelf};
use crate::io::{snippets, spam};
use crate::message::{LetterError, Letterhead, Letters};
use crate::rule::{self, Gate, Severity};
use crate::source::Source;

use super::failure::Failure;
use super::project::{Project, decode};
use super::surroundings::{Surroundings, stranger};

/// A draft, as far as it could be read and composed.
pub(super) struct Opened {
    /// The draft, if there is one in the file.
    pub(super) draft: Option<Draft>,
    /// The issue, if nothing shuts it.
    pub(super) issue: Option<Issue>,
    /// The issue's HTML with the places its blocks come from.
    pub(super) traced: Template,
    pub(super) images: Images,
    /// What reading and composing have to say, among it the gates that are not passed.
    pub(super) said: Vec<Finding>,
}

/// A draft that is looked at from all sides.
pub(super) struct Inspected {
    pub(super) opened: Opened,
    /// All that is to be said of it in the order of its lines.
    pub(super) findings: Vec<Finding>,
    /// Everybody's letters, if there is an issue.
    pub(super) letters: Option<Result<Letters, LetterError>>,
}

/// Reads and composes a draft and says all that is to be said of it. Images that are on the shelf are not decoded again.
pub(super) fn inspect(
    path: &Path,
    project: &Project,
    around: &Surroundings,
    shelf: &mut Shelf,
) -> Result<Inspected, Failure> {
    inspect_text(decode(path)?, path, project, around, shelf)
}

/// The same of what a draft's file could hold instead.
pub(super) fn inspect_text(
    source: Source,
    path: &Path,
    project: &Project,
    around: &Surroundings,
    shelf: &mut Shelf,
) -> Result<Inspected, Failure> {
    let mut opened = open_text(source, path, project, shelf);
    let mut said = std::mem::take(&mut opened.said);
    // Whoever checks a draft that is marked as one knows; a send refuses it.
    let marked = said.iter_mut().filter(|finding| finding.rule == &rule::DRAFT_TRUE);
    marked.for_each(|finding| finding.severity = Severity::Info);
    let Some(draft) = opened.draft.as_ref().filter(|_| !is_too_large(&said)) else {
        return Ok(Inspected { findings: said, opened, letters: None });
    };
    let letters = opened.issue.as_ref().map(|issue| letters(issue, project, around));
    let made = letters.as_ref().and_then(|letters| letters.as_ref().ok());
    let letter = made.and_then(|letters| letter(letters, around));
    let spam = match &letter {
        Some(letter) if around.asks_spam_filter => ask_spam_filter(letter, &mut said)?,
        _ => None,
    };
    let findings =
        judge(draft, &opened, project, around, (made, letter.as_ref(), spam.as_ref()), said);
    Ok(Inspected { opened, findings, letters })
}

/// Whether a draft is refused before the rules look at it: some of them read it once more, without a limit.
fn is_too_large(said: &[Finding]) -> bool {
    said.iter().any(|finding| finding.rule == &rule::DRAFT_TOO_LARGE)
}

/// The gates of a live send that the rules find, besides those that reading and composing have told of.
pub(super) fn blocking(opened: &Opened, project: &Project, now: Timestamp) -> Vec<Finding> {
    let Some(draft) = opened.draft.as_ref().filter(|_| !is_too_large(&opened.said)) else {
        return Vec::new();
    };
    let around = Surroundings::of(project, now);
    let letters = opened.issue.as_ref().and_then(|issue| letters(issue, project, &around).ok());
    let letter = letters.as_ref().and_then(|letters| letter(letters, &around));
    let made = (letters.as_ref(), letter.as_ref(), None);
    let mut found = judge(draft, opened, project, &around, made, Vec::new());
    found.retain(|finding| finding.gate() != Gate::Open);
    found
}

/// What was made of an issue: all letters, one of them, and what a spam filter thinks of that.
type Made<'a> = (Option<&'a Letters>, Option<&'a Letter>, Option<&'a SpamScore>);

fn judge(
    draft: &Draft,
    opened: &Opened,
    project: &Project,
    around: &Surroundings,
    (letters, letter, spam): Made<'_>,
    said: Vec<Finding>,
) -> Vec<Finding> {
    let document = Document::read(draft);
    let fields = around.wider.readers.as_ref().map(|readers| match letters {
        Some(letters) => readers.fields(letters, stranger().as_ref()),
        None => readers.columns_beside(names_in(draft, &document)),
    });
    let subject = Subject {
        draft,
        document: &document,
        issue: opened.issue.as_ref(),
        letter,
        images: &opened.images,
        newsletter: &project.config.newsletter,
        relay: &project.config.relay.host,
        configured: project.configured,
        followed: &around.followed,
        spam,
        now: around.now,
        today: around.today,
        fields: fields.as_ref(),
        past: &around.wider.past,
    };
    check::judge(&subject, said, &project.config.severities)
}

/// Reads and composes a draft as far as that goes.
pub(super) fn open(path: &Path, project: &Project, shelf: &mut Shelf) -> Result<Opened, Failure> {
    Ok(open_text(decode(path)?, path, project, shelf))
}

fn open_text(source: Source, path: &Path, project: &Project, shelf: &mut Shelf) -> Opened {
    let (draft, mut said) = read_text(source, path, project);
    let Some(draft) = draft else {
        let (traced, images) = (Template::default(), Images::default());
        return Opened { draft: None, issue: None, traced, images, said };
    };
    let head_is_shut = said.iter().any(Finding::is_shut);
    let config = &project.config;
    let materials =
        Materials { newsletter: &config.newsletter, look: &project.look, ascii: config.text.ascii };
    let (images, shelf) = (OnceCell::new(), RefCell::new(shelf));
    let gather = |wanted: &BTreeMap<String, u32>| {
        images.get_or_init(|| {
            let (logo, folders) = (project.look.theme().logo.as_ref(), folders(path, project));
            let shelf = &mut shelf.borrow_mut();
            images::gather(wanted, logo, folders, &config.newsletter, &config.images, shelf)
        })
    };
    let composed = compose::compose_traced(&draft, &materials, &gather);
    let images = images.into_inner().unwrap_or_default();
    let (issue, traced) = match composed {
        Ok((issue, traced, more)) => {
            said.extend(more);
            (Some(issue).filter(|_| !head_is_shut), traced)
        }
        Err(more) => {
            said.extend(more);
            (None, Template::default())
        }
    };
    if let Some(issue) = &issue {
        said.extend(gates(&draft, issue, project));
    }
    Opened { draft: Some(draft), issue, traced, images, said }
}

impl Opened {
    /// The files that the draft depends on besides itself, those that could not be read included.
    pub(super) fn depends_on(&self, path: &Path, project: &Project) -> Vec<PathBuf> {
        let homes = homes(path, project);
        let snippets = self.draft.iter().flat_map(|draft| snippets::paths(draft, &homes));
        snippets.chain(images::paths(&self.images, folders(path, project))).collect()
    }
}

/// Reads a draft and what it includes, as far as that goes.
pub(super) fn read(
    path: &Path,
    project: &Project,
) -> Result<(Option<Draft>, Vec<Finding>), Failure> {
    Ok(read_text(decode(path)?, path, project))
}

fn read_text(source: Source, path: &Path, project: &Project) -> (Option<Draft>, Vec<Finding>) {
    let (mut draft, remarks) = draft::read(source);
    if let Some(draft) = &mut draft {
        snippets::gather(draft, &homes(path, project));
    }
    (draft, remarks)
}

/// Where the snippets of a draft may lie.
pub(super) fn homes<'a>(draft: &'a Path, project: &'a Project) -> [&'a Path; 2] {
    [project.root(), folders(draft, project).draft]
}

/// Where the paths of images in a draft lead.
pub(super) fn folders<'a>(draft: &'a Path, project: &'a Project) -> Folders<'a> {
    Folders { draft: draft.parent().unwrap_or(Path::new("")), project: project.root() }
}

/// The gates that a composed issue does not pass.
fn gates(draft: &Draft, issue: &Issue, project: &Project) -> Vec<Finding> {
    let (config, name) = (&project.config, &draft.source.name);
    let mut found = gate::unsubscribe(issue, &config.unsubscribe, name);
    found.extend(gate::weight(issue, config.images.budget, name));
    let from = &issue.from.as_ref().unwrap_or(&config.newsletter.from).address;
    found.extend(config.dkim.as_ref().and_then(|dkim| gate::dkim_domain(from, dkim, name)));
    found.extend(draft.front.draft.map(|span| {
        Finding::at(&rule::DRAFT_TRUE, &draft.source, span, "this is marked as a draft")
            .help("take `draft: true` out when it is ready")
    }));
    found
}

fn letters(
    issue: &Issue,
    project: &Project,
    around: &Surroundings,
) -> Result<Letters, LetterError> {
    let head = Letterhead {
        newsletter: &project.config.newsletter,
        unsubscribe: &project.config.unsubscribe,
        key: &around.key,
        signer: around.signer.as_ref(),
        date: around.now,
        test_copy: None,
    };
    Letters::new(issue, &head)
}

/// The letter of one reader, if it can be made.
fn letter(letters: &Letters, around: &Surroundings) -> Option<Letter> {
    let reader = around.reader.as_ref()?;
    let raw = letters.render(reader).ok()?.content.to_vec();
    let weight = Weight::of(&raw);
    let subject = letters.subject(reader).ok()?;
    Some(Letter {
        subject,
        html: letters.html(reader).ok()?,
        text: letters.text(reader).ok()?,
        raw,
        weight,
    })
}

/// What a spam filter thinks of a letter; that there is none, or that it failed, is `said`.
fn ask_spam_filter(letter: &Letter, said: &mut Vec<Finding>) -> Result<Option<SpamScore>, Failure> {
    let why = match super::runtime()?.block_on(spam::score(&letter.raw)) {
        Ok(Some(score)) => return Ok(Some(score)),
        Ok(None) => {
            "spamassassin is not installed, so nobody was asked about the letter".to_owned()
        }
        Err(error) => format!("spamassassin could not be asked: {error}"),
    };
    let finding =
        Finding::about(&rule::SPAM_SCORE, "spamassassin", why).weighing(Severity::Warning);
    said.push(
        finding.help("install it, e.g. `apt-get install spamassassin`, or leave `--spam` out"),
    );
    Ok(None)
}
