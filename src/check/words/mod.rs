//! Lists of words, each in a file that names its sources.

/// Names as those write them who bear them.
pub(super) fn terms() -> impl Iterator<Item = &'static str> {
    entries(include_str!("terms.txt"))
}

/// Phrases of advertising, in lower case.
pub(super) fn spam() -> impl Iterator<Item = &'static str> {
    entries(include_str!("spam.txt"))
}

/// Phrases that promise an attachment, in lower case.
pub(super) fn attachments() -> impl Iterator<Item = &'static str> {
    entries(include_str!("attachments.txt"))
}

/// Words that may stand twice in a row, in lower case.
pub(super) fn doubles() -> impl Iterator<Item = &'static str> {
    entries(include_str!("doubles.txt"))
}

/// Hosts that shorten links.
pub(super) fn is_shortener(host: &str) -> bool {
    entries(include_str!("shorteners.txt")).any(|entry| entry == host)
}

/// Parameters of links that follow readers about.
pub(super) fn is_tracking(parameter: &str) -> bool {
    parameter.starts_with("utm_")
        || entries(include_str!("tracking.txt")).any(|entry| entry == parameter)
}

/// Words, in lower case, that do not say where a link leads.
pub(super) fn is_generic(text: &str) -> bool {
    entries(include_str!("generic-links.txt")).any(|entry| entry == text)
}

/// The first column of a list, without its comments.
fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('\t').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_names_its_sources_and_has_no_entry_twice() {
        let lists: [(&str, Vec<&str>); 7] = [
            (include_str!("shorteners.txt"), entries(include_str!("shorteners.txt")).collect()),
            (include_str!("tracking.txt"), entries(include_str!("tracking.txt")).collect()),
            (
                include_str!("generic-links.txt"),
                entries(include_str!("generic-links.txt")).collect(),
            ),
            (include_str!("terms.txt"), terms().collect()),
            (include_str!("spam.txt"), spam().collect()),
            (include_str!("attachments.txt"), attachments().collect()),
            (include_str!("doubles.txt"), doubles().collect()),
        ];
        for (list, mut entries) in lists {
            let has_sources =
                list.lines().filter(|line| !line.starts_with('#')).all(|line| line.contains('\t'));
            assert!(has_sources || list.contains("# Source: "), "{list}");
            let count = entries.len();
            entries.sort_unstable();
            entries.dedup();
            assert_eq!(entries.len(), count, "{list}");
        }
    }
}
