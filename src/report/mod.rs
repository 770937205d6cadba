//! Telling people and scripts what happened: the one place that prints.
//!
//! Data goes to stdout (`--json`, paths), words go to stderr. Nothing here decides anything.

pub mod catalogue;
mod findings;
pub mod formats;
mod progress;
mod summary;
pub mod words;

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use crate::finding::{Finding, printable};
pub use progress::narrate;
pub use summary::{Bound, Summary, finished};

/// A terminal that says it is narrower is not believed.
const NARROWEST: usize = 20;

/// Where output goes and how it looks; decided once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent properties of a terminal, not a state"
)]
pub struct Printer {
    /// One JSON object a line on stdout.
    pub json: bool,
    /// Only errors on stderr.
    pub quiet: bool,
    /// Colours on stderr.
    pub colour: bool,
    /// A progress bar on stderr.
    pub live: bool,
    /// The columns of the terminal behind stderr. Elsewhere a line is as long as it is.
    pub columns: Option<usize>,
}

impl Printer {
    /// Says nothing but errors.
    pub const QUIET: Self =
        Self { json: false, quiet: true, colour: false, live: false, columns: None };

    /// A printer for this terminal. `no_colour` is the `NO_COLOR` convention.
    pub fn new(json: bool, quiet: bool, no_colour: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let columns = rustix::termios::tcgetwinsize(io::stderr())
            .ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns >= NARROWEST);
        Self { json, quiet, colour: terminal && !no_colour, live: terminal && !quiet, columns }
    }

    /// A line for people.
    pub fn say(self, words: impl AsRef<str>) {
        if !self.quiet {
            Self::err(&self.filled(&printable(words.as_ref().to_owned())));
        }
    }

    /// Lines broken between words where the terminal would break them anywhere; what goes on is indented.
    fn filled(self, text: &str) -> String {
        let Some(columns) = self.columns else { return text.to_owned() };
        let fill = |line: &str| {
            let indent = " ".repeat(line.len() - line.trim_start_matches(' ').len() + 2);
            let options = textwrap::Options::new(columns)
                .subsequent_indent(&indent)
                .word_separator(textwrap::WordSeparator::AsciiSpace)
                .word_splitter(textwrap::WordSplitter::NoHyphenation)
                .break_words(false);
            textwrap::fill(line, options)
        };
        text.split('\n').map(fill).collect::<Vec<_>>().join("\n")
    }

    /// A failure that has no place in a file.
    pub fn error(self, words: &str, help: Option<&str>) {
        let printable = |words: &str| printable(words.to_owned());
        let line = format!("{} {}", self.paint("1;31", "error:"), printable(words));
        Self::err(&self.filled(&line));
        if let Some(help) = help {
            let line = format!("{} {}", self.paint("1;36", "help:"), printable(help));
            Self::err(&self.filled(&line));
        }
    }

    /// Findings with their places; remarks are left out when quiet.
    pub fn findings(self, found: &[Finding]) {
        let mut out = io::BufWriter::new(io::stderr().lock());
        for finding in found.iter().filter(|finding| finding.is_error() || !self.quiet) {
            let _ = writeln!(out, "{}", findings::text(finding, self));
        }
    }

    /// A line of data on stdout. A closed pipe is the reader's choice, not an error.
    pub fn data(self, line: impl AsRef<str>) {
        let _ = writeln!(io::stdout().lock(), "{}", line.as_ref());
    }

    /// A JSON object on stdout, with `--json`.
    pub fn json(self, value: &Value) {
        if self.json {
            self.data(value.to_string());
        }
    }

    /// JSON objects on stdout, with `--json`, in one write.
    fn json_lines(self, values: impl Iterator<Item = Value>) {
        if self.json {
            let lines: String = values.map(|value| value.to_string() + "\n").collect();
            let mut out = io::stdout().lock();
            // A closed pipe is the reader's choice, not an error.
            let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
        }
    }

    fn err(line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// `text` in an SGR style, where there are colours.
    fn paint(self, style: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Standard output for much data. A closed pipe is the reader's choice, not an error.
pub fn stdout() -> impl Write {
    io::BufWriter::new(Pipe(io::stdout().lock()))
}

struct Pipe<W>(W);

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_closed(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_closed(self.0.flush(), ())
    }
}

fn unless_closed<T>(written: io::Result<T>, all: T) -> io::Result<T> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(all),
        other => other,
    }
}
