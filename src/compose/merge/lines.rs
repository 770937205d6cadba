//! Which control tags stand around blocks: those that are alone on their lines.

use std::collections::BTreeSet;
use std::ops::Range;

use super::scan::{Control, Found, Kind, scan};

/// A line of a body.
struct Line<'t> {
    /// What follows the marks of quotes and lists.
    content: &'t str,
    /// The control tags on it, if there is nothing else.
    tags: Vec<(Range<usize>, Control)>,
}

/// Where in the body the control tags begin that are alone on their lines, quote and list marks aside.
///
/// Not those between the rows of a table, which a block would end: they stand in for a row. Nor those in a comment of
/// the author's, which our comment would end.
pub(super) fn around_blocks(body: &str) -> BTreeSet<usize> {
    if !body.contains("{%") {
        return BTreeSet::new();
    }
    let comments = comments(body);
    let lines = lines(body);
    let mut blocks = BTreeSet::new();
    let mut in_table = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let mut is_row = false;
        for (_, control) in &line.tags {
            if matches!(control, Control::If(_)) {
                in_table.push(stands_between_rows(&lines, number));
            }
            is_row |= in_table.last().is_some_and(|is_row| *is_row);
            if matches!(control, Control::Endif) {
                in_table.pop();
            }
        }
        let is_in_comment = |at: &usize| comments.iter().any(|comment| comment.contains(at));
        let starts = line.tags.iter().map(|(range, _)| range.start);
        blocks.extend(starts.filter(|at| !is_row && !is_in_comment(at)));
    }
    blocks
}

fn stands_between_rows(lines: &[Line<'_>], number: usize) -> bool {
    let is_row = |line: Option<&Line<'_>>| line.is_some_and(|line| line.content.starts_with('|'));
    let has_no_tags = |line: &&Line<'_>| line.tags.is_empty();
    is_row(lines[..number].iter().rev().find(has_no_tags))
        && is_row(lines[number..].iter().find(has_no_tags))
}

fn lines(body: &str) -> Vec<Line<'_>> {
    let mut found = scan(body).into_iter().peekable();
    let mut lines = Vec::new();
    let mut start = 0;
    for line in body.split_inclusive('\n') {
        let end = start + line.len();
        let content = without_marks(line).trim();
        let mut tags = Vec::new();
        while let Some(Found { range, kind }) = found.next_if(|found| found.range.start < end) {
            if let Kind::Control(control) = kind {
                tags.push((range, control));
            }
        }
        let in_tags: usize = tags.iter().map(|(range, _)| visible(&body[range.clone()])).sum();
        let is_alone = visible(content) == in_tags;
        lines.push(Line { content, tags: if is_alone { tags } else { Vec::new() } });
        start = end;
    }
    lines
}

fn visible(text: &str) -> usize {
    text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count()
}

/// What follows the marks of quotes and list items at the start of a line.
pub(crate) fn without_marks(line: &str) -> &str {
    let mut rest = line.trim_start_matches([' ', '\t']);
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = match rest[digits..].chars().next() {
            Some('>') if digits == 0 => &rest[1..],
            Some('-' | '*' | '+') if digits == 0 && rest[1..].starts_with([' ', '\t']) => {
                &rest[1..]
            }
            Some('.' | ')') if digits > 0 && rest[digits + 1..].starts_with([' ', '\t']) => {
                &rest[digits + 1..]
            }
            _ => return rest,
        };
        rest = after.trim_start_matches([' ', '\t']);
    }
}

/// What the author has hidden.
fn comments(body: &str) -> Vec<Range<usize>> {
    let mut comments = Vec::new();
    let mut at = 0;
    while let Some(start) = body[at..].find("<!--").map(|start| at + start) {
        let Some(end) = body[start..].find("-->").map(|end| start + end + 3) else { break };
        comments.push(start..end);
        at = end;
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a body whose tags stand around blocks, from 1.
    fn block_lines(body: &str) -> Vec<usize> {
        let line = |at: usize| body[..at].matches('\n').count() + 1;
        let mut lines: Vec<usize> = around_blocks(body).into_iter().map(line).collect();
        lines.dedup();
        lines
    }

    #[test]
    fn a_tag_alone_on_its_line_stands_around_blocks() {
        let body = "{% if x %}\na\n{% else %}  \nb\n{% endif %}{% if y %}\n";
        assert_eq!(block_lines(body), [1, 3, 5]);
        assert_eq!(block_lines("> {% if x %}\n> a\n> {% endif %}\n- {% if x %}\n  a"), [1, 3, 4]);
        assert_eq!(block_lines("{% if x %}a\nb {% endif %}\n"), [] as [usize; 0]);
        assert_eq!(block_lines("{% if x %}{{ y }}\n"), [] as [usize; 0]);
    }

    #[test]
    fn between_the_rows_of_a_table_it_is_a_row() {
        let rows = "| a |\n|---|\n| b |\n{% if x %}\n| c |\n{% endif %}\n";
        assert_eq!(block_lines(rows), [] as [usize; 0]);
        let around = "{% if x %}\n| a |\n|---|\n| b |\n{% endif %}\ntext\n";
        assert_eq!(block_lines(around), [1, 5]);
    }

    #[test]
    fn in_a_comment_it_stays_hidden() {
        assert_eq!(block_lines("<!--\n{% if x %}\n-->\n{% if x %}\n"), [4]);
    }
}
