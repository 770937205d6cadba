//! Mistakes around the documents: secrets, pipes, folders.

use std::process::Stdio;

use super::super::support::desk::{Desk, Run};
use super::told_by;

#[test]
fn secrets_are_neither_shown_nor_taken_from_where_others_read() {
    let login = |more: &str| {
        let desk = Desk::new(1, 1);
        desk.configure(1, &format!("user = \"u\"\n{more}\n"));
        desk
    };
    let send = |desk: &Desk| told_by(desk, "send drafts/tide.md --yes");
    let desk = login("password-file = \"password\"");
    desk.write("password", "hunter2\n");
    let readable = |name| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(desk.path(name), mode).unwrap();
    };
    readable("password");
    insta::assert_snapshot!(send(&desk), @"
    exit 1
    error[secret-unreadable]: password: others may read this file (mode 644)
    help: type `chmod 600 password`
    ");
    readable(".postrider/secret");
    insta::assert_snapshot!(send(&desk), @"
    exit 1
    error[secret-unreadable]: .postrider/secret: others may read this file (mode 644)
    help: type `chmod 600 .postrider/secret`
    ");
    std::fs::remove_file(desk.path(".postrider/secret")).unwrap();
    insta::assert_snapshot!(send(&desk), @"
    exit 1
    error[secret-unreadable]: .postrider/secret: there is no such file
    help: `postrider init` makes .postrider/secret; if letters were mailed with another, bring that one back
    ");
    insta::assert_snapshot!(send(&login("password = \"hunter2\"")), @"
    exit 1
    error[config-missing-key]: config.toml:5:2: `relay.user` has no password
    help: add one of `password-command`, `password-file`, `password-env`, `token-command` under `[relay]`
    error[config-invalid]: config.toml:11:1: `relay.password` would put a secret into this file
    help: remove it and use one of `password-command`, `password-file`, `password-env`
    ");
    let command = |command: &str| send(&login(&format!("password-command = '{command}'")));
    insta::assert_snapshot!(command("echo hunter2; exit 1"), @"
    exit 1
    error[secret-unreadable]: password-command: the command failed (exit status: 1); its output is hidden
    help: run it yourself to see what it says; here its output stays hidden
    ");
    insta::assert_snapshot!(command("true # hunter2"), @"
    exit 1
    error[secret-unreadable]: password-command: the secret is empty
    help: its first line is the secret, as UTF-8 text
    ");
    insta::assert_snapshot!(command("printf \"hunter2\\000\""), @"
    exit 1
    error[secret-unreadable]: password-command: the secret holds a NUL character (RFC 4616)
    help: its first line is the secret, as UTF-8 text
    ");
}

#[test]
fn a_warning_is_told_before_a_send_and_stops_nothing() {
    let desk = Desk::new(1, 1);
    desk.write("drafts/tide.md", "---\nsubject: Issue #3 is here\n---\n\nHello.\n");
    desk.run("send drafts/tide.md --dry-run")
        .exits(0)
        .says("warning[fm-value-cut]: drafts/tide.md:2:10")
        .says("`subject: \"Issue #3 is here\"`");
    let quiet = desk.run("--quiet send drafts/tide.md --dry-run").exits(0);
    assert!(quiet.stderr.is_empty(), "{}", quiet.stderr);
}

#[test]
fn a_reader_of_the_output_who_leaves_is_no_mistake() {
    let desk = Desk::new(20_000, 1);
    for words in ["completions bash", "subscribers export", "subscribers check", "--json status"] {
        let mut child = desk.command(words).stdin(Stdio::null()).spawn().unwrap();
        drop(child.stdout.take());
        Run::of(&child.wait_with_output().unwrap()).exits(0);
    }
}

#[test]
fn a_file_in_the_way_is_named() {
    let desk = Desk::empty();
    desk.write("drafts", "a file");
    desk.run("init").exits(7).says("drafts cannot be written");
    desk.run("new Tide").exits(7).says("drafts cannot be written");
}

#[test]
fn what_a_configuration_elsewhere_names_lies_beside_it() {
    let desk = Desk::new(2, 1);
    std::fs::create_dir(desk.path("news")).unwrap();
    for name in ["config.toml", "subscribers.toml", ".postrider"] {
        std::fs::rename(desk.path(name), desk.path("news").join(name)).unwrap();
    }
    let config = desk.read("news/config.toml");
    desk.write(
        "news/config.toml",
        &config.replace(
            "port = 1\n",
            "port = 1\nuser = \"u\"\npassword-file = \"password\"\nca-file = \"ca.pem\"\n",
        ),
    );
    desk.run("--config news/config.toml subscribers check").exits(0);
    desk.run("--config news/config.toml send drafts/tide.md --dry-run")
        .exits(0)
        .says("news/.postrider/dry-run/tide");
    desk.run("--config news/config.toml send drafts/tide.md --to a@example.org")
        .exits(1)
        .says("news/password: there is no such file");
    assert!(!desk.path(".postrider").exists());
}

#[test]
fn a_desk_without_a_released_issue_says_so() {
    let desk = Desk::new(1, 1);
    desk.run("status").exits(0).says("nothing has been sent from here yet");
    desk.answer("send drafts/tide.md", "7\n").exits(8);
    desk.run("status").exits(0).says("nothing has been sent from here yet");
}
