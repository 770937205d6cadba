//! The dialogue over a pipe in memory, with the clock paused: time passes only when everybody waits.

mod dot;
mod groups;
mod silence;
mod window;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::time::{Instant, sleep};

use super::socket::Socket;
use super::*;
use crate::backoff::Backoff;
use crate::config::{Login, Proof, SecretSource};
use crate::delivery::transport::{Reply, SendError, Session};
use crate::message::{Envelope, Message};

impl Socket for DuplexStream {
    /// A pipe in memory hides nothing from a read.
    fn has_unread(&self) -> bool {
        false
    }
}

/// A pipe that breaks after so many more bytes.
struct Fragile {
    pipe: DuplexStream,
    left: Arc<AtomicUsize>,
}

impl Socket for Fragile {
    fn has_unread(&self) -> bool {
        false
    }
}

impl AsyncRead for Fragile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Fragile {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = self.left.load(Ordering::Relaxed).min(bytes.len());
        if left == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        self.left.fetch_sub(left, Ordering::Relaxed);
        Pin::new(&mut self.pipe).poll_write(cx, &bytes[..left])
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const GREETING: Duration = Duration::from_secs(301);
const COMMAND: Duration = Duration::from_secs(302);
const BLOCK: Duration = Duration::from_mins(3);
const DOT: Duration = Duration::from_mins(10);
const BODY: &[u8] = b"Subject: x\r\n\r\nGood morning.\r\n";

fn transport(login: bool) -> SmtpTransport {
    let relay = Relay {
        host: "127.0.0.1".into(),
        port: 1,
        tls: Tls::None,
        ca_file: None,
        login: login.then(|| Login {
            user: "ada".into(),
            proof: Proof::Password(SecretSource::Env("UNUSED".into())),
        }),
        lanes: 1,
        rate: "1/s".parse().unwrap(),
        limits: Vec::new(),
        domain_limits: Vec::new(),
        messages_per_connection: 1,
        idle: Duration::from_secs(30),
        window: 4,
        backoff: Backoff { waits: Vec::new(), give_up: Duration::ZERO },
        wait: Duration::ZERO,
        timeouts: Timeouts {
            connect: Duration::from_secs(30),
            greeting: GREETING,
            command: COMMAND,
            data: COMMAND,
            block: BLOCK,
            dot: DOT,
        },
    };
    let password = login.then(|| Secret::new("hunter2"));
    SmtpTransport::new(&relay, password, "desk.example.org", &Trust::Platform).unwrap()
}

fn letter(body: &[u8]) -> Message {
    Message {
        envelope: Envelope {
            reverse_path: "news@example.org".parse().unwrap(),
            recipient: "reader@example.net".parse().unwrap(),
        },
        id: "1@example.org".into(),
        content: body.to_vec().into(),
    }
}

fn peer() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 1).into()
}

async fn open_on(socket: impl Socket + 'static, login: bool) -> Result<SmtpSession, OpenError> {
    let transport = transport(login);
    let hello = client_id("desk.example.org").unwrap();
    transport.introduce(Line::new(socket, peer()), &hello).await
}

/// The relay's end: reads commands, says what the test wants.
struct Far(DuplexStream);

impl Far {
    /// Reads up to and with the next line end; what the client has sent so far if it has gone.
    async fn line(&mut self) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\n") {
            match self.0.read_u8().await {
                Ok(byte) => bytes.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    /// Answers each line of the client with the next of these.
    async fn answer(&mut self, replies: &[&str]) {
        for reply in replies {
            self.line().await;
            self.say(reply).await;
        }
    }

    /// So many bytes.
    async fn exactly(&mut self, count: usize) -> String {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// All that still comes until the client has gone.
    async fn rest(mut self) -> String {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

/// A session that stands before MAIL, and the relay's end of it.
async fn opened(space: usize) -> (SmtpSession, Far) {
    opened_with(space, "250 relay\r\n").await
}

/// The same at a relay that offers something.
async fn opened_with(space: usize, ehlo: &str) -> (SmtpSession, Far) {
    let (near, far) = tokio::io::duplex(space);
    let mut far = Far(far);
    let greet = async {
        far.say("220 relay\r\n").await;
        far.answer(&[ehlo]).await;
    };
    let (session, ()) = tokio::join!(open_on(near, false), greet);
    (session.unwrap(), far)
}

/// A session whose letter has been offered.
async fn offered(space: usize, body: &[u8]) -> (SmtpSession, Far) {
    let (mut session, mut far) = opened(space).await;
    let message = letter(body);
    let answers = far.answer(&["250 ok\r\n", "250 ok\r\n", "354 go\r\n"]);
    let (offer, ()) = tokio::join!(session.offer(&message), answers);
    assert_eq!(offer, Ok(()));
    (session, far)
}

/// How long it took on the paused clock.
async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    #[expect(clippy::disallowed_methods, reason = "the paused clock")]
    let start = Instant::now();
    let value = future.await;
    (value, start.elapsed())
}
