//! The built-in designs as data: their names, colours and fonts. How they are set in CSS is `compose`'s.

pub mod colour;
pub mod fonts;
pub mod palette;

use colour::Colour;
use palette::{Ground, Palette};

use crate::finding::{nearest, shown};

/// A built-in design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Design {
    /// A quiet letter in a serif, on nothing but paper.
    #[default]
    Letter,
    /// A crisp bulletin: a card with a coloured masthead, set in the system's sans.
    Bulletin,
    /// Notes from a workshop: a warm card, typewriter headings, dashed rules.
    Workshop,
}

impl Design {
    /// Every design, the default first.
    pub const ALL: [Self; 3] = [Self::Letter, Self::Bulletin, Self::Workshop];

    /// What configurations and drafts call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Bulletin => "bulletin",
            Self::Workshop => "workshop",
        }
    }

    /// The design of this name; what is wrong and what to type, otherwise.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        let names = || Self::ALL.into_iter().map(Self::name);
        Self::ALL.into_iter().find(|design| design.name() == text).ok_or_else(|| {
            let help = match nearest(text, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let names: Vec<String> = names().map(|name| format!("`{name}`")).collect();
                    format!("the themes are {}", names.join(", "))
                }
            };
            (format!("is not a theme: `{}`", shown(text)), help)
        })
    }

    /// The colour of links, bars and buttons unless another is wanted.
    pub fn accent(self) -> Colour {
        Colour::hex(match self {
            Self::Letter => 0x8a_2f2b,
            Self::Bulletin => 0x1d_3aa6,
            Self::Workshop => 0x90_3806,
        })
    }

    /// The palettes in light and in the dark, around this accent.
    pub fn palettes(self, accent: Colour) -> (Palette, Palette) {
        let (light, dark) = self.grounds();
        (Palette::light(&light, accent), Palette::dark(&dark, accent))
    }

    /// The nearest accent that can be read in light; the same one if it can be.
    pub fn readable(self, accent: Colour) -> Colour {
        self.palettes(accent).0.accent
    }

    /// The font stack of text, of headings and of code.
    pub fn fonts(self) -> (&'static str, &'static str, &'static str) {
        let (text, heading) = match self {
            Self::Letter => ("serif", "serif"),
            Self::Bulletin => ("sans", "sans"),
            Self::Workshop => ("sans", "mono"),
        };
        (text, heading, "mono")
    }

    fn grounds(self) -> (Ground, Ground) {
        match self {
            Self::Letter => (
                ground([0xfb_f9f4, 0xfb_f9f4, 0x2a_2520, 0x5b_5246, 0xdc_d4c5, 0xf3_eee4]),
                ground([0x17_1512, 0x17_1512, 0xe9_e2d6, 0xab_a192, 0x3d_372f, 0x23_201b]),
            ),
            Self::Bulletin => (
                ground([0xed_f0f5, 0xff_ffff, 0x1b_2230, 0x4b_5566, 0xdc_e2ea, 0xf3_f5f9]),
                ground([0x0d_1015, 0x16_1a21, 0xe4_e8ee, 0x9f_a9b8, 0x30_3843, 0x20_262f]),
            ),
            Self::Workshop => (
                ground([0xef_e8dc, 0xff_fcf6, 0x27_221b, 0x57_4e41, 0xcf_c3af, 0xf7_f0e3]),
                ground([0x13_110e, 0x1d_1a16, 0xeb_e4d8, 0xac_a292, 0x4a_4236, 0x2a_261f]),
            ),
        }
    }
}

const fn ground([page, paper, ink, muted, rule, code]: [u32; 6]) -> Ground {
    Ground {
        page: Colour::hex(page),
        paper: Colour::hex(paper),
        ink: Colour::hex(ink),
        muted: Colour::hex(muted),
        rule: Colour::hex(rule),
        code: Colour::hex(code),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::palette::reads;
    use super::*;

    fn check(design: Design, accent: Colour) {
        let (light, dark) = design.palettes(accent);
        for (palette, when) in [(light, "light"), (dark, "dark")] {
            for (pair, text, ground) in palette.pairs() {
                let (plain, inverted) = (
                    text.contrast(ground),
                    text.inverted_text().contrast(ground.inverted_ground()),
                );
                assert!(
                    reads(text, ground),
                    "{} {when}, accent {accent}: {pair}: {text} on {ground}: {plain:.2}, inverted {inverted:.2}",
                    design.name()
                );
            }
        }
    }

    #[test]
    fn every_text_of_every_design_can_be_read_in_light_in_the_dark_and_inverted() {
        for design in Design::ALL {
            check(design, design.accent());
            assert_eq!(design.readable(design.accent()), design.accent(), "{}", design.name());
        }
    }

    /// Yellow, in either light: by the colour alone that it has more of than what stands behind code.
    #[test]
    fn a_highlight_is_not_taken_for_code() {
        for design in Design::ALL {
            let (light, dark) = design.palettes(design.accent());
            for palette in [light, dark] {
                let (mark, code) = (palette.mark, palette.ground.code);
                assert!(mark.colourfulness() > code.colourfulness() + 20.0, "{mark} and {code}");
            }
        }
    }

    #[test]
    fn a_name_is_told_from_a_slip() {
        for design in Design::ALL {
            assert_eq!(Design::parse(design.name()), Ok(design));
        }
        assert_eq!(Design::parse("leter").unwrap_err().1, "did you mean `letter`?");
        assert_eq!(
            Design::parse("fancy").unwrap_err().1,
            "the themes are `letter`, `bulletin`, `workshop`"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn every_accent_there_is_can_be_read_everywhere(number in 0_u32..0x0100_0000) {
            for design in Design::ALL {
                check(design, Colour::hex(number));
            }
        }
    }
}
