//! Mistakes in a draft.

use super::super::support::desk::{DRAFT, Desk, reader};
use super::File::Draft;
use super::{told, told_by, utf16};

/// A body under front matter of five lines.
fn body(text: &str) -> String {
    format!("---\nsubject: Tide\nslug: tide\nnumber: 1\n---\n{text}\n")
}

#[test]
fn the_head_of_a_draft() {
    insta::assert_snapshot!(told(Draft, "Just text.\n"), @r"
    exit 1
    error[fm-missing]: drafts/tide.md:1:1: no front matter
     1 | Just text.
       | ^^^^^^^^^^
    help: start the file with a line `---`, a line `subject: …` and a line `---`
    ");
    insta::assert_snapshot!(told(Draft, ""), @r"
    exit 1
    error[fm-missing]: drafts/tide.md:1:1: no front matter
     1 | 
       | ^
    help: start the file with a line `---`, a line `subject: …` and a line `---`
    ");
    insta::assert_snapshot!(told(Draft, "---\nsubject: x\n\nhello\n"), @r"
    exit 1
    error[fm-unclosed]: drafts/tide.md:1:1: front matter opened at line 1 is not closed
     1 | ---
       | ^^^
    help: add a line `---` below the last key
    ");
    insta::assert_snapshot!(told(Draft, "---\nsubject: a\nslug: t\nslug: u\nsubject: b\n---\nx\n"), @r"
    exit 1
    error[fm-duplicate-key]: drafts/tide.md:4:1: key `slug` given twice (lines 3 and 4)
     4 | slug: u
       | ^^^^
    help: keep one of them
    error[fm-duplicate-key]: drafts/tide.md:5:1: key `subject` given twice (lines 2 and 5)
     5 | subject: b
       | ^^^^^^^
    help: keep one of them
    ");
    insta::assert_snapshot!(told(Draft, "---\nsubjct: x\n---\nx\n"), @r"
    exit 1
    error[fm-misspelt-key]: drafts/tide.md:2:1: unknown key `subjct`
     2 | subjct: x
       | ^^^^^^
    help: did you mean `subject`?
    ");
    insta::assert_snapshot!(told(Draft, "---\nsubject: \"  \"\n---\nx\n"), @r#"
    exit 1
    error[subject-missing]: drafts/tide.md:2:10: `subject` is empty
     2 | subject: "  "
       |          ^^^^
    help: write what the letter is about
    "#);
    insta::assert_snapshot!(told(Draft, "---\nsubject: \"a\\r\\nBcc: x\"\n---\nx\n"), @r#"
    exit 1
    error[subject-control-chars]: drafts/tide.md:2:10: control character U+000D in `subject`
     2 | subject: "a\r\nBcc: x"
       |          ^^^^^^^^^^^^^
    help: a header value is one line of visible characters
    "#);
    insta::assert_snapshot!(told(Draft, "---\nsubject: a\u{202e}b\n---\nx\n"), @r"
    exit 1
    error[subject-control-chars]: drafts/tide.md:2:10: direction-changing character U+202E in `subject`
     2 | subject: ab
       |          ^^
    help: a header value is one line of visible characters
    ");
    insta::assert_snapshot!(told(Draft, "---\nsubject: a\u{1b}[31mb\n---\nx\n"), @r"
    exit 1
    error[fm-invalid]: drafts/tide.md:2:10: invalid YAML: unexpected character: `\u{1b}`
     2 | subject: a[31mb
       |          ^
    help: write one `key: value` a line; a value with `: ` or ` #` goes in quotes
    ");
    insta::assert_snapshot!(told(Draft, format!("---\nsubject: {}\n---\nx\n", "x".repeat(251))), @r"
    exit 1
    error[subject-too-long]: drafts/tide.md:2:10: subject is 251 bytes long, more than 250
     2 | subject: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
       |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: shorten it; inboxes show the first 40 to 70 characters
    ");
    insta::assert_snapshot!(told(Draft, "---\nsubject: \"Re: tide\"\n---\nx\n"), @r#"
    exit 8
    error[subject-re-fwd]: drafts/tide.md:2:10: subject starts with `Re:` and looks like a reply
     2 | subject: "Re: tide"
       |          ^^^^^^^^^^
    help: drop it; providers refuse letters that pose as replies; `--allow subject-re-fwd` sends all the same
    "#);
}

#[test]
fn a_draft_that_is_not_text_of_today() {
    insta::assert_snapshot!(told(Draft, b"---\nsubject: x\n---\n\nhel\xfflo\n"), @r"
    exit 1
    error[file-not-utf8]: drafts/tide.md:5:4: invalid UTF-8 at byte 23 (line 5)
    help: save the file as UTF-8
    ");
    insta::assert_snapshot!(told(Draft, utf16(&format!("\u{feff}{DRAFT}"))), @r"
    exit 1
    error[file-not-utf8]: drafts/tide.md: file is UTF-16
    help: save the file as UTF-8
    ");
    insta::assert_snapshot!(told(Draft, utf16(DRAFT)), @r"
    exit 1
    error[file-not-utf8]: drafts/tide.md: file is UTF-16
    help: save the file as UTF-8
    ");
    insta::assert_snapshot!(told(Draft, DRAFT.replace('\n', "\r")), @r"
    exit 1
    error[fm-missing]: drafts/tide.md: its lines end with U+000D alone, so all of it is one line
    help: save the file with the line ends of Unix (LF) or Windows (CRLF)
    ");
}

#[test]
fn the_body_of_a_draft() {
    insta::assert_snapshot!(told(Draft, body("hi\n{{ name }")), @r"
    exit 1
    error[merge-syntax]: drafts/tide.md:7:1: unclosed `{{`
     7 | {{ name }
       | ^^
    help: end the tag with `}}` on the same line; code may hold `{{`
    ");
    insta::assert_snapshot!(told(Draft, body("{{ nmae }} and {{ zebra }}")), @r"
    exit 1
    error[merge-unknown-field]: drafts/tide.md:6:4: unknown field `nmae`
     6 | {{ nmae }} and {{ zebra }}
       |    ^^^^
    help: did you mean `name`?
    error[merge-unknown-field]: drafts/tide.md:6:19: unknown field `zebra`
     6 | {{ nmae }} and {{ zebra }}
       |                   ^^^^^
    help: the list has: email, name, tags, status, unsubscribe_url
    ");
    insta::assert_snapshot!(told(Draft, body("{{ name | defalt(\"x\") }}")), @r#"
    exit 1
    error[merge-syntax]: drafts/tide.md:6:1: `{{ name | defalt("x") }}` is not understood: there is no filter `defalt`
     6 | {{ name | defalt("x") }}
       | ^^^^^^^^^^^^^^^^^^^^^^^^
    help: did you mean `default`?
    "#);
    insta::assert_snapshot!(told(Draft, body("[a](javascript:x) [b](data:text/html,x) [c](file:///etc/passwd)")), @r"
    exit 1
    error[link-scheme]: drafts/tide.md:6:1: link scheme `javascript` not allowed
     6 | [a](javascript:x) [b](data:text/html,x) [c](file:///etc/passwd)
       | ^^^^^^^^^^^^^^^^^
    help: use https, http or mailto
    error[link-scheme]: drafts/tide.md:6:19: link scheme `data` not allowed
     6 | [a](javascript:x) [b](data:text/html,x) [c](file:///etc/passwd)
       |                   ^^^^^^^^^^^^^^^^^^^^^
    help: use https, http or mailto
    error[link-scheme]: drafts/tide.md:6:41: link scheme `file` not allowed
     6 | [a](javascript:x) [b](data:text/html,x) [c](file:///etc/passwd)
       |                                         ^^^^^^^^^^^^^^^^^^^^^^^
    help: use https, http or mailto
    ");
    insta::assert_snapshot!(told(Draft, body("[a](/about)")), @r"
    exit 1
    error[link-relative]: drafts/tide.md:6:1: relative link `/about` has no base-url
     6 | [a](/about)
       | ^^^^^^^^^^^
    help: write the whole address, or set `base-url` in `[newsletter]`
    ");
    insta::assert_snapshot!(told(Draft, body("<script>x</script>\n\n<form></form>\n\n<svg onload=\"x\"></svg>")), @r#"
    exit 1
    error[html-unsupported]: drafts/tide.md:6:1: HTML element `script` is not allowed in mail
     6 | <script>x</script>
       | ^^^^^^^^
    help: remove it, or link to a page that has it
    error[html-unsupported]: drafts/tide.md:8:1: HTML element `form` is not allowed in mail
     8 | <form></form>
       | ^^^^^^
    help: remove it, or link to a page that has it; not known by Outlook (Windows), Yahoo and 5 more
    error[html-unsupported]: drafts/tide.md:10:1: attribute `onload` is not allowed in mail
     10 | <svg onload="x"></svg>
        | ^^^^^^^^^^^^^^^^
    help: delete it: nothing runs in a mail reader
    error[html-unsupported]: drafts/tide.md:10:1: HTML element `svg` is not allowed in mail
     10 | <svg onload="x"></svg>
        | ^^^^^^^^^^^^^^^^
    help: remove it, or link to a page that has it; not known by Gmail, Outlook (Windows), Outlook.com, Yahoo and 7 more
    "#);
    insta::assert_snapshot!(told(Draft, body(&format!("\n\n{}x", ">".repeat(200_000)))), @r"
    exit 1
    error[draft-too-large]: drafts/tide.md:8:1: nesting deeper than 100
     8 | >>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>
       | ^
    help: split it, or link to the long part
    ");
    insta::assert_snapshot!(told(Draft, body(&"x".repeat(50 << 20))), @r"
    exit 1
    error[draft-too-large]: drafts/tide.md: draft is 52428844 bytes long, more than 1048576
    help: host images and attachments elsewhere and link to them
    ");
    insta::assert_snapshot!(told(Draft, body("TODO and Lorem ipsum")), @r"
    exit 8
    error[todo-leftover]: drafts/tide.md:6:1: placeholder text `TODO`
     6 | TODO and Lorem ipsum
       | ^^^^
    help: replace it, or put it in backticks; `--allow todo-leftover` sends all the same
    error[todo-leftover]: drafts/tide.md:6:10: placeholder text `Lorem ipsum`
     6 | TODO and Lorem ipsum
       |          ^^^^^^^^^^^
    help: replace it, or put it in backticks; `--allow todo-leftover` sends all the same
    ");
}

#[test]
fn two_hundred_thousand_open_brackets_are_read_and_not_counted_one_by_one() {
    let desk = Desk::new(1, 1);
    desk.write("drafts/tide.md", &body(&"[".repeat(200_000)));
    desk.run("send drafts/tide.md --dry-run").exits(0);
}

#[test]
fn what_readers_lack_is_told_with_their_names() {
    let desk = Desk::new(7, 1);
    desk.write("drafts/tide.md", &body("Dear {{ name }}, from {{ city }}?"));
    insta::assert_snapshot!(told_by(&desk, "send drafts/tide.md --yes"), @r#"
    exit 1
    error[merge-unknown-field]: drafts/tide.md:6:26: unknown field `city`
     6 | Dear {{ name }}, from {{ city }}?
       |                          ^^^^
    help: the list has: email, name, tags, status, unsubscribe_url
    error[merge-unresolved]: drafts/tide.md:6:9: `name` is empty for 2 readers:
      reader3@example.org (line 9)
      reader6@example.org (line 20)
    help: write `{{ name | default("reader") }}`, or fill the column
    "#);
    let readers =
        (1..=7).map(|n| reader(n, if n % 2 == 0 { "fields = { city = \"\" }\n" } else { "" }));
    desk.write("subscribers.toml", &readers.collect::<String>());
    insta::assert_snapshot!(told_by(&desk, "send drafts/tide.md --yes"), @r#"
    exit 1
    error[merge-unknown-field]: drafts/tide.md:6:26: unknown field `city`
     6 | Dear {{ name }}, from {{ city }}?
       |                          ^^^^
    help: the list has: email, name, tags, status, unsubscribe_url
    error[merge-unresolved]: drafts/tide.md:6:9: `name` is empty for 7 readers:
      reader1@example.org (line 1)
      reader2@example.org (line 4)
      reader3@example.org (line 8)
      reader4@example.org (line 11)
      reader5@example.org (line 15)
      reader6@example.org (line 18)
      reader7@example.org (line 22)
    help: write `{{ name | default("reader") }}`, or fill the column
    "#);
}

#[test]
fn what_a_draft_includes() {
    let desk = Desk::new(1, 1);
    desk.write(
        "drafts/tide.md",
        &body("[[include: snippets/a.md]]\n\n[[include: ../../etc/passwd]]"),
    );
    desk.write("snippets/a.md", "[[include: snippets/b.md]]\n");
    desk.write("snippets/b.md", "[[include: snippets/a.md]]\n");
    insta::assert_snapshot!(told_by(&desk, "send drafts/tide.md --yes"), @r"
    exit 1
    error[include-failed]: snippets/b.md:1:1: snippet includes itself: `snippets/a.md` -> `snippets/b.md` -> `snippets/a.md`
     1 | [[include: snippets/a.md]]
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: take one of these lines out
    error[include-failed]: drafts/tide.md:8:1: `../../etc/passwd` leads out of the project
     8 | [[include: ../../etc/passwd]]
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: write a path within the folder of config.toml, e.g. `snippets/sponsor.md`
    ");
}
