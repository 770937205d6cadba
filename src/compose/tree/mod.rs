//! The body of a draft as a tree of Markdown nodes, checked and ready for the walkers.
//!
//! Both walkers (HTML and plain text) read the same tree. After [`prepare`] it holds no raw HTML, no shortcodes and no
//! directives; links and images are absolute; footnote definitions stand at the end in the order of their numbers;
//! and a heading that a link leads to has its anchor in `attrs.id`.

mod footnotes;
mod leftovers;
mod links;
mod margin;
mod parse;
mod raw_html;
mod rewrite;
mod shape;

use comrak::Arena;
use comrak::arena_tree::NodeEdge;
use comrak::nodes::{AlertType, Node, NodeAlert, NodeHeading, NodeValue};

use crate::compose::merge::tags::Tags;
use crate::draft::Draft;
use crate::finding::Finding;
use crate::rule;
use crate::source::Span;
use margin::Margin;

/// The longest body that is composed, in bytes.
const LONGEST: usize = 1024 * 1024;
/// The deepest nesting of quotes, lists and emphasis; the walkers recurse.
const DEEPEST: usize = 100;

/// Parses the body and makes it ready; all findings are returned either way, the tree only if there is one.
///
/// `title` is what the layout shows as the heading of the letter, with stand-ins for its merge tags.
pub(super) fn prepare<'a>(
    arena: &'a Arena<'a>,
    draft: &Draft,
    title: &str,
    base_url: Option<&str>,
    tags: &mut Tags,
) -> (Option<Node<'a>>, Vec<Finding>) {
    let body = draft.source.text.get(draft.body.start..draft.body.end).unwrap_or_default();
    if body.len() > LONGEST {
        let message = format!("draft too large: {} bytes, at most {LONGEST}", body.len());
        return (None, vec![too_large(draft, message)]);
    }
    if body.lines().any(is_quoted_too_deep) {
        return (None, vec![too_large(draft, format!("nesting deeper than {DEEPEST}"))]);
    }
    let marked = tags.mark(body);
    let mut margin = Margin::new(&draft.source, draft.body.start, &marked);
    let Some((root, undefined)) = parse::parse(arena, &marked) else {
        return (None, vec![too_large(draft, "draft is too intricate to be read".to_owned())]);
    };
    if is_too_deep(root) {
        return (None, vec![too_large(draft, format!("nesting deeper than {DEEPEST}"))]);
    }
    margin.learn_quiet(root);
    leftovers::check_tags(&mut margin, draft, body);
    leftovers::check_references(&mut margin, root, &undefined);
    footnotes::settle(&mut margin, root);
    rewrite::rewrite(arena, root, &mut margin);
    simplify(root, tags);
    if is_too_deep(root) {
        return (None, vec![too_large(draft, format!("nesting deeper than {DEEPEST}"))]);
    }
    drop_title(&mut margin, root, title);
    links::settle(&mut margin, root, base_url, tags);
    leftovers::check_placeholders(&mut margin, root, draft);
    margin.findings.sort_by_key(|finding| finding.place);
    (Some(root), margin.findings)
}

fn too_large(draft: &Draft, message: String) -> Finding {
    let body = draft.source.text.get(draft.body.start..).unwrap_or_default();
    let at = draft.body.start + (body.len() - body.trim_start_matches(['\r', '\n']).len());
    let start = Span::new(at, at);
    Finding::at(&rule::DRAFT_TOO_LARGE, &draft.source, start, message)
        .help("split it, or link to the long part")
}

/// comrak takes time in the square of the number of quotation marks, so that one line could keep it busy for hours.
fn is_quoted_too_deep(line: &str) -> bool {
    let marks = line.bytes().take_while(|byte| b"> \t-+*".contains(byte) || byte.is_ascii_digit());
    marks.filter(|byte| *byte == b'>').nth(DEEPEST).is_some()
}

fn is_too_deep(root: Node<'_>) -> bool {
    let mut depth = 0;
    root.traverse().any(|edge| {
        match edge {
            NodeEdge::Start(_) => depth += 1,
            NodeEdge::End(_) => depth -= 1,
        }
        depth > DEEPEST
    })
}

/// Shortcodes become text, known directives alerts, and merge tags in code are literal again.
fn simplify(root: Node<'_>, tags: &Tags) {
    let mut unwrapped = Vec::new();
    for node in root.descendants() {
        let mut data = node.data_mut();
        let value = match &mut data.value {
            NodeValue::ShortCode(code) => NodeValue::Text(code.emoji.clone().into()),
            NodeValue::BlockDirective(directive) => match alert(&directive.info) {
                Some(alert) => NodeValue::Alert(Box::new(alert)),
                None => {
                    unwrapped.push(node);
                    continue;
                }
            },
            NodeValue::Code(code) => {
                code.literal = tags.restore(&code.literal);
                continue;
            }
            NodeValue::CodeBlock(block) => {
                block.literal = tags.restore(&block.literal);
                block.info = tags.restore(&block.info);
                continue;
            }
            _ => continue,
        };
        data.value = value;
    }
    for node in unwrapped {
        while let Some(child) = node.first_child() {
            node.insert_before(child);
        }
        node.detach();
    }
}

/// `:::warning A title of its own`
fn alert(info: &str) -> Option<NodeAlert> {
    let (name, title) = info.trim().split_once(' ').unwrap_or((info.trim(), ""));
    let alert_type = match name.to_lowercase().as_str() {
        "note" | "info" => AlertType::Note,
        "tip" | "hint" => AlertType::Tip,
        "important" => AlertType::Important,
        "warning" => AlertType::Warning,
        "caution" | "danger" => AlertType::Caution,
        _ => return None,
    };
    let title = Some(title.trim().to_owned()).filter(|title| !title.is_empty());
    Some(NodeAlert { alert_type, title, multiline: false, fence_length: 0, fence_offset: 0 })
}

/// The layout shows the title; a heading that repeats it is left out.
fn drop_title(margin: &mut Margin<'_>, root: Node<'_>, title: &str) {
    let repeats = root.children().find(|node| {
        matches!(node.data().value, NodeValue::Heading(NodeHeading { level: 1, .. }))
            && node.collect_text().trim() == title.trim()
    });
    if let Some(node) = repeats {
        let range = margin.range(node.data().sourcepos);
        let message = "heading equals the title and is shown once".to_owned();
        margin.note(&rule::H1_DUPLICATE, range, message, "delete it, or leave it: nothing is lost");
        node.detach();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::draft;

    /// What is said about a body, with its line in the body and its column.
    fn check(body: &str) -> Vec<String> {
        check_with(body, Some("https://example.org/news/"))
    }

    fn check_with(body: &str, base_url: Option<&str>) -> Vec<String> {
        let arena = Arena::new();
        let (_, findings) =
            prepare(&arena, &draft(body), "A title", base_url, &mut Tags::avoiding(body));
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
        let (root, _) = prepare(&arena, &draft(body), "A title", base, &mut Tags::avoiding(body));
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
                "1:1 merge-syntax `{% if x %}`: only `{{ … }}` tags are understood",
                "1:12 merge-syntax `{# no #}`: only `{{ … }}` tags are understood"
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
        let code = "`{{ x }`\n\n```\n{% if %}\n{{ y\n```\n\n    {{ z\n\n<!-- {{ a -->\n\n[^unused]: `{{ b`";
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
        assert_eq!(
            check("[a](data:text/html,x)"),
            ["1:1 link-scheme link scheme `data` not allowed"]
        );
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
            ["3:19 link-empty-url no heading for `#the-harbor`"]
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
            urls(
                "[a](//example.net/x) [b](<https://example.org/ä b>) [c](https://bücher.example/ö)"
            ),
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
        let body = "TODO: é &amp; TK and Lorem ipsum\n\n`TODO` <https://example.org/TODO> TODOS\n\n> FIXME\n";
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
}
