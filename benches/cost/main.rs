//! What things cost: `cargo bench --bench cost [WORD]`, where a word like `splice` chooses.
#![expect(clippy::unwrap_used, reason = "a benchmark stops where it cannot go on")]

mod check;
mod compose;
mod judge;
mod ledger;
mod sign;
mod splice;
mod support;

fn main() {
    divan::main();
}
