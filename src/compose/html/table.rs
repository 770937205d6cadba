//! Tables with data in them.

use comrak::nodes::{Node, NodeTable, NodeValue, TableAlignment};
use maud::{Markup, html};

use super::{END, inline};

/// A table of the author's.
pub(super) fn data(node: Node<'_>, table: &NodeTable) -> Markup {
    let align = |column: usize| match table.alignments.get(column) {
        Some(TableAlignment::Right) => Some("right"),
        Some(TableAlignment::Center) => Some("center"),
        Some(TableAlignment::Left) => Some("left"),
        _ => None,
    };
    html! {
        table class="data" width="100%" border="0" cellpadding="0" cellspacing="0" {
            (END)
            @for row in node.children() { (data_row(row, &align)) }
        }
        (END)
    }
}

fn data_row(row: Node<'_>, align: &impl Fn(usize) -> Option<&'static str>) -> Markup {
    let NodeValue::TableRow(is_head) = row.data().value else { return inline::inline(row) };
    html! {
        tr {
            @for (column, cell) in row.children().enumerate() {
                @if is_head {
                    th scope="col" class="cell-head" align=[align(column)] { (inline::line(cell)) }
                } @else {
                    td class="cell-data" align=[align(column)] { (inline::line(cell)) }
                }
            }
        }
        (END)
    }
}
