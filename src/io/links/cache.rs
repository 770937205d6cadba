//! What links answered before, in a file of the project's state.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::check::online::LinkState;
use crate::io::files;

/// How long a good answer counts. A bad one is never kept: it is asked for again when the link is mended.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Answers by address.
#[derive(Debug, Default)]
pub struct Cache {
    path: PathBuf,
    answers: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    state: LinkState,
}

impl Cache {
    /// Reads the cache of a project; one that is missing or damaged is empty.
    pub fn open(state: &Path) -> Self {
        let path = state.join("links.json");
        let answers = files::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { path, answers: answers.unwrap_or_default() }
    }

    /// Writes what is still fresh back.
    pub fn save(&mut self, now: Timestamp) -> io::Result<()> {
        self.answers.retain(|_, entry| entry.is_fresh(now));
        if let Some(folder) = self.path.parent() {
            files::create_folder(folder)?;
        }
        files::write(&self.path, &serde_json::to_vec_pretty(&self.answers)?)
    }

    pub(super) fn get(&self, url: &str, now: Timestamp) -> Option<LinkState> {
        self.answers.get(url).filter(|entry| entry.is_fresh(now)).map(|entry| entry.state.clone())
    }

    pub(super) fn put(&mut self, url: &str, state: &LinkState, now: Timestamp) {
        if matches!(state, LinkState::Alive | LinkState::Moved(_)) {
            self.answers.insert(url.to_owned(), Entry { at: now, state: state.clone() });
        }
    }
}

impl Entry {
    /// An answer of the future comes from a clock that was wrong.
    fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.at);
        !age.is_negative() && age < FRESH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_answers_are_kept_for_a_day_and_bad_ones_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let mut cache = Cache::open(folder.path());
        cache.put("https://a.example", &LinkState::Alive, now);
        cache.put("https://b.example", &LinkState::Moved("https://c.example".into()), now);
        cache.put("https://d.example", &LinkState::Gone("answers 404".into()), now);
        cache.save(now).unwrap();
        let mut cache = Cache::open(folder.path());
        let hour = SignedDuration::from_hours(1);
        assert_eq!(cache.get("https://a.example", now + hour), Some(LinkState::Alive));
        assert_eq!(cache.get("https://a.example", now + hour * 25), None);
        assert_eq!(cache.get("https://a.example", now - hour), None);
        assert_eq!(cache.get("https://d.example", now), None);
        cache.save(now + hour * 25).unwrap();
        assert_eq!(Cache::open(folder.path()).answers, BTreeMap::new());
    }

    #[test]
    fn a_damaged_cache_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        files::write(&folder.path().join("links.json"), b"{").unwrap();
        assert_eq!(Cache::open(folder.path()).answers, BTreeMap::new());
    }
}
