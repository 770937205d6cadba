//! A relay that wants less, and one that does not let us in for a while.

use super::*;

fn refused(stage: Stage, code: u16, text: &str) -> SendError {
    SendError::Refused { stage, reply: Reply::new(code, text) }
}

/// The number of a reader.
fn number(address: &str) -> usize {
    address.trim_start_matches("reader").split('@').next().unwrap().parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_asks_for_it_gets_half_the_letters_and_it_is_said_once() {
    let offer: Offer = |_, to| match number(to) {
        101..=104 => Err(refused(Stage::Mail, 454, "4.7.0 Maximum sending rate exceeded")),
        _ => Ok(()),
    };
    let latency = Duration::from_millis(30);
    let relay = Relay { offer: Some(offer), latency, ..Relay::default() };
    let (ledger, letters) = plan(400);
    let orders = orders(4, "100/s");
    let (ending, told) = run_at(begin(), &relay, &ledger, letters, &orders).await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.tally.of(State::Deferred)), (396, 4));
    let slowed: Vec<String> = told
        .iter()
        .filter_map(|event| match event {
            Event::Slowed { rate, .. } => Some(rate.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(slowed[0], "50/s");
    assert!(slowed.len() <= 4, "letters under way when the pace fell do not halve it: {slowed:?}");
    let left = relay.offered.lock().unwrap();
    let second = Duration::from_secs(1);
    let after: Vec<_> = left[110..].to_vec();
    assert!(most_within(second, &after[..20]) <= 51, "{:?}", &after[..20]);
    assert!(most_within(second, &left) <= 103);
}

#[tokio::test(start_paused = true)]
async fn the_pace_a_relay_names_as_a_pause_is_kept() {
    let offer: Offer = |_, to| match number(to) {
        3 => Err(refused(Stage::Rcpt, 451, "4.7.1 too many, try again in 40 seconds")),
        _ => Ok(()),
    };
    let relay = Relay { offer: Some(offer), ..Relay::default() };
    let (ledger, letters) = plan(6);
    run(&relay, &ledger, letters, &orders(1, "100/s")).await.unwrap();
    let left = relay.offered.lock().unwrap();
    assert!(left[3].0 - left[2].0 >= Duration::from_secs(40));
    assert!(left[4].0 - left[3].0 < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn no_second_holds_more_than_the_rate_whatever_the_relay_says() {
    for seed in 0..6 {
        let offers: [Offer; 2] = [
            |carried, to| match (number(to) * 7919 + usize::try_from(carried).unwrap()) % 11 {
                0 => Err(refused(Stage::Mail, 421, "4.7.0 too many")),
                1 => Err(refused(Stage::Rcpt, 450, "4.7.1 greylisted")),
                2 => Err(refused(Stage::Rcpt, 550, "5.1.1 unknown")),
                3 => Err(broken()),
                _ => Ok(()),
            },
            |carried, to| match (number(to) * 104_729 + usize::try_from(carried).unwrap()) % 5 {
                0 => Err(refused(Stage::Rcpt, 451, "4.7.650 slow down, wait 2 seconds")),
                1 => Err(refused(Stage::Mail, 421, "4.4.2 idle")),
                _ => Ok(()),
            },
        ];
        let latency = Duration::from_millis(7 * seed);
        let offer = Some(offers[usize::try_from(seed).unwrap() % 2]);
        let relay = Relay { latency, offer, ..Relay::default() };
        let (ledger, letters) = plan(300);
        run(&relay, &ledger, letters, &orders(5, "50/s")).await.unwrap();
        let left = relay.offered.lock().unwrap();
        let most = most_within(Duration::from_secs(1), &left);
        // A letter may leave late by what a connection takes to open, here nothing, and by the pacer's tolerance.
        assert!(most <= 52, "{most} within a second");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_refused_for_now_is_tried_three_times_more_and_then_the_run_stops() {
    let twice: Opening = |n| {
        let reply = Reply::new(454, "4.7.0 Temporary authentication failure");
        (n <= 2).then_some(OpenError::Refused { stage: Stage::Auth, reply })
    };
    let relay = Relay { opening: Some(twice), ..Relay::default() };
    let (ledger, letters) = plan(5);
    let before = Instant::now();
    let ending = run(&relay, &ledger, letters, &orders(3, "100/s")).await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.fault), (5, None));
    assert!(before.elapsed() >= Duration::from_secs(150), "{:?}", before.elapsed());

    let always: Opening = |_| {
        let reply = Reply::new(432, "4.7.12 a password transition is needed");
        Some(OpenError::Refused { stage: Stage::Auth, reply })
    };
    let relay = Relay { opening: Some(always), ..Relay::default() };
    let (ledger, letters) = plan(5);
    let before = Instant::now();
    let ending = run(&relay, &ledger, letters, &orders(3, "100/s")).await.unwrap();
    assert!(matches!(&ending.fault, Some(Fault::Identity(why)) if why.contains("432")));
    assert_eq!(ending.tally.of(State::Pending), 5);
    assert_eq!(relay.open.load(Ordering::SeqCst), 4, "the first try and three more");
    assert_eq!(before.elapsed().as_secs(), 30 + 120 + 300);
}
