//! Tags in a text: where they begin and end, and of what kind they are.

use std::ops::Range;

/// A tag is no longer than this, in bytes: a brace that is never closed must not cost a look at the whole draft.
const LONGEST: usize = 1000;

/// Something in double braces, or that looks like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What stands in braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{{ … }}` on one line.
    Tag,
    /// `{{` or `{%` without its end.
    Unclosed(&'static str),
    /// `{% if … %}`, `{% elif … %}`, `{% else %}`, `{% endif %}`.
    Control(Control),
    /// `{% … %}` or `{# … #}` of other systems; with a word of help.
    Foreign(&'static str),
}

/// A tag that says for whom the text after it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    If(String),
    Elif(String),
    Else,
    Endif,
}

/// Everything in braces that a merge tag could be meant by, in order. A backslash before it makes it text.
pub(crate) fn scan(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('{').map(|open| at + open) {
        let end = text.floor_char_boundary(start + LONGEST);
        let line = text[start..end].lines().next().unwrap_or_default();
        if is_escaped(text, start) {
            at = start + line.bytes().take(2).take_while(|&byte| byte == b'{').count();
            continue;
        }
        let (kind, length) = match line.as_bytes().get(1) {
            Some(b'{') => {
                end_of_tag(line, "}}").map_or((Kind::Unclosed("{{"), 2), |end| (Kind::Tag, end))
            }
            Some(b'%') => end_of_tag(line, "%}")
                .map_or((Kind::Unclosed("{%"), 2), |end| (control(&line[2..end - 2]), end)),
            Some(b'#') if line.contains("#}") => {
                let help = "for a note to yourself write `<!-- … -->`";
                (Kind::Foreign(help), line.find("#}").unwrap_or(0) + 2)
            }
            _ => {
                at = start + 1;
                continue;
            }
        };
        at = start + length;
        found.push(Found { range: start..at, kind });
    }
    found
}

/// Whether an odd number of backslashes stands before a byte.
fn is_escaped(text: &str, at: usize) -> bool {
    text[..at].bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// What stands between `{%` and `%}`; Jinja's `-`, which eats white space, changes nothing here.
fn control(inner: &str) -> Kind {
    let inner = inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
    let (word, rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    let rest = rest.trim();
    match (word, rest.is_empty()) {
        ("if", _) => Kind::Control(Control::If(rest.to_owned())),
        ("elif", _) => Kind::Control(Control::Elif(rest.to_owned())),
        ("else", true) => Kind::Control(Control::Else),
        ("endif", true) => Kind::Control(Control::Endif),
        ("else", false) => {
            Kind::Foreign("write `{% elif … %}` to ask again, or `{% else %}` alone")
        }
        ("elseif" | "elsif" | "elif:", _) => Kind::Foreign("write `{% elif … %}`"),
        ("end" | "fi" | "endif" | "end_if", _) => Kind::Foreign("write `{% endif %}`"),
        ("for" | "endfor", _) => {
            Kind::Foreign("a letter has no loops; for tags write `{{ tags | join(\", \") }}`")
        }
        ("set", _) => {
            Kind::Foreign("write the expression where it is needed; a tag cannot be given a name")
        }
        ("raw" | "endraw", _) => {
            Kind::Foreign("put text with braces in backticks, or write `\\{{` for two braces")
        }
        _ => Kind::Foreign(
            "only `if`, `elif`, `else` and `endif` are understood; text with braces goes in backticks",
        ),
    }
}

/// The length of the tag at the start of a line; braces in its strings do not end it.
fn end_of_tag(line: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    let bytes = line.as_bytes();
    for at in 2..bytes.len() {
        match (quote, bytes[at]) {
            (None, b'"' | b'\'') => quote = Some(bytes[at]),
            (Some(open), byte) if open == byte => quote = None,
            (None, _) if line.as_bytes()[at..].starts_with(close.as_bytes()) => {
                return Some(at + 2);
            }
            (None, b'{') if matches!(bytes.get(at + 1), Some(b'{' | b'%')) => return None,
            _ => {}
        }
    }
    // A quote that is not closed must not hide the end of the tag from the message about it.
    let end = line[2..].find(close)? + 2;
    if line[2..end].contains("{{") || line[2..end].contains("{%") { None } else { Some(end + 2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(&str, Kind)> {
        scan(text).into_iter().map(|found| (&text[found.range], found.kind)).collect()
    }

    fn controls(text: &str) -> Vec<Control> {
        let control = |found: Found| match found.kind {
            Kind::Control(control) => Some(control),
            _ => None,
        };
        scan(text).into_iter().filter_map(control).collect()
    }

    #[test]
    fn tags_are_found_with_their_strings_and_without_their_neighbours() {
        assert_eq!(kinds("a {{ x }}{{y}}"), [("{{ x }}", Kind::Tag), ("{{y}}", Kind::Tag)]);
        let braces = "{{ x | default(\"}}\") }}";
        assert_eq!(kinds(braces), [(braces, Kind::Tag)]);
        assert_eq!(kinds("{{ it's }} b"), [("{{ it's }}", Kind::Tag)]);
        assert_eq!(kinds("{{ a }\n}}"), [("{{", Kind::Unclosed("{{"))]);
        assert_eq!(kinds("{{ a {{ b }}"), [("{{", Kind::Unclosed("{{")), ("{{ b }}", Kind::Tag)]);
        assert_eq!(kinds("{#id} { x }"), []);
        assert!(matches!(kinds("{# no #}")[..], [("{# no #}", Kind::Foreign(_))]));
    }

    #[test]
    fn conditions_are_read_and_other_statements_are_foreign() {
        use Control::{Elif, Else, Endif, If};
        let text = "{% if \"%}\" == x %}a{%elif y%}b{%- else -%}c{% endif %}";
        assert_eq!(controls(text), [If("\"%}\" == x".into()), Elif("y".into()), Else, Endif]);
        for foreign in ["{% for x in y %}", "{% set x = 1 %}", "{% else if x %}", "{% end %}"] {
            assert!(matches!(kinds(foreign)[..], [(_, Kind::Foreign(_))]), "{foreign}");
        }
        assert_eq!(kinds("{% if x }"), [("{%", Kind::Unclosed("{%"))]);
    }

    #[test]
    fn a_backslash_makes_braces_text() {
        assert_eq!(kinds("\\{{ x }} \\{% if %}"), []);
        assert_eq!(kinds("\\{\\{ x }}"), []);
        assert_eq!(kinds("\\\\{{ x }}"), [("{{ x }}", Kind::Tag)]);
    }
}
