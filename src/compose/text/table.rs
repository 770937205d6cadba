//! Tables: aligned columns where they fit and their widths are known, otherwise a record for each row.

use std::collections::BTreeSet;

use comrak::nodes::TableAlignment;
use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GUTTER: &str = "  ";
/// A rule shorter than this would not be seen as one.
const SHORTEST_RULE: usize = 3;

/// The cells of a table, each on one line; the first row is the head.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: Vec<Vec<String>>,
    pub(super) alignments: Vec<TableAlignment>,
    /// The cells, by row and column, whose width is another for each reader.
    pub(super) merged: BTreeSet<(usize, usize)>,
}

impl Table {
    /// The lines of the table, if none is wider than `width` columns, and every column starts where it should for every
    /// reader.
    pub(super) fn aligned(&self, width: usize) -> Option<Vec<String>> {
        let columns = self.column_widths();
        let total = columns.iter().sum::<usize>() + GUTTER.len() * columns.len().saturating_sub(1);
        let is_ragged = |&(_, column): &(usize, usize)| {
            let alignment = self.alignments.get(column);
            let is_left =
                !matches!(alignment, Some(TableAlignment::Right | TableAlignment::Center));
            column + 1 < columns.len() || !is_left
        };
        if total > width || self.merged.iter().any(is_ragged) {
            return None;
        }
        let mut lines: Vec<String> = self.rows.iter().map(|row| self.line(row, &columns)).collect();
        let rules: Vec<String> = columns.iter().map(|&column| "-".repeat(column)).collect();
        lines.insert(lines.len().min(1), rules.join(GUTTER));
        Some(lines)
    }

    /// `Head: value` for every filled cell, one group for each row. A head without rows is one group of its own.
    pub(super) fn records(&self) -> Vec<Vec<String>> {
        let Some((head, rows)) = self.rows.split_first() else { return Vec::new() };
        if rows.is_empty() {
            return vec![head.iter().filter(|cell| !cell.is_empty()).cloned().collect()];
        }
        let record = |row: &Vec<String>| -> Vec<String> {
            let filled = row.iter().enumerate().filter(|(_, value)| !value.is_empty());
            filled
                .map(|(column, value)| match head.get(column) {
                    Some(name) if !name.is_empty() => format!("{name}: {value}"),
                    _ => value.clone(),
                })
                .collect()
        };
        rows.iter().map(record).filter(|record| !record.is_empty()).collect()
    }

    fn column_widths(&self) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell: &String| cell.width())
                .max()
        };
        (0..count).map(|column| widest(column).unwrap_or(0).max(SHORTEST_RULE)).collect()
    }

    fn line(&self, row: &[String], columns: &[usize]) -> String {
        let cells: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, &column)| {
                let cell = row.get(at).map_or("", String::as_str);
                let space = column.saturating_sub(cell.width());
                let before = match self.alignments.get(at) {
                    Some(TableAlignment::Right) => space,
                    Some(TableAlignment::Center) => space / 2,
                    Some(TableAlignment::Left | TableAlignment::None) | None => 0,
                };
                format!("{}{cell}{}", " ".repeat(before), " ".repeat(space - before))
            })
            .collect();
        cells.join(GUTTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        let rows =
            rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect();
        let alignments = vec![TableAlignment::None, TableAlignment::Right, TableAlignment::Center];
        Table { rows, alignments, merged: BTreeSet::new() }
    }

    #[test]
    fn columns_are_aligned_by_display_width() {
        let table = table(&[&["Name", "Price", "Mark"], &["日本", "1.20", "x"]]);
        assert_eq!(
            table.aligned(72).unwrap(),
            ["Name  Price  Mark", "----  -----  ----", "日本   1.20   x  "],
        );
    }

    #[test]
    fn a_table_wider_than_the_page_is_not_aligned() {
        let table = table(&[&["abc", "def"], &["1", "2"]]);
        assert!(table.aligned(8).is_some());
        assert!(table.aligned(7).is_none());
    }

    #[test]
    fn a_value_of_unknown_width_may_only_stand_where_nothing_follows_it() {
        let mut table = table(&[&["Name"], &["Q0Z"]]);
        table.merged = [(1, 0)].into();
        assert!(table.aligned(72).is_some());
        table.rows.iter_mut().for_each(|row| row.push("x".to_owned()));
        assert!(table.aligned(72).is_none());
    }

    #[test]
    fn records_name_their_values_and_skip_empty_cells() {
        let table = table(&[&["Name", "Price", ""], &["Tea", "", "hot"], &["", "", ""]]);
        assert_eq!(table.records(), [["Name: Tea", "hot"]]);
    }

    #[test]
    fn a_head_without_rows_is_still_told() {
        assert_eq!(table(&[&["Name", "", "Price"]]).records(), [["Name", "Price"]]);
    }
}
