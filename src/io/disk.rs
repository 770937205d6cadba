//! The disk under a folder: how much is free, and whether it is in this machine.

use std::io;
use std::path::Path;

/// Bytes that we may still write there.
pub fn free(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(existing(folder))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The kind of a file system that lies on another machine or behind a program, where locks and fsync may promise more
/// than they hold; nothing for a disk of this machine.
#[cfg(target_os = "linux")]
pub fn network(folder: &Path) -> io::Result<Option<&'static str>> {
    let found = rustix::fs::statfs(existing(folder))?;
    // The field is signed on some machines; the magic numbers have 32 bits.
    #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "of 32 bits")]
    let magic = found.f_type as u32;
    Ok(kind(magic))
}

/// Other systems do not say it in numbers.
#[cfg(not(target_os = "linux"))]
pub fn network(_folder: &Path) -> io::Result<Option<&'static str>> {
    Ok(None)
}

/// statfs(2): `f_type`.
fn kind(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => "SMB",
        0x0102_1997 => "9p",
        0x6573_5546 => "FUSE",
        0x5346_414f => "AFS",
        0x00c3_6400 => "Ceph",
        0x7375_7245 => "Coda",
        _ => return None,
    })
}

/// The folder, or the nearest one above it that is there.
fn existing(folder: &Path) -> &Path {
    let found = folder.ancestors().find(|path| path.exists());
    found.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_other_machines_are_told_from_disks() {
        let found =
            [0x6969, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x6573_5546, 0xef53, 0x0102_1994];
        let kinds = found.map(|magic| kind(magic).unwrap_or("-"));
        assert_eq!(kinds, ["NFS", "SMB", "SMB", "9p", "FUSE", "-", "-"]);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free(&folder.path().join("a/b")).unwrap() > 0);
        assert_eq!(network(&folder.path().join("a/b")).unwrap(), None);
        assert_eq!(existing(Path::new("nowhere/at/all")), Path::new("."));
    }
}
