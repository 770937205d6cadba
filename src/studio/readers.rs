//! Whom a letter is shown for: anybody on the list, or somebody made up who has everything that is difficult.
//!
//! The list is streamed at every look; only the few readers that were shown are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::audience::list::Rows;
use crate::audience::{Field, Status, Subscriber};
use crate::finding::Finding;
use crate::io::files::{self, Stamp};

/// Readers that a search gives at the most.
pub(super) const FOUND: usize = 30;
/// Readers that are kept.
const KEPT: usize = 32;

/// Somebody made up, by key, with what the picker says.
pub(super) const MADE_UP: [(&str, &str, &str); 4] = [
    ("~empty", "Nothing but an address", "every other field is absent"),
    ("~longest", "The longest values", "of every field on the list"),
    ("~rtl", "Right to left", "names and fields in Hebrew and Arabic"),
    ("~markup", "<script>", "markup in every field"),
];

/// The readers of a list, as far as they have been looked at.
#[derive(Debug, Default)]
pub(super) struct Readers {
    kept: Mutex<Kept>,
    /// The number of the latest search: older ones give up.
    search: AtomicU64,
}

#[derive(Debug, Default)]
struct Kept {
    list: PathBuf,
    stamp: Option<Stamp>,
    readers: Vec<(String, Subscriber)>,
}

impl Readers {
    /// The reader of a key, else the first active one of the list, else somebody made up. Blocks.
    pub(super) fn find(&self, list: &Path, key: &str) -> Subscriber {
        if let Some(reader) = self.kept(list, key) {
            return reader;
        }
        let found = look_up(list, key);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.readers.len() >= KEPT {
            kept.readers.remove(0);
        }
        kept.readers.push((key.to_owned(), found.clone()));
        found
    }

    fn kept(&self, list: &Path, key: &str) -> Option<Subscriber> {
        let stamp = files::stamp(list);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.list != list || kept.stamp != stamp || stamp.is_none() {
            *kept = Kept { list: list.to_owned(), stamp, readers: Vec::new() };
        }
        kept.readers.iter().find(|(known, _)| known == key).map(|(_, reader)| reader.clone())
    }

    /// The first readers whose address, name, tags or fields hold these words. Blocks; gives up when another search
    /// begins.
    pub(super) fn search(&self, list: &Path, words: &str) -> Vec<Subscriber> {
        let turn = self.search.fetch_add(1, Ordering::Relaxed) + 1;
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let rows = rows(list).enumerate().take_while(|(number, _)| {
            number % 1024 != 0 || self.search.load(Ordering::Relaxed) == turn
        });
        let readers = rows.filter_map(|(_, row)| row.ok());
        readers.filter(|reader| holds(reader, &words)).take(FOUND).collect()
    }
}

/// The reader of a key, else the first active one of the list, else somebody made up: read from the list anew.
pub fn look_up(list: &Path, key: &str) -> Subscriber {
    search_for(list, key).unwrap_or_else(stranger)
}

fn rows(list: &Path) -> impl Iterator<Item = Result<Subscriber, Vec<Finding>>> {
    let name = list.display().to_string();
    let rows = files::open(list).ok().map(|file| Rows::new(name, BufReader::new(file)));
    rows.into_iter().flatten().map(|row| row.map(|listed| listed.subscriber))
}

fn holds(reader: &Subscriber, words: &[String]) -> bool {
    let fields = reader.fields.values().filter_map(|field| match field {
        Field::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let texts = [reader.email.as_str(), reader.name.as_deref().unwrap_or_default()];
    let texts = texts.into_iter().chain(reader.tags.iter().map(String::as_str)).chain(fields);
    let all = texts.collect::<Vec<_>>().join("\n").to_lowercase();
    words.iter().all(|word| all.contains(word))
}

fn search_for(list: &Path, key: &str) -> Option<Subscriber> {
    let mut readers = rows(list).filter_map(Result::ok);
    match key {
        "~longest" => Some(longest(readers)),
        "~empty" | "~rtl" | "~markup" => {
            let first = readers.next().unwrap_or_else(stranger);
            Some(made_up(key, first))
        }
        "" => readers.find(|reader| reader.status.is_active()),
        _ => readers
            .find(|reader| reader.email.as_str() == key)
            .or_else(|| rows(list).filter_map(Result::ok).find(|reader| reader.status.is_active())),
    }
}

/// Who is shown where there is no list.
fn stranger() -> Subscriber {
    Subscriber {
        email: "reader@example.org".parse().expect("an address"),
        name: None,
        tags: Vec::new(),
        status: Status::Active,
        fields: BTreeMap::new(),
    }
}

fn made_up(key: &str, like: Subscriber) -> Subscriber {
    let text = match key {
        "~rtl" => "ברוכים הבאים مرحبا بكم",
        "~markup" => "\"><script>alert(1)</script><img src=x onerror=alert(1)>",
        _ => return Subscriber { email: stranger().email, ..stranger() },
    };
    let name = if key == "~rtl" { "מרים بنت أحمد" } else { "<script>alert(1)</script>" };
    let other = |field: Field| match field {
        Field::Text(_) => Field::Text(text.to_owned()),
        other => other,
    };
    let fields = like.fields.into_iter().map(|(name, field)| (name, other(field))).collect();
    Subscriber { name: Some(name.to_owned()), fields, ..stranger() }
}

/// Somebody with the longest value of every field, the longest name and all tags.
fn longest(readers: impl Iterator<Item = Subscriber>) -> Subscriber {
    let mut most = stranger();
    let mut tags = BTreeSet::new();
    for reader in readers {
        if reader.email.as_str().len() > most.email.as_str().len() {
            most.email = reader.email;
        }
        if let Some(name) = reader.name
            && most.name.as_ref().is_none_or(|longest| name.len() > longest.len())
        {
            most.name = Some(name);
        }
        if tags.len() < 100 {
            tags.extend(reader.tags);
        }
        for (name, field) in reader.fields {
            let longest = most.fields.get(&name).map_or(0, length);
            if length(&field) > longest {
                most.fields.insert(name, field);
            }
        }
    }
    most.tags = tags.into_iter().collect();
    most
}

fn length(field: &Field) -> usize {
    match field {
        Field::Bool(_) => 1,
        Field::Integer(number) => number.to_string().len(),
        Field::Float(number) => number.to_string().len(),
        Field::Text(text) => text.len(),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write a list")]
mod tests {
    use super::*;

    const LIST: &str = "[[subscriber]]\nemail = \"old@example.org\"\nstatus = \"paused\"\n\n\
        [[subscriber]]\nemail = \"ada@example.org\"\nname = \"Ada\"\ntags = [\"vip\"]\n[subscriber.fields]\ncity = \"Oslo\"\nvisits = 3\n\n\
        [[subscriber]]\nemail = \"maximilian@example.org\"\nname = \"Maximilian\"\n[subscriber.fields]\ncity = \"Ulm\"\nvisits = 12\n";

    #[test]
    fn readers_are_found_by_address_and_the_list_is_read_anew_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.toml");
        let readers = Readers::default();
        assert_eq!(readers.find(&list, "").email.as_str(), "reader@example.org");
        std::fs::write(&list, LIST).unwrap();
        assert_eq!(readers.find(&list, "").email.as_str(), "ada@example.org");
        assert_eq!(readers.find(&list, "old@example.org").status, Status::Paused);
        assert_eq!(readers.find(&list, "nobody@example.org").email.as_str(), "ada@example.org");
        std::fs::write(&list, LIST.replace("ada@", "eve@")).unwrap();
        let later = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(7);
        std::fs::File::options().write(true).open(&list).unwrap().set_modified(later).unwrap();
        assert_eq!(readers.find(&list, "").email.as_str(), "eve@example.org");
    }

    #[test]
    fn a_search_looks_at_every_text() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.toml");
        std::fs::write(&list, LIST).unwrap();
        let readers = Readers::default();
        let found = |words: &str| {
            let found = readers.search(&list, words);
            found.into_iter().map(|reader| reader.email.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found("").len(), 3);
        assert_eq!(found("OSLO ada"), ["ada@example.org"]);
        assert_eq!(found("vip"), ["ada@example.org"]);
        assert_eq!(found("vip ulm"), Vec::<String>::new());
    }

    #[test]
    fn those_who_are_made_up_have_the_fields_of_the_list() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.toml");
        std::fs::write(&list, LIST.split_once("\n\n").unwrap().1).unwrap();
        let readers = Readers::default();
        let longest = readers.find(&list, "~longest");
        assert_eq!(longest.name.as_deref(), Some("Maximilian"));
        assert_eq!(longest.fields["visits"], Field::Integer(12));
        assert_eq!(longest.fields["city"], Field::Text("Oslo".into()));
        let markup = readers.find(&list, "~markup");
        assert!(matches!(&markup.fields["city"], Field::Text(text) if text.contains("<script>")));
        assert_eq!(markup.fields["visits"], Field::Integer(3));
        assert_eq!(readers.find(&list, "~empty"), stranger());
    }
}
