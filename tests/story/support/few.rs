//! A send to a few readers, and the account of it.

use super::authority::Authority;
use super::desk::{Desk, Run};
use super::oracle::{self, Account};
use super::relay::Relay;
use super::script::{Script, Talk};

/// How many they are.
pub(crate) const READERS: usize = 6;

/// A send to a few readers over one connection, with these further lines in the configuration.
pub(crate) struct Send {
    pub(crate) relay: Relay,
    pub(crate) desk: Desk,
    pub(crate) readers: usize,
}

impl Send {
    pub(crate) fn to(talk: Talk, script: Script, relay: &str) -> Self {
        let server = Relay::start(script.talking(talk));
        let desk = Desk::new(READERS, server.port());
        desk.configure(server.port(), &format!("lanes = 1\nwindow = {}\n{relay}", talk.window()));
        Self { relay: server, desk, readers: READERS }
    }

    /// With STARTTLS and a login, to a relay that is trusted through `ca-file`.
    pub(crate) fn secured(talk: Talk, script: Script, authority: &Authority) -> Self {
        let send = Self::to(talk, script, "user = \"ada\"\npassword-command = \"echo hunter2\"");
        send.desk.write("ca.pem", &authority.pem());
        send.bend("tls = \"none\"", "tls = \"starttls\"\nca-file = \"ca.pem\"");
        send
    }

    pub(crate) fn bend(&self, from: &str, to: &str) {
        let config = self.desk.read("config.toml");
        assert!(config.contains(from), "{config}");
        self.desk.write("config.toml", &config.replace(from, to));
    }

    pub(crate) fn impatient(self, phase: &str) -> Self {
        self.bend(&format!("{phase} = \"2s\""), &format!("{phase} = \"200ms\""));
        self
    }

    pub(crate) fn run(&self) -> Run {
        self.desk.run("--json send drafts/tide.md --yes")
    }

    /// Fails unless ledger and relay agree; gives the account.
    pub(crate) fn account(&self) -> Account {
        oracle::judge(&self.relay, &self.desk, self.readers)
    }

    pub(crate) fn all_pending(&self) {
        assert_eq!(self.account().of("pending"), READERS);
        assert_eq!(self.relay.stored(), 0);
    }

    pub(crate) fn all_sent(&self) {
        assert_eq!(self.account().of("sent"), self.readers);
    }
}

/// However a story ends, the ledger and the relay agree; but a relay that stalls never hears that we have gone.
impl Drop for Send {
    fn drop(&mut self) {
        let has_ledger = self.desk.path(".postrider/ledger.sqlite").exists();
        if has_ledger && !self.relay.stalls() && !std::thread::panicking() {
            self.account();
        }
    }
}
