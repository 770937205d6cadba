//! What was written and sent before: the other drafts of a folder, and the issues that the ledger knows.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::document::{Document, folded};
use super::links;
use crate::compose::Issue;
use crate::compose::merge::{Piece, Template};
use crate::draft::Draft;

/// Another issue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Earlier {
    /// Its draft's file, or none if the ledger alone knows it.
    pub file: Option<String>,
    /// Its id: the slug, or the file's name without `.md`.
    pub id: String,
    /// Its title and subject.
    pub names: Vec<String>,
    /// Its number, from the front matter or the title.
    pub number: Option<u64>,
    /// Its date.
    pub date: Option<Date>,
    /// The pages it links, each once.
    pub pages: Vec<String>,
    /// Whether somebody has got it.
    pub was_sent: bool,
}

/// All other issues, found by what they say.
#[derive(Debug, Clone, Default)]
pub struct Archive {
    issues: Vec<Earlier>,
    by_id: BTreeMap<String, Vec<usize>>,
    by_name: BTreeMap<String, Vec<usize>>,
    by_page: BTreeMap<String, Vec<usize>>,
}

impl Archive {
    /// Puts issues in order.
    pub fn new(issues: Vec<Earlier>) -> Self {
        let mut archive = Self { issues, ..Self::default() };
        for (index, issue) in archive.issues.iter().enumerate() {
            archive.by_id.entry(issue.id.clone()).or_default().push(index);
            // A head that could not be read has names that nobody gave it.
            for name in issue.names.iter().filter(|name| !name.is_empty()) {
                archive.by_name.entry(folded(name)).or_default().push(index);
            }
            for page in &issue.pages {
                archive.by_page.entry(page.clone()).or_default().push(index);
            }
        }
        archive
    }

    /// All of them.
    pub fn issues(&self) -> impl Iterator<Item = &Earlier> {
        self.issues.iter()
    }

    /// The issue right before one: with the next lower number, or else the next earlier date. Where a draft and the
    /// ledger have it, it is the draft.
    pub fn before(&self, issue: &Earlier) -> Option<&Earlier> {
        let is_other = |other: &&Earlier| other.id != issue.id && other.file != issue.file;
        let is_before =
            |other: &&Earlier| match (issue.number.zip(other.number), issue.date.zip(other.date)) {
                (Some((own, other)), _) if own != other => other < own,
                (_, Some((own, other))) if own != other => other < own,
                _ => other.was_sent,
            };
        let others = self.issues.iter().filter(is_other).filter(is_before);
        others.max_by_key(|other| {
            let number = other.number.filter(|_| issue.number.is_some());
            (number, other.date, other.file.is_some())
        })
    }

    /// Those with this id.
    pub fn called(&self, id: &str) -> impl Iterator<Item = &Earlier> {
        self.at(self.by_id.get(id))
    }

    /// Those with this title or subject.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Earlier> {
        self.at(self.by_name.get(&folded(name)))
    }

    /// Those that link this page.
    pub fn linking(&self, page: &str) -> impl Iterator<Item = &Earlier> {
        self.at(self.by_page.get(page))
    }

    fn at(&self, found: Option<&Vec<usize>>) -> impl Iterator<Item = &Earlier> {
        found.into_iter().flatten().map(|&index| &self.issues[index])
    }
}

impl Earlier {
    /// An issue as its draft has it.
    pub fn of_draft(draft: &Draft) -> Self {
        let front = &draft.front;
        let document = Document::read(draft);
        let mut pages: Vec<String> =
            document.links.iter().filter_map(|link| links::page_of(&link.url)).collect();
        pages.sort();
        pages.dedup();
        let mut names = vec![front.title.clone(), front.subject.clone()];
        names.dedup();
        Self {
            file: Some(draft.source.name.clone()),
            id: crate::compose::id(draft),
            names,
            number: front.number.or_else(|| number_in(&front.title)),
            date: front.date.as_deref().and_then(|date| date.get(..10)?.parse().ok()),
            pages,
            was_sent: false,
        }
    }

    /// An issue as its letters had it.
    pub fn of_issue(issue: &Issue, date: Date, was_sent: bool) -> Self {
        let subject = literals(&issue.subject);
        let html = literals(&issue.html);
        let hrefs = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let mut pages: Vec<String> =
            hrefs.filter_map(|url| links::page_of(&url.replace("&amp;", "&"))).collect();
        pages.sort();
        pages.dedup();
        let (file, date) = (None, Some(date));
        let number = number_in(&subject);
        Self { file, id: issue.id.clone(), names: vec![subject], number, date, pages, was_sent }
    }
}

/// What some reader gets of the HTML of a template, with every merge tag as it is written.
pub fn spelled(template: &Template) -> String {
    fn spell(pieces: &[Piece], out: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Slot { expression, .. } => {
                    let tag = format!("{{{{ {expression} }}}}").replace('&', "&amp;");
                    out.push_str(
                        &tag.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
                    );
                }
                Piece::Chunk { pieces, .. } => spell(pieces, out),
            }
        }
    }
    let mut out = String::new();
    spell(&template.pieces, &mut out);
    out
}

/// What all readers get of a template.
fn literals(template: &Template) -> String {
    let literal = |piece: &Piece| match piece {
        Piece::Literal(text) => text.clone(),
        Piece::Slot { .. } | Piece::Chunk { .. } => String::new(),
    };
    template.pieces.iter().map(literal).collect()
}

/// The number of an issue in its title: `Issue 3`, `No. 3`, `#3`.
pub fn number_in(title: &str) -> Option<u64> {
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || ",;:()–—".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let number = |word: &str| {
        let digits = word.trim_start_matches('#').trim_end_matches('.');
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten()
    };
    let says_number =
        |word: &str| ["issue", "no", "no.", "nr", "nr.", "number", "edition", "№"].contains(&word);
    let hash = words.iter().find(|word| word.starts_with('#')).and_then(|word| number(word));
    let named = words.windows(2).find(|pair| says_number(pair[0]) && number(pair[1]).is_some());
    hash.or_else(|| number(named?[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issue_before_has_the_next_lower_number_or_the_next_earlier_date() {
        let issue = |id: &str, number: Option<u64>, date: &str| Earlier {
            file: Some(format!("{id}.md")),
            id: id.into(),
            number,
            date: date.parse().ok(),
            ..Earlier::default()
        };
        let archive = Archive::new(vec![
            issue("a", Some(1), "2026-01-01"),
            issue("b", Some(2), "2026-02-01"),
            Earlier { file: None, was_sent: true, ..issue("b", Some(2), "2026-02-02") },
            issue("c", Some(3), "2026-03-01"),
            issue("d", None, ""),
        ]);
        let before = |own: Earlier| archive.before(&own).map(|issue| issue.id.clone());
        assert_eq!(before(issue("c", Some(3), "2026-03-01")).as_deref(), Some("b"));
        assert_eq!(before(issue("e", None, "2026-01-09")).as_deref(), Some("a"));
        assert_eq!(before(issue("a", Some(1), "2026-01-01")), None);
        assert_eq!(before(issue("f", None, "")).as_deref(), Some("b"));
    }

    #[test]
    fn a_title_has_its_number_in_many_ways() {
        let found = |title: &str| number_in(title);
        assert_eq!(found("Works on ARM news, Issue 3, Friday May 12, 2017 (Week 19)"), Some(3));
        assert_eq!(found("Harbour notes #12: the crane"), Some(12));
        assert_eq!(found("Harbour notes, No. 7"), Some(7));
        assert_eq!(found("12 boats in 2026"), None);
        assert_eq!(found("An issue with tides"), None);
    }
}
