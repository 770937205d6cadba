//! The whole list and the other issues, for the studio's findings: read beside the pages, so that a save is on the screen
//! before a long list or many drafts have been gone through.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::io::files::{self, Stamp};
use crate::io::watch::Watch;

use super::super::project::Project;
use super::super::surroundings::Wider;

/// What was read last, and from which files.
#[derive(Debug)]
pub(super) struct Backdrop {
    known: Mutex<Known>,
    watch: Arc<Watch>,
}

#[derive(Debug, Default)]
struct Known {
    wider: Arc<Wider>,
    stamps: Option<Stamps>,
    is_being_read: bool,
}

type Stamps = BTreeMap<PathBuf, Stamp>;

impl Backdrop {
    pub(super) fn new(watch: Arc<Watch>) -> Self {
        Self { known: Mutex::default(), watch }
    }

    /// What is known, and whether a file has changed since; then it is read anew beside, and told of as a save is.
    pub(super) fn behind(self: &Arc<Self>, draft: &Path, project: &Project) -> (Arc<Wider>, bool) {
        let stamps = stamps(draft, project);
        let mut known = self.known();
        let is_current = known.stamps.as_ref().is_some_and(|known| is_same(known, &stamps, draft));
        if !is_current && !known.is_being_read {
            known.is_being_read = true;
            let (backdrop, draft, project) = (Arc::clone(self), draft.to_owned(), project.clone());
            thread::spawn(move || backdrop.read(&draft, &project, stamps));
        }
        (Arc::clone(&known.wider), is_current)
    }

    fn read(&self, draft: &Path, project: &Project, mut stamps: Stamps) {
        let wider = Arc::new(Wider::gather(project, &[draft.to_owned()]));
        // Reading the ledger can touch its files.
        stamps.extend(ledger(project).filter_map(stamped));
        *self.known() = Known { wider, stamps: Some(stamps), is_being_read: false };
        self.watch.touch();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every file that is read for it.
fn stamps(draft: &Path, project: &Project) -> Stamps {
    let folder = draft.parent().filter(|folder| !folder.as_os_str().is_empty());
    let drafts = files::with_ending(folder.unwrap_or(Path::new(".")), "md").unwrap_or_default();
    let mut files = drafts;
    if project.configured {
        files.push(project.list());
        files.extend(ledger(project));
    }
    files.into_iter().filter_map(stamped).collect()
}

fn ledger(project: &Project) -> impl Iterator<Item = PathBuf> {
    let state = project.state();
    ["ledger.sqlite", "ledger.sqlite-wal"].into_iter().map(move |name| state.join(name))
}

/// A file with its stamp; an empty one counts as none, because a log that is opened is.
fn stamped(file: PathBuf) -> Option<(PathBuf, Stamp)> {
    let stamp = files::stamp(&file).filter(|(length, _)| *length > 0)?;
    Some((file, stamp))
}

/// Whether nothing has changed but the draft itself, which is no other issue.
fn is_same(known: &Stamps, now: &Stamps, draft: &Path) -> bool {
    let name = draft.file_name();
    let is_other = |(file, _): &(&PathBuf, &Stamp)| file.file_name() != name;
    known.iter().filter(is_other).eq(now.iter().filter(is_other))
}
