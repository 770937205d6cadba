//! Postrider: a Markdown draft becomes an email issue, and reaches every subscriber over SMTP.
//!
//! ```text
//! drafts/*.md ─ draft ─┐
//! config.toml ─ config ┼─ compose ─ Issue ─ message ─ Letters ─┐
//! subscribers ─ audience ─────────────────── plan ─ Ledger ─────┼─ delivery ─ io/smtp ─ relay
//!                                                               └─ events ─ report ─ terminal
//! ```
//!
//! Text files become values, values become bytes, bytes go out one by one, and every departure is written down
//! before and after. The modules stand in reading order, which is also the order of the floors: a module imports
//! only from floors below its own (`tests/floors.rs` holds that).

// Floor 0: words.
pub mod address;
pub mod backoff;
pub mod clients;
pub mod finding;
pub mod language;
pub mod mailbox;
pub mod rate;
pub mod rule;
pub mod source;
pub mod theme;
// Floor 1: documents.
pub mod audience;
pub mod config;
pub mod draft;
pub mod stylesheet;
// Floor 2: composition.
pub mod compose;
// Floor 3: letters.
pub mod message;
// Floor 4: judgement and engine.
pub mod check;
pub mod delivery;
// Floor 5: the world, and telling about it.
pub mod io;
pub mod report;
// Floor 6: the preview.
pub mod studio;
// Floor 7: commands.
pub mod cli;
// For tests and for fuzzing only.
#[cfg(any(test, fuzzing))]
pub mod properties;
