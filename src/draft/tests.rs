//! Bad inputs with the exact words they are answered with, and the good ones in all three syntaxes.

use super::*;
use crate::source::Place;
use crate::theme::Design;

/// One finding as `rule line:column message | help`.
fn line(finding: &Finding) -> String {
    let place =
        finding.place.map_or(String::new(), |Place { line, column }| format!("{line}:{column} "));
    let help = finding.help.as_ref().map_or(String::new(), |help| format!(" | {help}"));
    format!("{} {place}{}{help}", finding.rule.id, finding.message)
}

fn read(text: &str) -> (Draft, Vec<String>) {
    let (draft, remarks) = parse(Source::new("issue.md", text)).unwrap_or_else(|findings| {
        panic!("{text}\n{:#?}", findings.iter().map(line).collect::<Vec<_>>())
    });
    (draft, remarks.iter().map(line).collect())
}

fn front(text: &str) -> FrontMatter {
    read(text).0.front
}

fn mistakes(text: &str) -> Vec<String> {
    match parse(Source::new("issue.md", text)) {
        Ok((draft, remarks)) => panic!("{text}\n{draft:#?}\n{remarks:#?}"),
        Err(findings) => findings.iter().map(line).collect(),
    }
}

/// The findings of front matter in YAML that holds `lines` and nothing else.
fn yaml(lines: &str) -> Vec<String> {
    mistakes(&format!("---\n{lines}\n---\n\nBody\n"))
}

#[test]
fn a_draft_may_choose_its_theme() {
    assert_eq!(front("---\ntitle: A\ntheme: workshop\n---\n").theme, Some(Design::Workshop));
    assert_eq!(front("---\ntitle: A\n---\n").theme, None);
    assert_eq!(
        yaml("title: A\ntheme: buletin"),
        ["fm-invalid 3:8 `theme` is not a theme: `buletin` | did you mean `bulletin`?"]
    );
}

#[test]
fn the_three_syntaxes_say_the_same() {
    let texts = [
        "---\nSubject: Issue 3\ntitle: \"Three: a number\"\ndescription: Short\ndate: 2026-11-23\nslug: three\n\
         issue: 3\nlang: en-GB\ndraft: true\nreply-to: Ada <ada@example.org>\n---\nBody\n",
        "+++\nsubject = \"Issue 3\"\ntitle = 'Three: a number'\ndescription = \"Short\"\ndate = 2026-11-23\n\
         slug = \"three\"\nissue = 3\nlang = \"en-GB\"\ndraft = true\nreplyTo = \"Ada <ada@example.org>\"\n+++\nBody\n",
        "Subject: Issue 3\nTitle: Three: a number\nDescription: Short\nDate: 2026-11-23\nSlug: three\nIssue: 3\n\
         Lang: en-GB\nDraft: true\nReply-To: Ada <ada@example.org>\n\nBody\n",
    ];
    for text in texts {
        let (draft, remarks) = read(text);
        assert_eq!(remarks, Vec::<String>::new(), "{text}");
        let shows = |span: Span| &draft.source.text[span.start..span.end];
        assert_eq!(shows(draft.body), "Body\n");
        assert_eq!(shows(draft.front.subject_span).trim_matches('"'), "Issue 3");
        assert_eq!(shows(draft.front.preheader_span).trim_matches('"'), "Short");
        assert_eq!(draft.front.draft.map(shows), Some("true"));
        let front = draft.front;
        assert_eq!((front.subject.as_str(), front.title.as_str()), ("Issue 3", "Three: a number"));
        assert_eq!(front.preheader.as_deref(), Some("Short"));
        assert_eq!(front.date.as_deref(), Some("2026-11-23"));
        assert_eq!((front.slug.as_deref(), front.number), (Some("three"), Some(3)));
        assert_eq!(front.lang.as_deref(), Some("en-GB"));
        assert_eq!(front.reply_to.and_then(|mailbox| mailbox.name).as_deref(), Some("Ada"));
    }
}

#[test]
fn subject_and_title_stand_in_for_each_other() {
    let titled = front("---\ntitle: Works on boats, Issue 3, Friday\n---\nBody\n");
    assert_eq!(titled.subject, "Works on boats, Issue 3, Friday");
    assert_eq!(titled.subject_span, Span::new(11, 42));
    assert_eq!(front("---\nsubject: Only this\n---\n").title, "Only this");
    assert_eq!(front("---\nsubject: 42\n---\n").subject, "42");
    assert_eq!(front("---\nsubject: >\n  Folded\n  text\n---\n").subject, "Folded text");
}

#[test]
fn carriage_returns_marks_and_blank_lines_do_not_disturb() {
    for text in [
        "---\r\nsubject: News\r\n---\r\nBody\r\n",
        "\u{feff}---\nsubject: News\n---\nBody\n",
        "\n\n---  \nsubject: News\n...\nBody\n",
        "+++\r\nsubject = \"News\"\r\n+++\r\nBody\r\n",
        "\u{feff}Subject: News\r\nDraft: false\r\n\r\nBody\r\n",
    ] {
        let (draft, remarks) = read(text);
        assert_eq!(remarks, Vec::<String>::new());
        assert_eq!((draft.front.subject.as_str(), draft.front.draft), ("News", None), "{text:?}");
        assert_eq!(
            draft.source.text[draft.body.start..draft.body.end].trim_end(),
            "Body",
            "{text:?}"
        );
        let span = draft.front.subject_span;
        assert_eq!(draft.source.text[span.start..span.end].trim_matches('"'), "News", "{text:?}");
    }
}

#[test]
fn foreign_keys_are_kept_as_written() {
    let text = "---\ntitle: News\nTags: [a, b]\nauthors:\n  - a\n  - b\nextra:\n  hero: x.png\nweight: 3\n---\n";
    let (draft, remarks) = read(text);
    let meta: Vec<_> =
        draft.front.meta.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        meta,
        [("Tags", "[a, b]"), ("authors", "- a\n  - b"), ("extra", "hero: x.png"), ("weight", "3")]
    );
    assert_eq!(remarks[0], "fm-unknown-key 3:1 key `Tags` is kept as `meta` and does nothing");
    assert_eq!(remarks.len(), 4);
    let zola = front("+++\ntitle = \"News\"\n[extra]\nhero = \"x.png\"\n+++\n");
    assert_eq!(zola.meta["extra"], "[extra]\nhero = \"x.png\"");
}

#[test]
fn a_draft_without_front_matter_is_told_how_to_start() {
    let missing =
        "no front matter | start the file with a line `---`, a line `subject: …` and a line `---`";
    assert_eq!(mistakes("# News\n"), [format!("fm-missing 1:1 {missing}")]);
    assert_eq!(mistakes(""), [format!("fm-missing 1:1 {missing}")]);
    assert_eq!(
        mistakes("Note: prose may begin like this.\n\nText\n"),
        [format!("fm-missing 1:1 {missing}")]
    );
    for text in ["---\nsubject: x\n", "---\nsubject: x\n\nA rule follows\n\n--- not one\n"] {
        let unclosed =
            "front matter opened at line 1 is not closed | add a line `---` below the last key";
        assert_eq!(mistakes(text), [format!("fm-unclosed 1:1 {unclosed}")]);
    }
    assert_eq!(
        mistakes("+++\nsubject = 'x'\n---\n"),
        [
            "fm-unclosed 1:1 front matter opened at line 1 is not closed | add a line `+++` below the last key"
        ]
    );
}

#[test]
fn keys_given_twice_are_named_with_both_lines() {
    let keep = "| keep one of them";
    assert_eq!(
        yaml("subject: a\nlang: en\nslug: b\nsubject: c"),
        [format!("fm-duplicate-key 5:1 key `subject` given twice (lines 2 and 5) {keep}")]
    );
    assert_eq!(
        yaml("title: a\nTitle: b"),
        [format!(
            "fm-duplicate-key 3:1 keys `title` and `Title` mean the same (lines 2 and 3) {keep}"
        )]
    );
    assert_eq!(
        yaml("subject: a\ndescription: b\npreheader: c"),
        [format!(
            "fm-duplicate-key 4:1 keys `description` and `preheader` mean the same (lines 3 and 4) {keep}"
        )]
    );
    assert_eq!(
        mistakes("+++\nsubject = 'a'\nsubject = 'b'\n+++\n"),
        [format!("fm-duplicate-key 3:1 key `subject` given twice (lines 2 and 3) {keep}")]
    );
    assert!(
        yaml("subject: a\ncover: b\ncover: c").contains(&format!(
            "fm-duplicate-key 4:1 key `cover` given twice (lines 3 and 4) {keep}"
        ))
    );
}

#[test]
fn a_misspelt_key_is_answered_with_the_right_one() {
    assert_eq!(
        yaml("subjct: x"),
        ["fm-misspelt-key 2:1 unknown key `subjct` | did you mean `subject`?"]
    );
    assert_eq!(
        mistakes("Subjct: x\n\nBody"),
        ["fm-misspelt-key 1:1 unknown key `Subjct` | did you mean `subject`?"]
    );
}

#[test]
fn subjects_that_cannot_be_sent_say_why() {
    let header = "| a header value is one line of visible characters";
    let write = "| write what the letter is about";
    for blank in ["subject:", "subject: ''", "subject: \" \"", "subject: ~"] {
        let all = yaml(blank);
        assert_eq!(all.len(), 1, "{blank}");
        assert!(all[0].starts_with("subject-missing 2:"), "{}", all[0]);
        assert!(all[0].ends_with(&format!("`subject` is empty {write}")), "{}", all[0]);
    }
    assert_eq!(
        yaml("subject: ''\ntitle: x"),
        [format!("subject-missing 2:10 `subject` is empty {write}")]
    );
    assert_eq!(
        yaml("lang: en"),
        [
            "subject-missing 1:1 no `subject` and no `title` | add a line `subject: …` to the front matter"
        ]
    );
    assert_eq!(
        yaml("subject: \"a\\r\\nBcc: x\""),
        [format!("subject-control-chars 2:10 control character U+000D in `subject` {header}")]
    );
    assert_eq!(
        yaml("subject: a\npreheader: |\n  one\n  two"),
        [format!("subject-control-chars 4:3 control character U+000A in `preheader` {header}")]
    );
    assert_eq!(
        yaml("subject: \"a\\u202eb\""),
        [format!(
            "subject-control-chars 2:10 direction-changing character U+202E in `subject` {header}"
        )]
    );
    assert_eq!(
        yaml(&format!("subject: {}", "é".repeat(126))),
        [
            "subject-too-long 2:10 subject is 252 bytes long, more than 250 | shorten it; inboxes show the first 40 to 70 characters"
        ]
    );
}

#[test]
fn a_subject_that_poses_as_a_reply_is_left_to_the_gate() {
    for (subject, prefix) in [("Re: News", "Re:"), ("FWD: News", "FWD:"), ("re[2]: News", "re[2]:")]
    {
        let (draft, remarks) = read(&format!("---\nsubject: '{subject}'\n---\n"));
        assert_eq!(draft.front.subject, subject);
        let message = format!("subject starts with `{prefix}` and looks like a reply");
        let help = "drop it; providers refuse letters that pose as replies";
        assert_eq!(remarks, [format!("subject-re-fwd 2:10 {message} | {help}")]);
    }
    assert_eq!(read("---\nsubject: 'Recap: News'\n---\n").1, Vec::<String>::new());
}

#[test]
fn yaml_traps_are_answered_with_the_quoted_line() {
    let trap = yaml("title: Issue 3: foo");
    assert_eq!(trap.len(), 1);
    assert!(trap[0].starts_with("fm-invalid 2:"), "{}", trap[0]);
    assert!(trap[0].ends_with("| quote it: `title: \"Issue 3: foo\"`"), "{}", trap[0]);
    for (line, quoted) in [
        ("title: @home", "title: \"@home\""),
        ("title: \"Foo\" bar", "title: '\"Foo\" bar'"),
        ("title: [WIP] foo", "title: \"[WIP] foo\""),
        ("title: 'it's'", "title: \"it's\""),
        ("title: 100% it's: so", "title: \"100% it's: so\""),
    ] {
        let all = yaml(line);
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(all[0].ends_with(&format!("quote it: `{quoted}`")), "{all:?}");
    }
    assert_eq!(
        yaml("subject: {{ name }}"),
        [
            "fm-invalid 2:10 `subject` must be one value, got a table | if it is text, quote it: `subject: \"{{ name }}\"`"
        ]
    );
    let (draft, remarks) = read("---\ntitle: Works on boats #3\n---\n");
    assert_eq!(draft.front.subject, "Works on boats");
    assert_eq!(
        remarks,
        [
            "fm-value-cut 2:8 `#3` is cut off: unquoted, it is a comment | quote it: `title: \"Works on boats #3\"`"
        ]
    );
    assert_eq!(read("---\ntitle: Works on boats # a note\n---\n").1, Vec::<String>::new());
}

#[test]
fn every_value_of_a_wrong_kind_is_named_in_one_run() {
    let all = yaml(
        "subject: [a, b]\nnumber: 3a\ndraft: yes\nslug: My Issue!\nlang: en_GB\ndate: next week\n\
         from: a@example.org, b@example.org\nreply_to: nobody",
    );
    assert_eq!(
        all,
        [
            "fm-invalid 2:10 `subject` must be one value, got a list | if it is text, quote it: `subject: \"[a, b]\"`",
            "fm-invalid 3:9 `number` must be a whole number, got `3a` | write digits only, e.g. `3`",
            "fm-invalid 4:8 `draft` must be `true` or `false`, got `yes` | write `true` to keep the letter from leaving, or remove the key",
            "fm-invalid 5:7 `slug` cannot name a file and an issue: `My Issue!` | use at most 80 of a-z, 0-9, `.`, `_` and `-`, the first a letter or digit, e.g. `my-issue`",
            "fm-invalid 6:7 `lang` is not a language tag: `en_GB` | write a BCP 47 tag, e.g. `en` or `pt-BR`",
            "fm-invalid 7:7 `date` is not a date: `next week` | write e.g. `2026-11-23` or `2026-11-23 10:00:00 +0100`",
            "from-invalid 8:7 `from` must be exactly one address: two addresses in one field | write `Name <name@example.org>` or the bare address",
            "replyto-invalid 9:11 `reply_to` must be exactly one address: missing `@` | write `Name <name@example.org>` or the bare address",
        ]
    );
}

#[test]
fn dates_of_all_our_neighbours_are_read_and_kept_as_written() {
    for date in [
        "2026-11-23",
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:00:00+01:00",
        "2026-11-23 10:00:00 +0100",
        "2026-11-23 10:00 +0100",
        "2026-11-23 10:00",
        "2026-11-23 10:00:00",
    ] {
        assert_eq!(
            front(&format!("---\ntitle: x\ndate: {date}\n---\n")).date.as_deref(),
            Some(date)
        );
    }
    assert_eq!(
        front("+++\ntitle='x'\ndate = 2026-11-23T10:00:00Z\n+++\n").date.unwrap(),
        "2026-11-23T10:00:00Z"
    );
    assert!(yaml("title: x\ndate: 2026-02-30")[0].contains("is not a date: `2026-02-30`"));
}

#[test]
fn a_line_in_a_bare_head_that_has_no_key_is_named() {
    assert_eq!(
        mistakes("Title: News\nand so on\n\nBody\n"),
        [
            "fm-invalid 2:1 `and so on` is not a `Key: value` line | end the front matter with a blank line"
        ]
    );
    assert_eq!(front("Title: News\n    and more\nDate:\n\nBody\n").subject, "News and more");
}

#[test]
fn a_draft_over_a_mebibyte_is_refused_unread() {
    let all = mistakes(&format!("---\nsubject: x\n---\n{}", "[".repeat(1 << 20)));
    assert_eq!(
        all,
        [
            "draft-too-large draft is 1048595 bytes long, more than 1048576 | host images and attachments elsewhere and link to them"
        ]
    );
    assert_eq!(
        mistakes(&format!("---\nsubject: x\n{}---\n", "key: x\n".repeat(10_000))),
        [
            "draft-too-large 1:1 front matter is 70011 bytes long, more than 16384 | close it above the text of the letter"
        ]
    );
}

#[test]
fn deep_nesting_in_front_matter_is_an_error_not_a_crash() {
    for open in ["[", "{a: ", "{a = "] {
        for fence in ["---", "+++"] {
            let nested = open.repeat(3_000);
            let all = mistakes(&format!("{fence}\ntitle: {nested}\n{fence}\n"));
            assert!(all[0].starts_with("fm-invalid"), "{}", all[0]);
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(
        fence in "(---|\\+\\+\\+|Title: x)?",
        lines in "([a-z]{0,8}|title|subject|draft|from)( ?[:=] ?)?(\\PC{0,20}|[\"'\\[{#&*|>\\\\\r\té]{0,6})\n?",
        more in "[-+:= \\n\\r\\t\"'\\[\\]{}#&*!|>%@`a-zé\u{feff}]{0,120}",
        close in "(\n---\n|\n\\+\\+\\+\n|\n\n)?",
    ) {
        let text = format!("{fence}\n{lines}{more}{close}body");
        let length = text.len();
        if let Ok((draft, remarks)) = parse(Source::new("x.md", text)) {
            proptest::prop_assert!(!draft.front.subject.trim().is_empty());
            proptest::prop_assert!(draft.front.subject.chars().all(crate::finding::is_plain));
            proptest::prop_assert!(draft.body.end == length);
            proptest::prop_assert!(!remarks.iter().any(Finding::is_shut));
        }
    }
}
