use crate::check::Severities;
use crate::check::tests::findings_with;
use crate::compose::images::NO_IMAGES;
use crate::finding::Finding;
use crate::rule::{self, Family, Severity};

const HEAD: &str = "---\nsubject: The tide\n---\n";

fn found(body: &str) -> Vec<Finding> {
    let severities = Severities::from([(rule::RANGE_HYPHEN.id, Some(Severity::Info))]);
    let mut findings = findings_with(&format!("{HEAD}{body}\n"), &NO_IMAGES, &severities);
    findings.retain(|finding| {
        finding.rule.family == Family::Prose && finding.rule != &rule::WORD_COUNT
    });
    findings
}

/// Line of the body, column, rule and message of all that is said of its words.
fn said(body: &str) -> Vec<String> {
    let lines = HEAD.lines().count();
    let line = |finding: &Finding| {
        let place = finding.place.unwrap();
        format!("{}:{} {}: {}", place.line - lines, place.column, finding.rule.id, finding.message)
    };
    found(body).iter().map(line).collect()
}

/// The body after all changes that were offered.
fn mended(body: &str) -> String {
    let mut text = format!("{HEAD}{body}");
    let mut edits: Vec<_> = found(body).into_iter().flat_map(|finding| finding.fix).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    for edit in edits {
        text.replace_range(edit.span.start..edit.span.end, &edit.with);
    }
    text[HEAD.len()..].to_owned()
}

#[test]
fn places_are_right_across_emphasis_links_entities_and_lines() {
    assert_eq!(
        said("So *it* it is, &amp; [at\nat](https://example.org) six."),
        [
            "1:9 double-word: `it` stands twice in a row",
            "2:1 double-word: `at` stands twice in a row"
        ]
    );
    assert_eq!(said("The `the` the {{ name | default(\"a\") }} a"), Vec::<String>::new());
}

#[test]
fn code_comments_addresses_and_merge_tags_are_no_prose() {
    for quiet in [
        "Type `a  b .... it’s`, it's fine.",
        "    a  b .... github\n",
        "It's https://example.org/it’s/github",
        "It's {{ name | default(\"it’s\") }}.",
        "It's <!-- it’s  TBD --> so.",
        "[It's](https://github.com/it’s)",
    ] {
        assert_eq!(said(quiet), Vec::<String>::new(), "{quiet}");
    }
}

#[test]
fn what_takes_no_judgement_is_mended() {
    assert_eq!(mended("One.  Two.   Three."), "One. Two. Three.");
    assert_eq!(mended("It’s Ann's and Bob's."), "It's Ann's and Bob's.");
    assert_eq!(mended("It’s Ann’s and Bob's."), "It’s Ann’s and Bob’s.");
    assert_eq!(mended("“a” “b” and \"c\""), "“a” “b” and “c”");
    assert_eq!(
        mended("a - b – c [d - e](https://example.org)"),
        "a – b – c [d – e](https://example.org)"
    );
}

#[test]
fn one_remark_names_all_places_of_its_kind() {
    assert_eq!(
        said("It's Ann's. It’s so.\n\nIt’s what? It's."),
        ["1:15 quotes-mixed: curly apostrophes at 4:15, 6:3, straight ones at 4:3, 4:9, 6:14"]
    );
    assert_eq!(
        said("May 2-4, and 1998-2001."),
        ["1:6 range-hyphen: a range of numbers with a hyphen, also at 4:18"]
    );
}

#[test]
fn placeholders_beyond_the_gate_warn_but_not_in_quotes() {
    let severities: Vec<Severity> =
        found("Room TBD, dear [NAME].").iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Warning; 2]);
    assert_eq!(said("> Room TBD."), Vec::<String>::new());
}

#[test]
fn a_house_rule_is_silent_unless_it_is_asked_for() {
    let findings = findings_with(&format!("{HEAD}May 2-4.\n"), &NO_IMAGES, &Severities::new());
    assert!(findings.iter().all(|finding| finding.rule != &rule::RANGE_HYPHEN));
}

#[test]
fn what_marks_lie_within_is_no_row_of_dots_or_spaces() {
    let is_told = |body: &str, id: &str| found(body).iter().any(|finding| finding.rule.id == id);
    assert!(is_told("Wait....", "ellipsis-dots"));
    assert!(!is_told("[Read on...](https://example.org/x). More.", "ellipsis-dots"));
    assert!(is_told("One.  Two.", "double-space"));
    assert!(!is_told("[One ](https://example.org/x) two.", "double-space"));
}
