//! comrak at work: which Markdown a draft may use.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use comrak::nodes::Node;
use comrak::options::BrokenLinkReference;
use comrak::{Arena, Options, ResolvedReference};

use super::leftovers;

/// What comrak may spend on a draft, in units of 256 lines or nodes: an ordinary draft of 1 MiB needs a few thousand.
const MOST_STEPS: usize = 20_000;

/// The tree and the reference labels that have no definition; nothing if the text is made to be hard to parse.
pub(super) fn parse<'a>(arena: &'a Arena<'a>, body: &str) -> Option<(Node<'a>, BTreeSet<String>)> {
    let undefined = Arc::new(Mutex::new(BTreeSet::new()));
    let steps = Cell::new(0);
    let take_a_step = || {
        steps.set(steps.get() + 1);
        steps.get() > MOST_STEPS
    };
    let options = options(Arc::clone(&undefined));
    let root = comrak::try_parse_document(arena, body, &options, &take_a_step).ok()?;
    let undefined = undefined.lock().map(|labels| labels.clone()).unwrap_or_default();
    Some((root, undefined))
}

fn options(undefined: Arc<Mutex<BTreeSet<String>>>) -> Options<'static> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.inline_footnotes = true;
    options.extension.alerts = true;
    options.extension.shortcodes = true;
    options.extension.description_lists = true;
    options.extension.block_directive = true;
    options.extension.link_attributes = true;
    options.extension.superscript = true;
    options.extension.subscript = true;
    options.extension.highlight = true;
    options.extension.ofm_comments = true;
    // Definitions stay where they are until code in them has been seen, too.
    options.parse.leave_footnote_definitions = true;
    options.parse.broken_link_callback =
        Some(Arc::new(move |reference: BrokenLinkReference<'_>| -> Option<ResolvedReference> {
            if let Ok(mut labels) = undefined.lock() {
                labels.insert(leftovers::label(reference.original));
            }
            None
        }));
    options
}
