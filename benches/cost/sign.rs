//! What signatures cost a letter of 20 KB, beside signing alone: `cargo bench --bench cost sign`.

use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_lc_rs::{digest, rand};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;

use super::support::{self, ED25519, RSA};

/// Renders one reader's letter again and again, signed with these keys.
fn render(bencher: Bencher<'_, '_>, keys: &[&[u8]]) {
    let (letters, reader) = (support::letters(&support::draft(), keys), support::reader());
    let bytes = letters.render(&reader).unwrap().content.len();
    bencher.counter(BytesCount::new(bytes)).bench(|| letters.render(black_box(&reader)));
}

#[divan::bench]
fn unsigned(bencher: Bencher<'_, '_>) {
    render(bencher, &[]);
}

#[divan::bench]
fn rsa(bencher: Bencher<'_, '_>) {
    render(bencher, &[RSA]);
}

#[divan::bench]
fn ed25519(bencher: Bencher<'_, '_>) {
    render(bencher, &[ED25519]);
}

#[divan::bench]
fn rsa_and_ed25519(bencher: Bencher<'_, '_>) {
    render(bencher, &[RSA, ED25519]);
}

/// One RSA-2048 signature of a digest, and nothing else.
#[divan::bench]
fn bare_rsa(bencher: Bencher<'_, '_>) {
    let der = PrivatePkcs8KeyDer::from_pem_slice(RSA).unwrap();
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let message = digest::digest(&digest::SHA256, b"tide");
    let (random, mut signature) = (rand::SystemRandom::new(), vec![0; pair.public_modulus_len()]);
    bencher.bench_local(|| {
        pair.sign(&RSA_PKCS1_SHA256, &random, message.as_ref(), &mut signature).unwrap();
    });
}

/// One Ed25519 signature of a digest, and nothing else.
#[divan::bench]
fn bare_ed25519(bencher: Bencher<'_, '_>) {
    let der = PrivatePkcs8KeyDer::from_pem_slice(ED25519).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()).unwrap();
    let message = digest::digest(&digest::SHA256, b"tide");
    bencher.bench(|| pair.sign(black_box(message.as_ref())));
}

/// SHA-256 over as many bytes as a letter has.
#[divan::bench]
fn bare_hash(bencher: Bencher<'_, '_>) {
    let letters = support::letters(&support::draft(), &[]);
    let bytes = letters.render(&support::reader()).unwrap().content.to_vec();
    let count = BytesCount::new(bytes.len());
    bencher.counter(count).bench(|| digest::digest(&digest::SHA256, black_box(&bytes)));
}
