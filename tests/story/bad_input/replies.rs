//! What is not a reply: nothing was sent in answer to it, and the recipient stays to be mailed.

use super::super::support::desk::Desk;
use super::super::support::relay::Relay;
use super::super::support::script::{Act, Phase, Script, Talk};

/// Sends one letter to a relay that answers RCPT with these bytes, always; gives what the editor is told.
fn told(bytes: &[u8]) -> String {
    let relay = Relay::start(
        Script::new().talking(Talk::Classic).on(Phase::Rcpt, Act::Garbage(bytes.to_vec())),
    );
    let desk = Desk::new(1, relay.port());
    let run = desk.run("send drafts/tide.md --yes").exits(5);
    assert!(!run.stderr.contains(|c: char| c.is_control() && c != '\n'), "{:?}", run.stderr);
    assert_eq!(relay.count("DATA"), 0);
    assert_eq!(desk.counts()["pending"], 1, "{}", run.stderr);
    assert_eq!(relay.journal().len(), 0);
    let why = run.stderr.lines().find(|line| line.contains("RCPT")).unwrap_or_default();
    why.trim().to_owned()
}

#[test]
fn what_is_not_a_reply_leaves_the_recipient_pending_and_is_shown_as_it_came() {
    insta::assert_snapshot!(told(b"25\r\n"), @r"out of step at RCPT TO: the relay said `25`, which is not a reply; trying again in 500 ms");
    insta::assert_snapshot!(told(b"999 x\r\n"), @r"out of step at RCPT TO: the relay said `999 x`, which is not a reply; trying again in 500 ms");
    insta::assert_snapshot!(told(b"250-a\r\n550 b\r\n"), @r"out of step at RCPT TO: one reply of the relay has codes 250 and 550; trying again in 500 ms");
    insta::assert_snapshot!(told(b"\0\x1b[2J\r\n"), @r"out of step at RCPT TO: the relay said `\u{0}\u{1b}[2J`, which is not a reply; trying again in 500 ms");
    insta::assert_snapshot!(told(b"\r\n"), @r"out of step at RCPT TO: the relay said ``, which is not a reply; trying again in 500 ms");
}
