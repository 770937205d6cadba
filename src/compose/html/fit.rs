//! Every image gets the width it is shown at: what its author asked for, at most the column's.

use comrak::nodes::{Ast, Attributes, Node, NodeValue};

/// Writes the width in pixels into the attributes of every image, for a column of `column` pixels.
pub(super) fn images(root: Node<'_>, column: u32) {
    let is_image = |node: &Node<'_>| matches!(node.data().value, NodeValue::Image(_));
    for image in root.descendants().filter(is_image) {
        let mut data = image.data_mut();
        let width = asked(&data, column).unwrap_or(column);
        let attributes = data.attrs.get_or_insert_with(|| Box::new(Attributes::default()));
        attributes.pairs.retain(|(key, _)| key != "width");
        attributes.pairs.push(("width".into(), width.to_string()));
    }
}

/// The width of an image in pixels.
pub(super) fn width(data: &Ast) -> Option<u32> {
    attribute(data)?.parse().ok()
}

fn attribute(data: &Ast) -> Option<&str> {
    let pairs = &data.attrs.as_deref()?.pairs;
    pairs.iter().find(|(key, _)| key == "width").map(|(_, value)| value.trim())
}

/// The width an author gave, in pixels or per cent of the column, at most the column.
fn asked(data: &Ast, column: u32) -> Option<u32> {
    let given = attribute(data)?;
    let digits: String = given.chars().take_while(char::is_ascii_digit).collect();
    let number: u32 = digits.parse().ok()?;
    let width = if given.ends_with('%') { column * number.min(100) / 100 } else { number };
    (width > 0).then(|| width.min(column))
}
