//! Mistakes in a draft.

use super::super::support::desk::{DRAFT, Desk};
use super::File::Draft;
use super::{Row, check, row, utf16};

/// A body under front matter of five lines.
fn body(text: &str) -> String {
    format!("---\nsubject: Tide\nslug: tide\nnumber: 1\n---\n{text}\n")
}

#[test]
fn the_head_of_a_draft() {
    check(&[
        row(
            Draft,
            "Just text.\n",
            &["error[fm-missing]: drafts/tide.md:1:1: no front matter", "`subject: …`"],
        ),
        row(Draft, "", &["error[fm-missing]"]),
        row(
            Draft,
            "---\nsubject: x\n\nhello\n",
            &[
                "error[fm-unclosed]: drafts/tide.md:1:1: front matter opened at line 1 is not closed",
                "add a line `---`",
            ],
        ),
        row(
            Draft,
            "---\nsubject: a\nslug: t\nslug: u\nsubject: b\n---\nx\n",
            &[
                "error[fm-duplicate-key]: drafts/tide.md:5:1: key `subject` given twice (lines 2 and 5)",
                "drafts/tide.md:4:1: key `slug` given twice",
            ],
        ),
        row(
            Draft,
            "---\nsubjct: x\n---\nx\n",
            &[
                "error[fm-misspelt-key]: drafts/tide.md:2:1: unknown key `subjct`",
                "did you mean `subject`?",
            ],
        ),
        row(
            Draft,
            "---\nsubject: \"  \"\n---\nx\n",
            &["error[subject-missing]: drafts/tide.md:2:10: `subject` is empty"],
        ),
        row(
            Draft,
            "---\nsubject: \"a\\r\\nBcc: x\"\n---\nx\n",
            &[
                "error[subject-control-chars]: drafts/tide.md:2:10: control character U+000D in `subject`",
            ],
        ),
        row(
            Draft,
            "---\nsubject: a\u{202e}b\n---\nx\n",
            &["direction-changing character U+202E", " 2 | subject: ab\n"],
        ),
        row(
            Draft,
            "---\nsubject: a\u{1b}[31mb\n---\nx\n",
            &["drafts/tide.md:2:10: invalid YAML: unexpected character: `\\u{1b}`"],
        ),
        row(
            Draft,
            format!("---\nsubject: {}\n---\nx\n", "x".repeat(251)),
            &[
                "error[subject-too-long]: drafts/tide.md:2:10: subject is 251 bytes long, more than 250",
            ],
        ),
        Row {
            exit: 8,
            ..row(
                Draft,
                "---\nsubject: \"Re: tide\"\n---\nx\n",
                &["error[subject-re-fwd]: drafts/tide.md:2:10", "`--allow subject-re-fwd`"],
            )
        },
        row(
            Draft,
            b"---\nsubject: x\n---\n\nhel\xfflo\n",
            &["error[file-not-utf8]: drafts/tide.md:5:4: invalid UTF-8 at byte 23 (line 5)"],
        ),
        row(
            Draft,
            utf16(&format!("\u{feff}{DRAFT}")),
            &["drafts/tide.md: file is UTF-16", "save the file as UTF-8"],
        ),
        row(Draft, utf16(DRAFT), &["drafts/tide.md: file is UTF-16"]),
    ]);
}

#[test]
fn the_body_of_a_draft() {
    check(&[
        row(
            Draft,
            body("hi\n{{ name }"),
            &["error[merge-syntax]: drafts/tide.md:7:1: unclosed `{{`"],
        ),
        row(
            Draft,
            body("{{ nmae }} and {{ zebra }}"),
            &[
                "error[merge-unknown-field]: drafts/tide.md:6:4: unknown field `nmae`",
                "did you mean `name`?",
                "the list has: email, name, tags, status",
            ],
        ),
        row(
            Draft,
            body("{{ name | defalt(\"x\") }}"),
            &["error[merge-syntax]: drafts/tide.md:6:1", "there is no filter `defalt`"],
        ),
        row(
            Draft,
            body("[a](javascript:x) [b](data:text/html,x) [c](file:///etc/passwd)"),
            &[
                "error[link-scheme]: drafts/tide.md:6:1: link scheme `javascript` not allowed",
                "drafts/tide.md:6:19: link scheme `data`",
                "drafts/tide.md:6:41: link scheme `file`",
                "help: use https, http or mailto",
            ],
        ),
        row(
            Draft,
            body("[a](/about)"),
            &[
                "error[link-relative]: drafts/tide.md:6:1: relative link `/about` has no base-url",
                "`[newsletter]`",
            ],
        ),
        row(
            Draft,
            body("<script>x</script>\n\n<form></form>\n\n<svg onload=\"x\"></svg>"),
            &[
                "error[html-unsupported]: drafts/tide.md:6:1: HTML element `script` is not allowed in mail",
                "drafts/tide.md:8:1: HTML element `form`",
                "drafts/tide.md:10:1: attribute `onload`",
            ],
        ),
        row(
            Draft,
            body(&format!("\n\n{}x", ">".repeat(200_000))),
            &["error[draft-too-large]: drafts/tide.md:8:1: nesting deeper than 100"],
        ),
        row(Draft, body(&"x".repeat(50 << 20)), &["error[draft-too-large]: drafts/tide.md"]),
        Row {
            exit: 8,
            ..row(
                Draft,
                body("TODO and Lorem ipsum"),
                &[
                    "error[todo-leftover]: drafts/tide.md:6:1: placeholder text `TODO`",
                    "6:10: placeholder text `Lorem ipsum`",
                ],
            )
        },
    ]);
}

#[test]
fn two_hundred_thousand_open_brackets_are_read_and_not_counted_one_by_one() {
    let desk = Desk::new(1, 1);
    desk.write("drafts/tide.md", &body(&"[".repeat(200_000)));
    desk.run("send drafts/tide.md --dry-run").exits(0);
}
