//! Recipients by the domain of their address, and what has left for them: what limits are counted from.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::timestamp;
use crate::delivery::ledger::Share;

/// The condition on `recipient r` that is a share, with the parameter that it names `?4`.
pub(super) fn condition(share: &Share) -> (&'static str, String) {
    let domains = match share {
        Share::AllBut(domains) => domains.as_slice(),
        Share::At(domain) => std::slice::from_ref(domain),
    };
    let condition = match share {
        Share::AllBut(domains) if domains.is_empty() => "?4 IS NOT NULL",
        Share::AllBut(_) => {
            "substr(r.key, instr(r.key, '@') + 1) NOT IN (SELECT value FROM json_each(?4))"
        }
        Share::At(_) => "substr(r.key, instr(r.key, '@') + 1) IN (SELECT value FROM json_each(?4))",
    };
    // A list of texts is always JSON.
    (condition, serde_json::to_string(domains).unwrap_or_default())
}

/// An attempt at which a letter left, or may have: the relay answered, or what it would have said is in doubt. Not
/// among them are letters proved not sent and what people have decided.
const DEPARTED: &str = "(a.code IS NOT NULL OR a.outcome = 'unknown')";

/// Departures of all issues since a moment, by grains of time.
pub(super) fn departures(
    connection: &Connection,
    since: Timestamp,
    grain: Duration,
    share: &Share,
) -> rusqlite::Result<Vec<(Timestamp, u64)>> {
    let (condition, domains) = condition(share);
    let join = if *share == Share::ALL { "" } else { "JOIN recipient r USING (issue, row)" };
    let sql = format!(
        "SELECT min(a.at), count(*) FROM attempt a {join} WHERE a.at >= ?1 AND {DEPARTED} AND ?3 AND {condition}
         GROUP BY a.at / ?2"
    );
    let grain = i64::try_from(grain.as_millis()).unwrap_or(i64::MAX).max(1);
    let mut statement = connection.prepare(&sql)?;
    let rows = statement
        .query_map(params![since.as_millisecond(), grain, true, domains], |row| {
            Ok((timestamp(row.get(0)?), row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
    rows.collect()
}

/// The last of them.
pub(super) fn last_departure(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let sql = format!("SELECT a.at FROM attempt a WHERE {DEPARTED} ORDER BY a.at DESC LIMIT 1");
    connection.query_row(&sql, [], |row| row.get(0).map(timestamp)).optional()
}
