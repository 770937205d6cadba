//! The other issues of a project: the drafts in the folders of those that are checked, and what the ledger remembers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::check::past::{Archive, Earlier};
use crate::compose::Issue;
use crate::delivery::plan::Pinned;
use crate::draft;
use crate::finding::Finding;
use crate::io::files;
use crate::io::ledger_sqlite::read::{Reader, Remembered};
use crate::rule;

use super::project::{Project, decode};
use super::workers::share;

/// Reads them as far as they can be read, and says where the ledger kept something back. What is wrong with a draft is
/// said when that one is checked.
pub(super) fn gather(project: &Project, drafts: &[PathBuf]) -> (Archive, Vec<Finding>) {
    let folders: BTreeSet<&Path> =
        drafts.iter().map(|draft| draft.parent().unwrap_or(Path::new(""))).collect();
    let paths: Vec<PathBuf> = folders.into_iter().flat_map(drafts_in).collect();
    let mut issues: Vec<Earlier> =
        share(&paths, |path| written(path)).into_iter().flatten().collect();
    let mut remarks = Vec::new();
    if project.configured {
        match sent(project) {
            Ok((sent, unread)) => {
                issues.extend(sent);
                remarks.extend(unread);
            }
            Err(why) => remarks.push(unreadable(&project.state().display().to_string(), &why)),
        }
    }
    (Archive::new(issues), remarks)
}

fn unreadable(file: &str, why: &str) -> Finding {
    let message = format!("{why}; so what was sent before is not compared");
    Finding::about(&rule::LEDGER_UNREADABLE, file, message)
        .help("`postrider ledger verify` says what is wrong with it")
}

fn drafts_in(folder: &Path) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    files::with_ending(here, "md").unwrap_or_default()
}

fn written(path: &Path) -> Option<Earlier> {
    let draft = draft::read(decode(path).ok()?).0?;
    Some(Earlier::of_draft(&draft))
}

/// What was sent, and a remark if some of it is in a form that cannot be read.
fn sent(project: &Project) -> Result<(Vec<Earlier>, Option<Finding>), String> {
    let Some(reader) = Reader::open(&project.state()).map_err(|error| error.to_string())? else {
        return Ok((Vec::new(), None));
    };
    let remembered = reader.pinned().map_err(|error| error.to_string())?;
    let number = remembered.len();
    let earlier: Vec<Earlier> = remembered.iter().filter_map(earlier).collect();
    let lost = number - earlier.len();
    let unread = (lost > 0).then(|| {
        let why = format!("{lost} of {number} issues cannot be read");
        unreadable(&project.state().display().to_string(), &why)
    });
    Ok((earlier, unread))
}

/// The letters of an issue that the ledger remembers.
pub(super) fn letters_of(project: &Project, id: &str) -> Option<Issue> {
    let remembered = Reader::open(&project.state()).ok()??.pinned().ok()?;
    let issues = remembered.iter().filter_map(|issue| {
        let pinned: Pinned = serde_json::from_str(&issue.pinned).ok()?;
        Some(pinned.issue)
    });
    issues.into_iter().find(|issue| issue.id == id)
}

fn earlier(issue: &Remembered) -> Option<Earlier> {
    let pinned: Pinned = serde_json::from_str(&issue.pinned).ok()?;
    let date = TimeZone::system().to_datetime(issue.released_at).date();
    Some(Earlier::of_issue(&pinned.issue, date, issue.was_sent))
}
