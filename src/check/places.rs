//! Places in words, for remarks that have several.

use super::document::Document;

/// The most that are named.
const MOST: usize = 8;

/// `, also at 85:12, 98:5`; nothing for none.
pub(super) fn also(document: &Document<'_>, places: &[usize]) -> String {
    if places.is_empty() {
        return String::new();
    }
    format!(", also at {}", listed(document, places))
}

/// `85:12, 98:5 and 3 more`, by the bytes of the document.
pub(super) fn listed(document: &Document<'_>, places: &[usize]) -> String {
    let named: Vec<String> = places.iter().take(MOST).map(|&at| place(document, at)).collect();
    match places.len().saturating_sub(MOST) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn place(document: &Document<'_>, at: usize) -> String {
    let (source, at) = document.origin(at);
    let place = source.place(at);
    format!("{}:{}", place.line, place.column)
}
