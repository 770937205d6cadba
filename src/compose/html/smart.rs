//! Typographic quotes, dashes and dots, for the HTML part only.
//!
//! comrak's own pass works while parsing and would reach the plain text, too; this one changes the finished tree. A
//! quotation mark turns by what stands before and after it in the whole paragraph, across emphasis and links.

use std::ops::Range;

use comrak::nodes::{Node, NodeValue};

/// Stands for what is not text: code, images, addresses.
const OBJECT: char = '\u{fffc}';

/// Makes the texts of a tree typographic, in place.
pub(super) fn smarten(root: Node<'_>) {
    for node in root.descendants() {
        if node.data().value.contains_inlines() {
            smarten_line(node);
        }
    }
}

/// The typographic form of a text that stands alone.
pub(in crate::compose) fn smart(text: &str) -> String {
    apply(text, &substitutions(text), 0..text.len())
}

fn smarten_line(block: Node<'_>) {
    let mut line = String::new();
    let mut pieces = Vec::new();
    collect(block, &mut line, &mut pieces);
    let substitutions = substitutions(&line);
    if substitutions.is_empty() {
        return;
    }
    for (node, range) in pieces {
        node.data_mut().value = NodeValue::Text(apply(&line, &substitutions, range).into());
    }
}

fn collect<'a>(node: Node<'a>, line: &mut String, pieces: &mut Vec<(Node<'a>, Range<usize>)>) {
    for child in node.children() {
        match &child.data().value {
            NodeValue::Text(text) => {
                pieces.push((child, line.len()..line.len() + text.len()));
                line.push_str(text);
            }
            NodeValue::SoftBreak | NodeValue::LineBreak => line.push(' '),
            NodeValue::Link(target) if !is_address(&child.collect_text(), &target.url) => {
                collect(child, line, pieces);
            }
            NodeValue::Link(_) | NodeValue::Image(_) | NodeValue::Code(_) => line.push(OBJECT),
            NodeValue::FootnoteReference(_) => {}
            _ => collect(child, line, pieces),
        }
    }
}

/// Whether a link's text is its address, which must stay as it is.
fn is_address(text: &str, url: &str) -> bool {
    text.contains("://") || url.strip_prefix("mailto:").unwrap_or(url).ends_with(text)
}

fn apply(line: &str, substitutions: &[(Range<usize>, &str)], within: Range<usize>) -> String {
    let mut out = String::with_capacity(within.len() + 8);
    let mut at = within.start;
    for (range, replacement) in substitutions {
        if range.start >= within.end || range.end <= within.start {
            continue;
        }
        if range.start >= at {
            out.push_str(&line[at..range.start]);
            out.push_str(replacement);
        }
        at = range.end.min(within.end);
    }
    out.push_str(&line[at..within.end]);
    out
}

fn substitutions(line: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    let mut previous = None;
    let last_close = last_close(line);
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = &line[at + c.len_utf8()..];
        match c {
            '-' | '.' => {
                while chars.next_if(|(_, next)| *next == c).is_some() {}
                let end = chars.peek().map_or(line.len(), |(end, _)| *end);
                let next = line[end..].chars().next();
                found.extend(run(&line[at..end], previous, next).map(|text| (at..end, text)));
            }
            '"' => found.push((at..at + 1, double(previous, rest))),
            '\'' => found.push((at..at + 1, single(previous, rest, last_close > Some(at)))),
            _ => {}
        }
        previous = Some(c);
    }
    found
}

/// The last single mark that could close a quotation: after a word, and not within one.
fn last_close(line: &str) -> Option<usize> {
    let closes = |at: &usize| {
        let inner = line[..*at].chars().next_back();
        let outer = line[at + 1..].chars().next();
        inner.is_some_and(|c| !c.is_whitespace()) && outer.is_none_or(|c| !c.is_alphanumeric())
    };
    line.rmatch_indices('\'').map(|(at, _)| at).find(closes)
}

/// Dashes and dots. `--flag` after a space is an option of a command and stays.
fn run(run: &str, before: Option<char>, after: Option<char>) -> Option<&'static str> {
    let is_flag =
        before.is_none_or(char::is_whitespace) && after.is_some_and(char::is_alphanumeric);
    match run {
        "--" if !is_flag => Some("–"),
        "---" => Some("—"),
        "..." => Some("…"),
        _ => None,
    }
}

fn double(before: Option<char>, rest: &str) -> &'static str {
    if opens(before, rest.chars().next()) { "“" } else { "”" }
}

/// An opening mark needs its closing one later in the line; otherwise it is an apostrophe, as in ’tis and ’90s.
fn single(before: Option<char>, rest: &str, is_closed: bool) -> &'static str {
    let digits = rest.chars().take(3).take_while(char::is_ascii_digit).count();
    if is_closed && digits != 2 && opens(before, rest.chars().next()) { "‘" } else { "’" }
}

/// A mark opens after white space or an opening bracket, dash or mark, if a word follows.
fn opens(before: Option<char>, after: Option<char>) -> bool {
    let follows = after.is_some_and(|c| !c.is_whitespace());
    let opener = |c: char| c.is_whitespace() || "([{<-–—/“‘\"'=".contains(c);
    follows && before.is_none_or(opener)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_turn_the_way_a_typesetter_would() {
        assert_eq!(
            smart("\"It's 'fine',\" she said -- twice..."),
            "“It’s ‘fine’,” she said – twice…"
        );
        assert_eq!(smart("the '90s, 'tis so, isn't it"), "the ’90s, ’tis so, isn’t it");
        assert_eq!(smart("(\"a\") \"'b' c\" ---d--e 3\" x"), "(“a”) “‘b’ c” —d–e 3” x");
        assert_eq!(
            smart("run --flag -- or --- not ---- ....."),
            "run --flag – or — not ---- ....."
        );
        assert_eq!(smart("the dogs' bowls"), "the dogs’ bowls");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn only_marks_dashes_and_dots_change(text in "([\"'. a-]|\\PC){0,40}") {
            let smart = smart(&text);
            let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(words(&smart), words(&text));
            prop_assert!(!smart.contains('"') && !smart.contains('\''));
        }
    }
}
