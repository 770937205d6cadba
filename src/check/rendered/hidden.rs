//! Whether readers can see the way out: a stylesheet of the user's can hide what the layout always prints.

use super::contrast;
use super::head::{Head, When};
use super::page::{Page, style};
use crate::compose::raw_html::Element;
use crate::finding::shown;

/// Text of the footer is at least this high, in pixels.
const SMALLEST: f64 = 14.0;
/// Below this contrast nobody finds a word who does not know that it is there.
const FAINTEST: f64 = 1.5;
/// From here on an element stands outside of any screen, in pixels.
const FAR: f64 = 100.0;

/// What can make an element vanish.
const PROPERTIES: [&str; 20] = [
    "display",
    "visibility",
    "opacity",
    "mso-hide",
    "clip",
    "clip-path",
    "transform",
    "color",
    "-webkit-text-fill-color",
    "text-indent",
    "margin-left",
    "margin-top",
    "left",
    "right",
    "top",
    "bottom",
    "height",
    "max-height",
    "width",
    "max-width",
];

/// What of a finished letter leads out.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::check) enum WayOut {
    /// A link that can be seen at all times.
    Shown,
    /// Why it cannot be seen at some time.
    Hidden(String),
    /// There is no link.
    Missing,
}

/// Looks for links to an address in a letter's HTML.
pub(in crate::check) fn way_out(html: &str, address: &str) -> WayOut {
    let page = Page::read(html);
    let leads_out = |element: &Element| {
        element.name == "a" && element.attribute("href").is_some_and(|href| href.contains(address))
    };
    let links: Vec<usize> =
        (0..page.elements.len()).filter(|&at| leads_out(&page.elements[at])).collect();
    if links.is_empty() {
        return WayOut::Missing;
    }
    let times = [
        ("", Head::default()),
        (" on narrow screens", Head::of(&page, When::Narrow)),
        (" in the dark", Head::of(&page, When::Dark)),
    ];
    for (when, head) in &times {
        let sight = Sight { page: &page, head };
        let mut hidden = links.iter().map(|&link| sight.hidden(link));
        let first = hidden.next().flatten();
        if let Some(why) = first.filter(|_| hidden.all(|why| why.is_some())) {
            return WayOut::Hidden(format!("{why}{when}"));
        }
    }
    WayOut::Shown
}

/// A page as it is seen at some time.
struct Sight<'p> {
    page: &'p Page,
    head: &'p Head,
}

impl Sight<'_> {
    /// Why an element cannot be seen.
    fn hidden(&self, link: usize) -> Option<String> {
        let path: Vec<usize> = self.page.ancestry(link).collect();
        let of_itself =
            || self.empty(link).or_else(|| self.small(&path)).or_else(|| self.faint(link));
        path.iter().find_map(|&element| self.covered(element)).or_else(of_itself)
    }

    /// What an element's styles say last of a property or its shorthand, in lower case.
    fn value(&self, element: usize, properties: &[&str]) -> Option<String> {
        let head = self.head.values(self.page, element, properties).next();
        head.or_else(|| style(&self.page.elements[element], properties))
            .map(str::to_ascii_lowercase)
    }

    /// The declaration that makes an element and all in it vanish.
    fn covered(&self, element: usize) -> Option<String> {
        let tag = &self.page.elements[element];
        if tag.attribute("hidden").is_some() {
            return Some(format!("by `hidden` of {}", named(tag)));
        }
        let is_cut = self
            .value(element, &["overflow", "overflow-x", "overflow-y"])
            .is_some_and(|value| value.starts_with("hidden") || value.starts_with("clip"));
        let is_placed = self
            .value(element, &["position"])
            .is_some_and(|value| matches!(value.as_str(), "absolute" | "fixed" | "relative"));
        PROPERTIES.into_iter().find_map(|property| {
            let value = self.value(element, &[property])?;
            let hides = hides(property, &value, is_cut, is_placed);
            hides.then(|| format!("by `{property}: {}` of {}", shown(&value), named(tag)))
        })
    }

    /// Nothing in a link can be clicked.
    fn empty(&self, link: usize) -> Option<String> {
        let is_within = |element: usize| self.page.ancestry(element).any(|around| around == link);
        let mut texts = self.page.shown().filter_map(|(_, around)| around);
        let mut images = (0..self.page.elements.len())
            .filter(|&element| self.page.elements[element].name == "img");
        let has_content = texts.any(is_within) || images.any(is_within);
        (!has_content).then(|| "because nothing is in it".to_owned())
    }

    /// The size that letters have in the end, worked out from the outermost element inwards.
    fn small(&self, path: &[usize]) -> Option<String> {
        let (mut size, mut by) = (16.0, None);
        for &element in path.iter().rev() {
            if let Some(value) = self.value(element, &["font-size", "font"])
                && let Some(pixels) = font_size(&value, size)
            {
                (size, by) = (pixels, Some((element, value)));
            }
        }
        let (element, value) = by.filter(|_| size < SMALLEST)?;
        let tag = named(&self.page.elements[element]);
        Some(format!("by letters of less than {SMALLEST}px (`{}` of {tag})", shown(&value)))
    }

    /// Letters in the colour of what is behind them.
    fn faint(&self, link: usize) -> Option<String> {
        let (colour, behind) = contrast::pair(self.page, self.head, link)?;
        let is_faint = colour.contrast(behind) < FAINTEST;
        is_faint.then(|| format!("by its colour `{colour}` on `{behind}`"))
    }
}

fn hides(property: &str, value: &str, is_cut: bool, is_placed: bool) -> bool {
    let pixels = || length(value);
    match property {
        "display" => value == "none",
        "visibility" => matches!(value, "hidden" | "collapse"),
        "opacity" => share(value).is_some_and(|share| share < 0.5),
        "mso-hide" => value == "all",
        "clip" => value.starts_with("rect("),
        "clip-path" => value != "none",
        "transform" => value.contains("scale(0"),
        "color" | "-webkit-text-fill-color" => value == "transparent",
        "height" | "max-height" | "width" | "max-width" => {
            is_cut && pixels().is_some_and(|pixels| pixels < SMALLEST)
        }
        "text-indent" | "margin-left" | "margin-top" => {
            pixels().is_some_and(|pixels| pixels <= -FAR)
        }
        _ => is_placed && pixels().is_some_and(|pixels| pixels.abs() >= FAR),
    }
}

/// A number and its unit.
fn measure(value: &str) -> Option<(f64, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let end = value.find(|c| !is_number(c)).unwrap_or(value.len());
    value[..end].parse().ok().map(|number| (number, &value[end..]))
}

/// A length in pixels; other units only roughly.
fn length(value: &str) -> Option<f64> {
    match measure(value)? {
        (number, "px" | "") => Some(number),
        (number, "pt") => Some(number * 4.0 / 3.0),
        (number, "em" | "rem") => Some(number * 16.0),
        (number, "vw" | "vh" | "%") => Some(number * 6.0),
        _ => None,
    }
}

fn share(value: &str) -> Option<f64> {
    match measure(value)? {
        (number, "%") => Some(number / 100.0),
        (number, _) => Some(number),
    }
}

/// The size that a value of `font-size` or `font` comes to within letters of a size.
fn font_size(value: &str, around: f64) -> Option<f64> {
    let size = |word: &str| match (word, measure(word)) {
        ("xx-small", _) => Some(9.0),
        ("x-small", _) => Some(10.0),
        ("small", _) => Some(13.0),
        ("smaller", _) => Some(around / 1.2),
        ("medium", _) => Some(16.0),
        (_, Some((number, "%"))) => Some(around * number / 100.0),
        (_, Some((number, "em"))) => Some(around * number),
        // In `font: 700 12px/1.5 Georgia` a number alone is a weight.
        (_, Some((number, ""))) if number != 0.0 => None,
        _ => length(word),
    };
    value.split_whitespace().find_map(|word| size(word.split('/').next().unwrap_or_default()))
}

fn named(element: &Element) -> String {
    match element.attribute("class") {
        Some(class) => format!("`<{} class=\"{}\">`", element.name, shown(class)),
        None => format!("`<{}>`", element.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(head: &str, cell: &str, link: &str) -> WayOut {
        let html = format!(
            "<style>\n{head}</style><body style=\"background-color:#ffffff;color:#222222\"><table><tr>\
             <td class=\"footer\" style=\"font-size:14px;{cell}\"><a class=\"foot-link\" style=\"{link}\" href=\"https://out/\">Unsubscribe</a></td></tr></table></body>"
        );
        way_out(&html, "https://out/")
    }

    #[test]
    fn a_link_is_hidden_by_its_own_styles_and_by_those_around_it() {
        assert_eq!(look("", "", "color:#555555"), WayOut::Shown);
        assert_eq!(way_out("<p>https://out/</p>", "https://out/"), WayOut::Missing);
        for style in [
            "display:none",
            "visibility:hidden",
            "opacity:0",
            "opacity:10%",
            "font-size:13px",
            "font-size:0",
            "font-size:.5em",
            "font:0/0 a",
            "color:#ffffff",
            "color:#fefefe",
            "color:transparent",
            "height:0;overflow:hidden",
            "max-height:1px;overflow:hidden",
            "width:0;overflow:hidden",
            "position:absolute;left:-9999px",
            "text-indent:-9999px",
            "mso-hide:all",
            "clip:rect(0,0,0,0)",
        ] {
            for (cell, link) in [(style, ""), ("", style)] {
                assert!(matches!(look("", cell, link), WayOut::Hidden(_)), "{cell}|{link}");
            }
        }
        assert_eq!(look("", "font-size:0", "font-size:15px"), WayOut::Shown);
        let WayOut::Hidden(why) = look("", "display:none", "") else { panic!("it is hidden") };
        assert_eq!(why, "by `display: none` of `<td class=\"footer\">`");
    }

    #[test]
    fn what_the_head_hides_at_some_time_is_hidden() {
        for (block, when) in [
            (
                "@media (max-width:600px){\n.footer a{font-size:9px !important}\n}\n",
                "on narrow screens",
            ),
            (
                "@media (prefers-color-scheme:dark){\n.footer{display:none !important}\n}\n",
                "in the dark",
            ),
            (
                "@media (prefers-color-scheme:dark){\n.foot-link{color:#ffffff !important}\n}\n",
                "in the dark",
            ),
        ] {
            let WayOut::Hidden(why) = look(block, "", "") else { panic!("{block}") };
            assert!(why.ends_with(when), "{why}");
        }
        let block = "@media (max-width:600px){\n.footer{font-size:16px !important}\n}\n";
        assert_eq!(look(block, "", ""), WayOut::Shown);
    }

    #[test]
    fn one_link_that_can_be_seen_is_enough_and_an_empty_one_is_none() {
        let links = "<p style=\"display:none\"><a href=\"https://out/\">x</a></p><a href=\"https://out/\">Leave</a>";
        assert_eq!(way_out(links, "https://out/"), WayOut::Shown);
        let empty = "<a href=\"https://out/\"> </a>";
        assert_eq!(
            way_out(empty, "https://out/"),
            WayOut::Hidden("because nothing is in it".into())
        );
    }
}
