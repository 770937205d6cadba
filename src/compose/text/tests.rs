//! The whole page, and what the tests of each construct share.

use comrak::{Arena, Options, parse_document};

use super::{Page, render};
use crate::compose::merge::tags::Tags;
use crate::compose::phrases::ENGLISH;
use crate::compose::tree::footnotes;

pub(super) const PLAIN: Page<'_> =
    Page { title: "", preheader: None, header: None, footer: &[], ascii: false, phrases: &ENGLISH };

pub(super) fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.inline_footnotes = true;
    extension.alerts = true;
    extension.description_lists = true;
    extension.shortcodes = true;
    // In a draft this comes from raw HTML, which the preparation turns into the same node.
    extension.superscript = true;
    options
}

pub(super) fn text_of(markdown: &str, page: &Page<'_>) -> String {
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &options());
    footnotes::house(&arena, root, &mut Tags::default());
    render(root, page, &mut Tags::default()).unwrap()
}

/// Compares with `expect`, in which `·` marks the end of a soft line and `~` before a number the no-break space.
#[track_caller]
pub(super) fn check(markdown: &str, expect: &str) {
    let text = text_of(markdown, &PLAIN);
    let shown: Vec<String> = text
        .lines()
        .map(|line| line.strip_suffix(' ').map_or(line.to_owned(), |l| format!("{l}·")))
        .collect();
    let shown = shown.join("\n").replace("\u{a0}[", "~[");
    assert_eq!(
        shown,
        expect.trim_matches('\n'),
        "\n--- shown:\n{shown}\n--- expected:\n{expect}\n"
    );
}

#[test]
fn the_preheader_stands_first_then_the_title_and_the_footer_comes_last() {
    let footer = [
        "Unsubscribe: https://example.org/u/1".to_owned(),
        "Example Ltd\nSome Street 1".to_owned(),
    ];
    let page = Page { title: "Issue 3", preheader: Some("What is\nnew"), footer: &footer, ..PLAIN };
    assert_eq!(
        text_of("Hello.", &page),
        "What is new\n\n\nIssue 3\n=======\n\nHello.\n\n\n----------------------------------------\n\
         Unsubscribe: https://example.org/u/1\nExample Ltd\nSome Street 1\n",
    );
}

#[test]
fn an_empty_body_leaves_the_title_alone() {
    assert_eq!(text_of("", &Page { title: "Only this", ..PLAIN }), "Only this\n=========\n");
    assert_eq!(text_of("", &PLAIN), "");
}

#[test]
fn links_are_numbered_once_and_listed_where_each_section_ends() {
    check(
        "[One](https://example.org/1) and [two](https://example.org/2).

## Next

[Two](https://example.org/2), [three](https://example.org/3) and [again](https://example.org/3).",
        "
One~[1] and two~[2].

[1] https://example.org/1
[2] https://example.org/2


Next
----

Two~[2], three~[3] and again~[3].

[2] https://example.org/2
[3] https://example.org/3
",
    );
}

#[test]
fn a_smaller_heading_does_not_end_a_section() {
    check(
        "## A [a](https://example.org/a)\n\n### B\n\n[b](https://example.org/b)",
        "
A a~[1]
-------

B
~

b~[2]

[1] https://example.org/a
[2] https://example.org/b
",
    );
}

#[test]
fn footnotes_are_marked_unlike_links_and_stand_at_the_end() {
    check(
        "One[^a] and two^[Inline [x](https://example.org/x)].\n\n[^a]: First\n    goes on.\n\n    More.",
        "
One[^1] and two[^2].


Notes
-----

 [^1] First goes on.

      More.
 [^2] Inline x~[1]

[1] https://example.org/x
",
    );
}
