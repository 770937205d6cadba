//! What ends a command early: an exit and the words for it, printed once, in `cli::main`.

use crate::delivery::ledger::LedgerError;
use crate::finding::Finding;
use crate::io::ledger_sqlite::OpenError;
use crate::report::Printer;
use crate::rule;

use super::exit::Exit;

/// What to do when a ledger fails that was open already.
pub(super) const LEDGER_FAILED: &str = "nothing more was sent; `postrider ledger verify` says whether the file is whole: if so, mend the disk and run the same command again, else bring back the newest sound backup of the folder";

/// A command that cannot go on.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code.
    pub(super) exit: Exit,
    findings: Vec<Finding>,
    words: Option<String>,
    help: Option<String>,
}

impl Failure {
    /// A failure in words.
    pub(super) fn new(exit: Exit, words: impl Into<String>) -> Self {
        Self { exit, findings: Vec::new(), words: Some(words.into()), help: None }
    }

    /// Mistakes in documents.
    pub(super) fn mistakes(findings: Vec<Finding>) -> Self {
        Self { exit: Exit::Mistakes, findings, words: None, help: None }
    }

    /// A refusal of a gate.
    pub(super) fn gate(findings: Vec<Finding>) -> Self {
        Self { exit: Exit::Gate, findings, words: None, help: None }
    }

    /// Adds what to type next.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What it says besides the mistakes it tells of: in words, and what to do.
    pub(super) fn words(&self) -> (String, Option<String>) {
        (self.words.clone().unwrap_or_default(), self.help.clone())
    }

    /// The mistakes it tells of.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// The same with remarks that were to be made anyway, before its own.
    #[must_use]
    pub(super) fn after(mut self, remarks: &[Finding]) -> Self {
        self.findings.splice(..0, remarks.iter().cloned());
        self
    }

    /// All it says as findings, for reports that hold nothing else.
    pub(super) fn told(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.extend(self.words.map(|words| {
            let finding = Finding::about(&rule::CONFIG_INVALID, "config.toml", words);
            Finding { help: self.help, ..finding }
        }));
        findings
    }

    /// Shows it.
    pub(super) fn print(&self, printer: Printer) {
        printer.findings(&self.findings);
        match (&self.words, &self.help) {
            (Some(words), help) => printer.error(words, help.as_deref()),
            (None, Some(help)) => printer.say(format!("help: {help}")),
            (None, None) => {}
        }
    }
}

impl From<Finding> for Failure {
    fn from(finding: Finding) -> Self {
        Self::mistakes(vec![finding])
    }
}

impl From<Box<Finding>> for Failure {
    fn from(finding: Box<Finding>) -> Self {
        (*finding).into()
    }
}

impl From<Vec<Finding>> for Failure {
    fn from(findings: Vec<Finding>) -> Self {
        Self::mistakes(findings)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::new(Exit::Storage, format!("the ledger cannot be used: {error}")).help(LEDGER_FAILED)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Locked(_) => Self::new(Exit::Locked, error.to_string())
                .help("wait for it, or look with `postrider status`"),
            OpenError::Storage { help, .. } => {
                Self::new(Exit::Storage, format!("the ledger cannot be used: {error}")).help(help)
            }
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Storage, error.to_string())
    }
}
