//! lettre's pooled transport, as its documentation shows it.

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use postrider_bench::{Job, run};

#[tokio::main]
async fn main() {
    let job = Job::from_args();
    let lanes = u32::try_from(job.lanes).expect("few lanes");
    let pool = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&job.host)
        .port(job.port)
        .pool_config(PoolConfig::new().max_size(lanes))
        .build();
    let from: Mailbox = "Tide <tide@example.com>".parse().expect("a mailbox");
    run(&job, |job| {
        let (pool, from) = (pool.clone(), from.clone());
        async move {
            while let Some(letter) = job.letter() {
                let message = Message::builder()
                    .from(from.clone())
                    .to(letter.to.parse().expect("an address"))
                    .subject(letter.subject)
                    .message_id(None)
                    .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
                    .expect("a letter");
                pool.send(message).await.expect("to be taken");
            }
        }
    })
    .await;
}
