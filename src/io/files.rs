//! Files and folders: the only place where plain files are read and written.
#![expect(clippy::disallowed_methods, reason = "this is where files are touched")]

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::finding::Finding;
use crate::rule;

/// Creates a folder and those above it.
pub fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path).map_err(|error| named(path, &error))
}

/// Reads a whole regular file.
pub fn read(path: &Path) -> Result<Vec<u8>, Finding> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut open(path)?, &mut bytes)
        .map_err(|error| unreadable(path, error.to_string()))?;
    Ok(bytes)
}

/// Opens a regular file; anything else is refused before it can block or disappoint.
pub fn open(path: &Path) -> Result<fs::File, Finding> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => unreadable(path, "there is no such file")
            .help("check the path, and the folder you are in"),
        _ => unreadable(path, format!("cannot be read: {error}")),
    })?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a directory, " } else { "" };
        return Err(
            unreadable(path, format!("{what}not a regular file")).help("give the path of a file")
        );
    }
    fs::File::open(path).map_err(|error| unreadable(path, format!("cannot be read: {error}")))
}

fn unreadable(path: &Path, why: impl Into<String>) -> Finding {
    Finding::about(&rule::FILE_UNREADABLE, path.display().to_string(), why)
}

/// Writes a file whole: beside it first, then renamed over it.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|error| named(path, &error))
}

/// Writes a file whole and readable by its owner only: on the disk before it takes the place of the old one, and its
/// new name on the disk when this returns.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let put = || {
        let mut file = fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    put().map_err(|error| {
        let _ = fs::remove_file(&beside);
        named(path, &error)
    })
}

/// The error with the path it is about, which the system leaves out.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{} cannot be written: {error}", path.display()))
}

/// Creates a file that must not exist yet; `false` when it does.
pub fn create_new(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    match fs::File::options().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(bytes).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(named(path, &error)),
    }
}

/// Creates a file that only its owner can read; `false` when it exists.
pub fn create_private(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    use std::os::unix::fs::OpenOptionsExt;
    match fs::File::options().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => file.write_all(bytes).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(named(path, &error)),
    }
}

/// The files of a folder with this ending, sorted by name; a folder that is absent, or a file, has none.
pub fn with_ending(folder: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    Ok(paths)
}

/// What changes when a file does: its length and when it was written.
pub type Stamp = (u64, Option<SystemTime>);

/// The stamp of a file that there is.
pub fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().as_ref().map(stamp_of)
}

fn stamp_of(metadata: &fs::Metadata) -> Stamp {
    (metadata.len(), metadata.modified().ok())
}

/// A file that is hashed as it is read, and that must not change meanwhile: half of one list and half of another is
/// neither.
#[derive(Debug)]
pub struct Hashing {
    file: fs::File,
    path: PathBuf,
    before: Stamp,
    hash: sha2::Sha256,
}

impl Hashing {
    /// Opens a regular file and starts to hash.
    pub fn open(path: &Path) -> Result<Self, Finding> {
        let file = open(path)?;
        let before = file
            .metadata()
            .map(|metadata| stamp_of(&metadata))
            .map_err(|error| unreadable(path, error.to_string()))?;
        let hash = <sha2::Sha256 as sha2::Digest>::new();
        Ok(Self { file, path: path.to_owned(), before, hash })
    }

    /// SHA-256 of all that was read, unless the file has changed since it was opened.
    pub fn finish(self) -> Result<[u8; 32], Finding> {
        match self.file.metadata().map(|metadata| stamp_of(&metadata)) {
            Ok(after) if after == self.before => Ok(sha2::Digest::finalize(self.hash).into()),
            Ok(_) => Err(unreadable(&self.path, "changed while it was read")
                .help("run the same command again once it is saved")),
            Err(error) => Err(unreadable(&self.path, error.to_string())),
        }
    }
}

impl io::Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        sha2::Digest::update(&mut self.hash, &buffer[..read]);
        Ok(read)
    }
}

/// SHA-256 of a file.
pub fn digest(path: &Path) -> Result<[u8; 32], Finding> {
    let mut hashing = Hashing::open(path)?;
    io::copy(&mut hashing, &mut io::sink()).map_err(|error| unreadable(path, error.to_string()))?;
    hashing.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_file_that_changes_while_it_is_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.toml");
        fs::write(&path, "one two").unwrap();
        let known = digest(&path).unwrap();
        let mut hashing = Hashing::open(&path).unwrap();
        hashing.read_exact(&mut [0; 4]).unwrap();
        fs::write(&path, "one three").unwrap();
        hashing.read_to_end(&mut Vec::new()).unwrap();
        let finding = hashing.finish().unwrap_err();
        assert_eq!(finding.message, "changed while it was read");
        assert_ne!(digest(&path).unwrap(), known);
    }
}
