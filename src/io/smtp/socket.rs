//! The bytes' way out: TCP, alone or under TLS, with a count of what the kernel took.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What TLS or SMTP runs on: TCP, and a pipe in memory for unit tests.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {
    /// Whether something has arrived that no read has taken: bytes, the end, or an error.
    fn has_unread(&self) -> bool;
}

impl Socket for TcpStream {
    /// Asks the kernel: tokio says "pending" as long as its reactor has not heard of what has come.
    fn has_unread(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        match socket2::SockRef::from(self).peek(&mut byte) {
            Ok(_) => true,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

/// A socket that counts the bytes it has accepted for sending.
pub(super) struct Counted {
    socket: Box<dyn Socket>,
    accepted: u64,
}

/// A way to the relay.
pub(super) enum Channel {
    /// In clear.
    Plain(Counted),
    /// Under TLS.
    Tls(Box<TlsStream<Counted>>),
    /// Given up: whatever was still in a buffer never leaves.
    Cut,
}

impl Counted {
    pub(super) fn new(socket: impl Socket + 'static) -> Self {
        Self { socket: Box::new(socket), accepted: 0 }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let taken = std::task::ready!(Pin::new(&mut self.socket).poll_write(cx, bytes))?;
        self.accepted += taken as u64;
        Poll::Ready(Ok(taken))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let taken = std::task::ready!(Pin::new(&mut self.socket).poll_write_vectored(cx, parts))?;
        self.accepted += taken as u64;
        Poll::Ready(Ok(taken))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl Channel {
    /// Bytes the kernel has taken; under TLS, bytes of records.
    pub(super) fn accepted(&self) -> u64 {
        self.counted().map_or(0, |counted| counted.accepted)
    }

    /// Whether the kernel holds something that was not read yet.
    pub(super) fn has_unread(&self) -> bool {
        self.counted().is_some_and(|counted| counted.socket.has_unread())
    }

    fn counted(&self) -> Option<&Counted> {
        match self {
            Self::Plain(counted) => Some(counted),
            Self::Tls(tls) => Some(tls.get_ref().0),
            Self::Cut => None,
        }
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(counted) => Pin::new(counted).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
            Self::Cut => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(counted) => Pin::new(counted).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
            Self::Cut => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Several parts in one write, where the socket can do that.
    pub(super) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(counted) => Pin::new(counted).poll_write_vectored(cx, parts),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, parts),
            Self::Cut => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(counted) => Pin::new(counted).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
            Self::Cut => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(counted) => Pin::new(counted).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
            Self::Cut => Poll::Ready(Ok(())),
        }
    }
}
