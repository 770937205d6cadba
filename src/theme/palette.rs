//! The colours of a letter, in light and in the dark, worked out from a few.

use super::colour::Colour;

/// The least contrast between a text and what is behind it (WCAG 2.2 AA, 1.4.3).
pub const READABLE: f64 = 4.5;

/// What a design decides itself, for light or for dark; all other colours follow from these and the accent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground {
    /// Behind everything.
    pub page: Colour,
    /// Behind the text.
    pub paper: Colour,
    /// The text.
    pub ink: Colour,
    /// Captions, footer, quotes.
    pub muted: Colour,
    /// Hairlines.
    pub rule: Colour,
    /// Behind code.
    pub code: Colour,
}

/// All colours of a letter in one light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// What the design decides.
    pub ground: Ground,
    /// Links, bars, buttons.
    pub accent: Colour,
    /// Text on the accent.
    pub on_accent: Colour,
    /// Behind highlighted words.
    pub mark: Colour,
    /// Behind a callout.
    pub tint: Colour,
    /// Behind a masthead that is set off.
    pub band: Colour,
    /// Text on the band.
    pub on_band: Colour,
    /// A tip's label and bar, and what is behind it.
    pub tip: (Colour, Colour),
    /// As `tip`, for a warning.
    pub warning: (Colour, Colour),
    /// As `tip`, for a danger.
    pub caution: (Colour, Colour),
}

const WHITE: Colour = Colour::hex(0xff_ffff);
const MARK: Colour = Colour::hex(0xf2_c200);
const TIP: Colour = Colour::hex(0x1d_6b45);
const WARNING: Colour = Colour::hex(0x8f_4b0a);
const CAUTION: Colour = Colour::hex(0xab_2a26);

impl Palette {
    /// The palette in light. An accent too pale to be read is darkened.
    pub(super) fn light(ground: &Ground, accent: Colour) -> Self {
        let draft = Self::derive(ground, accent, [7, 34]);
        Self { band: draft.accent, on_band: draft.on_accent, ..draft }
    }

    /// The palette in the dark. Every accent is lightened until it can be read.
    pub(super) fn dark(ground: &Ground, accent: Colour) -> Self {
        // A colour that shines in the dark is softer for having some of the text's in it.
        let draft = Self::derive(ground, accent.mixed(ground.ink, 30), [12, 26]);
        // The accent as a large plane would glare.
        let band = ground.paper.mixed(accent, 35).nearest(|band| reads(ground.ink, band));
        Self { band: band.unwrap_or(ground.paper), on_band: ground.ink, ..draft }
    }

    /// `share` and `mark` are how much of a hue is in the tint of a box and of a highlight, in per cent.
    fn derive(ground: &Ground, accent: Colour, [share, mark]: [u8; 2]) -> Self {
        let Ground { page, paper, ink, muted, code, .. } = *ground;
        let tint = |hue| paper.mixed(hue, share);
        let grounds = [page, paper, code, tint(accent), tint(TIP), tint(WARNING), tint(CAUTION)];
        let on = |hue: Colour| [WHITE, paper, page, ink].into_iter().find(|text| reads(*text, hue));
        let is_text = |hue: Colour| grounds.iter().all(|ground| reads(hue, *ground));
        let signal = |hue: Colour| (hue.nearest(is_text).unwrap_or(ink), tint(hue));
        let accented = accent.nearest(|hue| is_text(hue) && on(hue).is_some()).unwrap_or(ink);
        // As much of the marker's yellow as the text on it bears.
        let marked = (0..=mark).rev().map(|share| paper.mixed(MARK, share));
        let mark = marked.into_iter().find(|mark| reads(ink, *mark)).unwrap_or(paper);
        Self {
            ground: Ground { muted: muted.nearest(is_text).unwrap_or(ink), ..*ground },
            mark,
            accent: accented,
            on_accent: on(accented).unwrap_or(paper),
            tint: tint(accent),
            band: paper,
            on_band: ink,
            tip: signal(TIP),
            warning: signal(WARNING),
            caution: signal(CAUTION),
        }
    }

    /// Every text of a letter on every ground it can stand on, with the name of the pair.
    pub fn pairs(&self) -> Vec<(&'static str, Colour, Colour)> {
        let boxes = [
            ("tint", self.tint),
            ("tip", self.tip.1),
            ("warning", self.warning.1),
            ("caution", self.caution.1),
        ];
        let mut pairs = vec![
            ("ink on paper", self.ground.ink, self.ground.paper),
            ("ink on code", self.ground.ink, self.ground.code),
            ("ink on page", self.ground.ink, self.ground.page),
            ("muted on paper", self.ground.muted, self.ground.paper),
            ("muted on page", self.ground.muted, self.ground.page),
            ("accent on paper", self.accent, self.ground.paper),
            ("accent on page", self.accent, self.ground.page),
            ("accent on code", self.accent, self.ground.code),
            ("ink on mark", self.ground.ink, self.mark),
            ("text on accent", self.on_accent, self.accent),
            ("text on band", self.on_band, self.band),
            ("label of a tip", self.tip.0, self.tip.1),
            ("label of a warning", self.warning.0, self.warning.1),
            ("label of a caution", self.caution.0, self.caution.1),
        ];
        for (name, ground) in boxes {
            let text = [self.ground.ink, self.accent, self.ground.muted];
            pairs.extend(text.map(|text| (name, text, ground)));
        }
        pairs
    }

    /// The colours by the names that stylesheets call them, `var(--ink)`.
    pub fn named(&self) -> [(&'static str, Colour); 18] {
        [
            ("page", self.ground.page),
            ("paper", self.ground.paper),
            ("ink", self.ground.ink),
            ("muted", self.ground.muted),
            ("rule", self.ground.rule),
            ("code", self.ground.code),
            ("accent", self.accent),
            ("on-accent", self.on_accent),
            ("mark", self.mark),
            ("tint", self.tint),
            ("band", self.band),
            ("on-band", self.on_band),
            ("tip", self.tip.0),
            ("tip-tint", self.tip.1),
            ("warning", self.warning.0),
            ("warning-tint", self.warning.1),
            ("caution", self.caution.0),
            ("caution-tint", self.caution.1),
        ]
    }
}

/// Whether a text can be read, as it is and after a client has inverted the letter in either of the two known ways.
pub fn reads(text: Colour, ground: Colour) -> bool {
    text.contrast(ground) >= READABLE
        && text.flipped().contrast(ground.flipped()) >= READABLE
        && text.inverted_text().contrast(ground.inverted_ground()) >= READABLE
}
