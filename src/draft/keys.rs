//! Which front-matter keys are ours, under which names, and which belong to other programs.

use crate::finding::nearest;
use crate::rule::{self, Rule};

/// A key that we understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Subject,
    Title,
    Preheader,
    Date,
    Slug,
    Number,
    Lang,
    Draft,
    From,
    ReplyTo,
    Theme,
    Toc,
    SmartPunctuation,
    CanonicalUrl,
}

impl Key {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        OURS.iter().map(|(key, _)| *key)
    }

    /// The name that it is shown by.
    pub(super) fn name(self) -> &'static str {
        OURS.iter().find(|(key, _)| *key == self).map_or("", |(_, names)| names[0])
    }
}

/// What a key as written stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// One of our keys, maybe under another program's name.
    Ours(Key),
    /// Not a key of anyone's, but this one of ours is very near.
    Misspelt(&'static str),
    /// One that says what a letter cannot do, or is told elsewhere.
    Idle(&'static Idle),
    /// Somebody else's.
    Foreign,
}

/// Our keys; the first name is shown, the others are what Hugo, Jekyll, Zola, Pelican, Ghost and Buttondown say.
const OURS: [(Key, &[&str]); 14] = [
    (Key::Subject, &["subject", "email_subject"]),
    (Key::Title, &["title"]),
    (
        Key::Preheader,
        &["preheader", "description", "preview", "preview_text", "summary", "excerpt"],
    ),
    (Key::Date, &["date", "publish_date", "pubdate"]),
    (Key::Slug, &["slug"]),
    (Key::Number, &["number", "issue", "secondary_id"]),
    (Key::Lang, &["lang", "language"]),
    (Key::Draft, &["draft"]),
    (Key::From, &["from"]),
    (Key::ReplyTo, &["reply_to"]),
    (Key::Theme, &["theme"]),
    (Key::Toc, &["toc"]),
    (Key::SmartPunctuation, &["smart_punctuation", "smartypants"]),
    (Key::CanonicalUrl, &["canonical_url"]),
];

/// A key that writers may expect something of, as other programs for newsletters have it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Idle {
    names: &'static [&'static str],
    pub(super) rule: &'static Rule,
    /// What it does not do, to follow the key.
    pub(super) what: &'static str,
    /// What to do instead.
    pub(super) help: &'static str,
}

/// Those keys; docs/adr/0023 says why each is not ours.
static IDLE: [Idle; 5] = [
    Idle {
        names: &["list", "lists", "segment", "segments", "audience"],
        rule: &rule::FM_AUDIENCE,
        what: "chooses no readers: who gets the letter is said when it is sent",
        help: "remove it, and send to those with a tag with `postrider send DRAFT --only TAG`; the list is `file` under `[audience]` in config.toml",
    },
    Idle {
        names: &["attachments", "attachment"],
        rule: &rule::FM_IDLE_KEY,
        what: "attaches nothing: many programs hold back letters with files",
        help: "put the file on the web and link to it; pictures in the text can travel along (docs/images.md)",
    },
    Idle {
        names: &["vars", "variables"],
        rule: &rule::FM_IDLE_KEY,
        what: "fills in nothing: merge tags hold what differs between readers",
        help: "write what is the same for all into the text, or include a snippet: `[[include: snippets/NAME.md]]`",
    },
    Idle {
        names: &["medium"],
        rule: &rule::FM_IDLE_KEY,
        what: "switches nothing: a draft becomes a letter and no web page",
        help: "keep what is for the web alone in an editor's note, `%%…%%`",
    },
    Idle {
        names: &["cover", "cover_image", "featured_image", "feature_image", "hero_image"],
        rule: &rule::FM_IDLE_KEY,
        what: "shows no picture",
        help: "write it into the text, `![What it shows](boat.jpg)`; `logo` under `[theme]` in config.toml is for all letters",
    },
];

/// The page variables of Hugo, Jekyll, Zola and Pelican (their manuals, 2025), folded: drafts that live in a website
/// carry them, so they are never taken for slips of the pen.
const OTHERS: &[&str] = &[
    // Hugo
    "aliases",
    "audio",
    "build",
    "cascade",
    "categories",
    "expirydate",
    "headless",
    "images",
    "iscjklanguage",
    "keywords",
    "lastmod",
    "layout",
    "linktitle",
    "markup",
    "menu",
    "menus",
    "modified",
    "outputs",
    "params",
    "published",
    "resources",
    "series",
    "sitemap",
    "tags",
    "translationkey",
    "type",
    "unpublishdate",
    "url",
    "videos",
    "weight",
    // Jekyll
    "author",
    "category",
    "excerptseparator",
    "permalink",
    "ref",
    "renderwithliquid",
    // Zola
    "authors",
    "extra",
    "generatefeed",
    "generatefeeds",
    "insearchindex",
    "insertanchorlinks",
    "pagetemplate",
    "paginateby",
    "paginatepath",
    "path",
    "redirectto",
    "render",
    "sortby",
    "taxonomies",
    "template",
    "transparent",
    "updated",
    // Pelican
    "image",
    "saveas",
    "status",
    "translation",
];

/// What `key` stands for, whatever its case and its `-`, `_` and camel humps.
pub(super) fn meaning(key: &str) -> Meaning {
    let folded = fold(key);
    for (ours, names) in OURS {
        if names.iter().any(|name| fold(name) == folded) {
            return Meaning::Ours(ours);
        }
    }
    let is_named = |idle: &&Idle| idle.names.iter().any(|name| fold(name) == folded);
    if let Some(idle) = IDLE.iter().find(is_named) {
        return Meaning::Idle(idle);
    }
    if OTHERS.contains(&folded.as_str()) {
        return Meaning::Foreign;
    }
    let names = || OURS.iter().flat_map(|row| row.1.iter().copied());
    let folded_names: Vec<String> = names().map(fold).collect();
    let near = nearest(&folded, folded_names.iter().map(String::as_str)).filter(|near| {
        // Of a word of four letters two are half: `note` is no slip for `date`, nor `top` for `toc`.
        near.len() > 3 && (folded.chars().count() > 4 || strsim::osa_distance(&folded, near) < 2)
    });
    match near.and_then(|near| names().find(|name| fold(name) == near)) {
        Some(name) => Meaning::Misspelt(name),
        None => Meaning::Foreign,
    }
}

/// Whether a key is ours, nearly ours or another program's.
pub(super) fn is_familiar(key: &str) -> bool {
    meaning(key) != Meaning::Foreign || OTHERS.contains(&fold(key).as_str())
}

fn fold(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_under_every_spelling() {
        for key in ["reply_to", "reply-to", "replyTo", "Reply-To", "REPLY TO"] {
            assert_eq!(meaning(key), Meaning::Ours(Key::ReplyTo), "{key}");
        }
        assert_eq!(meaning("publishDate"), Meaning::Ours(Key::Date));
        assert_eq!(meaning("previewText"), Meaning::Ours(Key::Preheader));
    }

    #[test]
    fn a_slip_is_told_from_a_key_of_another_program() {
        assert_eq!(meaning("subjct"), Meaning::Misspelt("subject"));
        assert_eq!(meaning("Replyto_"), Meaning::Ours(Key::ReplyTo));
        assert_eq!(meaning("preveiw-text"), Meaning::Misspelt("preview_text"));
        assert_eq!(meaning("form"), Meaning::Misspelt("from"));
        for foreign in ["path", "image", "tags", "note", "link", "hero", "top"] {
            assert_eq!(meaning(foreign), Meaning::Foreign, "{foreign}");
        }
    }

    #[test]
    fn what_writers_may_expect_of_a_key_is_told() {
        for key in ["list", "Segment", "attachments", "vars", "medium", "cover_image"] {
            assert!(matches!(meaning(key), Meaning::Idle(_)), "{key}");
        }
        assert_eq!(meaning("image"), Meaning::Foreign);
    }

    #[test]
    fn names_fold_to_themselves_in_the_table_of_others() {
        for other in OTHERS {
            assert_eq!(*other, fold(other));
        }
    }
}
