//! What a letter's head sets for narrow screens and for the dark, as far as its own stylesheets go: elements and classes,
//! one within the other, every declaration `!important`.

use super::contrast::colour;
use super::page::Page;
use crate::compose::raw_html::Element;
use crate::theme::colour::Colour;

/// When a block of the head counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// On screens that are narrower than some width.
    Narrow,
    /// Where readers want it dark.
    Dark,
}

/// One declaration for what a selector matches.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    /// Outermost first.
    selector: Vec<Compound>,
    property: String,
    value: String,
}

/// An element, classes, or both: `td.cell.wide`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Compound {
    /// Empty for any.
    name: String,
    classes: Vec<String>,
}

/// The declarations that count at one time.
#[derive(Debug, Default)]
pub(super) struct Head(Vec<Setting>);

impl Head {
    /// Reads the blocks of a kind in a page's style elements.
    pub(super) fn of(page: &Page, when: When) -> Self {
        let query = match when {
            When::Narrow => "@media (max-width:",
            When::Dark => "@media (prefers-color-scheme:dark",
        };
        let mut settings = Vec::new();
        for sheet in &page.styles {
            for (start, _) in sheet.match_indices(query) {
                let rules = sheet[start..].split_once('{').map_or("", |(_, rules)| rules);
                for rule in rules.split('}') {
                    let Some((selectors, declarations)) = rule.split_once('{') else { break };
                    settings.extend(rule_settings(selectors, declarations));
                }
            }
        }
        Self(settings)
    }

    /// What the head says of properties of an element, the last first.
    pub(super) fn values<'h>(
        &'h self,
        page: &'h Page,
        element: usize,
        properties: &'h [&str],
    ) -> impl Iterator<Item = &'h str> {
        let settings = self.0.iter().rev();
        settings
            .filter(|setting| properties.contains(&setting.property.as_str()))
            .filter(move |setting| matches(&setting.selector, page, element))
            .map(|setting| setting.value.as_str())
    }

    /// The colour that the head gives to an element.
    pub(super) fn colour(
        &self,
        page: &Page,
        element: usize,
        properties: &[&str],
    ) -> Option<Colour> {
        self.values(page, element, properties).find_map(colour)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn rule_settings(selectors: &str, declarations: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    for (property, value) in declarations.split(';').filter_map(|part| part.split_once(':')) {
        let (property, value) = (property.trim(), value.trim().trim_end_matches("!important"));
        for selector in selectors.split(',') {
            let selector = selector.split_whitespace().map(Compound::of).collect();
            let (property, value) = (property.to_owned(), value.trim_end().to_owned());
            settings.push(Setting { selector, property, value });
        }
    }
    settings
}

fn matches(selector: &[Compound], page: &Page, element: usize) -> bool {
    let mut path = page.path(element);
    let (Some((last, above)), Some(element)) = (selector.split_last(), path.next()) else {
        return false;
    };
    last.is(element) && above.iter().rev().all(|wanted| path.any(|element| wanted.is(element)))
}

impl Compound {
    fn of(text: &str) -> Self {
        let mut parts = text.split('.').map(str::to_owned);
        let name = parts.next().filter(|name| name != "*").unwrap_or_default();
        Self { name, classes: parts.collect() }
    }

    fn is(&self, element: &Element) -> bool {
        let has = |class: &String| {
            let classes = element.attribute("class").unwrap_or_default();
            classes.split_whitespace().any(|has| has == class)
        };
        (self.name.is_empty() || self.name.eq_ignore_ascii_case(&element.name))
            && self.classes.iter().all(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_for_an_element_or_one_around_it_counts() {
        let page = Page::read(
            "<style>@media (max-width:600px){\n.a{color:#111111 !important}\n}\n\
             @media (prefers-color-scheme:dark){\n.a,b.c{color:#222222 !important;border-color:#333333 !important}\n\
             .a .c{color:#444444 !important}\n}\n</style><p class=\"a\">x<b class=\"c d\">y</b></p><b class=\"c\">z</b>",
        );
        let (dark, narrow) = (Head::of(&page, When::Dark), Head::of(&page, When::Narrow));
        let of = |head: &Head, text: &str| {
            let (_, around) = page.texts.iter().find(|(found, _)| found == text).unwrap();
            head.colour(&page, around.unwrap(), &["color"]).map(|colour| colour.to_string())
        };
        assert_eq!(of(&dark, "x").as_deref(), Some("#222222"));
        assert_eq!(of(&dark, "y").as_deref(), Some("#444444"));
        assert_eq!(of(&dark, "z").as_deref(), Some("#222222"));
        assert_eq!(of(&narrow, "x").as_deref(), Some("#111111"));
        assert_eq!(of(&narrow, "z"), None);
        assert!(Head::of(&Page::read("<p>x</p>"), When::Dark).is_empty());
    }
}
