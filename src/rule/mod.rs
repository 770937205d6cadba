//! The one table of rules: parsers, preflight and the gates of a send all speak through it.
//!
//! One file a family. An id is part of the contract (scripts match on it, `--allow` takes it) and is never renamed.

mod config;
mod envelope;
mod files;
mod html;
mod images;
mod ledger;
mod links;
mod list;
mod looks;
mod personalisation;
mod prose;
mod rendered;
mod structure;

use std::fmt;

pub use config::*;
pub use envelope::*;
pub use files::*;
pub use html::*;
pub use images::*;
pub use ledger::*;
pub use links::*;
pub use list::*;
pub use looks::*;
pub use personalisation::*;
pub use prose::*;
pub use rendered::*;
pub use structure::*;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The document cannot be used as it is, or should not be.
    Error,
    /// Readers will likely notice.
    Warning,
    /// Good to know.
    Info,
}

/// What a finding does to a live send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Nothing: the send goes on.
    Open,
    /// The send is refused until the document is mended; nothing releases it.
    Shut,
    /// The send is refused unless `--allow ID` is given.
    Allowable,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Any file.
    Files,
    /// The head of a draft, and what of it readers see in their inbox.
    Envelope,
    /// Links and reference definitions.
    Links,
    /// Images.
    Images,
    /// Raw HTML and CSS in a draft.
    Html,
    /// Headings, lists, quotes, tables, notes.
    Structure,
    /// Words.
    Prose,
    /// Merge tags.
    Personalisation,
    /// The finished letter.
    Rendered,
    /// How letters look.
    Looks,
    /// The configuration.
    Config,
    /// The list.
    List,
    /// What the ledger remembers.
    Ledger,
}

/// One thing that can be wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case name, shown in brackets.
    pub id: &'static str,
    /// What it is about.
    pub family: Family,
    /// How much it weighs; a single finding may weigh less or more.
    pub severity: Severity,
    /// What it does to a live send when it weighs as an error.
    pub gate: Gate,
    /// What holds where it has nothing to say, in one sentence.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// Where it comes from: a standard, a measurement, a checker that has it too.
    pub source: &'static str,
    /// How to mend it.
    pub mend: &'static str,
    /// Where it speaks.
    pub bad: Example,
    /// Where it does not.
    pub good: Example,
}

/// A few lines that show a rule at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// A whole draft.
    Draft(&'static str),
    /// The body of a draft.
    Body(&'static str),
    /// A config.toml.
    Config(&'static str),
    /// A list of subscribers.
    List(&'static str),
    /// What no few lines can show, in words.
    Words(&'static str),
}

impl Rule {
    /// Whether the configuration and comments in a draft may change what it says: not where it can stop a send.
    pub fn is_adjustable(&self) -> bool {
        self.gate == Gate::Open
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

impl Family {
    /// Its heading in the catalogue.
    pub fn title(self) -> &'static str {
        match self {
            Self::Files => "Files",
            Self::Envelope => "Front matter and envelope",
            Self::Links => "Links",
            Self::Images => "Images",
            Self::Html => "Raw HTML and CSS",
            Self::Structure => "Structure",
            Self::Prose => "Prose",
            Self::Personalisation => "Personalisation",
            Self::Rendered => "The rendered letter",
            Self::Looks => "Looks",
            Self::Config => "Configuration",
            Self::List => "List",
            Self::Ledger => "Ledger and send",
        }
    }
}

macro_rules! rules {
    ($family:ident, $list:ident; $($name:ident = $id:literal, $severity:ident, $gate:ident,
        what: $what:literal, why: $why:literal, source: $source:literal, mend: $mend:literal,
        bad: $bad:ident($bad_text:literal), good: $good:ident($good_text:literal);)*) => {
        use super::{Example, Family, Gate, Rule, Severity};
        $(
            #[doc = $what]
            pub static $name: Rule = Rule {
                id: $id,
                family: Family::$family,
                severity: Severity::$severity,
                gate: Gate::$gate,
                what: $what,
                why: $why,
                source: $source,
                mend: $mend,
                bad: Example::$bad($bad_text),
                good: Example::$good($good_text),
            };
        )*
        /// The rules of this family, in the order of the catalogue.
        pub(super) static $list: &[&Rule] = &[$(&$name),*];
    };
}
use rules;

/// The families in the order of the catalogue.
static FAMILIES: [&[&Rule]; 13] = [
    FILES,
    ENVELOPE,
    LINKS,
    IMAGES,
    HTML,
    STRUCTURE,
    PROSE,
    PERSONALISATION,
    RENDERED,
    LOOKS,
    CONFIG,
    LIST,
    LEDGER,
];

/// Every rule, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static Rule> + Clone {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kebab_case_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for rule in all() {
            assert!(
                rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                rule.id
            );
            assert!(seen.insert(rule.id), "{} twice", rule.id);
        }
    }

    #[test]
    fn every_rule_says_in_sentences_what_why_and_how_to_mend() {
        for rule in all() {
            for text in [rule.what, rule.why, rule.mend] {
                assert!(text.ends_with('.') && text.len() > 10, "{}: {text}", rule.id);
            }
            assert!(!rule.source.is_empty(), "{}", rule.id);
            assert_ne!(rule.bad, rule.good, "{}", rule.id);
        }
    }
}
