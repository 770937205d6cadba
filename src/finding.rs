//! A mistake or a remark about a document, with its place and its remedy: a value, not an error.
//!
//! Parsers return all findings of a document in one run; `report` is the one place that prints them.

use crate::rule::{self, Gate, Rule, Severity};
use crate::source::{Excerpt, Place, Source, Span};

/// What a rule found, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that speaks.
    pub rule: &'static Rule,
    /// How much it weighs here: as the rule says, unless this case is lighter or heavier, or the configuration says so.
    pub severity: Severity,
    /// The name of the file.
    pub file: String,
    /// Line and column, when the finding has a place in the file.
    pub place: Option<Place>,
    /// The line itself; absent where it might show a secret.
    pub excerpt: Option<Excerpt>,
    /// What is wrong, a lower-case fragment with literals in backticks.
    pub message: String,
    /// What to type or do next.
    pub help: Option<String>,
    /// The change to the file that mends it, where that takes no judgement.
    pub fix: Vec<Edit>,
}

/// A change to the file that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub with: String,
}

impl Finding {
    /// A finding at a place in a source.
    pub fn at(
        rule: &'static Rule,
        source: &Source,
        span: impl Into<Span>,
        message: impl Into<String>,
    ) -> Self {
        let span = span.into();
        Self {
            rule,
            place: Some(source.place(span.start)),
            excerpt: Some(source.excerpt(span)),
            ..Self::about(rule, &source.name, message)
        }
    }

    /// A finding about a file as a whole.
    pub fn about(rule: &'static Rule, file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            file: printable(file.into()),
            place: None,
            excerpt: None,
            message: printable(message.into()),
            help: None,
            fix: Vec::new(),
        }
    }

    /// Adds the remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(printable(help.into()));
        self
    }

    /// Weighs this case otherwise than the rule does.
    #[must_use]
    pub fn weighing(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds the change that mends it.
    #[must_use]
    pub fn fixed_by(mut self, span: impl Into<Span>, with: impl Into<String>) -> Self {
        self.fix.push(Edit { span: span.into(), with: with.into() });
        self
    }

    /// Drops the source line, because it may hold a secret.
    #[must_use]
    pub fn without_excerpt(mut self) -> Self {
        self.excerpt = None;
        self
    }

    /// Whether this is a mistake rather than a remark.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// What it does to a live send: only a mistake can stop one.
    pub fn gate(&self) -> Gate {
        if self.is_error() { self.rule.gate } else { Gate::Open }
    }

    /// Whether this alone makes a document unusable: a mistake that nothing but mending releases.
    pub fn is_shut(&self) -> bool {
        self.gate() == Gate::Shut
    }
}

/// The text of a file that was read as bytes, without its UTF-8 byte-order mark, if it has one.
///
/// Refuses every other encoding. The byte in the message counts from 0, as editors and `dd` do.
pub fn decode(name: &str, mut bytes: Vec<u8>) -> Result<Source, Finding> {
    let refuse = |message: String| {
        Finding::about(&rule::FILE_NOT_UTF8, name, message).help("save the file as UTF-8")
    };
    // Without a byte-order mark the zero of the first, surely ASCII, character gives it away.
    let has_zero = bytes.iter().take(2).any(|&byte| byte == 0);
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || has_zero {
        return Err(refuse("file is UTF-16".into()));
    }
    if bytes.starts_with("\u{feff}".as_bytes()) {
        bytes.drain(.."\u{feff}".len());
    }
    String::from_utf8(bytes).map(|text| Source::new(name, text)).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let readable = Source::new(name, String::from_utf8_lossy(&error.as_bytes()[..at]));
        let place = readable.place(at);
        let message = format!("invalid UTF-8 at byte {at} (line {})", place.line);
        Finding { place: Some(place), ..refuse(message) }
    })
}

/// `value` as it may be shown in a message: control characters escaped, cut at 60 characters.
pub fn shown(value: &str) -> String {
    let mut chars = value.chars();
    let mut out = escaped(chars.by_ref().take(60), is_plain);
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

/// Words as they may reach a terminal: whatever a file or a relay put into them, only their line breaks work.
pub fn printable(words: String) -> String {
    let is_harmless = |c: char| c == '\n' || is_plain(c);
    if words.chars().all(is_harmless) { words } else { escaped(words.chars(), is_harmless) }
}

fn escaped(text: impl Iterator<Item = char>, is_harmless: impl Fn(char) -> bool) -> String {
    text.flat_map(|c| if is_harmless(c) { vec![c] } else { c.escape_unicode().collect() }).collect()
}

/// Neither a C0 or C1 control nor one of the bidirectional overrides.
pub fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The candidate within an edit distance of 2 from `word`, if there is one.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_values_cannot_move_the_cursor_and_are_cut() {
        assert_eq!(shown("a\r\nb"), "a\\u{d}\\u{a}b");
        assert_eq!(shown("\u{202e}x"), "\\u{202e}x");
        assert_eq!(shown(&"x".repeat(61)).chars().count(), 61);
    }

    #[test]
    fn no_part_of_a_finding_can_move_the_cursor_whatever_it_quotes() {
        let finding = Finding::about(&rule::FM_INVALID, "a\u{1b}[2J.md", "what:\n \r\u{202e}")
            .help("type `\u{7}`");
        assert_eq!(finding.file, "a\\u{1b}[2J.md");
        assert_eq!(finding.message, "what:\n \\u{d}\\u{202e}");
        assert_eq!(finding.help.as_deref(), Some("type `\\u{7}`"));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_with_their_place() {
        let broken = decode("x.md", b"one\ntw\xff".to_vec()).unwrap_err();
        assert_eq!(broken.message, "invalid UTF-8 at byte 6 (line 2)");
        assert_eq!(broken.place, Some(Place { line: 2, column: 3 }));
        assert_eq!(broken.rule.id, "file-not-utf8");
        for utf16 in [&b"\xff\xfea\0"[..], b"\xfe\xff\0a", b"-\0-\0", b"\0-\0-"] {
            let refused = decode("x.md", utf16.to_vec()).unwrap_err();
            assert_eq!(refused.message, "file is UTF-16");
            assert_eq!(refused.help.as_deref(), Some("save the file as UTF-8"));
        }
        assert_eq!(decode("x.md", b"\xef\xbb\xbfa".to_vec()).unwrap(), Source::new("x.md", "a"));
    }

    #[test]
    fn a_near_word_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("subjct", ["subject", "slug"]), Some("subject"));
        assert_eq!(nearest("colour", ["subject", "slug"]), None);
    }
}
