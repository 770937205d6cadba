//! README, example configuration, exit codes and sample drafts are true.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests read the tree")]

use std::fs;
use std::path::{Path, PathBuf};

use postrider::cli::Exit;
use postrider::finding::Finding;
use postrider::io::snippets;
use postrider::rule::{self, Gate, Severity};
use postrider::source::Source;
use postrider::{audience, compose, config, draft, message};

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

/// Compares a page with what it should be; with `UPDATE_DOCS=1` writes it.
fn keep_true(page: &str, expected: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(page), expected).unwrap();
    }
    let hint = "UPDATE_DOCS=1 cargo test --test docs";
    let written = fs::read_to_string(root().join(page)).unwrap_or_default();
    assert!(written == expected, "{page} is not what the table of rules says; run: {hint}");
}

#[test]
fn the_page_of_checks_is_the_table_of_rules() {
    keep_true("docs/checks.md", &postrider::report::catalogue::page());
}

#[test]
fn the_page_of_gates_has_every_rule_that_stops_a_send_and_what_releases_it() {
    let page = text("docs/gates.md");
    let mut gates = [Gate::Allowable, Gate::Shut].into_iter();
    let mut lines: Vec<String> = Vec::new();
    for line in page.lines().filter(|line| !line.starts_with("| `")) {
        lines.push(line.to_owned());
        if line == "|---|---|" {
            let gate = gates.next().unwrap();
            let rules = rule::all().filter(|rule| rule.gate == gate);
            lines.extend(rules.map(|rule| format!("| `{}` | {} |", rule.id, rule.what)));
        }
    }
    assert_eq!(gates.next(), None);
    keep_true("docs/gates.md", &(lines.join("\n") + "\n"));
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
        snippets::gather(&mut draft, &[&root()]);
        remarks.extend(
            compose::compose(&draft, &compose::Materials::new(&config.newsletter)).unwrap().1,
        );
        let bad: Vec<&Finding> =
            remarks.iter().filter(|finding| finding.severity != Severity::Info).collect();
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
        snippets::gather(&mut draft, &[&root()]);
        let (Ok((_, more)) | Err(more)) =
            compose::compose(&draft, &compose::Materials::new(&config.newsletter));
        remarks.extend(more);
        assert!(remarks.is_empty(), "{example}\n{remarks:?}");
    }
}

/// What a draft gives: the text for Ada and for the guest, or the first thing that is said against it.
fn personalised(body: &str) -> Result<[String; 2], String> {
    let config = text("config.example.toml");
    let (config, _) = config::parse(&Source::new("config.example.toml", config)).unwrap();
    let source = Source::new("x.md", format!("---\ntitle: A letter\n---\n{body}\n"));
    let (draft, _) = draft::parse(source).unwrap();
    let (issue, _) = compose::compose(&draft, &compose::Materials::new(&config.newsletter))
        .map_err(|findings| findings[0].message.clone())?;
    let key = message::token::Key::new([7; 32]);
    let letters = message::Letters::new(
        &issue,
        &message::Letterhead {
            newsletter: &config.newsletter,
            unsubscribe: &config.unsubscribe,
            key: &key,
            date: "2026-05-01T08:00:00Z".parse().unwrap(),
            test_copy: None,
            signer: None,
        },
    );
    let letters = letters.unwrap();
    let list = text("docs/personalisation.md");
    let ada = list.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let list = format!("{ada}\n[[subscriber]]\nemail = \"guest@example.org\"\n");
    let readers = audience::list::Rows::new("list", list.as_bytes());
    let texts: Vec<String> = readers
        .map(|row| {
            let text = letters.text(&row.unwrap().subscriber).unwrap();
            let (_, text) = text.split_once("========\n").unwrap();
            let (text, _) = text.split_once("\n\n\n------").unwrap();
            text.trim_matches('\n').replace(" \n", "\n").replace('\u{a0}', " ")
        })
        .collect();
    Ok(texts.try_into().unwrap())
}

#[test]
fn personalisation_gives_what_its_page_shows() {
    let page = text("docs/personalisation.md");
    let code = |cell: &str| cell.trim().trim_matches('`').replace("\\|", "|");
    let mut seen = 0;
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let guarded = row.replace("\\|", "\u{1}");
        let cells: Vec<String> =
            guarded.trim_matches('|').split('|').map(|cell| cell.replace('\u{1}', "|")).collect();
        match &cells[..] {
            [written, ada, guest] => {
                assert_eq!(personalised(&code(written)), Ok([code(ada), code(guest)]), "{row}");
            }
            [written, said] => {
                assert_eq!(
                    personalised(&code(written)),
                    Err(said.trim().replace("\\|", "|")),
                    "{row}"
                );
            }
            _ => panic!("{row}"),
        }
        seen += 1;
    }
    assert!(seen > 20);
    for example in page.split("```markdown\n").skip(1) {
        let mut fences = example.split("```");
        let body = fences.next().unwrap();
        let mut expected = fences.filter_map(|fence| fence.strip_prefix("text "));
        let mut next =
            || expected.next().unwrap().split_once('\n').unwrap().1.trim_matches('\n').to_owned();
        assert_eq!(personalised(body), Ok([next(), next()]), "{body}");
    }
}
