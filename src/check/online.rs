//! What became of the letter's links when somebody followed them, and what a spam filter thought of it. Both are found
//! out elsewhere and only if asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};
use url::Url;

use super::Subject;
use super::document::folded;
use super::note::Note;
use crate::finding::shown;
use crate::rule::{self, Severity};

/// What a web address answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// There is something.
    Alive,
    /// There is something, but for good at another address.
    Moved(String),
    /// There is nothing, and why: no such page, no such host.
    Gone(String),
    /// It cannot be told, and why: the server is ill, slow, or does not talk to programs.
    Unsure(String),
}

/// The states of links by their address, as written but for its fragment.
pub type LinkStates = BTreeMap<String, LinkState>;

/// What `SpamAssassin` thinks of a letter.
#[derive(Debug, Clone, PartialEq)]
pub struct SpamScore {
    /// Its points; 5 and more are taken for spam nearly everywhere.
    pub points: f64,
    /// The tests that gave them, the heaviest first.
    pub tests: Vec<SpamTest>,
}

/// A test of a spam filter that hit.
#[derive(Debug, Clone, PartialEq)]
pub struct SpamTest {
    /// Its name, e.g. `SUBJ_ALL_CAPS`.
    pub name: String,
    /// What it gave, less than nothing in a letter's favour; none where the filter does not say.
    pub points: Option<f64>,
    /// What it found, in the filter's words.
    pub why: String,
}

/// A web address as it is asked for: absolute, complete, and without its fragment.
pub fn address(url: &str) -> Option<Url> {
    if url.contains("{{") {
        return None;
    }
    let mut url =
        Url::parse(url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    url.has_host().then_some(url)
}

/// What is to be said of the links that were followed, and of the letter's score.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let mut notes = followed(subject);
    notes.extend(subject.spam.and_then(score));
    notes
}

fn followed(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let mut seen = BTreeSet::new();
    let mut notes = Vec::new();
    for link in &document.links {
        let Some(state) = address(&link.url).and_then(|url| subject.followed.get(url.as_str()))
        else {
            continue;
        };
        let label = link.label.as_deref().map(folded);
        let definition = document.definitions.iter().find(|definition| {
            definition.first.is_none() && label.as_ref() == Some(&folded(&definition.label))
        });
        let range = definition.map_or(&link.range, |definition| &definition.url_range);
        if seen.insert(range.start) {
            notes.extend(state_note(range.clone(), &link.url, state));
        }
    }
    notes
}

fn state_note(range: Range<usize>, url: &str, state: &LinkState) -> Option<Note> {
    let url = shown(url);
    let note = |message: String| Note::body(&rule::LINK_DEAD, range, message);
    Some(match state {
        LinkState::Alive => return None,
        LinkState::Moved(to) => note(format!("`{url}` is now at `{}`", shown(to)))
            .weighing(Severity::Info)
            .help("write the new address, if it is what you mean"),
        LinkState::Gone(why) => {
            note(format!("`{url}` is dead: {why}")).help("correct it, or take the link out")
        }
        LinkState::Unsure(why) => note(format!("`{url}` may be dead: {why}"))
            .weighing(Severity::Warning)
            .help("open it in a browser"),
    })
}

fn score(score: &SpamScore) -> Option<Note> {
    const SUSPICIOUS: f64 = 2.0;
    const SPAM: f64 = 5.0;
    if score.points < SUSPICIOUS {
        return None;
    }
    let severity = if score.points < SPAM { Severity::Warning } else { Severity::Error };
    let against = score.tests.iter().filter_map(|test| match test.points {
        None => Some(test.name.clone()),
        Some(points) => (points > 0.0).then(|| format!("{} ({points:.1})", test.name)),
    });
    let against: Vec<String> = against.collect();
    let message = format!(
        "SpamAssassin gives the letter {:.1} points of {SPAM:.0}: {}",
        score.points,
        against.join(", ")
    );
    let help = "`spamassassin -t < issue.eml` explains each; `preview --out` writes issue.eml";
    Some(Note::whole(&rule::SPAM_SCORE, message).weighing(severity).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_web_addresses_are_followed() {
        let followed = |url: &str| address(url).map(String::from);
        assert_eq!(followed("https://example.org/a#b").as_deref(), Some("https://example.org/a"));
        assert_eq!(followed("http://Example.org").as_deref(), Some("http://example.org/"));
        for url in ["mailto:a@example.org", "#b", "a.html", "https://example.org/{{ email }}"] {
            assert_eq!(followed(url), None, "{url}");
        }
    }

    #[test]
    fn states_weigh_as_much_as_they_are_sure() {
        let severity =
            |state| state_note(0..1, "https://example.org", &state).map(|note| note.severity());
        assert_eq!(severity(LinkState::Alive), None);
        assert_eq!(severity(LinkState::Moved("https://example.com".into())), Some(Severity::Info));
        assert_eq!(severity(LinkState::Unsure("answers 503".into())), Some(Severity::Warning));
        assert_eq!(severity(LinkState::Gone("answers 404".into())), Some(Severity::Error));
    }

    #[test]
    fn two_points_warn_and_five_are_an_error() {
        let severity =
            |points| score(&SpamScore { points, tests: Vec::new() }).map(|note| note.severity());
        assert_eq!(severity(1.9), None);
        assert_eq!(severity(2.0), Some(Severity::Warning));
        assert_eq!(severity(5.0), Some(Severity::Error));
    }
}
