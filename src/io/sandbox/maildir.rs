//! The folder of caught letters: a Maildir in that a letter is written in `tmp` and appears in `new` complete.
//!
//! Nothing is synced to disk: the sandbox shows letters, it does not promise to keep them through a power cut, and
//! that is what lets it take tens of thousands of letters a second.

#![expect(clippy::disallowed_methods, reason = "stores letters")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where letters are put.
#[derive(Debug)]
pub(super) struct Maildir {
    tmp: PathBuf,
    new: PathBuf,
    /// The number of the last letter.
    number: AtomicU64,
    caught: Arc<AtomicU64>,
}

impl Maildir {
    /// Makes the folder; `caught` counts what is stored from now on.
    pub(super) fn open(folder: PathBuf, caught: Arc<AtomicU64>) -> io::Result<Self> {
        let new = folder.join("new");
        let mut tmp = folder;
        tmp.push("tmp");
        fs::create_dir_all(&tmp)?;
        fs::create_dir_all(&new)?;
        let number = AtomicU64::new(last_number(&new)?);
        Ok(Self { tmp, new, number, caught })
    }

    /// Stores a copy for each recipient: the bytes as they came, and nothing but them. Gives the last one's number.
    pub(super) fn store(&self, recipients: &[String], letter: &[u8]) -> io::Result<String> {
        let mut last = String::new();
        for recipient in recipients {
            let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
            last = format!("{number:06}");
            let name = format!("{last}-{}.eml", safe(recipient));
            let tmp = self.tmp.join(&name);
            File::create(&tmp)?.write_all(letter)?;
            fs::rename(tmp, self.new.join(name))?;
            self.caught.fetch_add(1, Ordering::Release);
        }
        Ok(last)
    }
}

/// The highest number among the letters of an earlier run, so that none is overwritten.
fn last_number(new: &Path) -> io::Result<u64> {
    let mut last = 0;
    for entry in fs::read_dir(new)? {
        let name = entry?.file_name();
        let digits = name.to_str().and_then(|name| name.split('-').next());
        last = last.max(digits.and_then(|digits| digits.parse().ok()).unwrap_or(0));
    }
    Ok(last)
}

/// A recipient as part of a file name on any system: at most 120 characters, all others than these are `_`.
fn safe(recipient: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "@.+-_=".contains(c);
    recipient.chars().take(120).map(|c| if is_safe(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_stored_byte_for_byte_and_numbers_go_on_after_an_earlier_run() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["000001-ada@example.org.eml", "000002-.._.._b@example.org.eml"] {
            let maildir = Maildir::open(folder.path().to_owned(), Arc::default()).unwrap();
            let recipient =
                if name.contains("ada") { "ada@example.org" } else { "../../b@example.org" };
            maildir.store(&[recipient.to_owned()], b"A: b\r\n\r\n.\xff\r\n").unwrap();
            assert_eq!(maildir.caught.load(Ordering::Acquire), 1);
            let stored = fs::read(folder.path().join("new").join(name)).unwrap();
            assert_eq!(stored, b"A: b\r\n\r\n.\xff\r\n");
        }
        assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn a_file_name_is_never_longer_than_a_file_system_takes() {
        assert_eq!(safe(&"ö".repeat(300)), "_".repeat(120));
        assert_eq!(safe("o'neil/x@example.org"), "o_neil_x@example.org");
    }
}
