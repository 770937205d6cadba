//! A lane: one connection that carries one letter after the other, and answers for each.
//!
//! It owns no queue, pace or ledger; the dispatcher hands it rows and grants the permit before a body leaves. With the
//! permit may come the next row, whose envelope then goes in the same write as the end of the letter before, and one
//! more to be made ready while the relay's answer is awaited.

mod window;
mod words;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::Stop;
use super::ledger::Row;
use super::transport::{Reply, SendError, Session, Stage, Transport};
use super::verdict::{Verdict, brake, judge};
use crate::message::{Letters, Message};
pub(super) use words::{Answer, Ask, Done, Finished, JOBS, Job, Permit, UNREAD};

/// One lane and its connection, if it is open.
pub(super) struct Lane<T: Transport> {
    pub(super) number: usize,
    pub(super) transport: Arc<T>,
    pub(super) letters: Arc<Letters>,
    pub(super) answers: mpsc::Sender<Answer>,
    pub(super) stop: watch::Receiver<Stop>,
    pub(super) messages_per_connection: u64,
    /// How many letters are wanted under way at once.
    pub(super) window: usize,
    /// How long the connection may stand without a letter.
    pub(super) idle: Duration,
    pub(super) open: Option<Open<T::Session>>,
    /// Whether the dispatcher believes the connection to be open.
    pub(super) is_told_open: bool,
    /// A letter that was made ready ahead of its turn.
    pub(super) ready: Option<Letter>,
}

/// An open connection and the letters it has carried.
pub(super) struct Open<S> {
    session: S,
    carried: u64,
}

/// A letter in hand.
pub(super) struct Letter {
    row: u64,
    message: Message,
}

impl<T: Transport> Lane<T> {
    /// Works until the dispatcher has no more rows.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(job) = self.next(&mut jobs).await {
            match job {
                Job::Carry(row) => {
                    let answers = self.answers.clone();
                    let mut debt = Debt { answers, lane: self.number, is_owed: true };
                    self.carry(&row).await;
                    debt.is_owed = false;
                }
                Job::HangUp => self.hang_up().await,
            }
            self.tell_closed(false).await;
            if self.answers.is_closed() {
                break;
            }
        }
        self.hang_up().await;
    }

    /// What is next to do; hangs up when nothing comes for a while, before the relay does.
    async fn next(&mut self, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        if self.open.is_some() {
            match tokio::time::timeout(self.idle, jobs.recv()).await {
                Ok(job) => return job,
                Err(_) => {
                    self.hang_up().await;
                    self.tell_closed(true).await;
                }
            }
        }
        jobs.recv().await
    }

    /// Tells that the connection has ended, once.
    async fn tell_closed(&mut self, idle: bool) {
        if self.open.is_none() && std::mem::take(&mut self.is_told_open) {
            let _ = self.answers.send(Answer::Closed { lane: self.number, idle }).await;
        }
    }

    /// Carries a letter and those that follow on its heels. Whatever is in hand is answered for.
    async fn carry(&mut self, row: &Row) {
        let Some(mut letter) = self.letter(row).await else { return };
        let Some(mut open) = self.connection(letter.row).await else { return };
        if open.session.window() > 1 {
            return self.carry_window(open, letter).await;
        }
        // What became of the letter before, told together with the question about this one.
        let mut before = None;
        loop {
            let carried = open.carried;
            let permit = match self.offer(&mut open.session, &letter.message, &mut before).await {
                Some(Ok(())) => {
                    let room = usize::from(self.takes_next(&open));
                    let before = before.take().into_iter().collect();
                    self.permitted(vec![letter.row], room, before).await
                }
                Some(Err(error)) => {
                    self.tell(before).await;
                    return self.conclude(open, letter.row, Err(error)).await;
                }
                None => None,
            };
            let Some(permit) = permit.filter(|permit| !permit.rows.is_empty()) else {
                // The connection is dropped: a letter stands offered on it that must not be ended.
                self.tell(before).await;
                return self.tell([returned(letter.row)]).await;
            };
            let next = match permit.next.first() {
                Some(row) => self.letter(row).await,
                None => None,
            };
            let commit = open.session.commit(&letter.message, next.as_ref().map(Letter::message));
            let (outcome, ()) = tokio::join!(commit, async { self.prepare(permit.ahead) });
            match next {
                Some(next) if is_fit(&outcome) => {
                    open.carried += u64::from(outcome.is_ok());
                    before = Some(judged(letter.row, outcome, carried));
                    letter = next;
                }
                next => {
                    self.tell(next.map(|next| returned(next.row))).await;
                    return self.conclude(open, letter.row, outcome).await;
                }
            }
        }
    }

    /// The letter of a row; one that cannot be made is told.
    async fn letter(&mut self, row: &Row) -> Option<Letter> {
        if let Some(ready) = self.ready.take_if(|ready| ready.row == row.number) {
            return Some(ready);
        }
        match self.letters.render(&row.reader) {
            Ok(message) => Some(Letter { row: row.number, message }),
            Err(unresolved) => {
                let words: Vec<String> = unresolved.iter().map(ToString::to_string).collect();
                let finished = Finished::Unrenderable(words.join(", "));
                self.tell(Some(Done { row: row.number, finished })).await;
                None
            }
        }
    }

    /// Makes a letter ready whose turn may come; one that cannot be made is told when it does.
    fn prepare(&mut self, row: Option<Arc<Row>>) {
        let Some(row) = row else { return };
        let message = self.letters.render(&row.reader).ok();
        self.ready = message.map(|message| Letter { row: row.number, message });
    }

    /// The connection, opened if need be; a failure is told.
    async fn connection(&mut self, row: u64) -> Option<Open<T::Session>> {
        if let Some(open) = self.open.take() {
            return Some(open);
        }
        let finished = match until_stop(&mut self.stop, self.transport.open()).await {
            Some(Ok(session)) => {
                self.is_told_open = true;
                let _ = self.answers.send(Answer::Opened { lane: self.number }).await;
                if self.window > 1 && session.window() == 1 {
                    let _ = self.answers.send(Answer::NoWindow).await;
                }
                return Some(Open { session, carried: 0 });
            }
            Some(Err(error)) => Finished::Unopened(error),
            None => stopped(0),
        };
        self.tell(Some(Done { row, finished })).await;
        None
    }

    /// Offers a letter, unless a stop comes first. A relay that takes its time does not hold up what became of the letter
    /// before.
    async fn offer(
        &mut self,
        session: &mut T::Session,
        message: &Message,
        before: &mut Option<Done>,
    ) -> Option<Result<(), SendError>> {
        let mut offer = pin!(session.offer(message));
        if before.is_some() {
            let at_once = poll_fn(|cx| Poll::Ready(offer.as_mut().poll(cx))).await;
            if let Poll::Ready(outcome) = at_once {
                return Some(outcome);
            }
            self.tell(before.take()).await;
        }
        until_stop(&mut self.stop, offer).await
    }

    /// Whether another letter can follow the one in hand on this connection, in the same write.
    fn takes_next(&self, open: &Open<T::Session>) -> bool {
        open.session.pipelines()
            && !open.session.is_spent()
            && open.carried + 1 < self.messages_per_connection
    }

    /// Asks whether the bodies of rows may leave; the answer comes when the intent is durable.
    async fn permitted(&mut self, rows: Vec<u64>, room: usize, done: Vec<Done>) -> Option<Permit> {
        let (permit, granted) = oneshot::channel();
        let ask = Some(Ask { rows, permit, room });
        self.answers.send(Answer::News { lane: self.number, done, ask }).await.ok()?;
        granted.await.ok()
    }

    /// Tells what became of the last letter in hand. The connection is kept only when it is known to be fit for the
    /// next one.
    async fn conclude(
        &mut self,
        mut open: Open<T::Session>,
        row: u64,
        outcome: Result<Reply, SendError>,
    ) {
        let (carried, is_fit) = (open.carried, is_fit(&outcome));
        open.carried += u64::from(outcome.is_ok());
        let is_full = open.carried >= self.messages_per_connection || open.session.is_spent();
        self.tell(Some(judged(row, outcome, carried))).await;
        if is_fit {
            self.open = Some(open);
            if is_full {
                self.hang_up().await;
            }
        }
    }

    async fn tell(&mut self, done: impl IntoIterator<Item = Done>) {
        let done: Vec<Done> = done.into_iter().collect();
        if !done.is_empty() {
            // A dispatcher that has gone needs no answer.
            let _ = self.answers.send(Answer::News { lane: self.number, done, ask: None }).await;
        }
    }

    async fn hang_up(&mut self) {
        if let Some(open) = self.open.take() {
            open.session.close().await;
        }
    }
}

impl Letter {
    fn message(&self) -> &Message {
        &self.message
    }
}

/// What a lane owes an answer for: a panic gives it, so that the dispatcher never waits in vain.
struct Debt {
    answers: mpsc::Sender<Answer>,
    lane: usize,
    is_owed: bool,
}

impl Drop for Debt {
    fn drop(&mut self) {
        if self.is_owed {
            // There is room: see `UNREAD`.
            let _ = self.answers.try_send(Answer::Lost { lane: self.lane });
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

fn judged(row: u64, outcome: Result<Reply, SendError>, carried: u64) -> Done {
    let brake = match &outcome {
        Err(SendError::Refused { stage, reply }) => brake(*stage, reply),
        _ => None,
    };
    Done { row, finished: Finished::Judged { verdict: judge(outcome), brake, carried } }
}

fn returned(row: u64) -> Done {
    Done { row, finished: Finished::Returned }
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
