//! DKIM keys as files: read when letters are signed, made by `postrider dkim new`.

use std::path::Path;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::secret;
use crate::config::DkimAlgorithm;
use crate::finding::Finding;
use crate::message::dkim::{KeyError, SigningKey};
use crate::rule;

/// Reads a key of this kind from a file that nobody else may read.
pub fn read(path: &Path, wanted: DkimAlgorithm) -> Result<SigningKey, Box<Finding>> {
    let file = path.display();
    let pem = secret::private_file(path, "`postrider dkim new` makes a key; it is a file in PEM")?;
    let refused = |message: String, help: String| {
        Box::new(Finding::about(&rule::DKIM_KEY, file.to_string(), message).help(help))
    };
    let key = SigningKey::parse(&pem).map_err(|error| {
        let help = match error {
            KeyError::Encrypted => format!(
                "take it off into a new file: `umask 077; openssl pkey -in {file} -out NEW.pem`"
            ),
            KeyError::NotPem | KeyError::OtherKind | KeyError::TooSmall(_) => {
                "`postrider dkim new` makes a key and shows its DNS record".into()
            }
        };
        refused(error.to_string(), help)
    })?;
    match (wanted, key.algorithm()) {
        (DkimAlgorithm::Rsa, DkimAlgorithm::Ed25519) => Err(refused(
            "holds an Ed25519 key, which many receivers do not check".into(),
            "name it in `dkim.ed25519-key-file`, and an RSA key in `dkim.key-file`".into(),
        )),
        (DkimAlgorithm::Ed25519, DkimAlgorithm::Rsa) => Err(refused(
            "holds an RSA key".into(),
            "name it in `dkim.key-file`; `postrider dkim new --ed25519` makes the other".into(),
        )),
        _ => Ok(key),
    }
}

/// Makes a key that nobody else has, as PKCS#8 in PEM. RSA has 2048 bits: more does not fit one DNS packet everywhere.
pub fn make(algorithm: DkimAlgorithm) -> std::io::Result<String> {
    let refused = |_: Unspecified| std::io::Error::other("the system gives no randomness");
    let der: Pkcs8V1Der<'_> = match algorithm {
        DkimAlgorithm::Rsa => RsaKeyPair::generate(KeySize::Rsa2048).and_then(|key| key.as_der()),
        DkimAlgorithm::Ed25519 => Ed25519KeyPair::generate().and_then(|key| key.as_der()),
    }
    .map_err(refused)?;
    let base64 = STANDARD.encode(der.as_ref());
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
}
