//! Where the studio's drafts are composed: files in, proofs out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::check::online::LinkStates;
use crate::check::past::{Earlier, spelled};
use crate::compose::Issue;
use crate::compose::images::Images;
use crate::compose::merge::Template;
use crate::draft::{self, Draft};
use crate::finding::Finding;
use crate::io::files::Stamp;
use crate::io::images::Shelf;
use crate::io::watch::Watch;
use crate::io::{files, snippets, spam};
use crate::message::{LetterError, Letters, Wording};
use crate::report::Printer;
use crate::source::Source;
use crate::studio::{Comparison, Entry, Errands, Made, Proof, Refusal, mark_merged};

use super::super::archive;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::follow;
use super::super::preflight::{self, Inspected, Opened};
use super::super::project::{Project, decode};
use super::super::send::{self, errands};
use super::super::surroundings::Surroundings;
use super::backdrop::Backdrop;
use super::{now, runtime};

/// A draft that is composed and looked at from all sides.
pub(super) struct Composed {
    draft: Draft,
    issue: Issue,
    traced: Template,
    pub(super) images: Images,
    pub(super) findings: Vec<Finding>,
    pub(super) letters: Letters,
}

impl Composed {
    /// What was inspected, or all that keeps it from being composed.
    pub(super) fn of(inspected: Inspected) -> Result<Self, Failure> {
        let Inspected { opened, findings, letters } = inspected;
        let Opened { draft: Some(draft), issue: Some(issue), traced, images, .. } = opened else {
            return Err(findings.into());
        };
        let unmade = |error: LetterError| Failure::new(Exit::Mistakes, error.to_string());
        let letters =
            letters.ok_or_else(|| Failure::mistakes(findings.clone()))?.map_err(unmade)?;
        Ok(Self { draft, issue, traced, images, findings, letters })
    }
}

/// The drafts as they are listed, with the stamps of their files.
type Entries = BTreeMap<PathBuf, (Option<Stamp>, Entry)>;

/// What drafts are composed with, and what is kept from one save to the next.
#[derive(Debug, Clone)]
pub(super) struct Bench {
    /// The folder of the drafts.
    folder: PathBuf,
    /// The draft that was named.
    first: String,
    /// The flag `--config`.
    config: Option<PathBuf>,
    watch: Arc<Watch>,
    shelf: Arc<Mutex<Shelf>>,
    backdrop: Arc<Backdrop>,
    /// What links answered, since the studio was opened.
    followed: Arc<Mutex<Arc<LinkStates>>>,
    entries: Arc<Mutex<Entries>>,
}

impl Bench {
    pub(super) fn new(draft: &Path, project: &Project, watch: Arc<Watch>) -> Self {
        let folder = draft.parent().unwrap_or(Path::new("")).to_owned();
        let first = draft.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            folder,
            first,
            config: project.flag().map(Path::to_owned),
            backdrop: Arc::new(Backdrop::new(Arc::clone(&watch))),
            watch,
            shelf: Arc::default(),
            followed: Arc::default(),
            entries: Arc::default(),
        }
    }

    /// What the studio has us do, and the draft that it shows unasked.
    pub(super) fn errands(self) -> (Errands, String) {
        let first = self.first.clone();
        let [drafts, compose, follow, compare, test_copy, forecast, catch] =
            std::array::from_fn(|_| self.clone());
        let errands = Errands {
            drafts: Box::new(move || drafts.drafts()),
            compose: Box::new(move |key, last| compose.proof(key, last)),
            follow: Box::new(move |key| follow.follow(key)),
            compare: Box::new(move |key| compare.beside_the_last(key).map_err(refusal)),
            filter: Box::new(|raw| {
                let score = runtime().and_then(|runtime| Ok(runtime.block_on(spam::score(raw))?));
                score.map_err(refusal)
            }),
            test_copy: Box::new(move |key, to| {
                let (path, project) = test_copy.on(key)?;
                errands::test_copy(&path, &project, to).map_err(refusal)
            }),
            forecast: Box::new(move |key| {
                let (path, project) = forecast.on(key)?;
                errands::forecast(&path, &project).map_err(refusal)
            }),
            catch: Box::new(move |key| {
                let (path, project) = catch.on(key)?;
                errands::catch(&path, &project).map_err(refusal)
            }),
            editor: editor(),
        };
        (errands, first)
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(key)
    }

    fn on(&self, key: &str) -> Result<(PathBuf, Project), Refusal> {
        let project = Project::load(self.config.as_deref()).map_err(refusal)?;
        Ok((self.path(key), project))
    }

    /// The drafts of the folder, the newest first; the one that was named is among them whatever it is called.
    fn drafts(&self) -> Vec<Entry> {
        let mut paths = files::with_ending(&self.folder, "md").unwrap_or_default();
        let named = self.path(&self.first);
        if !paths.contains(&named) {
            paths.push(named);
        }
        let mut known = held(&self.entries);
        known.retain(|path, _| paths.contains(path));
        let mut dated: Vec<(Option<Stamp>, PathBuf)> =
            paths.into_iter().map(|path| (files::stamp(&path), path)).collect();
        let saved = |stamp: &Option<Stamp>| stamp.and_then(|(_, saved)| saved);
        dated.sort_by(|(one, first), (other, second)| {
            saved(other).cmp(&saved(one)).then_with(|| second.cmp(first))
        });
        let list = |(stamp, path): (Option<Stamp>, PathBuf)| match known.get(&path) {
            Some((seen, entry)) if *seen == stamp => entry.clone(),
            _ => {
                let entry = entry(&path, saved(&stamp));
                known.insert(path, (stamp, entry.clone()));
                entry
            }
        };
        dated.into_iter().map(list).collect()
    }

    /// Follows the links of a draft; every page is told of it as of a save.
    fn follow(&self, key: &str) -> Result<Arc<LinkStates>, Refusal> {
        let (path, project) = self.on(key)?;
        let (states, _) = follow::links(&[path], &project, follow::PATIENCE).map_err(refusal)?;
        let mut followed = held(&self.followed);
        Arc::make_mut(&mut followed).extend(states.clone());
        self.watch.touch();
        Ok(Arc::new(states))
    }

    /// A draft and the issue before it. What the ledger alone remembers has no draft to be composed again.
    fn beside_the_last(&self, key: &str) -> Result<Option<Comparison>, Failure> {
        let (path, project) = (self.path(key), Project::load(self.config.as_deref())?);
        let (wider, _) = self.backdrop.behind(&path, &project);
        let (draft, now) = self.composed(&path, &project)?;
        let Some(last) = wider.past.before(&Earlier::of_draft(&draft)) else { return Ok(None) };
        let name = last.file.as_ref().unwrap_or(&last.id).clone();
        let before = match &last.file {
            Some(file) => self.composed(Path::new(file), &project)?.1,
            None => match archive::letters_of(&project, &last.id) {
                Some(issue) => issue.html,
                None => return Ok(None),
            },
        };
        Ok(Some(Comparison { name, before: spelled(&before), now: spelled(&now) }))
    }

    /// A draft with its HTML, or that it has mistakes.
    fn composed(&self, path: &Path, project: &Project) -> Result<(Draft, Template), Failure> {
        let opened = preflight::open(path, project, &mut held(&self.shelf))?;
        let draft = opened.draft.filter(|_| !opened.traced.pieces.is_empty());
        draft.map(|draft| (draft, opened.traced)).ok_or_else(|| {
            let name = path.display();
            let words = format!("`{name}` has mistakes and cannot be compared");
            Failure::new(Exit::Mistakes, words).help(format!("`postrider check {name}` tells them"))
        })
    }

    /// What a draft is looked at with, and whether that is all there is.
    fn around(&self, draft: &Path, project: &Project) -> Result<(Surroundings, bool), Failure> {
        let (wider, is_current) = self.backdrop.behind(draft, project);
        let mut around = Surroundings::within(project, wider, now());
        around.followed = Arc::clone(&held(&self.followed));
        around.key = send::key(project, false, Printer::QUIET)?;
        around.signer = send::signer(project, false, Printer::QUIET)?;
        Ok((around, is_current))
    }

    /// What the page shows now: the letters of this save, or the last good ones with the mistakes.
    fn proof(&self, key: &str, last: Option<&Proof>) -> Proof {
        let path = self.path(key);
        let made = Project::load(self.config.as_deref()).and_then(|project| {
            let mut images = held(&self.shelf);
            let (around, is_current) = self.around(&path, &project)?;
            let inspected = preflight::inspect(&path, &project, &around, &mut images)?;
            let mut depends = inspected.opened.depends_on(&path, &project);
            depends.extend(self.always(&project, &path));
            self.watch(&depends);
            let remarks = around.remarks(&project);
            let composed = Composed::of(inspected).map_err(|failure| failure.after(&remarks))?;
            let (made, draft, findings) = make(composed, &project, &mut images)?;
            let findings = [remarks, findings].concat();
            let proof = good(key, &path, &project, (made, draft, findings));
            Ok(Proof { is_current, followed: around.followed, ..proof })
        });
        match made {
            Ok(proof) => proof,
            Err(failure) => stale(key, &path, last, failure),
        }
    }

    /// What every draft depends on.
    fn always(&self, project: &Project, draft: &Path) -> Vec<PathBuf> {
        let config = self.config.clone().unwrap_or_else(|| PathBuf::from("config.toml"));
        let css = project.config.theme.css.as_deref().map(|css| project.path(css));
        [draft.to_owned(), config, project.list()].into_iter().chain(css).collect()
    }

    /// Watches files, those that do not exist yet included, but not those whose folder does not.
    fn watch(&self, files: &[PathBuf]) {
        let has_folder = |file: &&PathBuf| {
            file.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.exists())
        };
        let files: Vec<PathBuf> = files.iter().filter(has_folder).cloned().collect();
        // What cannot be watched is seen at the next save of something else.
        let _ = self.watch.also(&files);
    }
}

/// The letters of a save with what is to be said of them.
fn good(
    key: &str,
    path: &Path,
    project: &Project,
    (made, draft, findings): (Made, Draft, Vec<Finding>),
) -> Proof {
    let snippets = snippets::paths(&draft, &preflight::homes(path, project));
    let readable = draft.snippets.into_values().zip(snippets);
    let (texts, files): (Vec<Source>, Vec<PathBuf>) =
        readable.filter_map(|(snippet, path)| Some((snippet.ok()?, path))).unzip();
    Proof {
        key: key.to_owned(),
        sources: std::iter::once(draft.source).chain(texts).collect(),
        paths: [path.to_owned()].iter().chain(&files).map(|file| absolute(file)).collect(),
        made: Some(Arc::new(made)),
        is_stale: false,
        is_current: true,
        findings,
        followed: Arc::default(),
        list: project.list(),
    }
}

/// The last good letters under the mistakes that keep newer ones away.
fn stale(key: &str, path: &Path, last: Option<&Proof>, failure: Failure) -> Proof {
    Proof {
        key: key.to_owned(),
        sources: decode(path).into_iter().collect(),
        paths: vec![absolute(path)],
        made: last.and_then(|last| last.made.clone()),
        is_stale: true,
        is_current: true,
        findings: failure.told(),
        followed: last.map(|last| Arc::clone(&last.followed)).unwrap_or_default(),
        list: last.map(|last| last.list.clone()).unwrap_or_default(),
    }
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn entry(path: &Path, saved: Option<SystemTime>) -> Entry {
    let key = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let front = decode(path).ok().and_then(|source| draft::read(source).0).map(|draft| draft.front);
    let title = front.as_ref().map_or(&key, |front| &front.title).clone();
    let saved = saved.and_then(|saved| Timestamp::try_from(saved).ok());
    Entry {
        subject: front
            .as_ref()
            .map(|front| front.subject.clone())
            .filter(|subject| *subject != title),
        is_draft: front.is_some_and(|front| front.draft.is_some()),
        saved: saved.map_or(String::new(), |saved| {
            TimeZone::system().to_datetime(saved).strftime("%-d %B %Y, %H:%M").to_string()
        }),
        title,
        key,
    }
}

/// What the pages show, the draft, and what is to be said of it.
fn make(
    composed: Composed,
    project: &Project,
    shelf: &mut Shelf,
) -> Result<(Made, Draft, Vec<Finding>), Failure> {
    let Composed { draft, issue, traced, images, findings, letters } = composed;
    let shown = Wording::new(&mark_merged(&traced))
        .map_err(|error| Failure::new(Exit::Mistakes, error.to_string()))?;
    let newsletter = &project.config.newsletter;
    let from = issue.from.as_ref().unwrap_or(&newsletter.from);
    let name = from.name.as_deref().unwrap_or(&newsletter.name);
    let made = Made {
        issue: issue.id,
        letters,
        shown,
        from: format!("{name} <{}>", from.address),
        title_line: draft.source.place(draft.front.subject_span.start).line,
        pictures: shelf.pictures(&images),
    };
    Ok((made, draft, findings))
}

/// A lock; what is under it is whole whoever held it last.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refusal(failure: Failure) -> Refusal {
    let (words, help) = failure.words();
    Refusal { words, help, findings: failure.into_findings() }
}

/// The editor that links open: `POSTRIDER_EDITOR` is a URL with `{file}`, `{line}` and `{column}`, or a name we know.
#[expect(
    clippy::disallowed_methods,
    reason = "which editor somebody uses is no property of a project"
)]
fn editor() -> Option<String> {
    let wanted = std::env::var("POSTRIDER_EDITOR").ok()?;
    let known = [
        ("vscode", "vscode://file{file}:{line}:{column}"),
        ("vscodium", "vscodium://file{file}:{line}:{column}"),
        ("cursor", "cursor://file{file}:{line}:{column}"),
        ("zed", "zed://file{file}:{line}:{column}"),
        ("idea", "idea://open?file={file}&line={line}&column={column}"),
        ("textmate", "txmt://open?url=file://{file}&line={line}&column={column}"),
    ];
    let template = known.iter().find(|(name, _)| *name == wanted).map(|(_, url)| (*url).to_owned());
    template.or_else(|| (wanted.contains("://") && wanted.contains("{file}")).then_some(wanted))
}
