//! The built-in catcher: a real SMTP server on loopback that hands letters to a folder instead of to readers.
//!
//! `send --sandbox` talks to it over the same wire as to a relay. It runs on a thread of its own, so that storing
//! letters never holds up the sender's tasks. There is no TLS and no AUTH: it cannot be reached from elsewhere.

mod dialogue;
mod maildir;
mod path;

use std::io;
use std::net::{Ipv4Addr, TcpListener as StdTcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use dialogue::Dialogue;
use maildir::Maildir;

/// Connections served at the same time; further ones are sent away with 421.
const CONNECTIONS: usize = 100;
/// How long a client may be silent, or leave our replies unread (RFC 5321 4.5.3.2.7).
const PATIENCE: Duration = Duration::from_mins(5);
/// Room for one read: some hundred pipelined commands, or a good part of a letter.
const BLOCK: usize = 64 * 1024;
/// What a connection keeps of its buffer between letters.
const KEPT: usize = 1024 * 1024;

/// A running catcher. Dropping it ends it too, without waiting.
#[derive(Debug)]
pub struct Sandbox {
    port: u16,
    caught: Arc<AtomicU64>,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Sandbox {
    /// Starts a catcher on a free port of 127.0.0.1 that puts letters into `folder/new`.
    ///
    /// The folder is made if need be. Letters that lie there already are kept, and numbers go on after theirs.
    pub fn start(folder: PathBuf) -> io::Result<Self> {
        let caught = Arc::new(AtomicU64::new(0));
        let maildir = Maildir::open(folder, Arc::clone(&caught))?;
        let listener = StdTcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("sandbox".into())
            .spawn(move || runtime.block_on(serve(listener, maildir, stopped)))?;
        Ok(Self { port, caught, stop, thread })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Letters stored so far; each was counted before its 250 was sent.
    pub fn caught(&self) -> u64 {
        self.caught.load(Ordering::Acquire)
    }

    /// Hangs up all connections and waits for the thread to end, which takes no longer than storing one letter.
    pub fn stop(self) {
        // Both fail only if the thread has ended already.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

/// Accepts connections until `stop` is sent or dropped.
async fn serve(listener: TcpListener, maildir: Maildir, stop: oneshot::Receiver<()>) {
    let maildir = Arc::new(maildir);
    let mut connections = JoinSet::new();
    let accept = async {
        loop {
            while connections.try_join_next().is_some() {}
            match listener.accept().await {
                Ok((stream, _)) => {
                    let is_full = connections.len() >= CONNECTIONS;
                    connections.spawn(converse(stream, Arc::clone(&maildir), is_full));
                }
                // Out of file descriptors, or a client that left at once: neither ends the catcher.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    tokio::select! {
        () = accept => {}
        _ = stop => {}
    }
}

/// One connection. A failure is the client's to notice: it is told nothing more, and no letter was taken.
async fn converse(mut stream: TcpStream, maildir: Arc<Maildir>, is_full: bool) {
    drop(try_to_converse(&mut stream, &maildir, is_full).await);
}

async fn try_to_converse(
    stream: &mut TcpStream,
    maildir: &Maildir,
    is_full: bool,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if is_full {
        return stream.write_all(dialogue::TOO_MANY).await;
    }
    let mut dialogue = Dialogue::default();
    let mut replies = dialogue::GREETING.to_vec();
    let mut input = Vec::with_capacity(BLOCK);
    loop {
        timeout(PATIENCE, stream.write_all(&replies)).await??;
        replies.clear();
        if dialogue.has_ended() {
            return stream.shutdown().await;
        }
        input.reserve(BLOCK);
        match timeout(PATIENCE, stream.read_buf(&mut input)).await {
            Ok(Ok(0)) => return Ok(()),
            Ok(read) => read?,
            Err(_) => return stream.write_all(dialogue::TOO_SLOW).await,
        };
        // All replies to what one read brought go out in one write (RFC 2920 3.2).
        let used = dialogue
            .feed(&input, &mut replies, |recipients, letter| maildir.store(recipients, letter));
        input.drain(..used);
        if input.is_empty() && input.capacity() > KEPT {
            input = Vec::with_capacity(BLOCK);
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests read what was stored")]
mod tests;
