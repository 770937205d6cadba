//! What this machine is called, and which one it is.

/// The host name as the kernel has it, or `localhost`.
#[expect(clippy::disallowed_methods, reason = "the kernel's name of this machine is a file")]
pub fn name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "localhost".into() } else { name.trim().to_owned() }
}

/// Which machine this is: a digest of its machine-id(5), which is not to be shown around, or of its name.
#[expect(clippy::disallowed_methods, reason = "the machine's id is a file")]
pub fn machine() -> String {
    use sha2::Digest as _;
    let id = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let id = if id.trim().is_empty() { name() } else { id.trim().to_owned() };
    let digest = sha2::Sha256::digest(format!("postrider ledger on {id}"));
    digest[..16].iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
