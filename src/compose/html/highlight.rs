//! Code in colours: which parts of it are comments, keywords, strings and literals.
//!
//! Four kinds and no more: a letter is read, not edited, and every coloured word costs some fifty bytes of HTML.

use std::sync::LazyLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

/// Code longer than this is shown plain, in bytes: it is most of a letter, and colours would triple it.
const LONGEST: usize = 8 * 1024;
/// A line longer than this is data and not code, in bytes.
const LONGEST_LINE: usize = 1000;

/// What a piece of code is, as the name of its class.
pub(super) type Kind = Option<&'static str>;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Scopes of Sublime's grammars and the class they get; the innermost scope that is listed decides.
static KINDS: LazyLock<Vec<(Scope, Kind)>> = LazyLock::new(|| {
    let table = [
        ("comment", Some("comment")),
        ("string", Some("string")),
        ("markup.inserted", Some("string")),
        ("constant.numeric", Some("literal")),
        ("constant.language", Some("literal")),
        ("constant.character", Some("literal")),
        ("markup.deleted", Some("keyword")),
        ("keyword.operator.word", Some("keyword")),
        ("keyword.operator", None),
        ("keyword", Some("keyword")),
        ("storage", Some("keyword")),
    ];
    let scope = |(name, kind): (&str, Kind)| Scope::new(name).ok().map(|scope| (scope, kind));
    table.into_iter().filter_map(scope).collect()
});

/// The pieces of a code block in order, or nothing if its language is not known.
///
/// `info` is what stands after the opening fence; its first word names the language.
pub(super) fn pieces<'c>(info: &str, code: &'c str) -> Option<Vec<(Kind, &'c str)>> {
    let language = info.split([' ', ',', '{', '\t']).next().filter(|word| !word.is_empty())?;
    if code.len() > LONGEST || code.lines().any(|line| line.len() > LONGEST_LINE) {
        return None;
    }
    let syntax = SYNTAXES.find_syntax_by_token(language)?;
    if syntax.name == "Plain Text" {
        return None;
    }
    let mut parser = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut pieces = Vec::new();
    for line in code.split_inclusive('\n') {
        let mut from = 0;
        for (at, change) in parser.parse_line(line, &SYNTAXES).ok()? {
            push(&mut pieces, kind(&stack), line.get(from..at)?);
            stack.apply(&change).ok()?;
            from = at;
        }
        push(&mut pieces, kind(&stack), line.get(from..)?);
    }
    Some(join(code, &pieces))
}

fn kind(stack: &ScopeStack) -> Kind {
    let listed = |scope: &Scope| KINDS.iter().find(|(known, _)| known.is_prefix_of(*scope));
    stack.as_slice().iter().rev().find_map(listed).and_then(|(_, kind)| *kind)
}

/// Adds a piece. White space has no colour of its own, so it goes with what stands before it.
fn push(pieces: &mut Vec<(Kind, usize)>, kind: Kind, text: &str) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some((last, length)) if *last == kind || text.trim().is_empty() => *length += text.len(),
        _ => pieces.push((kind, text.len())),
    }
}

/// The pieces as stretches of the code.
fn join<'c>(code: &'c str, lengths: &[(Kind, usize)]) -> Vec<(Kind, &'c str)> {
    let mut at = 0;
    let mut pieces = Vec::with_capacity(lengths.len());
    for (kind, length) in lengths {
        pieces.push((*kind, &code[at..at + length]));
        at += length;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(language: &str, code: &str) -> String {
        let pieces = pieces(language, code).unwrap().into_iter();
        pieces
            .map(|(kind, text)| kind.map_or(text.to_owned(), |kind| format!("‹{kind} {text}›")))
            .collect()
    }

    #[test]
    fn comments_keywords_strings_and_literals_are_told_apart() {
        assert_eq!(
            shown("rust", "let a = \"b\"; // c\nif x == 42 {}\n"),
            "‹keyword let› a = ‹string \"b\"›; ‹comment // c\n›‹keyword if› x == ‹literal 42 ›{}\n"
        );
        assert!(shown("toml", "a = false # b\n").contains("‹comment # b"));
        assert!(shown("PYTHON", "return None\n").contains("‹keyword return"));
        assert!(shown("diff", "-a\n+b\n").starts_with("‹keyword -a"));
    }

    #[test]
    fn what_is_not_known_or_too_long_is_plain() {
        for (info, code) in [("", "a"), ("klingon", "a"), ("text", "a"), ("txt", "let a")] {
            assert_eq!(pieces(info, code), None, "{info}");
        }
        assert_eq!(pieces("rust", &"x\n".repeat(LONGEST)), None);
        assert_eq!(pieces("json", &"1,".repeat(LONGEST_LINE)), None);
        assert!(pieces("rust,ignore", "let a;").is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_character_of_the_code_is_lost(
            language in prop::sample::select(vec!["rust", "toml", "sh", "html", "yaml", "js", "md"]),
            code in "([a-z \"'#/<>={}()\n0-9*`$-]|\\PC){0,80}",
        ) {
            if let Some(pieces) = pieces(language, &code) {
                let whole: String = pieces.into_iter().map(|(_, text)| text).collect();
                prop_assert_eq!(whole, code);
            }
        }
    }
}
