//! Secrets: read when they are needed, kept out of everything that is shown.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::config::SecretSource;
use crate::finding::{Finding, shown};
use crate::rule::SECRET_UNREADABLE;

/// A password or key, overwritten when it is dropped. Has no `Display`, and its `Debug` is blind: only
/// [`Secret::expose`] gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// The longest first line that is taken for a secret.
const LONGEST: u64 = 64 * 1024;

/// How long `password-command` may take: somebody may have to unlock a password manager first.
const PATIENCE: Duration = Duration::from_mins(2);

impl Secret {
    /// A secret that is known already.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Reads the first line of what the source holds; an empty one is refused.
    ///
    /// What a command prints on stderr is thrown away: a password manager in distress may print anything.
    pub fn read(source: &SecretSource) -> Result<Self, Box<Finding>> {
        let bytes = match source {
            SecretSource::Command(command) => from_command(command, PATIENCE),
            SecretSource::File(path) => {
                private_file(path, "its first line is the secret, as UTF-8 text")
            }
            SecretSource::Env(name) => from_environment(name),
        }?;
        let name = match source {
            SecretSource::Command(_) => "password-command".into(),
            SecretSource::File(path) => path.display().to_string(),
            SecretSource::Env(name) => format!("variable {}", shown(name)),
        };
        Self::first_line(&name, &bytes)
    }

    /// As [`Secret::read`] from a command, without blocking; dropping the future ends the command. `key` is what
    /// messages call it.
    pub async fn ask(key: &str, command: &str) -> Result<Self, Box<Finding>> {
        let mut shell = tokio::process::Command::new("sh");
        shell.args(["-c", command]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let output = shell.output().await.map_err(|error| not_started(key, &error))?;
        let printed = Zeroizing::new(output.stdout);
        check_end(key, output.status)?;
        Self::first_line(key, &printed)
    }

    fn first_line(name: &str, bytes: &[u8]) -> Result<Self, Box<Finding>> {
        let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match std::str::from_utf8(line) {
            Ok("") => Err(unreadable(name, "the secret is empty")),
            Ok(text) if text.contains('\0') => {
                Err(unreadable(name, "the secret holds a NUL character (RFC 4616)"))
            }
            Ok(text) => Ok(Self::new(text)),
            Err(_) => Err(unreadable(name, "the secret is not UTF-8")),
        }
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What a command prints on its first line. It may ask its user on the terminal.
fn from_command(command: &str, patience: Duration) -> Result<Zeroizing<Vec<u8>>, Box<Finding>> {
    const KEY: &str = "password-command";
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = shell.spawn().map_err(|error| not_started(KEY, &error))?;
    let line = first_line(&mut child);
    let ended = wait(&mut child, patience)
        .map_err(|error| failed(KEY, format!("the command cannot be waited for: {error}")))?;
    let Some(status) = ended else {
        return Err(failed(KEY, format!("the command has not ended within {patience:?}")));
    };
    check_end(KEY, status)?;
    // What it has left running may hold the pipe open, but the line was written before it ended.
    let line = line.recv_timeout(Duration::from_secs(1)).ok().and_then(Result::ok);
    line.ok_or_else(|| failed(KEY, "what the command prints cannot be read".into()))
}

/// Reads the first line of what a command prints, and lets it print the rest.
fn first_line(child: &mut Child) -> mpsc::Receiver<io::Result<Zeroizing<Vec<u8>>>> {
    let (told, line) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            let mut bytes = Zeroizing::new(Vec::new());
            let read = stdout.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
            // Nobody listens any more when the command was given up.
            let _ = told.send(read.map(|_| bytes));
            let _ = io::copy(&mut stdout, &mut io::sink());
        });
    }
    line
}

/// How a command ended; nothing if it had to be killed.
fn wait(child: &mut Child, patience: Duration) -> io::Result<Option<ExitStatus>> {
    const LOOK: Duration = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    while waited < patience {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(LOOK);
        waited += LOOK;
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn check_end(key: &str, status: ExitStatus) -> Result<(), Box<Finding>> {
    if status.success() {
        return Ok(());
    }
    Err(failed(key, format!("the command failed ({status}); its output is hidden")))
}

fn not_started(key: &str, error: &io::Error) -> Box<Finding> {
    failed(key, format!("cannot start `sh`: {error}"))
}

/// A finding about a command. The command itself is not shown either: people write `echo PASSWORD`.
fn failed(key: &str, what: String) -> Box<Finding> {
    let finding = Finding::about(&SECRET_UNREADABLE, key, what);
    Box::new(finding.help("run it yourself to see what it says; here its output stays hidden"))
}

/// Reads a file that nobody else may read, at most 64 KiB of it. `content` says what should be in it. Whose file it is does
/// not matter: with these bits only its owner and root can read it, and a container reads its host's files as root.
pub(super) fn private_file(path: &Path, content: &str) -> Result<Zeroizing<Vec<u8>>, Box<Finding>> {
    let failed = |what: String, help: String| {
        let finding = Finding::about(&SECRET_UNREADABLE, path.display().to_string(), what);
        Box::new(finding.help(help))
    };
    let unreadable = |error: io::Error| {
        let what = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        failed(what, content.into())
    };
    #[expect(clippy::disallowed_methods, reason = "secrets are read here and nowhere else")]
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(failed("is not a regular file".into(), "name a file that holds it".into()));
    }
    if let Some(mode) = open_to_others(&metadata) {
        return Err(failed(
            format!("others may read this file (mode {mode:03o})"),
            format!("type `chmod 600 {}`", path.display()),
        ));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LONGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// The permission bits, if group or others have any.
#[cfg(unix)]
fn open_to_others(metadata: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Elsewhere access lists decide, which the standard library does not show.
#[cfg(not(unix))]
fn open_to_others(_: &std::fs::Metadata) -> Option<u32> {
    None
}

fn from_environment(name: &str) -> Result<Zeroizing<Vec<u8>>, Box<Finding>> {
    #[expect(clippy::disallowed_methods, reason = "secrets are read here and nowhere else")]
    let value = std::env::var_os(name);
    value.map(|value| Zeroizing::new(value.into_encoded_bytes())).ok_or_else(|| {
        let what = format!("variable `{}` is not set", shown(name));
        let finding = Finding::about(&SECRET_UNREADABLE, "environment", what);
        Box::new(
            finding.help(format!("set it where you run this: `{}=… postrider …`", shown(name))),
        )
    })
}

/// A finding about what was read; what was read is not in it.
fn unreadable(name: &str, what: &str) -> Box<Finding> {
    let finding = Finding::about(&SECRET_UNREADABLE, name, what);
    Box::new(finding.help("its first line is the secret, as UTF-8 text"))
}

/// Bytes that nobody can guess, from the system.
#[expect(clippy::disallowed_methods, reason = "the one place where secrets are made")]
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| io::Error::other(format!("the system gives no randomness: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> Result<Secret, Box<Finding>> {
        Secret::read(&SecretSource::Command(text.into()))
    }

    #[cfg(unix)]
    fn file(mode: u32, content: &[u8]) -> (Result<Secret, Box<Finding>>, tempfile::TempDir) {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        let mut options = std::fs::OpenOptions::new();
        options
            .write(true)
            .create(true)
            .mode(mode)
            .open(&path)
            .unwrap()
            .write_all(content)
            .unwrap();
        (Secret::read(&SecretSource::File(path)), dir)
    }

    #[test]
    fn the_first_line_of_a_command_is_the_secret() {
        assert_eq!(command("printf 'hunter2\\r\\nuser: ada\\n'").unwrap().expose(), "hunter2");
    }

    #[test]
    fn a_command_is_not_waited_for_without_end_nor_for_what_it_leaves_running() {
        let finding = from_command("sleep 1000", Duration::from_millis(50)).unwrap_err();
        assert_eq!(finding.message, "the command has not ended within 50ms");
        assert_eq!(command("sleep 2 & echo hunter2").unwrap().expose(), "hunter2");
        let much = "echo hunter2; head -c 1000000 /dev/zero";
        assert_eq!(command(much).unwrap().expose(), "hunter2");
    }

    #[test]
    fn a_failing_command_shows_nothing_of_what_it_printed() {
        let finding = command("echo hunter2; echo hunter2 >&2; exit 3").unwrap_err();
        assert_eq!(finding.rule.id, "secret-unreadable");
        assert_eq!(finding.message, "the command failed (exit status: 3); its output is hidden");
        assert_eq!(command("true").unwrap_err().message, "the secret is empty");
        assert!(!finding.help.unwrap().contains("hunter2"));
        let finding = command("printf 'hunter\\0002'").unwrap_err();
        assert_eq!(finding.message, "the secret holds a NUL character (RFC 4616)");
        let finding = command("printf 'hunter2\\377'").unwrap_err();
        assert!(!format!("{finding:?}").contains("hunter2"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        assert_eq!(file(0o600, b"hunter2\n").0.unwrap().expose(), "hunter2");
        let (result, dir) = file(0o640, b"hunter2\n");
        let finding = result.unwrap_err();
        assert_eq!(finding.message, "others may read this file (mode 640)");
        let help = format!("type `chmod 600 {}`", dir.path().join("password").display());
        assert_eq!(finding.help, Some(help));
        let folder = Secret::read(&SecretSource::File(dir.path().into())).unwrap_err();
        assert_eq!(folder.message, "is not a regular file");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let finding = Secret::read(&SecretSource::Env("POSTRIDER_NO_SUCH".into())).unwrap_err();
        assert_eq!(finding.message, "variable `POSTRIDER_NO_SUCH` is not set");
    }

    #[test]
    fn a_panic_with_a_secret_in_hand_tells_nothing_of_it() {
        let panicked = std::panic::catch_unwind(|| {
            let secret = Secret::new("hunter2");
            assert_eq!(Some(format!("{secret:?}")), None, "{secret:?} {:#?}", Some(&secret));
        });
        let said = panicked.unwrap_err().downcast::<String>().unwrap();
        assert!(said.contains("Secret") && !said.contains("hunter2"), "{said}");
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(..)");
    }
}
