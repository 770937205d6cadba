//! The oracle: what the ledger says of each reader, held against what the relay really did.

use std::collections::HashMap;

use super::desk::{Desk, address};
use super::relay::Relay;

/// What the ledger knows of an issue, once it has been found true.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Readers in each state.
    pub(crate) states: HashMap<String, usize>,
    /// Letters the relay stored without an answer.
    pub(crate) replies_lost: usize,
    /// Readers in doubt who have their letter.
    pub(crate) doubt_delivered: usize,
}

impl Account {
    /// How many are in this state.
    pub(crate) fn of(&self, state: &str) -> usize {
        self.states.get(state).copied().unwrap_or(0)
    }
}

/// Fails unless ledger and journal agree about every reader of the issue `tide` (`reader1` …): sent has one copy,
/// doubt at most one, everything else none; nobody is missing, and all offers of one letter were the same bytes.
pub(crate) fn judge(relay: &Relay, desk: &Desk, readers: usize) -> Account {
    relay.wait_until_idle();
    let journal = relay.journal();
    let mut copies: HashMap<&str, usize> = HashMap::new();
    let mut offered: HashMap<&str, (&str, &str)> = HashMap::new();
    let mut account = Account::default();
    for entry in &journal {
        if entry.stored {
            *copies.entry(&entry.recipient).or_default() += 1;
            account.replies_lost += usize::from(entry.reply_sent.is_none());
        }
        if entry.dot_seen {
            let this = (entry.sha256.as_str(), entry.message_id.as_str());
            let first = *offered.entry(&entry.recipient).or_insert(this);
            assert_eq!(first, this, "{} was offered two different letters", entry.recipient);
        }
    }
    let export = desk.run("--json ledger export tide").exits(0).stdout;
    let rows: Vec<serde_json::Value> =
        export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut known: HashMap<&str, &str> = HashMap::new();
    for row in &rows {
        let (email, state) = (row["email"].as_str().unwrap(), row["state"].as_str().unwrap());
        assert_eq!(known.insert(email, state), None, "{email} is in the ledger twice");
        let got = copies.get(email).copied().unwrap_or(0);
        let allowed = match state {
            "sent" => got == 1,
            "unknown" => got <= 1,
            _ => got == 0,
        };
        assert!(allowed, "{email} is {state} in the ledger and has {got} copies: {row}");
        *account.states.entry(state.into()).or_default() += 1;
        account.doubt_delivered += usize::from(state == "unknown" && got == 1);
    }
    for n in 1..=readers {
        assert!(known.contains_key(address(n).as_str()), "{} is lost", address(n));
    }
    assert_eq!(known.len(), readers, "the ledger has readers the list has not");
    account
}
