//! Colours in the one notation that every mail program reads, `#` and six digits, from those that say the same.
//!
//! What is partly transparent, or in a space that screens of mail cannot show, cannot be said so.

use cssparser::color::{parse_hash_color, parse_named_color};
use cssparser::{Parser, Token};

use crate::theme::colour::Colour;

/// The functions that name a colour.
pub(super) const FUNCTIONS: [&str; 5] = ["rgb", "rgba", "hsl", "hsla", "hwb"];

/// Whether the words of a property's value may be colours.
pub(super) fn has(property: &str) -> bool {
    let start = property.split('-').next().unwrap_or_default();
    property.ends_with("color") || matches!(start, "background" | "border" | "outline")
}

/// `#fff`, `#ffffff` and `#ffffffff`.
pub(super) fn hash(digits: &str) -> Option<Colour> {
    let (red, green, blue, alpha) = parse_hash_color(digits.as_bytes()).ok()?;
    (alpha >= 1.0).then(|| opaque([red, green, blue]))
}

/// `white`
pub(super) fn named(word: &str) -> Option<Colour> {
    let (red, green, blue) = parse_named_color(word).ok()?;
    Some(opaque([red, green, blue]))
}

/// `rgb(10 92 80 / 100%)` and the older `rgb(10, 92, 80)`, by what stands in the parentheses.
pub(super) fn function(name: &str, arguments: &mut Parser<'_>) -> Option<Colour> {
    let mut numbers: Vec<Number> = Vec::new();
    while let Ok(token) = arguments.next() {
        numbers.push(match token {
            Token::Comma | Token::Delim('/') => continue,
            Token::Number { value, .. } => Number { value: *value, is_share: false },
            Token::Percentage { unit_value, .. } => Number { value: *unit_value, is_share: true },
            Token::Dimension { value, unit, .. } if unit.eq_ignore_ascii_case("deg") => {
                Number { value: *value, is_share: false }
            }
            _ => return None,
        });
    }
    let ([a, b, c], rest) = numbers.split_first_chunk()?;
    let is_opaque = match rest {
        [] => true,
        [alpha] => alpha.value >= 1.0,
        _ => false,
    };
    let channels = match name {
        "rgb" | "rgba" => [a, b, c].map(|channel| channel.of(255.0)),
        "hsl" | "hsla" => hsl(a.value, b.of(100.0), c.of(100.0)),
        "hwb" => hwb(a.value, b.of(100.0), c.of(100.0)),
        _ => return None,
    };
    is_opaque.then(|| opaque(channels.map(byte)))
}

struct Number {
    value: f32,
    is_share: bool,
}

impl Number {
    /// Its share of a whole.
    fn of(&self, whole: f32) -> f32 {
        let share = if self.is_share { self.value } else { self.value / whole };
        share.clamp(0.0, 1.0)
    }
}

/// CSS Color 4, 7.1.
fn hsl(hue: f32, saturation: f32, lightness: f32) -> [f32; 3] {
    let reach = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|n: f32| {
        let k = (n + hue / 30.0).rem_euclid(12.0);
        lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    })
}

/// CSS Color 4, 8.1.
fn hwb(hue: f32, white: f32, black: f32) -> [f32; 3] {
    if white + black >= 1.0 {
        return [white / (white + black); 3];
    }
    hsl(hue, 1.0, 0.5).map(|channel| channel * (1.0 - white - black) + white)
}

fn byte(share: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped, and such a cast saturates"
    )]
    let byte = (share.clamp(0.0, 1.0) * 255.0).round() as u8;
    byte
}

fn opaque([red, green, blue]: [u8; 3]) -> Colour {
    Colour::hex(u32::from_be_bytes([0, red, green, blue]))
}
