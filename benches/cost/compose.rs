//! How long an issue of 40 KB takes from Markdown to both parts; it should be well under 15 ms.

use divan::{Bencher, black_box};

use postrider::compose::Materials;
use postrider::draft::{self, Draft};
use postrider::source::Source;
use postrider::{compose, rule};

use super::support;

/// The length of the body, in bytes.
const LENGTH: usize = 40 * 1024;

#[divan::bench]
fn forty_kilobytes(bencher: Bencher<'_, '_>) {
    let (draft, config) = (long_draft(LENGTH), support::example_config());
    let composed = compose::compose(&draft, &Materials::new(&config.newsletter)).unwrap();
    assert!(composed.1.iter().all(|finding| finding.rule.severity != rule::Severity::Error));
    bencher.bench(|| compose::compose(black_box(&draft), &Materials::new(&config.newsletter)));
}

/// The text of the sample drafts over and over, under one head, until it is this long in bytes.
pub(crate) fn long_draft(length: usize) -> Draft {
    let samples = [
        include_str!("../../drafts/harbour-letter-12.md"),
        include_str!("../../drafts/copper-hill-notes-7.md"),
    ];
    let bodies = samples.map(|text| {
        let (draft, _) = draft::parse(Source::new("sample.md", text)).unwrap();
        text[draft.body.start..draft.body.end].to_owned()
    });
    let mut text = "---\nsubject: A long letter\n---\n".to_owned();
    for body in bodies.iter().cycle() {
        text.push_str("\n\n");
        text.push_str(body);
        if text.len() > length {
            break;
        }
    }
    draft::parse(Source::new("long.md", text)).unwrap().0
}
