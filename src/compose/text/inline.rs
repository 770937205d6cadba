//! Inline nodes as one string, LF standing for a hard break: marks for emphasis, numbers for links.
//!
//! The walk keeps its own stack, because emphasis may be nested deeper than the program's stack is.

use comrak::nodes::{AstNode, NodeLink, NodeValue};

use super::links::{self, Links};
use crate::compose::phrases::Phrases;
use crate::compose::tree::videos;

/// Glues a number to the word before it, so that it never starts a line.
const GLUE: &str = "\u{a0}";

/// The text of all children of `node`.
pub(super) fn render<'a>(node: &'a AstNode<'a>, links: &mut Links, phrases: &Phrases) -> String {
    let (gallery, row) = (shows_only_images(node), shows_only_buttons(node));
    let mut phrase = Phrase { text: String::new(), links, phrases, gallery, row };
    let mut steps: Vec<Step<'a>> = node.reverse_children().map(Step::Open).collect();
    while let Some(step) = steps.pop() {
        match step {
            Step::Open(node) => {
                let start = phrase.text.len();
                if phrase.open(node) {
                    steps.push(Step::Close(node, start));
                    steps.extend(node.reverse_children().map(Step::Open));
                }
            }
            Step::Close(node, start) => phrase.close(node, start),
        }
    }
    phrase.text.truncate(phrase.text.trim_end_matches([' ', '\n']).len());
    phrase.text
}

/// A text as one line: white space of any kind becomes one space, break hints that nobody sees go.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    push_words(&mut line, text);
    line.truncate(line.trim_end_matches(' ').len());
    line
}

enum Step<'a> {
    Open(&'a AstNode<'a>),
    /// The node's children are done; its own text starts at this byte.
    Close(&'a AstNode<'a>, usize),
}

struct Phrase<'l> {
    text: String,
    links: &'l mut Links,
    phrases: &'l Phrases,
    /// Nothing but images: each gets a line, and its caption the next.
    gallery: bool,
    /// Nothing but buttons: each gets a line, with its address in full.
    row: bool,
}

impl Phrase<'_> {
    /// Writes what comes before a node's children, and says whether they are to be written.
    fn open<'a>(&mut self, node: &'a AstNode<'a>) -> bool {
        match &node.data().value {
            NodeValue::Text(text) => push_words(&mut self.text, text),
            NodeValue::Code(code) => self.code(&code.literal),
            NodeValue::Math(math) => self.code(&math.literal),
            NodeValue::ShortCode(code) => self.text.push_str(&code.emoji),
            NodeValue::SoftBreak if self.gallery || self.row => self.line_break(),
            NodeValue::SoftBreak => push_words(&mut self.text, " "),
            NodeValue::LineBreak => self.line_break(),
            NodeValue::FootnoteReference(reference) => {
                let number = self.links.note(reference.ix, &reference.name);
                self.text.extend(["[^", &number, "]"]);
            }
            NodeValue::Image(image) => self.image(node, image),
            NodeValue::TaskItem(task) => {
                self.text.push_str(if task.symbol.is_some() { "[x] " } else { "[ ] " });
            }
            NodeValue::Link(link) if is_video(node, &link.url) => {
                self.text.push_str(&label(self.phrases.video, &one_line(&plain(node))));
                self.reference(&link.url);
            }
            NodeValue::Link(link) if self.row && has_class(node, "button") => {
                self.button(&one_line(&plain(node)), &link.url);
            }
            NodeValue::Link(_) => return true,
            // The preparation of the tree has turned what raw HTML shows into nodes.
            NodeValue::HtmlInline(_) | NodeValue::Raw(_) | NodeValue::CommentInline(_) => {}
            value => {
                self.text.push_str(opening(value));
                return true;
            }
        }
        false
    }

    /// Writes what comes after a node's children.
    fn close<'a>(&mut self, node: &'a AstNode<'a>, start: usize) {
        let data = node.data();
        if let NodeValue::Link(link) = &data.value {
            return self.link(&link.url, start);
        }
        let mark = opening(&data.value);
        if !mark.is_empty() && self.text.get(start..) == Some(mark) {
            return self.text.truncate(start);
        }
        let mark = if matches!(data.value, NodeValue::Superscript) { "" } else { mark };
        // A space before the closing mark would unhinge it from its word.
        let space = !mark.is_empty() && self.text.ends_with(' ');
        if space {
            self.text.pop();
        }
        self.text.push_str(mark);
        if space {
            self.text.push(' ');
        }
    }

    fn line_break(&mut self) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn code(&mut self, literal: &str) {
        let fence = if literal.contains('`') { "``" } else { "`" };
        self.text.push_str(fence);
        self.text.push_str(&literal.replace(['\n', '\r'], " "));
        self.text.push_str(fence);
    }

    /// `Label: address`, so that the one thing to do needs no looking up.
    fn button(&mut self, label: &str, url: &str) {
        self.line_break();
        let address = links::printable(url);
        let address = address.strip_prefix("mailto:").unwrap_or(&address);
        match label.trim_end_matches([':', '.', '→', ' ']) {
            "" => self.text.push_str(address),
            label => self.text.extend([label, ": ", address]),
        }
    }

    /// Ends a link whose text starts at byte `start`: an address that can be read there already gets no number.
    fn link(&mut self, url: &str, start: usize) {
        let shown = self.text.get(start..).unwrap_or_default().trim().to_owned();
        if shown.is_empty() || url.strip_suffix('/') == Some(&shown) {
            self.text.truncate(start);
            self.text.push_str(&links::printable(url));
        } else if shown != url && url.strip_prefix("mailto:") != Some(&shown) {
            self.reference(url);
        }
    }

    /// `[Image: alt] [n]`, and nothing for an image that only decorates.
    fn image<'a>(&mut self, node: &'a AstNode<'a>, image: &NodeLink) {
        if self.gallery && !self.text.ends_with(['*', '_', '~', '^', '\n']) {
            self.line_break();
        }
        let alt = one_line(&plain(node));
        let decorates = alt.is_empty() && has_alt(node);
        if !decorates {
            self.text.push_str(&label(self.phrases.image, &alt));
            self.reference(&image.url);
        }
        let caption = one_line(&image.title);
        if caption.is_empty() {
            return;
        }
        if self.gallery {
            self.line_break();
            self.text.push_str(&caption);
        } else {
            push_words(&mut self.text, &format!(" ({caption})"));
        }
    }

    fn reference(&mut self, url: &str) {
        if links::leads_nowhere(url) {
            return;
        }
        self.text.truncate(self.text.trim_end_matches([' ', '\n']).len());
        let number = self.links.number(url);
        self.text.extend([GLUE, "[", &number, "]"]);
    }
}

/// The mark before a node's text, which is also the one after it but for superscript.
fn opening(value: &NodeValue) -> &'static str {
    match value {
        NodeValue::Strong | NodeValue::Highlight => "*",
        NodeValue::Emph => "_",
        NodeValue::Strikethrough => "~",
        NodeValue::Superscript => "^",
        _ => "",
    }
}

fn label(kind: &str, name: &str) -> String {
    if name.is_empty() { format!("[{kind}]") } else { format!("[{kind}: {name}]") }
}

fn push_words(line: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            ' ' | '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                if !line.is_empty() && !line.ends_with([' ', '\n']) {
                    line.push(' ');
                }
            }
            // Soft hyphen, zero-width space, word joiner, byte order mark.
            '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
            _ => line.push(c),
        }
    }
}

/// Whether an image has an attribute `alt`, which is only kept where it is empty on purpose.
fn has_alt<'a>(image: &'a AstNode<'a>) -> bool {
    let data = image.data();
    data.attrs
        .as_ref()
        .is_some_and(|attributes| attributes.pairs.iter().any(|(key, _)| key == "alt"))
}

/// The visible characters below a node, without marks and numbers.
fn plain<'a>(node: &'a AstNode<'a>) -> String {
    let mut text = String::new();
    for node in node.descendants() {
        match &node.data().value {
            NodeValue::Text(literal) => text.push_str(literal),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::ShortCode(code) => text.push_str(&code.emoji),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            _ => {}
        }
    }
    text
}

/// Whether a block shows images and no text of its own.
fn shows_only_images<'a>(block: &'a AstNode<'a>) -> bool {
    let mut images = false;
    let mut rest: Vec<&AstNode<'a>> = block.children().collect();
    while let Some(node) = rest.pop() {
        match &node.data().value {
            NodeValue::Image(_) => images = true,
            NodeValue::Text(text) if text.trim().is_empty() => {}
            NodeValue::Text(_)
            | NodeValue::Code(_)
            | NodeValue::ShortCode(_)
            | NodeValue::Math(_) => return false,
            _ => rest.extend(node.children()),
        }
    }
    images
}

/// Whether a block shows buttons and no text beside them.
fn shows_only_buttons<'a>(block: &'a AstNode<'a>) -> bool {
    let mut children = block.children().peekable();
    let is_button_or_space = |node: &'a AstNode<'a>| match &node.data().value {
        NodeValue::Text(text) => text.trim().is_empty(),
        NodeValue::SoftBreak | NodeValue::LineBreak => true,
        _ => has_class(node, "button"),
    };
    children.peek().is_some() && children.all(is_button_or_space)
}

/// Whether a link shows nothing but the picture of a video. The picture is of no use to a reader of plain text.
fn is_video<'a>(link: &'a AstNode<'a>, url: &str) -> bool {
    has_class(link, videos::CLASS) || videos::is_known(url) && shows_only_images(link)
}

fn has_class<'a>(node: &'a AstNode<'a>, class: &str) -> bool {
    let data = node.data();
    data.attrs.as_ref().is_some_and(|attrs| attrs.classes.iter().any(|known| known == class))
}

#[cfg(test)]
mod tests {
    use comrak::nodes::{Attributes, NodeValue};
    use comrak::{Arena, parse_document};

    use super::super::render;
    use super::super::tests::{PLAIN, check, options};
    use crate::compose::merge::tags::Tags;

    #[test]
    fn soft_breaks_are_refilled_and_hard_ones_are_kept() {
        check("one\ntwo  three\\\nfour  \nfive", "\none two three\nfour\nfive\n");
    }

    #[test]
    fn marks_show_emphasis() {
        check(
            "**bold** _slanted_ ~~gone~~ `code` ***both*** x^2^",
            "\n*bold* _slanted_ ~gone~ `code` _*both*_ x^2\n",
        );
        check("`` a`b `` :tada: 5 &lt; 6 \\<b>", "\n``a`b`` 🎉 5 < 6 <b>\n");
    }

    #[test]
    fn an_address_that_can_be_read_gets_no_number() {
        check(
            "<https://example.org/a> https://example.org/b <me@example.org>",
            "\nhttps://example.org/a https://example.org/b me@example.org\n",
        );
        check("[https://example.org](https://example.org/)", "\nhttps://example.org/\n");
        check("[](https://example.org/a) [jump](#here)", "\nhttps://example.org/a jump\n");
        check("www.example.org", "\nwww.example.org~[1]\n\n[1] http://www.example.org\n");
        check("[Write](mailto:me@example.org)", "\nWrite~[1]\n\n[1] mailto:me@example.org\n");
    }

    #[test]
    fn a_number_never_starts_a_line() {
        check(
            "It takes exactly this many words to bring the link to the very end of [line](https://example.org/)",
            "
It takes exactly this many words to bring the link to the very end of·
line~[1]

[1] https://example.org/
",
        );
    }

    #[test]
    fn images_say_what_they_show() {
        check(
            "![A map](https://example.org/m.png \"Where we met\")

![](https://example.org/n.png)

A ![dot](https://example.org/d.png \"Red\") here and ![here](cid:1).",
            "
[Image: A map]~[1]
Where we met

[Image]~[2]

A [Image: dot]~[3] (Red) here and [Image: here].

[1] https://example.org/m.png
[2] https://example.org/n.png
[3] https://example.org/d.png
",
        );
    }

    #[test]
    fn images_among_themselves_get_a_line_each() {
        check(
            "![a](cid:1 \"One\")![b](cid:2)\n**![c](cid:3)**",
            "\n[Image: a]\nOne\n[Image: b]\n*[Image: c]*\n",
        );
    }

    #[test]
    fn an_image_that_decorates_is_left_out() {
        let arena = Arena::new();
        let root =
            parse_document(&arena, "one\n\n![](https://example.org/d.png)\n\ntwo", &options());
        for node in root.descendants() {
            if matches!(node.data().value, NodeValue::Image(_)) {
                let pairs = vec![("alt".to_owned(), String::new())];
                node.data_mut().attrs =
                    Some(Box::new(Attributes { pairs, ..Attributes::default() }));
            }
        }
        assert_eq!(render(root, &PLAIN, &mut Tags::default()).unwrap(), "one\n\ntwo\n");
    }

    #[test]
    fn a_linked_image_has_two_numbers_but_a_video_has_one() {
        check(
            "[![Logo](https://example.org/l.png)](https://example.org/)\n\n\
         [![The talk](https://example.org/t.jpg)](https://www.youtube.com/watch?v=dQw4w9WgXcQ)",
            "
[Image: Logo]~[1]~[2]

[Video: The talk]~[3]

[1] https://example.org/l.png
[2] https://example.org/
[3] https://www.youtube.com/watch?v=dQw4w9WgXcQ
",
        );
    }

    #[test]
    fn raw_html_and_invisible_characters_leave_no_trace() {
        check(
            "a<!-- b --> c<x>\n\n<div>\n\n<!-- no -->\n\nso\u{ad}ft\u{200b}ly",
            "\na c\n\nsoftly\n",
        );
    }
}
