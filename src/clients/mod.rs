//! Mail clients, and what they understand of HTML, CSS and images: the data of caniemail.com, embedded.
//!
//! `scripts/caniemail` writes `caniemail.txt`, which names its source and licence. Nothing is judged here: which gaps
//! matter in a letter is for those to say who ask.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const DATA: &str = include_str!("caniemail.txt");

/// How many of the clients are large: the first ones, in the order of the data.
const LARGE: usize = 5;

/// What a feature is, as its name alone may say several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An HTML element.
    Element,
    /// An HTML attribute.
    Attribute,
    /// A CSS property.
    Property,
    /// A CSS property with one value, `display:flex`.
    Value,
    /// A word that several CSS properties take, `initial`.
    Keyword,
    /// A CSS function without its parentheses.
    Function,
    /// A CSS unit.
    Unit,
    /// A CSS at-rule without its `@`.
    AtRule,
    /// A CSS pseudo-class or pseudo-element without its colons.
    Pseudo,
    /// An image format by its usual file ending.
    Image,
}

/// How one client takes a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It understands it.
    Yes,
    /// It understands a part of it, or some of its versions do.
    Almost,
    /// It does not.
    No,
    /// Nobody has tried.
    Unknown,
}

/// How the clients take one feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Support {
    /// A mark for each client: `y`es, `a`lmost, `n`o, `u`nknown.
    marks: &'static str,
}

struct Table {
    clients: Vec<&'static str>,
    features: BTreeMap<(Kind, &'static str), Support>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { clients: Vec::new(), features: BTreeMap::new() };
    for line in DATA.lines().filter(|line| !line.starts_with('#')) {
        let (kind, rest) = line.split_once(' ').unwrap_or_default();
        if kind == "clients" {
            table.clients = rest.split('|').collect();
        } else if let (Some(kind), Some((name, marks))) = (Kind::named(kind), rest.split_once(' '))
        {
            table.features.insert((kind, name), Support { marks });
        }
    }
    table
});

impl Kind {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "element" => Self::Element,
            "attribute" => Self::Attribute,
            "property" => Self::Property,
            "value" => Self::Value,
            "keyword" => Self::Keyword,
            "function" => Self::Function,
            "unit" => Self::Unit,
            "at-rule" => Self::AtRule,
            "pseudo" => Self::Pseudo,
            "image" => Self::Image,
            _ => return None,
        })
    }
}

/// What is known of a feature, by its name in lower case. A longhand that nobody has looked at counts as its
/// shorthand: `border-left` as `border`.
pub fn support(kind: Kind, name: &str) -> Option<Support> {
    let features = &TABLE.features;
    let mut name = name;
    loop {
        if let Some(support) = features.get(&(kind, name)) {
            return Some(*support);
        }
        (name, _) = name.rsplit_once('-').filter(|_| kind == Kind::Property)?;
    }
}

/// The clients, large ones first.
pub fn names() -> &'static [&'static str] {
    &TABLE.clients
}

/// The day that the data is of.
pub fn date() -> &'static str {
    let source = DATA.lines().next().unwrap_or_default();
    source.split("data of ").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default()
}

impl Support {
    /// How each client takes it, in the order of [`names`].
    pub fn marks(self) -> impl Iterator<Item = Mark> {
        self.marks.chars().map(|mark| match mark {
            'y' => Mark::Yes,
            'a' => Mark::Almost,
            'n' => Mark::No,
            _ => Mark::Unknown,
        })
    }

    /// The clients that do not understand it, large ones first.
    pub fn missing_in(self) -> Vec<&'static str> {
        self.with_mark('n').collect()
    }

    /// How many large clients do not understand it.
    pub fn large_without(self) -> usize {
        self.marks.chars().take(LARGE).filter(|mark| *mark == 'n').count()
    }

    /// `Gmail, Outlook (Windows) and 3 more`; nothing if everybody understands it.
    pub fn gap(self) -> Option<String> {
        let missing = self.missing_in();
        let large = self.large_without().max(1);
        // One more is named as shortly as counted.
        let named = if missing.len() <= large + 1 { missing.len() } else { large };
        let (named, more) = missing.split_at(named);
        let named = named.join(", ");
        match (named.is_empty(), more.len()) {
            (true, _) => None,
            (false, 0) => Some(named),
            (false, more) => Some(format!("{named} and {more} more")),
        }
    }

    fn with_mark(self, wanted: char) -> impl Iterator<Item = &'static str> {
        let marks = self.marks.chars();
        let clients = marks.zip(&TABLE.clients).filter(move |(mark, _)| *mark == wanted);
        clients.map(|(_, client)| *client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_of_a_feature_names_large_clients_and_counts_the_others() {
        let gap = |kind, name| support(kind, name).and_then(Support::gap);
        assert_eq!(
            gap(Kind::Property, "position").as_deref(),
            Some("Gmail, Outlook (Windows), Outlook (phones)")
        );
        assert_eq!(gap(Kind::Image, "webp").as_deref(), Some("Outlook (Windows)"));
        assert_eq!(gap(Kind::Unit, "rem").as_deref(), Some("Outlook (Windows), Yahoo and 3 more"));
        assert_eq!(gap(Kind::Element, "p"), None);
        assert_eq!(gap(Kind::Property, "no-such-thing"), None);
    }

    #[test]
    fn a_longhand_counts_as_its_shorthand_unless_it_is_known_itself() {
        assert_eq!(support(Kind::Property, "border-left-width"), support(Kind::Property, "border"));
        assert_ne!(support(Kind::Property, "border-radius"), support(Kind::Property, "border"));
        assert_eq!(support(Kind::Function, "lab-x"), None);
    }

    #[test]
    fn every_line_of_the_data_is_understood() {
        let lines = DATA.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.features.len() + 1, lines);
        for (name, support) in &TABLE.features {
            assert_eq!(support.marks.len(), TABLE.clients.len(), "{name:?}");
            assert!(support.marks.chars().all(|mark| "yanu".contains(mark)), "{name:?}");
        }
        assert_eq!(date().len(), "2026-05-13".len());
        assert!(DATA.contains("MIT License") && DATA.contains("caniemail.com"));
    }
}
