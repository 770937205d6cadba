//! The fault matrix, row by row, through the real binary: what the ledger says afterwards, and what the relay stored.
//!
//! The wire's stories look at the same faults byte by byte. Silence and waiting are scaled by the configuration.

mod letters;
mod opening;
