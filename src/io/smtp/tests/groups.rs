//! PIPELINING: what goes in one write, and what each answer of a group means.

use super::*;

const OFFERS: &str = "250-relay\r\n250 PIPELINING\r\n";
const ENVELOPE: &str = "MAIL FROM:<news@example.org>\r\nRCPT TO:<reader@example.net>\r\nDATA\r\n";
const TAKEN: &str = "250 ok\r\n250 ok\r\n354 go\r\n";

/// A session whose letter has been offered in a group.
async fn offered_in_a_group() -> (SmtpSession, Far) {
    let (mut session, mut far) = opened_with(1024, OFFERS).await;
    let message = letter(BODY);
    let answer = async {
        assert_eq!(far.exactly(ENVELOPE.len()).await, ENVELOPE);
        far.say(TAKEN).await;
    };
    let (offer, ()) = tokio::join!(session.offer(&message), answer);
    assert_eq!(offer, Ok(()));
    (session, far)
}

/// Commits a letter with another behind it; the relay answers the whole group with this. Gives what is believed of both.
async fn answered(replies: &str) -> [Result<Option<Reply>, SendError>; 2] {
    let (mut session, mut far) = offered_in_a_group().await;
    let message = letter(BODY);
    let group = format!("{}.\r\n{ENVELOPE}", String::from_utf8_lossy(BODY));
    let answer = async {
        assert_eq!(far.exactly(group.len()).await, group);
        far.say(replies).await;
        far.0.shutdown().await.unwrap();
    };
    let (first, ()) = tokio::join!(session.commit(&message, Some(&message)), answer);
    let second = session.offer(&message).await;
    let fit = second.is_ok() || matches!(second, Err(SendError::Refused { .. }));
    if !fit {
        assert!(session.is_spent(), "{second:?}");
    }
    session.close().await;
    let rest = far.rest().await;
    assert!(!rest.contains(".\r\n"), "a dot that ends nothing: {rest}");
    [first.map(Some), second.map(|()| None)]
}

fn refused(stage: Stage, code: u16, text: &str) -> Result<Option<Reply>, SendError> {
    Err(SendError::Refused { stage, reply: Reply::new(code, text) })
}

#[tokio::test(start_paused = true)]
async fn the_next_envelope_rides_behind_the_dot_and_only_its_answers_are_waited_for() {
    let (mut session, mut far) = offered_in_a_group().await;
    let message = letter(BODY);
    let group = format!("{}.\r\n{ENVELOPE}", String::from_utf8_lossy(BODY));
    for _ in 0..3 {
        let answer = async {
            assert_eq!(far.exactly(group.len()).await, group);
            far.say(&format!("250 2.0.0 taken\r\n{TAKEN}")).await;
        };
        let (reply, ()) = tokio::join!(session.commit(&message, Some(&message)), answer);
        assert_eq!(reply.unwrap().to_string(), "250 2.0.0 taken");
        assert_eq!(session.offer(&message).await, Ok(()));
    }
    let last = async {
        far.exactly(BODY.len() + 3).await;
        far.say("250 2.0.0 taken\r\n").await;
        far.answer(&["221 bye\r\n"]).await;
    };
    let end = async {
        session.commit(&message, None).await.unwrap();
        session.close().await;
    };
    tokio::join!(end, last);
}

#[tokio::test(start_paused = true)]
async fn every_answer_of_a_group_is_read_for_what_it_answered() {
    let sent = || Ok(Some(Reply::new(250, "ok")));
    let garbled = |stage, why: &str| Err(SendError::Garbled { stage, why: why.into() });
    let broken = |stage, proved_not_sent, why: &str| {
        Err(SendError::Broken { stage, proved_not_sent, why: why.into() })
    };
    let hung_up = || broken(Stage::Mail, true, "the relay hung up");
    let table = [
        (format!("250 ok\r\n{TAKEN}"), sent(), Ok(None)),
        (format!("451 later\r\n{TAKEN}"), refused(Stage::Dot, 451, "later"), Ok(None)),
        (
            "250 ok\r\n250 ok\r\n550 5.1.1 who\r\n554 none\r\n".into(),
            sent(),
            refused(Stage::Rcpt, 550, "5.1.1 who"),
        ),
        (
            "250 ok\r\n250 ok\r\n550 5.1.1 who\r\n354 go\r\n".into(),
            sent(),
            refused(Stage::Rcpt, 550, "5.1.1 who"),
        ),
        (
            "250 ok\r\n250 ok\r\n550 5.1.1 who\r\n".into(),
            sent(),
            refused(Stage::Rcpt, 550, "5.1.1 who"),
        ),
        (
            "250 ok\r\n250 ok\r\n550 5.1.1 who\r\n421 bye\r\n".into(),
            sent(),
            refused(Stage::Rcpt, 550, "5.1.1 who"),
        ),
        (
            "250 ok\r\n451 4.3.0 no\r\n503 no\r\n503 no\r\n".into(),
            sent(),
            refused(Stage::Mail, 451, "4.3.0 no"),
        ),
        (
            "250 ok\r\n250 ok\r\n250 ok\r\n452 4.3.1 full\r\n".into(),
            sent(),
            refused(Stage::Data, 452, "4.3.1 full"),
        ),
        (
            "250 ok\r\n421 4.7.0 enough\r\n".into(),
            sent(),
            refused(Stage::Mail, 421, "4.7.0 enough"),
        ),
        (
            "250 ok\r\n250 ok\r\n250 ok\r\n421 bye\r\n".into(),
            sent(),
            refused(Stage::Data, 421, "bye"),
        ),
        ("250 ok\r\n".into(), sent(), hung_up()),
        (String::new(), broken(Stage::Dot, false, "the relay hung up"), hung_up()),
        (
            "354 what\r\n".into(),
            broken(Stage::Dot, false, "the final dot was answered with `354 what`"),
            broken(Stage::Mail, true, "the final dot was answered with `354 what`"),
        ),
        (
            "421 4.3.2 down\r\n".into(),
            refused(Stage::Dot, 421, "4.3.2 down"),
            broken(Stage::Mail, true, "421 4.3.2 down"),
        ),
        (
            "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n".into(),
            sent(),
            garbled(Stage::Data, "DATA was answered with `250 ok`"),
        ),
        (
            "250 ok\r\n550 odd\r\n250 ok\r\n250 ok\r\n354 go\r\n".into(),
            sent(),
            garbled(Stage::Rcpt, "`250` to RCPT TO follows `550 odd` to MAIL FROM"),
        ),
        (
            format!("250 ok\r\n{TAKEN}250 more\r\n"),
            sent(),
            garbled(Stage::Data, "the relay said more than it was asked"),
        ),
        (
            "250 ok\r\n250 ok\r\nhello\r\n".into(),
            sent(),
            garbled(Stage::Rcpt, "the relay said `hello`, which is not a reply"),
        ),
    ];
    for (replies, first, second) in table {
        assert_eq!(answered(&replies).await, [first, second], "{replies:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_reset_goes_in_the_same_write() {
    let (mut session, mut far) = opened_with(1024, OFFERS).await;
    let message = letter(BODY);
    let refusal = async {
        far.exactly(ENVELOPE.len()).await;
        far.say("250 ok\r\n550 5.1.1 unknown\r\n554 none\r\n").await;
    };
    let (refused, ()) = tokio::join!(session.offer(&message), refusal);
    assert!(matches!(refused, Err(SendError::Refused { stage: Stage::Rcpt, .. })));
    let group = format!("RSET\r\n{ENVELOPE}");
    let taken = async {
        assert_eq!(far.exactly(group.len()).await, group);
        far.say(&format!("250 reset\r\n{TAKEN}")).await;
    };
    let (taken, ()) = tokio::join!(session.offer(&message), taken);
    assert_eq!(taken, Ok(()));
}

/// For every place in a group at which the network may break: the letter is proved not to have left as long as no byte
/// of its dot has, and in doubt after that; the one behind it has never left.
#[tokio::test(start_paused = true)]
async fn a_group_that_breaks_anywhere_proves_what_the_kernel_has_not_taken() {
    for taken in 0..BODY.len() + 3 + ENVELOPE.len() {
        let (near, far) = tokio::io::duplex(1024);
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let mut far = Far(far);
        let message = letter(BODY);
        let greet = async {
            far.say("220 relay\r\n").await;
            far.answer(&[OFFERS]).await;
            far.exactly(ENVELOPE.len()).await;
            far.say(TAKEN).await;
        };
        let offer = async {
            let socket = Fragile { pipe: near, left: Arc::clone(&left) };
            let mut session = open_on(socket, false).await.unwrap();
            session.offer(&message).await.unwrap();
            session
        };
        let (mut session, ()) = tokio::join!(offer, greet);
        left.store(taken, Ordering::Relaxed);
        let error = session.commit(&message, Some(&message)).await.unwrap_err();
        let proved_not_sent = taken <= BODY.len();
        let stage = if proved_not_sent { Stage::Body } else { Stage::Dot };
        let why = "the relay reset the connection".to_owned();
        assert_eq!(error, SendError::Broken { stage, proved_not_sent, why }, "{taken}");
        let next = session.offer(&message).await;
        assert!(matches!(next, Err(SendError::Broken { proved_not_sent: true, .. })), "{next:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_relay_has_said_of_a_letter_counts_even_when_the_write_breaks_behind_its_dot() {
    for (said, expected) in [
        ("250 ok\r\n", Ok(Reply::new(250, "ok"))),
        (
            "451 later\r\n",
            Err(SendError::Refused { stage: Stage::Dot, reply: Reply::new(451, "later") }),
        ),
    ] {
        let (near, far) = tokio::io::duplex(BODY.len() + 3);
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let mut far = Far(far);
        let message = letter(BODY);
        let relay = async {
            far.say("220 relay\r\n").await;
            far.answer(&[OFFERS]).await;
            far.exactly(ENVELOPE.len()).await;
            far.say(TAKEN).await;
        };
        let socket = Fragile { pipe: near, left: Arc::clone(&left) };
        let offer = async {
            let mut session = open_on(socket, false).await.unwrap();
            session.offer(&message).await.unwrap();
            session
        };
        let (mut session, ()) = tokio::join!(offer, relay);
        let commit = session.commit(&message, Some(&message));
        // The pipe is full of the letter when the network breaks.
        let answer = async {
            left.store(0, Ordering::Relaxed);
            far.exactly(BODY.len() + 3).await;
            far.say(said).await;
        };
        let (outcome, ()) = tokio::join!(commit, answer);
        assert_eq!(outcome, expected);
        assert!(session.is_spent());
    }
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_has_spoken_since_its_354_gets_no_body() {
    let (mut session, mut far) = offered_in_a_group().await;
    far.say("421 4.4.2 too slow\r\n").await;
    let error = session.commit(&letter(BODY), None).await.unwrap_err();
    let reply = Reply::new(421, "4.4.2 too slow");
    assert_eq!(error, SendError::Refused { stage: Stage::Body, reply });
    drop(session);
    assert_eq!(far.rest().await, "");
}

#[tokio::test(start_paused = true)]
async fn a_letter_the_relay_has_announced_not_to_take_does_not_ride() {
    let ehlo = format!("250-relay\r\n250-SIZE {}\r\n250 PIPELINING\r\n", BODY.len());
    let (mut session, mut far) = opened_with(1024, &ehlo).await;
    let message = letter(BODY);
    let longer = letter(&[BODY, b"more\r\n"].concat());
    let relay = async {
        let envelope = ENVELOPE.replace("org>", &format!("org> SIZE={}", BODY.len()));
        assert_eq!(far.exactly(envelope.len()).await, envelope);
        far.say(TAKEN).await;
        far.exactly(BODY.len() + 3).await;
        far.say("250 ok\r\n").await;
    };
    let send = async {
        session.offer(&message).await.unwrap();
        session.commit(&message, Some(&longer)).await.unwrap();
    };
    tokio::join!(send, relay);
    let refused = session.offer(&longer).await.unwrap_err();
    assert!(matches!(refused, SendError::Refused { stage: Stage::Mail, .. }), "{refused:?}");
    session.close().await;
    assert_eq!(far.rest().await, "QUIT\r\n");
}
