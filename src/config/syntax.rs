//! Mistakes in the TOML itself.

use toml::de::Error;

use super::keys::SECTIONS;
use crate::finding::{Finding, shown};
use crate::rule;
use crate::source::Source;

/// A mistake in the TOML itself. The parser's words hold none of the file's, its `Display` would.
pub(super) fn syntax_error(source: &Source, error: &Error) -> Finding {
    let span = error.span().unwrap_or_default();
    let section = source.text[..span.start]
        .lines()
        .rev()
        .filter_map(|line| line.trim().strip_prefix('[')?.split(']').next())
        .find_map(|header| SECTIONS.iter().find(|section| **section == header.trim()));
    let place = section.map_or_else(String::new, |section| format!(" in `[{section}]`"));
    let (message, help) = if error.message() == "duplicate key" {
        let key = source.text.get(span.clone()).unwrap_or_default();
        (format!("key `{}` given twice{place}", shown(key)), "keep one of them".to_owned())
    } else {
        let help =
            "text stands in double quotes; the line is not shown, because it may hold a secret";
        (format!("invalid TOML{place}: {}", error.message()), help.to_owned())
    };
    Finding::at(&rule::CONFIG_INVALID, source, span, message).help(help).without_excerpt()
}
