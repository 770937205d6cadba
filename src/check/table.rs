//! Tables: as wide as a letter, and with as many cells in each row.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use super::document::{BlockKind, Document};
use super::note::Note;
use crate::rule;

/// More columns are too narrow to be read on a phone.
const COLUMNS: usize = 4;
/// What a letter's column holds of text that cannot be broken, in characters of eight pixels, without the cells' padding.
const WIDTH: usize = 552 / 8;
/// The padding of a cell, in such characters.
const PADDING: usize = 3;

/// What is to be said of the table at this index of the blocks.
pub(super) fn notes(document: &Document<'_>, index: usize) -> Vec<Note> {
    let rows: Vec<Range<usize>> = document
        .blocks
        .iter()
        .filter(|block| block.parent == Some(index) && block.kind == BlockKind::Row)
        .map(|block| document.line_range(document.line(block.range.start)))
        .collect();
    let Some((head, body)) = rows.split_first() else { return Vec::new() };
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| cells(document.slice(row))).collect();
    let columns = cells[0].len();
    let mut notes = Vec::new();
    if let Some(note) = wide(head, &cells) {
        notes.push(note);
    }
    for (row, cells) in body.iter().zip(&cells[1..]).filter(|(_, cells)| cells.len() != columns) {
        let what =
            if cells.len() < columns { "the others stay empty" } else { "the others are lost" };
        let message = format!("row with {} of {columns} cells; {what}", cells.len());
        notes.push(
            Note::body(&rule::TABLE_RAGGED, row.clone(), message)
                .help("give every row the same number of cells; `\\|` is a bar within one"),
        );
    }
    notes
}

fn wide(head: &Range<usize>, rows: &[Vec<&str>]) -> Option<Note> {
    let columns = rows[0].len();
    let longest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let words = cells.flat_map(|cell| cell.split_whitespace());
        words.filter(|word| !word.contains("](")).map(str::width).max().unwrap_or(0)
    };
    let width: usize = (0..columns).map(|column| longest(column) + PADDING).sum();
    let message = if columns > COLUMNS {
        format!("table of {columns} columns; phones have room for {COLUMNS}")
    } else if width > WIDTH {
        "table that is wider than a letter, because its words cannot be broken".to_owned()
    } else {
        return None;
    };
    let note = Note::body(&rule::TABLE_WIDE, head.clone(), message);
    Some(note.help("leave columns out, or make it a list"))
}

/// The cells of a row as written: what stands between bars that are not escaped (GFM 4.10, in code too).
fn cells(row: &str) -> Vec<&str> {
    let row = row.trim_end();
    let mut cells = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, byte) in row.bytes().enumerate() {
        if byte == b'|' && !escaped {
            cells.push(&row[start..at]);
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    cells.push(&row[start..]);
    let is_margin = |cell: &str| cell.trim_matches(['>', ' ', '\t']).is_empty();
    if cells.len() > 1 && is_margin(cells[0]) {
        cells.remove(0);
    }
    if cells.len() > 1 && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_of_a_row_stand_between_bars_that_are_no_text() {
        assert_eq!(cells("| a | b |"), [" a ", " b "]);
        assert_eq!(cells("a | b"), ["a ", " b"]);
        assert_eq!(cells("> | a \\| b | `c \\| d` |"), [" a \\| b ", " `c \\| d` "]);
        assert_eq!(cells("| a | | c |"), [" a ", " ", " c "]);
    }
}
