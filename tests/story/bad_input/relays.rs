//! What a relay announces that cannot be met or believed.

use super::super::support::desk::Desk;
use super::super::support::relay::Relay;
use super::super::support::script::Script;
use super::told_by;

fn desk(offers: &[&str]) -> (Relay, Desk) {
    let relay = Relay::start(Script::new().offering(offers));
    let desk = Desk::new(1, relay.port());
    (relay, desk)
}

#[test]
fn a_letter_larger_than_the_relay_takes() {
    let (relay, desk) = desk(&["SIZE 100"]);
    let said = told_by(&desk, "--quiet send drafts/tide.md --yes");
    // The letter's own size has a host name's length in it.
    let said = said.replace(|c: char| c.is_ascii_digit(), "9");
    insta::assert_snapshot!(said, @r"
    exit 9
    error: the letter is too large for the relay: refused at MAIL FROM: 999 9.9.9 not tried: the letter has 9999 bytes and the relay announced a limit of 999 (RFC 9999)
    help: nobody else was mailed; make the letter lighter (`send --dry-run` says what weighs most), or ask the relay for a higher limit
    ");
    assert_eq!(relay.count("MAIL"), 0);
    assert_eq!(desk.counts()["pending"], 1);
}

#[test]
fn ten_thousand_lines_are_no_reply_to_ehlo() {
    let (relay, desk) = desk(&vec!["X-NOTHING"; 10_000]);
    insta::assert_snapshot!(told_by(&desk, "--quiet send drafts/tide.md --yes"), @r"
    exit 3
    error: the relay cannot be reached: failed at EHLO: the relay's reply does not end
    help: run the same command again when the relay answers
    ");
    assert_eq!(relay.count("MAIL"), 0);
    assert_eq!(desk.counts()["pending"], 1);
}
