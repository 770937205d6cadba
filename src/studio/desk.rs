//! What lies on the desk: the shapes between whoever composes and the pages.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::audience::Subscriber;
use crate::check::online::{LinkStates, SpamScore};
use crate::compose::merge::fill::Unresolved;
use crate::finding::Finding;
use crate::io::images::Picture;
use crate::message::{Letters, Wording};
use crate::source::Source;

/// A draft that can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What names it in addresses: its file name.
    pub key: String,
    /// Its title, or its file name where that cannot be read.
    pub title: String,
    /// Its subject, if that is not the title.
    pub subject: Option<String>,
    /// Whether it says `draft: true`.
    pub is_draft: bool,
    /// When it was saved, for people.
    pub saved: String,
}

/// A draft as it stands after a save.
#[derive(Debug, Clone)]
pub struct Proof {
    /// [`Entry::key`].
    pub key: String,
    /// The draft's file and then its snippets, as far as they could be read, numbered as in `compose::trace`.
    pub sources: Vec<Source>,
    /// Where those files are, for a link into an editor.
    pub paths: Vec<PathBuf>,
    /// The letters of the last save that could be composed; `None` as long as there was none.
    pub made: Option<Arc<Made>>,
    /// Whether `made` is older than the draft, because its mistakes keep it from being composed.
    pub is_stale: bool,
    /// Whether the findings know the whole list and the other issues as they are now.
    pub is_current: bool,
    /// Mistakes and remarks about the draft as it is now.
    pub findings: Vec<Finding>,
    /// What links answered, as far as they were followed.
    pub followed: Arc<LinkStates>,
    /// The list of readers.
    pub list: PathBuf,
}

/// An issue that is composed.
#[derive(Debug)]
pub struct Made {
    /// The issue's id.
    pub issue: String,
    /// Everybody's letters, as they are sent.
    pub letters: Letters,
    /// The HTML with the places its blocks come from and its merged values marked.
    pub shown: Wording,
    /// From: `Name <address>`.
    pub from: String,
    /// Where the title comes from: a line of the draft.
    pub title_line: usize,
    /// The project's own images in it.
    pub pictures: Vec<Picture>,
}

/// One reader's letter, taken apart for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The HTML part as it is sent, decoded.
    pub html: String,
    /// The HTML part with its marks.
    pub shown: String,
    /// The plain text part, decoded.
    pub text: String,
    /// The header section as it is sent, one field a line with its folding.
    pub headers: String,
    /// All bytes as they are sent.
    pub raw: Vec<u8>,
    /// The subject, decoded.
    pub subject: String,
}

impl Made {
    /// A reader's letter, or all that stands against it.
    pub fn letter(&self, reader: &Subscriber) -> Result<Letter, Vec<Unresolved>> {
        let raw = self.letters.render(reader)?.content.to_vec();
        let head = memchr::memmem::find(&raw, b"\r\n\r\n").map_or(raw.len(), |end| end + 2);
        Ok(Letter {
            html: self.letters.html(reader)?,
            shown: self.letters.fill(&self.shown, reader)?,
            text: self.letters.text(reader)?,
            headers: String::from_utf8_lossy(&raw[..head]).replace("\r\n", "\n"),
            subject: self.letters.subject(reader)?,
            raw,
        })
    }
}

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Refusal {
    /// In words; may be empty where the findings say it.
    pub words: String,
    /// What to do.
    pub help: Option<String>,
    /// The mistakes in documents.
    pub findings: Vec<Finding>,
}

/// A draft beside the issue before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What the earlier one is called.
    pub name: String,
    /// The HTML of its letters, with what differs from reader to reader as it is written.
    pub before: String,
    /// That of the draft, with the places its blocks come from.
    pub now: String,
}

/// What a dry run found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// Who is mailed, in number.
    pub recipients: u64,
    /// Who is not, in number by reason.
    pub skipped: Vec<(String, u64)>,
    /// The first of those, with their reason.
    pub skipped_who: Vec<(String, String)>,
    /// Rows that name somebody a second time.
    pub duplicates: u64,
    /// The first of those: the line, and the line that is mailed instead.
    pub duplicate_lines: Vec<(u64, u64)>,
    /// The pace: `14/s`.
    pub rate: String,
    /// Further limits.
    pub limits: Vec<String>,
    /// Connections at the same time.
    pub lanes: usize,
    /// How long that takes at the least.
    pub time: Duration,
    /// The lightest and the heaviest letter, and all together, in bytes.
    pub bytes: [u64; 3],
    /// What `send --plan` takes.
    pub plan_hash: String,
}

/// What a sandbox run caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catch {
    /// What was sent.
    pub issue: String,
    /// The folder of the caught letters.
    pub folder: PathBuf,
    /// How it ended, in a line or a few.
    pub account: String,
}

/// Makes a draft's proof; gets what it was before.
pub type Composing = Box<dyn Fn(&str, Option<&Proof>) -> Proof + Send + Sync>;
/// Does something with a draft.
pub type Doing<T> = Box<dyn Fn(&str) -> Result<T, Refusal> + Send + Sync>;
/// Sends a draft to an address; gives the relay's answer.
pub type Mailing = Box<dyn Fn(&str, &str) -> Result<String, Refusal> + Send + Sync>;

/// Asks a spam filter about a letter; gives nothing where none is installed.
pub type Filtering = Box<dyn Fn(&[u8]) -> Result<Option<SpamScore>, Refusal> + Send + Sync>;

/// What the studio has others do; all of it may take a while and blocks.
pub struct Errands {
    /// The drafts there are, the newest first.
    pub drafts: Box<dyn Fn() -> Vec<Entry> + Send + Sync>,
    /// Composes a draft anew; gets what it was before.
    pub compose: Composing,
    /// Follows the links of a draft; what they answered is in its next proof, too.
    pub follow: Doing<Arc<LinkStates>>,
    /// Compares a draft with the issue before it, if there is one.
    pub compare: Doing<Option<Comparison>>,
    /// Asks a spam filter what it thinks of a letter.
    pub filter: Filtering,
    /// Sends a test copy of a draft to an address; gives the relay's answer.
    pub test_copy: Mailing,
    /// Rehearses a send without a socket.
    pub forecast: Doing<Forecast>,
    /// Sends to the built-in catcher.
    pub catch: Doing<Catch>,
    /// A link that opens a file in the user's editor: `{file}`, `{line}` and `{column}` are filled in.
    pub editor: Option<String>,
}
