//! The world: files, secrets, the ledger on disk, the wire, the rehearsal and the built-in catcher.

pub mod disk;
pub mod dkim_key;
pub mod files;
pub mod host;
pub mod images;
pub mod ledger_sqlite;
pub mod links;
pub mod outbox;
pub mod replacement;
pub mod sandbox;
pub mod secret;
pub mod smtp;
pub mod snippets;
pub mod spam;
pub mod watch;
pub mod witness;
