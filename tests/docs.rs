//! README, example configuration, exit codes and sample drafts are true.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests read the tree")]

use std::fs;
use std::path::{Path, PathBuf};

use postrider::cli::Exit;
use postrider::finding::Finding;
use postrider::io::snippets;
use postrider::rule::{self, Gate, Severity};
use postrider::source::Source;
use postrider::{compose, config, draft};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn samples() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(root().join("drafts")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn the_readme_names_every_exit_code_and_no_other() {
    let readme = text("README.md");
    let rows: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .collect();
    let expected: Vec<String> =
        Exit::ALL.iter().map(|(_, code, meaning)| format!("| {code} | {meaning} |")).collect();
    assert_eq!(rows, expected);
}

#[test]
fn the_files_the_readme_names_are_there() {
    let readme = text("README.md");
    let links = readme.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    for link in links.filter(|link| !link.contains("://")) {
        assert!(root().join(link).exists(), "{link}");
    }
    let commands =
        readme.lines().filter(|line| line.starts_with("cargo run") || line.starts_with("./"));
    for path in commands
        .flat_map(str::split_whitespace)
        .filter(|word| word.contains('/') && !word.contains("://"))
    {
        assert!(root().join(path).exists(), "{path}");
    }
}

#[test]
fn every_command_the_readme_shows_is_understood() {
    let readme = text("README.md");
    let lines = readme.lines().filter_map(|line| line.strip_prefix("postrider "));
    let commands: Vec<&str> = lines.map(|line| line.split([' ', '#']).next().unwrap()).collect();
    assert!(commands.len() > 5);
    for command in commands {
        assert_cmd::Command::cargo_bin("postrider")
            .unwrap()
            .args([command, "--help"])
            .assert()
            .success();
    }
}

#[test]
fn the_page_of_gates_has_every_rule_that_stops_a_send_and_what_releases_it() {
    let page = text("docs/gates.md");
    let (allowable, shut) = page.split_once("## Released by mending alone").unwrap();
    for (table, gate) in [(allowable, Gate::Allowable), (shut, Gate::Shut)] {
        let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
        let rules = rule::ALL.iter().filter(|rule| rule.gate == gate);
        let expected: Vec<String> =
            rules.map(|rule| format!("| `{}` | {} |", rule.id, rule.what)).collect();
        assert!(rows == expected, "docs/gates.md, {gate:?}, should read:\n{}", expected.join("\n"));
    }
}

#[test]
fn the_sample_drafts_are_exemplary() {
    let source = Source::new("config.example.toml", text("config.example.toml"));
    let (config, remarks) = config::parse(&source).unwrap();
    assert!(remarks.is_empty(), "{remarks:?}");
    assert!(samples().len() >= 2);
    for path in samples() {
        let source = Source::new(path.display().to_string(), fs::read_to_string(&path).unwrap());
        let (mut draft, mut remarks) = draft::parse(source).unwrap();
        snippets::gather(&mut draft, &root());
        remarks.extend(
            compose::compose(&draft, &compose::Materials::new(&config.newsletter)).unwrap().1,
        );
        let bad: Vec<&Finding> =
            remarks.iter().filter(|finding| finding.rule.severity != Severity::Info).collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
}

/// The Markdown examples of a page: what stands between fences named `markdown`.
fn examples(page: &str) -> Vec<String> {
    let mut examples = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_suffix("markdown").filter(|fence| fence.starts_with("```"))
        else {
            continue;
        };
        examples
            .push(lines.by_ref().take_while(|line| *line != fence).collect::<Vec<_>>().join("\n"));
    }
    examples
}

#[test]
fn every_example_of_the_writers_page_composes_as_it_stands() {
    let source = Source::new("config.example.toml", text("config.example.toml"));
    let (config, _) = config::parse(&source).unwrap();
    let examples = examples(&text("docs/writing.md"));
    assert!(examples.len() >= 12);
    for example in examples {
        let has_head = example.starts_with("---\nsubject");
        let head = if has_head { "" } else { "---\nsubject: An example\n---\n" };
        let source = Source::new("docs/writing.md", format!("{head}{example}\n"));
        let (mut draft, mut remarks) = draft::parse(source).unwrap();
        snippets::gather(&mut draft, &root());
        match compose::compose(&draft, &compose::Materials::new(&config.newsletter)) {
            Ok((_, more)) | Err(more) => remarks.extend(more),
        }
        assert!(remarks.is_empty(), "{example}\n{remarks:?}");
    }
}
