//! A colour as mail understands it, and how far two of them are apart.
//!
//! Only `+ - * /` and square roots are used, which every machine rounds alike (IEEE 754): colours that are worked out
//! here reach the bytes of letters, and those must not depend on a platform's `powf`.

use std::fmt;
use std::str::FromStr;

/// An opaque sRGB colour, written as `#` and six hexadecimal digits: the one notation that every client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// What is not a colour of six digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a colour of six digits")]
pub struct NotAColour;

impl FromStr for Colour {
    type Err = NotAColour;

    fn from_str(text: &str) -> Result<Self, NotAColour> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(NotAColour)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NotAColour);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| NotAColour)?;
        Ok(Self::hex(number))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl Colour {
    /// `0xrrggbb`; higher digits are ignored.
    pub const fn hex(number: u32) -> Self {
        let [_, red, green, blue] = number.to_be_bytes();
        Self { red, green, blue }
    }

    /// The contrast ratio of WCAG 2.2, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// This colour with `percent` (at most 100) of another mixed in, by the values of sRGB.
    #[must_use]
    pub fn mixed(self, other: Self, percent: u8) -> Self {
        let share = u16::from(percent.min(100));
        let mix = |a: u8, b: u8| {
            let sum = u16::from(a) * (100 - share) + u16::from(b) * share;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
        }
    }

    /// What clients that invert letters make of a text's colour: the dark half becomes light, the light half stays.
    #[must_use]
    pub fn inverted_text(self) -> Self {
        let lab = self.lab();
        if lab.l < 50.0 { lab.turned() } else { lab }.colour()
    }

    /// What clients that invert letters make of a background: the light half becomes dark, the dark half stays.
    #[must_use]
    pub fn inverted_ground(self) -> Self {
        let lab = self.lab();
        if lab.l >= 50.0 { lab.turned() } else { lab }.colour()
    }

    /// What clients make of any colour that turn lightness around by the values of sRGB (HSL).
    #[must_use]
    pub fn flipped(self) -> Self {
        let channels = [self.red, self.green, self.blue];
        let (least, most) =
            channels.iter().fold((255, 0), |(low, high), &c| (c.min(low), c.max(high)));
        // The lightest channel ends where the darkest was, seen from the other end.
        let flip = |channel: u8| 255 - most + (channel - least);
        let [red, green, blue] = channels.map(flip);
        Self { red, green, blue }
    }

    /// The colour of the same hue that satisfies `is_fit` and is nearest in lightness; `None` if no lightness does.
    pub fn nearest(self, is_fit: impl Fn(Self) -> bool) -> Option<Self> {
        if is_fit(self) {
            return Some(self);
        }
        let lab = self.lab();
        let at = |l: f64| Lab { l, ..lab }.colour();
        let steps = (1..=200).map(|step| f64::from(step) / 2.0);
        let mut both = steps.flat_map(|step| [lab.l - step, lab.l + step]);
        both.find_map(|l| {
            Some(at(l)).filter(|colour| (0.0..=100.0).contains(&l) && is_fit(*colour))
        })
    }

    /// How far it is from grey of the same lightness: the chroma of CIE LCH, 0 to about 130.
    #[cfg(test)]
    pub(super) fn colourfulness(self) -> f64 {
        let Lab { a, b, .. } = self.lab();
        (a * a + b * b).sqrt()
    }

    /// Relative luminance (WCAG 2.2), 0 to 1.
    fn luminance(self) -> f64 {
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    fn lab(self) -> Lab {
        let (red, green, blue) = (linear(self.red), linear(self.green), linear(self.blue));
        let evened = |[r, g, b]: [f64; 3], white: f64| {
            let share = (r * red + g * green + b * blue) / white;
            if share > EPSILON { root(share, 3) } else { (KAPPA * share + 16.0) / 116.0 }
        };
        let x = evened([0.412_456, 0.357_576, 0.180_438], WHITE.0);
        let y = evened([0.212_673, 0.715_152, 0.072_175], WHITE.1);
        let z = evened([0.019_334, 0.119_192, 0.950_304], WHITE.2);
        Lab { l: 116.0 * y - 16.0, a: 500.0 * (x - y), b: 200.0 * (y - z) }
    }
}

/// CIE 1976 L*a*b* under D65: lightness 0 to 100 and two axes of colour, whose length is the chroma.
#[derive(Debug, Clone, Copy)]
struct Lab {
    l: f64,
    a: f64,
    b: f64,
}

const WHITE: (f64, f64, f64) = (0.950_470, 1.0, 1.088_830);
const EPSILON: f64 = 216.0 / 24_389.0;
const KAPPA: f64 = 24_389.0 / 27.0;

impl Lab {
    /// To the other half of lightness, three quarters as far from the middle, and a fifth less colourful.
    fn turned(self) -> Self {
        Self { l: 50.0 - (self.l - 50.0) * 0.75, a: self.a * 0.8, b: self.b * 0.8 }
    }

    fn colour(self) -> Colour {
        let y = (self.l + 16.0) / 116.0;
        let cube = |t: f64| {
            let cubed = t * t * t;
            if cubed > EPSILON { cubed } else { (116.0 * t - 16.0) / KAPPA }
        };
        let (x, z) = (cube(y + self.a / 500.0) * WHITE.0, cube(y - self.b / 200.0) * WHITE.2);
        let y = if self.l > KAPPA * EPSILON { y * y * y } else { self.l / KAPPA };
        Colour {
            red: encoded(3.240_454 * x - 1.537_139 * y - 0.498_531 * z),
            green: encoded(-0.969_266 * x + 1.876_011 * y + 0.041_556 * z),
            blue: encoded(0.055_643 * x - 0.204_026 * y + 1.057_225 * z),
        }
    }
}

/// A channel without its gamma, 0 to 1.
fn linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.04045 {
        return value / 12.92;
    }
    // To the power of 2.4.
    let base = (value + 0.055) / 1.055;
    base * base * root(base * base, 5)
}

/// A channel with its gamma; what lies outside of sRGB is cut off.
fn encoded(linear: f64) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let value = if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        // To the power of 5/12.
        let fifth = linear * linear * linear * linear * linear;
        1.055 * root(fifth, 3).sqrt().sqrt() - 0.055
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped above, and such a cast saturates"
    )]
    let step = (value * 255.0 + 0.5) as u8;
    step
}

/// The positive `degree`th root by Newton's method, of a number from 0 to 1 or a little more.
fn root(number: f64, degree: u8) -> f64 {
    if number <= 0.0 {
        return 0.0;
    }
    let n = f64::from(degree);
    let mut guess = number.sqrt().sqrt();
    for _ in 0..60 {
        let power = (1..degree).fold(1.0, |power, _| power * guess);
        let next = ((n - 1.0) * guess + number / power) / n;
        if (next - guess).abs() <= 1e-15 {
            break;
        }
        guess = next;
    }
    guess
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn a_colour_is_six_digits_and_nothing_else() {
        assert_eq!(colour("#0F6b5e").to_string(), "#0f6b5e");
        for text in ["0f6b5e", "#fff", "#0f6b5e80", "#0f6b5g", "teal", "#+12345", "#ééé"] {
            assert_eq!(text.parse::<Colour>(), Err(NotAColour), "{text}");
        }
    }

    /// The examples of WCAG and of its tools.
    #[test]
    fn contrast_is_what_wcag_says() {
        let ratio = |a, b| format!("{:.2}", colour(a).contrast(colour(b)));
        assert_eq!(ratio("#000000", "#ffffff"), "21.00");
        assert_eq!(ratio("#767676", "#ffffff"), "4.54");
        assert_eq!(ratio("#777777", "#ffffff"), "4.48");
        assert_eq!(ratio("#ff0000", "#ffffff"), "4.00");
    }

    #[test]
    fn inversion_turns_one_half_and_leaves_the_other() {
        assert_eq!(colour("#ffffff").inverted_ground(), colour("#212121"));
        assert_eq!(colour("#ffffff").inverted_text(), colour("#ffffff"));
        assert_eq!(colour("#000000").inverted_text(), colour("#dbdbdb"));
        assert_eq!(colour("#000000").inverted_ground(), colour("#000000"));
    }

    #[test]
    fn flipping_twice_changes_nothing() {
        assert_eq!(colour("#ffffff").flipped(), colour("#000000"));
        assert_eq!(colour("#2443b8").flipped(), colour("#4766db"));
        assert_eq!(colour("#2443b8").flipped().flipped(), colour("#2443b8"));
    }

    #[test]
    fn the_nearest_fit_is_the_colour_itself_where_it_fits() {
        let white = colour("#ffffff");
        let fits = |c: Colour| c.contrast(white) >= 4.5;
        assert_eq!(colour("#0f6b5e").nearest(fits), Some(colour("#0f6b5e")));
        let dark = colour("#f2c200").nearest(fits).unwrap();
        assert!(fits(dark) && dark.contrast(white) < 4.6, "{dark}");
        assert_eq!(colour("#f2c200").nearest(|_| false), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_colour_survives_the_way_through_lab(number in 0_u32..0x0100_0000) {
            let colour = Colour::hex(number);
            prop_assert_eq!(colour.lab().colour(), colour);
        }

        #[test]
        fn roots_are_those_of_the_platform(number in 0.0_f64..1.1) {
            prop_assert!((root(number, 3) - number.cbrt()).abs() < 1e-12);
            prop_assert!((root(number, 5) - number.powf(0.2)).abs() < 1e-12);
        }
    }
}
