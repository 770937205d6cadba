//! The colours that a letter's head sets for the dark, as far as its own stylesheets go: elements and classes, one within
//! the other, every declaration `!important`.

use super::contrast::colour;
use super::page::Page;
use crate::compose::raw_html::Element;
use crate::theme::colour::Colour;

/// One colour for what a selector matches.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    /// Outermost first, each an element, classes, or both.
    selector: Vec<String>,
    property: String,
    colour: Colour,
}

/// The colours for the dark.
#[derive(Debug, Default)]
pub(super) struct Dark(Vec<Setting>);

impl Dark {
    /// Reads the blocks for the dark in a page's style elements.
    pub(super) fn of(page: &Page) -> Self {
        let mut settings = Vec::new();
        for sheet in &page.styles {
            for (start, _) in sheet.match_indices("prefers-color-scheme:dark){") {
                let block = &sheet[start..];
                let rules = block.split_once('{').map_or("", |(_, rules)| rules);
                for rule in rules.split('}') {
                    let Some((selectors, declarations)) = rule.split_once('{') else { break };
                    settings.extend(rule_settings(selectors, declarations));
                }
            }
        }
        Self(settings)
    }

    /// What the sheet says last of a property of an element.
    pub(super) fn colour(
        &self,
        page: &Page,
        element: usize,
        properties: &[&str],
    ) -> Option<Colour> {
        let settings = self.0.iter().rev();
        let mut of_property =
            settings.filter(|setting| properties.contains(&setting.property.as_str()));
        of_property
            .find(|setting| matches(&setting.selector, page, element))
            .map(|setting| setting.colour)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn rule_settings(selectors: &str, declarations: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    for (property, value) in declarations.split(';').filter_map(|part| part.split_once(':')) {
        let Some(colour) = colour(value) else { continue };
        for selector in selectors.split(',') {
            let selector = selector.split_whitespace().map(str::to_owned).collect();
            settings.push(Setting { selector, property: property.trim().to_owned(), colour });
        }
    }
    settings
}

fn matches(selector: &[String], page: &Page, element: usize) -> bool {
    let mut path = page.path(element);
    let (Some((last, above)), Some(element)) = (selector.split_last(), path.next()) else {
        return false;
    };
    is(element, last) && above.iter().rev().all(|wanted| path.any(|element| is(element, wanted)))
}

/// Whether `td.cell.wide` is this element.
fn is(element: &Element, wanted: &str) -> bool {
    let mut parts = wanted.split('.');
    let name = parts.next().unwrap_or_default();
    let classes = element.attribute("class").unwrap_or_default();
    (name.is_empty() || name == element.name)
        && parts.all(|class| classes.split_whitespace().any(|has| has == class))
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
        let dark = Dark::of(&page);
        let of = |text: &str| {
            let (_, around) = page.texts.iter().find(|(found, _)| found == text).unwrap();
            dark.colour(&page, around.unwrap(), &["color"]).map(|colour| colour.to_string())
        };
        assert_eq!(of("x").as_deref(), Some("#222222"));
        assert_eq!(of("y").as_deref(), Some("#444444"));
        assert_eq!(of("z").as_deref(), Some("#222222"));
        assert!(Dark::of(&Page::read("<p>x</p>")).is_empty());
    }
}
