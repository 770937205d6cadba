//! The other issues of a project: the drafts in the folders of those that are checked, and what the ledger remembers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::check::past::{Archive, Earlier};
use crate::delivery::plan::Pinned;
use crate::draft;
use crate::io::files;
use crate::io::ledger_sqlite::read::Reader;

use super::project::{Project, decode};

/// Reads them as far as they can be read; what is wrong with one is said when that one is checked.
pub(super) fn gather(project: &Project, drafts: &[PathBuf]) -> Archive {
    let folders: BTreeSet<&Path> =
        drafts.iter().map(|draft| draft.parent().unwrap_or(Path::new(""))).collect();
    let mut issues: Vec<Earlier> = folders.into_iter().flat_map(written).collect();
    if project.configured {
        issues.extend(sent(project));
    }
    Archive::new(issues)
}

fn written(folder: &Path) -> Vec<Earlier> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let paths = files::with_ending(here, "md").unwrap_or_default();
    let drafts = paths.iter().filter_map(|path| draft::read(decode(path).ok()?).0);
    drafts.map(|draft| Earlier::of_draft(&draft)).collect()
}

fn sent(project: &Project) -> Vec<Earlier> {
    let Ok(Some(reader)) = Reader::open(&project.state()) else { return Vec::new() };
    let pinned = reader.pinned().unwrap_or_default();
    pinned
        .into_iter()
        .filter_map(|issue| {
            let pinned: Pinned = serde_json::from_str(&issue.pinned).ok()?;
            let date = TimeZone::system().to_datetime(issue.released_at).date();
            Some(Earlier::of_issue(&pinned.issue, date, issue.was_sent))
        })
        .collect()
}
