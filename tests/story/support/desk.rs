//! An editor's desk: a folder with a draft, a list and a configuration, and the real binary to run in it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A project in a temporary folder.
pub(crate) struct Desk {
    folder: TempDir,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) const DRAFT: &str = "---\nsubject: The tide turns at six\nslug: tide\npreheader: Harbour times for the week.\n---\n\nDear {{ name | default(\"reader\") }},\n\nthe *tide* turns at six. [The table](https://example.org/tide) has more.\n";

/// A draft whose letters are larger than what two kernels hold, so that a relay sees the start of one before its end is
/// written. A draft is a megabyte at the most, but `=` is three bytes in quoted-printable, in either part.
pub(crate) fn large_draft() -> String {
    let text = format!("{}\n", "=".repeat(70)).repeat(13_000);
    format!("{DRAFT}\n```\n{text}```\n")
}

impl Desk {
    /// A desk with a draft, `readers` readers (`reader1@example.org` …) and a relay on this port.
    pub(crate) fn new(readers: usize, port: u16) -> Self {
        let desk = Self { folder: TempDir::new().unwrap() };
        desk.write("drafts/tide.md", DRAFT);
        desk.write("subscribers.toml", &list(readers));
        desk.configure(port, "");
        desk.write(".postrider/secret", &"5e".repeat(32));
        let secret = desk.path(".postrider/secret");
        fs::set_permissions(secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        desk
    }

    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// Writes config.toml with these further lines under `[relay]`.
    pub(crate) fn configure(&self, port: u16, relay: &str) {
        let rate = if relay.contains("rate =") { "" } else { "rate = \"100000/s\"" };
        self.write(
            "config.toml",
            &format!(
                "[newsletter]\nname = \"Harbour Notes\"\nfrom = \"notes@example.org\"\nlist-id = \"notes.example.org\"\n\
                 [relay]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n{rate}\n{relay}\n\
                 [relay.timeouts]\nconnect = \"2s\"\ngreeting = \"2s\"\ncommand = \"2s\"\nblock = \"2s\"\ndot = \"2s\"\n\
                 [unsubscribe]\nurl = \"https://lists.example.org/u/{{token}}\"\nmailto = \"unsubscribe@example.org\"\n"
            ),
        );
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn read_bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The files of a folder, by name.
    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Runs the binary with these words, and nothing on its standard input.
    pub(crate) fn run(&self, words: &str) -> Run {
        self.answer(words, "")
    }

    /// Runs the binary and types an answer.
    pub(crate) fn answer(&self, words: &str, typed: &str) -> Run {
        use std::io::Write as _;
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        Run::of(&child.wait_with_output().unwrap())
    }

    /// Starts the binary and does not wait for it.
    pub(crate) fn start(&self, words: &str) -> Child {
        self.command(words).stdin(Stdio::null()).spawn().unwrap()
    }

    /// The binary with these words, in this folder.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
        command.args(words.split_whitespace()).current_dir(self.folder.path());
        command.env("XDG_STATE_HOME", self.path("witnesses"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The counts of `status --json` for the issue `tide`.
    pub(crate) fn counts(&self) -> serde_json::Value {
        self.status()["counts"].clone()
    }

    /// What `status --json` says of the issue `tide`.
    pub(crate) fn status(&self) -> serde_json::Value {
        let run = self.run("--json status tide");
        assert_eq!(run.exit, Some(0), "{run:?}");
        serde_json::from_str(&run.stdout).unwrap()
    }
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            exit: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Fails with all that was printed unless it ended with this code.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.exit, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless stderr has these words.
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "no `{words}` in:\n{}", self.stderr);
        self
    }
}

/// A list of so many readers; every third has no name.
pub(crate) fn list(readers: usize) -> String {
    (1..=readers).map(|n| reader(n, if n % 3 == 0 { "" } else { "name = \"Ada\"\n" })).collect()
}

/// One row.
pub(crate) fn reader(number: usize, more: &str) -> String {
    format!("[[subscriber]]\nemail = \"reader{number}@example.org\"\n{more}\n")
}

/// The address of a reader.
pub(crate) fn address(number: usize) -> String {
    format!("reader{number}@example.org")
}

/// Sends a signal to a running process.
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}
