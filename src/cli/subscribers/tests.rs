//! The commands on real files in a folder of their own.

use super::*;
use std::fs;

use clap::Parser as _;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    subscribers: Subscribers,
}

/// A folder with a list, and what the last command said.
struct Desk {
    folder: tempfile::TempDir,
}

/// The outcome, what was printed, and the findings.
type Said = (Outcome, String, Vec<String>);

impl Desk {
    fn new(list: &str) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.write("list.toml", list);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "the tests work on real files")]
    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "the tests work on real files")]
    fn list(&self) -> String {
        fs::read_to_string(self.path("list.toml")).unwrap()
    }

    fn files(&self) -> usize {
        fs::read_dir(self.folder.path()).unwrap().count()
    }

    fn try_run(&self, line: &[&str], format: Format) -> io::Result<Said> {
        let csv = name(&self.path("new.csv"));
        let line = line.iter().map(|&word| if word == "new.csv" { csv.as_str() } else { word });
        let line = Line::try_parse_from(std::iter::once("x").chain(line)).unwrap();
        let mut out = Vec::new();
        let mut findings = Vec::new();
        let folder = format!("{}/", self.folder.path().display());
        let mut tell = |finding: &Finding| {
            let line = finding.place.map_or(String::new(), |place| format!(":{}", place.line));
            let file = finding.file.replace(&folder, "");
            findings.push(format!("[{}] {file}{line}: {}", finding.rule.id, finding.message));
        };
        let list = self.path("list.toml");
        let outcome =
            run(&line.subscribers, &list, format, &Known::default(), &mut out, &mut tell)?;
        let out = String::from_utf8(out).unwrap().replace(&folder, "");
        Ok((outcome, out, findings))
    }

    fn run(&self, line: &[&str]) -> Said {
        self.try_run(line, Format::Text).unwrap()
    }
}

const ADA: &str = "[[subscriber]]\nemail = \"ada@example.org\"\n";

#[test]
fn check_counts_the_list_and_names_its_mistakes() {
    let desk = Desk::new(
        "[[subscriber]]\nemail = \"ada@example.org\"\nname = \"Ada\"\ntags = [\"rust\", \"weekly\"]\n\
         [subscriber.fields]\ncity = \"Bern\"\n[[subscriber]]\nemail = \"bo@example.org\"\ntags = [\"weekly\"]\n\
         status = \"paused\"\n[[subscriber]]\nemail = \"ada@\"\nnme = \"x\"\n[[subscriber]]\nemail = \"ADA@example.org\"\n",
    );
    let (outcome, out, findings) = desk.run(&["check"]);
    assert_eq!(outcome, Outcome::Mistakes);
    insta::assert_snapshot!(out, @r"
    list.toml: 3 subscribers
      status: active 2, paused 1, unsubscribed 0, bounced 0
      tags: weekly 2, rust 1
      fields: name 1, city 1
      1 row cannot be used
    ");
    assert_eq!(
        findings,
        [
            "[list-invalid] list.toml:12: not an address: `ada@` (missing domain)",
            "[list-invalid] list.toml:13: unknown key `nme`; did you mean `name`?",
            "[list-duplicate] list.toml: 1 duplicate collapsed (rows 1=14)",
        ]
    );
}

#[test]
fn check_prints_one_object_for_programs() {
    let (outcome, out, _) = Desk::new(ADA).try_run(&["check"], Format::Json).unwrap();
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        out,
        "{\"file\":\"list.toml\",\"subscribers\":1,\"bad\":0,\"statuses\":{\"active\":1,\"bounced\":0,\
         \"paused\":0,\"unsubscribed\":0},\"suppressed\":0,\"named\":0,\"tags\":{},\"fields\":{}}\n"
    );
}

#[test]
fn a_list_without_recipients_is_a_mistake() {
    for list in
        ["", "# nobody yet\n", "[[subscriber]]\nemail = \"a@example.org\"\nstatus = \"paused\"\n"]
    {
        let (outcome, _, findings) = Desk::new(list).run(&["check"]);
        assert_eq!(outcome, Outcome::Mistakes);
        assert_eq!(findings, ["[list-empty] list.toml: list has no recipients"]);
    }
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let desk = Desk::new(ADA);
    fs::remove_file(desk.path("list.toml")).unwrap();
    let said = |desk: &Desk| desk.run(&["check"]).2;
    assert_eq!(said(&desk), ["[file-unreadable] list.toml: there is no such file"]);
    fs::create_dir(desk.path("list.toml")).unwrap();
    assert_eq!(said(&desk), ["[file-unreadable] list.toml: a directory, not a regular file"]);
    fs::remove_dir(desk.path("list.toml")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(desk.path("list.toml")).status().unwrap();
    assert!(made.success());
    assert_eq!(said(&desk), ["[file-unreadable] list.toml: not a regular file"]);
    desk.write("new.csv", "email\nbo@example.org\n");
    let (outcome, _, findings) = desk.run(&["import", "new.csv"]);
    assert_eq!(outcome, Outcome::Mistakes);
    assert_eq!(findings, ["[file-unreadable] list.toml: not a regular file"]);
}

#[test]
fn import_adds_only_who_is_not_there() {
    let list = "# mine\n[[subscriber]]\nemail = \"ada@example.org\"\nstatus = \"unsubscribed\"";
    let desk = Desk::new(list);
    desk.write(
        "new.csv",
        "email;name\nADA@example.org;Ada\nbo@example.org;Bo\nBo@Example.org;Bo\n",
    );
    let (outcome, out, findings) = desk.run(&["import", "new.csv", "--delimiter", ";"]);
    assert_eq!((outcome, findings), (Outcome::Done, vec![]));
    assert_eq!(out, "list.toml: 1 added, 2 already there, 0 bad\n");
    assert_eq!(
        desk.list(),
        format!("{list}\n[[subscriber]]\nemail = \"bo@example.org\"\nname = \"Bo\"\n")
    );
    let before = desk.list();
    let (_, out, _) = desk.run(&["import", "new.csv", "--delimiter", ";"]);
    assert_eq!(out, "list.toml: 0 added, 3 already there, 0 bad\n");
    assert_eq!(desk.list(), before);
    assert_eq!(desk.files(), 2);
}

#[test]
fn import_writes_nothing_when_a_row_is_bad_unless_allowed() {
    let desk = Desk::new(ADA);
    desk.write("new.csv", "email\nbo@example.org\nbad@\n");
    let (outcome, out, findings) = desk.run(&["import", "new.csv"]);
    assert_eq!(outcome, Outcome::Mistakes);
    assert_eq!(findings, ["[list-invalid] new.csv:3: not an address: `bad@` (missing domain)"]);
    insta::assert_snapshot!(out, @r"
    list.toml: 0 added, 0 already there, 1 bad
      nothing was written: mend the 1 bad row, or give --allow list-invalid
    ");
    assert_eq!(desk.list(), ADA);
    let (outcome, out, _) = desk.run(&["import", "new.csv", "--allow", "list-invalid"]);
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(out, "list.toml: 1 added, 0 already there, 1 bad\n");
    assert!(desk.list().ends_with("\n[[subscriber]]\nemail = \"bo@example.org\"\n"));
}

#[test]
fn a_file_that_is_no_table_is_not_allowed_either() {
    let desk = Desk::new(ADA);
    desk.write("new.csv", "email;name\nbo@example.org;Bo\n");
    let (outcome, out, findings) = desk.run(&["import", "new.csv", "--allow", "list-invalid"]);
    assert_eq!(outcome, Outcome::Mistakes);
    assert_eq!(findings, ["[list-syntax] new.csv:1: one column only; looks like `;`"]);
    assert!(
        out.ends_with("nothing was written: mend the file, which is not a list as a whole\n"),
        "{out}"
    );
}

#[test]
fn import_begins_a_list_where_there_is_none() {
    let desk = Desk::new(ADA);
    desk.write("new.csv", "email\nbo@example.org\n");
    let other = name(&desk.path("other.toml"));
    let (outcome, out, _) = desk.run(&["import", "new.csv", "--into", &other]);
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(out, "other.toml: 1 added, 0 already there, 0 bad\n");
    assert_eq!(desk.list(), ADA);
    assert!(desk.path("other.toml").is_file());
}

#[test]
fn a_second_import_at_the_same_time_is_refused() {
    let desk = Desk::new(ADA);
    desk.write("new.csv", "email\nbo@example.org\n");
    desk.write("list.toml.new", "");
    let error = desk.try_run(&["import", "new.csv"], Format::Text).unwrap_err();
    assert!(error.to_string().contains("another import is running or was cut off"), "{error}");
    assert!(desk.path("list.toml.new").exists());
    assert_eq!(desk.list(), ADA);
}

#[test]
fn a_list_that_changes_during_an_import_is_not_overwritten() {
    let desk = Desk::new(ADA);
    let replacement = Replacement::begin(&desk.path("list.toml")).unwrap();
    desk.write("list.toml", "# edited meanwhile\n");
    let error = replacement.commit().unwrap_err();
    assert!(error.to_string().contains("was changed meanwhile; run again"), "{error}");
    assert_eq!(desk.list(), "# edited meanwhile\n");
    assert_eq!(desk.files(), 1);
}

#[test]
fn export_prints_the_list_as_csv_or_toml() {
    let desk = Desk::new(
        "[[subscriber]]\nemail = \"ada@example.org\"\nname = \"=Ada\"\ntags = [\"a\", \"b\"]\n\
         [[subscriber]]\nemail = \"bo@example.org\"\nstatus = \"bounced\"\n[subscriber.fields]\ncity = \"Bern, CH\"\n",
    );
    let csv = "email,name,tags,status,city\nada@example.org,'=Ada,a;b,active,\nbo@example.org,,,bounced,\"Bern, CH\"\n";
    assert_eq!(desk.run(&["export"]), (Outcome::Done, csv.to_owned(), vec![]));
    assert_eq!(desk.run(&["export", "--csv"]).1, csv);
    insta::assert_snapshot!(desk.run(&["export", "--toml"]).1, @r#"

    [[subscriber]]
    email = "ada@example.org"
    name = "=Ada"
    tags = ["a", "b"]

    [[subscriber]]
    email = "bo@example.org"
    status = "bounced"

    [subscriber.fields]
    city = "Bern, CH"
    "#);
}

#[test]
fn a_delimiter_is_one_character() {
    assert_eq!(delimiter(";"), Ok(b';'));
    assert_eq!(delimiter("\\t"), Ok(b'\t'));
    assert!(delimiter("\"").is_err() && delimiter(";;").is_err() && delimiter("é").is_err());
}
