//! What this machine is called, which one it is, and how long it has slept.

use std::time::Duration;

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

/// How long the machine has been suspended since it was started; nothing where the kernel does not count it.
pub fn slept() -> Duration {
    #[cfg(target_os = "linux")]
    {
        use rustix::time::{ClockId, clock_gettime};
        // Read in this order, so that what passes between the two is no sleep.
        let boot = Duration::try_from(clock_gettime(ClockId::Boottime));
        let awake = Duration::try_from(clock_gettime(ClockId::Monotonic));
        boot.unwrap_or_default().saturating_sub(awake.unwrap_or_default())
    }
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}
