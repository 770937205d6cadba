//! The head of a draft, and what of it readers see in their inbox.

mod dates;
mod past;
mod subject;
#[cfg(test)]
mod tests;

use super::Subject;
use super::note::Note;
use crate::config::free_mail;
use crate::rule::{self, Severity};

/// What is to be said of the head of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let settings = [
        configuration(subject),
        language(subject),
        address(subject),
        freemail(subject),
        noreply(subject),
    ];
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
    let front = &subject.draft.front;
    let is_known = subject.configured || front.lang.is_some() || front.unread.contains("lang");
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

/// The configuration's own From is looked at when that is read.
fn freemail(subject: &Subject<'_>) -> Option<Note> {
    let from = subject.draft.front.from.as_ref().filter(|_| subject.configured)?;
    let (message, help) = free_mail(from, subject.relay)?;
    let span = past::value_span(subject, &["from"]);
    Some(Note::head(&rule::FROM_FREEMAIL, span, message).help(help))
}

fn noreply(subject: &Subject<'_>) -> Option<Note> {
    let (front, newsletter) = (&subject.draft.front, subject.newsletter);
    if front.reply_to.is_some()
        || newsletter.reply_to.is_some()
        || front.unread.iter().any(|key| ["from", "reply_to"].contains(key))
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
