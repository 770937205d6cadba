//! What it costs to judge a reply: `cargo bench --bench cost judge`.

use divan::{Bencher, black_box};
use postrider::delivery::transport::{Reply, SendError, Stage};
use postrider::delivery::verdict::{brake, judge};

#[divan::bench]
fn taken(bencher: Bencher<'_, '_>) {
    let reply = Reply::new(250, "2.0.0 Ok: queued as 4242424242");
    bencher.bench(|| judge(Ok(black_box(&reply).clone())));
}

#[divan::bench]
fn no_such_user(bencher: Bencher<'_, '_>) {
    refused(bencher, 550, "5.1.1 <ada@example.org>: Recipient address rejected: User unknown");
}

#[divan::bench]
fn later(bencher: Bencher<'_, '_>) {
    refused(bencher, 451, "4.7.1 Greylisting in action, please come back later");
}

fn refused(bencher: Bencher<'_, '_>, code: u16, words: &str) {
    let reply = Reply::new(code, words);
    bencher.bench(|| {
        let reply = black_box(&reply).clone();
        let brake = brake(Stage::Rcpt, &reply);
        (brake, judge(Err(SendError::Refused { stage: Stage::Rcpt, reply })))
    });
}
