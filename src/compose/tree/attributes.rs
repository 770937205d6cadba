//! What may stand in braces after a link or an image: `{.button}`, `{width=300}`, `{image=still.jpg}`.

use comrak::nodes::{Attributes, Node, NodeValue};

use super::margin::Margin;
use crate::finding::{nearest, shown};
use crate::rule;

/// Classes of a link: it becomes a button, filled or in outline.
const CLASSES: [&str; 3] = ["button", "primary", "secondary"];
/// Keys of a link: those of the picture that stands for a video.
const LINK_KEYS: [&str; 2] = ["image", "width"];
const IMAGE_KEYS: [&str; 1] = ["width"];

/// Notes what does nothing, because it is most likely a slip.
pub(super) fn check(margin: &mut Margin<'_>, root: Node<'_>) {
    for node in root.descendants() {
        let data = node.data();
        let Some(attributes) = data.attrs.as_deref() else { continue };
        let (classes, keys): (&[&str], &[&str]) = match data.value {
            NodeValue::Link(_) => (&CLASSES, &LINK_KEYS),
            NodeValue::Image(_) => (&[], &IMAGE_KEYS),
            _ => continue,
        };
        let range = margin.range(data.sourcepos);
        for class in attributes.classes.iter().filter(|class| !classes.contains(&class.as_str())) {
            let (message, help) = unknown(&format!(".{class}"), class, classes, ".");
            margin.note(&rule::ATTRIBUTE_UNKNOWN, range.clone(), message, &help);
        }
        for (key, value) in &attributes.pairs {
            if !keys.contains(&key.as_str()) {
                let (message, help) = unknown(key, key, keys, "");
                margin.note(&rule::ATTRIBUTE_UNKNOWN, range.clone(), message, &help);
            } else if key == "width" && !is_width(value) {
                let message = format!("`{}` is no width", shown(value));
                let help = "write pixels or a part of the column: `{width=300}`, `{width=50%}`";
                margin.note(&rule::ATTRIBUTE_UNKNOWN, range.clone(), message, help);
            }
        }
    }
}

/// Reads the braces that comrak leaves as text because of a character such as the `/` of a path.
pub(super) fn complete(root: Node<'_>) {
    for node in root.descendants().collect::<Vec<_>>() {
        let takes_braces = matches!(node.data().value, NodeValue::Link(_) | NodeValue::Image(_));
        if !takes_braces || node.data().attrs.is_some() {
            continue;
        }
        let (written, pieces) = text_after(node);
        let braces = written.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let Some((attributes, rest)) =
            braces.and_then(|(inner, rest)| Some((read(inner)?, rest.to_owned())))
        else {
            continue;
        };
        node.data_mut().attrs = Some(Box::new(attributes));
        for piece in &pieces {
            piece.detach();
        }
        if let Some(piece) = pieces.first().filter(|_| !rest.is_empty()) {
            piece.data_mut().value = NodeValue::Text(rest.into());
            node.insert_after(piece);
        }
    }
}

/// The text right after a node up to a closing brace, and the nodes it is in: an address in it has become a link.
fn text_after(node: Node<'_>) -> (String, Vec<Node<'_>>) {
    let (mut written, mut pieces) = (String::new(), Vec::new());
    let mut next = node.next_sibling();
    while let Some(piece) = next {
        match &piece.data().value {
            NodeValue::Text(text) => written.push_str(text),
            NodeValue::Link(_) if !pieces.is_empty() => written.push_str(&piece.collect_text()),
            _ => break,
        }
        pieces.push(piece);
        if !written.starts_with('{') || written.contains('}') {
            break;
        }
        next = piece.next_sibling();
    }
    (written, pieces)
}

/// `.class`, `#id` and `key=value`, parted by spaces; nothing if there is anything else.
fn read(inner: &str) -> Option<Attributes> {
    let mut attributes = Attributes::default();
    for word in inner.split_whitespace() {
        if let Some(class) = word.strip_prefix('.') {
            attributes.classes.push(class.to_owned());
        } else if let Some(id) = word.strip_prefix('#') {
            attributes.id = Some(id.to_owned());
        } else {
            let (key, value) = word.split_once('=')?;
            let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let value = value.trim_matches('"');
            if !is_key || value.is_empty() {
                return None;
            }
            attributes.pairs.push((key.to_owned(), value.to_owned()));
        }
    }
    (!inner.trim().is_empty()).then_some(attributes)
}

fn unknown(written: &str, word: &str, known: &[&str], mark: &str) -> (String, String) {
    let help = match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{mark}{near}`?"),
        None if known.is_empty() => "delete it: images have no classes".to_owned(),
        None => {
            let known: Vec<String> = known.iter().map(|name| format!("`{mark}{name}`")).collect();
            format!("delete it; what is understood here is {}", known.join(", "))
        }
    };
    (format!("`{}` does nothing here", shown(written)), help)
}

fn is_width(value: &str) -> bool {
    let value = value.trim();
    let number = value.strip_suffix("px").or(value.strip_suffix('%')).unwrap_or(value);
    number.parse::<u32>().is_ok_and(|number| number > 0)
}

/// The value of a key in a node's braces.
pub(super) fn value(attributes: Option<&Attributes>, key: &str) -> Option<String> {
    let pairs = &attributes?.pairs;
    pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.trim().to_owned())
}
