//! The quotation marks of languages, as their newspapers print them and the CLDR lists them.

/// Marks around what is quoted, and around what is quoted within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) double: [&'static str; 2],
    pub(super) single: [&'static str; 2],
}

const ENGLISH: Marks = marks(["“", "”"], ["‘", "’"]);
const GERMAN: Marks = marks(["„", "“"], ["‚", "‘"]);
const POLISH: Marks = marks(["„", "”"], ["‚", "’"]);
const SWEDISH: Marks = marks(["”", "”"], ["’", "’"]);
const ITALIAN: Marks = marks(["«", "»"], ["“", "”"]);
const SWISS: Marks = marks(["«", "»"], ["‹", "›"]);
/// With narrow spaces that do not break.
const FRENCH: Marks = marks(["«\u{202f}", "\u{202f}»"], ["“", "”"]);
const NORWEGIAN: Marks = marks(["«", "»"], ["‘", "’"]);
const RUSSIAN: Marks = marks(["«", "»"], ["„", "“"]);
const HUNGARIAN: Marks = marks(["„", "”"], ["»", "«"]);
const ROMANIAN: Marks = marks(["„", "”"], ["«", "»"]);

const fn marks(double: [&'static str; 2], single: [&'static str; 2]) -> Marks {
    Marks { double, single }
}

/// The marks of a language (BCP 47); none for those that write others than `"` becomes, or none.
pub(super) fn of(language: &str) -> Option<Marks> {
    let language = language.to_ascii_lowercase();
    let mut subtags = language.split('-');
    let primary = subtags.next().unwrap_or_default();
    // A region has two letters or three digits.
    let region =
        subtags.find(|tag| tag.len() == 2 || tag.starts_with(|c: char| c.is_ascii_digit()));
    Some(match (primary, region) {
        ("ja" | "zh" | "yue" | "ko" | "he" | "yi" | "ar" | "fa" | "ur", _) => return None,
        ("de" | "it", Some("ch" | "li")) => SWISS,
        ("de" | "cs" | "sk" | "sl" | "lt" | "is" | "et" | "bg" | "mk" | "hsb" | "dsb", _) => GERMAN,
        ("pl" | "hr" | "sr" | "bs", _) => POLISH,
        ("hu", _) => HUNGARIAN,
        ("ro", _) => ROMANIAN,
        ("sv" | "fi", _) => SWEDISH,
        ("fr", _) => FRENCH,
        // In America as in English.
        ("es", Some(region)) if region != "es" => ENGLISH,
        ("pt", Some("pt")) | ("it" | "es" | "ca" | "gl" | "el", _) => ITALIAN,
        ("nb" | "nn" | "no", _) => NORWEGIAN,
        ("ru" | "uk" | "be", _) => RUSSIAN,
        _ => ENGLISH,
    })
}
