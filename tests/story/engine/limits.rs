//! Limits: windows over all runs, and domains that have their own.

use super::*;

fn limited(limits: &[&str], domains: &[(&str, &str)]) -> Orders {
    let limit = |text: &str| text.parse().unwrap();
    Orders {
        limits: limits.iter().map(|text| limit(text)).collect(),
        domain_limits: domains.iter().map(|(name, text)| ((*name).into(), limit(text))).collect(),
        ..orders(3, "1000/s")
    }
}

/// Goes on with the same ledger so much later.
async fn again(ledger: SqliteLedger, pause: Duration) -> SqliteLedger {
    sleep(pause).await;
    let issue = 1;
    let ledger = ledger.end(begin()).unwrap();
    SqliteLedger::start(ledger, issue, 1, "here", begin()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn limits_hold_together_and_from_one_run_to_the_next() {
    let relay = Relay { latency: Duration::from_millis(20), ..Relay::default() };
    let (mut ledger, letters) = plan(30);
    let orders = limited(&["5/min", "8/hour"], &[]);
    let origin = Instant::now();
    let mut sent = Vec::new();
    for pause in [0, 20, 30, 20, 65] {
        ledger = again(ledger, Duration::from_mins(pause)).await;
        let wall = begin() + origin.elapsed();
        let (ending, _) = run_at(wall, &relay, &ledger, letters.clone(), &orders).await.unwrap();
        assert_eq!(ending.fault, None);
        assert_eq!(ending.full.map(|limit| limit.to_string()), Some("8/h".into()));
        let again_in = ending.next_due.unwrap().duration_since(begin() + origin.elapsed());
        assert!(again_in.as_mins() > 2, "a shorter wait is not worth another run: {again_in}");
        sent.push(ending.tally.of(State::Sent));
    }
    assert_eq!(sent, [8, 8, 8, 16, 24]);
    let left = relay.offered.lock().unwrap();
    assert!(most_within(Duration::from_mins(1), &left) <= 5);
    assert!(most_within(Duration::from_hours(1), &left) <= 8);
}

#[tokio::test(start_paused = true)]
async fn with_time_to_wait_a_run_stays_for_a_full_limit_and_says_so() {
    let relay = Relay::default();
    let (ledger, letters) = plan(10);
    let orders = Orders { wait: Duration::from_hours(2), ..limited(&["3/hour"], &[]) };
    let before = Instant::now();
    let (ending, told) = run_at(begin(), &relay, &ledger, letters, &orders).await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.full), (10, None));
    assert!(before.elapsed() >= Duration::from_hours(3), "{:?}", before.elapsed());
    let waits = told.iter().filter(|event| matches!(event, Event::Waiting { full: Some(_), .. }));
    assert_eq!(waits.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_domain_with_a_limit_holds_up_nobody_else() {
    let relay = Relay { latency: Duration::from_millis(5), ..Relay::default() };
    let slow = (0..700).map(|n| format!("reader{n}@slow.org"));
    let others = (0..300).map(|n| format!("reader{n}@{}.org", ["fast", "mail.slow"][n % 2]));
    let (ledger, letters) = plan_for(slow.chain(others));
    let before = Instant::now();
    let orders = limited(&[], &[("slow.org", "20/min"), ("none.org", "1/day")]);
    let ending = run(&relay, &ledger, letters, &orders).await.unwrap();
    assert_eq!(ending.tally.of(State::Sent), 1000);
    let left = relay.offered.lock().unwrap();
    let (slow, others): (Vec<_>, Vec<_>) =
        left.iter().cloned().partition(|(_, to)| to.ends_with("@slow.org"));
    assert_eq!((slow.len(), others.len()), (700, 300));
    assert!(most_within(Duration::from_mins(1), &slow) <= 20);
    assert!(others.iter().all(|(at, _)| *at < before + Duration::from_secs(5)));
    let took = before.elapsed();
    assert!(took < Duration::from_mins(36), "{took:?} for 35 windows");
}

#[tokio::test(start_paused = true)]
async fn letters_in_doubt_count_and_letters_that_did_not_leave_do_not() {
    let lost: Dot = |_| {
        let why = "the relay hung up".into();
        Err(SendError::Broken { stage: Stage::Dot, proved_not_sent: false, why })
    };
    let opening: Opening = |n| {
        let why = "connection refused".into();
        (n % 2 == 1).then_some(OpenError::Broken { stage: Stage::Connect, why })
    };
    let relay = Relay { dot: Some(lost), opening: Some(opening), ..Relay::default() };
    let (ledger, letters) = plan(12);
    let orders = Orders { lanes: 1, ..limited(&["4/hour"], &[]) };
    let ending = run(&relay, &ledger, letters.clone(), &orders).await.unwrap();
    assert_eq!((ending.tally.of(State::Unknown), ending.tally.of(State::Pending)), (4, 8));
    let ledger = again(ledger, Duration::ZERO).await;
    let wall = begin() + Duration::from_mins(10);
    let (ending, _) = run_at(wall, &relay, &ledger, letters, &orders).await.unwrap();
    assert_eq!(ending.tally.of(State::Unknown), 4);
    assert!(ending.full.is_some());
}

#[tokio::test(start_paused = true)]
async fn the_rate_holds_from_one_run_to_the_next() {
    let relay = Relay::default();
    let (mut ledger, letters) = plan(6);
    let orders = Orders { limit: Some(1), ..orders(1, "1/min") };
    let origin = Instant::now();
    for _ in 0..5 {
        ledger = again(ledger, Duration::ZERO).await;
        let wall = begin() + origin.elapsed();
        run_at(wall, &relay, &ledger, letters.clone(), &orders).await.unwrap();
    }
    let left = relay.offered.lock().unwrap();
    assert_eq!(left.len(), 5);
    assert!(most_within(Duration::from_millis(59_900), &left) <= 1, "{left:?}");
}
