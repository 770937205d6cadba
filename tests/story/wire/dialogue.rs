//! MAIL, RCPT and DATA, and what becomes of the connection after them.

use super::*;

in_every_talk! {
    the_sender_is_refused,
    one_of_ten_recipients_is_unknown_and_the_connection_serves_the_other_nine,
    a_greylisted_recipient_is_taken_the_second_time_on_the_same_connection,
    the_relay_hangs_up_after_rcpt,
    data_is_answered_with_250_and_no_body_is_sent,
    data_is_refused_and_the_connection_goes_on,
    the_354_never_comes,
    the_relay_closes_silently_after_every_third_letter,
    the_relay_says_421_to_the_fourth_mail,
    a_reply_to_rcpt_that_is_none_ends_the_connection,
    a_relay_says_how_many_letters_a_connection_carries,
    a_letter_larger_than_the_relay_announced_is_not_offered,
    an_address_beyond_ascii_goes_only_where_smtputf8_is_offered,
    a_reply_without_end_to_mail_ends_the_connection,
}

async fn the_sender_is_refused(talk: Talk) {
    let relay =
        start(talk, Script::new().on(Phase::Mail, Act::reply("553 5.1.8 not your address")));
    let result = send_afresh(&Way::to(relay.port()), &letter_to("reader@example.net")).await;
    assert_eq!(refused(result), (Stage::Mail, "553 5.1.8 not your address".into()));
    assert_eq!(relay.count("RCPT"), usize::from(talk == Talk::Pipelined));
}

async fn one_of_ten_recipients_is_unknown_and_the_connection_serves_the_other_nine(talk: Talk) {
    let unknown = Rule::at(Phase::Rcpt, Act::reply("550 5.1.1 unknown")).to("reader4@example.net");
    let relay = start(talk, Script::new().with(unknown));
    let way = Way::to(relay.port());
    let mut session = way.session().await;
    for number in 0..10 {
        let recipient = format!("reader{number}@example.net");
        let result = send(&mut session, &letter_to(&recipient)).await;
        if number == 4 {
            assert_eq!(refused(result), (Stage::Rcpt, "550 5.1.1 unknown".into()));
        } else {
            result.unwrap();
        }
        assert_eq!(relay.copies(&recipient), usize::from(number != 4));
    }
    session.close().await;
    assert_eq!((relay.connections(), relay.most_open()), (1, 1));
    assert_eq!((relay.count("RSET"), relay.count("EHLO"), relay.count("QUIT")), (1, 1, 1));
}

async fn a_greylisted_recipient_is_taken_the_second_time_on_the_same_connection(talk: Talk) {
    let relay = start(talk, Script::new().greylisting());
    let mut session = Way::to(relay.port()).session().await;
    let message = letter_to("reader@example.net");
    let result = send(&mut session, &message).await;
    assert_eq!(refused(result), (Stage::Rcpt, "450 4.7.1 greylisted, come again".into()));
    send(&mut session, &message).await.unwrap();
    assert_eq!((relay.copies("reader@example.net"), relay.connections()), (1, 1));
}

async fn the_relay_hangs_up_after_rcpt(talk: Talk) {
    let hang_up = Rule::at(Phase::Rcpt, Act::ReplyFin("250 ok".into())).times(1);
    let relay = start(talk, Script::new().with(hang_up));
    let way = Way::to(relay.port());
    let message = letter_to("reader@example.net");
    let (stage, proved, why) = broken(send_afresh(&way, &message).await);
    assert_eq!((stage, proved, why.as_str()), (Stage::Data, true, "the relay hung up"));
    send_afresh(&way, &message).await.unwrap();
    assert_eq!(relay.copies("reader@example.net"), 1);
}

async fn data_is_answered_with_250_and_no_body_is_sent(talk: Talk) {
    let relay = start(talk, Script::new().on(Phase::Data, Act::reply("250 ok")));
    let mut session = Way::to(relay.port()).session().await;
    let (stage, why) = garbled(send(&mut session, &letter_to("reader@example.net")).await);
    assert_eq!((stage, why.as_str()), (Stage::Data, "DATA was answered with `250 ok`"));
    assert_over(&mut session).await;
    session.close().await;
    assert_eq!(relay.commands().last().map(String::as_str), Some("DATA"));
}

async fn data_is_refused_and_the_connection_goes_on(talk: Talk) {
    let later = Rule::at(Phase::Data, Act::reply("451 4.3.1 disk full")).times(1);
    let relay = start(talk, Script::new().with(later));
    let mut session = Way::to(relay.port()).session().await;
    let message = letter_to("reader@example.net");
    let result = send(&mut session, &message).await;
    assert_eq!(refused(result), (Stage::Data, "451 4.3.1 disk full".into()));
    send(&mut session, &message).await.unwrap();
    assert_eq!((relay.count("RSET"), relay.connections()), (1, 1));
}

async fn the_354_never_comes(talk: Talk) {
    let relay = start(talk, Script::new().on(Phase::Data, Act::Stall));
    let way = Way::to(relay.port());
    let session = way.timeouts(|timeouts| timeouts.data = SHORT * 4);
    let (stage, proved, why) =
        broken(send_afresh(&session, &letter_to("reader@example.net")).await);
    assert_eq!((stage, proved, why.as_str()), (Stage::Data, true, "no reply within 600ms"));
}

async fn the_relay_closes_silently_after_every_third_letter(talk: Talk) {
    let close = Rule::at(Phase::Between, Act::Fin).every(3);
    let relay = start(talk, Script::new().with(close));
    assert_eq!(send_in_a_row(&relay, 8, |result| broken(result).0 == Stage::Mail).await, 2);
    assert_eq!(relay.connections(), 3);
}

async fn the_relay_says_421_to_the_fourth_mail(talk: Talk) {
    let enough = Rule::at(Phase::Mail, Act::ReplyFin("421 4.7.0 enough for now".into())).every(3);
    let relay = start(talk, Script::new().with(enough));
    let expected = |result| refused(result) == (Stage::Mail, "421 4.7.0 enough for now".into());
    assert_eq!(send_in_a_row(&relay, 8, expected).await, 2);
    assert_eq!((relay.connections(), relay.count("RSET")), (3, 0));
}

async fn a_reply_to_rcpt_that_is_none_ends_the_connection(talk: Talk) {
    for bytes in ["25\r\n", "999 x\r\n", "250-a\r\n550 b\r\n", "\0\r\n", "\r\n"] {
        let nonsense = Act::Garbage(bytes.as_bytes().to_vec());
        let relay = start(talk, Script::new().on(Phase::Rcpt, nonsense));
        let mut session = Way::to(relay.port()).session().await;
        let (stage, _) = garbled(send(&mut session, &letter_to("reader@example.net")).await);
        assert_eq!(stage, Stage::Rcpt, "{bytes:?}");
        assert_over(&mut session).await;
        assert_eq!(relay.count("DATA"), usize::from(talk == Talk::Pipelined));
    }
}

async fn a_relay_says_how_many_letters_a_connection_carries(talk: Talk) {
    let relay = start(talk, Script::new().offering(&["LIMITS MAILMAX=2 RCPTMAX=1"]));
    let mut session = Way::to(relay.port()).session().await;
    for number in 0..2 {
        assert!(!session.is_spent());
        send(&mut session, &letter_to(&format!("reader{number}@example.net"))).await.unwrap();
    }
    assert!(session.is_spent());
}

/// Sends letters, each failed one again on a new connection; gives how many had to go again.
async fn send_in_a_row(
    relay: &Relay,
    letters: usize,
    expected: impl Fn(Result<Reply, SendError>) -> bool,
) -> usize {
    let way = Way::to(relay.port());
    let mut session = way.session().await;
    let mut again = 0;
    for number in 0..letters {
        let recipient = format!("reader{number}@example.net");
        let message = letter_to(&recipient);
        let result = send(&mut session, &message).await;
        if result.is_err() {
            assert!(expected(result));
            again += 1;
            session = way.session().await;
            send(&mut session, &message).await.unwrap();
        }
        assert_eq!(relay.copies(&recipient), 1);
    }
    again
}

async fn a_letter_larger_than_the_relay_announced_is_not_offered(talk: Talk) {
    let relay = start(talk, Script::new().offering(&["SIZE 60"]));
    let mut session = Way::to(relay.port()).session().await;
    let (stage, reply) = refused(send(&mut session, &letter_to("reader@example.net")).await);
    assert_eq!(stage, Stage::Mail);
    assert!(reply.starts_with("552 5.3.4 not tried: the letter has 7"), "{reply}");
    session.close().await;
    assert_eq!(relay.commands(), ["EHLO desk.example.org", "QUIT"]);
}

async fn an_address_beyond_ascii_goes_only_where_smtputf8_is_offered(talk: Talk) {
    let relay = start(talk, Script::new());
    let message = letter_to("grüße@example.net");
    let mut session = Way::to(relay.port()).session().await;
    let (stage, reply) = refused(send(&mut session, &message).await);
    assert_eq!(stage, Stage::Rcpt);
    assert_eq!(reply, "550 5.6.7 not tried: the relay does not offer SMTPUTF8 (RFC 6531)");
    send(&mut session, &letter_to("reader@example.net")).await.unwrap();
    let relay = start(talk, Script::new().offering(&["8BITMIME", "SMTPUTF8"]));
    let to = "To: <grüße@example.net>\r\n".as_bytes();
    let message = Message { content: [to, &message.content.to_vec()].concat().into(), ..message };
    send_afresh(&Way::to(relay.port()), &message).await.unwrap();
    assert_eq!(relay.commands()[1], "MAIL FROM:<news@example.org> BODY=8BITMIME SMTPUTF8");
    assert_eq!(relay.copies("grüße@example.net"), 1);
    assert_eq!(relay.journal()[0].letter, message.content.to_vec());
    send_afresh(&Way::to(relay.port()), &letter_to("reader@example.net")).await.unwrap();
    assert!(relay.commands().contains(&"MAIL FROM:<news@example.org>".to_owned()));
}

async fn a_reply_without_end_to_mail_ends_the_connection(talk: Talk) {
    let flood = Act::Flood(b"250-x\r\n".repeat(1000));
    let relay = start(talk, Script::new().on(Phase::Mail, flood));
    let (stage, why) =
        garbled(send_afresh(&Way::to(relay.port()), &letter_to("reader@example.net")).await);
    assert_eq!((stage, why.as_str()), (Stage::Mail, "the relay's reply does not end"));
}
