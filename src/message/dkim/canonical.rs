//! The `relaxed` canonicalisations of RFC 6376 3.4.2 and 3.4.4, over bytes whose only line end is CRLF.

/// Bytes looked at together.
const STEP: usize = 64;

/// Appends a header field as it is signed: `name:value` and CRLF, unfolded, its white space reduced.
pub(super) fn header(field: &[u8], out: &mut Vec<u8>) {
    let (name, value) = field.split_at(memchr::memchr(b':', field).unwrap_or(field.len()));
    out.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    let words = value.get(1..).unwrap_or_default().split(u8::is_ascii_whitespace);
    for (at, word) in words.filter(|word| !word.is_empty()).enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
    out.extend_from_slice(b"\r\n");
}

/// A body as it is signed, fed to a hash in slices of the body itself: nothing of it is copied but white space where two
/// parts meet.
pub(super) struct Body<F: FnMut(&[u8])> {
    feed: F,
    /// White space that the parts so far end with.
    held: Vec<u8>,
    is_empty: bool,
}

impl<F: FnMut(&[u8])> Body<F> {
    pub(super) fn new(feed: F) -> Self {
        Self { feed, held: Vec::new(), is_empty: true }
    }

    /// The next part.
    pub(super) fn push(&mut self, part: &[u8]) {
        let is_text = |byte: &u8| !b" \t\r\n".contains(byte);
        let Some(last) = part.iter().rposition(is_text) else {
            return self.held.extend_from_slice(part);
        };
        let (mut part, white) = part.split_at(last + 1);
        if !self.held.is_empty() {
            let first = part.iter().position(is_text).unwrap_or(last);
            self.held.extend_from_slice(&part[..=first]);
            part = &part[first + 1..];
            reduce(&self.held, &mut self.feed);
            self.held.clear();
        }
        reduce(part, &mut self.feed);
        self.held.extend_from_slice(white);
        self.is_empty = false;
    }

    /// The end: lines of white space alone are empty, and empty lines at the end do not count.
    pub(super) fn finish(mut self) {
        if !self.is_empty {
            (self.feed)(b"\r\n");
        }
    }
}

/// Feeds a text that does not end in white space.
fn reduce(text: &[u8], feed: &mut impl FnMut(&[u8])) {
    // From here on nothing has been fed.
    let mut rest = 0;
    let mut at = 0;
    while let Some(found) = reducible(&text[at..]) {
        let start = at + found;
        at = start + text[start..].iter().take_while(|byte| b" \t".contains(byte)).count();
        let is_line_end = text[at..].starts_with(b"\r\n");
        feed(&text[rest..start]);
        if !is_line_end {
            feed(b" ");
        }
        rest = at;
    }
    feed(&text[rest..]);
}

/// Where the first white space is that does not stay what it is: all but single spaces within a line.
fn reducible(body: &[u8]) -> Option<usize> {
    // Most of a letter stays. A step has one length and its bytes are looked at without a branch, so that the compiler takes
    // many of them at once.
    let mut start = 0;
    while let Some(step) = body.get(start..).and_then(<[u8]>::first_chunk::<{ STEP + 1 }>) {
        if (0..STEP).fold(false, |any, at| any | goes(step[at], step[at + 1])) {
            break;
        }
        start += STEP;
    }
    let next = |at: usize| body.get(at + 1).copied().unwrap_or_default();
    (start..body.len()).find(|&at| goes(body[at], next(at)))
}

/// Whether a byte before this one is white space that goes, or becomes another.
#[expect(clippy::needless_bitwise_bool, reason = "branches would keep the loop narrow")]
fn goes(byte: u8, next: u8) -> bool {
    (byte == b'\t') | (byte == b' ') & ((next == b' ') | (next == b'\t') | (next == b'\r'))
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(parts: &[&str]) -> String {
        let mut out = Vec::new();
        let mut body = Body::new(|slice: &[u8]| out.extend_from_slice(slice));
        for part in parts {
            body.push(part.as_bytes());
        }
        body.finish();
        String::from_utf8(out).unwrap()
    }

    /// The rules of RFC 6376 3.4.4, one after the other.
    pub(in super::super) fn by_the_book(text: &str) -> String {
        let mut lines: Vec<String> = text
            .split("\r\n")
            .map(|line| {
                let words = line.split([' ', '\t']).filter(|word| !word.is_empty());
                let reduced = words.collect::<Vec<_>>().join(" ");
                if line.starts_with([' ', '\t']) && !reduced.is_empty() {
                    format!(" {reduced}")
                } else {
                    reduced
                }
            })
            .collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.into_iter().map(|line| line + "\r\n").collect()
    }

    #[test]
    fn the_examples_of_the_rfc_come_out_as_there() {
        // RFC 6376 3.4.5.
        let mut fields = Vec::new();
        header(b"A: X\r\n", &mut fields);
        header(b"B : Y\t\r\n\tZ  \r\n", &mut fields);
        assert_eq!(fields, b"a:X\r\nb:Y Z\r\n");
        assert_eq!(canonical(&[" C \r\nD \t E\r\n\r\n\r\n"]), " C\r\nD E\r\n");
        assert_eq!((canonical(&[""]).as_str(), canonical(&["\r\n \r\n"]).as_str()), ("", ""));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_body_is_reduced_by_the_book(pieces in prop::collection::vec(
            prop_oneof![Just("\r\n"), Just(" "), Just("\t"), Just("  "), Just("a"), Just("=3D"), Just("a b")], 0..40),
            at in 0_usize..80,
        ) {
            let text = pieces.concat();
            prop_assert_eq!(canonical(&[&text]), by_the_book(&text));
            prop_assert_eq!(canonical(&pieces), by_the_book(&text));
            let far = format!("{}{text}{}{text}", "x y".repeat(40), "=\r\n".repeat(at));
            prop_assert_eq!(canonical(&[&far]), by_the_book(&far));
        }
    }
}
