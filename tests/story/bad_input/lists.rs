//! Mistakes in a list, or in a table to be brought in.

use std::process::Command;

use super::super::support::desk::Desk;
use super::File::{List, Table};
use super::{told, told_by, utf16};

#[test]
fn a_list() {
    let rows = |emails: &[&str]| {
        let rows = emails.iter().map(|email| format!("[[subscriber]]\nemail = \"{email}\"\n"));
        rows.collect::<Vec<_>>().concat()
    };
    let long = [format!("{}@x.org", "a".repeat(65)), format!("a@{}org", "abcdefghi.".repeat(25))];
    insta::assert_snapshot!(told(List, rows(&["ada@", "@x.org", "a b@x.org", "a@x..org", "a@-x.org"])), @r#"
    exit 1
    error[list-invalid]: subscribers.toml:2:9: not an address: `ada@` (missing domain)
     2 | email = "ada@"
       |         ^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error[list-invalid]: subscribers.toml:4:9: not an address: `@x.org` (missing local part)
     4 | email = "@x.org"
       |         ^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error[list-invalid]: subscribers.toml:6:9: not an address: `a b@x.org` (` ` is not allowed before the `@`)
     6 | email = "a b@x.org"
       |         ^^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error[list-invalid]: subscribers.toml:8:9: not an address: `a@x..org` (`x..org` is not a domain name)
     8 | email = "a@x..org"
       |         ^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error[list-invalid]: subscribers.toml:10:9: not an address: `a@-x.org` (`-x.org` is not a domain name)
     10 | email = "a@-x.org"
        |         ^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error: 5 rows of the list cannot be used; nobody was mailed
    help: mend them, or send to the rest with `--allow list-invalid`
    "#);
    insta::assert_snapshot!(told(List, rows(&[&long[0], &long[1]])), @r#"
    exit 1
    error[list-invalid]: subscribers.toml:2:9: local part longer than 64 bytes (RFC 5321 4.5.3.1.1)
     2 | email = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x.org"
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error[list-invalid]: subscribers.toml:4:9: address longer than 254 bytes (RFC 5321 4.5.3.1.3)
     4 | email = "a@abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error: 2 rows of the list cannot be used; nobody was mailed
    help: mend them, or send to the rest with `--allow list-invalid`
    "#);
    insta::assert_snapshot!(told(List, rows(&["\\\"a\\r\\nRCPT TO:<x@y>\\\"@z"])), @r#"
    exit 1
    error[list-invalid]: subscribers.toml:2:9: control character U+000D in address
     2 | email = "\"a\r\nRCPT TO:<x@y>\"@z"
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error: 1 row of the list cannot be used; nobody was mailed
    help: mend them, or send to the rest with `--allow list-invalid`
    "#);
    insta::assert_snapshot!(told(List, rows(&["a@x.org, b@y.org"])), @r#"
    exit 1
    error[list-invalid]: subscribers.toml:2:9: two addresses in one field
     2 | email = "a@x.org, b@y.org"
       |         ^^^^^^^^^^^^^^^^^^
    help: give each address a row of its own
    error: 1 row of the list cannot be used; nobody was mailed
    help: mend them, or send to the rest with `--allow list-invalid`
    "#);
    insta::assert_snapshot!(told(List, rows(&["user@[1.2.3.4]", "u@localhost", "u@x.invalid"])), @r#"
    exit 1
    error[list-invalid]: subscribers.toml:2:9: domain `[1.2.3.4]` cannot receive public mail
     2 | email = "user@[1.2.3.4]"
       |         ^^^^^^^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error[list-invalid]: subscribers.toml:4:9: domain `localhost` cannot receive public mail
     4 | email = "u@localhost"
       |         ^^^^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error[list-invalid]: subscribers.toml:6:9: domain `x.invalid` cannot receive public mail
     6 | email = "u@x.invalid"
       |         ^^^^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error: 3 rows of the list cannot be used; nobody was mailed
    help: mend them, or send to the rest with `--allow list-invalid`
    "#);
}

#[test]
fn a_list_with_names_that_break_out_or_without_rows() {
    insta::assert_snapshot!(told(List, "[[subscriber]]\nemail = \"a@x.org\"\nname = \"A\\r\\nBcc: x\"\n"), @r#"
    exit 1
    error[list-invalid]: subscribers.toml:3:8: control character U+000D in `name`
     3 | name = "A\r\nBcc: x"
       |        ^^^^^^^^^^^^^
    help: write it on one line, in plain characters
    error: 1 row of the list cannot be used; nobody was mailed
    help: mend them, or send to the rest with `--allow list-invalid`
    "#);
    insta::assert_snapshot!(told(List, "[[subscriber]]\nemail = \"a@x.org\"\nname = \"A\u{202e}b\"\n"), @r#"
    exit 1
    error[list-invalid]: subscribers.toml:3:8: direction-changing character U+202E in `name`
     3 | name = "Ab"
       |        ^^^^
    help: write it on one line, in plain characters
    error: 1 row of the list cannot be used; nobody was mailed
    help: mend them, or send to the rest with `--allow list-invalid`
    "#);
    insta::assert_snapshot!(told(List, utf16("\u{feff}[[subscriber]]\n")), @r"
    exit 1
    error[file-not-utf8]: subscribers.toml: list is UTF-16
    help: save the list as UTF-8
    error: 1 row of the list cannot be used; nobody was mailed
    help: mend the list; `postrider subscribers check` looks at it alone
    ");
    insta::assert_snapshot!(told(List, "email,name\na@x.org,Ada\n"), @r"
    exit 1
    error[list-syntax]: subscribers.toml:1:1: text before the first `[[subscriber]]`
     1 | email,name
       | ^^^^^^^^^^
    help: start every reader with a line `[[subscriber]]`; a comment starts with `#`
    error: 1 row of the list cannot be used; nobody was mailed
    help: mend the list; `postrider subscribers check` looks at it alone
    ");
    insta::assert_snapshot!(told(List, ""), @r"
    exit 8
    tide: 0 recipients
      100000/s at the most, over 4 connections: about 0 ms
    error[list-empty]: subscribers.toml: the list has no active reader
    help: check the file and the tag; `--allow list-empty` sends all the same
    ");
}

#[test]
fn the_name_of_a_reader_cannot_leave_its_header() {
    let named = |name: &str| format!("[[subscriber]]\nemail = \"a@x.org\"\nname = \"{name}\"\n");
    insta::assert_snapshot!(told(List, named("A\\u0000b")), @r#"
    exit 1
    error[list-invalid]: subscribers.toml:3:8: control character U+0000 in `name`
     3 | name = "A\u0000b"
       |        ^^^^^^^^^^
    help: write it on one line, in plain characters
    error: 1 row of the list cannot be used; nobody was mailed
    help: mend them, or send to the rest with `--allow list-invalid`
    "#);
    // An angle bracket is text like any other, in words that no address is read out of.
    let desk = Desk::new(0, 1);
    desk.write("subscribers.toml", &named("Ada <eve@example.com>"));
    desk.run("send drafts/tide.md --sandbox --out caught").exits(0);
    let letter = std::fs::read_to_string(&desk.files("caught/new")[0]).unwrap();
    assert!(
        letter.contains("To: =?utf-8?b?QWRhIDxldmVAZXhhbXBsZS5jb20+?= <a@x.org>\r\n"),
        "{letter}"
    );
}

#[test]
fn a_list_of_old_line_ends_is_read_and_a_list_of_none_is_told() {
    let list = super::super::support::desk::list(3);
    let desk = Desk::new(0, 1);
    desk.write("subscribers.toml", &list.replace('\n', "\r\n"));
    desk.run("send drafts/tide.md --dry-run").exits(0).says("tide: 3 recipients");
    insta::assert_snapshot!(told(List, list.replace('\n', "\r")), @"
    exit 1
    error[list-syntax]: subscribers.toml: lines of the list end in a carriage return alone
    help: save the list with line ends of Unix (LF) or of Windows (CR LF)
    error: 1 row of the list cannot be used; nobody was mailed
    help: mend the list; `postrider subscribers check` looks at it alone
    ");
    insta::assert_snapshot!(told(Table, "email,name\ra@x.org,Ada\rb@x.org,Bo\r"), @"
    exit 1
    error[list-syntax]: new.csv: lines of the list end in a carriage return alone
    help: save the list with line ends of Unix (LF) or of Windows (CR LF)
    ");
}

#[test]
fn a_table() {
    insta::assert_snapshot!(told(Table, "mail,nom\nx@x.org,X\n"), @r"
    exit 1
    error[list-syntax]: new.csv:1:1: no `email` column; found: mail, nom
     1 | mail,nom
       | ^^^^^^^^
    help: name the column with the addresses `email`
    ");
    insta::assert_snapshot!(told(Table, "email,name\na@x.org,\"Ada\nb@x.org,Bo\n"), @r#"
    exit 1
    error[list-syntax]: new.csv:2:9: quote opened here is never closed
     2 | a@x.org,"Ada
       |         ^
    help: close it with `"`, and write a quote within a quoted cell as `""`
    "#);
    insta::assert_snapshot!(told(Table, "email,name,city\na@x.org,Ada\nb@x.org,Bo,Bern,x\n"), @r"
    exit 1
    error[list-invalid]: new.csv:2:1: 2 fields, header has 3
     2 | a@x.org,Ada
       | ^^^^^^^^^^^
    help: put a cell that holds the delimiter in quotes, and leave no cell out
    error[list-invalid]: new.csv:3:1: 4 fields, header has 3
     3 | b@x.org,Bo,Bern,x
       | ^^^^^^^^^^^^^^^^^
    help: put a cell that holds the delimiter in quotes, and leave no cell out
    ");
    insta::assert_snapshot!(told(Table, "email;name\na@x.org;Ada\n"), @r"
    exit 1
    error[list-syntax]: new.csv:1:1: one column only; looks like `;`
     1 | email;name
       | ^^^^^^^^^^
    help: use --delimiter ';'
    ");
    insta::assert_snapshot!(told(Table, utf16("\u{feff}email,name\na@x.org,Ada\n")), @r"
    exit 1
    error[file-not-utf8]: new.csv: list is UTF-16
    help: save the list as UTF-8
    ");
    insta::assert_snapshot!(told(Table, "email,name\nada@,Ada\n,Bo\n"), @r"
    exit 1
    error[list-invalid]: new.csv:2:1: not an address: `ada@` (missing domain)
     2 | ada@,Ada
       | ^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    error[list-invalid]: new.csv:3:1: `email` is empty
     3 | ,Bo
       | ^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    ");
    insta::assert_snapshot!(told(Table, "email\n\"a@x.org, b@y.org\"\n"), @r#"
    exit 1
    error[list-invalid]: new.csv:2:1: two addresses in one field
     2 | "a@x.org, b@y.org"
       | ^^^^^^^^^^^^^^^^^^
    help: give each address a row of its own
    "#);
    insta::assert_snapshot!(told(Table, "email,name\na@x.org,\"A\r\nBcc: x\"\nb@x.org,\"A\0\"\n"), @r#"
    exit 1
    error[list-invalid]: new.csv:2:9: control character U+000D in `name`
     2 | a@x.org,"A
       |         ^^
    help: write it on one line, in plain characters
    error[list-invalid]: new.csv:4:9: control character U+0000 in `name`
     4 | b@x.org,"A"
       |         ^^^
    help: write it on one line, in plain characters
    "#);
    insta::assert_snapshot!(told(Table, "email,name\n\"a\u{1b}[31m@x.org\",Ada\n"), @r#"
    exit 1
    error[list-invalid]: new.csv:2:1: control character U+001B in address
     2 | "a[31m@x.org",Ada
       | ^^^^^^^^^^^^^
    help: write the reader's address, e.g. `ada@example.org`, or delete the row
    "#);
    insta::assert_snapshot!(told(Table, ""), @r"
    exit 1
    error[list-syntax]: new.csv: table is empty
    help: write the names of the columns on the first line, as in `email,name`
    ");
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
    let run = desk.run("subscribers check").exits(0);
    insta::assert_snapshot!(run.stdout + &run.stderr, @"
    subscribers.toml: 5 subscribers
      status: active 5, paused 0, unsubscribed 0, bounced 0
      tags: none
      fields: name 0
    warning[list-duplicate]: subscribers.toml: 2 duplicates collapsed (rows 1=3, 5=7)
    help: the first row of an address counts; the numbers are the lines where the rows start
    warning[list-lookalike]: subscribers.toml: 1 look-alike not merged (rows 1=9)
    help: compare the rows that start on these lines letter by letter
    ");
    desk.run("send drafts/tide.md --dry-run")
        .exits(0)
        .says("tide: 3 recipients\n  2 duplicates collapsed: line 3 = 1, line 7 = 5\n");
}

#[test]
fn what_is_no_list() {
    let desk = Desk::new(1, 1);
    let list = desk.path("subscribers.toml");
    let check = || told_by(&desk, "subscribers check");
    let send = || told_by(&desk, "send drafts/tide.md --yes");
    std::fs::remove_file(&list).unwrap();
    insta::assert_snapshot!(check(), @"
    exit 1
    error[file-unreadable]: subscribers.toml: there is no such file
    help: check the path, and the folder you are in
    ");
    insta::assert_snapshot!(send(), @"
    exit 1
    error[file-unreadable]: subscribers.toml: there is no such file
    help: check the path, and the folder you are in
    ");
    desk.run("subscribers export").exits(1).says("subscribers.toml: there is no such file");
    std::fs::create_dir(&list).unwrap();
    insta::assert_snapshot!(send(), @"
    exit 1
    error[file-unreadable]: subscribers.toml: a directory, not a regular file
    help: give the path of a file
    ");
    std::fs::remove_dir(&list).unwrap();
    assert!(Command::new("mkfifo").arg(&list).status().unwrap().success());
    insta::assert_snapshot!(send(), @"
    exit 1
    error[file-unreadable]: subscribers.toml: not a regular file
    help: give the path of a file
    ");
    let config = desk.read("config.toml");
    desk.write("config.toml", &format!("{config}[audience]\nfile = \"list.csv\"\n"));
    desk.write("list.csv", "email\nada@example.org\n");
    insta::assert_snapshot!(check(), @"
    exit 1
    error[list-syntax]: list.csv:1:1: text before the first `[[subscriber]]`
     1 | email
       | ^^^^^
    help: `postrider subscribers import list.csv` makes a list of a CSV file
    ");
}
