//! What holds for the text of every draft.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, parse_document};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::flow::{Line, WIDTH, encode, fill, unflow};
use super::render;
use super::tests::{PLAIN, options, text_of};
use crate::compose::merge::tags::Tags;

/// A draft made of all constructs.
fn drafts() -> impl Strategy<Value = String> {
    let words = prop::collection::vec("[a-z]{1,14}", 1..30).prop_map(|words| words.join(" "));
    let inline = prop_oneof![
        4 => words.clone(),
        1 => words.clone().prop_map(|text| format!("**{text}**")),
        1 => words.clone().prop_map(|text| format!("_{text}_")),
        1 => "[a-z]{1,9}".prop_map(|code| format!("`{code}`")),
        2 => (words.clone(), "[a-z]{1,40}").prop_map(|(text, path)| format!("[{text}](https://example.org/{path})")),
        1 => "[a-z]{1,40}".prop_map(|path| format!("<https://example.org/{path}>")),
        1 => (words.clone(), "[a-z]{1,9}").prop_map(|(text, path)| format!("![{text}](https://example.org/{path})")),
        1 => Just("\\".to_owned() + "\n"),
    ];
    let paragraph = prop::collection::vec(inline, 1..6)
        .prop_map(|parts| parts.join(" ").replace("\\\n ", "\\\n"));
    let block = prop_oneof![
        4 => paragraph.clone(),
        1 => words.clone().prop_map(|text| format!("## {text}")),
        1 => words.clone().prop_map(|text| format!("### {text}")),
        1 => words.clone().prop_map(|code| format!("```\n# {code}\n```")),
        1 => Just("***".to_owned()),
        1 => prop::collection::vec(words.clone(), 4).prop_map(|cells| {
            format!("|{}|{}|\n|--|--:|\n|{}|{}|", cells[0], cells[1], cells[2], cells[3])
        }),
    ];
    let indented = |lead: &'static str, rest: &'static str| {
        move |text: String| lead.to_owned() + &text.replace('\n', &format!("\n{rest}"))
    };
    let nested = block.prop_recursive(3, 12, 4, move |inner| {
        let blocks = prop::collection::vec(inner, 1..4).prop_map(|blocks| blocks.join("\n\n"));
        prop_oneof![
            blocks.clone().prop_map(indented("> ", "> ")),
            blocks.clone().prop_map(indented("- ", "  ")),
            blocks.clone().prop_map(indented("3. ", "   ")),
            blocks.prop_map(indented("> [!NOTE]\n> ", "> ")),
        ]
    });
    prop::collection::vec(nested, 1..6).prop_map(|blocks| blocks.join("\n\n"))
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.sort();
    words
}

fn visible_words<'a>(root: &'a AstNode<'a>) -> Vec<String> {
    let mut text = String::new();
    for node in root.descendants() {
        if node.data().value.block() {
            text.push(' ');
        }
        match &node.data().value {
            NodeValue::Text(literal) => text.push_str(literal),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::CodeBlock(code) => text.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            _ => {}
        }
    }
    words(&text)
}

/// A text as a client writes it that has joined its soft lines and fills them anew; a fixed line is left as it is.
fn reflow(text: &str) -> String {
    let fixed: Vec<String> = text.lines().map(unstuffed).collect();
    let mut lines = Vec::new();
    for (quote, logical) in unflow(text) {
        let whole = format!("{}{logical}", ">".repeat(quote));
        if fixed.contains(&whole) {
            lines.push(Line { quote, text: logical, ..Line::default() });
            continue;
        }
        let width = WIDTH - quote - usize::from(quote > 0);
        let rows = fill(&logical, width).into_iter();
        lines.extend(rows.map(|row| Line {
            quote,
            text: row.text,
            soft: row.soft,
            ..Line::default()
        }));
    }
    encode(&lines)
}

/// A line without the space that it may be stuffed with.
fn unstuffed(line: &str) -> String {
    let rest = line.trim_start_matches('>');
    let marks = &line[..line.len() - rest.len()];
    format!("{marks}{}", rest.strip_prefix(' ').unwrap_or(rest))
}

/// Whether all of `part`, which is sorted like `whole`, is in it as often.
fn holds(whole: &[String], part: &[String]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|word| whole.any(|other| other == word))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_line_is_too_wide_and_no_fixed_line_ends_in_a_space(markdown in drafts()) {
        let text = text_of(&markdown, &PLAIN);
        for line in text.lines() {
            let shown = line.strip_suffix(' ').unwrap_or(line);
            prop_assert!(!shown.ends_with(' '), "{:?}", line);
            let marks = shown.trim_start_matches('>');
            let content = marks.trim_start_matches([' ', '-', '>']);
            let excused = content.contains("https://") || content.contains("# ") || !content.contains(' ');
            prop_assert!(shown.width() <= 73 && (shown.width() <= 72 || shown.starts_with(' ')) || excused, "{:?}", line);
        }
    }

    #[test]
    fn what_a_client_unflows_flows_back_to_the_same_lines(markdown in drafts()) {
        let text = text_of(&markdown, &PLAIN);
        let again = reflow(&text);
        let plain = |text: &str| -> Vec<String> { text.lines().map(unstuffed).collect() };
        prop_assert_eq!(plain(&again), plain(&text));
    }

    #[test]
    fn every_soft_line_is_followed_by_text_of_its_own_depth(markdown in drafts()) {
        let text = text_of(&markdown, &PLAIN);
        let depth = |line: &str| line.len() - line.trim_start_matches('>').len();
        for (line, next) in text.lines().zip(text.lines().skip(1).chain([""])) {
            if line.ends_with(' ') {
                prop_assert!(!next.is_empty() && depth(line) == depth(next), "{:?} {:?}", line, next);
                prop_assert!(!line[depth(line)..].starts_with("  "), "an indented line is soft: {:?}", line);
            }
        }
    }

    #[test]
    fn every_address_and_every_word_of_the_tree_is_in_the_text(markdown in drafts()) {
        let arena = Arena::new();
        let root = parse_document(&arena, &markdown, &options());
        let text = render(root, &PLAIN, &mut Tags::default()).unwrap();
        for node in root.descendants() {
            if let NodeValue::Link(link) | NodeValue::Image(link) = &node.data().value {
                prop_assert!(text.contains(&link.url), "{} is not in\n{}", link.url, text);
            }
        }
        let joined: Vec<String> = unflow(&text).into_iter().map(|(_, line)| line).collect();
        prop_assert!(holds(&words(&joined.join("\n")), &visible_words(root)), "{}", text);
    }

    #[test]
    fn any_text_at_all_is_rendered(markdown in "\\PC{0,200}|[-*_`>#|:\\[\\]()!<> \n\ta1.~^x&;=]{0,300}") {
        let text = text_of(&markdown, &PLAIN);
        prop_assert!(text.is_empty() || text.ends_with('\n'));
        prop_assert!(!text.contains('\r') && !text.lines().any(|line| line.trim_start_matches(['>', ' ']) == "-- "));
    }
}
