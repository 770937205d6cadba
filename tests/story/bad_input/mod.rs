//! Bad inputs and what an editor is told of them, word for word; each is met by the real binary.
//!
//! `matrix.rs` says which story holds which row of FAULTS.
//!
//! Nothing in these stories may open a connection, change the list or show a secret.

mod around;
mod configuration;
mod drafts;
mod lists;
mod relays;
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

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Puts a text on a desk and runs the command that meets it; gives how that ends and all that is said.
fn told(file: File, text: impl AsRef<[u8]>) -> String {
    let desk = Desk::new(2, 1);
    let name = match file {
        Draft => "drafts/tide.md",
        Config => "config.toml",
        List => "subscribers.toml",
        Table => "new.csv",
    };
    desk.write_bytes(name, text.as_ref());
    let words =
        if file == Table { "subscribers import new.csv" } else { "send drafts/tide.md --yes" };
    let list = desk.read_bytes("subscribers.toml");
    let said = told_by(&desk, words);
    assert_eq!(desk.read_bytes("subscribers.toml"), list);
    desk.configure(1, "");
    assert!(desk.run("--json status").exits(0).stdout.is_empty(), "a plan was left behind");
    said
}

/// Runs a command that meets a mistake; gives how it ends and all that is said.
fn told_by(desk: &Desk, words: &str) -> String {
    let run = desk.run(words);
    assert_plain(&run);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    format!("exit {}\n{}", run.exit.unwrap(), run.stderr)
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
