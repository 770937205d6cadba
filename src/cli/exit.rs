//! Exit codes: the meaning is a type, the number stands in one match.

use std::process::ExitCode;

/// How a command ended. The order is the order of precedence: where several apply, the first is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// The command line is not understood.
    Usage,
    /// Another send holds the ledger.
    Locked,
    /// The ledger or another file cannot be read or written.
    Storage,
    /// Draft, list or configuration have mistakes.
    Mistakes,
    /// A safety gate refused.
    Gate,
    /// TLS, login or sender are not accepted by the relay.
    Identity,
    /// The relay refuses us: policy or quota.
    Refused,
    /// Interrupted by a signal; the same command goes on.
    Interrupted,
    /// Some outcomes are unknown.
    Unknown,
    /// Pending or deferred recipients are left; the same command goes on.
    Incomplete,
    /// All done, or nothing to do.
    Complete,
}

impl Exit {
    /// Every exit, its code, and its line in the README.
    pub const ALL: [(Self, u8, &'static str); 11] = [
        (Self::Complete, 0, "complete, or nothing to do"),
        (Self::Mistakes, 1, "draft, list or config has mistakes"),
        (Self::Usage, 2, "the command line is not understood"),
        (
            Self::Incomplete,
            3,
            "pending or deferred recipients are left: run the same command again",
        ),
        (Self::Unknown, 4, "some outcomes are unknown: see `postrider status`"),
        (Self::Refused, 5, "the relay refuses us (policy or quota)"),
        (Self::Identity, 6, "TLS, login or sender not accepted by the relay"),
        (Self::Storage, 7, "the ledger or another file cannot be read or written"),
        (Self::Gate, 8, "refused by a safety gate"),
        (Self::Locked, 75, "another send holds the ledger"),
        (Self::Interrupted, 130, "interrupted: run the same command again"),
    ];

    /// The number the shell sees.
    pub fn code(self) -> u8 {
        Self::ALL.iter().find(|row| row.0 == self).map_or(u8::MAX, |row| row.1)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_several_apply_the_first_of_the_contract_is_shown() {
        let mut exits: Vec<Exit> = Exit::ALL.iter().map(|row| row.0).collect();
        exits.sort();
        let codes: Vec<u8> = exits.into_iter().map(Exit::code).collect();
        assert_eq!(codes, [2, 75, 7, 1, 8, 6, 5, 130, 4, 3, 0]);
    }
}
