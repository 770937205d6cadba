//! Callouts: `:::tip A title` … `:::` becomes the alert that `> [!TIP] A title` is.

use comrak::nodes::{AlertType, Node, NodeAlert, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::margin::Margin;
use crate::finding::{nearest, shown};
use crate::rule;

/// The kinds of callout and all the names they go by.
const KINDS: [(&str, AlertType); 9] = [
    ("note", AlertType::Note),
    ("info", AlertType::Note),
    ("tip", AlertType::Tip),
    ("hint", AlertType::Tip),
    ("important", AlertType::Important),
    ("warning", AlertType::Warning),
    ("attention", AlertType::Warning),
    ("caution", AlertType::Caution),
    ("danger", AlertType::Caution),
];

/// Turns directives into alerts; of one that is not understood the content stays.
pub(super) fn settle(margin: &mut Margin<'_>, root: Node<'_>) {
    for node in root.descendants().collect::<Vec<_>>() {
        let value = node.data().value.clone();
        match value {
            NodeValue::BlockDirective(directive) => match read(&directive.info) {
                Ok(alert) => {
                    check_end(margin, node, directive.fence_length);
                    node.data_mut().value = NodeValue::Alert(Box::new(alert));
                }
                Err(name) if name.is_empty() => {
                    let line = margin.first_line(node);
                    let message = "`:::` closes a callout that is not open".to_owned();
                    let help = "open it with a line such as `:::note`, or delete this one";
                    margin.note(&rule::CALLOUT_UNKNOWN, line, message, help);
                    unwrap(node);
                }
                Err(name) => {
                    check_end(margin, node, directive.fence_length);
                    let message = format!("`:::{}` is no callout", shown(&name));
                    note_unknown(margin, node, message, &name);
                    unwrap(node);
                }
            },
            NodeValue::Alert(mut alert) => {
                alert.title = alert.title.as_deref().map(words);
                node.data_mut().value = NodeValue::Alert(alert);
            }
            NodeValue::Paragraph if node.collect_text().starts_with(":::") => {
                let line = margin.first_line(node);
                let message = "this line opens no callout, so readers would see it".to_owned();
                let help = "write `:::note A title`; a title holds no `:`";
                margin.note(&rule::CALLOUT_UNKNOWN, line, message, help);
            }
            NodeValue::BlockQuote => {
                if let Some(name) = unknown_alert(node) {
                    let message = format!("`[!{}]` is no callout", shown(&name));
                    note_unknown(margin, node, message, &name);
                }
            }
            _ => {}
        }
    }
}

/// `warning A title of its own`, or the name that is none of ours.
fn read(info: &str) -> Result<NodeAlert, String> {
    let info = info.trim();
    let (name, title) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
    let lower = name.to_lowercase();
    let Some((_, alert_type)) = KINDS.iter().find(|(known, _)| *known == lower) else {
        return Err(name.to_owned());
    };
    let title = Some(words(title)).filter(|title| !title.is_empty());
    let alert_type = *alert_type;
    Ok(NodeAlert { alert_type, title, multiline: false, fence_length: 0, fence_offset: 0 })
}

/// A title is words only: its Markdown is read and its marks dropped.
fn words(title: &str) -> String {
    let mut options = Options::default();
    options.extension.shortcodes = true;
    let arena = Arena::new();
    let mut words = String::new();
    for node in parse_document(&arena, title.trim(), &options).descendants() {
        match &node.data().value {
            NodeValue::Text(text) => words.push_str(text),
            NodeValue::Code(code) => words.push_str(&code.literal),
            NodeValue::ShortCode(code) => words.push_str(&code.emoji),
            _ => {}
        }
    }
    words.trim().to_owned()
}

/// The name in a quote that begins `[!NAME]` but is not one of ours.
fn unknown_alert(quote: Node<'_>) -> Option<String> {
    let first = quote.first_child()?;
    if !matches!(first.data().value, NodeValue::Paragraph) {
        return None;
    }
    let text = first.collect_text();
    let (name, _) = text.strip_prefix("[!")?.split_once(']')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic());
    is_name.then(|| name.to_owned())
}

fn note_unknown(margin: &mut Margin<'_>, node: Node<'_>, message: String, name: &str) {
    let near = nearest(&name.to_lowercase(), KINDS.iter().map(|(known, _)| *known));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write `note`, `tip`, `important`, `warning` or `caution`".to_owned(),
    };
    let line = margin.first_line(node);
    margin.note(&rule::CALLOUT_UNKNOWN, line, message, &help);
}

/// comrak closes a directive at the end of what it stands in, and says nothing.
fn check_end(margin: &mut Margin<'_>, node: Node<'_>, fence_length: usize) {
    let range = margin.range(node.data().sourcepos);
    let text = margin.body.get(range).unwrap_or_default();
    let last = text.lines().skip(1).last().unwrap_or_default();
    let fence = last.trim_start_matches([' ', '\t', '>']).trim_end();
    if fence.len() >= fence_length && fence.bytes().all(|byte| byte == b':') {
        return;
    }
    let line = margin.first_line(node);
    let message = "callout is not closed and takes in what follows".to_owned();
    let help = format!("end it with a line `{}`", ":".repeat(fence_length));
    margin.note(&rule::BLOCK_UNCLOSED, line, message, &help);
}

/// Puts the content of a node in its place.
fn unwrap(node: Node<'_>) {
    while let Some(child) = node.first_child() {
        node.insert_before(child);
    }
    node.detach();
}
