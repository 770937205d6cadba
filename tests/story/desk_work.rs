//! What an editor does around a send: start a folder, look, mend mistakes.

use super::support::desk::{Desk, list};

#[test]
fn a_folder_is_started_and_nothing_in_it_overwritten() {
    let desk = Desk::empty();
    desk.run("init").exits(0).says("created config.toml").says("created .postrider/secret");
    desk.write("subscribers.toml", &list(2));
    desk.run("init").exits(0).says("kept    subscribers.toml");
    assert_eq!(desk.read("subscribers.toml"), list(2));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(desk.path(".postrider/secret")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(desk.run("new Tide").exits(0).stdout, "drafts/tide.md\n");
    assert_eq!(desk.run("new Ebb").exits(0).stdout, "drafts/ebb.md\n");
    assert!(desk.read("drafts/ebb.md").contains("number: 2"));
    desk.run("new Ebb").exits(2).says("exists already");
    desk.run("send drafts/ebb.md --sandbox --out caught").exits(0);
    assert_eq!(desk.files("caught/new").len(), 2);
}

#[test]
fn a_preview_in_files_is_byte_for_byte_what_is_sent() {
    let desk = Desk::new(1, 1);
    let paths = desk.run("preview drafts/tide.md --out out").exits(0).stdout;
    assert_eq!(paths, "out/issue.html\nout/issue.txt\nout/issue.eml\nout/report.json\n");
    let report: serde_json::Value = serde_json::from_str(&desk.read("out/report.json")).unwrap();
    let checked = desk.run("check drafts/tide.md --format json").exits(0).stdout;
    assert_eq!(report, serde_json::from_str::<serde_json::Value>(&checked).unwrap());
    desk.run("send drafts/tide.md --sandbox --out caught").exits(0);
    let sent = std::fs::read_to_string(&desk.files("caught/new")[0]).unwrap();
    let without_date = |letter: &str| {
        letter
            .lines()
            .filter(|line| !line.starts_with("Date:"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(without_date(&desk.read("out/issue.eml")), without_date(&sent));
}

#[test]
fn a_preview_in_files_of_a_draft_with_mistakes_is_the_report_alone() {
    let desk = Desk::new(1, 1);
    let draft = desk.read("drafts/tide.md");
    for draft in [draft.replace("slug:", "slgu:"), draft.replace("| default(\"reader\")", "}")] {
        desk.write("drafts/tide.md", &draft);
        let run = desk.run("preview drafts/tide.md --out out").exits(1);
        assert_eq!(run.stdout, "out/report.json\n", "{run:?}");
        let report: serde_json::Value =
            serde_json::from_str(&desk.read("out/report.json")).unwrap();
        let checked = desk.run("check drafts/tide.md --format json").exits(1).stdout;
        assert_eq!(report, serde_json::from_str::<serde_json::Value>(&checked).unwrap());
    }
}

#[test]
fn every_mistake_of_a_draft_is_told_in_one_run_and_nothing_leaves() {
    let desk = Desk::new(2, 1);
    desk.write(
        "drafts/tide.md",
        "---\nsubjct: Tide\ntitle: Tide\nnumber: one\n---\n\n[a](javascript:x) <script>x</script>\n\n{{ name }\n",
    );
    let run = desk.run("send drafts/tide.md --yes").exits(1);
    let codes: Vec<&str> = run
        .stderr
        .lines()
        .filter(|line| line.starts_with("error["))
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "error[fm-misspelt-key]",
            "error[fm-invalid]",
            "error[link-scheme]",
            "error[html-unsupported]",
            "error[merge-syntax]"
        ],
        "{}",
        run.stderr
    );
    assert!(
        run.says("drafts/tide.md:2:1")
            .says("drafts/tide.md:4:9")
            .says("drafts/tide.md:9:1")
            .stdout
            .is_empty()
    );
}

#[test]
fn every_mistake_of_a_configuration_is_told_without_its_secrets() {
    let desk = Desk::new(2, 1);
    let config = desk.read("config.toml").replace(
        "port = 1\n",
        "port = \"587\"\nratee = \"1/s\"\nlanes = 0\npassword = \"hunter2\"\n",
    );
    desk.write("config.toml", &config);
    let run = desk.run("send drafts/tide.md --yes").exits(1);
    for words in
        ["`relay.port` must be a number", "did you mean `rate`?", "relay.lanes", "relay.password"]
    {
        assert!(run.stderr.contains(words), "no `{words}` in {}", run.stderr);
    }
    assert!(!run.stderr.contains("hunter2"));
}

#[test]
fn a_misspelt_flag_or_gate_is_a_usage_error() {
    let desk = Desk::new(1, 1);
    desk.run("send drafts/tide.md --dryrun").exits(2).says("--dry-run");
    desk.run("send drafts/tide.md --yes --allow draft-tru")
        .exits(2)
        .says("did you mean `draft-true`?");
    desk.run("status nothing").exits(2).says("knows no issue `nothing`");
    desk.run("send drafts/none.md --yes").exits(1).says("there is no such file");
    let script = desk.run("completions bash").exits(0).stdout;
    assert!(script.contains("_postrider()"));
}

#[test]
fn the_list_is_checked_imported_and_exported() {
    let desk = Desk::new(2, 1);
    desk.run("subscribers check").exits(0);
    desk.write(
        "more.csv",
        "Email,Name,City\nreader1@example.org,Ada,Ulm\nnew@example.org,New,Rome\n",
    );
    desk.run("subscribers import more.csv").exits(0);
    let exported = desk.run("subscribers export").exits(0).stdout;
    assert_eq!(exported.lines().count(), 4, "{exported}");
    assert!(exported.contains("new@example.org,New,,active,Rome"), "{exported}");
    desk.write("bad.csv", "email\nada@\n");
    desk.run("subscribers import bad.csv").exits(1).says("bad.csv:2:");
    desk.write("mail.csv", "mail,nom\nx@example.org,X\n");
    desk.run("subscribers import mail.csv").exits(1).says("no `email` column");
}
