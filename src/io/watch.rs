//! Tells when one of a few files, or a Markdown file beside them, has been saved.
//!
//! Editors save by writing anew and renaming, which ends a watch on the file itself: so the folders are watched, and
//! events are told apart by file name.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// How long the files must have been quiet before a change is told: one save is several events.
const QUIET: Duration = Duration::from_millis(12);
/// The longest a change is held back by a file that is never quiet.
const LONGEST: Duration = Duration::from_millis(250);

/// A watch on some files; ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    touched: Arc<Notify>,
    /// Seen, but not told yet: makes [`Watch::changed`] safe to cancel.
    pending: AtomicBool,
    /// The names of the files.
    names: Arc<Mutex<BTreeSet<OsString>>>,
    /// What watches, and the folders it watches.
    watcher: Mutex<(RecommendedWatcher, BTreeSet<PathBuf>)>,
}

impl Watch {
    /// Watches `files`, which need not exist yet, while their folders must. Symbolic links are watched at both ends.
    pub fn start(files: &[PathBuf]) -> notify::Result<Self> {
        let names = Arc::new(Mutex::new(BTreeSet::new()));
        let touched = Arc::new(Notify::new());
        let (teller, known) = (Arc::clone(&touched), Arc::clone(&names));
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // After an error (a full event queue, a folder that went away) a change may have been lost: look again.
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            if event.map_or(true, |event| is_change(&event, &known)) {
                teller.notify_one();
            }
        })?;
        let watcher = Mutex::new((watcher, BTreeSet::new()));
        let watch = Self { touched, pending: AtomicBool::new(false), names, watcher };
        watch.also(files)?;
        Ok(watch)
    }

    /// Watches these files, too.
    pub fn also(&self, files: &[PathBuf]) -> notify::Result<()> {
        let ends: Vec<PathBuf> = files
            .iter()
            .flat_map(|file| [Some(file.clone()), file.canonicalize().ok()])
            .flatten()
            .collect();
        let names = ends.iter().filter_map(|file| file.file_name()).map(OsString::from);
        self.names.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let (watcher, folders) = &mut *watcher;
        for folder in ends.iter().map(|file| folder_of(file)) {
            if !folders.contains(folder) {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
                folders.insert(folder.to_owned());
            }
        }
        Ok(())
    }

    /// Tells of a change that no file has.
    pub fn touch(&self) {
        self.touched.notify_one();
    }

    /// Waits until a file has changed and has been quiet for 12 ms. Cancelling it loses no change.
    pub async fn changed(&self) {
        if !self.pending.load(Ordering::Acquire) {
            self.touched.notified().await;
            self.pending.store(true, Ordering::Release);
        }
        let settle =
            async { while tokio::time::timeout(QUIET, self.touched.notified()).await.is_ok() {} };
        // Running out of time is no failure: the change is told either way.
        drop(tokio::time::timeout(LONGEST, settle).await);
        self.pending.store(false, Ordering::Release);
    }
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether one of `names` was written, created, renamed or removed; being read is no change.
fn is_change(event: &Event, names: &BTreeSet<OsString>) -> bool {
    let writes = match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    };
    let ours = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "md")
            || path.file_name().is_some_and(|name| names.contains(name))
    };
    // The queue's overflow is told without a path.
    writes && (event.need_rescan() || event.paths.iter().any(ours))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests save files as an editor does")]
mod tests {
    use super::*;

    async fn is_told(watch: &Watch) -> bool {
        tokio::time::timeout(Duration::from_secs(2), watch.changed()).await.is_ok()
    }

    async fn is_silent(watch: &Watch) -> bool {
        tokio::time::timeout(Duration::from_millis(200), watch.changed()).await.is_err()
    }

    #[tokio::test]
    async fn a_save_is_told_once_whether_in_place_or_by_rename() {
        let folder = tempfile::tempdir().unwrap();
        let draft = folder.path().join("draft.md");
        std::fs::write(&draft, "one").unwrap();
        let watch = Watch::start(std::slice::from_ref(&draft)).unwrap();

        std::fs::write(&draft, "two").unwrap();
        assert!(is_told(&watch).await);
        assert!(is_silent(&watch).await, "one save is one change");

        for text in ["three", "four"] {
            let beside = folder.path().join("draft.md.tmp");
            std::fs::write(&beside, text).unwrap();
            std::fs::rename(&beside, &draft).unwrap();
            assert!(is_told(&watch).await, "the watch outlives a rename");
        }
    }

    #[tokio::test]
    async fn reading_the_file_and_writing_another_are_no_changes() {
        let folder = tempfile::tempdir().unwrap();
        let draft = folder.path().join("draft.md");
        std::fs::write(&draft, "one").unwrap();
        let watch = Watch::start(std::slice::from_ref(&draft)).unwrap();
        std::fs::read(&draft).unwrap();
        std::fs::write(folder.path().join("other.txt"), "x").unwrap();
        assert!(is_silent(&watch).await);
    }

    #[tokio::test]
    async fn a_change_survives_a_cancelled_wait() {
        let folder = tempfile::tempdir().unwrap();
        let draft = folder.path().join("draft.md");
        let watch = Watch::start(std::slice::from_ref(&draft)).unwrap();
        std::fs::write(&draft, "born later").unwrap();
        drop(tokio::time::timeout(Duration::from_millis(4), watch.changed()).await);
        assert!(is_told(&watch).await);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_linked_file_is_watched_where_it_really_is() {
        let folder = tempfile::tempdir().unwrap();
        let (real, links) = (folder.path().join("real"), folder.path().join("links"));
        std::fs::create_dir_all(&real).unwrap();
        std::fs::create_dir_all(&links).unwrap();
        std::fs::write(real.join("text.md"), "one").unwrap();
        std::os::unix::fs::symlink(real.join("text.md"), links.join("draft.md")).unwrap();
        let watch = Watch::start(&[links.join("draft.md")]).unwrap();
        std::fs::write(real.join("text.md"), "two").unwrap();
        assert!(is_told(&watch).await);
    }
}
