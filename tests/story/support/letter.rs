//! A letter as it comes over the wire (RFC 5321 4.5.2).

/// Where the line with the lone dot starts, searched from an offset on.
pub(super) fn end_of_letter(raw: &[u8], from: usize) -> Option<usize> {
    (from..raw.len().saturating_sub(2)).find(|&at| {
        raw[at] == b'.'
            && raw[at..].starts_with(b".\r\n")
            && (at == 0 || raw[..at].ends_with(b"\r\n"))
    })
}

/// Without the dots that were stuffed.
pub(super) fn unstuffed(raw: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|&b| b == b'\n') {
        plain.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
    plain
}

/// As a digest of it is written.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    bytes.iter().flat_map(digits).flatten().collect()
}
