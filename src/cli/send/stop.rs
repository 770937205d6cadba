//! Ctrl-C and SIGTERM, heard from the moment a letter could be planned: the first lets a send come to a good end, the
//! second leaves at once.

use std::io::BufRead;

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};

use crate::delivery::Stop as Urgency;

use super::super::exit::Exit;
use super::super::failure::Failure;

/// What signals have asked for so far.
pub(super) struct Stop(watch::Receiver<Urgency>);

impl Stop {
    /// Listens for as long as the runtime lives.
    pub(super) fn listen(runtime: &Runtime) -> Self {
        let (asked, stop) = watch::channel(Urgency::No);
        let context = runtime.enter();
        // Registered here, so that no signal comes before it; where that fails the default ends the process.
        if let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            runtime.spawn(async move {
                for urgency in [Urgency::Drain, Urgency::Leave] {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    asked.send_replace(urgency);
                }
                // Only an engine that delivers has something to write down before it leaves.
                if asked.receiver_count() < 2 {
                    leave();
                }
            });
        }
        drop(context);
        Self(stop)
    }

    /// For the engine.
    pub(super) fn asked(&self) -> watch::Receiver<Urgency> {
        self.0.clone()
    }

    /// Fails once a stop was asked for: for whatever comes before the first letter.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if *self.0.borrow() == Urgency::No { Ok(()) } else { Err(interrupted()) }
    }

    /// Reads a line that a person types, or fails as soon as a stop is asked for.
    pub(super) fn read_line(&self, runtime: &Runtime) -> Result<String, Failure> {
        let (typed, answer) = oneshot::channel();
        // A thread of its own: nothing waits for it when the answer does not come any more.
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            let _ = typed.send(read.map(|_| line));
        });
        runtime.block_on(async {
            tokio::select! {
                answer = answer => Ok(answer.unwrap_or_else(|_| Ok(String::new()))?),
                () = self.came() => Err(interrupted()),
            }
        })
    }

    /// Waits until a stop is asked for.
    pub(super) async fn came(&self) {
        let mut stop = self.asked();
        if stop.wait_for(|urgency| *urgency != Urgency::No).await.is_err() {
            // Nobody listens: the default ends the process.
            std::future::pending::<()>().await;
        }
    }
}

fn interrupted() -> Failure {
    Failure::new(Exit::Interrupted, "interrupted before anybody was mailed")
        .help("the same command begins again")
}

#[expect(clippy::exit, reason = "the second signal does not wait for what the first could not end")]
fn leave() -> ! {
    std::process::exit(Exit::Interrupted.code().into())
}
