//! The relay of the configuration as a transport: password, trust and our name for EHLO.

use crate::config::{Proof, Relay, SecretSource};
use crate::io::host;
use crate::io::secret::Secret;
use crate::io::smtp::{SmtpTransport, Trust};

use super::super::failure::Failure;
use super::super::project::Project;

/// A transport to `relay`, whose paths are relative to the project.
pub(super) fn transport(relay: &Relay, project: &Project) -> Result<SmtpTransport, Failure> {
    let proof = relay.login.as_ref().map(|login| &login.proof);
    let password = match proof {
        Some(Proof::Password(source)) => Some(Secret::read(&located(source, project))?),
        // A token is asked for when there is a connection to log in on.
        Some(Proof::Token(_)) | None => None,
    };
    let ca_file = relay.ca_file.as_ref().map(|path| project.path(path));
    let relay = Relay { ca_file, ..relay.clone() };
    let trust = Trust::of(&relay)?;
    Ok(SmtpTransport::new(&relay, password, &host::name(), &trust)?)
}

/// A secret whose file is where the project says.
pub(in super::super) fn located(source: &SecretSource, project: &Project) -> SecretSource {
    match source {
        SecretSource::File(path) => SecretSource::File(project.path(path)),
        other => other.clone(),
    }
}
