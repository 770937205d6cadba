//! Tables with data in them.

use comrak::nodes::{Node, NodeTable, NodeValue, TableAlignment};
use maud::{Markup, html};
use unicode_width::UnicodeWidthStr;

use super::{END, inline};

/// What a table may be wide on a phone, in pixels: a window of 375 less the paddings of the text.
const PHONE: usize = 335;
/// The widest that a letter is in a table, the paddings of a cell, and what a column that breaks its words still needs.
const LETTER: usize = 9;
const PADDINGS: usize = 20;
const NARROWEST: usize = 40;

/// A table of the author's.
pub(super) fn data(node: Node<'_>, table: &NodeTable) -> Markup {
    let whole = whole_columns(node);
    let column = |column: usize| Column {
        align: match table.alignments.get(column) {
            Some(TableAlignment::Right) => Some("right"),
            Some(TableAlignment::Center) => Some("center"),
            Some(TableAlignment::Left) => Some("left"),
            _ => None,
        },
        is_whole: whole.get(column).is_some_and(|whole| *whole),
    };
    html! {
        table class="data" width="100%" border="0" cellpadding="0" cellspacing="0" {
            (END)
            @for row in node.children() { (data_row(row, &column)) }
        }
        (END)
    }
}

struct Column {
    align: Option<&'static str>,
    /// Whether its words are never broken.
    is_whole: bool,
}

fn data_row(row: Node<'_>, column: &impl Fn(usize) -> Column) -> Markup {
    let NodeValue::TableRow(is_head) = row.data().value else { return inline::inline(row) };
    html! {
        tr {
            @for (Column { align, is_whole }, cell) in (0..).map(column).zip(row.children()) {
                @let class = if is_head { "cell-head" } else { "cell-data" };
                @let class = if is_whole { format!("{class} whole") } else { class.to_owned() };
                @if is_head {
                    th scope="col" class=(class) align=[align] { (inline::line(cell)) }
                } @else {
                    td class=(class) align=[align] { (inline::line(cell)) }
                }
            }
        }
        (END)
    }
}

/// Which columns can keep their words whole on a phone: as many as fit, those with the shortest words first.
///
/// Elsewhere in a letter words that are too long are broken, and a table would then break every word it can for the
/// sake of the widest column.
fn whole_columns(table: Node<'_>) -> Vec<bool> {
    let rows: Vec<Node<'_>> = table.children().collect();
    let count = rows.iter().map(|row| row.children().count()).max().unwrap_or(0);
    let mut longest = vec![0; count];
    for row in rows {
        for (longest, cell) in longest.iter_mut().zip(row.children()) {
            let words = cell.collect_text();
            let most = words.split_whitespace().map(UnicodeWidthStr::width).max().unwrap_or(0);
            *longest = most.max(*longest);
        }
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|column| longest[*column]);
    let mut room = PHONE.saturating_sub(count * NARROWEST);
    let mut whole = vec![false; count];
    for column in order {
        let Some(left) =
            room.checked_sub((longest[column] * LETTER + PADDINGS).saturating_sub(NARROWEST))
        else {
            break;
        };
        (room, whole[column]) = (left, true);
    }
    whole
}
