//! Whose certificates count: the platform's authorities, or those of a file.

use std::sync::Arc;

use rustls_platform_verifier::BuilderVerifierExt;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::config::Relay;
use crate::finding::Finding;
use crate::rule::FILE_UNREADABLE;

/// Who vouches for the relay. Its host name is checked in any case.
#[derive(Debug, Clone)]
pub enum Trust {
    /// The authorities the operating system trusts.
    Platform,
    /// These, and no others.
    Authorities(Arc<RootCertStore>),
}

impl Trust {
    /// What the configuration says: `ca-file`, or the platform.
    pub fn of(relay: &Relay) -> Result<Self, Box<Finding>> {
        let Some(path) = &relay.ca_file else { return Ok(Self::Platform) };
        let name = path.display().to_string();
        #[expect(
            clippy::disallowed_methods,
            reason = "certificates are read here and nowhere else"
        )]
        let pem = std::fs::read(path).map_err(|error| {
            let what = format!("cannot read: {error}");
            let finding = Finding::about(&FILE_UNREADABLE, &name, what);
            Box::new(
                finding.help("`ca-file` in `[relay]` names a PEM file of certificate authorities"),
            )
        })?;
        Self::authorities(&name, &pem)
    }

    /// The certificates in a PEM text, at least one; `name` is what messages call it.
    pub fn authorities(name: &str, pem: &[u8]) -> Result<Self, Box<Finding>> {
        let unusable = |what: String| {
            let finding = Finding::about(&FILE_UNREADABLE, name, what);
            Box::new(
                finding.help("`-----BEGIN CERTIFICATE-----` starts each certificate in a PEM file"),
            )
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| unusable(format!("is not PEM: {error}")))?;
            roots
                .add(certificate)
                .map_err(|error| unusable(format!("holds an unusable certificate: {error}")))?;
        }
        if roots.is_empty() {
            return Err(unusable("holds no certificate".into()));
        }
        Ok(Self::Authorities(Arc::new(roots)))
    }

    /// TLS 1.2 or 1.3, without ALPN.
    pub(in crate::io) fn connector(&self) -> Result<TlsConnector, Box<Finding>> {
        let config = self.client_config().map_err(|error| {
            let finding =
                Finding::about(&FILE_UNREADABLE, "platform certificates", error.to_string());
            Box::new(finding.help("install the system's CA certificates, or name a PEM file as `ca-file` in `[relay]`"))
        })?;
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn client_config(&self) -> Result<ClientConfig, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?;
        let builder = match self {
            Self::Platform => builder.with_platform_verifier()?,
            Self::Authorities(roots) => builder.with_root_certificates(Arc::clone(roots)),
        };
        Ok(builder.with_no_client_auth())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused_by_name() {
        let finding = Trust::authorities("ca.pem", b"hello").unwrap_err();
        assert_eq!(
            (finding.file.as_str(), finding.message.as_str()),
            ("ca.pem", "holds no certificate")
        );
        let key = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let finding = Trust::authorities("ca.pem", key).unwrap_err();
        assert!(
            finding.message.starts_with("holds an unusable certificate"),
            "{}",
            finding.message
        );
    }
}
