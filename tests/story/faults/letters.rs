//! Faults of letters: before the body, in it, at the dot and after.

use crate::support::desk::{Desk, Run, address, large_draft, list};
use crate::support::few::{READERS, Send};
use crate::support::oracle;
use crate::support::relay::Relay;
use crate::support::script::{Act, Phase, Rule, Script, Talk, and_windowed, in_every_talk};

in_every_talk! {
    row_15_the_daily_limit_after_a_hundred,
    row_17_a_refusal_that_says_no_more_than_no,
    rows_19_and_33_the_relay_hangs_up_after_rcpt_and_after_it_has_taken_a_letter,
    a_354_after_a_refused_recipient_is_left_standing,
    row_20_data_is_answered_with_250,
    row_21_the_go_ahead_never_comes,
    row_22_the_relay_resets_in_the_middle_of_a_letter,
    row_23_the_relay_takes_no_more_of_a_letter,
    row_24_the_relay_hangs_up_before_the_dot,
    row_25_the_relay_defers_and_hangs_up_before_the_dot,
    rows_26_27_28_and_36_no_definite_reply_to_the_dot_leaves_doubt,
    row_29_a_reply_to_the_dot_that_is_late_but_in_time,
    rows_30_and_32_refused_after_data_and_taken_the_next_time,
    rows_34_35_and_37_odd_replies_to_the_dot_that_mean_sent,
    replies_that_come_one_by_one_mean_the_same,
    row_39_a_421_to_mail_after_every_few_letters,
    a_421_to_the_reset_after_a_refusal_only_ends_the_connection,
    row_40_a_reply_without_end_costs_no_memory,
    row_41_a_letter_larger_than_the_relay_takes,
    a_reader_beyond_ascii_gets_a_letter_where_the_relay_takes_it_and_fails_here_where_not,
    limits_of_the_configuration_hold_from_one_run_to_the_next,
}

and_windowed! {
    row_15_the_daily_limit_after_a_hundred,
    row_17_a_refusal_that_says_no_more_than_no,
    row_22_the_relay_resets_in_the_middle_of_a_letter,
    row_23_the_relay_takes_no_more_of_a_letter,
    row_24_the_relay_hangs_up_before_the_dot,
    row_25_the_relay_defers_and_hangs_up_before_the_dot,
    row_29_a_reply_to_the_dot_that_is_late_but_in_time,
    replies_that_come_one_by_one_mean_the_same,
    row_41_a_letter_larger_than_the_relay_takes,
    a_reader_beyond_ascii_gets_a_letter_where_the_relay_takes_it_and_fails_here_where_not,
}

fn first(phase: Phase, act: Act) -> Script {
    Script::new().with(Rule::at(phase, act).times(1))
}

fn row_15_the_daily_limit_after_a_hundred(talk: Talk) {
    let limit = Act::reply("550 5.4.5 Daily user sending limit exceeded");
    let script = Script::new().with(Rule::at(Phase::Mail, limit).every(100));
    let relay = Relay::start(script.talking(talk));
    let desk = Desk::new(120, relay.port());
    let window = talk.window();
    let config = format!("lanes = 1\nmessages-per-connection = 1000\nwindow = {window}");
    desk.configure(relay.port(), &config);
    desk.run("send drafts/tide.md --yes").exits(5).says("5.4.5 Daily user sending limit");
    let account = oracle::judge(&relay, &desk, 120);
    assert_eq!((account.of("sent"), account.of("pending")), (100, 20));
}

fn row_17_a_refusal_that_says_no_more_than_no(talk: Talk) {
    let no = Rule::at(Phase::Rcpt, Act::reply("550 no")).to(&address(3));
    let send = Send::to(talk, Script::new().with(no), "");
    send.run().exits(0);
    assert_eq!(send.desk.status()["failed"][0]["class"], "unclear");
    assert_eq!(send.account().of("sent"), READERS - 1);
}

fn rows_19_and_33_the_relay_hangs_up_after_rcpt_and_after_it_has_taken_a_letter(talk: Talk) {
    let send = Send::to(talk, first(Phase::Rcpt, Act::ReplyFin("250 ok".into())), "");
    send.run().exits(0);
    send.all_sent();
    let send =
        Send::to(talk, Script::new().on(Phase::Dot, Act::ReplyFin("250 2.0.0 ok".into())), "");
    send.run().exits(0);
    send.all_sent();
    assert_eq!(send.relay.connections(), READERS);
}

fn a_354_after_a_refused_recipient_is_left_standing(talk: Talk) {
    let no = Rule::at(Phase::Rcpt, Act::reply("550 5.1.1 unknown")).to(&address(3));
    let go = Rule::at(Phase::Data, Act::reply("354 go ahead")).to(&address(3));
    let send = Send::to(talk, Script::new().with(no).with(go), "");
    send.run().exits(0);
    assert_eq!(send.desk.status()["failed"][0]["class"], "bad-address");
    assert_eq!(send.account().of("sent"), READERS - 1);
    assert!(
        send.relay.journal().iter().all(|entry| entry.recipient != address(3) || !entry.dot_seen)
    );
}

fn row_20_data_is_answered_with_250(talk: Talk) {
    let send = Send::to(talk, Script::new().on(Phase::Data, Act::reply("250 ok")), "");
    send.run().exits(5).says("the relay does not keep to SMTP");
    assert_eq!((send.relay.count("DATA"), send.relay.journal().len()), (3, 0));
    send.all_pending();
}

fn row_21_the_go_ahead_never_comes(talk: Talk) {
    let send = Send::to(talk, Script::new().on(Phase::Data, Act::Stall), "");
    send.bend("command = \"2s\"", "command = \"2s\"\ndata = \"200ms\"");
    send.run().exits(3);
    assert_eq!(send.desk.counts()["pending"], READERS);
}

/// A send of letters that are under way long enough for something to happen.
fn send_large(talk: Talk, script: Script, relay: &str) -> Send {
    let mut send = Send::to(talk, script, relay);
    // Behind a letter in trouble another one would be in doubt with a window.
    send.readers = if talk == Talk::Windowed { 1 } else { 2 };
    send.desk.write("subscribers.toml", &list(send.readers));
    // Nothing but the fault may run into a timeout: a relay in a debug build takes a while.
    for phase in ["command", "dot"] {
        send.bend(&format!("{phase} = \"2s\""), &format!("{phase} = \"60s\""));
    }
    send.desk.write("drafts/tide.md", &large_draft());
    send
}

fn row_22_the_relay_resets_in_the_middle_of_a_letter(talk: Talk) {
    let send = send_large(talk, first(Phase::Body(1_000), Act::Rst), "");
    send.run().exits(0);
    send.all_sent();
    assert!(!send.relay.journal()[0].dot_seen);
}

fn row_23_the_relay_takes_no_more_of_a_letter(talk: Talk) {
    let script = Script::new().on(Phase::Body(1_000), Act::Stall);
    let send = send_large(talk, script, "").impatient("block");
    send.run().exits(3).says("the relay took nothing for 200ms");
    assert_eq!(send.desk.counts()["pending"], send.readers);
}

fn row_24_the_relay_hangs_up_before_the_dot(talk: Talk) {
    let send = send_large(talk, first(Phase::Body(1_000), Act::Fin), "");
    if talk == Talk::Classic {
        send.run().exits(0);
        assert!(!send.relay.journal()[0].dot_seen);
        return send.all_sent();
    }
    // The relay reads on, so the kernel has taken the dot by the time the end is heard.
    send.run().exits(4);
    let account = send.account();
    assert_eq!((account.of("sent"), account.of("unknown")), (send.readers - 1, 1));
}

fn row_25_the_relay_defers_and_hangs_up_before_the_dot(talk: Talk) {
    let later = first(Phase::Body(1_000), Act::ReplyFin("451 4.3.0 later".into()));
    let send = send_large(talk, later, "retry = [\"1s\"]\nwait = \"20s\"");
    let run = send.run().exits(0);
    assert!(run.stdout.contains("\"event\":\"deferred\""), "{}", run.stdout);
    assert_eq!(send.relay.journal()[0].dot_seen, talk != Talk::Classic);
    send.all_sent();
}

fn rows_26_27_28_and_36_no_definite_reply_to_the_dot_leaves_doubt(talk: Talk) {
    let hello = Act::Garbage(b"hello\r\n".to_vec());
    for (act, copies) in
        [(Act::AcceptThenRst, 1), (Act::DropThenRst, 0), (Act::Stall, 0), (hello, 1)]
    {
        let rule = Rule::at(Phase::Dot, act).to(&address(2));
        let send = Send::to(talk, Script::new().with(rule), "").impatient("dot");
        send.run().exits(4);
        assert_eq!(send.desk.status()["unknown"][0]["email"], address(2));
        assert_eq!(send.relay.copies(&address(2)), copies);
        assert_eq!(send.desk.counts()["sent"], READERS - 1);
    }
}

fn row_29_a_reply_to_the_dot_that_is_late_but_in_time(talk: Talk) {
    let late = Act::Delay(std::time::Duration::from_millis(1500));
    let send = Send::to(talk, first(Phase::Dot, late), "").impatient("block");
    send.run().exits(0);
    send.all_sent();
}

fn rows_30_and_32_refused_after_data_and_taken_the_next_time(talk: Talk) {
    let again = "retry = [\"1s\"]\nwait = \"20s\"";
    for act in [Act::reply("451 4.3.0 later"), Act::ReplyFin("421 4.3.2 shutting down".into())] {
        let send = Send::to(talk, first(Phase::Dot, act), again);
        let run = send.run().exits(0);
        assert!(run.stdout.contains("\"event\":\"deferred\""), "{}", run.stdout);
        send.all_sent();
    }
}

fn rows_34_35_and_37_odd_replies_to_the_dot_that_mean_sent(talk: Talk) {
    let two = Act::TwoReplies("250 2.0.0 ok".into(), "550 5.7.1 or not".into());
    let odd = [
        Act::Split("250 2.0.0 ok".into()),
        Act::Garbage(b"250 2.0.0 sch\xf6n\r\n".to_vec()),
        Act::Garbage(b"250\xff\xfe\r\n".to_vec()),
        two,
    ];
    for act in odd {
        let send = Send::to(talk, Script::new().on(Phase::Dot, act), "");
        send.run().exits(0);
        send.all_sent();
    }
}

fn replies_that_come_one_by_one_mean_the_same(talk: Talk) {
    let no = Rule::at(Phase::Rcpt, Act::reply("550 5.1.1 unknown")).to(&address(3));
    let send = Send::to(talk, Script::new().with(no).one_by_one(), "");
    send.run().exits(0);
    assert_eq!(send.account().of("sent"), READERS - 1);
}

fn row_39_a_421_to_mail_after_every_few_letters(talk: Talk) {
    let enough = Act::ReplyFin("421 4.7.0 enough for now".into());
    let send = Send::to(talk, Script::new().with(Rule::at(Phase::Mail, enough).every(2)), "");
    let run = send.run().exits(0);
    assert!(run.stdout.contains("\"event\":\"slowed\""), "{}", run.stdout);
    send.all_sent();
}

fn a_421_to_the_reset_after_a_refusal_only_ends_the_connection(talk: Talk) {
    let refused = |n| Rule::at(Phase::Rcpt, Act::reply("550 5.1.1 no such user")).to(&address(n));
    let fed_up = Act::ReplyFin("421 4.7.0 too many errors".into());
    let mut script = Script::new().with(Rule::at(Phase::Rset, fed_up));
    for reader in 1..=4 {
        script = script.with(refused(reader));
    }
    let send = Send::to(talk, script, "");
    send.run().exits(0);
    let account = send.account();
    assert_eq!((account.of("failed"), account.of("sent")), (4, READERS - 4));
}

fn row_40_a_reply_without_end_costs_no_memory(talk: Talk) {
    let flood = Act::Flood(b"250-x\r\n".repeat(10_000));
    let send = Send::to(talk, Script::new().on(Phase::Mail, flood), "");
    let mut child = send.desk.start("send drafts/tide.md --yes");
    let memory = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&memory).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok());
        most = kilobytes.unwrap_or(0).max(most);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let run = Run::of(&child.wait_with_output().unwrap());
    run.exits(5).says("the relay's reply does not end");
    assert!((1_000..64 * 1_024).contains(&most), "{most} KiB");
    send.all_pending();
}

fn row_41_a_letter_larger_than_the_relay_takes(talk: Talk) {
    let send = Send::to(talk, Script::new().offering(&["SIZE 100"]), "");
    send.run().exits(1).says("the relay announced a limit of 100").says("make the letter lighter");
    assert_eq!(send.relay.count("MAIL"), 0);
    send.all_pending();
}

fn a_reader_beyond_ascii_gets_a_letter_where_the_relay_takes_it_and_fails_here_where_not(
    talk: Talk,
) {
    for (offers, state) in [(&["8BITMIME", "SMTPUTF8"][..], "sent"), (&["8BITMIME"], "failed")] {
        let relay = Relay::start(Script::new().offering(offers).talking(talk));
        let desk = Desk::new(1, relay.port());
        desk.configure(relay.port(), &format!("window = {}", talk.window()));
        desk.write("subscribers.toml", "[[subscriber]]\nemail = \"zoë@example.org\"\n");
        desk.run("send drafts/tide.md --yes").exits(0);
        assert_eq!(desk.counts()[state], 1);
        if state == "failed" {
            let failed = &desk.status()["failed"][0];
            assert_eq!(failed["class"], "local");
            assert!(failed["reply"].as_str().unwrap().contains("does not offer SMTPUTF8"));
        } else {
            let letter = String::from_utf8(relay.journal()[0].letter.clone()).unwrap();
            assert!(letter.contains("\r\nTo: zoë@example.org\r\n"), "{letter}");
        }
    }
}

fn limits_of_the_configuration_hold_from_one_run_to_the_next(talk: Talk) {
    let send = Send::to(talk, Script::new(), "limits = [\"4/hour\", \"100/s\"]");
    send.run().exits(3).says("the limit of 4/h is full").says("run the same command again after");
    send.run().exits(3);
    let account = send.account();
    assert_eq!((account.of("sent"), account.of("pending")), (4, 2));
    let send = Send::to(talk, Script::new(), "[relay.domain-limits]\n\"example.org\" = \"2/day\"");
    send.run().exits(3).says("the limit of 2/day is full");
    assert_eq!(send.account().of("sent"), 2);
}
