//! An editor checks drafts before anyone receives them.

use super::support::desk::Desk;
use super::support::relay::Relay;
use super::support::script::Script;

const ROUGH: &str = "---\nsubject: The tide turns at six\nslug: rough\n---\n\nThe tide table is out.\n\n[tide table]: https://example.org/tides\n\n![](https://example.org/boat.png)\n";

#[test]
fn all_findings_of_all_drafts_are_told_in_one_run_with_place_line_and_remedy() {
    let desk = Desk::new(2, 1);
    desk.write("drafts/rough.md", ROUGH);
    let run = desk.run("check drafts/rough.md drafts/none.md drafts/tide.md").exits(1);
    let run = run
        .says("warning[link-unused-ref]: drafts/rough.md:8:1: `[tide table]` is defined and never used\n 8 | [tide table]: https://example.org/tides\n   | ^^^^")
        .says("help: \"tide table\" appears unlinked on line 6: put it in brackets")
        .says("error[img-alt-missing]: drafts/rough.md:10:1")
        .says("error[file-unreadable]: drafts/none.md: there is no such file")
        .says("3 drafts: 2 errors, ");
    assert!(run.stdout.is_empty(), "{run:?}");
}

#[test]
fn programs_get_json_sarif_or_annotations_and_the_exit_code() {
    let desk = Desk::new(2, 1);
    desk.write("drafts/rough.md", ROUGH);
    for words in ["check --format json", "--json check"] {
        let run = desk.run(&format!("{words} drafts/rough.md")).exits(1);
        let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let first = &found.as_array().unwrap()[0];
        let mut keys: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["column", "file", "help", "line", "message", "rule", "severity"]);
        assert!(run.stderr.is_empty(), "{}", run.stderr);
    }
    let run = desk.run("check --format sarif drafts/rough.md").exits(1);
    let log: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = desk.run("check --format github drafts/rough.md").exits(1);
    assert!(
        run.stdout.contains("::error file=drafts/rough.md,line=10,col=1,title=img-alt-missing::")
    );
    desk.run("check drafts/tide.md").exits(0).says("1 draft: ");
    desk.run("check").exits(2);
    desk.run("check --now yesterday drafts/tide.md").exits(2);
}

#[test]
fn warnings_fail_only_when_strict() {
    let desk = Desk::new(2, 1);
    desk.write("drafts/tide.md", &ROUGH.replace("![]", "![A boat]"));
    desk.run("check drafts/tide.md").exits(0).says("warning[preheader-missing]");
    desk.run("check --strict drafts/tide.md").exits(1);
}

#[test]
fn a_comment_silences_a_rule_and_says_when_it_cannot() {
    let desk = Desk::new(2, 1);
    let silence = |comment: &str| {
        desk.write(
            "drafts/tide.md",
            &ROUGH.replace("\nThe tide", &format!("\n{comment}\n\nThe tide")),
        );
        desk.run("check drafts/tide.md")
    };
    let run = silence("<!-- check-disable preheader-missing img-alt-missing -->").exits(0);
    assert!(
        !run.stderr.contains("img-alt") && !run.stderr.contains("preheader-missing"),
        "{}",
        run.stderr
    );
    silence("<!-- check-disable-next-line link-unused-ref -->").exits(1).says("link-unused-ref");
    silence("<!-- check-disable link-unsued-ref -->").says("did you mean `link-unused-ref`?");
    silence("<!-- check-disable todo-leftover -->").says("`todo-leftover` can stop a send");
}

#[test]
fn the_rules_explain_themselves() {
    let desk = Desk::empty();
    let run = desk.run("check --list").exits(0);
    assert!(
        run.stdout.contains("\n  link-http ") && run.stdout.contains("Personalisation"),
        "{run:?}"
    );
    let run = desk.run("check --explain link-unused-ref").exits(0);
    assert!(
        run.stdout.contains("To mend it:") && run.stdout.contains("[tide table]: https"),
        "{run:?}"
    );
    desk.run("check --explain link-htpp").exits(2).says("did you mean `link-http`?");
}

#[test]
fn what_takes_no_judgement_is_mended_once_it_was_seen() {
    let desk = Desk::new(2, 1);
    let draft = ROUGH.replace("tide table is", "[table](http://example.org/t?utm_source=x) is");
    desk.write("drafts/rough.md", &draft);
    let run = desk.run("check --fix drafts/rough.md").says("`--fix --yes`");
    assert!(run.stdout.contains("-[tide table]: https://example.org/tides"), "{run:?}");
    assert_eq!(desk.read("drafts/rough.md"), draft);
    desk.run("check --fix --yes drafts/rough.md").says("mended");
    assert!(!desk.read("drafts/rough.md").contains("[tide table]:"));
    assert!(
        desk.read("drafts/rough.md").contains("(https://example.org/t"),
        "{}",
        desk.read("drafts/rough.md")
    );
}

#[test]
fn a_report_for_programs_is_all_that_stands_on_stdout() {
    let desk = Desk::new(2, 1);
    // The words of the label stand unlinked in the text, and then there is nothing to mend without asking.
    desk.write("drafts/rough.md", &ROUGH.replace("[tide table]:", "[left over]:"));
    let run = desk.run("check --fix --format json drafts/rough.md").exits(1);
    assert!(serde_json::from_str::<serde_json::Value>(&run.stdout).is_ok(), "{}", run.stdout);
    run.says("+++ drafts/rough.md");
}

#[test]
fn the_configuration_weighs_findings_and_keeps_its_hands_off_gates() {
    let desk = Desk::new(2, 1);
    let config = desk.read("config.toml");
    desk.write("drafts/tide.md", ROUGH);
    let with = |line: &str| {
        desk.write("config.toml", &format!("{config}[check.rules]\n{line}\n"));
        desk.run("check drafts/tide.md")
    };
    let run = with("img-alt-missing = \"off\"").exits(0);
    assert!(!run.stderr.contains("img-alt-missing"), "{}", run.stderr);
    with("link-unused-ref = \"error\"").exits(1).says("error[link-unused-ref]");
    with("todo-leftover = \"off\"")
        .exits(1)
        .says("`todo-leftover` can stop a send and keeps its weight");
    with("link-htpp = \"off\"").exits(1).says("did you mean `link-http`?");
}

#[test]
fn a_ledger_that_cannot_be_read_is_told_of_once() {
    let desk = Desk::new(2, 1);
    let quiet = desk.run("check drafts/tide.md").exits(0);
    assert!(!quiet.stderr.contains("ledger-unreadable"), "{}", quiet.stderr);
    desk.run("send drafts/tide.md --sandbox --out caught").exits(0);
    desk.write(".postrider/ledger.sqlite", &"no ledger at all ".repeat(100));
    let ebb =
        desk.read("drafts/tide.md").replace("six", "seven").replace("slug: tide", "slug: ebb");
    desk.write("drafts/ebb.md", &ebb);
    let run = desk.run("check drafts/tide.md drafts/ebb.md").exits(0);
    let run = run.says("so what was sent before is not compared").says("postrider ledger verify");
    assert_eq!(run.stderr.matches("ledger-unreadable").count(), 1, "{}", run.stderr);
}

#[test]
fn one_run_mends_all_that_can_be_mended() {
    let desk = Desk::new(2, 1);
    // Two changes of one address touch each other, and only a second look sees the spaces that the first leaves.
    let draft = ROUGH.replace(
        "tide table is",
        "[table](http://example.org/t?utm_source=x)  is  [out](https://example.org/o)",
    );
    desk.write("drafts/rough.md", &draft);
    let shown = desk.run("check --fix drafts/rough.md").stdout;
    assert_eq!(shown.matches("+++ ").count(), 1, "{shown}");
    assert_eq!(desk.run("check --fix --yes drafts/rough.md").stdout, shown);
    let text = desk.read("drafts/rough.md");
    assert!(text.contains("[table](https://example.org/t) is [out]"), "{text}");
    desk.run("check --fix --yes drafts/rough.md").says("nothing can be mended");
}

#[test]
fn a_slug_that_another_issue_has_is_a_mistake_in_both() {
    let desk = Desk::new(2, 1);
    let draft = desk.read("drafts/tide.md");
    desk.write("drafts/ebb.md", &draft.replace("six", "seven"));
    desk.run("check drafts/tide.md").exits(1).says(
        "error[issue-duplicate-title]: drafts/tide.md:3:7: `drafts/ebb.md` has the slug `tide` too",
    );
    desk.run("check drafts/ebb.md").exits(1).says("`drafts/tide.md` has the slug `tide` too");
    desk.write("drafts/ebb.md", &draft.replace("six", "seven").replace("slug: tide\n", ""));
    desk.run("check drafts/tide.md drafts/ebb.md").exits(0);
}

#[test]
fn a_slug_of_an_issue_that_was_sent_is_told_unless_it_is_that_issue() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(1, relay.port());
    desk.run("send drafts/tide.md --yes").exits(0);
    desk.run("check drafts/tide.md").exits(0);
    let draft = desk.read("drafts/tide.md").replace("six", "seven");
    desk.write("drafts/tide.md", &draft);
    desk.run("check drafts/tide.md")
        .exits(1)
        .says("drafts/tide.md:3:7: the issue `tide` that was sent has the slug `tide` too");
}

#[test]
fn fields_that_the_list_lacks_are_told_beside_tags_that_cannot_be_read() {
    let desk = Desk::new(2, 1);
    let draft = desk.read("drafts/tide.md");
    let tags = "\n{{ naem }} {{ nick | defualt(\"x\") }} {% if vip_sicne %}x{% endif %} {{ name\n";
    desk.write("drafts/tide.md", &format!("{draft}{tags}"));
    let run = desk.run("check drafts/tide.md").exits(1).says("merge-syntax");
    run.says("unknown field `naem`").says("unknown field `vip_sicne`");
}

#[test]
fn a_list_that_cannot_be_read_is_told_of_once_with_its_place() {
    let desk = Desk::new(2, 1);
    let ebb =
        desk.read("drafts/tide.md").replace("six", "seven").replace("slug: tide", "slug: ebb");
    desk.write("drafts/ebb.md", &ebb);
    let good = desk.read("subscribers.toml");
    desk.write("subscribers.toml", &format!("{good}[[subscriber]]\nemail = \"ada@\"\n"));
    let run = desk.run("check drafts/tide.md drafts/ebb.md").exits(1);
    let line = good.lines().count() + 2;
    assert_eq!(run.stderr.matches("list-invalid").count(), 1, "{}", run.stderr);
    run.says(&format!("error[list-invalid]: subscribers.toml:{line}:"));
    let bad = "[[subscriber]]\nemail = \"ada@\"\n".repeat(30);
    desk.write("subscribers.toml", &bad);
    desk.run("check drafts/tide.md").exits(1).says("10 mistakes more in this list");
    std::fs::remove_file(desk.path("subscribers.toml")).unwrap();
    let run = desk.run("check drafts/tide.md drafts/ebb.md").exits(0);
    assert_eq!(run.stderr.matches("file-unreadable").count(), 1, "{}", run.stderr);
    run.says("warning[file-unreadable]: subscribers.toml: there is no such file")
        .says("`file` in `[audience]`");
}

/// A weekly letter of its time, with one of each thing that such letters have: nothing else is to be found in it.
#[test]
fn a_weekly_letter_is_told_what_it_has_and_nothing_else() {
    let desk = Desk::empty();
    desk.write("weekly.md", include_str!("drafts/weekly.md"));
    let run = desk.run("check weekly.md --now 2017-05-12T08:00:00Z --format json").exits(1);
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let told = found.as_array().unwrap().iter().map(|one| {
        let word = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        format!("{}:{} {}[{}]\n", one["line"], one["column"], word("severity"), word("rule"))
    });
    insta::assert_snapshot!(told.collect::<String>());
}
