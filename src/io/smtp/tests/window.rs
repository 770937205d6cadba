//! CHUNKING: letters one behind the other, and what each answer, or the lack of one, means.

use super::*;

const OFFERS: &str = "250-relay\r\n250-CHUNKING\r\n250 PIPELINING\r\n";
const ENVELOPE: &str = "RSET\r\nMAIL FROM:<news@example.org>\r\nRCPT TO:<reader@example.net>\r\n";
const TAKEN: &str = "250 reset\r\n250 ok\r\n250 ok\r\n250 2.0.0 taken\r\n";

/// A letter as it is posted.
fn posted() -> String {
    let body = String::from_utf8_lossy(BODY);
    format!("{ENVELOPE}BDAT {} LAST\r\n{body}", BODY.len())
}

/// Posts two letters that the relay answers with this before it hangs up; gives what is believed of both.
async fn answered(replies: &str) -> [Result<u16, SendError>; 2] {
    let (mut session, mut far) = opened_with(1024, OFFERS).await;
    assert_eq!(session.window(), 4);
    let message = letter(BODY);
    session.post(&[&message, &message]).await;
    let both = posted().repeat(2);
    assert_eq!(far.exactly(both.len()).await, both);
    far.say(replies).await;
    far.0.shutdown().await.unwrap();
    let first = session.answer().await.map(|reply| reply.code);
    let second = session.answer().await.map(|reply| reply.code);
    [first, second]
}

#[tokio::test(start_paused = true)]
async fn each_answer_is_read_for_the_letter_it_answered() {
    let refused =
        |stage, code, text| Err(SendError::Refused { stage, reply: Reply::new(code, text) });
    let doubt = |stage, why: &str| {
        Err(SendError::Broken { stage, proved_not_sent: false, why: why.into() })
    };
    let rcpt = "250 reset\r\n250 ok\r\n550 5.1.1 who\r\n";
    let table = [
        (TAKEN.repeat(2), Ok(250), Ok(250)),
        (format!("{rcpt}554 none\r\n{TAKEN}"), refused(Stage::Rcpt, 550, "5.1.1 who"), Ok(250)),
        (
            format!("250 reset\r\n250 ok\r\n250 ok\r\n451 later\r\n{TAKEN}"),
            refused(Stage::Dot, 451, "later"),
            Ok(250),
        ),
        (TAKEN.into(), Ok(250), doubt(Stage::Rset, "the relay hung up")),
        (
            String::new(),
            doubt(Stage::Rset, "the relay hung up"),
            doubt(Stage::Dot, "the relay hung up"),
        ),
        (
            rcpt.into(),
            refused(Stage::Rcpt, 550, "5.1.1 who"),
            doubt(Stage::Dot, "the relay hung up"),
        ),
        (
            "250 reset\r\n421 4.7.0 enough\r\n".into(),
            refused(Stage::Mail, 421, "4.7.0 enough"),
            doubt(Stage::Dot, "421 4.7.0 enough"),
        ),
        (
            format!("{rcpt}250 odd\r\n{TAKEN}"),
            doubt(Stage::Dot, "the final dot was answered with `250 odd`"),
            doubt(Stage::Dot, "the final dot was answered with `250 odd`"),
        ),
    ];
    for (replies, first, second) in table {
        assert_eq!(answered(&replies).await, [first, second], "{replies:?}");
    }
}

/// For every place at which the network may break: a letter is proved not to have left as long as its last byte has not.
#[tokio::test(start_paused = true)]
async fn a_break_anywhere_proves_of_each_letter_whether_all_of_it_can_have_left() {
    let each = posted().len();
    for taken in 0..2 * each {
        let (near, far) = tokio::io::duplex(1024);
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let mut far = Far(far);
        let greet = async {
            far.say("220 relay\r\n").await;
            far.answer(&[OFFERS]).await;
        };
        let socket = Fragile { pipe: near, left: Arc::clone(&left) };
        let (session, ()) = tokio::join!(open_on(socket, false), greet);
        let mut session = session.unwrap();
        left.store(taken, Ordering::Relaxed);
        let message = letter(BODY);
        session.post(&[&message, &message]).await;
        for end in [each, 2 * each] {
            let error = session.answer().await.unwrap_err();
            let SendError::Broken { proved_not_sent, .. } = error else { panic!("{error:?}") };
            assert_eq!(proved_not_sent, taken < end, "{taken} of {end}");
        }
        assert!(session.is_spent());
    }
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_cannot_go_is_kept_and_the_others_go() {
    let (mut session, mut far) = opened_with(1024, OFFERS).await;
    let (message, bad) = (letter(BODY), letter(b"Subject: x\r\n\r\n.\r\n"));
    session.post(&[&bad, &message]).await;
    assert_eq!(far.exactly(posted().len()).await, posted());
    far.say(TAKEN).await;
    let why = "line 3 of the letter starts with a dot".into();
    let kept = SendError::Broken { stage: Stage::Body, proved_not_sent: true, why };
    assert_eq!(session.answer().await, Err(kept));
    assert_eq!(session.answer().await.map(|reply| reply.code), Ok(250));
    let ((), ()) = tokio::join!(session.close(), async { far.answer(&["221 bye\r\n"]).await });
}
