//! What the studio remembers between requests, and what one request is shown.
//!
//! Everything here blocks: composing, reading the list. Routes call it where that is allowed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::asked::{Asked, Pane};
use super::desk::{Catch, Comparison, Entry, Errands, Letter, Made, Proof, Refusal};
use super::draft;
use super::readers::Readers;
use crate::audience::Subscriber;
use crate::compose::merge::fill::Unresolved;
use crate::finding::Finding;
use crate::io::images::Picture;
use crate::rule;

/// Letters that are kept taken apart.
const LETTERS: usize = 4;

/// The studio's memory.
pub(super) struct State {
    pub(super) errands: Errands,
    /// Counts the saves.
    pub(super) changes: watch::Receiver<u64>,
    pub(super) readers: Readers,
    pub(super) catches: Mutex<Vec<Catch>>,
    /// The draft to show unasked.
    first: String,
    drafts: Mutex<(u64, Arc<Vec<Entry>>)>,
    proofs: Mutex<BTreeMap<String, (u64, Arc<Proof>)>>,
    letters: Mutex<Vec<Kept>>,
}

/// A reader's letter, or what stands against it.
type Outcome = Result<Letter, Vec<Unresolved>>;

struct Kept {
    made: Arc<Made>,
    reader: Subscriber,
    outcome: Arc<Outcome>,
}

/// All that one request is shown.
pub(super) struct Seen {
    pub(super) asked: Asked,
    /// The save that it shows.
    pub(super) version: u64,
    pub(super) drafts: Arc<Vec<Entry>>,
    pub(super) proof: Arc<Proof>,
    pub(super) reader: Subscriber,
    outcome: Option<Arc<Outcome>>,
    /// A link that opens a file in the user's editor.
    pub(super) editor: Option<String>,
    /// The draft beside the issue before it, where that is looked at.
    pub(super) compared: Option<Result<Option<Comparison>, Refusal>>,
    /// What keeps this reader's letter from being made, while others' may be well.
    pub(super) refusals: Vec<Finding>,
}

impl State {
    pub(super) fn new(errands: Errands, first: String, changes: watch::Receiver<u64>) -> Self {
        Self {
            errands,
            changes,
            first,
            readers: Readers::default(),
            catches: Mutex::default(),
            // No save has this number.
            drafts: Mutex::new((u64::MAX, Arc::default())),
            proofs: Mutex::default(),
            letters: Mutex::default(),
        }
    }

    /// Makes what is asked for; what is not known falls back to the first or the usual.
    pub(super) fn see(&self, asked: Asked) -> Seen {
        let version = *self.changes.borrow();
        let drafts = self.drafts(version);
        let key = self.known(&asked.draft);
        let proof = self.proof(&key, version);
        let reader = self.readers.find(&proof.list, &asked.reader);
        let outcome = proof.made.as_ref().map(|made| self.letter(made, &reader));
        let refusals = outcome.as_ref().map_or(Vec::new(), |outcome| refusals(outcome, &reader));
        let editor = self.errands.editor.clone();
        let compared = None;
        Seen { asked, version, drafts, proof, reader, outcome, editor, compared, refusals }
    }

    /// The same for a page, which may show the draft beside the issue before it.
    pub(super) fn see_page(&self, asked: Asked) -> Seen {
        let seen = self.see(asked);
        let is_asked = seen.asked.pane() == Pane::Changes && seen.proof.is_current;
        let compared = is_asked.then(|| (self.errands.compare)(&seen.proof.key));
        Seen { compared, ..seen }
    }

    /// An image of a letter that has been shown.
    pub(super) fn picture(&self, name: &str) -> Option<Picture> {
        let proofs = held(&self.proofs);
        let mut pictures = proofs
            .values()
            .filter_map(|(_, proof)| proof.made.as_ref())
            .flat_map(|made| &made.pictures);
        pictures.find(|picture| picture.name == name).cloned()
    }

    /// The key of a draft that exists, whatever was asked for.
    pub(super) fn known(&self, key: &str) -> String {
        let drafts = self.drafts(*self.changes.borrow());
        if drafts.iter().any(|entry| entry.key == key) {
            key.to_owned()
        } else {
            self.first.clone()
        }
    }

    fn drafts(&self, version: u64) -> Arc<Vec<Entry>> {
        let mut drafts = held(&self.drafts);
        if drafts.0 != version {
            *drafts = (version, Arc::new((self.errands.drafts)()));
        }
        Arc::clone(&drafts.1)
    }

    /// The draft as of a save; composed by the first who asks, while the others wait.
    fn proof(&self, key: &str, version: u64) -> Arc<Proof> {
        let mut proofs = held(&self.proofs);
        let last = proofs.get(key);
        if let Some((_, proof)) = last.filter(|(known, _)| *known >= version) {
            return Arc::clone(proof);
        }
        let proof = (self.errands.compose)(key, last.map(|(_, proof)| &**proof));
        let proof = Arc::new(proof);
        proofs.insert(key.to_owned(), (version, Arc::clone(&proof)));
        proof
    }

    fn letter(&self, made: &Arc<Made>, reader: &Subscriber) -> Arc<Outcome> {
        let mut letters = held(&self.letters);
        let is_it = |kept: &&Kept| Arc::ptr_eq(&kept.made, made) && kept.reader == *reader;
        if let Some(kept) = letters.iter().find(is_it) {
            return Arc::clone(&kept.outcome);
        }
        let outcome = Arc::new(made.letter(reader));
        if letters.len() >= LETTERS {
            letters.remove(0);
        }
        let (made, reader) = (Arc::clone(made), reader.clone());
        letters.push(Kept { made, reader, outcome: Arc::clone(&outcome) });
        outcome
    }
}

impl Seen {
    pub(super) fn letter(&self) -> Option<&Letter> {
        self.outcome.as_ref().and_then(|outcome| outcome.as_ref().as_ref().ok())
    }

    /// The letter with what it was made of.
    pub(super) fn made(&self) -> Option<(&Letter, &Made)> {
        self.letter().zip(self.proof.made.as_deref())
    }

    /// What the letter on the stage is worth, if it is not simply the draft's.
    pub(super) fn state(&self) -> Option<&'static str> {
        match (self.letter(), self.proof.is_stale) {
            (Some(_), false) => None,
            (Some(_), true) => {
                Some("The letter below is from the last save that could be composed.")
            }
            (None, _) if self.refusals.is_empty() => {
                Some("There is no letter yet: it appears once these are mended.")
            }
            (None, _) => Some("There is no letter for this reader; choose another, or mend this."),
        }
    }

    /// All there is to say, what keeps this reader's letter from being made first.
    pub(super) fn findings(&self) -> Vec<&Finding> {
        let mut all: Vec<&Finding> = self.refusals.iter().chain(&self.proof.findings).collect();
        all.sort_by_key(|finding| finding.severity);
        all
    }

    /// Where a finding lies: `FILE:LINE`, if that is a file of the draft's.
    pub(super) fn place(&self, finding: &Finding) -> Option<String> {
        let file = self.proof.sources.iter().position(|source| source.name == finding.file)?;
        finding.place.map(|place| format!("{file}:{}", place.line))
    }

    /// Whether an image on one of these lines of a file lacks the text for readers who do not see it.
    pub(super) fn lacks_text(&self, file: usize, lines: &Range<usize>) -> bool {
        let Some(source) = self.proof.sources.get(file) else { return false };
        self.proof.findings.iter().any(|finding| {
            finding.rule == &rule::IMG_ALT_MISSING
                && finding.file == source.name
                && finding.place.is_some_and(|place| lines.contains(&place.line))
        })
    }

    /// The link that opens a finding's line in the user's editor, if that is a file of the draft's.
    pub(super) fn in_editor(&self, finding: &Finding) -> Option<String> {
        let file = self.proof.sources.iter().position(|source| source.name == finding.file)?;
        let (template, path) = (self.editor.as_deref()?, self.proof.paths.get(file)?);
        let place = finding.place?;
        Some(draft::in_editor(template, path, place.line, place.column))
    }

    /// The title of the draft.
    pub(super) fn title(&self) -> &str {
        let entry = self.drafts.iter().find(|entry| entry.key == self.proof.key);
        entry.map_or(&self.proof.key, |entry| &entry.title)
    }
}

fn refusals(outcome: &Outcome, reader: &Subscriber) -> Vec<Finding> {
    let Err(unresolved) = outcome else { return Vec::new() };
    let help =
        "give the tag a default, e.g. `{{ name | default(\"reader\") }}`, or fill the column";
    let finding = |one: &Unresolved| {
        let what = format!("{one} for {}", reader.email);
        Finding::about(&rule::MERGE_UNRESOLVED, "subscribers", what).help(help)
    };
    unresolved.iter().map(finding).collect()
}

/// A lock; what a request that panicked left behind is whole all the same.
pub(super) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
