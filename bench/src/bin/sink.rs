//! A relay that takes every letter, keeps none and is never what a client waits for: `sink PORT`.
//!
//! Offers PIPELINING, CHUNKING, SIZE, 8BITMIME and SMTPUTF8. All that has come in is answered with one write. On SIGTERM it
//! prints how many letters, bytes, connections and turns there were; a turn is one write of replies, so turns per letter are
//! the round trips that a letter costs on a connection.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use memchr::{memchr, memmem};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

static LETTERS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
static TURNS: AtomicU64 = AtomicU64::new(0);

const HELLO: &[u8] =
    b"250-sink\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n";
const TAKEN: &[u8] = b"250 2.0.0 Ok: queued as 4242424242\r\n";

/// What the next bytes of a connection are.
enum Phase {
    Command,
    Data,
    Chunk { left: usize, last: bool },
}

/// One connection: what has come in, and what is to be said.
struct Dialogue {
    input: Vec<u8>,
    replies: Vec<u8>,
    phase: Phase,
}

impl Dialogue {
    /// Reads on from `at`; gives where it has come to, or nothing after QUIT.
    fn step(&mut self, mut at: usize) -> Option<usize> {
        loop {
            let rest = &self.input[at..];
            match self.phase {
                Phase::Command => {
                    let Some(end) = memchr(b'\n', rest) else { return Some(at) };
                    let line = rest[..end].to_ascii_lowercase();
                    at += end + 1;
                    self.command(&line)?;
                }
                Phase::Data => {
                    let Some(end) = memmem::find(rest, b"\r\n.\r\n") else {
                        return Some(at + rest.len().saturating_sub(4));
                    };
                    at += end + 5;
                    self.taken();
                }
                Phase::Chunk { left, last } => {
                    let taken = left.min(rest.len());
                    at += taken;
                    if taken < left {
                        self.phase = Phase::Chunk { left: left - taken, last };
                        return Some(at);
                    }
                    if last {
                        self.taken();
                    } else {
                        self.phase = Phase::Command;
                        self.replies.extend_from_slice(b"250 2.0.0 Ok\r\n");
                    }
                }
            }
        }
    }

    fn taken(&mut self) {
        LETTERS.fetch_add(1, Relaxed);
        self.replies.extend_from_slice(TAKEN);
        self.phase = Phase::Command;
    }

    fn command(&mut self, line: &[u8]) -> Option<()> {
        let reply: &[u8] = match line.get(..4).unwrap_or_default() {
            b"ehlo" | b"helo" => HELLO,
            b"mail" => b"250 2.1.0 Ok\r\n",
            b"rcpt" => b"250 2.1.5 Ok\r\n",
            b"data" => {
                self.phase = Phase::Data;
                b"354 End data with <CR><LF>.<CR><LF>\r\n"
            }
            b"bdat" => {
                let words = String::from_utf8_lossy(line);
                let mut words = words.split_whitespace().skip(1);
                let left = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                self.phase = Phase::Chunk { left, last: words.next().is_some() };
                b""
            }
            b"rset" | b"noop" => b"250 2.0.0 Ok\r\n",
            b"quit" => {
                self.replies.extend_from_slice(b"221 2.0.0 Bye\r\n");
                return None;
            }
            _ => b"502 5.5.2 unknown\r\n",
        };
        self.replies.extend_from_slice(reply);
        Some(())
    }
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    CONNECTIONS.fetch_add(1, Relaxed);
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    let mut dialogue =
        Dialogue { input: Vec::with_capacity(512 * 1024), replies: Vec::new(), phase: Phase::Command };
    loop {
        let length = stream.read_buf(&mut dialogue.input).await?;
        BYTES.fetch_add(length as u64, Relaxed);
        let done = dialogue.step(0);
        if !dialogue.replies.is_empty() {
            TURNS.fetch_add(1, Relaxed);
            stream.write_all(&dialogue.replies).await?;
            dialogue.replies.clear();
        }
        let Some(done) = done.filter(|_| length > 0) else { return Ok(()) };
        dialogue.input.drain(..done);
        dialogue.input.reserve(64 * 1024);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).and_then(|word| word.parse().ok()).expect("PORT");
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let mut stop = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                tokio::spawn(serve(accepted?.0));
            }
            _ = stop.recv() => {
                let [letters, bytes, connections, turns] =
                    [&LETTERS, &BYTES, &CONNECTIONS, &TURNS].map(|count| count.load(Relaxed));
                println!("{{\"letters\":{letters},\"bytes\":{bytes},\"connections\":{connections},\"turns\":{turns}}}");
                return Ok(());
            }
        }
    }
}
