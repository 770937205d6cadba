//! Whole dialogues, and how the bytes of one arrive.

use super::*;

type Letters = Vec<(Vec<String>, Vec<u8>)>;

/// Feeds `input` in pieces of `step` bytes, as a connection does; gives the replies and the letters.
fn talk(input: &[u8], step: usize) -> (String, Letters) {
    let (mut dialogue, mut replies, mut letters) = (Dialogue::default(), Vec::new(), Vec::new());
    let mut waiting = Vec::new();
    for piece in input.chunks(step) {
        waiting.extend_from_slice(piece);
        let used = dialogue.feed(&waiting, &mut replies, |recipients, letter| {
            letters.push((recipients.to_vec(), letter.to_vec()));
            Ok(letters.len().to_string())
        });
        waiting.drain(..used);
    }
    (String::from_utf8(replies).unwrap(), letters)
}

/// The reply codes to these lines, each with its CRLF added.
fn codes(lines: &[&str]) -> Vec<u16> {
    let (replies, _) = talk(format!("{}\r\n", lines.join("\r\n")).as_bytes(), usize::MAX);
    let last_lines = replies.lines().filter(|line| line.as_bytes()[3] == b' ');
    last_lines.map(|line| line[..3].parse().unwrap()).collect()
}

const HELLO: &str = "EHLO [127.0.0.1]";
const MAIL: &str = "MAIL FROM:<news@example.org>";
const RCPT: &str = "RCPT TO:<ada@example.org>";

#[test]
fn a_command_out_of_sequence_is_answered_with_503() {
    assert_eq!(codes(&[MAIL, RCPT, "DATA"]), [503, 503, 503]);
    assert_eq!(codes(&[HELLO, RCPT, "DATA", MAIL, MAIL, "DATA"]), [250, 503, 503, 250, 503, 503]);
    assert_eq!(codes(&[HELLO, MAIL, RCPT, "RSET", "DATA"]), [250, 250, 250, 250, 503]);
    assert_eq!(codes(&[HELLO, MAIL, RCPT, HELLO, "DATA"]), [250, 250, 250, 250, 503]);
    assert_eq!(codes(&["RSET", "NOOP x", MAIL, "HELO a", MAIL]), [250, 250, 503, 250, 250]);
    assert_eq!(codes(&["QUIT", "NOOP"]), [221], "nothing is answered after QUIT");
}

#[test]
fn a_malformed_command_is_answered_with_its_kind_of_mistake() {
    assert_eq!(codes(&["EHLO", "EHLO a b", "", "FOO", "mail"]), [501, 501, 500, 500, 503]);
    assert_eq!(
        codes(&["VRFY", "VRFY ada", "EXPN x", "AUTH PLAIN", "STARTTLS"]),
        [501, 252, 502, 502, 502]
    );
    assert_eq!(codes(&["QUIT now", "RSET x", "DATA x"]), [501, 501, 501]);
    let mail = |rest: &str| codes(&[HELLO, &format!("MAIL FROM:{rest}")])[1];
    assert_eq!(mail("news@example.org"), 501);
    assert_eq!(mail("<Postmaster>"), 501);
    assert_eq!(mail("<>"), 250);
    assert_eq!(mail("<ö@example.org>"), 553);
    assert_eq!(mail("<a@example.org> SIZE=12 BODY=8bitmime"), 250);
    assert_eq!(mail("<a@example.org> SIZE=26214401"), 552);
    assert_eq!(mail("<a@example.org> SIZE=x"), 501);
    assert_eq!(mail("<a@example.org> BODY=BINARYMIME"), 501);
    assert_eq!(mail("<a@example.org> SMTPUTF8=x"), 555);
    assert_eq!(mail("<ö@example.org> SMTPUTF8"), 250);
    let rcpt = |rest: &str| codes(&[HELLO, MAIL, &format!("RCPT TO:{rest}")])[2];
    assert_eq!(rcpt("<>"), 501);
    assert_eq!(rcpt("<Postmaster>"), 250);
    assert_eq!(rcpt("<a@example.org> NOTIFY=NEVER"), 555);
    assert_eq!(rcpt("<ö@example.org>"), 553);
    let international = format!("{MAIL} smtputf8");
    assert_eq!(codes(&[HELLO, &international, "RCPT TO:<ö@müller.example>"])[2], 250);
}

#[test]
fn a_bare_line_feed_ends_nothing() {
    assert_eq!(codes(&["NOOP\nQUIT", "NOOP\rx", "NOOP"]), [500, 500, 250]);
    let letter = "a\n.\nb\r\n\n.\r\nc\r\n.\nd\r\r\n";
    let input = format!("{HELLO}\r\n{MAIL}\r\n{RCPT}\r\nDATA\r\n{letter}.\r\n");
    let (_, letters) = talk(input.as_bytes(), usize::MAX);
    // `.` + LF starts a line after CRLF, so its dot is the client's transparency.
    assert_eq!(letters[0].1, letter.replace("\r\n.\nd", "\r\n\nd").as_bytes());
}

#[test]
fn lines_over_their_limit_are_refused_and_the_dialogue_goes_on() {
    let noop = |length: usize| format!("NOOP {}", "x".repeat(length - 7));
    assert_eq!(codes(&[&noop(565), &noop(566), &noop(200_000), "NOOP"]), [250, 500, 500, 250]);
    let send =
        |line: &str| codes(&[HELLO, MAIL, RCPT, "DATA", "a", line, "b", ".", "NOOP"])[4..].to_vec();
    assert_eq!(send(&"x".repeat(998)), [250, 250]);
    assert_eq!(
        send(&format!("..{}", "x".repeat(997))),
        [250, 250],
        "the doubled dot does not count"
    );
    assert_eq!(send(&"x".repeat(999)), [554, 250]);
    assert_eq!(send(&"x".repeat(5000)), [554, 250]);
    assert_eq!(send(&vec!["x".repeat(998); 26_300].join("\r\n")), [552, 250]);
}

#[test]
fn a_letter_that_cannot_be_stored_is_not_acknowledged() {
    let input = format!("{HELLO}\r\n{MAIL}\r\n{RCPT}\r\nDATA\r\n.\r\n");
    let mut replies = Vec::new();
    Dialogue::default()
        .feed(input.as_bytes(), &mut replies, |_, _| Err(io::ErrorKind::StorageFull.into()));
    assert!(replies.ends_with(b"451 4.3.0 not stored: no storage space\r\n"));
}

#[test]
fn the_hundred_and_first_recipient_is_one_too_many() {
    let mut lines = vec![HELLO, MAIL];
    lines.extend([RCPT; 101]);
    assert_eq!(codes(&lines)[101..], [250, 452]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn replies_and_letters_do_not_depend_on_how_the_bytes_arrive(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "EHLO x\r\n", "MAIL FROM:<a@example.org>\r\n", "RCPT TO:<b@example.org>\r\n", "DATA\r\n", "RSET\r\n",
                ".\r\n", "\r\n.\r\n", "\n.\r\n", "\r\n.\n", "..\r\n", ".", "\r", "\n", "\r\n", "text", "\u{e9}",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            ]),
            0..60,
        ),
        step in 1_usize..40,
    ) {
        let input = pieces.concat();
        proptest::prop_assert_eq!(talk(input.as_bytes(), step), talk(input.as_bytes(), usize::MAX));
    }
}
