//! Keys that sign: read from PEM, never shown.

use std::fmt;

use aws_lc_rs::digest::Digest;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

use crate::config::DkimAlgorithm;

/// A private key for DKIM. Its `Debug` says only its kind.
pub struct SigningKey(Pair);

enum Pair {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Why a text is not a key we sign with. It never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No `-----BEGIN … PRIVATE KEY-----` and its END around base64.
    #[error("holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`)")]
    NotPem,
    /// A passphrase would be needed.
    #[error("is encrypted with a passphrase")]
    Encrypted,
    /// Broken, or of another kind.
    #[error("holds neither an RSA key nor an Ed25519 key")]
    OtherKind,
    /// RFC 8301 3.2 wants 2048 bits; providers refuse less than 1024.
    #[error("is an RSA key of {0} bits, less than 2048")]
    TooSmall(usize),
}

impl SigningKey {
    /// Reads a key from PEM: PKCS#8 (RFC 5958), or for RSA PKCS#1 (RFC 8017 A.1.2) too.
    pub fn parse(pem: &[u8]) -> Result<Self, KeyError> {
        // PKCS#8, and what OpenSSL wrote before.
        let marks: [&[u8]; 2] = [b"ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];
        if marks.iter().any(|mark| memchr::memmem::find(pem, mark).is_some()) {
            return Err(KeyError::Encrypted);
        }
        // The words of these errors would quote the file.
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyError::NotPem)?;
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => {
                RsaKeyPair::from_der(der.secret_pkcs1_der()).map(Pair::Rsa)
            }
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                RsaKeyPair::from_pkcs8(der)
                    .map(Pair::Rsa)
                    .or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Pair::Ed25519))
            }
            _ => return Err(KeyError::OtherKind),
        };
        pair.map(Self).map_err(|_| match modulus_bits(&der) {
            Some(bits) if bits < 2048 => KeyError::TooSmall(bits),
            _ => KeyError::OtherKind,
        })
    }

    /// How it signs.
    pub fn algorithm(&self) -> DkimAlgorithm {
        match self.0 {
            Pair::Rsa(_) => DkimAlgorithm::Rsa,
            Pair::Ed25519(_) => DkimAlgorithm::Ed25519,
        }
    }

    /// What the DNS record holds of it: `SubjectPublicKeyInfo` for RSA (RFC 6376 3.6.1), the bare 32 bytes for Ed25519
    /// (RFC 8463 4.2). `None` if the crypto library cannot tell.
    pub fn public(&self) -> Option<Vec<u8>> {
        match &self.0 {
            Pair::Rsa(pair) => Some(pair.public_key().as_der().ok()?.as_ref().to_vec()),
            Pair::Ed25519(pair) => Some(pair.public_key().as_ref().to_vec()),
        }
    }

    /// Bytes in a signature.
    pub(super) fn signature_len(&self) -> usize {
        match &self.0 {
            Pair::Rsa(pair) => pair.public_modulus_len(),
            Pair::Ed25519(_) => 64,
        }
    }

    /// Signs a SHA-256 digest; the same digest has the same signature. `None` if the crypto library cannot.
    pub(super) fn sign(&self, digest: &Digest) -> Option<Vec<u8>> {
        match &self.0 {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, digest, &mut signature).ok()?;
                Some(signature)
            }
            Pair::Ed25519(pair) => Some(pair.try_sign(digest.as_ref()).ok()?.as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, ..)", self.algorithm())
    }
}

/// The size of an RSA key, also of one that the crypto library does not take.
fn modulus_bits(der: &PrivateKeyDer<'_>) -> Option<usize> {
    const INTEGER: u8 = 2;
    const OCTETS: u8 = 4;
    const SEQUENCE: u8 = 0x30;
    let key = match der {
        PrivateKeyDer::Pkcs1(der) => der.secret_pkcs1_der(),
        PrivateKeyDer::Pkcs8(der) => {
            let (info, _) = element(der.secret_pkcs8_der(), SEQUENCE)?;
            let (_, info) = element(info, INTEGER)?;
            let (_, info) = element(info, SEQUENCE)?;
            element(info, OCTETS)?.0
        }
        _ => return None,
    };
    let (key, _) = element(key, SEQUENCE)?;
    let (_, key) = element(key, INTEGER)?;
    let (modulus, _) = element(key, INTEGER)?;
    let modulus = &modulus[modulus.iter().position(|&byte| byte != 0)?..];
    Some(modulus.len() * 8 - modulus[0].leading_zeros() as usize)
}

/// The content of the first element, which must have this tag, and what follows it (X.690 8.1).
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(first) {
        short @ 0..0x80 => (short, rest),
        long => {
            let (length, rest) = rest.split_at_checked(long - 0x80)?;
            let length = length.iter().try_fold(0_usize, |sum, &byte| {
                sum.checked_mul(256)?.checked_add(usize::from(byte))
            })?;
            (length, rest)
        }
    };
    (found == tag).then(|| rest.split_at_checked(length)).flatten()
}
