//! What `check` says of the finished letter, and the least that makes it say so.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use postrider::rule::{self, Family};

use super::support::desk::Desk;

/// Rules of the finished letter that composing and reading the configuration let nobody break: they stand guard over
/// ourselves, and are tested beside their code.
const GUARDS: [&str; 5] = [
    "unsubscribe-missing",
    "text-missing",
    "text-diverges",
    "line-too-long",
    "title-subject-differs",
];

/// A project, and what is written into it before it is checked: the rest of the draft, of its configuration, and of the
/// stylesheet.
struct Case {
    rule: &'static str,
    body: String,
    config: &'static str,
    css: String,
}

fn cases() -> Vec<Case> {
    let case = |rule, body: String, config, css: String| Case { rule, body, config, css };
    let words = |number: usize| "The tide turns. ".repeat(number);
    let css = "[theme]\ncss = \"look.css\"\n";
    let large = "[images]\nmode = \"cid\"\nbudget = 20000\n";
    let media = |width: usize| format!("@media (max-width: {width}px) {{ p {{ margin: 0 }} }}\n");
    vec![
        case("size-clip", words(7000), "", String::new()),
        case("size-total", "![One](one.gif) ![Two](two.gif)".into(), large, String::new()),
        case("style-too-big", String::new(), css, (200..700).map(media).collect()),
        case("compat", String::new(), css, "p { text-shadow: none }".into()),
        case("spam-score", String::new(), "", String::new()),
    ]
}

/// A GIF of one pixel with so many bytes that nobody reads after it.
fn gif(bytes: usize, last: u8) -> Vec<u8> {
    let mut gif =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
            .to_vec();
    gif.resize(bytes, last);
    gif
}

#[test]
fn each_rule_of_the_finished_letter_speaks_where_it_should_and_of_a_plain_letter_none() {
    let mut provoked: BTreeSet<&str> = GUARDS.into();
    for Case { rule, body, config, css } in cases() {
        let desk = Desk::new(1, 1);
        filter(&desk, if rule == "spam-score" { "7.5" } else { "0.1" });
        assert!(!said(&desk).contains(rule), "{rule} of a plain letter");
        for (name, last) in [("one", 1), ("two", 2)] {
            desk.write_bytes(&format!("drafts/{name}.gif"), &gif(4_500_000, last));
        }
        desk.write("drafts/tide.md", &format!("{}\n{body}\n", desk.read("drafts/tide.md")));
        desk.write("config.toml", &format!("{}{config}", desk.read("config.toml")));
        desk.write("look.css", &css);
        let said = if rule == "spam-score" { asked(&desk) } else { said(&desk) };
        assert!(said.contains(&format!("[{rule}]: drafts/tide.md")), "{rule}:\n{said}");
        provoked.insert(rule);
    }
    let all: BTreeSet<&str> =
        rule::all().filter(|rule| rule.family == Family::Rendered).map(|rule| rule.id).collect();
    assert_eq!(provoked, all, "every rule is provoked here, or is a guard");
}

/// What is said of the finished letter.
fn said(desk: &Desk) -> String {
    desk.run("check drafts/tide.md").stderr
}

/// What is said of it when the spam filter of the desk is asked.
fn asked(desk: &Desk) -> String {
    let mut command = desk.command("check --spam drafts/tide.md");
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", desk.path("bin").display()));
    String::from_utf8(command.output().unwrap().stderr).unwrap()
}

/// Puts a spam filter on the desk that gives every letter the same points.
fn filter(desk: &Desk, points: &str) {
    let status = format!("X-Spam-Status: Yes, score={points} required=5.0 tests=TIDE autolearn=no");
    desk.write("bin/spamassassin", &format!("#!/bin/sh\ncat >/dev/null\necho '{status}'\n"));
    let runs = PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(desk.path("bin/spamassassin"), runs).unwrap();
}
