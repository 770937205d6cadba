//! A lane with several letters under way at once (RFC 3030): an answer comes, and another letter goes.
//!
//! What was true of one letter is true of each: its intent is durable before its content leaves, and is asked for
//! together with the outcome whose place it takes, so that no more are in doubt than the window holds.

use std::collections::VecDeque;

use super::{Done, Lane, Letter, Open, is_fit, judged, returned};
use crate::delivery::transport::{Session, Transport};
use crate::message::Message;

/// The letters of a lane, by how far they are.
struct Hand {
    /// Made, and not sent.
    fresh: VecDeque<Letter>,
    /// Sent, and not answered, by their rows.
    flying: VecDeque<u64>,
    /// Done, and not told.
    done: Vec<Done>,
    /// How many were sent on this connection.
    sent: u64,
}

impl<T: Transport> Lane<T> {
    /// Carries a letter, and others beside it as long as there are any that are due.
    pub(super) async fn carry_window(&mut self, mut open: Open<T::Session>, letter: Letter) {
        let (fresh, flying) = (VecDeque::from([letter]), VecDeque::new());
        let mut hand = Hand { fresh, flying, done: Vec::new(), sent: open.carried };
        let (mut goes_on, mut fit) = (true, true);
        while goes_on || !hand.flying.is_empty() {
            goes_on = goes_on && self.refill(&mut open, &mut hand).await;
            if let Some(row) = hand.flying.pop_front() {
                let outcome = open.session.answer().await;
                fit &= is_fit(&outcome);
                goes_on &= fit;
                let carried = open.carried;
                open.carried += u64::from(outcome.is_ok());
                hand.done.push(judged(row, outcome, carried));
            }
        }
        self.tell(hand.fresh.into_iter().map(|letter| returned(letter.row)).chain(hand.done)).await;
        let is_full = hand.sent >= self.messages_per_connection || open.session.is_spent();
        if fit {
            self.open = Some(open);
        }
        if is_full {
            self.hang_up().await;
        }
    }

    /// Fills the window as far as letters are due, and tells the outcomes so far; says whether there is more to come.
    async fn refill(&mut self, open: &mut Open<T::Session>, hand: &mut Hand) -> bool {
        let free = open.session.window().saturating_sub(hand.flying.len());
        let left = self.messages_per_connection.saturating_sub(hand.sent);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if left == 0 || open.session.is_spent() {
            return false;
        }
        let batch: Vec<Letter> = hand.fresh.drain(..free.min(left).min(hand.fresh.len())).collect();
        // One more than fits is made ready, so that it can go as soon as an answer comes.
        let room = (free - batch.len() + 1).min(left - batch.len());
        let room = room.saturating_sub(hand.fresh.len());
        let rows: Vec<u64> = batch.iter().map(|letter| letter.row).collect();
        let Some(permit) = self.permitted(rows, room, std::mem::take(&mut hand.done)).await else {
            hand.done.extend(batch.into_iter().map(|letter| returned(letter.row)));
            return false;
        };
        let (granted, denied): (Vec<Letter>, Vec<Letter>) =
            batch.into_iter().partition(|letter| permit.rows.contains(&letter.row));
        hand.done.extend(denied.into_iter().map(|letter| returned(letter.row)));
        let messages: Vec<&Message> = granted.iter().map(Letter::message).collect();
        open.session.post(&messages).await;
        hand.sent += messages.len() as u64;
        hand.flying.extend(granted.iter().map(|letter| letter.row));
        for row in permit.next {
            let letter = self.letter(&row).await;
            hand.fresh.extend(letter);
        }
        !hand.fresh.is_empty() || !hand.flying.is_empty()
    }
}
