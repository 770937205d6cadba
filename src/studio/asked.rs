//! What a page's address asks for. Everything a page shows is in its address, so that a reload and a bookmark keep it,
//! and every control is a link.

use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::light::Light;

/// The parts of an address; everything may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The key of a draft.
    pub(super) draft: String,
    /// The key of a reader.
    pub(super) reader: String,
    /// The key of a [`View`].
    pub(super) view: String,
    /// The key of a [`Pane`].
    pub(super) pane: String,
    /// The letter's width in pixels.
    pub(super) width: String,
    /// The key of a [`Light`].
    pub(super) light: String,
    /// `off`: without images.
    pub(super) images: String,
    /// `on`: merged values, or the ends of flowed lines, are marked.
    pub(super) marks: String,
    /// A place of the draft: `FILE:LINE`.
    pub(super) at: String,
    /// What readers are searched for.
    pub(super) q: String,
    /// Which caught letters, and which of them.
    pub(super) r#box: String,
    pub(super) letter: String,
    /// Given at all: as a file.
    pub(super) download: Option<String>,
}

/// What the stage shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Letter,
    Text,
    Reading,
    Headers,
    Source,
}

/// What the pane beside it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    Findings,
    Draft,
    Inbox,
    Size,
    Links,
    Images,
    Outline,
    Clients,
    Changes,
    Send,
}

impl View {
    pub(super) const ALL: [Self; 5] =
        [Self::Letter, Self::Text, Self::Reading, Self::Headers, Self::Source];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Text => "text",
            Self::Reading => "reading",
            Self::Headers => "headers",
            Self::Source => "source",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Letter => "Letter",
            Self::Text => "Plain text",
            Self::Reading => "Read aloud",
            Self::Headers => "Headers",
            Self::Source => "Source",
        }
    }
}

impl Pane {
    pub(super) const ALL: [Self; 10] = [
        Self::Findings,
        Self::Draft,
        Self::Inbox,
        Self::Size,
        Self::Links,
        Self::Images,
        Self::Outline,
        Self::Clients,
        Self::Changes,
        Self::Send,
    ];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Draft => "draft",
            Self::Inbox => "inbox",
            Self::Size => "size",
            Self::Links => "links",
            Self::Images => "images",
            Self::Outline => "outline",
            Self::Clients => "clients",
            Self::Changes => "changes",
            Self::Send => "send",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Draft => "Draft",
            Self::Inbox => "Inbox",
            Self::Size => "Size",
            Self::Links => "Links",
            Self::Images => "Images",
            Self::Outline => "Outline",
            Self::Clients => "Clients",
            Self::Changes => "Changes",
            Self::Send => "Send",
        }
    }

    /// The letter key that opens it.
    pub(super) fn shortcut(self) -> &'static str {
        match self {
            Self::Findings => "f",
            Self::Draft => "d",
            Self::Inbox => "i",
            Self::Size => "s",
            Self::Links => "l",
            Self::Images => "p",
            Self::Outline => "o",
            Self::Clients => "c",
            Self::Changes => "h",
            Self::Send => "t",
        }
    }
}

/// The widths that are offered, in CSS pixels.
pub(super) const WIDTHS: [&str; 4] = ["320", "375", "600", "800"];
/// The widths that can be dragged to.
pub(super) const WIDTH_RANGE: std::ops::RangeInclusive<u32> = 240..=1400;

impl Asked {
    pub(super) fn view(&self) -> View {
        View::ALL.into_iter().find(|view| view.key() == self.view).unwrap_or(View::Letter)
    }

    pub(super) fn pane(&self) -> Pane {
        Pane::ALL.into_iter().find(|pane| pane.key() == self.pane).unwrap_or(Pane::Findings)
    }

    pub(super) fn light(&self) -> Light {
        Light::ALL.into_iter().find(|light| light.key() == self.light).unwrap_or_default()
    }

    /// In pixels; `None` is all there is.
    pub(super) fn width(&self) -> Option<u32> {
        self.width.parse().ok().filter(|width| WIDTH_RANGE.contains(width))
    }

    pub(super) fn shows_images(&self) -> bool {
        self.images != "off"
    }

    pub(super) fn shows_marks(&self) -> bool {
        self.marks == "on"
    }

    /// `FILE:LINE`.
    pub(super) fn place(&self) -> Option<(usize, usize)> {
        let (file, line) = self.at.split_once(':')?;
        Some((file.parse().ok()?, line.parse().ok()?))
    }

    /// The address of the page with something changed.
    pub(super) fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut asked = self.clone();
        change(&mut asked);
        asked.address("")
    }

    /// The address of something of ours with these parts; what is empty is left out.
    pub(super) fn address(&self, path: &str) -> String {
        let mut query = Serializer::new(String::new());
        let parts = [
            ("draft", &self.draft),
            ("reader", &self.reader),
            ("view", &self.view),
            ("pane", &self.pane),
            ("width", &self.width),
            ("light", &self.light),
            ("images", &self.images),
            ("marks", &self.marks),
            ("at", &self.at),
            ("q", &self.q),
            ("box", &self.r#box),
            ("letter", &self.letter),
        ];
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if self.download.is_some() {
            query.append_pair("download", "");
        }
        let query = query.finish();
        let path = if path.is_empty() { "./" } else { path };
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_what_differs_and_nothing_can_break_out_of_it() {
        let asked = Asked { reader: "a&b=\"<x>\"@c".into(), ..Asked::default() };
        assert_eq!(asked.address("raw"), "raw?reader=a%26b%3D%22%3Cx%3E%22%40c");
        assert_eq!(Asked::default().with(|_| {}), "./");
        assert_eq!(asked.with(|asked| asked.reader.clear()), "./");
        for (width, read) in [("375", Some(375)), ("0", None), ("99999", None), ("x", None)] {
            assert_eq!(Asked { width: width.into(), ..Asked::default() }.width(), read, "{width}");
        }
        assert_eq!(Asked { at: "0:12".into(), ..Asked::default() }.place(), Some((0, 12)));
    }
}
