//! Witnesses: what a ledger had reached, written down outside of it, so that one that comes back from a backup is known.
//!
//! They lie in `$XDG_STATE_HOME/postrider`, a file for each ledger. A witness is written after what it tells is durable in
//! the ledger, so it is never ahead of a ledger that is what it was; a crash only leaves it behind.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files;

/// What is known of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The ledger's name.
    pub ledger: String,
    /// Its count of commits.
    pub sequence: u64,
    /// The state folder it was last used in; nothing once another has taken its place there.
    pub folder: Option<PathBuf>,
    /// The issues it knew.
    pub issues: Vec<String>,
}

/// The folder of the witnesses of this user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnesses {
    folder: PathBuf,
}

impl Witnesses {
    /// Where the XDG base directories have it; nothing for a user without a home.
    #[expect(
        clippy::disallowed_methods,
        reason = "the folders of the user come from the environment"
    )]
    pub fn of_user() -> Option<Self> {
        let folder = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
        };
        let state = folder("XDG_STATE_HOME")
            .or_else(|| folder("HOME").map(|home| home.join(".local/state")))?;
        Some(Self { folder: state.join("postrider") })
    }

    /// The witness of a ledger.
    pub fn of_ledger(&self, name: &str) -> io::Result<Option<Witness>> {
        Ok(self.all()?.into_iter().find(|witness| witness.ledger == name))
    }

    /// The witness of the ledger that was last used in a state folder.
    pub fn of_folder(&self, folder: &Path) -> io::Result<Option<Witness>> {
        let folder = known_as(folder);
        Ok(self.all()?.into_iter().find(|witness| witness.folder.as_ref() == Some(&folder)))
    }

    /// Writes a witness down, durably. Whatever other ledger was used in its folder is no longer there; issues that were
    /// witnessed before are remembered.
    pub fn write(&self, mut witness: Witness) -> io::Result<()> {
        files::create_folder(&self.folder)?;
        witness.folder = witness.folder.as_deref().map(known_as);
        for mut other in self.all()? {
            if other.ledger == witness.ledger {
                other.issues.retain(|slug| !witness.issues.contains(slug));
                witness.issues.append(&mut other.issues);
                continue;
            }
            if other.folder.is_some() && other.folder == witness.folder {
                other.folder = None;
                self.put(&other)?;
            }
        }
        self.put(&witness)
    }

    /// Writes a witness of less than a run down: it never takes the place of one that knows more or of another ledger.
    pub fn follow(&self, witness: Witness) -> io::Result<()> {
        let here = witness.folder.as_deref().map_or(Ok(None), |folder| self.of_folder(folder))?;
        let is_other = here.is_some_and(|here| here.ledger != witness.ledger);
        let seen = self.of_ledger(&witness.ledger)?;
        let is_behind = seen.is_some_and(|seen| seen.sequence > witness.sequence);
        if is_other || is_behind { Ok(()) } else { self.write(witness) }
    }

    fn put(&self, witness: &Witness) -> io::Result<()> {
        let text = serde_json::to_string_pretty(witness)?;
        let path = self.folder.join(format!("{}.json", witness.ledger));
        files::write_durably(&path, format!("{text}\n").as_bytes())
    }

    /// Every witness that can be read. One that cannot says nothing, as if it had been lost.
    fn all(&self) -> io::Result<Vec<Witness>> {
        let paths = files::with_ending(&self.folder, "json")?;
        let read = |path: &PathBuf| serde_json::from_slice(&files::read(path).ok()?).ok();
        Ok(paths.iter().filter_map(read).collect())
    }
}

/// A folder by the one name it has whichever way it is reached.
fn known_as(folder: &Path) -> PathBuf {
    folder
        .canonicalize()
        .or_else(|_| std::path::absolute(folder))
        .unwrap_or_else(|_| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn witness(ledger: &str, folder: &Path) -> Witness {
        Witness {
            ledger: ledger.into(),
            sequence: 7,
            folder: Some(folder.into()),
            issues: vec!["tide".into()],
        }
    }

    #[test]
    fn a_folder_has_one_ledger_and_the_one_before_is_still_remembered() {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join("state");
        files::create_folder(&state).unwrap();
        let witnesses = Witnesses { folder: home.path().join("postrider") };
        assert_eq!(witnesses.of_folder(&state).unwrap(), None);
        witnesses.write(witness("a", &state)).unwrap();
        let other_way = home.path().join("state/../state");
        assert_eq!(witnesses.of_folder(&other_way).unwrap().unwrap().ledger, "a");
        witnesses.write(witness("b", &state)).unwrap();
        assert_eq!(witnesses.of_folder(&state).unwrap().unwrap().ledger, "b");
        let before = witnesses.of_ledger("a").unwrap().unwrap();
        assert_eq!((before.sequence, before.folder), (7, None));
        let younger = |ledger: &str, sequence| Witness { sequence, ..witness(ledger, &state) };
        witnesses.follow(younger("b", 9)).unwrap();
        witnesses.follow(younger("b", 8)).unwrap();
        witnesses.follow(younger("c", 99)).unwrap();
        assert_eq!(witnesses.of_folder(&state).unwrap().unwrap().sequence, 9);
        files::write(&home.path().join("postrider/b.json"), b"{").unwrap();
        assert_eq!(witnesses.of_ledger("b").unwrap(), None);
    }
}
