//! What of a letter large mail programs do not show, from the data of caniemail.com.

use std::collections::{BTreeMap, HashSet};

use super::page::Page;
use crate::check::note::Note;
use crate::clients::{self, Kind, Support};
use crate::finding::shown;
use crate::rule;

/// What some mail program lacks and the letter does without there: its look is inline, and its words need none of these.
const DISPENSABLE: [(Kind, &str); 16] = [
    (Kind::Attribute, "aria-hidden"),
    (Kind::Attribute, "aria-label"),
    (Kind::Attribute, "role"),
    (Kind::Attribute, "height"),
    (Kind::AtRule, "media"),
    (Kind::Element, "body"),
    (Kind::Element, "mark"),
    (Kind::Element, "style"),
    (Kind::Property, "border-radius"),
    (Kind::Property, "height"),
    (Kind::Property, "max-height"),
    (Kind::Property, "overflow"),
    (Kind::Property, "opacity"),
    (Kind::Property, "white-space"),
    (Kind::Property, "word-break"),
    (Kind::Property, "color-scheme"),
];

/// Something that a letter uses, and who knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What it is.
    pub kind: Kind,
    /// In lower case.
    pub name: String,
    /// How the clients take it.
    pub support: Support,
    /// Whether letters do without it where it is not known.
    pub is_dispensable: bool,
}

/// All that a letter uses and anything is known of, by its HTML.
pub fn uses(html: &str) -> Vec<Use> {
    of_page(&Page::read(html))
}

fn of_page(page: &Page) -> Vec<Use> {
    let mut found: BTreeMap<(Kind, String), Support> = BTreeMap::new();
    let mut take = |kind: Kind, name: &str| {
        let name = name.trim().to_ascii_lowercase();
        if let Some(support) = clients::support(kind, &name) {
            found.insert((kind, name), support);
        }
    };
    // Letters have a handful of each, and thousands of elements.
    let mut seen: HashSet<(Kind, &str)> = HashSet::new();
    let mut is_new = |kind: Kind, text| seen.insert((kind, text));
    for element in &page.elements {
        if is_new(Kind::Element, element.name.as_str()) {
            take(Kind::Element, &element.name);
        }
        for (name, value) in &element.attributes {
            if is_new(Kind::Attribute, name) {
                take(Kind::Attribute, name);
            }
            if name == "style" && is_new(Kind::Property, value) {
                for (property, value) in value.split(';').filter_map(|part| part.split_once(':')) {
                    take(Kind::Property, property);
                    take(Kind::Value, &format!("{}:{}", property.trim(), value.trim()));
                }
            }
            if name == "src" {
                let path = value.split(['?', '#']).next().unwrap_or_default();
                take(Kind::Image, path.rsplit('.').next().unwrap_or_default());
            }
        }
    }
    let with_kind = found.into_iter().map(|((kind, name), support)| {
        let is_dispensable = DISPENSABLE.contains(&(kind, name.as_str()));
        Use { kind, name, support, is_dispensable }
    });
    with_kind.collect()
}

/// One remark for all that a large client lacks and readers would miss.
pub(super) fn note(page: &Page) -> Option<Note> {
    let mut found = of_page(page);
    found.retain(|one| one.support.large_without() > 0 && !one.is_dispensable);
    if found.is_empty() {
        return None;
    }
    let named = found.iter().map(|one| {
        format!("`{}` (not in {})", shown(&one.name), one.support.gap().unwrap_or_default())
    });
    let message = format!(
        "the letter uses what some programs do not know: {}",
        named.collect::<Vec<_>>().join(", ")
    );
    let note = Note::whole(&rule::COMPAT, message);
    Some(note.help("see that it can be read without them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_lacks_is_named_unless_letters_do_without_it() {
        let plain = "<body style=\"opacity:1\"><p role=\"x\" style=\"border-radius:3px;color:#222222\">x</p></body>";
        assert!(note(&Page::read(plain)).is_none());
        let fancy = "<p style=\"transform:none;display:flex\"><img src=\"https://example.org/a.webp?x\"></p>";
        assert!(note(&Page::read(fancy)).is_some());
    }
}
