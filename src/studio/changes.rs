//! The letter beside the one before it: what is new, what was changed, and what is left from the last time.

use std::collections::BTreeSet;

use maud::{Markup, html};
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff, capture_diff_slices};

use super::desk::{Comparison, Refusal};
use super::links::links;
use super::marks;
use super::outline::{LINK, Said, said};

/// Two passages with so much in common are one that was changed.
const ALIKE: f32 = 0.5;

/// What became of a passage.
#[derive(Debug, PartialEq)]
enum Passage<'s> {
    Same(Vec<&'s Said>),
    New(&'s Said),
    Changed(&'s Said, &'s Said),
    Gone(&'s Said),
}

/// The comparison, or why there is none. `jump` makes a link to a place of the draft.
pub(super) fn panel(
    compared: &Result<Option<Comparison>, Refusal>,
    jump: &dyn Fn(&str) -> String,
) -> Markup {
    match compared {
        Err(refusal) => super::sending::refused(refusal),
        Ok(None) => html! {
            p.lead { "There is no earlier issue to compare with." }
            p.quiet { "Give the drafts a " code { "number" } " or a " code { "date" } "; then the one before this is known." }
        },
        Ok(Some(comparison)) => beside(comparison, jump),
    }
}

fn beside(comparison: &Comparison, jump: &dyn Fn(&str) -> String) -> Markup {
    let now = marks::attach(&comparison.now, 0, 1);
    let before = marks::attach(&comparison.before, 0, 1);
    let (old, new) = (words_of(&before), words_of(&now));
    let passages = passages(&old, &new);
    let known: BTreeSet<String> = links(&before).into_iter().map(|link| link.url).collect();
    let again: Vec<_> = links(&now)
        .into_iter()
        .filter(|link| known.contains(&link.url) && !link.at.is_empty())
        .collect();
    html! {
        p.lead { "Beside " strong { (comparison.name) } ", " (summary(&passages)) "." }
        @if !again.is_empty() {
            details.again {
                summary { (counted(again.len(), "link")) " of this draft " @if again.len() == 1 { "was" } @else { "were" } " in that one, too" }
                ul { @for link in &again { li { a data-go href=(jump(&link.at)) { (link.url) } } } }
            }
        }
        ol.changes { @for passage in &passages { (entry(passage, jump)) } }
    }
}

/// What a letter says, without the word that tells a listener of a link.
fn words_of(shown: &str) -> Vec<Said> {
    let mut said = said(shown);
    for one in &mut said {
        one.text = one.text.replace(LINK, "");
    }
    said
}

/// The passages of both letters in the order of the new one.
fn passages<'s>(before: &'s [Said], now: &'s [Said]) -> Vec<Passage<'s>> {
    let key = |said: &Said| format!("{}\n{}", said.role, said.text);
    let old: Vec<String> = before.iter().map(key).collect();
    let new: Vec<String> = now.iter().map(key).collect();
    let mut passages = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
        let (was, is) = (&before[op.old_range()], &now[op.new_range()]);
        match op {
            DiffOp::Equal { .. } => passages.push(Passage::Same(is.iter().collect())),
            _ => replaced(was, is, &mut passages),
        }
    }
    passages
}

/// Passages that stand where others stood: each that is much like the next old one is that one, changed.
fn replaced<'s>(was: &'s [Said], is: &'s [Said], passages: &mut Vec<Passage<'s>>) {
    let mut old = was;
    for new in is {
        let like = old.iter().position(|old| {
            old.role == new.role && TextDiff::from_words(&old.text, &new.text).ratio() >= ALIKE
        });
        match like {
            Some(at) => {
                passages.extend(old[..at].iter().map(Passage::Gone));
                passages.push(Passage::Changed(&old[at], new));
                old = &old[at + 1..];
            }
            None => passages.push(Passage::New(new)),
        }
    }
    passages.extend(old.iter().map(Passage::Gone));
}

/// `12 passages: 2 new, 1 changed, 9 the same; 4 gone`, without what there is none of.
fn summary(passages: &[Passage<'_>]) -> String {
    let (mut new, mut changed, mut same, mut gone) = (0, 0, 0, 0);
    for passage in passages {
        match passage {
            Passage::Same(all) => same += all.len(),
            Passage::New(_) => new += 1,
            Passage::Changed(..) => changed += 1,
            Passage::Gone(_) => gone += 1,
        }
    }
    let told = [(new, "new"), (changed, "changed"), (same, "the same"), (gone, "gone")];
    let told = told.into_iter().filter(|(number, _)| *number > 0);
    let told: Vec<String> = told.map(|(number, what)| format!("{number} {what}")).collect();
    format!("{}: {}", counted(new + changed + same, "passage"), told.join(", "))
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn entry(passage: &Passage<'_>, jump: &dyn Fn(&str) -> String) -> Markup {
    match passage {
        Passage::New(said) => {
            html! { li.new { (label("new", said, jump)) p dir="auto" { (said.text) } } }
        }
        Passage::Gone(said) => {
            html! { li.gone { p.what { "gone" } p dir="auto" { del { (said.text) } } } }
        }
        Passage::Changed(was, is) => html! {
            li.changed { (label("changed", is, jump)) p dir="auto" { (words(&was.text, &is.text)) } }
        },
        Passage::Same(some) => html! {
            li.same {
                details {
                    summary { (some.len()) " the same" span.first { (some[0].text) } }
                    @for said in some { p dir="auto" { (place(said, &said.text, jump)) } }
                }
            }
        },
    }
}

fn label(what: &str, said: &Said, jump: &dyn Fn(&str) -> String) -> Markup {
    let role = if said.role.is_empty() { String::new() } else { format!(" · {}", said.role) };
    html! { p.what { (place(said, &format!("{what}{role}"), jump)) } }
}

/// Words that lead to the line of the draft, if there is one.
fn place(said: &Said, words: &str, jump: &dyn Fn(&str) -> String) -> Markup {
    html! {
        @if said.at.is_empty() { (words) } @else { a data-go href=(jump(&said.at)) { (words) } }
    }
}

/// What was taken out and put in, word by word.
fn words(was: &str, is: &str) -> Markup {
    let diff = TextDiff::from_words(was, is);
    html! {
        @for change in diff.iter_all_changes() {
            @match change.tag() {
                ChangeTag::Equal => { (change.value()) },
                ChangeTag::Delete => del { (change.value()) },
                ChangeTag::Insert => ins { (change.value()) },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_are_new_changed_the_same_or_gone() {
        let before = said(
            "<body><h1>The tide</h1><p>It turns at six in the harbour.</p><p>Bring boots.</p><p>Leave</p></body>",
        );
        let now = said(
            "<body><h1>The tide</h1><p>It turns at ten in the harbour.</p><p>The moon is full.</p><p>Leave</p></body>",
        );
        let found = passages(&before, &now);
        assert_eq!(
            found,
            [
                Passage::Same(vec![&now[0]]),
                Passage::Changed(&before[1], &now[1]),
                Passage::New(&now[2]),
                Passage::Gone(&before[2]),
                Passage::Same(vec![&now[3]]),
            ]
        );
        assert_eq!(summary(&found), "4 passages: 1 new, 1 changed, 2 the same, 1 gone");
        let page = words("at six", "at <ten>").into_string();
        assert!(
            page.contains("<del>six</del>") && page.contains("<ins>&lt;ten&gt;</ins>"),
            "{page}"
        );
    }
}
