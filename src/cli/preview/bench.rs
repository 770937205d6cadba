//! Where the studio's drafts are composed: files in, proofs out.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::compose::Issue;
use crate::compose::images::Images;
use crate::compose::merge::Template;
use crate::draft::{self, Draft};
use crate::finding::Finding;
use crate::io::images::Shelf;
use crate::io::watch::Watch;
use crate::io::{files, snippets};
use crate::message::{Letterhead, Letters, Wording};
use crate::report::Printer;
use crate::rule;
use crate::source::Source;
use crate::studio::{Entry, Errands, Made, Proof, Refusal, mark_merged, mistakes};

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::preflight::{self, Inspected, Opened, Surroundings};
use super::super::project::{Project, decode};
use super::super::send::{self, errands};
use super::now;

/// Says nothing: the page does.
const QUIET: Printer = Printer { json: false, quiet: true, colour: false, live: false };

/// A draft that is composed and looked at from all sides.
pub(super) struct Composed {
    draft: Draft,
    issue: Issue,
    traced: Template,
    pub(super) images: Images,
    pub(super) findings: Vec<Finding>,
}

impl Composed {
    /// What was inspected, or all that keeps it from being composed.
    pub(super) fn of(inspected: Inspected) -> Result<Self, Failure> {
        let Inspected { opened, findings } = inspected;
        match opened {
            Opened { draft: Some(draft), issue: Some(issue), traced, images, .. } => {
                Ok(Self { draft, issue, traced, images, findings })
            }
            _ => Err(findings.into()),
        }
    }
}

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
}

impl Bench {
    pub(super) fn new(draft: &Path, project: &Project, watch: Arc<Watch>) -> Self {
        let folder = draft.parent().unwrap_or(Path::new("")).to_owned();
        let first = draft.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            folder,
            first,
            config: project.flag().map(Path::to_owned),
            watch,
            shelf: Arc::default(),
        }
    }

    /// What the studio has us do, and the draft that it shows unasked.
    pub(super) fn errands(self) -> (Errands, String) {
        let first = self.first.clone();
        let [drafts, compose, test_copy, forecast, catch] = std::array::from_fn(|_| self.clone());
        let errands = Errands {
            drafts: Box::new(move || drafts.drafts()),
            compose: Box::new(move |key, last| compose.proof(key, last)),
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
        let mut dated: Vec<(Option<SystemTime>, PathBuf)> =
            paths.into_iter().map(|path| (files::saved_at(&path), path)).collect();
        dated.sort_by(|one, other| other.cmp(one));
        dated.into_iter().map(|(saved, path)| entry(&path, saved)).collect()
    }

    /// What the page shows now: the letters of this save, or the last good ones with the mistakes.
    fn proof(&self, key: &str, last: Option<&Proof>) -> Proof {
        let path = self.path(key);
        let made = Project::load(self.config.as_deref()).and_then(|project| {
            let mut images = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
            let around = Surroundings::of(&project, now());
            let inspected = preflight::inspect(&path, &project, &around, &mut images)?;
            let mut depends = inspected.opened.depends_on(&path, &project);
            depends.extend(self.always(&project, &path));
            self.watch(&depends);
            let composed = Composed::of(inspected)?;
            let made = make(&composed, &project, &mut images)?;
            Ok((project, composed, made))
        });
        match made {
            Ok((project, composed, made)) => good(key, &path, &project, composed, made),
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
fn good(key: &str, path: &Path, project: &Project, composed: Composed, made: Made) -> Proof {
    let Composed { draft, findings, .. } = composed;
    let snippets = snippets::paths(&draft, &preflight::homes(path, project));
    let readable = draft.snippets.into_values().zip(snippets);
    let (texts, files): (Vec<Source>, Vec<PathBuf>) =
        readable.filter_map(|(snippet, path)| Some((snippet.ok()?, path))).unzip();
    let list = project.list();
    let findings = [findings, project.remarks.clone(), mistakes(&list)].concat();
    Proof {
        key: key.to_owned(),
        sources: std::iter::once(draft.source).chain(texts).collect(),
        paths: [path.to_owned()].iter().chain(&files).map(|file| absolute(file)).collect(),
        made: Some(Arc::new(made)),
        is_stale: false,
        findings,
        list,
    }
}

/// The last good letters under the mistakes that keep newer ones away.
fn stale(key: &str, path: &Path, last: Option<&Proof>, failure: Failure) -> Proof {
    let (words, help) = failure.words();
    let mut findings = failure.into_findings();
    if findings.is_empty() {
        let finding = Finding::about(&rule::CONFIG_INVALID, "config.toml", words);
        findings.push(Finding { help, ..finding });
    }
    Proof {
        key: key.to_owned(),
        sources: decode(path).into_iter().collect(),
        paths: vec![absolute(path)],
        made: last.and_then(|last| last.made.clone()),
        is_stale: true,
        findings,
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

fn make(composed: &Composed, project: &Project, shelf: &mut Shelf) -> Result<Made, Failure> {
    let unmade = |error: &dyn std::error::Error| Failure::new(Exit::Mistakes, error.to_string());
    let letters = letters(composed, project, QUIET)?;
    let shown = Wording::new(&mark_merged(&composed.traced)).map_err(|error| unmade(&error))?;
    let newsletter = &project.config.newsletter;
    let from = composed.issue.from.as_ref().unwrap_or(&newsletter.from);
    let name = from.name.as_deref().unwrap_or(&newsletter.name);
    let draft = &composed.draft;
    Ok(Made {
        issue: composed.issue.id.clone(),
        letters,
        shown,
        from: format!("{name} <{}>", from.address),
        title_line: draft.source.place(draft.front.subject_span.start).line,
        pictures: shelf.pictures(&composed.images),
    })
}

/// Everybody's letters.
pub(super) fn letters(
    composed: &Composed,
    project: &Project,
    printer: Printer,
) -> Result<Letters, Failure> {
    let config = &project.config;
    let key = send::key(project, false, printer)?;
    let signer = send::signer(project, false, printer)?;
    let head = Letterhead {
        newsletter: &config.newsletter,
        unsubscribe: &config.unsubscribe,
        key: &key,
        signer: signer.as_ref(),
        date: now(),
        test_copy: false,
    };
    Letters::new(&composed.issue, &head)
        .map_err(|error| Failure::new(Exit::Mistakes, error.to_string()))
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
