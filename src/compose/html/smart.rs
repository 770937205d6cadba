//! Typographic quotes, dashes and dots, for the HTML part only.
//!
//! comrak's own pass works while parsing and would reach the plain text, too; this one changes the finished tree. A
//! quotation mark turns by what stands before and after it in the whole paragraph, across emphasis and links.

use std::ops::Range;

use comrak::nodes::{Node, NodeValue};

use super::quotes::{self, Marks};

/// Stands for what is not text: code, images, addresses.
const OBJECT: char = '\u{fffc}';

/// How quotes, dashes and dots are set: as a language does, or as they were typed.
#[derive(Debug, Clone, Copy)]
pub(in crate::compose) struct Typography(Option<Marks>);

impl Typography {
    /// That of a language (BCP 47), if it is wanted.
    pub(in crate::compose) fn of(language: &str, is_wanted: bool) -> Self {
        Self(quotes::of(language).filter(|_| is_wanted))
    }

    /// A text that stands alone.
    pub(in crate::compose) fn text(self, text: &str) -> String {
        let Self(Some(marks)) = self else { return text.to_owned() };
        apply(text, &substitutions(text, marks), 0..text.len())
    }

    /// The texts of a tree, in place.
    pub(super) fn tree(self, root: Node<'_>) {
        let Self(Some(marks)) = self else { return };
        for node in root.descendants() {
            if node.data().value.contains_inlines() {
                smarten_line(node, marks);
            }
        }
    }
}

fn smarten_line(block: Node<'_>, marks: Marks) {
    let mut line = String::new();
    let mut pieces = Vec::new();
    collect(block, &mut line, &mut pieces);
    let substitutions = substitutions(&line, marks);
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

fn substitutions(line: &str, marks: Marks) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    let mut previous = None;
    let mut is_open = false;
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
            '"' => {
                let opens = opens(previous, rest.chars().next());
                found.push((at..at + 1, marks.double[usize::from(!opens)]));
            }
            '\'' => {
                let single = single(previous, rest, last_close > Some(at), is_open);
                is_open = match single {
                    Single::Opens => true,
                    Single::Closes => false,
                    Single::Apostrophe => is_open,
                };
                found.push((at..at + 1, single.mark(marks)));
            }
            _ => {}
        }
        previous = Some(c);
    }
    found
}

/// The last single mark that could close a quotation: after a word, and not within one.
fn last_close(line: &str) -> Option<usize> {
    let closes =
        |at: &usize| closes(line[..*at].chars().next_back(), line[at + 1..].chars().next());
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

/// What a single mark is.
enum Single {
    Opens,
    Closes,
    Apostrophe,
}

impl Single {
    /// An apostrophe is the same in all languages.
    fn mark(&self, marks: Marks) -> &'static str {
        match self {
            Self::Opens => marks.single[0],
            Self::Closes => marks.single[1],
            Self::Apostrophe => "’",
        }
    }
}

/// An opening mark needs its closing one later in the line; otherwise it is an apostrophe, as in ’tis and ’90s.
fn single(before: Option<char>, rest: &str, is_closed: bool, is_open: bool) -> Single {
    let after = rest.chars().next();
    let digits = rest.chars().take(3).take_while(char::is_ascii_digit).count();
    if is_closed && digits != 2 && opens(before, after) {
        Single::Opens
    } else if is_open && closes(before, after) {
        Single::Closes
    } else {
        Single::Apostrophe
    }
}

/// A mark closes right after something, and not within a word.
fn closes(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(|c| !c.is_whitespace()) && after.is_none_or(|c| !c.is_alphanumeric())
}

/// A mark opens after white space or an opening bracket or dash, if something follows; after another mark, which may have
/// closed something, only before a word.
fn opens(before: Option<char>, after: Option<char>) -> bool {
    let Some(after) = after.filter(|c| !c.is_whitespace()) else { return false };
    before.is_none_or(|c| match c {
        '“' | '‘' | '"' | '\'' => after.is_alphanumeric(),
        c => c.is_whitespace() || "([{<-–—/=".contains(c),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn smart(text: &str) -> String {
        Typography::of("en", true).text(text)
    }

    #[test]
    fn every_language_has_its_own_marks_and_all_have_one_apostrophe() {
        let text = "\"Das ist 'so', geht's?\" -- ...";
        for (language, expected) in [
            ("en-GB", "“Das ist ‘so’, geht’s?” – …"),
            ("nl", "“Das ist ‘so’, geht’s?” – …"),
            ("de", "„Das ist ‚so‘, geht’s?“ – …"),
            ("DE-ch", "«Das ist ‹so›, geht’s?» – …"),
            ("cs", "„Das ist ‚so‘, geht’s?“ – …"),
            ("pl", "„Das ist ‚so’, geht’s?” – …"),
            ("sv", "”Das ist ’so’, geht’s?” – …"),
            ("fi", "”Das ist ’so’, geht’s?” – …"),
            ("fr", "«\u{202f}Das ist “so”, geht’s?\u{202f}» – …"),
            ("it", "«Das ist “so”, geht’s?» – …"),
            ("es-ES", "«Das ist “so”, geht’s?» – …"),
            ("es-MX", "“Das ist ‘so’, geht’s?” – …"),
            ("pt-BR", "“Das ist ‘so’, geht’s?” – …"),
            ("ru", "«Das ist „so“, geht’s?» – …"),
            ("ja", text),
            ("zh-Hant-TW", text),
        ] {
            assert_eq!(Typography::of(language, true).text(text), expected, "{language}");
        }
        assert_eq!(Typography::of("en", false).text(text), text);
    }

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
        assert_eq!(smart("\"It is 'so'\", \"'so'\"."), "“It is ‘so’”, “‘so’”.");
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
