//! Freezing a plan: the list streams in, duplicates collapse, and all of it is durable at once or not at all.
//!
//! A person may be asked about it in between. Then the rows lie in the file, so that nobody else has to wait, but an issue
//! without the hash of its plan is none: nobody reads it, and the next sender forgets it.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{Ledger, counts, heed, suppression};
use crate::audience::Subscriber;
use crate::delivery::ledger::{LedgerError, State};
use crate::delivery::plan::{Pinned, PlanHash, digest};

/// A plan being frozen. Dropped before [`Freeze::commit`], nothing of it remains.
#[derive(Debug)]
pub struct Freeze<'a> {
    ledger: &'a mut Ledger,
    issue: i64,
    row: i64,
    /// The plan's hash as long as no row that was added as a recipient is taken out again.
    hash: PlanHash,
    /// Once it is sealed.
    plan_hash: String,
    stage: Stage,
}

/// How far a plan has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// In a transaction.
    Open,
    /// In the file, and waiting for a person.
    Waiting,
    Frozen,
}

/// A reader in the form in which a plan keeps one.
#[derive(Debug)]
pub struct Kept {
    email: String,
    key: String,
    /// What is merged, as JSON.
    reader: String,
}

impl Kept {
    /// The form of this reader.
    pub fn of(reader: &Subscriber) -> Result<Self, LedgerError> {
        let json = serde_json::to_string(reader).map_err(|error| LedgerError(error.to_string()))?;
        let (email, key) = (reader.email.to_string(), reader.email.canonical());
        Ok(Self { email, key, reader: json })
    }
}

/// A frozen plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The issue's row id.
    pub issue: i64,
    /// Recipients that will be mailed.
    pub recipients: u64,
    /// Recipients that will not, by reason.
    pub skipped: Vec<(String, u64)>,
    /// How many rows repeated an earlier address.
    pub duplicates: u64,
    /// The first of them: (line, line of the row that stays).
    pub duplicate_lines: Vec<(u64, u64)>,
    /// The hash of the plan.
    pub plan_hash: String,
}

/// What came of rows with the same address.
#[derive(Debug, Default)]
struct Collapsed {
    /// Rows that are gone.
    duplicates: u64,
    /// The first of them.
    lines: Vec<(u64, u64)>,
    /// Rows that are not mailed because of others outside the plan.
    excluded: u64,
}

/// Duplicates named in the report.
const NAMED_DUPLICATES: i64 = 20;

impl Ledger {
    /// The first recipients of an issue who are not mailed, in list order, each with the reason. A row that could not be
    /// read has no address.
    pub fn skipped(&self, issue: i64, most: u32) -> Result<Vec<(String, String)>, LedgerError> {
        let sql = "SELECT r.email, coalesce(d.reason, '') FROM delivery d
              JOIN recipient r ON r.issue = d.issue AND r.row = d.row
            WHERE d.issue = ?1 AND d.state = 'skipped' ORDER BY d.row LIMIT ?2";
        let mut statement = self.connection.prepare(sql)?;
        let rows =
            statement.query_map(params![issue, most], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl<'a> Freeze<'a> {
    /// Starts to freeze an issue that the ledger does not know yet.
    pub fn begin(
        ledger: &'a mut Ledger,
        pinned: &Pinned,
        only: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        let json = pinned.json();
        ledger.connection.execute_batch(
            "DROP TABLE IF EXISTS temp.excluded;
             CREATE TEMP TABLE excluded (key TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
             BEGIN IMMEDIATE",
        )?;
        let digest = digest(&json);
        let inserted = ledger.connection.execute(
            "INSERT INTO issue (slug, digest, plan_hash, pinned, only_tag, list_sha256, released_at, version) VALUES (?1, ?2, '', ?3, ?4, '', ?5, ?6)",
            params![pinned.issue.id, digest, json, only, now.as_millisecond(), env!("CARGO_PKG_VERSION")],
        );
        let issue = ledger.connection.last_insert_rowid();
        let hash = PlanHash::new(&digest);
        let (plan_hash, stage) = (String::new(), Stage::Open);
        let freeze = Self { ledger, issue, row: 0, hash, plan_hash, stage };
        inserted?;
        Ok(freeze)
    }

    /// Adds a reader of the list; `skipped` says why this reader is not mailed.
    pub fn add(
        &mut self,
        line: usize,
        reader: &Kept,
        skipped: Option<&str>,
    ) -> Result<(), LedgerError> {
        if skipped.is_none() {
            self.hash.add(&reader.reader);
        }
        self.insert(line, &reader.email, Some((&reader.key, &reader.reader)), skipped)
    }

    /// Notes a reader who is not part of this plan and not to be mailed, in case another row has the same address.
    pub fn exclude(&mut self, reader: &Subscriber, reason: &str) -> Result<(), LedgerError> {
        self.ledger
            .connection
            .prepare_cached("INSERT OR IGNORE INTO temp.excluded (key, reason) VALUES (?1, ?2)")?
            .execute(params![reader.email.canonical(), reason])?;
        Ok(())
    }

    /// Adds a row of the list that cannot be used; it counts as skipped.
    pub fn add_invalid(&mut self, line: usize) -> Result<(), LedgerError> {
        self.insert(line, "", None, Some("invalid"))
    }

    fn insert(
        &mut self,
        line: usize,
        email: &str,
        frozen: Option<(&str, &str)>,
        skipped: Option<&str>,
    ) -> Result<(), LedgerError> {
        self.row += 1;
        let connection = &self.ledger.connection;
        connection
            .prepare_cached("INSERT INTO recipient (issue, row, line, email, key, reader) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![self.issue, self.row, i64::try_from(line).unwrap_or(i64::MAX), email, frozen.map(|f| f.0), frozen.map(|f| f.1)])?;
        let state = if skipped.is_some() { "skipped" } else { "pending" };
        connection
            .prepare_cached(
                "INSERT OR ROLLBACK INTO delivery (issue, row, state, reason) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.issue, self.row, state, skipped])?;
        Ok(())
    }

    /// Collapses duplicates and hashes the plan, which nothing can be added to any more. `list_sha256` is the list's digest.
    pub fn seal(&mut self, list_sha256: &str) -> Result<Frozen, LedgerError> {
        let Collapsed { duplicates, lines, excluded } = self.collapse()?;
        let connection = &self.ledger.connection;
        let list = suppression::list_of(connection, self.issue)?;
        let suppressed = heed::heed(connection, self.issue, &list, 0)?;
        let plan_hash = if duplicates + excluded == 0 && suppressed.is_empty() {
            std::mem::replace(&mut self.hash, PlanHash::new("")).finish()
        } else {
            plan_hash(connection, self.issue)?
        };
        let sql = "UPDATE issue SET list_sha256 = ?2 WHERE id = ?1";
        connection.execute(sql, params![self.issue, list_sha256])?;
        self.plan_hash.clone_from(&plan_hash);
        let recipients = counts::recount(connection, self.issue)?.of(State::Pending);
        let skipped = skipped(connection, self.issue)?;
        Ok(Frozen {
            issue: self.issue,
            recipients,
            skipped,
            duplicates,
            duplicate_lines: lines,
            plan_hash,
        })
    }

    /// Keeps the fingerprint of the secret that the letters are made with.
    pub fn keep_secret(&self, fingerprint: &str) -> Result<(), LedgerError> {
        let sql = "UPDATE issue SET secret = ?2 WHERE id = ?1";
        self.ledger.connection.execute(sql, params![self.issue, fingerprint])?;
        Ok(())
    }

    /// Lets others write while a person is asked about the sealed plan.
    pub fn wait(&mut self) -> Result<(), LedgerError> {
        self.ledger.connection.execute_batch("COMMIT")?;
        self.stage = Stage::Waiting;
        Ok(())
    }

    /// Makes the sealed plan durable, under its hash.
    pub fn commit(mut self) -> Result<(), LedgerError> {
        let connection = &self.ledger.connection;
        let sql = "UPDATE issue SET plan_hash = ?2 WHERE id = ?1";
        connection.execute(sql, params![self.issue, self.plan_hash])?;
        if self.stage == Stage::Open {
            connection.execute_batch("COMMIT")?;
        }
        self.stage = Stage::Frozen;
        Ok(())
    }

    /// Of rows with the same key the first stays. If any of them is not to be mailed, none is: consent comes first.
    fn collapse(&self) -> Result<Collapsed, LedgerError> {
        let connection = &self.ledger.connection;
        let keys = connection.execute(
            "INSERT INTO recipient_key (issue, key, row) SELECT issue, key, min(row) FROM recipient WHERE issue = ?1 AND key IS NOT NULL GROUP BY key",
            params![self.issue],
        )?;
        let excluded = connection.execute(
            "UPDATE delivery SET state = 'skipped', reason =
               (SELECT e.reason FROM recipient r JOIN temp.excluded e USING (key) WHERE r.issue = delivery.issue AND r.row = delivery.row)
             WHERE issue = ?1 AND state = 'pending' AND row IN
               (SELECT k.row FROM temp.excluded e JOIN recipient_key k ON k.issue = ?1 AND k.key = e.key)",
            params![self.issue],
        )?;
        let rows = count(connection, self.issue, "reason IS NOT 'invalid'")?;
        if rows == keys as u64 {
            return Ok(Collapsed { excluded: excluded as u64, ..Collapsed::default() });
        }
        let lines = self.named_duplicates()?;
        // The reason of a repeated row goes to the row that stays; then the repeated rows go. All of it in SQL, as the
        // list may be long and repeat itself all the way.
        connection.execute(
            "UPDATE delivery SET state = 'skipped', reason = twin.reason FROM
               (SELECT k.row, min(d.reason) AS reason FROM recipient r
                JOIN recipient_key k ON k.issue = r.issue AND k.key = r.key AND k.row <> r.row
                JOIN delivery d ON d.issue = r.issue AND d.row = r.row AND d.state = 'skipped'
                WHERE r.issue = ?1 GROUP BY k.row) AS twin
             WHERE delivery.issue = ?1 AND delivery.row = twin.row AND delivery.state = 'pending'",
            params![self.issue],
        )?;
        let mut duplicates = 0;
        for table in ["delivery", "recipient"] {
            let sql = format!(
                "DELETE FROM {table} WHERE issue = ?1 AND row IN
                   (SELECT r.row FROM recipient r JOIN recipient_key k ON k.issue = r.issue AND k.key = r.key AND k.row <> r.row
                    WHERE r.issue = ?1)"
            );
            duplicates = connection.execute(&sql, params![self.issue])?;
        }
        Ok(Collapsed { duplicates: duplicates as u64, lines, excluded: excluded as u64 })
    }

    /// The first repeated rows: (line, line of the row that stays).
    fn named_duplicates(&self) -> Result<Vec<(u64, u64)>, LedgerError> {
        let mut statement = self.ledger.connection.prepare(
            "SELECT r.line, first.line FROM recipient r
             JOIN recipient_key k ON k.issue = r.issue AND k.key = r.key AND k.row <> r.row
             JOIN recipient first ON first.issue = r.issue AND first.row = k.row
             WHERE r.issue = ?1 ORDER BY r.row LIMIT ?2",
        )?;
        let lines = statement.query_map(params![self.issue, NAMED_DUPLICATES], |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
        Ok(lines.collect::<Result<_, _>>()?)
    }
}

impl Drop for Freeze<'_> {
    fn drop(&mut self) {
        // What cannot be forgotten now is forgotten by the next sender.
        let _ = match self.stage {
            Stage::Open => self.ledger.connection.execute_batch("ROLLBACK"),
            Stage::Waiting => self.ledger.forget_waiting(),
            Stage::Frozen => Ok(()),
        };
    }
}

impl Ledger {
    /// Forgets a plan that nobody has confirmed.
    pub(super) fn forget_waiting(&mut self) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for (table, issue) in [
            ("delivery", "issue"),
            ("recipient_key", "issue"),
            ("recipient", "issue"),
            ("issue", "id"),
        ] {
            let waiting = "SELECT id FROM issue WHERE plan_hash = ''";
            let sql = format!("DELETE FROM {table} WHERE {issue} IN ({waiting})");
            transaction.execute(&sql, [])?;
        }
        transaction.commit()
    }
}

fn count(connection: &Connection, issue: i64, which: &str) -> rusqlite::Result<u64> {
    connection.query_row(
        &format!("SELECT count(*) FROM delivery WHERE issue = ?1 AND {which}"),
        params![issue],
        |row| row.get::<_, i64>(0).map(i64::unsigned_abs),
    )
}

pub(super) fn skipped(connection: &Connection, issue: i64) -> rusqlite::Result<Vec<(String, u64)>> {
    let sql = "SELECT reason, count(*) FROM delivery WHERE issue = ?1 AND state = 'skipped' GROUP BY reason ORDER BY reason";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(params![issue], |row| {
        Ok((
            row.get::<_, Option<String>>(0)?.unwrap_or_default(),
            row.get::<_, i64>(1)?.unsigned_abs(),
        ))
    })?;
    rows.collect()
}

fn plan_hash(connection: &Connection, issue: i64) -> rusqlite::Result<String> {
    let digest: String =
        connection.query_row("SELECT digest FROM issue WHERE id = ?1", params![issue], |row| {
            row.get(0)
        })?;
    let mut hash = PlanHash::new(&digest);
    let sql = "SELECT r.reader FROM delivery d JOIN recipient r USING (issue, row) WHERE d.issue = ?1 AND d.state = 'pending' ORDER BY d.row";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params![issue])?;
    while let Some(row) = rows.next()? {
        hash.add(row.get_ref(0)?.as_str()?);
    }
    Ok(hash.finish())
}
