//! Comments in a draft that silence rules: `<!-- check-disable RULE… -->` in the whole file,
//! `<!-- check-disable-next-line RULE… -->` in the line below.
//!
//! What can stop a send is not silenced: `--allow` alone releases a gate.

use crate::finding::{Finding, nearest, shown};
use crate::rule::{self, Rule};

use super::Subject;
use super::note::{self, Note};

/// What a comment silences.
struct Silence {
    rule: &'static Rule,
    file: String,
    /// The line that alone is silent, from 1.
    line: Option<usize>,
}

/// Takes out what the author has silenced, and says where that was not possible.
pub(super) fn apply(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let (silences, notes) = read(subject);
    findings.retain(|finding| {
        !silences.iter().any(|silence| {
            silence.rule == finding.rule
                && silence.file == finding.file
                && silence
                    .line
                    .is_none_or(|line| finding.place.is_some_and(|place| place.line == line))
        })
    });
    findings.extend(note::findings(subject, notes.into_iter()));
}

fn read(subject: &Subject<'_>) -> (Vec<Silence>, Vec<Note>) {
    let document = subject.document;
    let (mut silences, mut notes) = (Vec::new(), Vec::new());
    for raw in document.html.iter().filter(|raw| raw.tag.is_none()) {
        let comment = document.slice(&raw.range);
        let Some(inner) = comment.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"))
        else {
            continue;
        };
        let mut words = inner.split_whitespace();
        let is_one_line = match words.next() {
            Some("check-disable") => false,
            Some("check-disable-next-line") => true,
            _ => continue,
        };
        let file = document.origin(raw.range.start).0.name.clone();
        let line = is_one_line.then(|| document.line_number(raw.range.end.saturating_sub(1)) + 1);
        for word in words {
            match rule::find(word) {
                Some(rule) if rule.is_adjustable() => {
                    silences.push(Silence { rule, file: file.clone(), line });
                }
                other => notes.push(useless(raw.range.clone(), word, other)),
            }
        }
    }
    (silences, notes)
}

fn useless(range: std::ops::Range<usize>, word: &str, rule: Option<&Rule>) -> Note {
    let (message, help) = match rule {
        Some(rule) => (
            format!("`{}` can stop a send and is not silenced", rule.id),
            "mend it; `send --allow ID` releases a gate".to_owned(),
        ),
        None => {
            let near = nearest(word, rule::all().map(|rule| rule.id));
            let help = near.map_or_else(
                || "`postrider check --list` shows all rules".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            (format!("there is no rule `{}`", shown(word)), help)
        }
    };
    Note::body(&rule::SUPPRESSION_UNKNOWN, range, message).help(help)
}
