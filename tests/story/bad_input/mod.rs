//! Bad inputs and what an editor is told of them: one row a mistake, each met by the real binary.
//!
//! Nothing in these stories may open a connection, change the list or show a secret.

mod around;
mod configuration;
mod drafts;
mod lists;
mod replies;

use super::support::desk::{Desk, Run};

/// Where a row's text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum File {
    Draft,
    Config,
    List,
    Table,
}

use File::{Config, Draft, List, Table};

/// A file as it was written, and lines of what is said of it.
struct Row {
    file: File,
    text: Vec<u8>,
    exit: i32,
    says: &'static [&'static str],
}

fn row(file: File, text: impl AsRef<[u8]>, says: &'static [&'static str]) -> Row {
    Row { file, text: text.as_ref().to_vec(), exit: 1, says }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Puts the file of each row on a desk, runs the command that meets it, and looks at what is said and left.
fn check(rows: &[Row]) {
    for row in rows {
        let desk = Desk::new(2, 1);
        let (name, command) = match row.file {
            Draft => ("drafts/tide.md", "send drafts/tide.md --yes"),
            Config => ("config.toml", "send drafts/tide.md --yes"),
            List => ("subscribers.toml", "send drafts/tide.md --yes"),
            Table => ("new.csv", "subscribers import new.csv"),
        };
        std::fs::write(desk.path(name), &row.text).unwrap();
        let list = desk.read_bytes("subscribers.toml");
        let run = desk.run(command);
        assert_eq!(
            run.exit,
            Some(row.exit),
            "{}\n{}",
            run.stderr,
            String::from_utf8_lossy(&row.text)
        );
        for words in row.says {
            assert!(run.stderr.contains(words), "no `{words}` in:\n{}", run.stderr);
        }
        assert_plain(&run);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
        assert_eq!(desk.read_bytes("subscribers.toml"), list);
        desk.configure(1, "");
        assert!(desk.run("--json status").exits(0).stdout.is_empty(), "a plan was left behind");
    }
}

/// Every mistake that is shown has a remedy, and what is shown cannot move the cursor or turn the line around.
fn assert_plain(run: &Run) {
    let lines = |start: &str| run.stderr.lines().filter(|line| line.starts_with(start)).count();
    assert!(lines("error") > 0 && lines("error") <= lines("help: "), "{}", run.stderr);
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(
        !run.stderr.chars().any(|c| c.is_control() && c != '\n' || turns(c)),
        "{:?}",
        run.stderr
    );
}
