//! Postrider's own Markdown, hidden from a parser that does not know it, byte for byte.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use super::reading::OPTIONS;

/// The text with editor's notes as comments and the lines of callouts blank; all else stays where it is.
pub(super) fn mask(text: &str) -> String {
    if !text.contains("%%") && !text.contains(":::") {
        return text.to_owned();
    }
    let code = code(text);
    let is_code = |at: usize| {
        let next = code.partition_point(|range| range.start <= at);
        next > 0 && code[next - 1].contains(&at)
    };
    let mut masked = text.as_bytes().to_vec();
    for note in notes(text, is_code) {
        hide(&mut masked[note]);
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with(":::")
            && !is_code(start + line.len() - line.trim_start().len())
        {
            blank(&mut masked[start..start + line.trim_end().len()]);
        }
        start += line.len();
    }
    String::from_utf8(masked).unwrap_or_else(|_| text.to_owned())
}

fn code(text: &str) -> Vec<Range<usize>> {
    let events = Parser::new_ext(text, OPTIONS).into_offset_iter();
    let is_code =
        |event: &Event<'_>| matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_)));
    events.filter(|(event, _)| is_code(event)).map(|(_, range)| range).collect()
}

/// `%% … %%` within a line, or from the start of one to the end of another.
fn notes(text: &str, is_code: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let marks: Vec<usize> = text
        .match_indices("%%")
        .map(|(at, _)| at)
        .filter(|&at| !is_code(at) && !text[..at].ends_with('\\'))
        .collect();
    let mut notes = Vec::new();
    let mut marks = marks.into_iter().peekable();
    while let Some(start) = marks.next() {
        let Some(&end) = marks.peek() else { break };
        let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
        let starts_a_line = text[line..start].trim().is_empty();
        if end >= start + 2 && (starts_a_line || !text[start..end].contains('\n')) {
            notes.push(start..end + 2);
            marks.next();
        }
    }
    notes
}

/// Makes a note a comment of HTML, or blank where it is too short for one.
fn hide(note: &mut [u8]) {
    blank(note);
    let end = note.len();
    if end >= "<!---->".len() {
        note[..4].copy_from_slice(b"<!--");
        note[end - 3..].copy_from_slice(b"-->");
    }
}

fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_and_callouts_are_hidden_where_they_are_and_code_is_not() {
        let check = |text: &str, expected: &str| {
            assert_eq!(mask(text), expected);
            assert_eq!(mask(text).len(), text.len());
        };
        check("The crane %% ask Jo %% is gone.", "The crane <!--     --> is gone.");
        check("%%\nask\nJo\n%%\nx", "<!--  \n  -->\nx");
        check("`%% a %%` and 5 %% of\nall", "`%% a %%` and 5 %% of\nall");
        check("::: note\nx\n:::\n", "        \nx\n   \n");
    }
}
