//! A letter holds texts that stand in files of their own.

use super::support::desk::{DRAFT, Desk};
use super::support::relay::Relay;
use super::support::script::Script;

const COMMAND: &str = "[[include: snippets/sponsor.md]]";

/// A desk whose draft ends with a snippet.
fn desk(readers: usize, port: u16) -> Desk {
    let desk = Desk::new(readers, port);
    desk.write("drafts/tide.md", &format!("{DRAFT}\n{COMMAND}\n"));
    std::fs::create_dir(desk.path("snippets")).unwrap();
    desk.write("snippets/sponsor.md", "Lent by *Ostrava*, {{ email }}.\n");
    desk
}

#[test]
fn a_changed_snippet_is_a_changed_draft() {
    let relay = Relay::start(Script::new());
    let desk = desk(3, relay.port());
    desk.run("send drafts/tide.md --yes --limit 1").exits(3);
    desk.write("snippets/sponsor.md", "Lent by somebody else.\n");
    desk.run("send drafts/tide.md --yes").exits(8).says("issue-changed");
    desk.run("preview drafts/tide.md --out out").exits(0);
    assert!(desk.read("out/issue.txt").contains("Lent by somebody else."));
}

#[test]
fn what_is_wrong_with_a_snippet_is_said_where_it_stands() {
    let desk = desk(1, 1);
    desk.write("snippets/sponsor.md", "Fine.\n\n[Not](javascript:x)\n\n[[include: config.toml]]\n");
    desk.run("send drafts/tide.md --yes")
        .exits(1)
        .says("error[include-failed]: snippets/sponsor.md:5:1: `config.toml` is not a text");
    desk.write("snippets/sponsor.md", "Fine.\n\n[Not](javascript:x)\n");
    desk.run("send drafts/tide.md --yes")
        .exits(1)
        .says("error[link-scheme]: snippets/sponsor.md:3:1: link scheme `javascript` not allowed");
    desk.write("snippets/sponsor.md", &format!("{COMMAND}\n"));
    desk.run("send drafts/tide.md --yes").exits(1).says(
        "error[include-failed]: snippets/sponsor.md:1:1: snippet includes itself: \
         `snippets/sponsor.md` -> `snippets/sponsor.md`",
    );
    desk.write("drafts/tide.md", &format!("{DRAFT}\n[[include: ../secret.md]]\n"));
    desk.run("send drafts/tide.md --yes").exits(1).says("`../secret.md` leads out of the project");
}

#[test]
fn a_column_that_only_a_snippet_names_is_looked_for_there() {
    let desk = desk(2, 1);
    desk.write("snippets/sponsor.md", "Lent by *Ostrava*,\nwho comes from {{ citty }}.\n");
    let place = "error[merge-unknown-field]: snippets/sponsor.md:2:19: unknown field `citty`";
    desk.run("send drafts/tide.md --yes").exits(1).says(place);
    desk.run("check drafts/tide.md").exits(1).says(place);
}
