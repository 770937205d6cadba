//! What the drafts of a run share: the moment, the keys of their letters, the list, the other issues, and what links
//! answered.

use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::address::EmailAddress;
use crate::audience::list::Rows;
use crate::audience::{Status, Subscriber};
use crate::check::online::LinkStates;
use crate::check::past::Archive;
use crate::finding::Finding;
use crate::io::files;
use crate::message::dkim::Signer;
use crate::message::token::Key;

use super::archive;
use super::project::Project;
use super::readers::Readers;

/// The key of letters that are never sent.
pub(super) const REHEARSAL_KEY: &[u8; 32] = b"postrider rehearses with one key";

/// What the drafts of a run share.
pub(super) struct Surroundings {
    /// When it is.
    pub(super) now: Timestamp,
    pub(super) today: Date,
    /// What links answered, if they were followed.
    pub(super) followed: Arc<LinkStates>,
    /// Whether a spam filter is asked about the letter.
    pub(super) asks_spam_filter: bool,
    /// What letters are made and signed with; none is sent.
    pub(super) key: Key,
    pub(super) signer: Option<Signer>,
    /// Somebody for whom letters are made.
    pub(super) reader: Option<Subscriber>,
    /// What lies beyond the drafts.
    pub(super) wider: Arc<Wider>,
}

/// What lies beyond a draft: the whole list, and the other issues.
#[derive(Debug, Default)]
pub(super) struct Wider {
    /// The list, if it was read whole.
    pub(super) readers: Option<Readers>,
    /// The other issues, as far as they were looked for.
    pub(super) past: Archive,
    /// What could not be read of it.
    pub(super) remarks: Vec<Finding>,
}

impl Wider {
    /// Reads the whole list, the drafts beside these, and what was sent.
    pub(super) fn gather(project: &Project, drafts: &[PathBuf]) -> Self {
        let (readers, mut remarks) =
            if project.configured { Readers::of(&project.list()) } else { (None, Vec::new()) };
        let (past, unread) = archive::gather(project, drafts);
        remarks.extend(unread);
        Self { readers, past, remarks }
    }
}

impl Surroundings {
    /// Knows nothing beyond the draft but the first reader.
    pub(super) fn of(project: &Project, now: Timestamp) -> Self {
        Self::within(project, Arc::default(), now)
    }

    /// Looks at the whole list as well, at the drafts beside these, and at what was sent.
    pub(super) fn whole(project: &Project, drafts: &[PathBuf], now: Timestamp) -> Self {
        Self::within(project, Arc::new(Wider::gather(project, drafts)), now)
    }

    /// What is to be said beside what is said of a draft.
    pub(super) fn remarks(&self, project: &Project) -> Vec<Finding> {
        [&project.remarks[..], &self.wider.remarks].concat()
    }

    /// Knows this of what lies beyond.
    pub(super) fn within(project: &Project, wider: Arc<Wider>, now: Timestamp) -> Self {
        let sample = wider.readers.as_ref().and_then(Readers::sample).cloned();
        Self {
            now,
            today: TimeZone::system().to_datetime(now).date(),
            followed: Arc::default(),
            asks_spam_filter: false,
            key: Key::new(*REHEARSAL_KEY),
            signer: None,
            reader: sample.or_else(|| first_reader(project)).or_else(stranger),
            wider,
        }
    }
}

fn first_reader(project: &Project) -> Option<Subscriber> {
    let list = Some(project.list()).filter(|_| project.configured)?;
    let file = files::open(&list).ok()?;
    let rows = Rows::new(list.display().to_string(), BufReader::new(file));
    rows.flatten().map(|listed| listed.subscriber).find(|reader| reader.status.is_active())
}

/// A reader of whom nothing is known but the address.
pub(super) fn stranger() -> Option<Subscriber> {
    let email: EmailAddress = "reader@example.org".parse().ok()?;
    let (name, tags, fields) = (None, Vec::new(), std::collections::BTreeMap::new());
    Some(Subscriber { email, name, tags, status: Status::Active, fields })
}
