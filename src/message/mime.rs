//! The body of a letter: two alternatives in quoted-printable, written so that no value can end a part, and images.
//!
//! Our own encoder, because it must start afresh at every slot and keep the start of each line harmless: `.` would
//! need stuffing in SMTP, `-` might begin a boundary, and `From ` is quoted by some mail stores.

use lettre::message::header::{
    ContentDisposition, ContentId, ContentTransferEncoding, ContentType,
};
use lettre::message::{Body, MultiPart, SinglePart};
use sha2::{Digest as _, Sha256};

use super::LetterError;
use crate::compose::images::Embedded;

/// Stands where a reader's value goes. Quoted-printable never holds it, nor does a header.
pub(super) const MARK: u8 = 1;

/// A line may have 76 characters (RFC 2045 6.7); one is kept for the `=` of a soft line break.
const WIDTH: usize = 75;

const SOFT_BREAK: &[u8] = b"=\r\n";

/// The two parts, poorest first (RFC 2046 5.1.4), of the literals around their slots; with the HTML go its images
/// (RFC 2387).
pub(super) fn parts(
    text: &[String],
    html: &[String],
    images: &[Embedded],
) -> Result<MultiPart, LetterError> {
    let (text, html) = (with_marks(text), with_marks(html));
    let boundary = boundary(&text, &html);
    let multipart = |kind: &str, boundary: &str| {
        let content_type = media_type(&format!("multipart/{kind}; boundary=\"{boundary}\""));
        content_type.map(|content_type| MultiPart::builder().header(content_type))
    };
    let text_type = media_type("text/plain; charset=utf-8; format=flowed; delsp=no")?;
    let alternatives = multipart("alternative", &boundary)?.singlepart(part(text_type, text));
    let html = part(ContentType::TEXT_HTML, html);
    if images.is_empty() {
        return Ok(alternatives.singlepart(html));
    }
    let related =
        multipart("related; type=\"text/html\"", &format!("{boundary}r"))?.singlepart(html);
    let related = images.iter().try_fold(related, |related, image| {
        Ok::<_, LetterError>(related.singlepart(picture(image)?))
    })?;
    Ok(alternatives.multipart(related))
}

/// An image that the HTML names by its Content-ID.
fn picture(image: &Embedded) -> Result<SinglePart, LetterError> {
    let lines: Vec<&[u8]> = image.base64.as_bytes().chunks(76).collect();
    let body =
        Body::dangerous_pre_encoded(lines.join(&b"\r\n"[..]), ContentTransferEncoding::Base64);
    Ok(SinglePart::builder()
        .header(media_type(&image.media_type)?)
        .header(ContentId::from(format!("<{}>", image.content_id)))
        .header(ContentDisposition::inline_with_name(&image.name))
        .body(body))
}

fn media_type(text: &str) -> Result<ContentType, LetterError> {
    ContentType::parse(text).map_err(|error| LetterError::Build(error.to_string()))
}

fn part(content_type: ContentType, encoded: Vec<u8>) -> SinglePart {
    let body = Body::dangerous_pre_encoded(encoded, ContentTransferEncoding::QuotedPrintable);
    SinglePart::builder().header(content_type).body(body)
}

/// The same content has the same boundary. `=_` cannot occur in quoted-printable (RFC 2045 6.7), whatever the values.
fn boundary(text: &[u8], html: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::new().chain_update(text).chain_update([0]).chain_update(html).finalize();
    digest.iter().take(12).fold("=_".to_owned(), |mut boundary, byte| {
        let _ = write!(boundary, "{byte:02x}");
        boundary
    })
}

/// Encodes the literals with a mark between each two, every mark on a line of its own.
fn with_marks(literals: &[String]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, literal) in literals.iter().enumerate() {
        let is_last = at + 1 == literals.len();
        if at > 0 {
            out.push(MARK);
            let ends_anyway = literal.starts_with('\n') || literal.is_empty() && is_last;
            if !ends_anyway {
                out.extend_from_slice(SOFT_BREAK);
            }
        }
        encode(literal, &mut out);
        if !is_last && !literal.is_empty() && !literal.ends_with('\n') {
            out.extend_from_slice(SOFT_BREAK);
        }
    }
    out
}

/// Goes to the start of a line, by a soft line break if what stands there since `start` does not end so.
pub(super) fn start_line(out: &mut Vec<u8>, start: usize) {
    if out.len() > start && !out.ends_with(b"\r\n") {
        out.extend_from_slice(SOFT_BREAK);
    }
}

/// Appends `text`, which starts at the start of a line and has LF line ends, in quoted-printable (RFC 2045 6.7).
pub(super) fn encode(text: &str, out: &mut Vec<u8>) {
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.extend_from_slice(b"\r\n");
        }
        encode_line(line, out);
    }
}

fn encode_line(line: &str, out: &mut Vec<u8>) {
    if is_plain_line(line) {
        out.extend_from_slice(line.as_bytes());
        return;
    }
    let mut column = 0;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if column > 0 {
            // Within a line most bytes stand for themselves; its last one may not.
            let room = (WIDTH - column).min(rest.len() - 1);
            let run = rest.bytes().take(room).take_while(|&byte| is_word(byte)).count();
            if run > 0 {
                out.extend_from_slice(&rest.as_bytes()[..run]);
                column += run;
                rest = &rest[run..];
                continue;
            }
        }
        // A character is never torn apart: some programs decode line by line.
        let width = if is_plain(rest, c, column) { 1 } else { 3 * c.len_utf8() };
        if column + width > WIDTH {
            out.extend_from_slice(SOFT_BREAK);
            column = 0;
        }
        if is_plain(rest, c, column) {
            out.extend_from_slice(&rest.as_bytes()[..1]);
            column += 1;
        } else {
            for byte in rest.bytes().take(c.len_utf8()) {
                out.extend_from_slice(&[b'=', hex_digit(byte >> 4), hex_digit(byte & 15)]);
            }
            column += 3 * c.len_utf8();
        }
        rest = &rest[c.len_utf8()..];
    }
}

/// Whether a byte stands for itself within a line.
fn is_word(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic() && byte != b'='
}

/// Whether a short line stands for itself, as most values do.
fn is_plain_line(line: &str) -> bool {
    line.len() <= WIDTH
        && !line.starts_with(['.', '-', 'F'])
        && !line.ends_with(' ')
        && line.bytes().all(is_word)
}

/// Whether `c`, the first of the `rest` of a line, may stand for itself in this column.
fn is_plain(rest: &str, c: char, column: usize) -> bool {
    match c {
        '=' => false,
        ' ' | '\t' => rest.len() > 1,
        '.' | '-' => column > 0,
        'F' => column > 0 || !rest.starts_with("From "),
        _ => c.is_ascii_graphic(),
    }
}

fn hex_digit(nibble: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(nibble)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn marked(literals: &[&str]) -> String {
        let literals: Vec<String> = literals.iter().map(ToString::to_string).collect();
        String::from_utf8(with_marks(&literals)).unwrap().replace(char::from(MARK), "{}")
    }

    #[test]
    fn the_start_of_a_line_is_harmless_and_its_end_visible() {
        assert_eq!(
            encoded(".\n..a\n--=_b\nFrom me\nFor you "),
            "=2E\r\n=2E.a\r\n=2D-=3D_b\r\n=46rom me\r\nFor you=20"
        );
        assert_eq!(encoded("a\t\n\n é\0"), "a=09\r\n\r\n =C3=A9=00");
    }

    #[test]
    fn a_long_line_is_broken_softly_and_never_within_a_character() {
        assert_eq!(
            encoded(&format!("{}.é", "x".repeat(75))),
            format!("{}=\r\n=2E=C3=A9", "x".repeat(75))
        );
        assert_eq!(
            encoded(&format!("{}é!", "x".repeat(70))),
            format!("{}=\r\n=C3=A9!", "x".repeat(70))
        );
    }

    proptest::proptest! {
        #[test]
        fn a_plain_line_is_what_it_becomes(line in "[ -~]{0,90}|[a-z .=-]{0,9}|From .{0,3}|\\PC{0,9}") {
            let mut columns = 0;
            let plain = |(at, c): (usize, char)| {
                columns += 1;
                is_plain(&line[at..], c, columns - 1)
            };
            let by_character = line.len() <= WIDTH && line.char_indices().all(plain);
            proptest::prop_assert!(!is_plain_line(&line) || by_character);
            proptest::prop_assert!(!is_plain_line(&line) || encoded(&line) == line);
        }
    }

    /// A line encoded one character after the other.
    fn by_character(line: &str) -> String {
        let mut out = String::new();
        let mut column = 0;
        for (at, c) in line.char_indices() {
            let is_plain = |column| is_plain(&line[at..], c, column);
            if column + if is_plain(column) { 1 } else { 3 * c.len_utf8() } > WIDTH {
                out.push_str("=\r\n");
                column = 0;
            }
            if is_plain(column) {
                out.push(c);
                column += 1;
            } else {
                let hex = |byte: &u8| format!("={byte:02X}");
                out.extend(c.to_string().as_bytes().iter().map(hex));
                column += 3 * c.len_utf8();
            }
        }
        out
    }

    proptest::proptest! {
        #[test]
        fn what_is_copied_in_runs_is_what_each_character_becomes(
            line in "([ -~]{0,90}|[a-z .=F\t-]{0,9}|From |é|\\PC){0,5}",
        ) {
            proptest::prop_assert_eq!(encoded(&line), by_character(&line));
        }
    }

    #[test]
    fn a_slot_has_a_line_of_its_own() {
        assert_eq!(marked(&["Dear ", ","]), "Dear=20=\r\n{}=\r\n,");
        assert_eq!(marked(&["a\n", "\nb"]), "a\r\n{}\r\nb");
        assert_eq!(marked(&["", "", ""]), "{}=\r\n{}");
        assert_eq!(marked(&["-", " "]), "=2D=\r\n{}=\r\n=20");
    }
}
