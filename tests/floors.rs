//! The house has floors: a module imports only from floors below its own, and a package is used only in its rooms.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "this test reads the source tree"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the ground up; modules of one floor do not know each other.
const FLOORS: &[&[&str]] = &[
    &[
        "source", "rule", "finding", "address", "mailbox", "language", "rate", "backoff", "theme",
        "clients",
    ],
    &["config", "draft", "audience", "stylesheet"],
    &["compose"],
    &["message"],
    &["check", "delivery"],
    &["io", "report"],
    &["studio"],
    &["cli"],
];

/// Packages and the only places that may name them.
const ROOMS: &[(&str, &[&str])] = &[
    ("lettre", &["message", "io/smtp"]),
    ("mail_parser", &["studio/caught", "message/personalised"]),
    ("comrak", &["compose"]),
    ("pulldown_cmark", &["check/document"]),
    ("image", &["compose/images"]),
    ("aho_corasick", &["check/words"]),
    ("psl", &["check/links/hosts"]),
    ("unicode_security", &["check/links/hosts"]),
    ("similar", &["cli/fix", "studio/changes"]),
    ("maud", &["compose/html", "compose/layout", "studio"]),
    ("css_inline", &["compose"]),
    ("cssparser", &["stylesheet"]),
    ("minijinja", &["compose/merge"]),
    ("clap", &["cli"]),
    ("rusqlite", &["io/ledger_sqlite"]),
    ("axum", &["studio"]),
    ("syntect", &["compose/html/highlight"]),
    ("two_face", &["compose/html/highlight"]),
    ("notify", &["io/watch"]),
    ("hyper", &["io/links"]),
    ("hyper_util", &["io/links"]),
    ("indicatif", &["report"]),
    ("tokio_rustls", &["io"]),
    ("aws_lc_rs", &["message/dkim", "io/dkim_key", "io/smtp/trust"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !is_test(&path) {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

/// Whether a file holds only tests.
fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs" || part == "properties.rs")
}

/// The top-level module that a file belongs to; `None` for lib.rs and main.rs.
fn module(path: &Path) -> Option<String> {
    let first = path.iter().next()?.to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The code of a file without its comments and its tests.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Names that follow `crate::`, one by one or in braces.
fn imports(code: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(top_level(list).iter().map(|item| name(item))),
            None => found.push(name(rest)),
        }
    }
    found
}

/// The items of a braced list, up to its closing brace.
fn top_level(list: &str) -> Vec<String> {
    let (mut depth, mut items, mut item) = (0, Vec::new(), String::new());
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ if depth == 0 => item.push(c),
            _ => {}
        }
    }
    items.push(item);
    items.retain(|item| !item.trim().is_empty());
    items
}

#[test]
fn every_module_is_on_a_floor_and_imports_only_downwards() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(own) = module(&path) else { continue };
        let Some(own_floor) = floor(&own) else {
            wrong.push(format!("{} is on no floor", path.display()));
            continue;
        };
        for import in imports(&code(&text)) {
            match floor(&import) {
                // The words of the ground floor may use each other.
                Some(other) if other < own_floor || import == own || other == 0 => {}
                Some(_) => wrong
                    .push(format!("{} imports `{import}`, which is not below it", path.display())),
                None => wrong
                    .push(format!("{} imports `{import}`, which is on no floor", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn packages_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        for (package, rooms) in ROOMS {
            let named =
                code.contains(&format!("{package}::")) || code.contains(&format!("use {package};"));
            let at_home = rooms.iter().any(|room| path.with_extension("").starts_with(room));
            if named && !at_home {
                wrong.push(format!("{} names `{package}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Packages that no way may lead to: a second TLS that needs the system's, and YAML that nobody keeps.
const KEPT_OUT: [&str; 6] =
    ["openssl-sys", "native-tls", "serde_yaml", "serde_yml", "yaml-rust", "libyml"];

#[test]
fn packages_come_from_the_registry_and_those_kept_out_are_out() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock: toml::Table = fs::read_to_string(lock).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let text = |package: &toml::Value, key: &str| {
        package.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned()
    };
    let wrong: Vec<String> = packages
        .iter()
        .map(|package| (text(package, "name"), text(package, "source")))
        .filter(|(name, source)| {
            let is_ours = name == "postrider" && source.is_empty();
            let is_kept = source == "registry+https://github.com/rust-lang/crates.io-index";
            KEPT_OUT.contains(&name.as_str()) || !is_ours && !is_kept
        })
        .map(|(name, source)| format!("{name} from `{source}`"))
        .collect();
    assert!(packages.len() > 100 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_check_itself_sees_what_it_should() {
    assert_eq!(
        imports("use crate::io::files;\nuse crate::{audience::{list, Row}, rule};"),
        ["io", "audience", "rule"]
    );
    assert_eq!(code("a\n// crate::x\n#[cfg(test)]\nmod tests {\ncrate::y"), "a");
    assert_eq!(floor("cli"), Some(7));
}
