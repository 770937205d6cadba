//! What is said about a body, and the tree that is left of it.

use super::*;
use crate::compose::images::NO_IMAGES;
use crate::compose::tests::draft;
use crate::source::Source;

/// What is said about a body, with its line in the body and its column.
fn check(body: &str) -> Vec<String> {
    check_with(body, Some("https://example.org/news/"))
}

fn check_with(body: &str, base_url: Option<&str>) -> Vec<String> {
    let arena = Arena::new();
    let (_, findings) = prepare(
        &arena,
        &draft(body),
        "A title",
        |_| Addresses::new(base_url, &NO_IMAGES),
        &mut Tags::avoiding(body),
    );
    findings
        .into_iter()
        .map(|finding| {
            let place = finding.place.unwrap();
            let (line, column) = (place.line - 3, place.column);
            format!("{line}:{column} {} {}", finding.rule.id, finding.message)
        })
        .collect()
}

/// The addresses of a body's links and images.
fn urls(body: &str) -> Vec<String> {
    let arena = Arena::new();
    let base = Some("https://example.org/news/");
    let (root, _) = prepare(
        &arena,
        &draft(body),
        "A title",
        |_| Addresses::new(base, &NO_IMAGES),
        &mut Tags::avoiding(body),
    );
    let url = |node: Node<'_>| match &node.data().value {
        NodeValue::Link(link) | NodeValue::Image(link) => Some(link.url.clone()),
        _ => None,
    };
    root.unwrap().descendants().filter_map(url).collect()
}

#[test]
fn a_tag_that_is_not_complete_is_named_at_its_place() {
    assert_eq!(check("é {{ name }\n"), ["1:3 merge-syntax unclosed `{{`"]);
    assert_eq!(
        check("x\n> {{ name | }} y"),
        [
            "2:3 merge-syntax `{{ name | }}` is not understood: unexpected end of input, expected identifier"
        ]
    );
    assert_eq!(
        check("{% if x %} {# no #}"),
        [
            "1:1 merge-syntax `{% if x %}` is not closed",
            "1:12 merge-syntax `{# no #}` is not understood"
        ]
    );
    assert_eq!(check("{{}}").len(), 1);
    assert_eq!(
        check("[x]({{ site }}/path)"),
        [
            "1:1 merge-syntax `{{ site }}/path` begins with a merge tag, whose value is percent-encoded"
        ]
    );
}

#[test]
fn tags_in_code_and_comments_are_literal() {
    let code =
        "`{{ x }`\n\n```\n{% if %}\n{{ y\n```\n\n    {{ z\n\n<!-- {{ a -->\n\n[^unused]: `{{ b`";
    assert_eq!(check(code), Vec::<String>::new());
}

#[test]
fn links_have_an_allowed_scheme_and_lead_somewhere() {
    assert_eq!(
        check("[a](javascript:alert(1)) <a href=' JavaScript:x'>b</a>"),
        [
            "1:1 link-scheme link scheme `javascript` not allowed",
            "1:26 link-scheme link scheme `javascript` not allowed"
        ]
    );
    assert_eq!(check("[a](data:text/html,x)"), ["1:1 link-scheme link scheme `data` not allowed"]);
    assert_eq!(
        check("[a]() [b](mailto:) [c](https://)"),
        [
            "1:1 link-empty-url link without an address",
            "1:7 link-empty-url `mailto:` without an address",
            "1:20 link-empty-url `https://` is not a web address"
        ]
    );
    assert_eq!(
        check("## The harbour\n\n[a](#the-harbour) [b](#the-harbor)"),
        ["3:19 link-anchor-missing no heading for `#the-harbor`"]
    );
}

#[test]
fn relative_addresses_need_a_base() {
    let body = "[a](/about) ![b](x.png)";
    assert_eq!(
        check_with(body, None),
        [
            "1:1 link-relative relative link `/about` has no base-url",
            "1:13 img-relative relative image `x.png` has no base-url"
        ]
    );
    assert_eq!(urls(body), ["https://example.org/about", "https://example.org/news/x.png"]);
    assert_eq!(
        urls("[a](//example.net/x) [b](<https://example.org/ä b>) [c](https://bücher.example/ö)"),
        [
            "https://example.net/x",
            "https://example.org/%C3%A4%20b",
            "https://xn--bcher-kva.example/%C3%B6"
        ]
    );
}

#[test]
fn references_and_footnotes_without_a_definition_are_named() {
    assert_eq!(
        check("a [foo][bar] and [Baz\nqux][] `[x][y]` [ok][] \\[a][b] [sic]\n\n[ok]: /x"),
        [
            "1:3 link-undefined-ref `[bar]` has no definition",
            "1:18 link-undefined-ref `[Baz\\u{a}qux]` has no definition"
        ]
    );
    assert_eq!(
        check("a[^1] b[^2] `[^3]` \\[^4] c[^1][^2]\n\n[^1]: One"),
        [
            "1:8 footnote-undefined footnote `[^2]` has no note",
            "1:31 footnote-undefined footnote `[^2]` has no note"
        ]
    );
}

#[test]
fn placeholders_are_found_in_prose_only() {
    let body =
        "TODO: é &amp; TK and Lorem ipsum\n\n`TODO` <https://example.org/TODO> TODOS\n\n> FIXME\n";
    assert_eq!(
        check(body),
        [
            "1:1 todo-leftover placeholder text `TODO`",
            "1:15 todo-leftover placeholder text `TK`",
            "1:22 todo-leftover placeholder text `Lorem ipsum`"
        ]
    );
}

#[test]
fn raw_html_that_mail_cannot_show_is_refused() {
    assert_eq!(
        check("a <script>alert(1)</script>\n\n<form>\n<input>\n</form>"),
        [
            "1:3 html-unsupported HTML element `script` is not allowed in mail",
            "3:1 html-unsupported HTML element `form` is not allowed in mail",
            "4:1 html-unsupported HTML element `input` is not allowed in mail"
        ]
    );
    assert_eq!(
        check("> <svg onload=x>\n>   <b onclick='y'>z</b>"),
        [
            "1:3 html-unsupported attribute `onload` is not allowed in mail",
            "1:3 html-unsupported HTML element `svg` is not allowed in mail",
            "2:5 html-unsupported attribute `onclick` is not allowed in mail"
        ]
    );
    assert_eq!(
        check("Vec<T> is <!DOCTYPE html> generic"),
        [
            "1:4 html-unsupported HTML element `t` is not allowed in mail",
            "1:11 html-unsupported `<!DOCTYPE html>` is not allowed in mail"
        ]
    );
}

#[test]
fn raw_html_is_closed_where_it_is_opened() {
    assert_eq!(
        check("a <b>c\n\nd</b>"),
        [
            "1:3 html-unclosed `<b>` is not closed in the same block",
            "3:2 html-unclosed `</b>` without `<b>` before it"
        ]
    );
    assert_eq!(check("<div>\n\n*inside*\n\n</div>\n\n<p>one\n<p>two"), Vec::<String>::new());
    assert_eq!(
        check("x\n\n<!-- never closed"),
        ["3:1 html-unclosed comment is not closed and hides the rest of the letter"]
    );
}

#[test]
fn an_image_says_what_it_shows() {
    assert_eq!(
        check(
            "![](https://example.org/a.png)\n\n<img src=\"b.png\">\n\n<img src=\"c.png\" alt=\"\">"
        ),
        [
            "1:1 img-alt-missing image without a text for readers who do not see it",
            "3:1 img-alt-missing image without a text for readers who do not see it"
        ]
    );
}

#[test]
fn a_heading_equal_to_the_title_is_remarked() {
    assert_eq!(
        check("# A title\n\n# Another"),
        ["1:1 h1-duplicate heading equals the title and is shown once"]
    );
}

#[test]
fn places_hold_after_crlf() {
    assert_eq!(check("a\r\n\r\nb {{ x }\r\n"), ["3:3 merge-syntax unclosed `{{`"]);
    assert_eq!(
        check("a\r\n\r\n[b](ftp://x)\r\n"),
        ["3:1 link-scheme link scheme `ftp` not allowed"]
    );
}

#[test]
fn what_is_too_large_or_too_deep_is_refused() {
    assert_eq!(
        check(&"x".repeat(LONGEST + 1)),
        ["1:1 draft-too-large draft too large: 1048577 bytes, at most 1048576"]
    );
    for deep in [">".repeat(101), "<div>\n<blockquote>".repeat(101)] {
        assert_eq!(check(&deep), ["1:1 draft-too-large nesting deeper than 100"]);
    }
}

#[test]
fn a_body_of_too_many_pieces_is_refused_where_they_become_too_many() {
    let tags = |number: usize| "{{ name }}\n".repeat(number);
    assert_eq!(check(&tags(bounds::MOST_TAGS)), [""; 0]);
    assert_eq!(
        check(&tags(bounds::MOST_TAGS + 1)),
        ["2001:1 draft-too-large draft has more than 2000 merge tags"]
    );
    // The root, and a paragraph with its text for each.
    let paragraphs = |number: usize| "a\n\n".repeat(number);
    assert_eq!(check(&paragraphs(12_499)), [""; 0]);
    assert_eq!(
        check(&paragraphs(12_500)),
        [
            "24999:1 draft-too-large draft has more than 25000 pieces (paragraphs, links, emphases …)"
        ]
    );
}

/// A draft whose body is composed with these snippets, and what is said about them with their files.
fn check_snippets(body: &str, snippets: &[(&str, &str)]) -> (String, Vec<String>) {
    let mut draft = draft(body);
    for (name, text) in snippets {
        draft.snippets.insert((*name).to_owned(), Ok(Source::new(format!("p/{name}"), *text)));
    }
    let arena = Arena::new();
    let (root, findings) = prepare(
        &arena,
        &draft,
        "A title",
        |_| Addresses::new(None, &NO_IMAGES),
        &mut Tags::avoiding(""),
    );
    let said = findings.into_iter().map(|finding| {
        let place = finding.place.unwrap();
        let file = finding.file.trim_start_matches("drafts/");
        format!("{file}:{}:{} {} {}", place.line, place.column, finding.rule.id, finding.message)
    });
    let text = |node: Node<'_>| match &node.data().value {
        NodeValue::Text(text) => Some(text.to_string()),
        _ => None,
    };
    let texts = root.map(|root| root.descendants().filter_map(text).collect::<Vec<_>>().join("|"));
    (texts.unwrap_or_default(), said.collect())
}

#[test]
fn a_snippet_takes_the_place_of_its_command_and_keeps_its_own_places() {
    let (texts, said) = check_snippets(
        "One.\n\n[[include: a.md]]\n- two [x](ftp://y)\n\n{{ z |",
        &[("a.md", "- in é {{ x |\n\n[[Include: b.txt]]"), ("b.txt", "\n\n  [b](gopher://b) [^1]")],
    );
    assert_eq!(texts, "One.|in é {{ x ||b| [^1]|two |x|{{ z |");
    assert_eq!(
        said,
        [
            "letter.md:7:7 link-scheme link scheme `ftp` not allowed",
            "letter.md:9:1 merge-syntax unclosed `{{`",
            "p/a.md:1:8 merge-syntax unclosed `{{`",
            "p/b.txt:3:3 link-scheme link scheme `gopher` not allowed",
            "p/b.txt:3:19 footnote-undefined footnote `[^1]` has no note",
        ]
    );
}

#[test]
fn a_snippet_that_cannot_be_included_is_named_where_it_is_asked_for() {
    let (_, said) = check_snippets(
        "[[include: none.md]]\n\n[[include: a.md]]",
        &[("a.md", "x\n\n[[include: b.md]]"), ("b.md", "[[include: a.md]]")],
    );
    assert_eq!(
        said,
        [
            "letter.md:4:1 include-failed snippet `none.md` has not been read",
            "p/b.md:1:1 include-failed snippet includes itself: `a.md` -> `b.md` -> `a.md`",
        ]
    );
    let chain: Vec<(String, String)> =
        (0..12).map(|n| (format!("{n}.md"), format!("[[include: {}.md]]", n + 1))).collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let (_, said) = check_snippets("[[include: 0.md]]", &chain);
    assert_eq!(said, ["p/7.md:1:1 include-failed snippets within snippets are more than 8 deep"]);
    let bomb: String = "[[include: b.md]]\n\n".repeat(150);
    let (_, said) = check_snippets(
        "[[include: a.md]]\n\n[[include: a.md]]",
        &[("a.md", &bomb), ("b.md", &bomb), ("c.md", "x")],
    );
    assert!(said.iter().any(|said| said.contains("includes itself")), "{said:?}");
    let (_, said) = check_snippets(&"[[include: c.md]]\n\n".repeat(250), &[("c.md", "x")]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("more than 200 snippets"), "{said:?}");
}

#[test]
fn a_command_that_does_nothing_is_named_and_one_in_code_is_code() {
    assert_eq!(
        check("a [[toc]] b\n\n> [[include: x.md]]\n\n`[[toc]]`\n\n```\n[[include: y.md]]\n```"),
        [
            "1:1 command-misplaced `[[toc]]` stands where it does nothing",
            "3:3 command-misplaced `[[include:…` stands where it does nothing",
        ]
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, cases: 64, ..proptest::prelude::ProptestConfig::default() })]

    #[test]
    fn no_word_of_a_note_leaves_the_house(
        note in "(sesame|sesame [a-z*_`<>&\\[\\](){}|#>:!-]{1,12} ?){1,4}",
        frame in 0usize..7,
    ) {
        let note = note.replace('\n', " ");
        let body = match frame {
            0 => format!("One %%{note}%% two."),
            1 => format!("%%\n{note}\n\n{note}\n%%\n\nTwo."),
            2 => format!("- %%{note}%%\n- a\n  %%\n  {note}\n  %%"),
            3 => format!("> %%{note}%%\n\n## B %%{note}%%"),
            // `-->` within the note would end it there.
            4 => {
                let note = note.replace('>', "");
                format!("One.\n\n<!-- {note} -->\n\nTwo <!-- {note} --> three.")
            }
            5 => format!("%%{note}%%\n\nFirst words %%{note}%%."),
            _ => format!("a[^1]\n\n[^1]: A %%{note}%% note."),
        };
        let draft = draft(&body);
        if let Ok((issue, _)) = crate::compose::compose(&draft, &crate::compose::Materials::new(&crate::compose::tests::newsletter())) {
            let whole = format!("{issue:?}");
            proptest::prop_assert!(!whole.contains("sesame"), "{}\n{}", body, whole);
        }
    }
}

#[test]
fn an_address_that_begins_with_a_condition_is_whole_in_each_branch() {
    let whole =
        "[a]({% if x %}https://example.org/x{% else %}https://example.net/{{ y }}{% endif %})";
    assert_eq!(check(whole), Vec::<String>::new());
    for part in [
        "https://example.org/x{% endif %}",
        "/x{% else %}https://example.net/{% endif %}",
        "{{ y }}{% else %}https://a.example{% endif %}",
    ] {
        let said = check(&format!("[a]({{% if x %}}{part})"));
        assert!(
            said[0].ends_with("begins with a condition and is not a whole address in each branch"),
            "{said:?}"
        );
    }
}
