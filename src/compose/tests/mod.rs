//! Whole issues: the samples, the machine checks of the HTML, and what must hold for any draft.

mod checklist;
mod constructs;
mod elements;
mod footer;

use elements::elements;
use proptest::prelude::*;

use std::collections::BTreeMap;

use super::merge::{Branch, Piece};
use super::*;
use crate::draft::FrontMatter;
use crate::source::{Source, Span};

pub(super) fn newsletter() -> Newsletter {
    Newsletter {
        name: "The Harbour Letter".into(),
        from: Mailbox { name: None, address: "news@example.org".parse().unwrap() },
        reply_to: None,
        list_id: "harbour.example.org".into(),
        language: "en".into(),
        postal_address: Some("The Tide Office\n3 Mole Road, Skerrow".into()),
        base_url: Some("https://harbour.example.org/".into()),
        archive_url: None,
        feedback_id: None,
        bounce: None,
    }
}

/// A draft with this body after a short head.
pub(super) fn draft(body: &str) -> Draft {
    let head = "---\ntitle: A title\n---\n";
    let text = format!("{head}{body}");
    let front = FrontMatter {
        subject: "A title".into(),
        subject_span: Span::new(11, 18),
        title: "A title".into(),
        ..FrontMatter::default()
    };
    let body = Span::new(head.len(), text.len());
    Draft { source: Source::new("drafts/letter.md", text), front, body, snippets: BTreeMap::new() }
}

fn samples() -> [Draft; 3] {
    let sample = |name, text| {
        let (draft, findings) = crate::draft::parse(Source::new(name, text)).unwrap();
        assert!(findings.iter().all(|finding| !finding.is_error()), "{findings:?}");
        let sponsor = include_str!("../../../snippets/kiln-sponsor.md");
        let name = "snippets/kiln-sponsor.md";
        Draft { snippets: [(name.into(), Ok(Source::new(name, sponsor)))].into(), ..draft }
    };
    [
        sample("harbour-letter-12.md", include_str!("../../../drafts/harbour-letter-12.md")),
        sample("copper-hill-notes-7.md", include_str!("../../../drafts/copper-hill-notes-7.md")),
        sample("kiln-letter-3.md", include_str!("../../../drafts/kiln-letter-3.md")),
    ]
}

/// A template with its expressions in double brackets, to see them apart from the text.
fn shown(template: &Template) -> String {
    shown_pieces(&template.pieces)
}

fn shown_pieces(pieces: &[Piece]) -> String {
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => text.clone(),
        Piece::Slot { expression, place } => format!("⟦{place:?}: {expression}⟧"),
        Piece::Chunk { branch, pieces } => {
            let Branch { conditional, branch } = branch;
            format!("⟦{conditional}.{branch}: {}⟧", shown_pieces(pieces))
        }
    });
    pieces.collect()
}

fn composed(draft: &Draft) -> Issue {
    compose(draft, &Materials::new(&newsletter())).unwrap().0
}

#[test]
fn the_samples_compose_without_anything_to_mend() {
    for draft in samples() {
        let (issue, findings) = compose(&draft, &Materials::new(&newsletter())).unwrap();
        let grave = |finding: &&Finding| finding.severity != rule::Severity::Info;
        assert_eq!(findings.iter().filter(grave).collect::<Vec<_>>(), Vec::<&Finding>::new());
        insta::assert_snapshot!(issue.id.clone(), shown(&issue.html));
    }
}

#[test]
fn tags_land_in_their_places() {
    let [harbour, ..] = samples();
    let issue = composed(&harbour);
    let html = shown(&issue.html);
    assert_eq!(
        shown(&issue.subject),
        "No. 12: the heron has taken the tide office, ⟦Header: name | default(\"neighbour\")⟧"
    );
    assert!(html.contains("Good morning, ⟦Html: name | default(\"neighbour\")⟧."));
    assert!(html.contains("href=\"https://harbour.example.org/berths?for=⟦UrlPart: email⟧\""));
    assert!(html.contains("href=\"⟦Href: unsubscribe_url⟧\""));
    assert!(shown(&issue.text).contains("Unsubscribe: ⟦LineEnd: unsubscribe_url⟧"));
}

#[test]
fn the_id_is_the_slug_or_the_file_name() {
    let mut draft = draft("Hello.");
    assert_eq!(composed(&draft).id, "letter");
    draft.front.slug = Some("seven".into());
    assert_eq!(composed(&draft).id, "seven");
}

#[test]
fn the_digest_tells_issues_apart_and_repeats_for_the_same() {
    let issue = composed(&draft("Hello."));
    assert_eq!(issue, composed(&draft("Hello.")));
    assert_eq!(issue.digest.len(), 64);
    assert_ne!(issue.digest, composed(&draft("Hello!")).digest);
}

#[test]
fn a_letter_without_a_preheader_previews_its_first_words() {
    let long = "word ".repeat(60);
    let html = shown(&composed(&draft(&format!("## Heading\n\nHello, *you*.\n{long}"))).html);
    assert!(html.contains("aria-hidden=\"true\">Hello, you. word word"));
    assert!(html.contains("word…\u{2007}\u{feff}\u{34f} "));
}

#[test]
fn a_remark_does_not_stop_a_letter_and_a_mistake_returns_everything() {
    let (_, remarks) =
        compose(&draft("![](https://example.org/a.png)"), &Materials::new(&newsletter())).unwrap();
    assert_eq!(remarks[0].rule.id, "img-alt-missing");
    let findings =
        compose(&draft("![](https://example.org/a.png) <script>"), &Materials::new(&newsletter()));
    let ids: Vec<&str> = findings.unwrap_err().iter().map(|finding| finding.rule.id).collect();
    assert_eq!(ids, ["img-alt-missing", "html-unsupported"]);
}

#[test]
fn both_parts_lead_to_the_same_places() {
    for draft in samples() {
        let issue = composed(&draft);
        // Places differ by design: a value in a link is escaped in HTML and as it is in text.
        let plain = |text: String| {
            text.replace("⟦UrlPart", "⟦Text").replace("⟦Href", "⟦Text").replace("⟦LineEnd", "⟦Text")
        };
        let (html, text) = (plain(shown(&issue.html)), plain(shown(&issue.text)));
        for href in elements(&html).iter().filter_map(|element| element.value("href")) {
            let shown = href.strip_prefix("mailto:").unwrap_or(href);
            assert!(href.starts_with('#') || text.contains(shown), "{href} in {text}");
        }
    }
}

/// Spam filters compare the words of the two parts, and readers of either should miss nothing.
#[test]
fn the_text_says_every_word_that_the_html_shows() {
    for draft in samples() {
        let issue = composed(&draft);
        let html = without_contents(&shown(&issue.html));
        let visible =
            html.split("<div class=\"page around\"").nth(1).unwrap().split_once('>').unwrap().1;
        let mut left = words(&shown(&issue.text).replace("⟦Text", "⟦Html"));
        for word in words(&without_tags(visible)) {
            let at = left.iter().position(|known| *known == word);
            assert!(at.is_some(), "{word}");
            left.swap_remove(at.unwrap());
        }
    }
}

/// The text has no table of contents: it would have nothing to jump to.
fn without_contents(html: &str) -> String {
    let Some((before, rest)) = html.split_once("<div class=\"toc\"") else {
        return html.to_owned();
    };
    [before, rest.split_once("</div>").unwrap().1].concat()
}

/// Block elements part words, the others do not.
fn without_tags(html: &str) -> String {
    let inline = ["em", "strong", "del", "code", "a", "sub", "mark", "span"];
    let pieces = html.split('<').filter_map(|piece| piece.split_once('>')).map(|(tag, text)| {
        let tag = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        [if inline.contains(&tag) { "" } else { " " }, text].concat()
    });
    pieces.collect::<String>().replace("&amp;", "&").replace("&lt;", "<")
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Pieces of Markdown and HTML that meet in unexpected ways.
fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z .,!]{1,8}",
        "\\PC{0,4}",
        prop::sample::select(vec![
            "\n",
            "\n\n",
            "    ",
            "\t",
            "\r\n",
            "> ",
            "- ",
            "1. ",
            "- [x] ",
            "# ",
            "### ",
            "```\n",
            "`",
            "*",
            "**",
            "_",
            "~~",
            "[",
            "](",
            "][",
            "]: ",
            ")",
            "![",
            "<https://example.org/>",
            "https://example.org/a_b",
            "[^1]",
            "[^1]: ",
            "^[",
            "|",
            "|---|:-:|\n",
            "\n---\n",
            "\n***\n",
            "===\n",
            "<b>",
            "</b>",
            "<div>",
            "</div>",
            "<script>",
            "</script>",
            "<img src=x onerror=alert(1)>",
            "<img src=\"https://example.org/a.png\" alt=\"a\">",
            "<!-- ",
            " -->",
            "<details>",
            "<summary>",
            "</summary>",
            "</details>",
            "<a href=\"javascript:x\">",
            "</a>",
            "<p>",
            "</p>",
            "<li>",
            "<ul>",
            "</ul>",
            "<code>",
            "</code>",
            "<style>",
            "&quot;",
            "&#10;",
            "\\",
            "\"",
            "'",
            "--",
            "...",
            "{{ name }}",
            "{{",
            "}}",
            "{{x}}",
            "{%",
            "%}",
            ":smile:",
            ":::tip\n",
            ":::\n",
            "> [!NOTE]\n",
            "\n: ",
            "{.button}",
            "{width=300}",
            "javascript:alert(1)",
            "mailto:a@example.org",
            "/about",
            "#a",
            "Q000Z",
            "é",
            "日本",
            "\u{202e}",
            "\0",
            "TODO",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_markdown_composes_or_says_why_not(body in markdown()) {
        match compose(&draft(&body), &Materials::new(&newsletter())) {
            Err(findings) => prop_assert!(findings.iter().any(|finding| finding.gate() == Gate::Shut)),
            Ok((issue, _)) => {
                let html = shown(&issue.html);
                let tags = Tags::avoiding("");
                prop_assert_eq!(tags.restore(&html), html.clone());
                for element in elements(&html) {
                    prop_assert!(element.name != "script" && element.name != "iframe");
                    prop_assert!(!element.attributes.iter().any(|(name, _)| name.starts_with("on")));
                    if let Some(href) = element.value("href") {
                        let known = ["https://", "http://", "mailto:", "#", "⟦Href"];
                        prop_assert!(known.iter().any(|start| href.to_lowercase().starts_with(&start.to_lowercase())), "{}", href);
                    }
                }
                prop_assert_eq!(html.matches("<style").count(), 2);
            }
        }
    }

    #[test]
    fn every_link_of_the_tree_is_in_the_html(body in markdown()) {
        let draft = draft(&body);
        let mut tags = Tags::avoiding(&everything(&draft, &Materials::new(&newsletter())));
        let arena = Arena::new();
        let addresses = Addresses::new(Some("https://example.org/"), &NO_IMAGES);
        let (root, _) = tree::prepare(&arena, &draft, "A title", |_| addresses, &mut tags);
        if let Some(root) = root {
            let links: Vec<String> = root.descendants().filter_map(|node| match &node.data().value {
                NodeValue::Link(link) => Some(link.url.clone()),
                _ => None,
            }).collect();
            let html = html::render(root, 536, html::Wording::of("en", true), &tags, None).into_string();
            let found: Vec<String> = elements(&html)
                .iter()
                .filter(|element| element.name == "a")
                .filter_map(|element| element.value("href").map(str::to_owned))
                .collect();
            for link in links {
                prop_assert!(found.contains(&link), "{link} in {html}");
            }
        }
    }
}

#[test]
fn hostile_drafts_are_answered_and_do_not_overflow_the_stack() {
    let hostile = [
        ">".repeat(200_000),
        "> ".repeat(20_000),
        "[".repeat(100_000),
        "![".repeat(20_000),
        "- ".repeat(20_000),
        "*a **b ".repeat(5_000),
        "<b>".repeat(5_000),
        "<div>".repeat(20_000),
        "[a](".repeat(20_000),
        "{{ ".repeat(20_000),
        "[^1]".repeat(5_000),
        "a][b".repeat(5_000),
        "<!-- ".repeat(20_000),
        "TODO ".repeat(5_000),
        "\"'".repeat(20_000),
        (0..2_000).map(|number| format!("{{{{ x{number} }}}} ")).collect::<Vec<_>>().concat(),
        "|a".repeat(5_000) + "\n" + &"|-".repeat(5_000),
        "x".repeat(2 * 1024 * 1024),
    ];
    for body in hostile {
        if let Err(findings) = compose(&draft(&body), &Materials::new(&newsletter())) {
            assert!(findings.iter().any(|finding| finding.gate() == Gate::Shut));
        }
    }
}
