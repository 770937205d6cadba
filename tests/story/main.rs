//! Stories: what people live through with Postrider, told against a scripted relay.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests read clocks and files, and say where they cannot go on"
)]

mod bad_input;
mod desk_work;
mod engine;
mod ledger;
mod preview;
mod resume;
mod send;
mod support;
mod wire;
