//! `ledger.lock`: one sender at a time; the kernel releases it when the process dies.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use super::OpenError;

/// How often a taken lock is tried again: `status` holds it for a moment when it looks who sends.
const TRIES: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(20);

/// The held lock.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "holding it open is what it is for")] File);

impl Lock {
    /// Takes the lock and writes `who` into it, or says who holds it.
    pub(super) fn take(path: &Path, who: &str) -> Result<Self, OpenError> {
        let storage = |error: std::io::Error| OpenError::unwritable(path, &error);
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(storage)?;
        let mut taken = file.try_lock();
        for _ in 1..TRIES {
            if !matches!(taken, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::sleep(BETWEEN);
            taken = file.try_lock();
        }
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.take(256).read_to_string(&mut holder);
                return Err(OpenError::Locked(crate::finding::shown(holder.trim())));
            }
            Err(TryLockError::Error(error)) => return Err(storage(error)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{who}"))
            .map_err(storage)?;
        Ok(Self(file))
    }
}

/// Who holds the lock at this moment, if anybody does.
pub(super) fn holder(path: &Path) -> Option<String> {
    let mut file = File::options().read(true).open(path).ok()?;
    // A shared lock is refused exactly while a sender holds the exclusive one.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder).ok()?;
            Some(crate::finding::shown(holder.trim()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_who_only_looks_does_not_turn_a_sender_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.lock");
        drop(Lock::take(&path, "an earlier run").unwrap());
        let looking = File::options().read(true).open(&path).unwrap();
        looking.lock_shared().unwrap();
        let look = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            drop(looking);
        });
        let held = Lock::take(&path, "this run").unwrap();
        look.join().unwrap();
        assert_eq!(holder(&path), Some("this run".into()));
        assert!(
            matches!(Lock::take(&path, "another"), Err(OpenError::Locked(who)) if who == "this run")
        );
        drop(held);
        assert_eq!(holder(&path), None, "the words of an earlier run say nothing");
    }
}
