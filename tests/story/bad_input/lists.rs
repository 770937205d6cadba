//! Mistakes in a list, or in a table to be brought in.

use std::process::Command;

use super::super::support::desk::Desk;
use super::File::{List, Table};
use super::{Row, check, row, utf16};

#[test]
fn a_list() {
    let rows = |emails: &[&str]| {
        let rows = emails.iter().map(|email| format!("[[subscriber]]\nemail = \"{email}\"\n"));
        rows.collect::<Vec<_>>().concat()
    };
    let long = [format!("{}@x.org", "a".repeat(65)), format!("a@{}org", "abcdefghi.".repeat(25))];
    check(&[
        row(
            List,
            rows(&["ada@", "@x.org", "a b@x.org", "a@x..org", "a@-x.org"]),
            &[
                "error[list-invalid]: subscribers.toml:2:9: not an address: `ada@` (missing domain)",
                "subscribers.toml:4:9: not an address: `@x.org` (missing local part)",
                "subscribers.toml:6:9: not an address: `a b@x.org`",
                "subscribers.toml:8:9: not an address: `a@x..org`",
                "subscribers.toml:10:9: not an address: `a@-x.org`",
                "help: write the reader's address, e.g. `ada@example.org`",
                "error: 5 rows of the list cannot be used; nobody was mailed",
                "`--allow list-invalid`",
            ],
        ),
        row(
            List,
            rows(&[&long[0], &long[1]]),
            &["2:9: local part longer than 64 bytes", "4:9: address longer than 254 bytes"],
        ),
        row(
            List,
            rows(&["\\\"a\\r\\nRCPT TO:<x@y>\\\"@z"]),
            &["2:9: control character U+000D in address"],
        ),
        row(
            List,
            rows(&["a@x.org, b@y.org"]),
            &["2:9: two addresses in one field", "a row of its own"],
        ),
        row(
            List,
            rows(&["user@[1.2.3.4]", "u@localhost", "u@x.invalid"]),
            &[
                "2:9: domain `[1.2.3.4]` cannot receive public mail",
                "4:9: domain `localhost`",
                "6:9: domain `x.invalid`",
            ],
        ),
        row(
            List,
            "[[subscriber]]\nemail = \"a@x.org\"\nname = \"A\\r\\nBcc: x\"\n",
            &["3:8: control character U+000D in `name`"],
        ),
        row(
            List,
            "[[subscriber]]\nemail = \"a@x.org\"\nname = \"A\u{202e}b\"\n",
            &["3:8: direction-changing character U+202E in `name`"],
        ),
        row(
            List,
            utf16("\u{feff}[[subscriber]]\n"),
            &["error[file-not-utf8]: subscribers.toml: list is UTF-16", "subscribers check"],
        ),
        row(
            List,
            "email,name\na@x.org,Ada\n",
            &["error[list-syntax]: subscribers.toml:1:1: text before the first `[[subscriber]]`"],
        ),
        Row {
            exit: 8,
            ..row(List, "", &["error[list-empty]: subscribers.toml: the list has no active reader"])
        },
    ]);
}

#[test]
fn a_table() {
    check(&[
        row(
            Table,
            "mail,nom\nx@x.org,X\n",
            &["error[list-syntax]: new.csv:1:1: no `email` column; found: mail, nom"],
        ),
        row(
            Table,
            "email,name\na@x.org,\"Ada\nb@x.org,Bo\n",
            &["error[list-syntax]: new.csv:2:9: quote opened here is never closed"],
        ),
        row(
            Table,
            "email,name,city\na@x.org,Ada\nb@x.org,Bo,Bern,x\n",
            &[
                "error[list-invalid]: new.csv:2:1: 2 fields, header has 3",
                "new.csv:3:1: 4 fields, header has 3",
            ],
        ),
        row(
            Table,
            "email;name\na@x.org;Ada\n",
            &["new.csv:1:1: one column only; looks like `;`", "help: use --delimiter ';'"],
        ),
        row(Table, utf16("\u{feff}email,name\na@x.org,Ada\n"), &["new.csv: list is UTF-16"]),
        row(
            Table,
            "email,name\nada@,Ada\n,Bo\n",
            &["new.csv:2:1: not an address: `ada@`", "new.csv:3:1: `email` is empty"],
        ),
        row(Table, "email\n\"a@x.org, b@y.org\"\n", &["new.csv:2:1: two addresses in one field"]),
        row(
            Table,
            "email,name\na@x.org,\"A\r\nBcc: x\"\nb@x.org,\"A\0\"\n",
            &[
                "new.csv:2:9: control character U+000D in `name`",
                "new.csv:4:9: control character U+0000 in `name`",
            ],
        ),
        row(
            Table,
            "email,name\n\"a\u{1b}[31m@x.org\",Ada\n",
            &["new.csv:2:1: control character U+001B in address"],
        ),
        row(Table, "", &["new.csv: table is empty"]),
    ]);
    let desk = Desk::new(1, 1);
    desk.write("new.csv", "\u{feff}email;name\nnew@example.org;New\n");
    desk.run("subscribers import new.csv --delimiter ;").exits(0);
    assert!(
        desk.read("subscribers.toml").contains("new@example.org"),
        "a UTF-8 mark is no mistake"
    );
}

#[test]
fn duplicates_and_look_alikes_are_told_and_stop_nothing() {
    let desk = Desk::new(0, 1);
    let emails = ["Ada@x.org", "ada@X.ORG", "e\u{301}@x.org", "é@x.org", "\u{430}da@x.org"];
    let rows = emails.map(|email| format!("[[subscriber]]\nemail = \"{email}\"\n"));
    desk.write("subscribers.toml", &rows.concat());
    desk.run("subscribers check")
        .exits(0)
        .says("warning[list-duplicate]: subscribers.toml: 2 duplicates collapsed (rows 1=3, 5=7)")
        .says("warning[list-lookalike]: subscribers.toml: 1 look-alike not merged (rows 1=9)");
    desk.run("send drafts/tide.md --dry-run").exits(0).says("tide: 3 recipients");
}

#[test]
fn what_is_no_list() {
    let desk = Desk::new(1, 1);
    let list = desk.path("subscribers.toml");
    std::fs::remove_file(&list).unwrap();
    for command in ["subscribers check", "subscribers export", "send drafts/tide.md --yes"] {
        desk.run(command)
            .exits(1)
            .says("error[file-unreadable]: subscribers.toml: there is no such file");
    }
    std::fs::create_dir(&list).unwrap();
    desk.run("send drafts/tide.md --yes").exits(1).says("a directory, not a regular file");
    std::fs::remove_dir(&list).unwrap();
    assert!(Command::new("mkfifo").arg(&list).status().unwrap().success());
    desk.run("send drafts/tide.md --yes").exits(1).says("not a regular file");
    let config = desk.read("config.toml");
    desk.write("config.toml", &format!("{config}[audience]\nfile = \"list.csv\"\n"));
    desk.write("list.csv", "email\nada@example.org\n");
    desk.run("subscribers check").exits(1).says("`postrider subscribers import list.csv`");
}
