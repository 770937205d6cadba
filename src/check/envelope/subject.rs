//! The subject, and the preheader that stands beside it.

use crate::check::Subject;
use crate::check::note::Note;
use crate::rule::{self, Rule, Severity};

/// What phones show of a subject, in characters.
const PHONE: usize = 33;
/// What they show beside it.
const BESIDE: usize = 48;

pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let mut notes = signs(subject);
    notes.extend(length(subject));
    notes.extend(preheader(subject));
    notes
}

fn length(subject: &Subject<'_>) -> Option<Note> {
    let front = &subject.draft.front;
    let length = front.subject.chars().count();
    let shown: String = front.subject.chars().take(PHONE).collect();
    let (severity, limit) = match length {
        79.. => (Severity::Warning, 78),
        51..=78 => (Severity::Info, 50),
        1..=9 if !front.subject.contains("{{") => {
            let message = format!("subject of {length} characters says nothing about the letter");
            let note = Note::head(&rule::SUBJECT_SHORT, front.subject_span, message);
            return Some(note.help("say what the letter is about"));
        }
        _ => return None,
    };
    let message = format!(
        "subject of {length} characters, more than {limit}; phones show \"{}\"",
        shown.trim_end()
    );
    let help = "say the most important first; `subject` may be shorter than `title`";
    let note = Note::head(&rule::SUBJECT_LONG, front.subject_span, message);
    Some(note.weighing(severity).help(help))
}

/// What filters and screen readers do not like in a subject.
fn signs(subject: &Subject<'_>) -> Vec<Note> {
    let front = &subject.draft.front;
    let text = &front.subject;
    let note = |rule: &'static Rule, message: String, help: &str| {
        Note::head(rule, front.subject_span, message).help(help)
    };
    let mut notes = Vec::new();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = text.chars().filter(|c| c.is_uppercase()).count();
    if letters >= 10 && capitals * 10 >= letters * 7 {
        notes.push(note(
            &rule::SUBJECT_CAPS,
            "subject in capitals".into(),
            "write it as a sentence",
        ));
    }
    let emoji = text.chars().filter(|&c| is_emoji(c)).count();
    if emoji > 1 {
        notes.push(note(
            &rule::SUBJECT_EMOJI,
            format!("{emoji} emoji in the subject"),
            "keep one; screen readers read every one out",
        ));
    }
    if let Some(sign) = ["!!", "$$", "?!", "!?", "??"].into_iter().find(|sign| text.contains(sign))
    {
        notes.push(note(
            &rule::SUBJECT_PUNCT,
            format!("`{sign}` in the subject"),
            "keep one sign; filters take it for an advertisement",
        ));
    }
    notes
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f300}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{1f1e6}'..='\u{1f1ff}')
}

fn preheader(subject: &Subject<'_>) -> Vec<Note> {
    let front = &subject.draft.front;
    let Some(text) = front.preheader.as_deref().map(str::trim) else {
        let is_missing = !front.unread.contains("preheader");
        return is_missing.then(|| missing(subject)).into_iter().collect();
    };
    let note = |rule: &'static Rule, message: String, help: &str| {
        vec![Note::head(rule, front.preheader_span, message).help(help)]
    };
    let help = "say in one sentence what the subject does not";
    let is_subject = text.to_lowercase() == front.subject.trim().to_lowercase();
    if is_subject {
        return note(
            &rule::PREHEADER_EQUALS_SUBJECT,
            "the preheader repeats the subject".into(),
            help,
        );
    }
    let lower = text.to_lowercase();
    let boilerplate = [
        "view in browser",
        "in your browser",
        "view online",
        "view this email",
        "unsubscribe",
        "having trouble",
    ];
    if let Some(words) = boilerplate.into_iter().find(|words| lower.contains(words)) {
        return note(
            &rule::PREHEADER_BOILERPLATE,
            format!("the preheader speaks of \"{words}\""),
            help,
        );
    }
    let length = text.chars().count();
    if text.contains("{{") || (40..=120).contains(&length) {
        return Vec::new();
    }
    note(&rule::PREHEADER_LENGTH, format!("preheader of {length} characters, not 40 to 120"), help)
}

fn missing(subject: &Subject<'_>) -> Note {
    let document = subject.document;
    let paragraph = document
        .runs
        .iter()
        .filter(|run| !document.headings.iter().any(|heading| heading.block == run.block));
    let text: String = paragraph.map(|run| run.text.replace('\n', " ")).take(20).collect();
    let shown: String = text.trim().chars().take(BESIDE).collect();
    let message = format!("no preheader; inboxes show \"{}…\" beside the subject", shown.trim());
    Note::whole(&rule::PREHEADER_MISSING, message)
        .help("add a line `preheader: …` that says what the subject does not")
}
