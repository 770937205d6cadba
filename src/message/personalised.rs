//! What readers get of a draft with tags: composed, spliced, and decoded again.

use mail_parser::MessageParser;

use super::tests::{letters, newsletter, reader};
use super::*;
use crate::audience::Status;
use crate::compose::{Materials, compose};
use crate::source::Source;

/// A reader with tags, a name and a city.
pub(super) fn person(name: Option<&str>, city: Option<&str>, tags: &[&str]) -> Subscriber {
    let fields: Vec<(&str, &str)> = city.map(|city| ("city", city)).into_iter().collect();
    Subscriber {
        tags: tags.iter().map(ToString::to_string).collect(),
        status: Status::Active,
        ..reader(name, &fields)
    }
}

pub(super) fn issue_of(head: &str, body: &str) -> Issue {
    let text = format!("---\ntitle: A title\n{head}---\n{body}");
    let (draft, _) = crate::draft::parse(Source::new("drafts/letter.md", text)).unwrap();
    compose(&draft, &Materials::new(&newsletter())).unwrap().0
}

/// The mistakes of a body, with their places in it.
fn mistakes(body: &str) -> Vec<String> {
    let text = format!("---\ntitle: A title\n---\n{body}");
    let (draft, _) = crate::draft::parse(Source::new("drafts/letter.md", text)).unwrap();
    let Err(findings) = compose(&draft, &Materials::new(&newsletter())) else { return Vec::new() };
    let shown = |finding: crate::finding::Finding| {
        let place = finding.place.unwrap();
        format!("{}:{} {}", place.line - 3, place.column, finding.message)
    };
    findings.into_iter().map(shown).collect()
}

/// What stands between the title and the footer of the text, for the reader, with soft lines marked.
fn text(body: &str, reader: &Subscriber) -> String {
    let letters = letters(&issue_of("", body));
    let message = letters.render(reader).unwrap().content.to_vec();
    let parsed = MessageParser::new().parse(&message).unwrap();
    let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(text, letters.text(reader).unwrap());
    let html = parsed.body_html(0).unwrap().replace("\r\n", "\n");
    assert_eq!(html, letters.html(reader).unwrap());
    assert!(!html.contains("<!--Q") && !text.contains("$Q"), "{text}{html}");
    let (_, rest) = text.split_once("=======\n").unwrap();
    let (text, _) = rest.split_once("\n\n\n------").unwrap();
    text.trim_start_matches('\n').replace(" \n", "·\n").replace('\u{a0}', "~")
}

/// The body of the HTML for the reader, without styles and classes.
fn html(body: &str, reader: &Subscriber) -> String {
    let html = letters(&issue_of("", body)).html(reader).unwrap();
    let (_, rest) = html.split_once("class=\"cell\"").unwrap();
    let (_, rest) = rest.split_once(">\n").unwrap();
    let (cell, _) = rest.split_once("</td></tr>\n<tr><td class=\"footer\"").unwrap();
    let mut out = String::new();
    let mut rest = cell;
    while let Some((before, tag)) = rest.split_once(" style=\"") {
        out.push_str(before);
        rest = tag.split_once('"').unwrap().1;
    }
    out + rest
}

fn vip() -> Subscriber {
    person(Some("Ada"), Some("Oslo"), &["vip"])
}

fn guest() -> Subscriber {
    person(None, None, &[])
}

#[test]
fn a_condition_in_a_line_leaves_no_trace_where_it_does_not_hold() {
    let body = "Hello {% if name %}dear {{ name }}{% else %}reader{% endif %}, {% if \"vip\" in tags %}**thank you** for your support, and {% endif %}here is the letter of this week, with rather more words than fit on a line.";
    insta::assert_snapshot!(text(body, &vip()));
    insta::assert_snapshot!(text(body, &guest()));
    insta::assert_snapshot!(html(body, &guest()));
}

#[test]
fn a_condition_around_blocks_takes_their_blank_lines_along() {
    let body = "First.\n\n{% if \"vip\" in tags %}\n## For you\n\nThanks, see [here](https://example.org/vip).\n{% elif city == \"Bergen\" %}\nHei.\n{% else %}\n[Join](https://example.org/join)\n{% endif %}\n\nLast, [as always](https://example.org/last).\n";
    insta::assert_snapshot!(text(body, &vip()));
    insta::assert_snapshot!(text(body, &guest()));
    insta::assert_snapshot!(text(body, &person(None, Some("Bergen"), &[])));
    insta::assert_snapshot!(html(body, &vip()));
    insta::assert_snapshot!(html(body, &guest()));
}

#[test]
fn items_rows_and_cells_may_depend_on_the_reader() {
    let body = "- one\n{% if \"vip\" in tags %}\n- two\n{% endif %}\n- {% if city %}three in {{ city }}{% endif %}\n- four\n\n1. a\n{% if \"vip\" in tags %}\n2. b\n{% endif %}\n3. c\n\n| A | B |\n|---|---|\n| 1 | {% if city %}{{ city }}{% else %}no \"city\"{% endif %} |\n{% if \"vip\" in tags %}\n| 3 | 4 |\n{% endif %}\n| 5 | 6 |\n";
    insta::assert_snapshot!(text(body, &vip()));
    insta::assert_snapshot!(text(body, &guest()));
    insta::assert_snapshot!(html(body, &vip()));
    insta::assert_snapshot!(html(body, &guest()));
}

#[test]
fn conditions_nest_and_stand_in_links_alts_headings_and_quotes() {
    let body = "## For {% if city %}{{ city }}{% else %}all{% endif %}\n\n> {% if \"vip\" in tags %}\n> Inner {% if city == \"Oslo\" %}_Oslo_{% endif %} circle.\n> {% endif %}\n>\n> Said.\n\n[{% if city %}Your city{% else %}The page{% endif %}](https://example.org/{% if city %}{{ city }}{% else %}all{% endif %}?x=1) ![A {% if city %}map of {{ city }}{% else %}map{% endif %}](https://example.org/m.png)\n\n{% if \"vip\" in tags %}Only for you.{% endif %}\n\n- {% if name %}\n  Hello {{ name }}\n  {% endif %}\n\n  Bye\n\nThe end.\n";
    insta::assert_snapshot!(text(body, &vip()));
    insta::assert_snapshot!(text(body, &guest()));
    insta::assert_snapshot!(html(body, &vip()));
    insta::assert_snapshot!(html(body, &guest()));
}

#[test]
fn the_head_may_have_conditions() {
    let head = "subject: 'News{% if city %} from {{ city }}{% endif %}'\npreheader: 'For {% if name %}{{ name }}{% else %}you{% endif %} \\{{ x }}'\n";
    let letters = letters(&issue_of(head, "Hello."));
    assert_eq!(letters.subject(&vip()).unwrap(), "News from Oslo");
    assert_eq!(letters.subject(&guest()).unwrap(), "News");
    assert!(letters.text(&vip()).unwrap().starts_with("For Ada {{ x }}\n"));
    assert!(letters.text(&guest()).unwrap().starts_with("For you {{ x }}\n"));
    assert!(letters.html(&guest()).unwrap().contains("<title>News</title>"));
}

#[test]
fn contents_name_only_what_a_reader_gets_and_stand_where_all_see_them() {
    let body = "{% if \"vip\" in tags %}\n## For you\n\nThanks.\n{% endif %}\n\n## For {% if city %}{{ city }}{% else %}all{% endif %}\n\n### Below\n\nText.\n";
    let letters = letters(&issue_of("toc: true\n", body));
    let links = |reader: &Subscriber| {
        let html = letters.html(reader).unwrap();
        let (_, rest) = html.split_once("class=\"toc\"").unwrap();
        let (contents, _) = rest.split_once("</div>").unwrap();
        contents
            .split("</a>")
            .filter_map(|part| part.rsplit('>').next())
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("|")
    };
    assert_eq!(links(&vip()), "For you|For Oslo|Below|");
    assert_eq!(links(&guest()), "For all|Below|");
}

#[test]
fn only_what_a_reader_gets_can_be_missing() {
    let body =
        "{% if \"vip\" in tags %}{{ city }}{% endif %} {% if not name %}{{ nick }}{% endif %}";
    let said = |reader: &Subscriber| {
        let unresolved = letters(&issue_of("", body)).unresolved(reader);
        unresolved.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said(&vip()), [] as [&str; 0]);
    assert_eq!(said(&guest()), ["`nick` is empty"]);
    assert_eq!(said(&person(Some("Ada"), None, &["vip"])), ["`city` is empty"]);
}

#[test]
fn what_cannot_be_is_told_with_its_place() {
    assert_eq!(mistakes("a\n\n{% if x %}b"), ["3:1 `{% if x %}` is not closed"]);
    assert_eq!(mistakes("a {% endif %}"), ["1:3 `{% endif %}` without `{% if … %}` before it"]);
    assert_eq!(
        mistakes("- a {% if x %}b\n- c{% endif %}"),
        ["1:5 `{% if x %}` and its `{% endif %}` are not in the same place"]
    );
    assert_eq!(
        mistakes("| a {% if x %}| b |\n|---|---|\n| c{% endif %} | d |"),
        ["1:5 `{% if x %}` and its `{% endif %}` are not in the same place"]
    );
    assert_eq!(
        mistakes("{% if x | uper %}# a{% endif %}\n\n{% for x in y %}"),
        [
            "1:1 `{% if x | uper %}` is not understood: there is no filter `uper`",
            "1:1 a block begins after a tag on the same line",
            "3:1 `{% for x in y %}` is not understood",
        ]
    );
    assert_eq!(
        mistakes("[a]({% if x %}https://example.org/{% endif %})"),
        [
            "1:1 `{% if x %}https://example.org/{% endif %}` begins with a condition and is not a whole address in each branch"
        ]
    );
    let many = ["a", "b", "c", "d", "e", "f", "g"]
        .map(|x| format!("{{% if {x} %}}a{{% endif %}}"))
        .concat();
    assert_eq!(
        mistakes(&format!("a\n\nb {many}")),
        ["3:1 conditions give this block more than 64 wordings"]
    );
    let items = ["a", "b", "c", "d", "e", "f", "g"]
        .map(|x| format!("- {{% if {x} %}}a{{% endif %}}\n"))
        .concat();
    assert_eq!(mistakes(&items), [] as [&str; 0]);
}

#[test]
fn braces_can_be_written_and_are_literal_in_code() {
    let body = "`{{ a }}` and `{% if b %}` and \\{{ c }} and \\{% d %} and {{ \"{{\" }}\n\n```\n{% if x %}\n{{ y }}\n{% endif %}\n```\n";
    assert_eq!(
        text(body, &guest()),
        "`{{ a }}` and `{% if b %}` and {{ c }} and {% d %} and {{\n\n     {% if x %}\n     {{ y }}\n     {% endif %}"
    );
}
