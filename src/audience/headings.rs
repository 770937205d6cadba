//! The first record of a table: which column holds what.

use std::ops::Range;

use super::columns::{self, Mistake};
use super::passage::Passage;
use super::records::cell;
use crate::finding::{Finding, shown};
use crate::rule::LIST_SYNTAX;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Email,
    Name,
    Tags,
    Status,
    Field(String),
}

/// Reads the names of the columns; a table without addresses says only that.
pub(super) fn parse(
    passage: Passage<'_>,
    cells: &[Range<usize>],
) -> Result<Vec<Column>, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut columns = Vec::new();
    for (index, range) in cells.iter().enumerate() {
        match column(cell(passage, range).trim(), index, &columns) {
            Ok(column) => columns.push(column),
            Err(mistake) => findings.push(header_finding(passage, range.clone(), mistake)),
        }
    }
    if !columns.contains(&Column::Email) {
        let mistake = no_email(passage, cells);
        findings = vec![header_finding(passage, 0..passage.text.trim_end().len(), mistake)];
    }
    if findings.is_empty() { Ok(columns) } else { Err(findings) }
}

fn header_finding(passage: Passage<'_>, span: Range<usize>, mistake: Mistake) -> Finding {
    Finding { rule: &LIST_SYNTAX, ..passage.mistake(span, mistake) }
}

fn no_email(passage: Passage<'_>, cells: &[Range<usize>]) -> Mistake {
    let other = [";", "\t", "|", ","].into_iter().find(|other| passage.text.contains(*other));
    if let (1, Some(other)) = (cells.len(), other) {
        let other = if other == "\t" { "\\t" } else { other };
        return Mistake::new(format!("one column only; looks like `{other}`"))
            .help(format!("use --delimiter '{other}'"));
    }
    let found: Vec<String> = cells.iter().map(|range| shown(cell(passage, range).trim())).collect();
    Mistake::new(format!("no `email` column; found: {}", found.join(", ")))
        .help("name the column with the addresses `email`")
}

fn column(name: &str, index: usize, others: &[Column]) -> Result<Column, Mistake> {
    if name.is_empty() {
        return Err(Mistake::new(format!("column {} has no name", index + 1))
            .help("name it, or remove the column"));
    }
    let key = name.to_lowercase().replace([' ', '-'], "_");
    let column = match key.as_str() {
        "email" | "e_mail" | "email_address" => Column::Email,
        "name" => Column::Name,
        "tags" => Column::Tags,
        "status" => Column::Status,
        _ => {
            columns::check_field_name(&key)?;
            Column::Field(key.clone())
        }
    };
    if others.contains(&column) {
        return Err(Mistake::new(format!("two columns are both `{key}`"))
            .help("rename one of them, or remove it"));
    }
    Ok(column)
}
