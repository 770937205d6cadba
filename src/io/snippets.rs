//! Reads what a draft includes: texts inside the project's folder, and nothing else.

use std::path::{Component, Path, PathBuf};

use super::files;
use crate::compose::included;
use crate::draft::{Draft, Refusal, Snippet};
use crate::finding::{decode, shown};

/// The longest snippet, in bytes.
const LONGEST: u64 = 256 * 1024;
/// Files in one letter.
const MOST: usize = 100;
/// A snippet is a text that is meant to be read: nothing else is mailed by a slip of the pen.
const ENDINGS: [&str; 3] = ["md", "markdown", "txt"];

/// Reads the snippets of a draft, and those that they include. `homes` are the folders they may lie in, of which the first
/// that has one counts: the project's, and that of a draft which lies elsewhere.
///
/// What cannot be included is kept with its reason; composing says it at the place that includes it.
pub fn gather(draft: &mut Draft, homes: &[&Path]) {
    let body = draft.source.text.get(draft.body.start..draft.body.end).unwrap_or_default();
    let mut waiting: Vec<String> = included(body).into_iter().map(str::to_owned).collect();
    while let Some(name) = waiting.pop() {
        if draft.snippets.contains_key(&name) || draft.snippets.len() >= MOST {
            continue;
        }
        let snippet = read(home(homes, &name), &name);
        if let Ok(source) = &snippet {
            waiting.extend(included(&source.text).into_iter().map(str::to_owned));
        }
        draft.snippets.insert(name, snippet);
    }
}

/// Where the snippets of a draft are, or should be.
pub fn paths(draft: &Draft, homes: &[&Path]) -> Vec<PathBuf> {
    draft.snippets.keys().map(|name| home(homes, name).join(name)).collect()
}

/// The folder that has the file; where none has it, the first.
fn home<'h>(homes: &[&'h Path], name: &str) -> &'h Path {
    let has_it = |home: &&&Path| home.join(name).is_file();
    homes.iter().find(has_it).or(homes.first()).copied().unwrap_or(Path::new(""))
}

fn read(root: &Path, name: &str) -> Snippet {
    let relative = Path::new(name);
    let is_inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    if !is_inside || name.contains('\\') {
        return refuse(
            format!("`{}` leads out of the project", shown(name)),
            "write a path within the folder of config.toml, e.g. `snippets/sponsor.md`",
        );
    }
    let path = root.join(relative);
    let folder = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let (Ok(folder), Ok(real)) = (folder.canonicalize(), path.canonicalize()) else {
        return refuse(
            format!("there is no file `{}`", shown(name)),
            "check the name; it starts at the folder of config.toml",
        );
    };
    let Ok(inside) = real.strip_prefix(&folder) else {
        return refuse(
            format!("`{}` is a link that leads out of the project", shown(name)),
            "copy the file into the project",
        );
    };
    if !is_text(relative) || !is_text(inside) {
        return refuse(
            format!("`{}` is not a text for readers", shown(name)),
            "name the file with the ending .md or .txt, in a folder that is not hidden",
        );
    }
    load(&path, name)
}

fn is_text(path: &Path) -> bool {
    let hidden = path.iter().any(|part| part.to_string_lossy().starts_with('.'));
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    !hidden && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn load(path: &Path, name: &str) -> Snippet {
    let unreadable = |message: String| Refusal {
        message: format!("`{}`: {message}", shown(name)),
        help: "include a text file in UTF-8".to_owned(),
    };
    let file = files::open(path).map_err(|finding| unreadable(finding.message))?;
    if file.metadata().is_ok_and(|metadata| metadata.len() > LONGEST) {
        return refuse(
            format!("`{}` is longer than {LONGEST} bytes", shown(name)),
            "link to the long part instead",
        );
    }
    let bytes = files::read(path).map_err(|finding| unreadable(finding.message))?;
    decode(&path.display().to_string(), bytes).map_err(|finding| unreadable(finding.message))
}

fn refuse(message: String, help: &str) -> Snippet {
    Err(Refusal { message, help: help.to_owned() })
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests lay out a project")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_snippet_is_a_text_inside_the_project() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.md"), "secret").unwrap();
        let project = tempfile::tempdir().unwrap();
        let root = project.path();
        for (name, text) in [
            ("sponsor.md", "Thanks."),
            (".hidden.md", "x"),
            ("key.pem", "x"),
            ("bad.md", "\u{fffd}"),
        ] {
            std::fs::write(root.join(name), text).unwrap();
        }
        std::fs::write(root.join("bad.md"), b"\xff").unwrap();
        std::fs::write(root.join("long.md"), vec![b'x'; 300_000]).unwrap();
        std::fs::create_dir(root.join("folder.md")).unwrap();
        symlink(outside.path().join("secret.md"), root.join("link.md")).unwrap();
        symlink(root.join("sponsor.md"), root.join("inner.md")).unwrap();
        symlink(root.join("key.pem"), root.join("key.md")).unwrap();
        assert_eq!(read(root, "sponsor.md").unwrap().text, "Thanks.");
        let elsewhere = outside.path();
        assert_eq!(home(&[root, elsewhere], "sponsor.md"), root);
        assert_eq!(home(&[root, elsewhere], "secret.md"), elsewhere);
        assert_eq!(home(&[root, elsewhere], "none.md"), root);
        assert_eq!(read(root, "inner.md").unwrap().text, "Thanks.");
        let path = outside.path().join("secret.md");
        for (name, why) in [
            ("../secret.md", "`../secret.md` leads out of the project"),
            (path.to_str().unwrap(), "leads out of the project"),
            ("a\\b.md", "leads out of the project"),
            ("link.md", "`link.md` is a link that leads out of the project"),
            ("none.md", "there is no file `none.md`"),
            ("key.pem", "`key.pem` is not a text for readers"),
            ("key.md", "`key.md` is not a text for readers"),
            (".hidden.md", "is not a text for readers"),
            ("long.md", "`long.md` is longer than 262144 bytes"),
            ("bad.md", "`bad.md`: invalid UTF-8 at byte 0 (line 1)"),
            ("folder.md", "`folder.md`: a directory, not a regular file"),
        ] {
            let refusal = read(root, name).unwrap_err();
            assert!(refusal.message.contains(why), "{name}: {}", refusal.message);
        }
    }
}
