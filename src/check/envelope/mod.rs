//! The head of a draft, and what of it readers see in their inbox.

mod dates;
mod past;
mod subject;

use super::Subject;
use super::note::Note;
use crate::rule::{self, Severity};

/// What is to be said of the head of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let settings = [configuration(subject), language(subject), address(subject), noreply(subject)];
    let mut notes: Vec<Note> = settings.into_iter().flatten().collect();
    notes.extend(subject::notes(subject));
    notes.extend(dates::notes(subject));
    notes.extend(past::notes(subject));
    notes
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

fn address(subject: &Subject<'_>) -> Option<Note> {
    let is_missing = subject.configured && subject.newsletter.postal_address.is_none();
    is_missing.then(|| {
        Note::whole(&rule::ADDRESS_MISSING, "the letter has no postal address")
            .help("set `postal-address` in `[newsletter]` in config.toml")
    })
}

fn noreply(subject: &Subject<'_>) -> Option<Note> {
    let (front, newsletter) = (&subject.draft.front, subject.newsletter);
    if front.reply_to.is_some()
        || newsletter.reply_to.is_some()
        || !subject.configured && front.from.is_none()
    {
        return None;
    }
    let from = front.from.as_ref().unwrap_or(&newsletter.from).address.as_str();
    let name: String = from
        .split('@')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let is_mute = ["noreply", "donotreply"].contains(&name.to_ascii_lowercase().as_str());
    is_mute.then(|| {
        Note::whole(&rule::FROM_NOREPLY, format!("nobody reads the answers to `{from}`"))
            .help("write from an address that somebody reads, or set `reply-to`")
    })
}
