//! The body of a draft as a tree of Markdown nodes, checked and ready for the walkers.
//!
//! Both walkers (HTML and plain text) read the same tree. After [`prepare`] it holds no raw HTML, no editor's notes, no
//! shortcodes and no directives but the table of contents and the notes; links and images are absolute; a link to a video has the
//! class [`videos::CLASS`] and holds its picture; footnotes stand in a directive at the end in the order of their numbers;
//! and a heading that a link leads to has its anchor in `attrs.id`.

mod attributes;
mod bounds;
mod callouts;
mod conditions;
pub(super) mod contents;
pub(super) mod footnotes;
mod leftovers;
mod links;
pub(super) mod manuscript;
pub(super) mod margin;
mod marks;
mod notes;
mod parse;
pub mod raw_html;
mod rewrite;
mod shape;
mod simplify;
mod tags;
#[cfg(test)]
mod tests;
pub(super) mod videos;

use comrak::Arena;
use comrak::arena_tree::NodeEdge;
use comrak::nodes::{Node, NodeHeading, NodeValue, Sourcepos};

use crate::compose::merge::tags::Tags;
use crate::draft::Draft;
use crate::finding::Finding;
use crate::rule;
use crate::source::{Source, Span};
pub(super) use conditions::role as condition;
pub(super) use links::Addresses;
use manuscript::Manuscript;
pub(super) use manuscript::included;
use margin::Margin;

/// The longest body that is composed, its snippets included, in bytes.
const LONGEST: usize = 1024 * 1024;
/// The deepest nesting of quotes, lists and emphasis; the walkers recurse.
const DEEPEST: usize = 100;

/// Parses the body and makes it ready; all findings are returned either way, the tree only if there is one.
///
/// `title` is what the layout shows as the heading of the letter, with stand-ins for its merge tags. `addresses` is asked
/// for what the links and images of the tree lead to.
pub(super) fn prepare<'a, 'i>(
    arena: &'a Arena<'a>,
    draft: &Draft,
    title: &str,
    addresses: impl FnOnce(Node<'a>) -> Addresses<'i>,
    tags: &mut Tags,
) -> (Option<Node<'a>>, Vec<Finding>) {
    let (manuscript, refused) = Manuscript::assemble(draft);
    if !refused.is_empty() {
        return (None, refused);
    }
    let body = manuscript.text.as_str();
    if body.len() > LONGEST {
        let message = format!("draft too large: {} bytes, at most {LONGEST}", body.len());
        return (None, vec![too_large(draft, message)]);
    }
    if body.lines().any(is_quoted_too_deep) {
        return (None, vec![too_large(draft, format!("nesting deeper than {DEEPEST}"))]);
    }
    let mut margin = Margin::new(&draft.source, &manuscript, body);
    if bounds::has_too_many_tags(&mut margin) {
        return (None, margin.into_findings());
    }
    let marked = tags.mark_body(body);
    let mut margin = Margin::new(&draft.source, &manuscript, &marked);
    let Some((root, undefined)) = parse::parse(arena, &marked) else {
        return (None, vec![too_large(draft, "draft is too intricate to be read".to_owned())]);
    };
    if is_too_deep(root) {
        return (None, vec![too_large(draft, format!("nesting deeper than {DEEPEST}"))]);
    }
    if bounds::has_too_many_pieces(&mut margin, root) {
        return (None, margin.into_findings());
    }
    margin.learn_quiet(root, tags);
    tags.pair_body(|at| margin.is_quiet(at));
    tags::check(&mut margin, draft, body);
    leftovers::check_references(&mut margin, root, &undefined);
    notes::remove(&mut margin, root);
    attributes::complete(root);
    attributes::check(&mut margin, root);
    footnotes::settle(&mut margin, root);
    callouts::settle(&mut margin, root);
    marks::settle(arena, &mut margin, root);
    rewrite::rewrite(arena, root, &mut margin, tags);
    simplify::simplify(root, tags);
    conditions::settle(arena, root, &mut margin, tags);
    if is_too_deep(root) {
        return (None, vec![too_large(draft, format!("nesting deeper than {DEEPEST}"))]);
    }
    drop_title(&mut margin, root, title);
    videos::settle(arena, &mut margin, root);
    contents::settle(arena, &mut margin, root, draft.front.toc, tags);
    links::settle(&mut margin, root, &addresses(root), tags);
    footnotes::house(arena, root, tags);
    leftovers::check_placeholders(&mut margin, root, draft);
    leftovers::check_commands(&mut margin, root);
    // A message may quote the body, which has stand-ins where its author wrote tags.
    let as_written = |finding: Finding| Finding {
        message: tags.restore(&finding.message),
        help: finding.help.map(|help| tags.restore(&help)),
        ..finding
    };
    (Some(root), margin.into_findings().into_iter().map(as_written).collect())
}

/// Where a place of the tree comes from: the draft or a snippet, and the byte in it.
pub(super) fn origin(draft: &Draft, at: Sourcepos) -> (Source, usize) {
    let (manuscript, _) = Manuscript::assemble(draft);
    let starts = margin::line_starts(&manuscript.text);
    let line = starts.get(at.start.line.saturating_sub(1)).copied().unwrap_or_default();
    let (source, start) = manuscript.origin(line);
    (source.clone(), start)
}

/// Where each line of the body comes from: which file, 0 being the draft's and the snippets following in their order,
/// and the line there, from 1.
pub(super) fn origins(draft: &Draft) -> Vec<(usize, usize)> {
    let (manuscript, _) = Manuscript::assemble(draft);
    let snippets = draft.snippets.values().filter_map(|snippet| snippet.as_ref().ok());
    let files: Vec<(&Source, Vec<usize>)> = std::iter::once(&draft.source)
        .chain(snippets)
        .map(|source| (source, margin::line_starts(&source.text)))
        .collect();
    let origin = |start: &usize| {
        let (source, at) = manuscript.origin(*start);
        let file = files.iter().position(|(known, _)| std::ptr::eq(*known, source)).unwrap_or(0);
        (file, files[file].1.partition_point(|start| *start <= at))
    };
    margin::line_starts(&manuscript.text).iter().map(origin).collect()
}

fn too_large(draft: &Draft, message: String) -> Finding {
    let body = draft.source.text.get(draft.body.start..).unwrap_or_default();
    let at = draft.body.start + (body.len() - body.trim_start_matches(['\r', '\n']).len());
    let start = Span::new(at, at);
    Finding::at(&rule::DRAFT_TOO_LARGE, &draft.source, start, message)
        .help("split it, or link to the long part")
}

/// comrak takes time in the square of the number of quotation marks, so that one line could keep it busy for hours.
fn is_quoted_too_deep(line: &str) -> bool {
    let marks = line.bytes().take_while(|byte| b"> \t-+*".contains(byte) || byte.is_ascii_digit());
    marks.filter(|byte| *byte == b'>').nth(DEEPEST).is_some()
}

fn is_too_deep(root: Node<'_>) -> bool {
    let mut depth = 0;
    root.traverse().any(|edge| {
        match edge {
            NodeEdge::Start(_) => depth += 1,
            NodeEdge::End(_) => depth -= 1,
        }
        depth > DEEPEST
    })
}

/// The layout shows the title; a heading that repeats it is left out.
fn drop_title(margin: &mut Margin<'_>, root: Node<'_>, title: &str) {
    let repeats = root.children().find(|node| {
        matches!(node.data().value, NodeValue::Heading(NodeHeading { level: 1, .. }))
            && node.collect_text().trim() == title.trim()
    });
    if let Some(node) = repeats {
        let range = margin.range(node.data().sourcepos);
        let message = "heading equals the title and is shown once".to_owned();
        margin.note(&rule::H1_DUPLICATE, range, message, "delete it, or leave it: nothing is lost");
        node.detach();
    }
}
