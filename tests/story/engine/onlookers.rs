//! Those who listen to a run or may stop it: what they do not do changes nothing.

use super::*;

#[tokio::test(start_paused = true)]
async fn nobody_listening_to_the_events_changes_no_outcome() {
    let relay = Relay::default();
    let (ledger, letters) = plan(25);
    let (events, screen) = mpsc::channel(1);
    drop(screen);
    let (_stop, stopped) = watch::channel(Stop::No);
    let clock = Clock::start(Timestamp::from_second(1_790_000_000).unwrap());
    let ending =
        deliver(Arc::new(relay), &ledger, letters, &orders(4, "1000/s"), clock, events, stopped)
            .await
            .unwrap();
    assert_eq!(ending.tally.of(State::Sent), 25);
}

#[tokio::test(start_paused = true)]
async fn without_anybody_to_ask_for_a_stop_the_run_goes_on() {
    let (ledger, letters) = plan(10);
    let (events, _screen) = mpsc::channel(100);
    let (stop, stopped) = watch::channel(Stop::No);
    drop(stop);
    let clock = Clock::start(Timestamp::from_second(1_790_000_000).unwrap());
    let relay = Arc::new(Relay::default());
    let orders = orders(2, "1000/s");
    let ending = deliver(relay, &ledger, letters, &orders, clock, events, stopped).await;
    assert_eq!(ending.unwrap().tally.of(State::Sent), 10);
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_comes_when_all_is_done_interrupts_nothing() {
    let (ledger, letters) = plan(1);
    let (events, mut screen) = mpsc::channel(100);
    let (stop, stopped) = watch::channel(Stop::No);
    let clock = Clock::start(Timestamp::from_second(1_790_000_000).unwrap());
    let relay = Relay { latency: Duration::from_secs(5), ..Relay::default() };
    let orders = orders(1, "1000/s");
    let committed = relay.committed.clone();
    let asking = tokio::spawn(async move {
        while committed.lock().unwrap().is_empty() {
            sleep(Duration::from_millis(100)).await;
        }
        stop.send_replace(Stop::Drain);
        while screen.recv().await.is_some() {}
    });
    let ending = deliver(Arc::new(relay), &ledger, letters, &orders, clock, events, stopped);
    let ending = ending.await.unwrap();
    asking.await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.stopped), (1, false));
}
