//! The body, the final dot and the reply to it.

use super::*;

in_every_talk! {
    the_relay_resets_in_the_middle_of_a_letter,
    the_relay_hangs_up_before_the_dot,
    the_relay_takes_no_more_of_the_letter,
    the_relay_refuses_and_hangs_up_before_the_dot,
    the_relay_takes_the_letter_and_resets_before_it_says_so,
    the_relay_throws_the_letter_away_and_resets,
    the_relay_is_silent_after_the_dot,
    the_reply_to_the_dot_is_late_but_in_time,
    the_letter_is_deferred_after_the_dot_and_taken_the_next_time,
    the_content_is_refused_with_a_second_digit_of_seven,
    the_relay_answers_the_dot_with_421_and_closes,
    the_relay_takes_the_letter_and_closes_at_once,
    the_reply_to_the_dot_comes_byte_by_byte,
    the_reply_to_the_dot_is_not_utf8,
    the_relay_says_hello_after_the_dot,
    two_replies_in_one_packet_do_not_answer_two_letters,
    two_replies_to_rcpt_do_not_answer_data,
}

const READER: &str = "reader@example.net";

/// A way in clear and one under TLS, to relays that follow the same script.
fn both(talk: Talk, script: Script) -> [(Relay, Way); 2] {
    let authority = Authority::new();
    let secured = script.clone().secured(Security::Implicit(authority.server(&["127.0.0.1"])));
    let (plain, secured) = (start(talk, script), start(talk, secured));
    let ways = (Way::to(plain.port()), Way::to(secured.port()).tls(Tls::Implicit, &authority));
    [(plain, ways.0), (secured, ways.1)]
}

/// The letter broke off before its dot, provably, and goes through on the next connection.
async fn assert_not_sent_then_sent(talk: Talk, script: Script, reads_on: bool, whys: &[&str]) {
    for (relay, way) in both(talk, script) {
        let mut session = way.session().await;
        let message = large_letter(READER);
        let (stage, proved, why) = broken(send(&mut session, &message).await);
        // A relay that reads on after its end has got the dot before that is heard.
        let in_doubt = talk == Talk::Pipelined && reads_on;
        let expected = if in_doubt { (Stage::Dot, false) } else { (Stage::Body, true) };
        assert_eq!((stage, proved), expected);
        assert!(whys.contains(&why.as_str()), "{why}");
        assert_over(&mut session).await;
        session.close().await;
        relay.wait_until_idle();
        assert_eq!(relay.journal()[0].dot_seen, in_doubt);
        send_afresh(&way, &letter_to(READER)).await.unwrap();
        assert_eq!(relay.copies(READER), 1);
    }
}

async fn the_relay_resets_in_the_middle_of_a_letter(talk: Talk) {
    let reset = Rule::at(Phase::Body(1000), Act::Rst).times(1);
    let whys = ["the relay reset the connection"];
    assert_not_sent_then_sent(talk, Script::new().with(reset), false, &whys).await;
}

async fn the_relay_hangs_up_before_the_dot(talk: Talk) {
    let hang_up = Rule::at(Phase::Body(1000), Act::Fin).times(1);
    assert_not_sent_then_sent(talk, Script::new().with(hang_up), true, &["the relay hung up"])
        .await;
}

async fn the_relay_takes_no_more_of_the_letter(talk: Talk) {
    let relay = start(talk, Script::new().on(Phase::Body(1000), Act::Stall));
    let way = Way::to(relay.port()).timeouts(|timeouts| timeouts.block = SHORT);
    let (stage, proved, why) = broken(send_afresh(&way, &large_letter(READER)).await);
    assert_eq!(
        (stage, proved, why.as_str()),
        (Stage::Body, true, "the relay took nothing for 150ms")
    );
}

async fn the_relay_refuses_and_hangs_up_before_the_dot(talk: Talk) {
    let refuse = Act::ReplyFin("451 4.3.0 later".into());
    let refuse = Rule::at(Phase::Body(1000), refuse).times(1);
    for (relay, way) in both(talk, Script::new().with(refuse)) {
        let mut session = way.session().await;
        let message = large_letter(READER);
        let result = send(&mut session, &message).await;
        let heard_at = if talk == Talk::Classic { Stage::Body } else { Stage::Dot };
        assert_eq!(refused(result), (heard_at, "451 4.3.0 later".into()));
        assert_over(&mut session).await;
        drop(session);
        relay.wait_until_idle();
        assert_eq!(relay.journal()[0].dot_seen, talk != Talk::Classic);
        send_afresh(&way, &letter_to(READER)).await.unwrap();
        assert_eq!(relay.copies(READER), 1);
    }
}

async fn the_relay_takes_the_letter_and_resets_before_it_says_so(talk: Talk) {
    for (relay, way) in both(talk, Script::new().on(Phase::Dot, Act::AcceptThenRst)) {
        let (stage, proved, _) = broken(send_afresh(&way, &letter_to(READER)).await);
        assert_eq!((stage, proved), (Stage::Dot, false));
        assert_eq!(relay.copies(READER), 1);
    }
}

async fn the_relay_throws_the_letter_away_and_resets(talk: Talk) {
    for (relay, way) in both(talk, Script::new().on(Phase::Dot, Act::DropThenRst)) {
        let (stage, proved, _) = broken(send_afresh(&way, &letter_to(READER)).await);
        assert_eq!((stage, proved), (Stage::Dot, false));
        assert_eq!(relay.copies(READER), 0);
    }
}

async fn the_relay_is_silent_after_the_dot(talk: Talk) {
    let relay = start(talk, Script::new().on(Phase::Dot, Act::Stall));
    let way = Way::to(relay.port()).timeouts(|timeouts| timeouts.dot = SHORT);
    let (stage, proved, why) = broken(send_afresh(&way, &letter_to(READER)).await);
    assert_eq!((stage, proved, why.as_str()), (Stage::Dot, false, "no reply within 150ms"));
}

async fn the_reply_to_the_dot_is_late_but_in_time(talk: Talk) {
    let relay = start(talk, Script::new().on(Phase::Dot, Act::Delay(SHORT)));
    let way = Way::to(relay.port()).timeouts(|timeouts| timeouts.block = SHORT / 2);
    send_afresh(&way, &letter_to(READER)).await.unwrap();
    assert_eq!(relay.copies(READER), 1);
}

async fn the_letter_is_deferred_after_the_dot_and_taken_the_next_time(talk: Talk) {
    let later = Rule::at(Phase::Dot, Act::reply("451 4.3.0 later")).times(1);
    let relay = start(talk, Script::new().with(later));
    let mut session = Way::to(relay.port()).session().await;
    let message = letter_to(READER);
    assert_eq!(refused(send(&mut session, &message).await), (Stage::Dot, "451 4.3.0 later".into()));
    send(&mut session, &message).await.unwrap();
    assert_eq!((relay.copies(READER), relay.connections(), relay.count("RSET")), (1, 1, 0));
    let journal = relay.journal();
    assert_eq!(journal[0].sha256, journal[1].sha256);
    assert_eq!(journal[0].reply_sent.as_deref(), Some("451 4.3.0 later"));
}

async fn the_content_is_refused_with_a_second_digit_of_seven(talk: Talk) {
    let relay = start(
        talk,
        Script::new().on(Phase::Dot, Act::reply("571-5.7.1 we do\r\n571 5.7.1 not like it")),
    );
    let mut session = Way::to(relay.port()).session().await;
    for _ in 0..2 {
        let result = send(&mut session, &letter_to(READER)).await;
        assert_eq!(refused(result), (Stage::Dot, "571 5.7.1 we do not like it".into()));
    }
    assert_eq!(relay.copies(READER), 0);
}

async fn the_relay_answers_the_dot_with_421_and_closes(talk: Talk) {
    let closing = Rule::at(Phase::Dot, Act::ReplyFin("421 4.3.2 shutting down".into())).times(1);
    let relay = start(talk, Script::new().with(closing));
    let way = Way::to(relay.port());
    let mut session = way.session().await;
    let result = send(&mut session, &letter_to(READER)).await;
    assert_eq!(refused(result), (Stage::Dot, "421 4.3.2 shutting down".into()));
    assert_over(&mut session).await;
    send_afresh(&way, &letter_to(READER)).await.unwrap();
    assert_eq!(relay.copies(READER), 1);
}

async fn the_relay_takes_the_letter_and_closes_at_once(talk: Talk) {
    let relay = start(talk, Script::new().on(Phase::Dot, Act::ReplyFin("250 2.0.0 taken".into())));
    let way = Way::to(relay.port());
    let mut session = way.session().await;
    send(&mut session, &letter_to(READER)).await.unwrap();
    assert_over(&mut session).await;
    assert_eq!(relay.copies(READER), 1);
}

async fn the_reply_to_the_dot_comes_byte_by_byte(talk: Talk) {
    for (relay, way) in
        both(talk, Script::new().on(Phase::Dot, Act::Split("250 2.0.0 taken".into())))
    {
        let reply = send_afresh(&way, &letter_to(READER)).await.unwrap();
        assert_eq!(reply.to_string(), "250 2.0.0 taken");
        assert_eq!(relay.copies(READER), 1);
    }
}

async fn the_reply_to_the_dot_is_not_utf8(talk: Talk) {
    for (bytes, shown) in [
        (
            &b"250 2.0.0 angenommen, sch\xf6nen Gru\xdf\r\n"[..],
            "250 2.0.0 angenommen, sch?nen Gru?",
        ),
        (b"250\xff\xfe\x00\r\n", "250 ??\\u{0}"),
    ] {
        let relay = start(talk, Script::new().on(Phase::Dot, Act::Garbage(bytes.to_vec())));
        let mut session = Way::to(relay.port()).session().await;
        for _ in 0..2 {
            let reply = send(&mut session, &letter_to(READER)).await.unwrap();
            assert_eq!(reply.to_string(), shown);
        }
        assert_eq!(relay.copies(READER), 2);
    }
}

async fn the_relay_says_hello_after_the_dot(talk: Talk) {
    let relay = start(talk, Script::new().on(Phase::Dot, Act::Garbage(b"hello\r\n".to_vec())));
    let mut session = Way::to(relay.port()).session().await;
    let (stage, proved, why) = broken(send(&mut session, &letter_to(READER)).await);
    assert_eq!((stage, proved), (Stage::Dot, false));
    assert_eq!(why, "the relay said `hello`, which is not a reply");
    assert_over(&mut session).await;
}

async fn two_replies_in_one_packet_do_not_answer_two_letters(talk: Talk) {
    let two = Act::TwoReplies("250 2.0.0 taken".into(), "550 5.7.1 or not".into());
    let relay = start(talk, Script::new().on(Phase::Dot, two));
    let way = Way::to(relay.port());
    let mut session = way.session().await;
    let reply = send(&mut session, &letter_to(READER)).await.unwrap();
    assert_eq!(reply.to_string(), "250 2.0.0 taken");
    assert_over(&mut session).await;
    send_afresh(&way, &letter_to("other@example.net")).await.unwrap();
    assert_eq!((relay.copies(READER), relay.copies("other@example.net")), (1, 1));
}

async fn two_replies_to_rcpt_do_not_answer_data(talk: Talk) {
    let two = Act::TwoReplies("250 ok".into(), "354 go".into());
    let relay = start(talk, Script::new().on(Phase::Rcpt, two));
    let (stage, why) = garbled(send_afresh(&Way::to(relay.port()), &letter_to(READER)).await);
    assert_eq!((stage, why.as_str()), (Stage::Data, "the relay said more than it was asked"));
    assert_eq!(relay.count("DATA"), usize::from(talk == Talk::Pipelined));
}
