//! The line to the relay: the stream under lettre's connection, which is ours.
//!
//! lettre writes commands to it and reads replies from it. The body and its final dot go past lettre, because what
//! happened to the dot decides whether a letter may be sent again (`docs/adr/0005-the-wire.md`).

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::reply::{Frame, Framer};
use super::socket::{Channel, Counted, Socket};
use super::stopping::{CALLED_OFF, GRACE};
use crate::delivery::Stop;

/// A handle on one connection; lettre holds one, the session another. Never locked across an await.
#[derive(Clone)]
pub(super) struct Line(Arc<Mutex<State>>);

struct State {
    channel: Channel,
    peer: SocketAddr,
    framer: Framer,
    /// A reply that has arrived and that lettre has not asked for yet.
    waiting: Option<Frame>,
    /// The rest of a reply on its way to lettre.
    handed: io::Cursor<Vec<u8>>,
    /// The replies lettre was given since [`Line::take_heard`].
    heard: Vec<Frame>,
    /// What went wrong first, in words.
    trouble: Option<String>,
    /// Whether what has arrived is no reply.
    garbled: bool,
    /// Whether a person wants the run to end; nothing where nobody can.
    stop: Option<watch::Receiver<Stop>>,
}

impl Line {
    /// A line over a fresh socket.
    pub(super) fn new(socket: impl Socket + 'static, peer: SocketAddr) -> Self {
        Self(Arc::new(Mutex::new(State {
            channel: Channel::Plain(Counted::new(socket)),
            peer,
            framer: Framer::default(),
            waiting: None,
            handed: io::Cursor::default(),
            heard: Vec::new(),
            trouble: None,
            garbled: false,
            stop: None,
        })))
    }

    /// Heeds a stop from now on: a write ends soon after the first, and everything at once with the second.
    pub(super) fn heed(&self, stop: watch::Receiver<Stop>) {
        self.state().stop = Some(stop);
    }

    /// What is heeded, if anybody can stop the run.
    pub(super) fn stop(&self) -> Option<watch::Receiver<Stop>> {
        self.state().stop.clone()
    }

    /// Waits until a reply is there, and leaves it there for lettre.
    pub(super) async fn await_reply(&self) -> io::Result<Frame> {
        poll_fn(|cx| {
            let mut state = self.state();
            ready!(state.poll_waiting(cx))?;
            Poll::Ready(state.waiting.clone().ok_or(io::ErrorKind::UnexpectedEof.into()))
        })
        .await
    }

    /// Gives lettre a reply that came before TLS a second time.
    pub(super) fn replay(&self, frame: Frame) {
        self.state().waiting = Some(frame);
    }

    /// What the relay has said unasked, without waiting for it; an error if it has hung up.
    ///
    /// Reads through TLS, whose session tickets make a socket readable without anything being said.
    pub(super) async fn overhear(&self) -> io::Result<Option<Frame>> {
        poll_fn(|cx| {
            let mut state = self.state();
            match state.poll_waiting(cx) {
                Poll::Ready(result) => Poll::Ready(result.map(|()| state.waiting.clone())),
                // The reactor will tell of it: the read that has just said "pending" left its waker there.
                Poll::Pending if state.channel.has_unread() => Poll::Pending,
                Poll::Pending => Poll::Ready(Ok(None)),
            }
        })
        .await
    }

    /// The next reply, past lettre.
    pub(super) async fn hear(&self) -> io::Result<Frame> {
        poll_fn(|cx| {
            let mut state = self.state();
            ready!(state.poll_waiting(cx))?;
            Poll::Ready(state.waiting.take().ok_or(io::ErrorKind::UnexpectedEof.into()))
        })
        .await
    }

    /// What the relay is known to have said unasked, without asking the kernel; an error if it is known to have hung up.
    pub(super) async fn glance(&self) -> io::Result<Option<Frame>> {
        poll_fn(|cx| {
            let mut state = self.state();
            match state.poll_waiting(cx) {
                Poll::Ready(result) => Poll::Ready(result.map(|()| state.waiting.clone())),
                Poll::Pending => Poll::Ready(Ok(None)),
            }
        })
        .await
    }

    /// Whether bytes have arrived that belong to no reply asked for.
    pub(super) fn has_surplus(&self) -> bool {
        let state = self.state();
        state.waiting.is_some() || !state.framer.is_empty()
    }

    /// Starts TLS. Nothing may have been read beyond the last reply: see [`Line::has_surplus`].
    pub(super) async fn secure(
        &self,
        connector: &TlsConnector,
        name: ServerName<'static>,
    ) -> io::Result<()> {
        let channel = std::mem::replace(&mut self.state().channel, Channel::Cut);
        let Channel::Plain(socket) = channel else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let tls = connector.connect(name, socket).await?;
        self.state().channel = Channel::Tls(Box::new(tls));
        Ok(())
    }

    /// Writes and flushes all of it; fails when for `block` nothing of it was taken.
    pub(super) async fn write(&self, bytes: &[u8], block: Duration) -> io::Result<()> {
        self.write_parts(&mut [IoSlice::new(bytes)], block).await
    }

    /// The same with several parts that are not empty, in one write if the kernel takes all of it.
    pub(super) async fn write_parts(
        &self,
        parts: &mut [IoSlice<'_>],
        block: Duration,
    ) -> io::Result<()> {
        let result = self.while_progress(block, self.write_and_flush(parts)).await;
        if let Err(error) = &result {
            self.state().note(in_words(error));
        }
        result
    }

    /// Bytes the kernel has taken so far.
    pub(super) fn accepted(&self) -> u64 {
        self.state().channel.accepted()
    }

    /// The replies lettre was given since the last call.
    pub(super) fn take_heard(&self) -> Vec<Frame> {
        std::mem::take(&mut self.state().heard)
    }

    /// What went wrong on the line first, if something did.
    pub(super) fn trouble(&self) -> Option<String> {
        self.state().trouble.clone()
    }

    /// Whether the relay has said what is no reply.
    pub(super) fn is_garbled(&self) -> bool {
        self.state().garbled
    }

    /// Gives the connection up at once: nothing that is still in a buffer leaves.
    pub(super) fn cut(&self) {
        let mut state = self.state();
        state.channel = Channel::Cut;
        // The one it was told to has it.
        state.garbled = false;
    }

    /// Says goodbye to TLS and TCP.
    pub(super) async fn shut_down(&self) -> io::Result<()> {
        poll_fn(|cx| self.state().channel.poll_shutdown(cx)).await
    }

    async fn write_and_flush(&self, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        while !parts.is_empty() {
            let taken = poll_fn(|cx| self.state().channel.poll_write_vectored(cx, parts)).await?;
            if taken == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            IoSlice::advance_slices(&mut parts, taken);
        }
        poll_fn(|cx| self.state().channel.poll_flush(cx)).await
    }

    /// Runs a write for as long as the kernel keeps taking bytes.
    async fn while_progress(
        &self,
        block: Duration,
        write: impl Future<Output = io::Result<()>>,
    ) -> io::Result<()> {
        let (mut write, mut off) = (pin!(write), pin!(self.called_off(block.min(GRACE))));
        loop {
            let before = self.accepted();
            let written = tokio::select! {
                biased;
                written = timeout(block, &mut write) => written,
                () = &mut off => return Err(io::Error::other(CALLED_OFF)),
            };
            match written {
                Ok(result) => return result,
                Err(_) if self.accepted() > before => {}
                Err(_) => {
                    let why = format!("the relay took nothing for {block:?}");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, why));
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Reads until a whole reply waits.
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = loop {
            if self.waiting.is_some() {
                return Poll::Ready(Ok(()));
            }
            match self.framer.next() {
                Ok(Some(frame)) => self.waiting = Some(frame),
                Ok(None) => match ready!(self.poll_more(cx)) {
                    Ok(()) => {}
                    Err(error) => break Err(error),
                },
                Err(nonsense) => {
                    self.garbled = true;
                    break Err(io::Error::new(io::ErrorKind::InvalidData, nonsense.0));
                }
            }
        };
        if let Err(error) = &result {
            self.note(in_words(error));
        }
        Poll::Ready(result)
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [MaybeUninit::uninit(); 4096];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(self.channel.poll_read(cx, &mut buffer))?;
        if buffer.filled().is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        self.framer.push(buffer.filled());
        Poll::Ready(Ok(()))
    }

    fn note(&mut self, trouble: String) {
        self.trouble.get_or_insert(trouble);
    }
}

/// One reply at a time: what lettre has not asked for stays here, where it can be seen.
impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.state();
        let mut rest = remaining(&state.handed);
        if rest == 0 {
            ready!(state.poll_waiting(cx))?;
            if let Some(frame) = state.waiting.take() {
                state.handed = io::Cursor::new(frame.for_lettre());
                state.heard.push(frame);
            }
            rest = remaining(&state.handed);
        }
        let count = rest.min(buffer.remaining());
        io::Read::read_exact(&mut state.handed, buffer.initialize_unfilled_to(count))?;
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

fn remaining(handed: &io::Cursor<Vec<u8>>) -> usize {
    handed.get_ref().len() - usize::try_from(handed.position()).unwrap_or(usize::MAX)
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.state().channel.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.state().channel.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.state().channel.poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.state().peer)
    }
}

/// Blind: bytes on the line may be a password.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

/// An error of the network as a lower-case fragment.
pub(super) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            "the relay reset the connection".into()
        }
        io::ErrorKind::UnexpectedEof => "the relay hung up".into(),
        io::ErrorKind::NotConnected => "the connection has ended".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[tokio::test]
    async fn what_the_reactor_has_not_heard_of_yet_is_overheard() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = listener.local_addr().unwrap();
        let near = tokio::net::TcpStream::connect(peer).await.unwrap();
        let (mut far, _) = listener.accept().unwrap();
        let line = Line::new(near, peer);
        assert_eq!(line.overhear().await.unwrap(), None);
        // Nothing is awaited from here on, so the reactor of this thread cannot have run.
        far.write_all(b"451 4.3.0 later\r\n").unwrap();
        let frame = line.overhear().await.unwrap().unwrap();
        assert_eq!(frame.code(), 451);
    }
}
