//! The one table of rules: parsers, preflight and the gates of a send all speak through it.
//!
//! An id is part of the contract (scripts match on it, `--allow` takes it) and is never renamed.

use std::fmt;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The document cannot be used as it is, or should not be.
    Error,
    /// Readers will likely notice.
    Warning,
    /// Good to know.
    Info,
}

/// What a finding does to a live send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Nothing: the send goes on.
    Open,
    /// The send is refused until the document is mended; nothing releases it.
    Shut,
    /// The send is refused unless `--allow ID` is given.
    Allowable,
}

/// One thing that can be wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case name, shown in brackets.
    pub id: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What it does to a live send.
    pub gate: Gate,
    /// What it looks for, and why that matters, in one sentence.
    pub what: &'static str,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

macro_rules! rules {
    ($($name:ident = $id:literal, $severity:ident, $gate:ident, $what:literal;)*) => {
        $(
            #[doc = $what]
            pub static $name: Rule = Rule { id: $id, severity: Severity::$severity, gate: Gate::$gate, what: $what };
        )*
        /// Every rule, in the order of the table.
        pub static ALL: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    // Any file.
    FILE_UNREADABLE = "file-unreadable", Error, Shut, "A file is missing, is not a regular file or cannot be read.";
    FILE_NOT_UTF8 = "file-not-utf8", Error, Shut, "A file is not UTF-8; every other encoding would reach readers as garbage.";
    // The head of a draft.
    FM_MISSING = "fm-missing", Error, Shut, "A draft starts with front matter that holds at least a subject or a title.";
    FM_UNCLOSED = "fm-unclosed", Error, Shut, "Front matter that is opened is closed again.";
    FM_INVALID = "fm-invalid", Error, Shut, "Front matter is valid YAML, TOML or `Key: value` lines, with values of the right kind.";
    FM_DUPLICATE_KEY = "fm-duplicate-key", Error, Shut, "A key stands once in the front matter; of two, one would be lost silently.";
    FM_MISSPELT_KEY = "fm-misspelt-key", Error, Shut, "A key within two letters of one of ours is most likely a slip.";
    FM_UNKNOWN_KEY = "fm-unknown-key", Info, Open, "A key that is not ours is kept under `meta` and does nothing.";
    FM_VALUE_CUT = "fm-value-cut", Warning, Open, "In YAML a space and `#` end an unquoted value, so that `Issue #3` reaches readers as `Issue`.";
    SUBJECT_MISSING = "subject-missing", Error, Shut, "A letter needs a subject, from `subject` or `title`.";
    SUBJECT_TOO_LONG = "subject-too-long", Error, Shut, "A subject over 250 bytes is cut or refused by providers.";
    SUBJECT_RE_FWD = "subject-re-fwd", Error, Allowable, "A subject that starts with `Re:` or `Fwd:` poses as a reply; providers refuse fakes.";
    SUBJECT_CONTROL_CHARS = "subject-control-chars", Error, Shut, "A header is one line without control or direction-changing characters.";
    FROM_INVALID = "from-invalid", Error, Shut, "`from` is exactly one address.";
    REPLYTO_INVALID = "replyto-invalid", Error, Shut, "`reply-to` is exactly one address.";
    DRAFT_TRUE = "draft-true", Error, Allowable, "A draft marked `draft: true` is not meant to leave yet.";
    DRAFT_TOO_LARGE = "draft-too-large", Error, Shut, "A draft is at most 1 MiB and nests at most 100 levels.";
    H1_DUPLICATE = "h1-duplicate", Info, Open, "A body h1 equal to the title is rendered once.";
    // The body of a draft.
    LINK_SCHEME = "link-scheme", Error, Shut, "Links use https, http or mailto; other schemes are stripped or run code.";
    LINK_RELATIVE = "link-relative", Error, Shut, "A relative link has no meaning in a letter without `base-url`.";
    LINK_UNDEFINED_REF = "link-undefined-ref", Error, Allowable, "A reference link names a definition that exists; otherwise readers see the brackets.";
    LINK_EMPTY_URL = "link-empty-url", Error, Allowable, "A link leads somewhere.";
    HTML_UNSUPPORTED = "html-unsupported", Error, Shut, "Scripts, forms and frames do not work in mail and get letters refused.";
    HTML_UNCLOSED = "html-unclosed", Error, Shut, "Raw HTML that is opened is closed again in the same block; otherwise it changes everything after it.";
    IMG_ALT_MISSING = "img-alt-missing", Error, Open, "An image has a text for readers who do not see it.";
    IMG_RELATIVE = "img-relative", Error, Shut, "An image address is absolute, or `base-url` makes it so.";
    ATTRIBUTE_UNKNOWN = "attribute-unknown", Warning, Open, "What stands in braces after a link or an image does something.";
    VIDEO_PICTURE_MISSING = "video-picture-missing", Warning, Open, "Mail plays no videos; a link to one needs a picture to be shown as more than a link.";
    CALLOUT_UNKNOWN = "callout-unknown", Warning, Open, "A callout is of a kind we know; otherwise it is plain text.";
    BLOCK_UNCLOSED = "block-unclosed", Error, Allowable, "A code block or a callout that is opened is closed again; otherwise it takes in the rest of the letter.";
    NOTE_UNCLOSED = "note-unclosed", Error, Allowable, "An editor's note is closed; otherwise readers see it, or it hides the rest of the letter.";
    INCLUDE_FAILED = "include-failed", Error, Shut, "A snippet that a draft includes is a text in the project's folder that can be read.";
    COMMAND_MISPLACED = "command-misplaced", Error, Allowable, "`[[toc]]` and `[[include: …]]` stand on a line of their own; elsewhere readers would see them.";
    CONTENTS_EMPTY = "contents-empty", Warning, Open, "A table of contents has headings to list.";
    IMG_MISSING = "img-relative-missing", Error, Shut, "An image that is named by a path is a file of the project that can be read.";
    IMG_WRONG_TYPE = "img-wrong-type", Error, Shut, "Mail programs show PNG, JPEG and GIF; SVG, AVIF, BMP, TIFF and HEIF they do not.";
    IMG_TOO_HEAVY = "img-too-heavy", Error, Shut, "An image file is at most 5 MiB.";
    IMG_HEAVY = "img-heavy", Warning, Open, "An image over 500 kB keeps readers on the move waiting.";
    IMG_TOTAL_HEAVY = "img-total-heavy", Error, Allowable, "The images that travel in a letter stay within their budget, because every reader's copy carries them.";
    IMG_WEBP = "img-webp", Warning, Open, "Classic Outlook does not show WebP.";
    FOOTNOTE_UNDEFINED = "footnote-undefined", Error, Allowable, "A footnote marker has its note.";
    TODO_LEFTOVER = "todo-leftover", Error, Allowable, "Placeholder text (TODO, TK, TKTK, FIXME, lorem ipsum) is not meant for readers.";
    MERGE_SYNTAX = "merge-syntax", Error, Shut, "A merge tag is complete and understood.";
    MERGE_UNKNOWN_FIELD = "merge-unknown-field", Error, Shut, "A merge tag names a field that the list has.";
    MERGE_UNRESOLVED = "merge-unresolved", Error, Shut, "Every reader has the fields the letter uses, or the tag has a default.";
    UNSUBSCRIBE_MISSING = "unsubscribe-missing", Error, Allowable, "Both parts and the headers let a reader leave; law and providers require it.";
    // The configuration.
    CONFIG_MISSING = "config-missing", Error, Shut, "A live send needs a config.toml; sandbox and preview do not.";
    CONFIG_INVALID = "config-invalid", Error, Shut, "The configuration is valid TOML with values of the right kind and range.";
    CONFIG_UNKNOWN_KEY = "config-unknown-key", Error, Shut, "Unknown keys are refused, because a misspelt limit would be no limit.";
    CONFIG_MISSING_KEY = "config-missing-key", Error, Shut, "Keys without a sensible default must be given.";
    CONFIG_PLAINTEXT = "config-plaintext", Error, Shut, "Plaintext SMTP is for loopback only.";
    CONFIG_PORT_25 = "config-port-25", Error, Shut, "Port 25 does not take submissions with a login.";
    CONFIG_UNSUBSCRIBE_URL = "config-unsubscribe-url", Error, Shut, "The one-click address is https, without fragment, and holds `{token}` (RFC 8058 3.1).";
    FROM_FREEMAIL = "from-freemail", Error, Allowable, "Mail from a free-mail domain through another relay fails DMARC.";
    SECRET_UNREADABLE = "secret-unreadable", Error, Shut, "A secret can be read by us, and by nobody else.";
    DKIM_KEY = "dkim-key", Error, Shut, "A DKIM key is RSA with at least 2048 bits, or Ed25519 as the second, in a PEM file.";
    DKIM_DOMAIN = "dkim-domain", Error, Allowable, "The domain that signs is that of From, or above or below it; otherwise the signature does not count for DMARC.";
    // The looks.
    CSS_INVALID = "css-invalid", Error, Shut, "A stylesheet can be read; half of one would leave letters half dressed.";
    CSS_UNSUPPORTED = "css-unsupported", Warning, Open, "Large mail programs ignore much of CSS; what they ignore does not belong into a letter.";
    CONTRAST = "contrast", Warning, Open, "Text has a contrast of 4.5:1 to what is behind it, in light, in the dark and inverted (WCAG 2.2).";
    // The list.
    LIST_INVALID = "list-invalid", Error, Allowable, "Every row of the list can be used; bad rows are named, never dropped silently.";
    LIST_SYNTAX = "list-syntax", Error, Shut, "The list is valid TOML or CSV as a whole.";
    LIST_DUPLICATE = "list-duplicate", Warning, Open, "Two rows with the same address get one copy.";
    LIST_LOOKALIKE = "list-lookalike", Warning, Open, "Two addresses that look the same are most likely a slip or a forgery; they are not merged.";
    LIST_EMPTY = "list-empty", Error, Allowable, "An issue without recipients is most likely a wrong file or tag.";
    // What the ledger remembers.
    ISSUE_CHANGED = "issue-changed", Error, Allowable, "An issue that was planned keeps its bytes: the draft, the configuration or the program has changed since.";
    SECRET_CHANGED = "secret-changed", Error, Allowable, "Message-IDs and unsubscribe links of an issue come from one secret; with another a repeated letter would not be the same.";
    PLAN_CHANGED = "plan-changed", Error, Shut, "`--only` is part of the plan and cannot change under way; a plan hash binds exactly what was rehearsed.";
    CLOCK_EARLIER = "clock-earlier", Error, Allowable, "A clock set back would date letters wrongly and retry too early or too late.";
    LEDGER_RESTORED = "ledger-restored", Error, Allowable, "A ledger that came back from a backup knows nothing of the letters sent since, and would send them again.";
    LEDGER_COPIED = "ledger-copied", Error, Allowable, "A ledger copied to another machine knows nothing of what the other sends; both would mail the same readers.";
    LEDGER_MISSING = "ledger-missing", Error, Allowable, "Without the ledger that was used here, everybody would be mailed again.";
    LEDGER_NETWORK = "ledger-network", Error, Allowable, "On a network file system locks and fsync may promise more than they hold, so the ledger belongs on a disk of this machine.";
    DISK_SPACE = "disk-space", Error, Allowable, "A disk that fills up during a send stops it half-way: 64 MiB and 2 KiB a recipient have to be free.";
    COUNT_NOT_CONFIRMED = "count-not-confirmed", Error, Shut, "A live send is confirmed with the number of recipients, `--yes` or a plan hash.";
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kebab_case_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for rule in ALL {
            assert!(
                rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                rule.id
            );
            assert!(seen.insert(rule.id), "{} twice", rule.id);
            assert!(rule.what.ends_with('.'), "{}", rule.id);
        }
    }
}
