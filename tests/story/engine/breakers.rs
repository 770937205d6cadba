//! Refusals that stop a domain or the run, and those that stop nothing.

use super::*;

fn refused(stage: Stage, code: u16, text: &str) -> SendError {
    SendError::Refused { stage, reply: Reply::new(code, text) }
}

#[tokio::test(start_paused = true)]
async fn a_domain_that_refuses_for_policy_is_left_alone_and_the_others_get_their_letters() {
    let offer: Offer = |_, to| {
        if to.ends_with("@shut.org") {
            return Err(refused(Stage::Rcpt, 550, "5.7.1 blocked"));
        }
        Ok(())
    };
    let relay = Relay { offer: Some(offer), ..Relay::default() };
    let addresses =
        (0..900).map(|n| format!("reader{n}@{}.org", if n % 3 == 0 { "shut" } else { "open" }));
    let (ledger, letters) = plan_for(addresses);
    let (ending, told) =
        run_at(begin(), &relay, &ledger, letters.clone(), &orders(1, "1000/s")).await.unwrap();
    let tally = ending.tally;
    let states = [State::Sent, State::Failed, State::Pending].map(|state| tally.of(state));
    assert_eq!((states, ending.fault), ([600, 3, 297], None));
    assert_eq!(ending.stopped_domains, ["shut.org"]);
    let stops = told.iter().filter(|event| matches!(event, Event::DomainStopped { .. }));
    assert_eq!(stops.count(), 1);
    // The next run asks again.
    let ledger = ledger.end(begin()).unwrap();
    let ledger = SqliteLedger::start(ledger, 1, 1, "here", begin()).unwrap();
    let ending = run(&Relay::default(), &ledger, letters, &orders(1, "1000/s")).await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.tally.of(State::Pending)), (897, 0));
}

#[tokio::test(start_paused = true)]
async fn a_letter_too_large_for_three_recipients_stops_the_run() {
    let offer: Offer = |_, to| match to {
        "reader2@example.org" | "reader5@example.org" | "reader9@example.org" => {
            Err(refused(Stage::Rcpt, 552, "5.3.4 message too big"))
        }
        _ => Ok(()),
    };
    let relay = Relay { offer: Some(offer), ..Relay::default() };
    let (ledger, letters) = plan(20);
    let ending = run(&relay, &ledger, letters, &orders(1, "1000/s")).await.unwrap();
    assert!(matches!(&ending.fault, Some(Fault::Refused(why)) if why.contains("too large")));
    let states = [State::Sent, State::Failed, State::Pending].map(|state| ending.tally.of(state));
    assert_eq!(states, [6, 3, 11]);
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_speaks_no_smtp_stops_the_run_after_three_replies_and_fails_nobody() {
    let offer: Offer = |_, _| {
        let why = "DATA was answered with `250 ok`".into();
        Err(SendError::Garbled { stage: Stage::Data, why })
    };
    for lanes in [1, 4] {
        let relay = Relay { offer: Some(offer), ..Relay::default() };
        let (ledger, letters) = plan(20);
        let reconnect = vec![Duration::from_secs(1); 3];
        let orders = Orders { reconnect, ..orders(lanes, "1000/s") };
        let ending = run(&relay, &ledger, letters, &orders).await.unwrap();
        assert!(matches!(&ending.fault, Some(Fault::Garbled(_))), "{:?}", ending.fault);
        assert_eq!(ending.tally.of(State::Pending), 20);
        assert!(relay.offered.lock().unwrap().len() <= 2 + lanes);
    }
}

#[tokio::test(start_paused = true)]
async fn a_letter_the_relay_stumbles_over_holds_up_nobody_else() {
    let offer: Offer = |_, to| match to {
        "reader1@example.org" => {
            Err(SendError::Garbled { stage: Stage::Rcpt, why: "the relay said `25`".into() })
        }
        _ => Ok(()),
    };
    let relay = Relay { offer: Some(offer), ..Relay::default() };
    let (ledger, letters) = plan(20);
    let orders = Orders { reconnect: vec![Duration::from_secs(1); 3], ..orders(1, "1000/s") };
    let ending = run(&relay, &ledger, letters, &orders).await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.tally.of(State::Pending)), (19, 1));
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_stays_full_fails_softly_after_give_up() {
    let offer: Offer = |_, to| match to {
        "reader2@example.org" => Err(refused(Stage::Rcpt, 552, "5.2.2 mailbox full")),
        _ => Ok(()),
    };
    let relay = Relay { offer: Some(offer), ..Relay::default() };
    let (ledger, letters) = plan(3);
    let orders = Orders { wait: Duration::from_hours(2), ..orders(1, "100/s") };
    let (ending, told) = run_at(begin(), &relay, &ledger, letters, &orders).await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.tally.of(State::Failed)), (2, 1));
    let soft = told.iter().any(|event| {
        matches!(event, Event::Settled { outcome: Outcome::Failed(Failure::Soft, ..), .. })
    });
    assert!(soft, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_is_refused_for_now_is_tried_until_give_up_and_then_failed() {
    let relay = Relay { refuse: Some("reader2@example.org"), ..Relay::default() };
    let (ledger, letters) = plan(3);
    let orders = Orders { wait: Duration::from_hours(2), ..orders(2, "100/s") };
    let before = Instant::now();
    let ending = run(&relay, &ledger, letters, &orders).await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.tally.of(State::Failed)), (2, 1));
    let took = before.elapsed();
    assert!(took > Duration::from_mins(50) && took < Duration::from_mins(65), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_refuses_everybody_for_policy_stops_the_run_after_five() {
    let refused = |_, to: &str| {
        if to == "reader@1.org" {
            return Ok(());
        }
        let reply = Reply::new(554, "5.7.1 Relay access denied");
        Err(SendError::Refused { stage: Stage::Rcpt, reply })
    };
    let relay = Relay { offer: Some(refused), ..Relay::default() };
    let (ledger, letters) = plan_for((1..=40).map(|n| format!("reader@{n}.org")));
    let ending = run(&relay, &ledger, letters, &orders(1, "1000/s")).await.unwrap();
    assert!(
        matches!(&ending.fault, Some(Fault::Refused(why)) if why.contains("Relay access denied"))
    );
    assert_eq!((ending.tally.of(State::Failed), ending.tally.of(State::Pending)), (5, 34));
}
