//! Whether a ledger is what it says: the file is whole, and its rows agree with each other.

use rusqlite::params;

use super::counts;
use super::read::Reader;
use crate::audience::Subscriber;
use crate::delivery::ledger::LedgerError;

/// Contradictions within an issue: what is wrong, and a query that counts it for the issue `?1`.
const CONTRADICTIONS: [(&str, &str); 8] = [
    (
        "recipients without a state",
        "SELECT count(*) FROM recipient r WHERE r.issue = ?1 AND NOT EXISTS
           (SELECT 1 FROM delivery d WHERE d.issue = r.issue AND d.row = r.row)",
    ),
    (
        "states without a recipient",
        "SELECT count(*) FROM delivery d WHERE d.issue = ?1 AND NOT EXISTS
           (SELECT 1 FROM recipient r WHERE r.issue = d.issue AND r.row = d.row)",
    ),
    (
        "people in the plan who are not its recipients",
        "SELECT count(*) FROM recipient_key k WHERE k.issue = ?1 AND NOT EXISTS
           (SELECT 1 FROM recipient r WHERE r.issue = k.issue AND r.row = k.row AND r.key = k.key)",
    ),
    (
        "recipients called sent without an attempt that says so",
        "SELECT count(*) FROM delivery d WHERE d.issue = ?1 AND d.state = 'sent' AND NOT EXISTS
           (SELECT 1 FROM attempt a WHERE a.issue = d.issue AND a.row = d.row AND a.outcome = 'sent')",
    ),
    (
        "recipients not called sent whose last attempt says so",
        "SELECT count(*) FROM delivery d WHERE d.issue = ?1 AND d.state <> 'sent' AND 'sent' =
           (SELECT a.outcome FROM attempt a WHERE a.issue = d.issue AND a.row = d.row ORDER BY a.seq DESC LIMIT 1)",
    ),
    (
        "recipients whose last attempt led to another state",
        "SELECT count(*) FROM delivery d WHERE d.issue = ?1 AND d.state IN ('pending', 'deferred', 'failed', 'unknown')
           AND d.state <> coalesce((SELECT a.outcome FROM attempt a WHERE a.issue = d.issue AND a.row = d.row
             ORDER BY a.seq DESC LIMIT 1), 'pending')",
    ),
    (
        "recipients whose attempts are miscounted",
        "SELECT count(*) FROM delivery d WHERE d.issue = ?1 AND d.attempts <>
           (SELECT count(a.code) FROM attempt a WHERE a.issue = d.issue AND a.row = d.row)",
    ),
    (
        "attempts at nobody",
        "SELECT count(*) FROM attempt a WHERE a.issue = ?1 AND NOT EXISTS
           (SELECT 1 FROM delivery d WHERE d.issue = a.issue AND d.row = a.row)",
    ),
];

impl Reader {
    /// Everything in the ledger that cannot be true; nothing when it is sound.
    pub fn contradictions(&self) -> Result<Vec<String>, LedgerError> {
        let mut found: Vec<String> = self
            .connection
            .prepare("PRAGMA integrity_check(20)")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        found.retain(|line| line != "ok");
        if !found.is_empty() {
            // Rows of a damaged file prove nothing.
            return Ok(found);
        }
        let mut statement =
            self.connection.prepare("SELECT slug FROM issue WHERE plan_hash <> '' ORDER BY id")?;
        let issues: Vec<String> =
            statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for slug in issues {
            let Some(known) = super::issue(&self.connection, &slug)? else { continue };
            if !known.is_whole {
                found.push(format!("{slug}: the pinned letter is not the one that was planned"));
            }
            let changed = self.changed_readers(known.id)?;
            if changed > 0 {
                found
                    .push(format!("{slug}: recipients who are not whom the plan names: {changed}"));
            }
            if counts::kept(&self.connection, known.id)?
                != counts::count(&self.connection, known.id)?
            {
                found.push(format!(
                    "{slug}: the counts of its states are not those of its recipients"
                ));
            }
            for (what, sql) in CONTRADICTIONS {
                let count: i64 =
                    self.connection.query_row(sql, params![known.id], |row| row.get(0))?;
                if count > 0 {
                    found.push(format!("{slug}: {what}: {count}"));
                }
            }
        }
        Ok(found)
    }

    /// Recipients whose address, key and merged fields do not name the same reader.
    fn changed_readers(&self, issue: i64) -> Result<u64, LedgerError> {
        let sql = "SELECT email, key, reader FROM recipient WHERE issue = ?1 AND key IS NOT NULL";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(params![issue])?;
        let mut changed = 0;
        while let Some(row) = rows.next()? {
            let (email, key) = (row.get_ref(0)?, row.get_ref(1)?);
            let reader = row.get_ref(2)?.as_str().ok();
            let reader = reader.and_then(|json| serde_json::from_str::<Subscriber>(json).ok());
            let is_same = reader.is_some_and(|reader| {
                email.as_str() == Ok(reader.email.as_str())
                    && key.as_str() == Ok(&reader.email.canonical())
            });
            changed += u64::from(!is_same);
        }
        Ok(changed)
    }
}
