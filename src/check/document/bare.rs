//! Addresses in running text, which become links when the letter is composed.

use std::ops::Range;

use super::reading::Parts;
use super::{Block, BlockKind, Link, LinkKind};

/// Adds the links that bare addresses make, in their places among the others.
pub(super) fn links(parts: &mut Parts) {
    let mut found = Vec::new();
    for run in
        parts.runs.iter().filter(|run| run.link.is_none() && run.text.len() == run.range.len())
    {
        for range in addresses(&run.text) {
            let text = run.text[range.clone()].to_owned();
            let is_web = text.contains("://");
            let url = match (is_web, text.starts_with("www.")) {
                (true, _) => text.clone(),
                (false, true) => format!("http://{text}"),
                (false, false) => format!("mailto:{text}"),
            };
            found.push(Link {
                kind: LinkKind::Bare,
                range: run.range.start + range.start..run.range.start + range.end,
                url,
                label: None,
                text,
                has_image: false,
                is_quoted: is_quoted(&parts.blocks, run.block),
            });
        }
    }
    if found.is_empty() {
        return;
    }
    // Runs name links by their index, so those move along.
    let mut order: Vec<usize> = (0..parts.links.len() + found.len()).collect();
    parts.links.append(&mut found);
    order.sort_by_key(|&index| parts.links[index].range.start);
    let mut places = vec![0; order.len()];
    for (place, &index) in order.iter().enumerate() {
        places[index] = place;
    }
    for link in parts.runs.iter_mut().flat_map(|run| &mut run.link) {
        *link = places[*link];
    }
    for link in parts.images.iter_mut().flat_map(|image| &mut image.link) {
        *link = places[*link];
    }
    parts.links.sort_by_key(|link| link.range.start);
}

fn is_quoted(blocks: &[Block], block: usize) -> bool {
    blocks.get(block).is_some_and(|block| block.is_quoted || block.kind == BlockKind::Quote)
}

/// The web and mail addresses in a text, as GitHub's autolinks have them.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.match_indices("://").chain(text.match_indices("www.")) {
        let start = ["https", "http"]
            .iter()
            .find(|scheme| text[..start].ends_with(**scheme))
            .map(|scheme| start - scheme.len())
            .or_else(|| text[start..].starts_with("www.").then_some(start));
        let Some(start) = start.filter(|&start| is_boundary(&text[..start])) else { continue };
        let rest = &text[start..];
        let end = rest.find(|c: char| c.is_whitespace() || c == '<').unwrap_or(rest.len());
        found.push(start..start + trimmed(&rest[..end]));
    }
    for (at, _) in text.match_indices('@') {
        let is_local = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
        let is_domain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        let start = text[..at].trim_end_matches(is_local).len();
        let rest = &text[at + 1..];
        let domain = rest.find(|c| !is_domain(c)).map_or(rest, |end| &rest[..end]);
        let domain = domain.trim_end_matches(['.', '-', '_']);
        if start < at && domain.contains('.') {
            found.push(start..at + 1 + domain.len());
        }
    }
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    found.retain(|range| {
        let is_new = range.start >= end && !range.is_empty();
        end = if is_new { range.end } else { end };
        is_new
    });
    found
}

fn is_boundary(before: &str) -> bool {
    before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || "*_~(".contains(c))
}

/// The length of an address without the punctuation of the sentence around it.
fn trimmed(address: &str) -> usize {
    let mut address = address;
    loop {
        let shorter =
            address.trim_end_matches(['?', '!', '.', ',', ':', '*', '_', '~', '"', '\'', ';']);
        let unopened =
            shorter.ends_with(')') && shorter.matches(')').count() > shorter.matches('(').count();
        let shorter = if unopened { &shorter[..shorter.len() - 1] } else { shorter };
        if shorter.len() == address.len() {
            return address.len();
        }
        address = shorter;
    }
}
