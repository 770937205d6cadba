//! mail-send, one kept connection a lane.

use mail_send::SmtpClientBuilder;
use mail_send::mail_builder::MessageBuilder;
use postrider_bench::{Job, run};

#[tokio::main]
async fn main() {
    let job = Job::from_args();
    run(&job, |job| async move {
        let client = SmtpClientBuilder::new(job.host.clone(), job.port).expect("a client");
        let mut client = client.implicit_tls(false).connect_plain().await.expect("a connection");
        while let Some(letter) = job.letter() {
            let message = MessageBuilder::new()
                .from(("Tide", "tide@example.com"))
                .to(letter.to.as_str())
                .subject(letter.subject)
                .html_body(letter.html)
                .text_body(letter.text);
            client.send(message).await.expect("to be taken");
        }
        let _ = client.quit().await;
    })
    .await;
}
