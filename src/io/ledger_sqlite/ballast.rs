//! Four megabytes that are given up when the disk is full, so that the outcomes of letters that have left still fit.
#![expect(clippy::disallowed_methods, reason = "the ballast is a file of random bytes")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Its size in bytes.
const SIZE: usize = 4 << 20;

fn file(dir: &Path) -> PathBuf {
    dir.join("ledger.ballast")
}

/// Takes it aboard, unless it is there already. Where there is no room for it nothing is left behind.
pub(super) fn load(dir: &Path) -> io::Result<()> {
    let path = file(dir);
    if fs::metadata(&path).is_ok_and(|found| found.len() >= SIZE as u64) {
        return Ok(());
    }
    // Of random bytes: zeros would be no weight on a disk that compresses or leaves holes.
    let mut bytes = vec![0; SIZE];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    if written.is_err() {
        drop_it(dir);
    }
    written
}

/// Gives it up.
pub(super) fn drop_it(dir: &Path) {
    // What cannot be removed gives no room, and that shows at the next write.
    let _ = fs::remove_file(file(dir));
}
