//! A list written anew beside the old one and put in its place at the end, so that a crash loses neither.
#![expect(clippy::disallowed_methods, reason = "this is where a list is replaced")]

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The copy; removed again unless it is committed.
#[derive(Debug)]
pub struct Replacement {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    original: Option<Metadata>,
    is_in_place: bool,
}

impl Replacement {
    /// Begins with a copy of the file at `path`, or with nothing when there is none.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let mut new = Self::anew(path)?;
        if new.original.is_some() {
            io::copy(&mut File::open(&new.path)?, &mut new.file)?;
        }
        Ok(new)
    }

    /// Begins with nothing.
    pub fn anew(path: &Path) -> io::Result<Self> {
        let original = match fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unwritable(path, &error)),
        };
        // The file behind a link is replaced, not the link.
        let path = match &original {
            Some(_) => path.canonicalize().map_err(|error| unwritable(path, &error))?,
            None => path.to_owned(),
        };
        let mut temporary = path.clone().into_os_string();
        temporary.push(".new");
        let temporary = PathBuf::from(temporary);
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary);
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => left_over(&temporary),
            _ => unwritable(&temporary, &error),
        })?;
        let new =
            Self { path, temporary, file: BufWriter::new(file), original, is_in_place: false };
        if let Some(original) = &new.original {
            fs::set_permissions(&new.temporary, original.permissions())?;
        }
        Ok(new)
    }

    /// Puts the copy in place, durably; refuses if somebody has changed the file meanwhile.
    pub fn commit(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        if !is_same(self.original.as_ref(), fs::metadata(&self.path).ok().as_ref()) {
            let message = format!("`{}` was changed meanwhile; run again", self.path.display());
            return Err(io::Error::other(message));
        }
        fs::rename(&self.temporary, &self.path).map_err(|error| unwritable(&self.path, &error))?;
        self.is_in_place = true;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.is_in_place {
            _ = fs::remove_file(&self.temporary);
        }
    }
}

fn is_same(one: Option<&Metadata>, other: Option<&Metadata>) -> bool {
    let mark = |metadata: &Metadata| (metadata.len(), metadata.modified().ok());
    one.map(mark) == other.map(mark)
}

fn unwritable(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}` cannot be written: {error}", path.display()))
}

fn left_over(temporary: &Path) -> io::Error {
    let name = temporary.display();
    io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!(
            "`{name}` exists: another import is running or was cut off; remove it if none is running"
        ),
    )
}
