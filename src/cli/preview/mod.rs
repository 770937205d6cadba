//! `postrider preview`: the studio, with every draft of a folder composed anew on every save; or one issue, once, into
//! files.

mod backdrop;
mod bench;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tokio::sync::watch;

use crate::check::weight::Weight;
use crate::delivery::plan::hex;
use crate::finding::Finding;
use crate::io::images::{self, Shelf};
use crate::io::watch::Watch;
use crate::io::{files, secret};
use crate::message::Letters;
use crate::report::{Printer, formats};
use crate::rule;
use crate::studio::{Catch, Studio};

use super::exit::Exit;
use super::failure::Failure;
use super::preflight;
use super::project::Project;
use super::send;
use super::surroundings::Surroundings;
use super::{now, runtime};

use bench::{Bench, Composed};

/// Shows an issue as its readers will get it.
#[derive(Debug, Args)]
pub(super) struct PreviewArgs {
    /// The draft, e.g. drafts/letter.md; the others of its folder can be opened from the page
    draft: PathBuf,
    /// The port on this machine [default: any free one]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Open the browser
    #[arg(long)]
    open: bool,
    /// Write issue.html, issue.txt, issue.eml and report.json, what `check` says, into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["port", "open"])]
    out: Option<PathBuf>,
}

/// Serves the pages until Ctrl-C, or writes the files.
pub(super) fn run(
    args: &PreviewArgs,
    config: Option<&Path>,
    printer: Printer,
) -> Result<Exit, Failure> {
    let project = Project::load(config)?;
    if let Some(folder) = &args.out {
        return write(args, folder, &project, printer);
    }
    if !project.configured {
        printer.say("there is no config.toml, so this uses the example's settings (`postrider init` makes one)");
    }
    files::open(&args.draft)?;
    let opening = Opening { port: args.port, opens: args.open, catches: Vec::new() };
    runtime()?.block_on(serve(&args.draft, &project, opening, printer))?;
    Ok(Exit::Complete)
}

/// Shows what a sandbox run has caught, until Ctrl-C.
pub(super) fn show(
    catch: Catch,
    draft: &Path,
    project: &Project,
    printer: Printer,
) -> Result<(), Failure> {
    let opening = Opening { port: 0, opens: true, catches: vec![catch] };
    runtime()?.block_on(serve(draft, project, opening, printer))
}

/// How a studio opens.
struct Opening {
    port: u16,
    /// In the browser, too.
    opens: bool,
    /// What is shown first, if there is any of it.
    catches: Vec<Catch>,
}

/// The report is written whatever the draft is like; the letter, if it can be made.
fn write(
    args: &PreviewArgs,
    folder: &Path,
    project: &Project,
    printer: Printer,
) -> Result<Exit, Failure> {
    let mut around = Surroundings::whole(project, std::slice::from_ref(&args.draft), now());
    around.key = send::key(project, false, printer)?;
    around.signer = send::signer(project, false, printer)?;
    let remarks = around.remarks(project);
    files::create_folder(folder)?;
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        files::write(&path, bytes)?;
        printer.data(path.display().to_string());
        Ok::<(), Failure>(())
    };
    let report =
        |findings: &[Finding]| put("report.json", formats::json(findings).to_string().as_bytes());
    match files_of(&args.draft, project, &around) {
        Ok((html, text, raw, findings)) => {
            let remarks = [remarks, findings].concat();
            printer.findings(&remarks);
            put("issue.html", html.as_bytes())?;
            put("issue.txt", text.as_bytes())?;
            put("issue.eml", &raw)?;
            report(&remarks)?;
            let weight = Weight::of(&raw);
            printer.say(weight.to_string());
            printer.json(&serde_json::json!({ "event": "weighed", "weight": weight }));
            Ok(Exit::Complete)
        }
        Err(failure) => {
            let findings = failure.after(&remarks).told();
            report(&findings)?;
            Err(findings.into())
        }
    }
}

/// The first reader's letter as HTML with its images, as text and as it is sent, and what is to be said of the draft.
fn files_of(
    draft: &Path,
    project: &Project,
    around: &Surroundings,
) -> Result<(String, String, Vec<u8>, Vec<Finding>), Failure> {
    let inspected = preflight::inspect(draft, project, around, &mut Shelf::default())?;
    let composed = Composed::of(inspected)?;
    let (html, text, raw) = first_letter(&composed.letters, project)
        .map_err(|failure| failure.after(&composed.findings))?;
    let pictures = images::data_urls(&composed.images, preflight::folders(draft, project));
    let html = pictures.iter().fold(html, |html, (url, picture)| html.replace(url, picture));
    Ok((html, text, raw, composed.findings))
}

/// HTML, text and all bytes of the first reader's letter.
fn first_letter(
    letters: &Letters,
    project: &Project,
) -> Result<(String, String, Vec<u8>), Failure> {
    let reader = crate::studio::reader(&project.list(), "");
    let all = || {
        Ok((
            letters.html(&reader)?,
            letters.text(&reader)?,
            letters.render(&reader)?.content.to_vec(),
        ))
    };
    all().map_err(|unresolved: Vec<crate::compose::merge::fill::Unresolved>| {
        let help =
            "give the tag a default, e.g. `{{ name | default(\"reader\") }}`, or fill the column";
        let finding = |one: &_| {
            let what = format!("{one} for {}", reader.email);
            Finding::about(&rule::MERGE_UNRESOLVED, "subscribers", what).help(help)
        };
        Failure::from(unresolved.iter().map(finding).collect::<Vec<_>>())
    })
}

async fn serve(
    draft: &Path,
    project: &Project,
    opening: Opening,
    printer: Printer,
) -> Result<(), Failure> {
    let unwatched =
        |error: String| Failure::new(Exit::Storage, format!("saves cannot be watched: {error}"));
    let watch =
        Arc::new(Watch::start(&[draft.to_owned()]).map_err(|error| unwatched(error.to_string()))?);
    let token = hex(&secret::random::<16>()?);
    let studio = Studio::bind(opening.port, token).await.map_err(|error| {
        Failure::new(Exit::Storage, format!("port {} cannot be used: {error}", opening.port))
            .help("leave `--port` out to get a free one")
    })?;
    let is_inbox = !opening.catches.is_empty();
    let url = if is_inbox { studio.url() + "caught" } else { studio.url() };
    let (saves, changes) = watch::channel(1);
    printer.say(if is_inbox { "the letters are at" } else { "the preview is at" });
    printer.data(&url);
    printer.say(if is_inbox {
        "Ctrl-C ends it"
    } else {
        "it is reloaded on every save; Ctrl-C ends it"
    });
    if opening.opens {
        open_browser(&url, printer);
    }
    let count = async {
        loop {
            watch.changed().await;
            saves.send_modify(|saves| *saves += 1);
        }
    };
    let stop = async {
        use tokio::signal::unix::{SignalKind, signal};
        // A rehearsal from the page takes signals, too, and from then on none ends the process by itself.
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    };
    let (errands, first) = Bench::new(draft, project, Arc::clone(&watch)).errands();
    tokio::select! {
        served = studio.serve(errands, first, opening.catches, changes, stop) => Ok(served?),
        () = count => Ok(()),
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
