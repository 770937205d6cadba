//! `postrider preview`: an issue in the browser, composed anew on every save; or once, into files.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tokio::sync::watch;

use crate::audience::Subscriber;
use crate::audience::list::Rows;
use crate::check::weight::Weight;
use crate::compose::merge::fill::Unresolved;
use crate::delivery::plan::hex;
use crate::finding::Finding;
use crate::io::watch::Watch;
use crate::io::{files, images, secret, snippets};
use crate::message::{Letterhead, Letters};
use crate::report::Printer;
use crate::rule;
use crate::studio::{Letter, Proof, Reader, Studio};

use super::exit::Exit;
use super::failure::Failure;
use super::preflight::{Opened, Surroundings};
use super::project::Project;
use super::{now, preflight, runtime, send};

/// Shows an issue as its readers will get it.
#[derive(Debug, Args)]
pub(super) struct PreviewArgs {
    /// The draft, e.g. drafts/letter.md
    draft: PathBuf,
    /// The port on this machine [default: any free one]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Open the browser
    #[arg(long)]
    open: bool,
    /// Write issue.html, issue.txt and issue.eml into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["port", "open"])]
    out: Option<PathBuf>,
}

/// Readers the page offers.
const OFFERED: usize = 200;

/// An issue's letters, and whom to show them for.
#[derive(Clone)]
struct Sheaf {
    letters: Arc<Letters>,
    readers: Arc<Vec<Subscriber>>,
    from: String,
    /// Each image's address in the letter, and what a browser shows for it.
    pictures: Arc<Vec<(String, String)>>,
    has_preheader: bool,
}

/// Serves the page until Ctrl-C, or writes the files.
pub(super) fn run(
    args: &PreviewArgs,
    config: Option<&Path>,
    printer: Printer,
) -> Result<Exit, Failure> {
    if let Some(folder) = &args.out {
        return write(args, folder, &Project::load(config)?, printer);
    }
    runtime()?.block_on(serve(args, config, printer))
}

fn write(
    args: &PreviewArgs,
    folder: &Path,
    project: &Project,
    printer: Printer,
) -> Result<Exit, Failure> {
    let (sheaf, remarks) = gather(args, project, printer)?;
    printer.findings(&remarks);
    let letter = sheaf.letter("").map_err(Failure::from)?;
    files::create_folder(folder)?;
    for (name, bytes) in [
        ("issue.html", letter.html.as_bytes()),
        ("issue.txt", letter.text.as_bytes()),
        ("issue.eml", &letter.raw),
    ] {
        let path = folder.join(name);
        files::write(&path, bytes)?;
        printer.data(path.display().to_string());
    }
    let weight = Weight::of(&letter.raw);
    printer.say(weight.to_string());
    printer.json(&serde_json::json!({ "event": "weighed", "weight": weight }));
    Ok(Exit::Complete)
}

async fn serve(
    args: &PreviewArgs,
    config: Option<&Path>,
    printer: Printer,
) -> Result<Exit, Failure> {
    let project = Project::load(config)?;
    if !project.configured {
        printer.say("there is no config.toml, so this uses the example's settings (`postrider init` makes one)");
    }
    files::open(&args.draft)?;
    let mut files = watched(args, config, &project);
    let mut watch = Watch::start(&files).map_err(|error| {
        Failure::new(Exit::Storage, format!("saves cannot be watched: {error}"))
    })?;
    let token = hex(&secret::random::<16>()?);
    let studio = Studio::bind(args.port, token).await.map_err(|error| {
        Failure::new(Exit::Storage, format!("port {} cannot be used: {error}", args.port))
            .help("leave `--port` out to get a free one")
    })?;
    let url = studio.url();
    let (proofs, pages) = watch::channel(Arc::new(proof(args, config, None, 1)));
    printer.say("the preview is at");
    printer.data(&url);
    printer.say("it is reloaded on every save; Ctrl-C ends it");
    if args.open {
        open_browser(&url, printer);
    }
    let saves = async {
        for version in 2.. {
            watch.changed().await;
            if let Ok(project) = Project::load(config) {
                let now = watched(args, config, &project);
                // A save may include another file. The new watch begins before the draft is read again.
                if now != files
                    && let Ok(begun) = Watch::start(&now)
                {
                    (watch, files) = (begun, now);
                }
            }
            let last = proofs.borrow().clone();
            proofs.send_replace(Arc::new(proof(args, config, Some(&last), version)));
        }
    };
    let stop = async {
        // Without signals there is still the terminal to close.
        let _ = tokio::signal::ctrl_c().await;
    };
    tokio::select! {
        served = studio.serve(pages, stop) => served?,
        () = saves => {}
    }
    Ok(Exit::Complete)
}

/// The files that change what is shown: the draft, what it includes, the configuration and the list.
fn watched(args: &PreviewArgs, config: Option<&Path>, project: &Project) -> Vec<PathBuf> {
    let config = config.unwrap_or(Path::new("config.toml")).to_owned();
    let mut more = vec![project.list()];
    more.extend(project.config.theme.css.as_deref().map(|css| project.path(css)));
    if let Ok((Some(draft), _)) = preflight::read(&args.draft, project) {
        more.extend(snippets::paths(&draft, project.root()));
    }
    more.retain(|file| {
        file.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.exists())
    });
    [args.draft.clone(), config].into_iter().chain(more).collect()
}

/// What the page shows now: the letters of this save, or the last good ones with the mistakes.
fn proof(args: &PreviewArgs, config: Option<&Path>, last: Option<&Proof>, version: u64) -> Proof {
    let quiet = Printer { json: false, quiet: true, colour: false, live: false };
    let issue = args.draft.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match Project::load(config).and_then(|project| gather(args, &project, quiet)) {
        Ok((sheaf, findings)) => {
            let readers = sheaf.readers.iter().map(offered).collect();
            let letters: crate::studio::Letters = Arc::new(move |key| sheaf.letter(key));
            Proof { version, issue, readers, letters: Some(letters), is_stale: false, findings }
        }
        Err(failure) => Proof {
            version,
            issue,
            readers: last.map(|last| last.readers.clone()).unwrap_or_default(),
            letters: last.and_then(|last| last.letters.clone()),
            is_stale: true,
            findings: failure.into_findings(),
        },
    }
}

fn offered(reader: &Subscriber) -> Reader {
    let label = match &reader.name {
        Some(name) => format!("{name} <{}>", reader.email),
        None => reader.email.to_string(),
    };
    Reader { key: reader.email.to_string(), label }
}

fn gather(
    args: &PreviewArgs,
    project: &Project,
    printer: Printer,
) -> Result<(Sheaf, Vec<Finding>), Failure> {
    let inspected = preflight::inspect(&args.draft, project, &Surroundings::of(project, now()))?;
    let (opened, mut remarks) = (inspected.opened, inspected.findings);
    let Opened { draft: Some(draft), issue: Some(issue), images, .. } = opened else {
        return Err(remarks.into());
    };
    let pictures = images::data_urls(&images, preflight::folders(&args.draft, project));
    remarks.extend(project.remarks.iter().cloned());
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
    let letters = Letters::new(&issue, &head)
        .map_err(|error| Failure::new(Exit::Mistakes, error.to_string()))?;
    let from = issue.from.as_ref().unwrap_or(&config.newsletter.from);
    let name = from.name.as_deref().unwrap_or(&config.newsletter.name);
    let (readers, bad) = readers(&project.list());
    remarks.extend(bad);
    Ok((
        Sheaf {
            letters: Arc::new(letters),
            readers: Arc::new(readers),
            from: format!("{name} <{}>", from.address),
            pictures: Arc::new(pictures),
            has_preheader: draft.front.preheader.is_some(),
        },
        remarks,
    ))
}

/// The first active readers of the list and the mistakes among them; without a list, somebody made up.
fn readers(path: &Path) -> (Vec<Subscriber>, Vec<Finding>) {
    let (mut readers, mut bad) = (Vec::new(), Vec::new());
    if let Ok(file) = files::open(path) {
        for row in Rows::new(path.display().to_string(), BufReader::new(file)) {
            match row {
                Ok(listed) if listed.subscriber.status.is_active() => {
                    readers.push(listed.subscriber);
                }
                Ok(_) => {}
                Err(findings) => bad.extend(findings),
            }
            if readers.len() + bad.len() >= OFFERED {
                break;
            }
        }
    }
    if readers.is_empty() {
        readers.extend(preflight::stranger());
    }
    (readers, bad)
}

impl Sheaf {
    /// One reader's letter; the empty key means the first reader.
    fn letter(&self, key: &str) -> Result<Letter, Vec<Finding>> {
        let named = self.readers.iter().find(|reader| reader.email.as_str() == key);
        let Some(reader) = named.or(self.readers.first()) else { return Err(Vec::new()) };
        self.take_apart(reader).map_err(|unresolved| {
            let what = |unresolved: &Unresolved| format!("{unresolved} for {}", reader.email);
            let help = "give the tag a default, e.g. `{{ name | default(\"reader\") }}`, or fill the column";
            unresolved.iter().map(|one| Finding::about(&rule::MERGE_UNRESOLVED, "subscribers", what(one)).help(help)).collect()
        })
    }

    fn with_pictures(&self, html: String) -> String {
        self.pictures.iter().fold(html, |html, (url, picture)| html.replace(url, picture))
    }

    fn take_apart(&self, reader: &Subscriber) -> Result<Letter, Vec<Unresolved>> {
        let raw = self.letters.render(reader)?.bytes;
        let text = self.letters.text(reader)?;
        let head = raw
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .map_or(raw.len(), |end| end + 2);
        let opening = text.split("\n\n").next().unwrap_or_default();
        Ok(Letter {
            html: self.with_pictures(self.letters.html(reader)?),
            headers: String::from_utf8_lossy(&raw[..head]).replace("\r\n", "\n"),
            subject: self.letters.subject(reader)?,
            from: self.from.clone(),
            preheader: if self.has_preheader {
                opening.split_whitespace().collect::<Vec<_>>().join(" ")
            } else {
                String::new()
            },
            text,
            raw,
        })
    }
}

/// Asks the desktop to open the page; where it cannot, the address is on the screen.
fn open_browser(url: &str, printer: Printer) {
    let opened = std::process::Command::new("xdg-open")
        .arg(url)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    if opened.is_err() {
        printer.say("no browser could be opened; open the address yourself");
    }
}
