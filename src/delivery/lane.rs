//! A lane: one connection that carries one letter after the other, and answers for each.
//!
//! It owns no queue, pace or ledger; the dispatcher hands it rows and grants the permit before a body leaves.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::Stop;
use super::ledger::Row;
use super::transport::{OpenError, Reply, SendError, Session, Stage, Transport};
use super::verdict::{Brake, Verdict, brake, judge};
use crate::message::{Letters, Message};

/// How long a connection is kept open without work.
const IDLE: Duration = Duration::from_secs(30);

/// What a lane tells the dispatcher.
pub(super) enum Answer {
    /// The relay waits for the body of this row: may it leave?
    Intent {
        /// The row's number.
        row: u64,
        /// Granted by sending, denied by dropping.
        permit: oneshot::Sender<()>,
    },
    /// The lane is free again.
    Done {
        /// Which lane.
        lane: usize,
        /// The row it was given.
        row: Box<Row>,
        /// What happened.
        finished: Finished,
    },
    /// A lane has died of a panic with this row in hand.
    Lost {
        /// The row's number.
        row: u64,
    },
}

/// How an attempt ended for the lane.
pub(super) enum Finished {
    /// The relay was spoken to; `carried` letters had gone through on this connection before.
    Judged { verdict: Verdict, brake: Option<Brake>, carried: u64 },
    /// There was no connection to speak on.
    Unopened(OpenError),
    /// The letter could not be made.
    Unrenderable(String),
}

/// One lane and its connection, if it is open.
pub(super) struct Lane<T: Transport> {
    pub(super) number: usize,
    pub(super) transport: Arc<T>,
    pub(super) letters: Arc<Letters>,
    pub(super) answers: mpsc::Sender<Answer>,
    pub(super) stop: watch::Receiver<Stop>,
    pub(super) messages_per_connection: u64,
    pub(super) open: Option<Open<T::Session>>,
}

/// An open connection and the letters it has carried.
pub(super) struct Open<S> {
    session: S,
    carried: u64,
}

impl<T: Transport> Lane<T> {
    /// Works until the dispatcher has no more rows.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Row>) {
        while let Some(row) = self.next(&mut jobs).await {
            let mut debt = Debt { answers: self.answers.clone(), row: Some(row.number) };
            let finished = self.attempt(&row).await;
            debt.row = None;
            let answer = Answer::Done { lane: self.number, row: Box::new(row), finished };
            if self.answers.send(answer).await.is_err() {
                break;
            }
        }
        self.hang_up().await;
    }

    /// The next row; hangs up when none comes for a while, before the relay does.
    async fn next(&mut self, jobs: &mut mpsc::Receiver<Row>) -> Option<Row> {
        if self.open.is_none() {
            return jobs.recv().await;
        }
        match tokio::time::timeout(IDLE, jobs.recv()).await {
            Ok(row) => row,
            Err(_) => {
                self.hang_up().await;
                jobs.recv().await
            }
        }
    }

    async fn attempt(&mut self, row: &Row) -> Finished {
        let message = match self.letters.render(&row.reader) {
            Ok(message) => message,
            Err(unresolved) => {
                return Finished::Unrenderable(
                    unresolved.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
                );
            }
        };
        let open = match self.open.take() {
            Some(open) => open,
            None => match until_stop(&mut self.stop, self.transport.open()).await {
                Some(Ok(session)) => Open { session, carried: 0 },
                Some(Err(error)) => return Finished::Unopened(error),
                None => return stopped(0),
            },
        };
        self.transact(open, row.number, &message).await
    }

    /// One transaction. The connection is kept only when it is known to be fit for the next one.
    async fn transact(
        &mut self,
        mut open: Open<T::Session>,
        row: u64,
        message: &Message,
    ) -> Finished {
        let carried = open.carried;
        let outcome = match until_stop(&mut self.stop, open.session.offer(message)).await {
            None => return stopped(carried),
            Some(Err(error)) => Err(error),
            Some(Ok(())) if !self.permitted(row).await => return stopped(carried),
            Some(Ok(())) => open.session.commit(message).await,
        };
        open.carried += u64::from(outcome.is_ok());
        if is_fit(&outcome) {
            self.open = Some(open);
        }
        let has_done = |open: &Open<T::Session>| {
            open.carried >= self.messages_per_connection || open.session.is_spent()
        };
        if self.open.as_ref().is_some_and(has_done) {
            self.hang_up().await;
        }
        let brake = match &outcome {
            Err(SendError::Refused { stage, reply }) => brake(*stage, reply),
            _ => None,
        };
        Finished::Judged { verdict: judge(outcome), brake, carried }
    }

    /// Asks whether the body of a row may leave; the answer comes when the intent is durable.
    async fn permitted(&mut self, row: u64) -> bool {
        let (permit, granted) = oneshot::channel();
        self.answers.send(Answer::Intent { row, permit }).await.is_ok() && granted.await.is_ok()
    }

    async fn hang_up(&mut self) {
        if let Some(open) = self.open.take() {
            open.session.close().await;
        }
    }
}

/// The row a lane owes an answer for: a panic gives it, so that the dispatcher never waits in vain.
struct Debt {
    answers: mpsc::Sender<Answer>,
    row: Option<u64>,
}

impl Drop for Debt {
    fn drop(&mut self) {
        if let Some(row) = self.row {
            // There is room: the channel holds an intent and an answer of every lane.
            let _ = self.answers.try_send(Answer::Lost { row });
        }
    }
}

/// Waits for `work`, but no longer than until a stop is asked for.
async fn until_stop<F: Future>(stop: &mut watch::Receiver<Stop>, work: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        // An error only means that nobody can ask for a stop any more.
        Ok(_) = stop.wait_for(|stop| *stop != Stop::No) => None,
        output = work => Some(output),
    }
}

fn stopped(carried: u64) -> Finished {
    Finished::Judged { verdict: Verdict::NotSent("stopped".into()), brake: None, carried }
}

/// Whether the next transaction may use the same connection.
fn is_fit(outcome: &Result<Reply, SendError>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(SendError::Refused { stage, reply }) => *stage != Stage::Body && !reply.closes(),
        Err(SendError::Broken { .. } | SendError::Garbled { .. }) => false,
    }
}
