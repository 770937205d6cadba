//! A letter that follows on the heels of another: offered with its end, and still only sent if all agrees to it.

use super::failing::{Odd, Trouble};
use super::*;

fn recipients(left: &[(Instant, String)]) -> Vec<&str> {
    left.iter().map(|(_, recipient)| recipient.as_str()).collect()
}

/// When six letters were offered and committed over one connection at this rate.
async fn paced(rate: &str) -> (Vec<(Instant, String)>, Vec<(Instant, String)>) {
    let relay = Relay { pipelines: true, latency: Duration::from_millis(20), ..Relay::default() };
    let (ledger, letters) = plan(6);
    run(&relay, &ledger, letters, &orders(1, rate)).await.unwrap();
    let offered = relay.offered.lock().unwrap().clone();
    let committed = relay.committed.lock().unwrap().clone();
    (offered, committed)
}

#[tokio::test(start_paused = true)]
async fn with_the_end_of_one_letter_the_next_is_offered_if_it_is_due() {
    let (offered, committed) = paced("100000/s").await;
    assert_eq!(recipients(&offered), recipients(&committed));
    // The second is not due yet when the first leaves: in paused time not even a microsecond passes.
    for (next, before) in offered[2..].iter().zip(&committed[1..]) {
        assert_eq!(next.0, before.0, "{} is offered with the end of {}", next.1, before.1);
    }
    let (offered, committed) = paced("10/s").await;
    for (next, before) in offered[1..].iter().zip(&committed[..]) {
        assert!(next.0 >= before.0 + Duration::from_millis(90), "not before its slot");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_letters_follow_than_a_run_or_a_connection_may_carry() {
    let relay = Relay { pipelines: true, ..Relay::default() };
    let (ledger, letters) = plan(20);
    let orders = Orders { limit: Some(7), messages_per_connection: 3, ..orders(1, "100000/s") };
    let ending = run(&relay, &ledger, letters, &orders).await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.tally.of(State::Pending)), (7, 13));
    assert_eq!(relay.offered.lock().unwrap().len(), 7);
    assert_eq!(relay.open.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_leaves_between_offer_and_body_gets_no_letter() {
    for (lanes, appends) in
        [1, 2, 4].into_iter().flat_map(|lanes| [(lanes, 1), (lanes, 2), (lanes, 3)])
    {
        for relay in Relay::all() {
            // With a window the third letter leaves with the second question.
            if relay.window > 1 && (lanes > 1 || appends > 2) {
                continue;
            }
            let ponders = Some("reader3@example.org");
            let relay = Relay { ponders, latency: Duration::from_millis(5), ..relay };
            let (inner, letters) = plan(9);
            let ledger = Odd::new(inner, Trouble::Leaves { row: 3, appends });
            let ending = run(&relay, &ledger, letters, &orders(lanes, "100000/s")).await.unwrap();
            let committed = relay.committed.lock().unwrap();
            assert!(!recipients(&committed).contains(&"reader3@example.org"), "{lanes} {appends}");
            assert_eq!((ending.tally.of(State::Sent), ending.fault), (8, None));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_leaves_the_letter_that_was_offered_and_waits_for_the_one_before() {
    let relay = Relay { pipelines: true, latency: Duration::from_secs(5), ..Relay::default() };
    let (ledger, letters) = plan(20);
    let (events, mut screen) = mpsc::channel(100);
    let (stop, stopped) = watch::channel(Stop::No);
    let clock = Clock::start(begin());
    let (committed, offered) = (relay.committed.clone(), relay.offered.clone());
    let asking = tokio::spawn(async move {
        while committed.lock().unwrap().len() < 3 {
            sleep(Duration::from_millis(100)).await;
        }
        stop.send_replace(Stop::Drain);
        while screen.recv().await.is_some() {}
    });
    let orders = orders(1, "100000/s");
    let ending = deliver(Arc::new(relay), &ledger, letters, &orders, clock, events, stopped);
    let ending = ending.await.unwrap();
    asking.await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.tally.of(State::Pending)), (3, 17));
    assert_eq!((offered.lock().unwrap().len(), ending.stopped), (4, true));
}

#[tokio::test(start_paused = true)]
async fn a_letter_behind_one_that_breaks_off_is_pending_and_goes_on_another_connection() {
    // Every third reader's dot is never answered.
    let dot = |to: &str| {
        if ["reader3@example.org", "reader6@example.org"].contains(&to) {
            let why = "end of file".into();
            return Err(SendError::Broken { stage: Stage::Dot, proved_not_sent: false, why });
        }
        Ok(Reply::new(250, "2.0.0 taken"))
    };
    for lanes in [1, 3] {
        let relay = Relay { pipelines: true, dot: Some(dot), ..Relay::default() };
        let (ledger, letters) = plan(9);
        let ending = run(&relay, &ledger, letters, &orders(lanes, "100000/s")).await.unwrap();
        assert_eq!((ending.tally.of(State::Sent), ending.tally.of(State::Unknown)), (7, 2));
        assert_eq!(relay.committed.lock().unwrap().len(), 9);
    }
}
