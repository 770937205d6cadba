//! Every image gets the width it is shown at: what its author asked for, at most the column's.

use comrak::nodes::{Ast, Attributes, Node, NodeValue};

/// The attribute that tells the width of an image's own file, in pixels: it is never shown wider.
pub(in crate::compose) const NATURAL: &str = "natural-width";

/// The attribute that tells how wide an image may become, as CSS has it.
const MOST: &str = "most";

/// Writes the width in pixels into the attributes of every image, for a column of `column` pixels.
pub(super) fn images(root: Node<'_>, column: u32) {
    let is_image = |node: &Node<'_>| matches!(node.data().value, NodeValue::Image(_));
    for image in root.descendants().filter(is_image) {
        let mut data = image.data_mut();
        let natural =
            attribute(data.attrs.as_deref(), NATURAL).and_then(|width| width.parse().ok());
        let asked = asked(data.attrs.as_deref(), column).unwrap_or(column);
        let width = asked.min(natural.unwrap_or(asked));
        let attributes = data.attrs.get_or_insert_with(|| Box::new(Attributes::default()));
        attributes.pairs.retain(|(key, _)| key != "width");
        attributes.pairs.push(("width".into(), width.to_string()));
        // On a tablet the column may be a little wider than on a large screen.
        let most = if width == column { "100%".to_owned() } else { format!("{width}px") };
        attributes.pairs.push((MOST.into(), most));
    }
}

/// The width of an image in pixels.
pub(super) fn width(data: &Ast) -> Option<u32> {
    attribute(data.attrs.as_deref(), "width")?.parse().ok()
}

/// How wide an image may become, as CSS has it.
pub(super) fn most(data: &Ast) -> &str {
    attribute(data.attrs.as_deref(), MOST).unwrap_or("100%")
}

fn attribute<'a>(attributes: Option<&'a Attributes>, name: &str) -> Option<&'a str> {
    attributes?.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
}

/// The width an author gave, in pixels or per cent of the column, at most the column.
pub(in crate::compose) fn asked(attributes: Option<&Attributes>, column: u32) -> Option<u32> {
    let given = attribute(attributes, "width")?;
    let digits: String = given.chars().take_while(char::is_ascii_digit).collect();
    let number: u32 = digits.parse().ok()?;
    let width = if given.ends_with('%') { column * number.min(100) / 100 } else { number };
    (width > 0).then(|| width.min(column))
}
