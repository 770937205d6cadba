//! The pace that is set, over however many connections.

use super::*;

/// Runs 301 letters at 600 a minute and gives when each left.
async fn departures(lanes: usize, talk: usize) -> Vec<Duration> {
    let relay = Relay { latency: Duration::from_millis(40), ..Relay::all()[talk].clone() };
    let (ledger, letters) = plan(301);
    let ending = run(&relay, &ledger, letters, &orders(lanes, "600/min")).await.unwrap();
    assert_eq!(ending.tally.of(State::Sent), 301);
    let committed = relay.committed.lock().unwrap();
    committed.iter().map(|(at, _)| *at - committed[0].0).collect()
}

#[tokio::test(start_paused = true)]
async fn the_rate_holds_over_half_a_minute_whatever_the_lanes() {
    for talk in 0..3 {
        let (one, eight) = (departures(1, talk).await, departures(8, talk).await);
        assert!(one.last().unwrap().abs_diff(*eight.last().unwrap()) < Duration::from_millis(300));
        assert_paced(&one);
        assert_paced(&eight);
    }
}

/// Three hundred letters in half a minute, and no more than eleven in a second.
fn assert_paced(departures: &[Duration]) {
    let total = departures.last().unwrap().as_secs_f64();
    assert!((29.4..=30.6).contains(&total), "{total} s for 300 intervals of 100 ms");
    for (n, at) in departures.iter().enumerate() {
        let in_the_second_before = departures[..=n]
            .iter()
            .filter(|earlier| **earlier + Duration::from_secs(1) > *at)
            .count();
        assert!(in_the_second_before <= 11, "{in_the_second_before} within a second");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_pace_keeps_one_connection_open_and_a_slow_relay_all_of_them() {
    let (ledger, letters) = plan(20);
    let quick = Relay { latency: Duration::from_millis(10), ..Relay::default() };
    run(&quick, &ledger, letters, &orders(8, "5/s")).await.unwrap();
    assert_eq!(quick.most_open.load(Ordering::SeqCst), 1);
    let (ledger, letters) = plan(40);
    let slow = Relay { latency: Duration::from_secs(2), ..Relay::default() };
    run(&slow, &ledger, letters, &orders(8, "100/s")).await.unwrap();
    assert_eq!(slow.most_open.load(Ordering::SeqCst), 8);
}
