//! The judge's table, a row for each of its lines.

use super::*;

fn refused(stage: Stage, code: u16, text: &str) -> Verdict {
    judge(Err(SendError::Refused { stage, reply: Reply::new(code, text) }))
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Sent(_) => "sent",
        Verdict::Deferred(..) => "deferred",
        Verdict::Failed(class, ..) => class.as_str(),
        Verdict::NotSent(_) => "not sent",
        Verdict::Garbled(_) => "garbled",
        Verdict::Unknown(_) => "unknown",
        Verdict::Halt(Fault::Refused(_)) => "halt: refused",
        Verdict::Halt(Fault::Identity(_)) => "halt: identity",
        Verdict::Halt(Fault::TooLarge(_)) => "halt: too large",
        Verdict::Halt(_) => "halt",
    }
}

#[test]
fn every_refusal_has_its_meaning() {
    let table = [
        // 1: the connection must be protected, or we must log in.
        (Stage::Mail, 530, "5.7.0 Must issue a STARTTLS command first", "halt: identity"),
        (Stage::Rcpt, 530, "5.7.0 authentication required", "halt: identity"),
        (Stage::Mail, 538, "5.7.11 encryption required", "halt: identity"),
        (Stage::Rcpt, 523, "encryption needed", "halt: identity"),
        // 4: the quota is ours, even where the code says never.
        (Stage::Mail, 550, "5.4.5 Daily user sending limit exceeded", "halt: refused"),
        (Stage::Rcpt, 550, "5.4.5 Daily user sending limit exceeded", "halt: refused"),
        (Stage::Dot, 550, "5.7.1 Daily SMTP relay limit exceeded", "halt: refused"),
        (Stage::Dot, 454, "Throttling failure: Daily message quota exceeded.", "halt: refused"),
        (Stage::Mail, 452, "4.5.3 too many messages", "halt: refused"),
        (Stage::Mail, 452, "4.3.1 insufficient storage", "halt: refused"),
        // 5: too fast.
        (Stage::Mail, 454, "4.7.0 Maximum sending rate exceeded", "deferred"),
        (Stage::Rcpt, 421, "4.7.28 rate limited", "deferred"),
        (Stage::Rcpt, 451, "4.7.651 rate limited", "deferred"),
        (Stage::Rcpt, 450, "4.2.1 Peak SMTP relay limit exceeded", "deferred"),
        // 6: the relay hangs up.
        (Stage::Mail, 421, "4.7.0 too many messages, closing", "not sent"),
        (Stage::Rcpt, 421, "4.4.2 idle timeout", "not sent"),
        (Stage::Data, 421, "4.3.2 shutting down", "not sent"),
        (Stage::Body, 421, "4.3.2 shutting down", "not sent"),
        (Stage::Dot, 421, "4.3.0 going down", "deferred"),
        // 7: the sender.
        (Stage::Mail, 550, "no", "halt: identity"),
        (Stage::Mail, 553, "5.1.8 sender refused", "halt: identity"),
        (Stage::Mail, 501, "5.1.7 bad sender", "halt: identity"),
        (Stage::Mail, 555, "5.5.4 unknown parameter", "halt: identity"),
        (Stage::Rcpt, 550, "5.1.8 sender's domain not found", "halt: identity"),
        (Stage::Mail, 552, "5.3.4 message too big", "halt: too large"),
        // 8: the address.
        (Stage::Rcpt, 550, "5.1.1 no such user", "bad-address"),
        (Stage::Rcpt, 550, "5.1.2 no such host", "bad-address"),
        (Stage::Rcpt, 553, "5.1.3 bad syntax", "bad-address"),
        (Stage::Rcpt, 551, "5.1.6 moved", "bad-address"),
        (Stage::Rcpt, 550, "5.1.10 null MX", "bad-address"),
        (Stage::Dot, 550, "5.1.1 late refusal", "unclear"),
        // 9: the mailbox.
        (Stage::Rcpt, 550, "5.2.1 disabled", "mailbox"),
        (Stage::Rcpt, 550, "5.2.1 is receiving mail at a rate that is too high", "deferred"),
        // 10: full.
        (Stage::Rcpt, 552, "5.2.2 over quota", "deferred"),
        (Stage::Rcpt, 452, "4.2.2 over quota", "deferred"),
        (Stage::Dot, 552, "5.2.2 mailbox full", "deferred"),
        (Stage::Rcpt, 552, "mailbox is full", "deferred"),
        // 11: too large for this recipient.
        (Stage::Rcpt, 552, "5.3.4 too big", "size"),
        (Stage::Dot, 552, "5.3.4 too big", "size"),
        (Stage::Dot, 552, "message exceeds fixed maximum size", "size"),
        (Stage::Rcpt, 550, "5.2.3 longer than we allow", "size"),
        // 12: policy and content.
        (Stage::Rcpt, 550, "5.7.1 blocked", "policy"),
        (Stage::Rcpt, 550, "5.7.606 access denied, banned IP", "policy"),
        (Stage::Rcpt, 550, "SC-001 (BAY004) unfortunately", "policy"),
        (Stage::Data, 550, "5.7.1 not here", "policy"),
        (Stage::Dot, 554, "no", "policy"),
        (Stage::Dot, 554, "5.7.1 spam", "policy"),
        (Stage::Dot, 550, "5.7.515 does not meet the level", "policy"),
        (Stage::Dot, 554, "5.6.0 bad content", "policy"),
        (Stage::Dot, 550, "5.6.7 not converted", "policy"),
        // Foreseen by ourselves: the address needs what the relay lacks.
        (Stage::Rcpt, 550, "5.6.7 not tried", "local"),
        // 13: no more than "no".
        (Stage::Rcpt, 550, "no", "unclear"),
        (Stage::Rcpt, 554, "5.5.0 what", "unclear"),
        // 14: later.
        (Stage::Rcpt, 450, "4.7.1 greylisted", "deferred"),
        (Stage::Rcpt, 450, "4.2.1 receiving mail too quickly", "deferred"),
        (Stage::Data, 451, "4.3.0 try later", "deferred"),
        (Stage::Dot, 451, "4.7.1 later", "deferred"),
        (Stage::Body, 451, "4.3.0 gave up listening", "deferred"),
        (Stage::Mail, 451, "4.3.0 later", "deferred"),
        // 15: out of step.
        (Stage::Data, 503, "5.5.1 bad sequence of commands", "garbled"),
    ];
    for (stage, code, text, expected) in table {
        assert_eq!(word(&refused(stage, code, text)), expected, "{stage} {code} {text}");
    }
    let garbled = SendError::Garbled { stage: Stage::Data, why: "answered with `250 ok`".into() };
    assert_eq!(word(&judge(Err(garbled))), "garbled");
}

#[test]
fn only_the_final_dot_leaves_doubt() {
    let broken = |stage, proved_not_sent| {
        judge(Err(SendError::Broken { stage, proved_not_sent, why: "eof".into() }))
    };
    assert_eq!(word(&broken(Stage::Rcpt, true)), "not sent");
    assert_eq!(word(&broken(Stage::Dot, true)), "not sent");
    assert_eq!(word(&broken(Stage::Dot, false)), "unknown");
    assert_eq!(word(&judge(Ok(Reply::new(250, "2.0.0 ok")))), "sent");
    assert_eq!(word(&judge(Ok(Reply::new(354, "go on")))), "unknown");
}

#[test]
fn only_rcpt_finds_an_address_bad() {
    for stage in [Stage::Mail, Stage::Data, Stage::Body, Stage::Dot] {
        for detail in 0..20 {
            let verdict = refused(stage, 550, &format!("5.1.{detail} x"));
            assert!(!matches!(verdict, Verdict::Failed(Failure::BadAddress, ..)), "{verdict:?}");
        }
    }
}

#[test]
fn a_mailbox_that_stays_full_has_failed_softly() {
    assert_eq!(Failure::of_expired(&Reply::new(452, "4.2.2 over quota")), Failure::Soft);
    assert_eq!(Failure::of_expired(&Reply::new(450, "4.7.1 greylisted")), Failure::Expired);
}

#[test]
fn a_relay_that_may_recover_is_tried_again() {
    let refused =
        |stage, code| judge_open(&OpenError::Refused { stage, reply: Reply::new(code, "x") });
    assert_eq!(refused(Stage::Greeting, 421), None);
    assert_eq!(refused(Stage::Auth, 454), None);
    for code in [504, 530, 534, 535, 550] {
        assert!(matches!(refused(Stage::Auth, code), Some(Fault::Identity(_))), "{code}");
    }
    assert!(matches!(refused(Stage::Greeting, 554), Some(Fault::Refused(_))));
    let closed = OpenError::Broken { stage: Stage::Connect, why: "refused".into() };
    assert_eq!(judge_open(&closed), None);
    let unsafe_tls = OpenError::Unsafe { stage: Stage::Tls, why: "certificate expired".into() };
    assert!(matches!(judge_open(&unsafe_tls), Some(Fault::Identity(_))));
}
