//! The image files of a project: found from a draft's folder, kept inside the project, read and made fit.
#![expect(clippy::disallowed_methods, reason = "image files are read here")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest, Sha256};
use url::Url;

use crate::compose::images::fit::{self, LARGEST};
use crate::compose::images::{Image, Images, Unusable};
use crate::config::{self, ImageMode, Logo, Newsletter};
use crate::finding::nearest;

/// Where the paths in a draft lead.
#[derive(Debug, Clone, Copy)]
pub struct Folders<'a> {
    /// The draft's own: where a path starts.
    pub draft: &'a Path,
    /// The project's: where a path that begins with `/` starts, and what no image may lie outside of.
    pub project: &'a Path,
}

/// Images that have been read and made fit, so that one that has not changed is not decoded again.
#[derive(Debug, Default)]
pub struct Shelf(BTreeMap<Wanted, Kept>);

/// A file, and all else that its image depends on.
type Wanted = (PathBuf, String);

#[derive(Debug)]
struct Kept {
    /// The file's length and when it was written.
    stamp: (u64, Option<SystemTime>),
    image: Result<Image, Unusable>,
    picture: Option<Picture>,
}

/// An image as a browser on this machine is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its address in the letter.
    pub url: String,
    /// A name made from the content: 32 hexadecimal digits.
    pub name: String,
    /// `image/png` and the like.
    pub media_type: &'static str,
    /// The content.
    pub bytes: Arc<[u8]>,
}

/// Reads the images that a draft wants (`compose::Gather`), and the logo if it is a file. Hosted images without a
/// base URL are left out, and composition complains about them.
pub fn gather(
    wanted: &BTreeMap<String, u32>,
    logo: Option<&Logo>,
    folders: Folders<'_>,
    newsletter: &Newsletter,
    config: &config::Images,
    shelf: &mut Shelf,
) -> Images {
    let base = config.base_url.as_ref().or(newsletter.base_url.as_ref());
    let base = base.and_then(|base| Url::parse(base).ok());
    let mut images = Images::default();
    let mut read = |path: &str, widest: u32, folders| match (config.mode, &base) {
        (ImageMode::Cid, _) => Some(locate(path, folders).and_then(|file| {
            let how = format!("{widest} {}", newsletter.list_id);
            shelf.image((file, how), |file| embed(file, widest, &newsletter.list_id))
        })),
        (ImageMode::Host, Some(base)) => Some(locate(path, folders).and_then(|file| {
            shelf.image((file, format!("{base} {path}")), |file| host(path, base, file))
        })),
        (ImageMode::Host, None) => None,
    };
    for (path, widest) in wanted {
        if let Some(image) = read(path, *widest, folders) {
            images.insert(path.clone(), image);
        }
    }
    if let Some((path, width)) = logo.and_then(|logo| Some((logo.path()?, logo.width)))
        && let Some(image) = read(path, width, folders.of_the_project())
    {
        images.insert_logo(path.to_owned(), image);
    }
    images
}

impl Folders<'_> {
    /// Where the paths in the configuration lead.
    fn of_the_project(self) -> Self {
        Self { draft: self.project, ..self }
    }
}

/// What a browser shows in place of each image's address: its content (RFC 2397). Browsers know no Content-ID, and a
/// hosted image may not have been uploaded yet.
pub fn data_urls(images: &Images, folders: Folders<'_>) -> Vec<(String, String)> {
    let url = |(path, image): (&str, &Image), folders| {
        let content = match &image.embedded {
            Some(embedded) => embedded.base64.clone(),
            None => BASE64_STANDARD.encode(read(&locate(path, folders).ok()?).ok()?),
        };
        Some((image.url.clone(), format!("data:{};base64,{content}", image.format.media_type())))
    };
    let drawn = images.usable_drawn().filter_map(|image| url(image, folders));
    let logo = images.usable_logo().and_then(|logo| url(logo, folders.of_the_project()));
    drawn.chain(logo).collect()
}

/// The files of the images that a draft names, those that could not be used included.
pub fn paths(images: &Images, folders: Folders<'_>) -> Vec<PathBuf> {
    images.named().map(|path| named(path, folders)).collect()
}

impl Shelf {
    /// What browsers are shown for the images, which must come from this shelf.
    pub fn pictures(&mut self, images: &Images) -> Vec<Picture> {
        let urls: Vec<&str> = images.usable().map(|(_, image)| image.url.as_str()).collect();
        let kept = self.0.iter_mut().filter_map(|((file, _), kept)| {
            let image =
                kept.image.as_ref().ok().filter(|image| urls.contains(&image.url.as_str()))?;
            if kept.picture.is_none() {
                let content = match &image.embedded {
                    Some(embedded) => BASE64_STANDARD.decode(&embedded.base64).ok()?,
                    None => read(file).ok()?,
                };
                kept.picture = Some(Picture::new(image, content));
            }
            kept.picture.clone()
        });
        kept.collect()
    }

    /// The image of a file, made if the file has changed.
    fn image(
        &mut self,
        wanted: Wanted,
        make: impl FnOnce(&Path) -> Result<Image, Unusable>,
    ) -> Result<Image, Unusable> {
        let metadata = fs::metadata(&wanted.0).map_err(|error| unreadable(&error))?;
        let stamp = (metadata.len(), metadata.modified().ok());
        match self.0.get(&wanted) {
            Some(kept) if kept.stamp == stamp && stamp.1.is_some() => kept.image.clone(),
            _ => {
                let image = make(&wanted.0);
                self.0.insert(wanted, Kept { stamp, image: image.clone(), picture: None });
                image
            }
        }
    }
}

impl Picture {
    fn new(image: &Image, bytes: Vec<u8>) -> Self {
        use std::fmt::Write as _;
        let digest = Sha256::digest(&bytes);
        let name = digest.iter().take(16).fold(String::new(), |mut name, byte| {
            let _ = write!(name, "{byte:02x}");
            name
        });
        let media_type = image.format.media_type();
        Self { url: image.url.clone(), name, media_type, bytes: bytes.into() }
    }
}

fn embed(file: &Path, widest: u32, domain: &str) -> Result<Image, Unusable> {
    let fitted = fit::fit(read(file)?, widest)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Ok(Image::embedded(&fitted, &name, domain))
}

fn host(path: &str, base: &Url, file: &Path) -> Result<Image, Unusable> {
    let file = read(file)?;
    let (width, format) = fit::measure(&file)?;
    // What can be a file's path can be an address.
    let url = base.join(path).map_err(|_| Unusable::Missing(None))?;
    let is_moving = fit::is_moving(&file);
    Ok(Image { is_moving, ..Image::hosted(url.into(), width, file.len() as u64, format) })
}

/// The file that a path in a draft means, once every link on the way is followed.
fn locate(path: &str, folders: Folders<'_>) -> Result<PathBuf, Unusable> {
    let named = named(path, folders);
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

/// The file that a path names, wherever that leads.
fn named(path: &str, folders: Folders<'_>) -> PathBuf {
    let decoded = percent_decoded(path);
    match decoded.trim_start_matches('/') {
        rest if rest.len() < decoded.len() => folders.project.join(rest),
        rest => folders.draft.join(rest),
    }
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
    let metadata = fs::metadata(file).map_err(|error| unreadable(&error))?;
    if !metadata.is_file() {
        return Err(Unusable::Unreadable("not a regular file".into()));
    }
    if metadata.len() > LARGEST {
        return Err(Unusable::TooLarge(metadata.len()));
    }
    fs::read(file).map_err(|error| unreadable(&error))
}

fn unreadable(error: &std::io::Error) -> Unusable {
    Unusable::Unreadable(error.to_string())
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
