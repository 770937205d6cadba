//! A far relay: `delay_line PORT TARGET MILLISECONDS` passes every byte on after half of a round trip, both ways.
//!
//! It delays what clients wait for, their turns, and leaves out what a real path adds: slow start, loss and a bandwidth.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Reads without pause, so that the delay is of every byte and not of one after the other.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) -> io::Result<()> {
    let (held, mut due) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        loop {
            let mut bytes = Vec::with_capacity(256 * 1024);
            match from.read_buf(&mut bytes).await {
                Ok(length) if length > 0 => {}
                _ => break,
            }
            if held.send((Instant::now() + delay, bytes)).is_err() {
                break;
            }
        }
    });
    while let Some((at, bytes)) = due.recv().await {
        sleep_until(at).await;
        to.write_all(&bytes).await?;
    }
    to.shutdown().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [port, target, milliseconds] = words.as_slice() else {
        panic!("PORT TARGET MILLISECONDS")
    };
    let port: u16 = port.parse().expect("a port");
    let target: u16 = target.parse().expect("a port");
    let round_trip: f64 = milliseconds.parse().expect("milliseconds");
    let delay = Duration::from_secs_f64(round_trip / 2_000.0);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (near, _) = listener.accept().await?;
        let far = TcpStream::connect(("127.0.0.1", target)).await?;
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        tokio::spawn(pass(near_in, far_out, delay));
        tokio::spawn(pass(far_in, near_out, delay));
    }
}
