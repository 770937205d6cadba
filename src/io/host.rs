//! What this machine is called.

/// The host name as the kernel has it, or `localhost`.
#[expect(clippy::disallowed_methods, reason = "the kernel's name of this machine is a file")]
pub fn name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "localhost".into() } else { name.trim().to_owned() }
}
