//! A relay that falls silent: every phase ends, and at its own time.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_relay_that_never_greets_is_given_up_after_the_greeting_timeout() {
    let (near, _far) = tokio::io::duplex(1024);
    let (result, took) = timed(open_on(near, false)).await;
    let why = "no greeting within 301s".into();
    assert_eq!(result.err(), Some(OpenError::Broken { stage: Stage::Greeting, why }));
    assert_eq!(took, GREETING);
}

#[tokio::test(start_paused = true)]
async fn silence_after_ehlo_and_after_auth_is_told_apart() {
    for (replies, stage) in
        [(&[][..], Stage::Ehlo), (&["250-x\r\n250 AUTH PLAIN\r\n"], Stage::Auth)]
    {
        let (near, far) = tokio::io::duplex(1024);
        let mut far = Far(far);
        let far = async {
            far.say("220 relay\r\n").await;
            far.answer(replies).await;
            far
        };
        let ((result, took), _far) = tokio::join!(timed(open_on(near, true)), far);
        let why = "no reply within 302s".into();
        assert_eq!(result.err(), Some(OpenError::Broken { stage, why }));
        assert_eq!(took, COMMAND);
    }
}

#[tokio::test(start_paused = true)]
async fn silence_after_each_command_is_a_broken_step_and_proves_that_nothing_was_sent() {
    let steps = [Stage::Mail, Stage::Rcpt, Stage::Data];
    for (answered, stage) in steps.into_iter().enumerate() {
        let (mut session, mut far) = opened(1024).await;
        let message = letter(BODY);
        let replies = vec!["250 ok\r\n"; answered];
        let ((result, took), ()) =
            tokio::join!(timed(session.offer(&message)), far.answer(&replies));
        let why = "no reply within 302s".into();
        assert_eq!(result, Err(SendError::Broken { stage, proved_not_sent: true, why }));
        assert_eq!(took, COMMAND);
        session.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn silence_after_the_dot_leaves_the_letter_in_doubt() {
    let (mut session, far) = offered(1024, BODY).await;
    let (result, took) = timed(session.commit(&letter(BODY), None)).await;
    let why = "no reply within 600s".into();
    assert_eq!(result, Err(SendError::Broken { stage: Stage::Dot, proved_not_sent: false, why }));
    assert_eq!(took, DOT);
    drop(session);
    assert!(far.rest().await.ends_with("Good morning.\r\n.\r\n"));
}

#[tokio::test(start_paused = true)]
async fn a_reply_to_the_dot_just_in_time_counts() {
    let (mut session, mut far) = offered(1024, BODY).await;
    let slow = async {
        sleep(Duration::from_secs(590)).await;
        far.say("250 2.0.0 queued\r\n").await;
    };
    let message = letter(BODY);
    let (result, ()) = tokio::join!(session.commit(&message, None), slow);
    assert_eq!(result.map(|reply| reply.to_string()), Ok("250 2.0.0 queued".into()));
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_takes_nothing_of_the_body_is_given_up() {
    let (mut session, far) = offered(16, BODY).await;
    let (result, took) = timed(session.commit(&letter(BODY), None)).await;
    let why = "the relay took nothing for 180s".into();
    assert_eq!(result, Err(SendError::Broken { stage: Stage::Body, proved_not_sent: true, why }));
    assert!(took >= BLOCK && took <= BLOCK * 2, "{took:?}");
    assert_eq!(far.rest().await, "Subject: x\r\n\r\nGo");
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_takes_the_body_slowly_is_waited_for() {
    let (mut session, mut far) = offered(16, BODY).await;
    let slow = async {
        for byte in 0..BODY.len() + 3 {
            if byte % 4 == 0 {
                sleep(BLOCK / 2).await;
            }
            far.0.read_u8().await.unwrap();
        }
        far.say("250 ok\r\n").await;
    };
    let message = letter(BODY);
    let (result, ()) = tokio::join!(session.commit(&message, None), slow);
    assert_eq!(result.map(|reply| reply.code), Ok(250));
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_does_not_answer_quit_is_left_after_five_seconds() {
    let (session, far) = opened(1024).await;
    let ((), took) = timed(session.close()).await;
    assert_eq!(took, Duration::from_secs(5));
    assert_eq!(far.rest().await, "QUIT\r\n");
}
