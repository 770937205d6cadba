//! Following the links of drafts, as `check --online` and the studio do alike.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use crate::check::document::Document;
use crate::check::online::{self, LinkStates};
use crate::io::links::{self, Cache};

use super::failure::Failure;
use super::preflight;
use super::project::Project;
use super::{now, runtime};

/// How long a server may take to be reached, and again to answer, unless somebody says otherwise.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// What the links of all drafts answer, and why that could not be kept for the next time, if so.
pub(super) fn links(
    drafts: &[PathBuf],
    project: &Project,
    timeout: Duration,
) -> Result<(LinkStates, Option<String>), Failure> {
    let mut urls = BTreeSet::new();
    for draft in drafts {
        // What cannot be read is said when the draft is judged.
        let Ok((Some(draft), _)) = preflight::read(draft, project) else { continue };
        let document = Document::read(&draft);
        urls.extend(document.links.iter().filter_map(|link| online::address(&link.url)));
    }
    let now = now();
    let mut cache = Cache::open(&project.state());
    let agent = agent(project);
    let states = runtime()?.block_on(links::visit(urls, &agent, timeout, &mut cache, now))?;
    let lost = cache.save(now).err();
    let lost =
        lost.map(|error| format!("the links' answers are not kept for the next time: {error}"));
    Ok((states, lost))
}

/// How we introduce ourselves to servers: what we are, and whom to complain to.
fn agent(project: &Project) -> String {
    let program = concat!("postrider/", env!("CARGO_PKG_VERSION"));
    let from = &project.config.newsletter.from.address;
    if project.configured && from.as_str().is_ascii() {
        format!("{program} (checks a newsletter's links; mailto:{from})")
    } else {
        format!("{program} (checks a newsletter's links)")
    }
}
