//! The last that the walkers need not know: shortcodes, and merge tags in code.

use comrak::nodes::{Node, NodeValue};

use crate::compose::merge::tags::Tags;

/// Shortcodes become text, and merge tags in code are literal again.
pub(super) fn simplify(root: Node<'_>, tags: &Tags) {
    for node in root.descendants() {
        let mut data = node.data_mut();
        match &mut data.value {
            NodeValue::ShortCode(code) => {
                data.value = NodeValue::Text(code.emoji.clone().into());
            }
            NodeValue::Code(code) => code.literal = tags.restore(&code.literal),
            NodeValue::CodeBlock(block) => {
                block.literal = tags.restore(&block.literal);
                block.info = tags.restore(&block.info);
            }
            _ => {}
        }
    }
}
