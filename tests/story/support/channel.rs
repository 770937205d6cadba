//! The relay's end of one connection: lines in, bytes out, in clear or under TLS.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The client has gone, or the relay is being stopped.
#[derive(Debug)]
pub(super) struct Gone;

/// How often a waiting relay looks whether it is to stop.
const TICK: Duration = Duration::from_millis(20);

pub(super) struct Channel {
    wire: Wire,
    unread: Vec<u8>,
    /// Replies that wait until everything that has come is read (RFC 2920 3.2).
    held: Vec<u8>,
    /// Whether replies are held together.
    groups: bool,
    stop: Arc<AtomicBool>,
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Channel {
    pub(super) fn new(socket: TcpStream, groups: bool, stop: Arc<AtomicBool>) -> Self {
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(TICK)).unwrap();
        Self { wire: Wire::Plain(socket), unread: Vec::new(), held: Vec::new(), groups, stop }
    }

    pub(super) fn is_secure(&self) -> bool {
        matches!(self.wire, Wire::Tls(_))
    }

    /// The server's half of the handshake.
    pub(super) fn secure(mut self, config: Arc<ServerConfig>) -> Result<Self, Gone> {
        self.flush()?;
        let Wire::Plain(mut socket) = self.wire else { return Err(Gone) };
        let mut connection = ServerConnection::new(config).unwrap();
        while connection.is_handshaking() {
            match connection.complete_io(&mut socket) {
                Ok(_) => {}
                Err(error) if is_tick(&error) && !self.stop.load(Ordering::Relaxed) => {}
                Err(_) => return Err(Gone),
            }
        }
        let tls = StreamOwned::new(connection, socket);
        let wire = Wire::Tls(Box::new(tls));
        Ok(Self {
            wire,
            unread: Vec::new(),
            held: Vec::new(),
            groups: self.groups,
            stop: self.stop,
        })
    }

    /// The next line without its CRLF.
    pub(super) fn line(&mut self) -> Result<String, Gone> {
        loop {
            if let Some(end) = self.unread.iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            self.more()?;
        }
    }

    /// Whatever comes next, at least one byte.
    pub(super) fn chunk(&mut self) -> Result<Vec<u8>, Gone> {
        if self.unread.is_empty() {
            self.more()?;
        }
        Ok(std::mem::take(&mut self.unread))
    }

    /// Puts back what was read too far.
    pub(super) fn put_back(&mut self, bytes: &[u8]) {
        self.unread.splice(..0, bytes.iter().copied());
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.held.extend_from_slice(bytes);
        if self.groups && !self.unread.is_empty() { Ok(()) } else { self.flush() }
    }

    /// Sends what was held back.
    pub(super) fn flush(&mut self) -> Result<(), Gone> {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return Ok(());
        }
        let sent = match &mut self.wire {
            Wire::Plain(socket) => socket.write_all(&held),
            Wire::Tls(tls) => tls.write_all(&held).and_then(|()| tls.flush()),
        };
        sent.map_err(|_| Gone)
    }

    /// Closes for writing and reads on until the client goes.
    pub(super) fn finish(mut self) {
        self.half_close();
        while self.chunk().is_ok() {}
    }

    pub(super) fn half_close(&mut self) {
        let _ = self.flush();
        if let Wire::Tls(tls) = &mut self.wire {
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    /// Sends RST in place of FIN.
    pub(super) fn reset(mut self) {
        let _ = self.flush();
        socket2::SockRef::from(self.socket()).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Neither reads nor writes until the test is over.
    pub(super) fn stall(&mut self) {
        let _ = self.flush();
        while !self.stop.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
        }
    }

    fn socket(&self) -> &TcpStream {
        match &self.wire {
            Wire::Plain(socket) => socket,
            Wire::Tls(tls) => &tls.sock,
        }
    }

    fn more(&mut self) -> Result<(), Gone> {
        self.flush()?;
        let mut space = [0; 16_384];
        loop {
            let read = match &mut self.wire {
                Wire::Plain(socket) => socket.read(&mut space),
                Wire::Tls(tls) => tls.read(&mut space),
            };
            match read {
                Ok(0) => return Err(Gone),
                Ok(count) => {
                    self.unread.extend_from_slice(&space[..count]);
                    return Ok(());
                }
                Err(error) if is_tick(&error) && !self.stop.load(Ordering::Relaxed) => {}
                Err(_) => return Err(Gone),
            }
        }
    }
}

fn is_tick(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
