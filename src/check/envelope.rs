//! The head of a draft, and what of it readers see in their inbox.

use super::Subject;
use super::note::Note;
use crate::rule::{self, Severity};

/// What is to be said of the head of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let notes =
        [configuration(subject), language(subject), subject_length(subject), preheader(subject)];
    notes.into_iter().flatten().collect()
}

fn configuration(subject: &Subject<'_>) -> Option<Note> {
    (!subject.configured).then(|| {
        let message = "there is no config.toml: From, the way to leave and the postal address are not checked";
        Note::whole(&rule::CONFIG_MISSING, message)
            .weighing(Severity::Info)
            .help("`postrider init` makes one; a send needs it")
    })
}

fn language(subject: &Subject<'_>) -> Option<Note> {
    let is_known = subject.configured || subject.draft.front.lang.is_some();
    (!is_known).then(|| {
        Note::whole(&rule::LANG_MISSING, "no `lang`, so the letter is said to be English")
            .help("add a line `lang: en`, or set `language` in config.toml")
    })
}

/// What phones show of a subject, in characters.
const PHONE: usize = 33;

fn subject_length(subject: &Subject<'_>) -> Option<Note> {
    let front = &subject.draft.front;
    let length = front.subject.chars().count();
    let shown: String = front.subject.chars().take(PHONE).collect();
    let (severity, limit) = match length {
        79.. => (Severity::Warning, 78),
        51..=78 => (Severity::Info, 50),
        _ => return None,
    };
    let message = format!(
        "subject of {length} characters, more than {limit}; phones show \"{}\"",
        shown.trim_end()
    );
    let help = "say the most important first; `subject` may be shorter than `title`";
    Some(Note::head(&rule::SUBJECT_LONG, front.subject_span, message).weighing(severity).help(help))
}

/// What phones show beside a subject, in characters.
const SHOWN: usize = 48;

fn preheader(subject: &Subject<'_>) -> Option<Note> {
    if subject.draft.front.preheader.is_some() {
        return None;
    }
    let document = subject.document;
    let text: String = document
        .runs
        .iter()
        .skip_while(|run| document.headings.iter().any(|heading| heading.block == run.block))
        .map(|run| run.text.replace('\n', " "))
        .take(8)
        .collect();
    let shown: String = text.chars().take(SHOWN).collect();
    let message = format!("no preheader; inboxes show \"{}…\" beside the subject", shown.trim());
    let help = "add a line `preheader: …` that says what the subject does not";
    Some(Note::whole(&rule::PREHEADER_MISSING, message).help(help))
}
