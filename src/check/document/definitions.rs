//! Reference definitions with their places, also those that a first one with the same label keeps from counting.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::RefDefs;

use super::{Block, BlockKind, Definition};

/// The definitions that count: where each begins and ends, and where it leads.
pub(super) fn known(found: &RefDefs<'_>) -> BTreeMap<usize, (usize, String)> {
    found
        .iter()
        .map(|(_, link)| (link.span.start, (link.span.end, link.dest.to_string())))
        .collect()
}

/// All definitions in order. One that does not count leaves no trace in the parser; it is what begins with `[…]:` at the
/// start of a line and belongs to no block.
pub(super) fn all(
    text: &str,
    blocks: &[Block],
    known: &BTreeMap<usize, (usize, String)>,
) -> Vec<Definition> {
    let mut found: Vec<Definition> = Vec::new();
    let mut first: BTreeMap<String, Range<usize>> = BTreeMap::new();
    let leaves = leaves(blocks);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start_matches([' ', '>', '\t']).len());
        at += line.len();
        let known_here = known.get(&start);
        if known_here.is_none() && (!text[start..].starts_with('[') || is_covered(&leaves, start)) {
            continue;
        }
        let Some((label, address)) = parts(&text[start..]) else { continue };
        let url_range = start + address.start..start + address.end;
        let (end, url) = match known_here {
            Some((end, url)) => (*end, url.clone()),
            None => (at - (line.len() - line.trim_end().len()), text[url_range.clone()].to_owned()),
        };
        let range = start..start + text[start..end.max(start)].trim_end().len();
        let earlier = first.get(&folded(label)).cloned();
        if earlier.is_none() {
            first.insert(folded(label), range.clone());
        }
        found.push(Definition { label: label.to_owned(), range, url, url_range, first: earlier });
    }
    found
}

/// A label as labels are compared.
pub(in crate::check) fn folded(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Blocks that hold text or code rather than other blocks.
fn leaves(blocks: &[Block]) -> Vec<Range<usize>> {
    let is_leaf = |block: &&Block| {
        matches!(
            block.kind,
            BlockKind::Paragraph
                | BlockKind::Heading(_)
                | BlockKind::Code
                | BlockKind::Html
                | BlockKind::Table
                | BlockKind::Footnote(_)
        )
    };
    blocks.iter().filter(is_leaf).map(|block| block.range.clone()).collect()
}

fn is_covered(leaves: &[Range<usize>], at: usize) -> bool {
    let next = leaves.partition_point(|leaf| leaf.start <= at);
    leaves[..next].iter().rev().take(4).any(|leaf| leaf.contains(&at))
}

/// The label, and where the address stands.
fn parts(text: &str) -> Option<(&str, Range<usize>)> {
    let inner = text.strip_prefix('[')?;
    let close =
        inner.match_indices(']').map(|(at, _)| at).find(|&at| !inner[..at].ends_with('\\'))?;
    let label = inner[..close].trim();
    let rest = inner[close + 1..].strip_prefix(':')?;
    let start = text.len() - rest.trim_start().len();
    let address = &text[start..];
    let length = match address.strip_prefix('<') {
        Some(inner) => return Some((label, start + 1..start + 1 + inner.find('>')?)),
        None => address.find(char::is_whitespace).unwrap_or(address.len()),
    };
    (length > 0 && !label.is_empty() && !label.starts_with('^'))
        .then_some((label, start..start + length))
}
