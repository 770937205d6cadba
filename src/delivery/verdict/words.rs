//! What relays say in words where their codes do not: quotas, full mailboxes, rates and block-lists.

use crate::delivery::transport::{Enhanced, Reply, Stage};

/// Whether the text has one of these, in any case.
pub(super) fn has(reply: &Reply, words: &[&str]) -> bool {
    let text = reply.text.to_ascii_lowercase();
    words.iter().any(|words| text.contains(words))
}

/// A daily or hourly allowance is used up: a refusal of us, whatever its code says.
pub(super) fn is_quota(stage: Stage, reply: &Reply) -> bool {
    let of_us = [
        "daily smtp relay",
        "daily message quota",
        "daily user sending",
        "daily sending quota",
        "sending limit exceeded",
    ];
    reply.enhanced == Some(Enhanced(5, 4, 5))
        || has(reply, &of_us)
        || stage != Stage::Rcpt && has(reply, &["quota exceeded for"])
        || stage == Stage::Mail
            && matches!(reply.enhanced, Some(Enhanced(4, 5, 3) | Enhanced(4, 3, 1)))
            && reply.code == 452
}

/// The recipient's mailbox holds no more: 5.2.2, or a 552 that does not speak of the letter's size.
pub(super) fn is_full(reply: &Reply) -> bool {
    match reply.enhanced {
        Some(Enhanced(4 | 5, 2, 2)) => true,
        None => reply.code == 552 && has(reply, &["quota", "full", "storage"]),
        Some(_) => false,
    }
}

/// It is the recipient who gets too much at once, from whomever (Gmail says 5.2.1 for it too).
pub(super) fn is_recipients_rate(reply: &Reply) -> bool {
    has(reply, &["receiving mail at a rate", "receiving email at a rate", "receiving mail too"])
}

/// Microsoft's block-lists without an enhanced code.
pub(super) fn is_block(reply: &Reply) -> bool {
    has(reply, &["sc-00", "dy-00", "ou-00"])
}
