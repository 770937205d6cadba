//! Numbers, durations and sizes as people write them.

use std::time::Duration;

/// `1 letter`, `2,000 letters`.
pub fn count(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

/// A number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The two largest units: `2 d 4 h`, `3 min 20 s`, `1.4 s`, `80 ms`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    if seconds < 1 {
        return format!("{} ms", duration.as_millis());
    }
    if seconds < 10 {
        return format!("{:.1} s", duration.as_secs_f64());
    }
    let first = units.iter().position(|unit| seconds >= unit.1).unwrap_or(3);
    let mut text = format!("{} {}", seconds / units[first].1, units[first].0);
    if let Some((name, size)) = units.get(first + 1) {
        let rest = seconds % units[first].1 / size;
        if rest > 0 {
            text = format!("{text} {rest} {name}");
        }
    }
    text
}

/// `812 B`, `20.3 KB`, `1.2 MB` (powers of 1,000).
pub fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let bytes_f = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} KB", bytes_f / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes_f / 1e6),
        _ => format!("{:.1} GB", bytes_f / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1, "letter"), "1 letter");
        assert_eq!(count(2_000_000, "letter"), "2,000,000 letters");
        assert_eq!(duration(Duration::from_millis(80)), "80 ms");
        assert_eq!(duration(Duration::from_millis(1_400)), "1.4 s");
        assert_eq!(duration(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(duration(Duration::from_hours(2)), "2 h");
        assert_eq!(duration(Duration::from_secs(200_000)), "2 d 7 h");
        assert_eq!(size(20_345), "20.3 KB");
    }
}
