//! What the stories stand on. Nothing here knows Postrider's types: it is the oracle.

pub(crate) mod authority;
pub(crate) mod chance;
mod channel;
pub(crate) mod desk;
mod dialogue;
pub(crate) mod few;
mod letter;
pub(crate) mod oracle;
pub(crate) mod relay;
pub(crate) mod script;
pub(crate) mod web;
