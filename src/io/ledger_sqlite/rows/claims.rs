//! Rows handed out: those that have fallen due, then the next ones of the list.

use jiff::Timestamp;
use rusqlite::{TransactionBehavior, params};

use super::super::counts::{self, Moves};
use super::super::{heed, shares, suppression, timestamp};
use super::{Inner, number};
use crate::delivery::ledger::{LedgerError, Row, Share, State};

impl Inner {
    pub(super) fn claim(
        &mut self,
        now: Timestamp,
        limit: usize,
        share: &Share,
    ) -> Result<Vec<Row>, LedgerError> {
        // What is recorded from here on is looked at the next time.
        let last = suppression::last(&self.ledger.connection)?;
        self.heed(last)?;
        let kept = counts::kept(&self.ledger.connection, self.issue)?;
        let mut rows =
            if kept.of(State::Deferred) == 0 { Vec::new() } else { self.due(now, limit, share)? };
        if kept.of(State::Pending) > 0 && rows.len() < limit {
            rows.extend(self.fresh(limit - rows.len(), share)?);
        }
        Ok(rows)
    }

    /// Deferred rows that have fallen due.
    fn due(
        &mut self,
        now: Timestamp,
        limit: usize,
        share: &Share,
    ) -> Result<Vec<Row>, LedgerError> {
        let due = ("d.state = 'deferred' AND d.next_at <= ?2", "d.next_at");
        let mut rows = self.select(due, now.as_millisecond(), limit + self.claimed.len(), share)?;
        rows.retain(|row| !self.claimed.contains_key(&number(row)));
        rows.truncate(limit);
        self.claimed.extend(rows.iter().map(|row| (number(row), State::Deferred)));
        Ok(rows)
    }

    /// Pending rows after the last that was handed out.
    fn fresh(&mut self, limit: usize, share: &Share) -> Result<Vec<Row>, LedgerError> {
        let which = shares::condition(share).1;
        let cursor = self.cursors.get(&which).copied().unwrap_or(0);
        let rows =
            self.select(("d.state = 'pending' AND d.row > ?2", "d.row"), cursor, limit, share)?;
        if let Some(last) = rows.last() {
            self.cursors.insert(which, number(last));
        }
        self.claimed.extend(rows.iter().map(|row| (number(row), State::Pending)));
        Ok(rows)
    }

    /// Skips the rows of readers who were suppressed since the last time.
    fn heed(&mut self, last: i64) -> rusqlite::Result<()> {
        if last > self.heeded {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.ledger.connection.transaction_with_behavior(behavior)?;
            let mut moves = Moves::default();
            let left = heed::heed(&transaction, self.issue, &self.list, self.heeded)?;
            for (_, from) in &left {
                moves.note(*from, State::Skipped);
            }
            moves.keep(&transaction, self.issue)?;
            transaction.commit()?;
            self.heeded = last;
            self.withdraw(left.into_iter().map(|(row, _)| row));
        }
        Ok(())
    }

    fn select(
        &self,
        (which, order): (&str, &str),
        bound: i64,
        limit: usize,
        share: &Share,
    ) -> Result<Vec<Row>, LedgerError> {
        let (condition, domains) = shares::condition(share);
        let sql = format!(
            "SELECT d.row, r.reader, d.attempts, d.first_at FROM delivery d JOIN recipient r USING (issue, row)
             WHERE d.issue = ?1 AND {which} AND {condition} ORDER BY {order} LIMIT ?3"
        );
        let mut statement = self.ledger.connection.prepare_cached(&sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut found = statement.query(params![self.issue, bound, limit, domains])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let reader =
                row.get_ref(1)?.as_str().map_err(|error| LedgerError(error.to_string()))?;
            rows.push(Row {
                number: row.get::<_, i64>(0)?.unsigned_abs(),
                reader: serde_json::from_str(reader)
                    .map_err(|error| LedgerError(format!("a recipient is damaged: {error}")))?,
                attempts: row.get(2)?,
                first_attempt: row.get::<_, Option<i64>>(3)?.map(timestamp),
            });
        }
        Ok(rows)
    }

    pub(super) fn next_due(&self, share: &Share) -> Result<Option<Timestamp>, LedgerError> {
        let (condition, domains) = shares::condition(share);
        let sql = format!(
            "SELECT d.row, d.next_at FROM delivery d JOIN recipient r USING (issue, row)
             WHERE d.issue = ?1 AND ?2 AND d.state = 'deferred' AND {condition} ORDER BY d.next_at LIMIT ?3"
        );
        let mut statement = self.ledger.connection.prepare_cached(&sql)?;
        let limit = i64::try_from(self.claimed.len() + 1).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![self.issue, true, limit, domains])?;
        while let Some(row) = rows.next()? {
            if !self.claimed.contains_key(&row.get(0)?) {
                return Ok(Some(timestamp(row.get(1)?)));
            }
        }
        Ok(None)
    }
}
