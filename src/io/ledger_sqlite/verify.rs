//! Whether a ledger is what it says: the file is whole, and its rows agree with each other.

use rusqlite::params;

use super::read::Reader;
use crate::delivery::ledger::LedgerError;

/// Contradictions within an issue: what is wrong, and a query that counts it for the issue `?1`.
const CONTRADICTIONS: [(&str, &str); 5] = [
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
        let mut statement = self.connection.prepare("SELECT slug FROM issue ORDER BY id")?;
        let issues: Vec<String> =
            statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for slug in issues {
            let Some(known) = super::issue(&self.connection, &slug)? else { continue };
            if !known.is_whole {
                found.push(format!("{slug}: the pinned letter is not the one that was planned"));
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
}
