//! The same project gives the same letters: on another machine, in another folder, by other hands.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use super::support::desk::{Desk, Run};

/// Everything a draft can bring in: a snippet, code in colours, conditions, and a photograph that is made smaller.
const DRAFT: &str = "---\nsubject: \"The tide, {{ name | default('reader') }}\"\nslug: tide\ntoc: true\n---\n\n\
    Dear {{ name | default(\"reader\") }},\n\n## One\n\n![The sea](img/sea.jpg)\n\n```rust\nlet tide = \"in\"; // 6 o'clock\n```\n\n\
    {% if \"early\" in tags %}Early.{% else %}Late.{% endif %}[^a]\n\n[[include: snippets/sponsor.md]]\n\n[^a]: A note.\n";

/// The files of a project with their bytes.
fn project() -> Vec<(&'static str, Vec<u8>)> {
    let desk = Desk::new(5, 1);
    let config =
        desk.read("config.toml") + "[images]\nmode = \"cid\"\n[theme]\naccent = \"#0a5c50\"\n";
    vec![
        ("config.toml", config.into_bytes()),
        ("subscribers.toml", desk.read_bytes("subscribers.toml")),
        ("drafts/tide.md", DRAFT.into()),
        ("drafts/img/sea.jpg", photograph()),
        ("snippets/sponsor.md", b"Lent by *Ostrava*, {{ email }}.\n".into()),
        ("snippets/unused.md", b"Nobody asks for this.\n".into()),
        (".postrider/secret", "5e".repeat(32).into_bytes()),
    ]
}

/// A photograph that is wider than any column.
fn photograph() -> Vec<u8> {
    let shade = |at: u32| u8::try_from(at % 251).unwrap();
    let picture = image::RgbImage::from_fn(720, 200, |x, y| {
        image::Rgb([shade(x), shade(y * 3), shade(x ^ y)])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// What becomes of the project in `folder`, by file: preview and dry run, without the moment at which they were made.
fn made(
    desk: &Desk,
    folder: &str,
    is_reversed: bool,
    environment: &[(&str, &str)],
) -> BTreeMap<String, Vec<u8>> {
    let mut files = project();
    if is_reversed {
        files.reverse();
    }
    for (name, bytes) in files {
        desk.write_bytes(&format!("{folder}/{name}"), &bytes);
    }
    let root = desk.path(folder);
    let secret = root.join(".postrider/secret");
    std::fs::set_permissions(secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut made = BTreeMap::new();
    for words in ["preview drafts/tide.md --out out", "send drafts/tide.md --dry-run --out out/dry"]
    {
        let mut command = desk.command(words);
        command.current_dir(&root).envs(environment.iter().copied());
        Run::of(&command.output().unwrap()).exits(0);
    }
    gather(&root.join("out"), "", &mut made);
    assert!(
        made.keys().filter(|name| name.rsplit('.').next() == Some("eml")).count() > 1,
        "{:?}",
        made.keys()
    );
    made
}

fn gather(folder: &Path, name: &str, made: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{name}/{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            gather(&entry.path(), &name, made);
        } else {
            made.insert(name, undated(&std::fs::read(entry.path()).unwrap()));
        }
    }
}

/// A file without what a rehearsal takes from the clock: the letters' `Date:`, and how long it took.
fn undated(bytes: &[u8]) -> Vec<u8> {
    let is_timeless =
        |line: &&[u8]| !line.starts_with(b"Date: ") && !line.starts_with(b"  \"wall\": ");
    bytes.split_inclusive(|byte| *byte == b'\n').filter(is_timeless).flatten().copied().collect()
}

#[test]
fn the_same_project_gives_the_same_letters_wherever_and_by_whomever_they_are_made() {
    let desk = Desk::empty();
    let here = made(&desk, "here", false, &[]);
    assert!(
        here.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("multipart/related"))
    );
    let elsewhere = [
        ("TZ", "Asia/Kathmandu"),
        ("LANG", "tr_TR.UTF-8"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("HOME", "/nowhere"),
        ("USER", "somebody"),
        ("HOSTNAME", "other.example"),
        ("COLUMNS", "40"),
        ("NO_COLOR", "1"),
    ];
    let there = made(&desk, "far from/hère", true, &elsewhere);
    assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    for (name, bytes) in &here {
        assert!(
            *bytes == there[name],
            "{name}: {}\n{}",
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&there[name])
        );
    }
}
