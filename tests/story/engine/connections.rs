//! Connections that break, lanes that die: whatever is in hand comes back. (With a window, what is under way behind a
//! break is in doubt; the wire's stories tell that.)

use super::*;

#[tokio::test(start_paused = true)]
async fn a_lane_that_panics_ends_the_run_and_leaves_its_letter_in_doubt() {
    let cases = ["100/s", "100000/s"].into_iter();
    for (rate, relay) in cases.flat_map(|rate| Relay::all().map(|relay| (rate, relay))) {
        let relay = Relay { panics: true, latency: Duration::from_millis(5), ..relay };
        let (ledger, letters) = plan(50);
        let orders = orders(3, rate);
        let ending = run(&relay, &ledger, letters, &orders);
        let ending = tokio::time::timeout(Duration::from_mins(5), ending).await.unwrap().unwrap();
        assert!(matches!(ending.fault, Some(Fault::Unreachable(_))), "{ending:?}");
        // With a window, the others that were under way there share its fate.
        let doubt = ending.tally.of(State::Unknown);
        assert!((1..=relay.window.max(1) as u64).contains(&doubt), "{ending:?}");
        assert_eq!(ending.tally.of(State::Attempting), 0);
        let committed = relay.committed.lock().unwrap().len() as u64;
        let sent = ending.tally.of(State::Sent);
        assert!(sent <= committed && committed <= sent + doubt - u64::from(relay.window <= 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_breaks_every_connection_holds_up_nobody_else() {
    for (lanes, relay) in
        [1, 4].into_iter().flat_map(|lanes| Relay::one_by_one().map(|relay| (lanes, relay)))
    {
        let offer = |_, to: &str| if to == "reader1@example.org" { Err(broken()) } else { Ok(()) };
        let relay = Relay { offer: Some(offer), ..relay };
        let (ledger, letters) = plan(30);
        let reconnect = vec![Duration::from_secs(1); 3];
        let orders = Orders { reconnect, ..orders(lanes, "1000/s") };
        let ending = run(&relay, &ledger, letters, &orders).await.unwrap();
        assert_eq!(ending.fault, None, "with {lanes} lanes");
        assert_eq!((ending.tally.of(State::Sent), ending.tally.of(State::Pending)), (29, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn connections_that_grow_stale_cost_no_letter_its_turn() {
    // Every connection dies after one letter, so that all lanes meet a dead one again and again.
    for relay in Relay::one_by_one() {
        let relay = Relay {
            offer: Some(|carried, _| if carried == 1 { Err(broken()) } else { Ok(()) }),
            latency: Duration::from_millis(50),
            ..relay
        };
        let (ledger, letters) = plan(40);
        let ending = run(&relay, &ledger, letters, &orders(8, "1000/s")).await.unwrap();
        assert_eq!((ending.tally.of(State::Sent), ending.fault), (40, None));
    }
}
