//! What is written of a letter, and what is held back.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_letter_arrives_whole_through_writes_of_a_few_bytes() {
    for space in [1, 2, 7] {
        let (mut session, mut far) = offered(space, BODY).await;
        let read = async {
            let mut lines = Vec::new();
            while lines.last().is_none_or(|line| line != ".\r\n") {
                lines.push(far.line().await);
            }
            far.say("250 ok\r\n").await;
            lines.concat()
        };
        let message = letter(BODY);
        let (result, seen) = tokio::join!(session.commit(&message, None), read);
        assert_eq!(result.map(|reply| reply.code), Ok(250));
        assert_eq!(seen, "Subject: x\r\n\r\nGood morning.\r\n.\r\n");
    }
}

/// What comes of a letter when the relay has said this before its end, and what the relay got of it.
async fn overheard(said: &str, hangs_up: bool) -> (SendError, String) {
    let (mut session, mut far) = offered(1024, BODY).await;
    far.say(said).await;
    if hangs_up {
        far.0.shutdown().await.unwrap();
    }
    let result = session.commit(&letter(BODY), None).await.unwrap_err();
    let next = session.offer(&letter(BODY)).await;
    assert!(matches!(next, Err(SendError::Broken { proved_not_sent: true, .. })), "{next:?}");
    session.close().await;
    (result, far.rest().await)
}

#[tokio::test(start_paused = true)]
async fn the_dot_is_held_back_when_the_relay_has_spoken_or_hung_up() {
    let body = "Subject: x\r\n\r\nGood morning.\r\n";
    let (error, got) = overheard("451 4.3.0 later\r\n", true).await;
    let reply = Reply::new(451, "4.3.0 later");
    assert_eq!(error, SendError::Refused { stage: Stage::Body, reply });
    assert_eq!(got, body);
    let stage = Stage::Body;
    let broken = |why: &str| SendError::Broken { stage, proved_not_sent: true, why: why.into() };
    let garbled = |why: &str| SendError::Garbled { stage, why: why.into() };
    let errors = [
        ("", true, broken("the relay hung up")),
        ("45", false, broken("the relay spoke before the end of the letter")),
        ("250 ok\r\n", false, garbled("the relay said `250 ok` before the end of the letter")),
        ("hello\r\n", false, garbled("the relay said `hello`, which is not a reply")),
    ];
    for (said, hangs_up, expected) in errors {
        let (error, got) = overheard(said, hangs_up).await;
        assert_eq!(error, expected);
        assert_eq!(got, body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dot_of_which_no_byte_was_taken_is_proved_not_sent_and_any_byte_is_doubt() {
    for (taken, stage, proved) in [
        (-1, Stage::Body, true),
        (0, Stage::Dot, true),
        (1, Stage::Dot, false),
        (2, Stage::Dot, false),
    ] {
        let (near, far) = tokio::io::duplex(1024);
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let mut far = Far(far);
        let message = letter(BODY);
        let greet = async {
            far.say("220 relay\r\n").await;
            far.answer(&["250 x\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"]).await;
        };
        let offer = async {
            let mut session =
                open_on(Fragile { pipe: near, left: Arc::clone(&left) }, false).await.unwrap();
            session.offer(&message).await.unwrap();
            session
        };
        let (mut session, ()) = tokio::join!(offer, greet);
        left.store(BODY.len().checked_add_signed(taken).unwrap(), Ordering::Relaxed);
        let why = "the relay reset the connection".into();
        let error = session.commit(&message, None).await.unwrap_err();
        assert_eq!(error, SendError::Broken { stage, proved_not_sent: proved, why }, "{taken}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_letter_dropped_half_way_is_never_ended_or_followed_by_a_command() {
    let (mut session, far) = offered(16, BODY).await;
    let message = letter(BODY);
    let dropped = timeout(Duration::from_secs(1), session.commit(&message, None)).await;
    assert!(dropped.is_err());
    session.close().await;
    assert_eq!(far.rest().await, "Subject: x\r\n\r\nGo");
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_could_smuggle_never_reaches_the_body() {
    let bad = b"Subject: x\r\n\r\n.\r\nMAIL FROM:<x@example.org>\r\n";
    let (mut session, far) = offered(1024, bad).await;
    let why = "line 3 of the letter starts with a dot".into();
    let result = session.commit(&letter(bad), None).await;
    assert_eq!(result, Err(SendError::Broken { stage: Stage::Body, proved_not_sent: true, why }));
    session.close().await;
    assert_eq!(far.rest().await, "");
}

#[tokio::test(start_paused = true)]
async fn a_354_that_stands_is_never_answered_with_quit() {
    let (session, far) = offered(1024, BODY).await;
    session.close().await;
    assert_eq!(far.rest().await, "");
}

#[tokio::test(start_paused = true)]
async fn a_421_between_letters_refuses_the_next_one_and_its_mail_is_not_sent() {
    let (mut session, mut far) = opened(1024).await;
    far.say("421 4.4.2 idle too long\r\n").await;
    let error = session.offer(&letter(BODY)).await.unwrap_err();
    let SendError::Refused { stage: Stage::Mail, reply } = error else { panic!("{error:?}") };
    assert_eq!(reply.to_string(), "421 4.4.2 idle too long");
    session.close().await;
    assert_eq!(far.rest().await, "");
}

#[tokio::test(start_paused = true)]
async fn a_reset_that_is_refused_ends_the_connection_before_the_next_letter() {
    let (mut session, mut far) = opened(1024).await;
    let message = letter(BODY);
    let answers = far.answer(&["250 ok\r\n", "550 5.1.1 unknown\r\n"]);
    let (refused, ()) = tokio::join!(session.offer(&message), answers);
    assert!(matches!(refused, Err(SendError::Refused { stage: Stage::Rcpt, .. })));
    let (next, ()) = tokio::join!(session.offer(&message), far.answer(&["500 what\r\n"]));
    let why = "RSET was answered with `500 what`".into();
    assert_eq!(next, Err(SendError::Garbled { stage: Stage::Rset, why }));
}
