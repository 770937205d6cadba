//! Stories: what people live through with Postrider, told against a scripted relay.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests read clocks and files, say where they cannot go on, and what a long run has found"
)]

mod asked;
mod bad_input;
mod changes;
mod check;
mod crash;
mod desk_work;
mod determinism;
mod dkim;
mod engine;
mod faults;
mod gates;
mod hostile;
mod images;
mod kills;
mod ledger;
mod matrix;
mod online;
mod preview;
mod provenance;
mod rendered;
mod resume;
mod secrets;
mod send;
mod signals;
mod snippets;
mod support;
mod suppression;
mod upgrades;
mod window;
mod wire;
