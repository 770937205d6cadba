//! Every rule speaks where its example says, and not where it does not.

use jiff::Timestamp;

use super::document::Document;
use super::online::LinkStates;
use super::past::Archive;
use super::personalisation::Fields;
use super::weight::Weight;
use super::{Letter, Subject, judge};
use crate::audience::list::Rows;
use crate::audience::{Status, Subscriber};
use crate::compose::images::{Images, NO_IMAGES};
use crate::compose::{self, Issue, Materials};
use crate::config::{self, Config, Severities};
use crate::draft;
use crate::finding::Finding;
use crate::message::token::Key;
use crate::message::{Letterhead, Letters};
use crate::rule::{self, Example, Family, Severity};
use crate::source::Source;

/// What is said of a draft with the configuration of the example.
pub(super) fn findings(text: &str) -> Vec<Finding> {
    findings_with(text, &NO_IMAGES, &Severities::new())
}

/// What is said of a draft of a project with these images and these wishes.
pub(super) fn findings_with(text: &str, images: &Images, severities: &Severities) -> Vec<Finding> {
    let config = include_str!("../../config.example.toml");
    let (mut config, _) = config::parse(&Source::new("config.toml", config)).unwrap();
    config.newsletter.base_url = None;
    config.newsletter.reply_to = None;
    let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
    let (draft, mut said) = draft::read(Source::new("drafts/tide.md", text));
    let Some(draft) = draft else { return said };
    let head_is_shut = said.iter().any(Finding::is_shut);
    let materials = Materials::new(&config.newsletter);
    let composed = compose::compose_traced(&draft, &materials, &|_| images);
    let issue = match composed {
        Ok((issue, _, more)) => {
            said.extend(more);
            Some(issue).filter(|_| !head_is_shut)
        }
        Err(more) => {
            said.extend(more);
            None
        }
    };
    said.extend(
        draft.front.draft.map(|span| Finding::at(&rule::DRAFT_TRUE, &draft.source, span, "marked")),
    );
    let letters = issue.as_ref().map(|issue| letters(issue, &config, now));
    let letter = letters.as_ref().and_then(letter);
    let fields = letters.as_ref().map(fields);
    let subject = Subject {
        draft: &draft,
        document: &Document::read(&draft),
        issue: issue.as_ref(),
        letter: letter.as_ref(),
        images,
        newsletter: &config.newsletter,
        relay: &config.relay.host,
        configured: true,
        followed: &LinkStates::new(),
        spam: None,
        now,
        today: "2026-11-24".parse().unwrap(),
        fields: fields.as_ref(),
        past: &Archive::default(),
    };
    judge(&subject, said, severities)
}

fn letters(issue: &Issue, config: &Config, now: Timestamp) -> Letters {
    let head = Letterhead {
        newsletter: &config.newsletter,
        unsubscribe: &config.unsubscribe,
        key: &Key::new([7; 32]),
        signer: None,
        date: now,
        test_copy: None,
    };
    Letters::new(issue, &head).unwrap()
}

fn reader(name: Option<&str>) -> Subscriber {
    Subscriber {
        email: "ada@example.org".parse().unwrap(),
        name: name.map(str::to_owned),
        tags: Vec::new(),
        status: Status::Active,
        fields: std::collections::BTreeMap::new(),
    }
}

fn letter(letters: &Letters) -> Option<Letter> {
    let ada = reader(Some("Ada"));
    let raw = letters.render(&ada).ok()?.content.to_vec();
    let weight = Weight::of(&raw);
    let (html, text) = (letters.html(&ada).ok()?, letters.text(&ada).ok()?);
    Some(Letter { subject: letters.subject(&ada).ok()?, html, text, raw, weight })
}

/// A list of two, one without a name, with a column `city`.
fn fields(letters: &Letters) -> Fields {
    let nameless = reader(None);
    let subject = letters.subject(&nameless).unwrap_or_else(|_| "x".to_owned());
    Fields {
        names: letters.names(),
        columns: ["city".to_owned()].into(),
        holes: letters.unresolved(&nameless).into_iter().map(|hole| (hole, 1)).collect(),
        readers: 2,
        subject_may_be_blank: subject.trim().is_empty(),
    }
}

/// The findings of an example; none for one in words.
fn of(example: Example) -> Option<Vec<Finding>> {
    Some(match example {
        Example::Draft(text) => findings(text),
        Example::Body(text) => {
            findings(&format!("---\nsubject: The tide turns at six\n---\n\n{text}\n"))
        }
        Example::Config(text) => match config::parse(&Source::new("config.toml", text)) {
            Ok((_, findings)) | Err(findings) => findings,
        },
        Example::List(text) => Rows::new("subscribers.toml", text.as_bytes())
            .filter_map(Result::err)
            .flatten()
            .collect(),
        Example::Words(_) => return None,
    })
}

#[test]
fn every_example_shows_its_rule() {
    let mut wrong = Vec::new();
    for rule in rule::all() {
        for (example, speaks) in [(rule.bad, true), (rule.good, false)] {
            let Some(findings) = of(example) else { continue };
            if findings.iter().any(|finding| finding.rule == rule) != speaks {
                let said: Vec<&str> = findings.iter().map(|finding| finding.rule.id).collect();
                wrong.push(format!("{} with {example:?}: {said:?}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_sample_drafts_have_nothing_to_mend_in_any_theme() {
    let harbour = include_str!("../../drafts/harbour-letter-12.md");
    let copper = include_str!("../../drafts/copper-hill-notes-7.md");
    for theme in ["letter", "bulletin", "workshop"] {
        for (text, fence, line) in [
            (harbour, "---\n", format!("theme: {theme}\n")),
            (copper, "+++\n", format!("theme = \"{theme}\"\n")),
        ] {
            let text = text.replacen(fence, &format!("{fence}{line}"), 1);
            let findings = findings(&text);
            let serious = findings.iter().filter(|finding| finding.severity != Severity::Info);
            let of_letter =
                findings.iter().filter(|finding| finding.rule.family == Family::Rendered);
            let wrong: Vec<_> = serious
                .chain(of_letter)
                .map(|finding| (finding.rule.id, &finding.message))
                .collect();
            assert_eq!(wrong, [], "{theme}");
        }
    }
}
