//! The image files of a project: found from a draft's folder, kept inside the project, read and made fit.
#![expect(clippy::disallowed_methods, reason = "image files are read here")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use url::Url;

use crate::compose::images::fit::{self, LARGEST};
use crate::compose::images::{Image, Images, Unusable};
use crate::config::{self, ImageMode, Newsletter};
use crate::finding::nearest;

/// Where the paths in a draft lead.
#[derive(Debug, Clone, Copy)]
pub struct Folders<'a> {
    /// The draft's own: where a path starts.
    pub draft: &'a Path,
    /// The project's: where a path that begins with `/` starts, and what no image may lie outside of.
    pub project: &'a Path,
}

/// Reads the images that a draft wants (`compose::wanted_images`). Hosted images without a base URL are left out, and
/// composition complains about them.
pub fn gather(
    wanted: &BTreeMap<String, u32>,
    folders: Folders<'_>,
    newsletter: &Newsletter,
    config: &config::Images,
) -> Images {
    let base = config.base_url.as_ref().or(newsletter.base_url.as_ref());
    let base = base.and_then(|base| Url::parse(base).ok());
    let mut images = Images::default();
    for (path, widest) in wanted {
        let image = match (config.mode, &base) {
            (ImageMode::Cid, _) => embed(path, *widest, folders, &newsletter.list_id),
            (ImageMode::Host, Some(base)) => host(path, base, folders),
            (ImageMode::Host, None) => continue,
        };
        images.insert(path.clone(), image);
    }
    images
}

/// What a browser shows in place of each image's address: its content (RFC 2397). Browsers know no Content-ID, and a
/// hosted image may not have been uploaded yet.
pub fn data_urls(images: &Images, folders: Folders<'_>) -> Vec<(String, String)> {
    let urls = images.usable().filter_map(|(path, image)| {
        let content = match &image.embedded {
            Some(embedded) => embedded.base64.clone(),
            None => BASE64_STANDARD.encode(read(&locate(path, folders).ok()?).ok()?),
        };
        Some((image.url.clone(), format!("data:{};base64,{content}", image.format.media_type())))
    });
    urls.collect()
}

fn embed(path: &str, widest: u32, folders: Folders<'_>, domain: &str) -> Result<Image, Unusable> {
    let file = locate(path, folders)?;
    let fitted = fit::fit(read(&file)?, widest)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Ok(Image::embedded(&fitted, &name, domain))
}

fn host(path: &str, base: &Url, folders: Folders<'_>) -> Result<Image, Unusable> {
    let file = read(&locate(path, folders)?)?;
    let (width, format) = fit::measure(&file)?;
    // What can be a file's path can be an address.
    let url = base.join(path).map_err(|_| Unusable::Missing(None))?;
    Ok(Image::hosted(url.into(), width, file.len() as u64, format))
}

/// The file that a path in a draft means, once every link on the way is followed.
fn locate(path: &str, folders: Folders<'_>) -> Result<PathBuf, Unusable> {
    let decoded = percent_decoded(path);
    let named = match decoded.trim_start_matches('/') {
        rest if rest.len() < decoded.len() => folders.project.join(rest),
        rest => folders.draft.join(rest),
    };
    let real = |path: &Path| {
        fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path })
    };
    let file = real(&named).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            Unusable::Missing(similar(&named, path))
        }
        _ => Unusable::Unreadable(error.to_string()),
    })?;
    let homes = [folders.project, folders.draft].map(real);
    let is_inside = homes.into_iter().flatten().any(|home| file.starts_with(home));
    if is_inside { Ok(file) } else { Err(Unusable::Outside) }
}

/// The path with another file name that exists and is like it.
fn similar(named: &Path, path: &str) -> Option<String> {
    let files: Vec<String> = fs::read_dir(named.parent()?)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let near = nearest(named.file_name()?.to_str()?, files.iter().map(String::as_str))?;
    Some(match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{near}"),
        None => near.to_owned(),
    })
}

fn read(file: &Path) -> Result<Vec<u8>, Unusable> {
    let unreadable = |error: std::io::Error| Unusable::Unreadable(error.to_string());
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Unusable::Unreadable("not a regular file".into()));
    }
    if metadata.len() > LARGEST {
        return Err(Unusable::TooLarge(metadata.len()));
    }
    fs::read(file).map_err(unreadable)
}

/// `%20` is a space; what is no such escape stays.
fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| byte == b'%')
        {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_the_rest_stays() {
        for (path, decoded) in [
            ("a%20b.png", "a b.png"),
            ("%C3%A9.png", "é.png"),
            ("100%.png", "100%.png"),
            ("%zz%", "%zz%"),
            ("%ff.png", "%ff.png"),
            ("%é1", "%é1"),
        ] {
            assert_eq!(percent_decoded(path), decoded);
        }
    }

    #[test]
    fn no_path_and_no_link_leads_out_of_the_project() {
        let root = tempfile::tempdir().unwrap();
        let (project, drafts) = (root.path().join("project"), root.path().join("project/drafts"));
        fs::create_dir_all(&drafts).unwrap();
        fs::create_dir_all(project.join("img")).unwrap();
        fs::write(root.path().join("secret.png"), b"x").unwrap();
        fs::write(project.join("img/boat.png"), b"x").unwrap();
        std::os::unix::fs::symlink(root.path().join("secret.png"), drafts.join("link.png"))
            .unwrap();
        let folders = Folders { draft: &drafts, project: &project };
        let find = |path: &str| {
            locate(path, folders).map(|file| {
                file.strip_prefix(fs::canonicalize(&project).unwrap()).unwrap().to_owned()
            })
        };
        assert_eq!(find("../img/boat.png").unwrap(), Path::new("img/boat.png"));
        assert_eq!(find("/img/boat.png").unwrap(), Path::new("img/boat.png"));
        for outside in
            ["../../secret.png", "link.png", "/../secret.png", "%2e%2e/%2e%2e/secret.png", "/"]
        {
            let found = find(outside);
            assert!(outside == "/" || found == Err(Unusable::Outside), "{outside}: {found:?}");
        }
        assert_eq!(find("/img/baot.png"), Err(Unusable::Missing(Some("/img/boat.png".into()))));
        assert_eq!(find("nothing.png"), Err(Unusable::Missing(None)));
        assert_eq!(read(&project), Err(Unusable::Unreadable("not a regular file".into())));
    }
}
