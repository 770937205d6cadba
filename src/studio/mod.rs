//! The studio: a draft as its readers will see it, in a browser, anew on every save.
//!
//! It knows neither drafts nor files. Whoever composes sends a [`Proof`] through a watch channel; the pages show the
//! latest one. Nothing is fetched from elsewhere, nothing is stored, and only this machine can reach it.

mod door;
mod findings;
mod page;
mod proof;
mod routes;

use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use proof::{Letter, Letters, Proof, Reader};

use door::Door;

/// A studio whose port is taken, ready to serve.
#[derive(Debug)]
pub struct Studio {
    listener: TcpListener,
    door: Door,
}

impl Studio {
    /// Takes a port of 127.0.0.1; 0 means any free one.
    ///
    /// `token` is the secret part of the address: unguessable, of letters, digits, `-` and `_` only.
    pub async fn bind(port: u16, token: String) -> io::Result<Self> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if token.is_empty() || !token.bytes().all(is_plain) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "malformed token"));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, door: Door { port, token } })
    }

    /// The address to open in a browser.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.door.port, self.door.token)
    }

    /// Serves the latest of `proofs` until `stop` is ready; open connections end with the runtime.
    pub async fn serve(
        self,
        proofs: watch::Receiver<Arc<Proof>>,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        // A tick of the live reload is a small write of its own: it must not wait for an acknowledgement. Where the
        // option cannot be set the page is only slower.
        let listener = self.listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let pages = axum::serve(listener, routes::router(self.door, proofs));
        tokio::select! {
            ended = pages => ended,
            () = stop => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
