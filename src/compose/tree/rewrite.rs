//! Raw HTML becomes the Markdown nodes it stands for, so that both walkers see Markdown only.
//!
//! Elements that `shape` lists are understood; attributes other than those that carry content (`href`, `src`, `alt`,
//! `title`, `width`) are dropped; comments vanish; everything else is a mistake of the draft.

use comrak::Arena;
use comrak::nodes::{Ast, Attributes, ListType, Node, NodeCode, NodeValue, Sourcepos};

use super::margin::Margin;
use super::raw_html::{self, Element, Piece};
use super::shape::{Shape, is_void, list, may_stay_open, one_line, remedy, shape};
use crate::compose::merge::tags::Tags;
use crate::finding::shown;
use crate::rule::{self, Rule};

/// Rewrites all raw HTML below a node. The tree must not be deeper than the stack allows.
pub(super) fn rewrite<'a>(
    arena: &'a Arena<'a>,
    node: Node<'a>,
    margin: &mut Margin<'_>,
    tags: &Tags,
) {
    let children: Vec<Node<'a>> = node.children().collect();
    if !children.iter().any(|child| html_of(child).is_some()) {
        for child in children {
            rewrite(arena, child, margin, tags);
        }
        return;
    }
    let is_line = takes_inlines(&node.data().value);
    let mut builder =
        Builder { arena, margin, container: node, is_line, frames: Vec::new(), paragraph: None };
    for child in &children {
        child.detach();
    }
    for child in children {
        match html_of(child) {
            Some(literal) => {
                let lines = builder.margin.lines_of(child, &literal);
                for (range, piece) in raw_html::read(&literal) {
                    let at = lines.sourcepos(&range);
                    let literal = &literal[range];
                    match tags.word_of_comment(literal).filter(|_| piece == Piece::Comment) {
                        Some(word) => builder.condition(word, at),
                        None => builder.piece(piece, literal, at),
                    }
                }
            }
            None => {
                rewrite(arena, child, builder.margin, tags);
                builder.append(child);
            }
        }
    }
    builder.end_frames(0);
    builder.end_paragraph();
}

fn html_of(node: Node<'_>) -> Option<String> {
    match &node.data().value {
        NodeValue::HtmlBlock(block) => Some(block.literal.clone()),
        NodeValue::HtmlInline(literal) => Some(literal.clone()),
        _ => None,
    }
}

fn takes_inlines(value: &NodeValue) -> bool {
    !value.block() || value.contains_inlines()
}

/// An element that is open.
struct Frame<'a> {
    name: String,
    /// Where its content goes; absent if it is unwrapped.
    node: Option<Node<'a>>,
    is_block: bool,
    is_code: bool,
    may_stay_open: bool,
    at: Sourcepos,
}

struct Builder<'a, 'm, 'd> {
    arena: &'a Arena<'a>,
    margin: &'m mut Margin<'d>,
    container: Node<'a>,
    /// Whether the container holds a line of text rather than blocks.
    is_line: bool,
    frames: Vec<Frame<'a>>,
    /// The paragraph made for text that stands among blocks.
    paragraph: Option<Node<'a>>,
}

impl<'a> Builder<'a, '_, '_> {
    fn piece(&mut self, piece: Piece, literal: &str, at: Sourcepos) {
        match piece {
            Piece::Open(element) => self.open(&element, at),
            Piece::Close(name) => self.close(&name, at),
            Piece::Text(text) => self.text(&text, at),
            Piece::Comment if literal.ends_with("-->") => {}
            Piece::Comment => {
                let message = "comment is not closed and hides the rest of the letter".to_owned();
                self.note(&rule::HTML_UNCLOSED, at, message, "end it with `-->`");
            }
            Piece::Declaration => {
                let message = format!("`{}` is not allowed in mail", shown(literal));
                self.note(&rule::HTML_UNSUPPORTED, at, message, "delete it");
            }
        }
    }

    /// A tag that says for whom the text after it is: among blocks, or within a line that is open.
    fn condition(&mut self, word: &str, at: Sourcepos) {
        let node = self.node(NodeValue::Raw(word.to_owned()), at);
        let is_text = self.line_if_any().is_some_and(|line| line.first_child().is_some());
        if self.is_line || is_text && !self.frames.is_empty() {
            self.inline_target(at).append(node);
        } else {
            self.end_text();
            self.attach(node, at);
        }
    }

    fn open(&mut self, element: &Element, at: Sourcepos) {
        if let Some((key, _)) = element.attributes.iter().find(|(key, _)| key.starts_with("on")) {
            let message = format!("attribute `{}` is not allowed in mail", shown(key));
            let help = "delete it: nothing runs in a mail reader";
            self.note(&rule::HTML_UNSUPPORTED, at, message, help);
        }
        match shape(element) {
            Shape::VoidInline(value) => {
                let node = self.node(value, at);
                if element.name == "img" {
                    self.describe_image(node, element, at);
                }
                self.inline_target(at).append(node);
            }
            Shape::Inline(value) => self.open_inline(element, value, at),
            Shape::Code => {
                self.open_inline(element, NodeValue::Emph, at);
                if let Some(frame) = self.frames.last_mut() {
                    frame.is_code = true;
                }
            }
            Shape::UnwrappedBlock if !self.is_line => {
                self.end_text();
                self.push(element, None, true, at);
            }
            Shape::UnwrappedInline | Shape::UnwrappedBlock => self.push(element, None, false, at),
            Shape::Block(value) | Shape::VoidBlock(value) if self.is_line => {
                self.block_in_line(element, &value, at);
            }
            Shape::VoidBlock(value) => {
                self.end_text();
                let node = self.node(value, at);
                self.attach(node, at);
            }
            Shape::Block(value) => self.open_block(element, value, at),
            Shape::Nothing => {}
            Shape::Unsupported => self.refuse(element, at),
        }
    }

    fn open_inline(&mut self, element: &Element, value: NodeValue, at: Sourcepos) {
        if matches!(value, NodeValue::Link(_)) && self.is_in_link() {
            let message = "a link inside a link".to_owned();
            self.note(&rule::HTML_UNSUPPORTED, at, message, "close the outer link first");
            self.push(element, None, false, at);
            return;
        }
        let node = self.node(value, at);
        self.inline_target(at).append(node);
        self.push(element, Some(node), false, at);
    }

    fn open_block(&mut self, element: &Element, value: NodeValue, at: Sourcepos) {
        self.end_text();
        if element.name == "li" {
            self.end_item();
        }
        let mut node = self.node(value, at);
        self.attach(node, at);
        if element.name == "summary" {
            let strong = self.node(NodeValue::Strong, at);
            node.append(strong);
            node = strong;
        }
        self.push(element, Some(node), true, at);
    }

    /// A paragraph in a line is its text; other blocks cannot stand there.
    fn block_in_line(&mut self, element: &Element, value: &NodeValue, at: Sourcepos) {
        if !matches!(value, NodeValue::Paragraph) {
            let message = format!("`<{}>` cannot stand within a line of text", element.name);
            let help = "put it on a line of its own, after a blank line";
            self.note(&rule::HTML_UNSUPPORTED, at, message, help);
        }
        if !matches!(value, NodeValue::ThematicBreak) {
            self.push(element, None, false, at);
        }
    }

    fn refuse(&mut self, element: &Element, at: Sourcepos) {
        let message = format!("HTML element `{}` is not allowed in mail", shown(&element.name));
        self.note(&rule::HTML_UNSUPPORTED, at, message, &remedy(&element.name));
        if !is_void(&element.name) {
            self.push(element, None, false, at);
            if let Some(frame) = self.frames.last_mut() {
                frame.may_stay_open = true;
            }
        }
    }

    fn push(&mut self, element: &Element, node: Option<Node<'a>>, is_block: bool, at: Sourcepos) {
        let name = element.name.clone();
        let may_stay_open = may_stay_open(&name);
        self.frames.push(Frame { name, node, is_block, is_code: false, may_stay_open, at });
        if element.self_closing {
            self.pop();
        }
    }

    fn close(&mut self, name: &str, at: Sourcepos) {
        if let Some(index) = self.frames.iter().rposition(|frame| frame.name == name) {
            self.end_frames(index + 1);
            self.pop();
        } else if !may_stay_open(name) {
            let message = format!("`</{}>` without `<{0}>` before it", shown(name));
            let help = "delete it, or open it in the same block";
            self.note(&rule::HTML_UNCLOSED, at, message, help);
        }
    }

    /// Ends all frames from an index on, and notes those that should have been closed.
    fn end_frames(&mut self, from: usize) {
        while self.frames.len() > from {
            let Some(frame) = self.pop() else { return };
            if !frame.may_stay_open {
                let message = format!("`<{}>` is not closed in the same block", shown(&frame.name));
                let help = format!("write `</{}>` where it ends", shown(&frame.name));
                self.note(&rule::HTML_UNCLOSED, frame.at, message, &help);
            }
        }
    }

    fn pop(&mut self) -> Option<Frame<'a>> {
        let frame = self.frames.pop()?;
        if frame.is_block {
            self.end_paragraph();
        }
        if let Some(node) = frame.node.filter(|_| frame.is_code) {
            let literal = node.collect_text();
            while let Some(child) = node.first_child() {
                child.detach();
            }
            node.data_mut().value = NodeValue::Code(NodeCode { num_backticks: 1, literal });
        }
        Some(frame)
    }

    /// A block begins or ends: open inline elements should have been closed, an open `<p>` closes itself.
    fn end_text(&mut self) {
        let is_text = |frame: &Frame<'a>| !frame.is_block || frame.name == "p";
        let open = self.frames.iter().rev().take_while(|frame| is_text(frame)).count();
        self.end_frames(self.frames.len() - open);
        self.end_paragraph();
    }

    /// White space at the end of a paragraph is not part of it.
    fn end_paragraph(&mut self) {
        let last = self.paragraph.take().and_then(|paragraph: Node<'a>| paragraph.last_child());
        let is_blank = |node: &Node<'a>| matches!(&node.data().value, NodeValue::Text(text) if text.trim().is_empty());
        if let Some(last) = last.filter(is_blank) {
            last.detach();
        }
    }

    /// A `<li>` ends the item before it in the same list.
    fn end_item(&mut self) {
        let is_list = |frame: &Frame<'a>| matches!(frame.name.as_str(), "li" | "ul" | "ol");
        let open = self.frames.iter().rposition(is_list);
        if let Some(index) = open.filter(|&index| self.frames[index].name == "li") {
            self.end_frames(index);
        }
    }

    fn text(&mut self, text: &str, at: Sourcepos) {
        let text = collapse(text);
        let begins = self.line_if_any().is_none_or(|line| line.first_child().is_none());
        let text = if begins && !self.is_line { text.trim_start() } else { &text };
        if !text.is_empty() {
            let node = self.node(NodeValue::Text(text.to_owned().into()), at);
            self.inline_target(at).append(node);
        }
    }

    /// Takes in a node that is not raw HTML.
    fn append(&mut self, child: Node<'a>) {
        let at = child.data().sourcepos;
        if child.data().value.block() && !self.is_line {
            self.end_text();
            self.attach(child, at);
        } else {
            self.inline_target(at).append(child);
        }
    }

    /// Puts a block where blocks go; a list holds items only.
    fn attach(&mut self, block: Node<'a>, at: Sourcepos) {
        let holds_blocks = |node: &Node<'a>| !takes_inlines(&node.data().value);
        let open = self.frames.iter().rev().find_map(|frame| frame.node.filter(holds_blocks));
        let mut target = open.unwrap_or(self.container);
        let is_condition = matches!(block.data().value, NodeValue::Raw(_));
        let is_item = matches!(block.data().value, NodeValue::Item(_) | NodeValue::TaskItem(_));
        let is_list = matches!(target.data().value, NodeValue::List(_));
        if is_list != is_item && !is_condition {
            let list = list(ListType::Bullet);
            let missing = if is_list { NodeValue::Item(list) } else { NodeValue::List(list) };
            let missing = self.node(missing, at);
            target.append(missing);
            target = missing;
        }
        target.append(block);
    }

    /// Where text goes, if a line is open.
    fn line_if_any(&self) -> Option<Node<'a>> {
        match self.frames.iter().rev().find_map(|frame| frame.node) {
            Some(node) if takes_inlines(&node.data().value) => Some(node),
            _ if self.is_line => Some(self.container),
            _ => self.paragraph,
        }
    }

    /// Where text goes: the open line, or a new paragraph.
    fn inline_target(&mut self, at: Sourcepos) -> Node<'a> {
        if let Some(line) = self.line_if_any() {
            return line;
        }
        let paragraph = self.node(NodeValue::Paragraph, at);
        self.attach(paragraph, at);
        self.paragraph = Some(paragraph);
        paragraph
    }

    fn is_in_link(&self) -> bool {
        let is_link = |node: Node<'a>| matches!(node.data().value, NodeValue::Link(_));
        self.frames.iter().filter_map(|frame| frame.node).any(is_link)
            || self.container.ancestors().any(is_link)
    }

    /// The text and the width of an image. An `alt` that is there but empty says that the image is decoration.
    fn describe_image(&self, node: Node<'a>, element: &Element, at: Sourcepos) {
        let alt = element.attribute("alt").map(one_line);
        let decoration = alt.as_deref() == Some("");
        if let Some(alt) = alt.filter(|alt| !alt.is_empty()) {
            node.append(self.node(NodeValue::Text(alt.into()), at));
        }
        let width = element.attribute("width").map(|width| ("width".to_owned(), width.to_owned()));
        let decoration = decoration.then(|| ("alt".to_owned(), String::new()));
        let pairs: Vec<_> = width.into_iter().chain(decoration).collect();
        if !pairs.is_empty() {
            node.data_mut().attrs = Some(Box::new(Attributes { pairs, ..Attributes::default() }));
        }
    }

    fn node(&self, value: NodeValue, at: Sourcepos) -> Node<'a> {
        self.arena.alloc(Ast::new_with_sourcepos(value, at).into())
    }

    fn note(&mut self, rule: &'static Rule, at: Sourcepos, message: String, help: &str) {
        let range = self.margin.range(at);
        self.margin.note(rule, range, message, help);
    }
}

/// Runs of white space are one space, as in HTML.
fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}
