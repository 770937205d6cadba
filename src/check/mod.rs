//! Judgement of a finished issue: what must be true before it may leave.

pub mod gate;
pub mod weight;
