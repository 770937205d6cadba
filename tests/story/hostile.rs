//! Drafts that repeat one thing until it hurts: each becomes an issue, or is refused with its place and a remedy, and none
//! keeps the program busy. Work is counted in the time of this thread alone, whatever else the machine does.

use std::time::Duration;

use postrider::compose::{self, Materials};
use postrider::config::{self, Config};
use postrider::draft;
use postrider::finding::Finding;
use postrider::source::Source;

use super::support::desk::Desk;

/// What one draft may take in a build without optimisation, which is twenty times as slow as a release.
const MOST: Duration = Duration::from_secs(15);

fn config() -> Config {
    let source = Source::new("config.example.toml", include_str!("../../config.example.toml"));
    config::parse(&source).unwrap().0
}

/// The processor time of this thread.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// Composes a body. `None` when it became an issue, else the first mistake.
fn refusal(config: &Config, body: &str) -> Option<Finding> {
    let source = Source::new("draft.md", format!("---\nsubject: Tide\n---\n\n{body}\n"));
    let before = spent();
    let mistakes = match draft::parse(source) {
        Ok((draft, _)) => compose::compose(&draft, &Materials::new(&config.newsletter)).err(),
        Err(mistakes) => Some(mistakes),
    };
    let took = spent().saturating_sub(before);
    let start: String = body.chars().take(20).collect();
    assert!(took < MOST, "{start:?} … took {took:?}");
    let mistake = mistakes?.into_iter().find(Finding::is_shut).expect(&start);
    assert!(mistake.help.is_some(), "{mistake:?}");
    Some(mistake)
}

/// So many times the text that a number makes.
fn each(times: usize, text: impl Fn(usize) -> String) -> String {
    (0..times).map(text).collect()
}

fn are_refused(bodies: &[(&str, String)]) {
    let config = config();
    for (words, body) in bodies {
        let mistake = refusal(&config, body).unwrap_or_else(|| panic!("{words}: read"));
        assert!(mistake.message.contains(words), "{words}: {mistake:?}");
        let is_whole_file = mistake.message.contains("bytes long");
        assert!(is_whole_file || mistake.place.is_some_and(|place| place.line > 4), "{mistake:?}");
    }
}

const PIECES: &str = "more than 25000 pieces";
const TAGS: &str = "more than 2000 merge tags";
const DEEP: &str = "nesting deeper than 100";

#[test]
fn whatever_a_draft_repeats_it_is_read_or_refused_within_its_time() {
    let config = config();
    let bodies = [
        "<".repeat(300_000),
        "[".repeat(200_000),
        "![".repeat(100_000),
        "==a ".repeat(10_000),
        "a@".repeat(200_000),
        each(1_000, |n| "`".repeat(n) + "a"),
        format!("```js\n{}\n```", "(".repeat(200_000)),
        "\u{a0}".repeat(200_000),
    ];
    for body in &bodies {
        assert_eq!(refusal(&config, body), None);
    }
    are_refused(&[("nothing is multiplied", "{{ [range(99999)]*99999 }}".into())]);
}

#[test]
fn a_megabyte_and_more_is_refused_before_it_is_read() {
    let more = (1 << 20) + 1;
    let texts = ["x", "*", "_", "`", "-", "\\", " ", "\n", "|", ":", "\"", "'a", "word "];
    let bodies = texts.map(|text| ("bytes long, more than", text.repeat(more)));
    are_refused(&bodies);
}

#[test]
fn what_nests_too_deep_is_refused() {
    are_refused(&[
        (DEEP, ">".repeat(200_000)),
        (DEEP, format!("{} x\n\n", ">".repeat(99)).repeat(2_000)),
        (DEEP, each(600, |n| format!("{}- x\n", "  ".repeat(n)))),
        (DEEP, "<b>".repeat(20_000)),
    ]);
}

#[test]
fn a_send_does_not_read_again_what_nests_too_deep() {
    let desk = Desk::new(1, 9);
    desk.write(
        "drafts/deep.md",
        &format!("---\nsubject: Tide\n---\n\n{}x\n", "- ".repeat(400_000)),
    );
    // The second parser of the rules would take minutes.
    desk.run("send drafts/deep.md --dry-run").exits(1).says(DEEP);
}

#[test]
fn merge_tags_beyond_count_are_refused() {
    are_refused(&[
        (TAGS, "{{ x }}".repeat(100_000)),
        (TAGS, "{% if name %}a{% endif %}".repeat(30_000)),
        (TAGS, "{% if name %}\n\n".repeat(40_000)),
        (TAGS, "{".repeat(900_000)),
    ]);
}

#[test]
fn blocks_beyond_count_are_refused() {
    are_refused(&[
        (PIECES, each(20_000, |n| format!("a[^{n}]\n\n[^{n}]: note\n\n"))),
        (PIECES, "# h\n\n".repeat(50_000)),
        (PIECES, "- [ ] a\n".repeat(50_000)),
        (PIECES, "> [!NOTE]\n> x\n\n".repeat(30_000)),
        (PIECES, "```\n```\n\n".repeat(50_000)),
        (PIECES, format!("|{0}\n|{1}\n|{0}", "a|".repeat(15_000), "-|".repeat(15_000))),
        (
            PIECES,
            format!("|{}\n|{}\n{}", "a|".repeat(5_000), "-|".repeat(5_000), "|b\n".repeat(50)),
        ),
    ]);
}

#[test]
fn what_stands_in_lines_is_counted_too() {
    are_refused(&[
        (PIECES, each(30_000, |n| format!("[a](https://example.org/{n})\n"))),
        (PIECES, "a@b.example ".repeat(50_000)),
        (PIECES, "^a".repeat(200_000)),
        (PIECES, "x\r\n".repeat(100_000)),
        (PIECES, "*a* ".repeat(50_000)),
        (PIECES, ":smile:\n".repeat(50_000)),
        (PIECES, "%%".repeat(100_000)),
    ]);
}
