//! The tree as the HTML of a letter's body: real headings, lists and tables, and tables for what Outlook cannot pad.
//!
//! Classes only; `look` holds the styles, and `layout` inlines them.

pub(super) mod fit;
mod highlight;
mod inline;
mod quotes;
mod smart;
mod table;

use std::cell::{Cell, RefCell};

use comrak::nodes::{ListType, Node, NodeAlert, NodeCodeBlock, NodeHeading, NodeList, NodeValue};
use maud::{Markup, PreEscaped, Render, html};

use crate::compose::merge::Branch;
use crate::compose::merge::pairs::Role;
use crate::compose::merge::tags::Tags;

use smart::Typography;

use super::phrases::Phrases;
use super::trace::Trace;
use super::tree::{contents, footnotes};

/// The body as HTML without styles. Changes the texts of the tree to their typographic form.
///
/// `column` is the width of the text in pixels. Needs a tree that `tree::prepare` made: the recursion is as deep as the
/// tree. With a `trace` every block says where it comes from.
pub(super) fn render(
    root: Node<'_>,
    column: u32,
    wording: Wording,
    tags: &Tags,
    trace: Option<&Trace>,
) -> Markup {
    wording.typography.tree(root);
    fit::images(root, column);
    let (heading, shift, branches) = (Cell::new(1), has_h1(root), RefCell::default());
    let walker = Walker { tags, branches, heading, shift, trace, wording };
    walker.blocks(root)
}

/// What is said in a letter's language besides its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wording {
    pub(super) typography: Typography,
    pub(super) phrases: &'static Phrases,
}

impl Wording {
    /// That of a language (BCP 47); its typography only if that is wanted.
    pub(super) fn of(language: &str, is_smart: bool) -> Self {
        let typography = Typography::of(language, is_smart);
        Self { typography, phrases: Phrases::of(language) }
    }
}

struct Walker<'t> {
    tags: &'t Tags,
    /// The conditionals that are open.
    branches: RefCell<Vec<Branches>>,
    /// The level of the last heading; the title above the body is the first.
    heading: Cell<u8>,
    /// Whether the body has headings of the title's level, and so all go one down.
    shift: bool,
    trace: Option<&'t Trace>,
    wording: Wording,
}

/// A conditional whose branches are being written.
struct Branches {
    /// The level of the last heading before it.
    before: u8,
    /// The least of the levels at the ends of its branches so far.
    least: u8,
    /// The branch that is being written.
    branch: Branch,
}

fn has_h1(root: Node<'_>) -> bool {
    root.descendants()
        .any(|node| matches!(node.data().value, NodeValue::Heading(NodeHeading { level: 1, .. })))
}

impl Walker<'_> {
    fn blocks(&self, parent: Node<'_>) -> Markup {
        self.all(parent.children())
    }

    fn all<'a>(&self, nodes: impl Iterator<Item = Node<'a>>) -> Markup {
        html! { @for node in nodes { (self.block(node)) } }
    }

    fn block(&self, node: Node<'_>) -> Markup {
        html! { (self.mark(node)) (self.element(node)) }
    }

    /// Where a block comes from, if anybody asked.
    fn mark(&self, node: Node<'_>) -> PreEscaped<String> {
        let data = node.data();
        let is_element = data.value.block() && !matches!(data.value, NodeValue::Raw(_));
        let trace = self.trace.filter(|_| is_element);
        PreEscaped(trace.map_or_else(String::new, |trace| trace.mark(data.sourcepos)))
    }

    fn element(&self, node: Node<'_>) -> Markup {
        match &node.data().value {
            NodeValue::Raw(word) => {
                self.condition(word);
                inline::condition(word)
            }
            NodeValue::Paragraph => self.paragraph(node),
            NodeValue::Heading(heading) => self.heading(node, heading.level),
            NodeValue::BlockQuote | NodeValue::MultilineBlockQuote(_) => self.quote(node),
            NodeValue::List(list) => self.list(node, list),
            NodeValue::CodeBlock(code) => code_block(code),
            NodeValue::ThematicBreak => html! { hr class="rule"; (END) },
            NodeValue::Table(table) => table::data(node, table),
            NodeValue::Alert(alert) => self.alert(node, alert),
            NodeValue::DescriptionList => html! { dl { (END) (self.blocks(node)) } (END) },
            NodeValue::DescriptionTerm => {
                html! { @for child in node.children() { dt { (inline::line(child)) } (END) } }
            }
            NodeValue::BlockDirective(directive) if directive.info == contents::NAME => {
                html! { div class="toc" { (END) (self.blocks(node)) } (END) }
            }
            NodeValue::BlockDirective(directive) if directive.info == footnotes::NAME => {
                self.notes(node)
            }
            NodeValue::FootnoteDefinition(definition) => self.note(node, &definition.name),
            NodeValue::DescriptionDetails => html! { dd { (END) (self.blocks(node)) } (END) },
            value if value.block() => self.blocks(node),
            _ => inline::inline(node),
        }
    }

    /// The looks follow the level as written; the element never skips a level, so that screen readers can follow.
    fn heading(&self, node: Node<'_>, level: u8) -> Markup {
        let written = if self.shift { (level + 1).min(6) } else { level };
        let element = written.min(self.heading.get() + 1);
        self.heading.set(element);
        let class = if is_caption(node) { "caption".to_owned() } else { format!("h{written}") };
        let content = html! {
            @if let Some(id) = node.data().attrs.as_ref().and_then(|attrs| attrs.id.as_ref()) {
                a name=(id) id=(id) {}
            }
            (inline::line(node))
        };
        html! {
            @match element {
                2 => h2 class=(class) { (content) },
                3 => h3 class=(class) { (content) },
                4 => h4 class=(class) { (content) },
                5 => h5 class=(class) { (content) },
                _ => h6 class=(class) { (content) },
            }
            (END)
        }
    }

    /// Headings must not skip a level for any reader: each branch goes on from the level before the conditional, and
    /// what follows it from the least level that a reader may have come to.
    fn condition(&self, word: &str) {
        let mut open = self.branches.borrow_mut();
        let level = self.heading.get();
        match self.tags.role(word) {
            Some(Role::Begins(branch)) if branch.branch == 0 => {
                open.push(Branches { before: level, least: u8::MAX, branch });
            }
            Some(Role::Begins(branch)) => {
                if let Some(last) = open.last_mut() {
                    last.least = last.least.min(level);
                    last.branch = branch;
                    self.heading.set(last.before);
                }
            }
            Some(Role::Ends(_)) => {
                let Some(last) = open.pop() else { return };
                let tests = self.tags.conditionals[last.branch.conditional].tests.len();
                let without = if last.branch.branch < tests { last.before } else { u8::MAX };
                self.heading.set(last.least.min(level).min(without));
            }
            None => {}
        }
    }

    fn paragraph(&self, node: Node<'_>) -> Markup {
        if let Some((picture, title, url)) = inline::only_video(node) {
            return html! {
                p class="image captioned" { (picture) } (END)
                p class="caption" { a class="link" href=(url) { (PLAY) (self.wording.typography.text(&title)) } } (END)
            };
        }
        let Some((image, title)) = inline::only_image(node) else {
            return html! { p { (inline::line(node)) } (END) };
        };
        let captioned = title.is_some() || node.next_sibling().is_some_and(is_caption);
        html! {
            p class=(if captioned { "image captioned" } else { "image" }) { (image) } (END)
            @if let Some(title) = title { p class="caption" { (self.wording.typography.text(&title)) } (END) }
        }
    }

    /// Outlook pads cells only, so the bar and its distance belong to a cell.
    fn quote(&self, node: Node<'_>) -> Markup {
        html! {
            blockquote { (boxed("quote", &html! { (END) (self.blocks(node)) })) }
            (END)
        }
    }

    fn alert(&self, node: Node<'_>, alert: &NodeAlert) -> Markup {
        let kind = alert.alert_type.default_title();
        let label = match &alert.title {
            Some(title) => self.wording.typography.text(title),
            None => format!("{}:", self.wording.phrases.alert(alert.alert_type)),
        };
        let class = format!("alert {}", kind.to_lowercase());
        boxed(
            &class,
            &html! {
                (END)
                p class="label" { strong { (label) } } (END)
                (self.blocks(node))
            },
        )
    }

    fn list(&self, node: Node<'_>, list: &NodeList) -> Markup {
        let tasks = node.children().any(|item| matches!(item.data().value, NodeValue::TaskItem(_)));
        let items = html! { (END) @for item in node.children() { (self.item(item, list)) } };
        html! {
            @match list.list_type {
                ListType::Bullet => ul class=[tasks.then_some("tasks")] { (items) },
                ListType::Ordered => ol start=[(list.start != 1).then_some(list.start)] { (items) },
            }
            (END)
        }
    }

    fn item(&self, node: Node<'_>, list: &NodeList) -> Markup {
        if matches!(node.data().value, NodeValue::Raw(_)) {
            return self.block(node);
        }
        let mark = match &node.data().value {
            NodeValue::TaskItem(task) => Some(inline::task_box(task)),
            _ => None,
        };
        let (mut mark, tight) = (mark, list.tight);
        // Beside a number there is no room for a box.
        let is_task = mark.is_some() && list.list_type == ListType::Bullet;
        html! {
            (self.mark(node))
            li class=[is_task.then_some("task")] {
                @for child in node.children() {
                    @let is_text = matches!(child.data().value, NodeValue::Paragraph);
                    @if is_text && (tight || mark.is_some()) {
                        @if !tight { (PreEscaped("<p>")) }
                        (mark.take().unwrap_or_default())
                        (inline::line(child))
                        @if !tight { (PreEscaped("</p>")) }
                    } @else if matches!(child.data().value, NodeValue::Raw(_)) {
                        (self.block(child))
                    } @else {
                        (END)
                        (self.block(child))
                    }
                }
            }
            (END)
        }
    }

    fn notes(&self, house: Node<'_>) -> Markup {
        html! {
            hr class="rule"; (END)
            h2 class="h3" { (self.wording.phrases.notes) } (END)
            (self.blocks(house))
        }
    }

    /// The number stands in the first paragraph and leads back to where the note was first named; a note that begins
    /// with something else gets a line for it.
    fn note(&self, note: Node<'_>, number: &str) -> Markup {
        let is_note =
            |node: &Node<'_>| matches!(node.data().value, NodeValue::FootnoteDefinition(_));
        let anchor = format!("fn-{}", note.preceding_siblings().filter(is_note).count());
        let back = note.data().attrs.as_ref().and_then(|attributes| attributes.id.clone());
        let back = back.map(|id| format!("#{id}"));
        let label = html! {
            a class="link" name=(anchor) id=(anchor) href=[back] { "[" (number) "]" } " "
        };
        let is_text = |node: &Node<'_>| matches!(node.data().value, NodeValue::Paragraph);
        let mut label = Some(label);
        html! {
            (self.mark(note))
            @if !note.first_child().as_ref().is_some_and(is_text) {
                p class="note" { (label.take().unwrap_or_default()) } (END)
            }
            @for block in note.children() {
                @if is_text(&block) {
                    p class="note" { (label.take().unwrap_or_default()) (inline::line(block)) } (END)
                } @else {
                    (self.block(block))
                }
            }
        }
    }
}

/// A line end between blocks, for people who read the source.
struct LineEnd;

const END: LineEnd = LineEnd;

impl Render for LineEnd {
    fn render_to(&self, buffer: &mut String) {
        buffer.push('\n');
    }
}

/// A triangle that points right, as text and not as a coloured picture of one.
const PLAY: &str = "▶\u{fe0e} ";

/// A table of one cell that only lays out.
fn boxed(class: &str, content: &Markup) -> Markup {
    html! {
        table role="presentation" class="box" width="100%" border="0" cellpadding="0" cellspacing="0" {
            tr { td class=(class) { (content) } }
        }
        (END)
    }
}

/// A small heading right after an image is its caption; newsletters use them for photo credits.
fn is_caption(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Heading(NodeHeading { level: 4.., .. }))
        && node.previous_sibling().is_some_and(|before| inline::only_image(before).is_some())
}

fn code_block(code: &NodeCodeBlock) -> Markup {
    let text = code.literal.strip_suffix('\n').unwrap_or(&code.literal);
    let Some(pieces) = highlight::pieces(&code.info, text) else {
        return boxed("code", &html! { pre { (text) } });
    };
    boxed(
        "code",
        &html! {
            pre {
                @for (kind, text) in pieces {
                    @if let Some(kind) = kind { span class=(kind) { (text) } } @else { (text) }
                }
            }
        },
    )
}
