//! The studio: an issue as its readers will see it, in a browser, anew on every save.
//!
//! ```text
//! a save ─> changes ─> open pages ask again ─> state ─ composes once ─> page { stage, pane }
//! ```
//!
//! It shows what it is given through [`Errands`] and knows no draft files itself. Nothing is fetched from elsewhere,
//! nothing is stored, and only this machine can reach it.

mod asked;
mod caught;
mod changes;
mod desk;
mod door;
mod draft;
mod findings;
mod headers;
mod inbox;
mod light;
mod links;
mod marks;
mod markup;
mod outline;
mod page;
mod pane;
mod readers;
mod routes;
mod sending;
mod size;
mod stage;
mod state;
mod support;

use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::check::weight::Weight;
pub use desk::{
    Catch, Comparison, Composing, Doing, Entry, Errands, Filtering, Forecast, Letter, Made,
    Mailing, Proof, Refusal,
};
pub use marks::mark_merged;
pub use readers::look_up as reader;

use door::Door;
use state::{Seen, State, held};

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

    /// Serves until `stop` is ready; open connections end with the runtime. `first` is the draft that is shown unasked,
    /// `changes` counts the saves, and `catches` are the sandbox's that can be looked at already.
    pub async fn serve(
        self,
        errands: Errands,
        first: String,
        catches: Vec<Catch>,
        changes: watch::Receiver<u64>,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        // A tick of the live reload is a small write of its own: it must not wait for an acknowledgement. Where the
        // option cannot be set the page is only slower.
        let listener = self.listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let state = State::new(errands, first, changes);
        *held(&state.catches) = catches;
        let pages = axum::serve(listener, routes::router(self.door, Arc::new(state)));
        tokio::select! {
            ended = pages => ended,
            () = stop => Ok(()),
        }
    }
}

/// The letter's HTML with the places of its blocks as attributes, its merged values as elements, and the place where
/// Gmail would cut it.
fn shown(seen: &Seen, letter: &Letter) -> String {
    let weight = Weight::of(&letter.raw);
    let title_line = seen.proof.made.as_ref().map_or(1, |made| made.title_line);
    marks::attach(&letter.shown, weight.html.max(weight.html_encoded), title_line)
}

/// How the studio's own marks look in a letter.
const DRESS: &str = "<style>.pr-clip{margin:24px 0;padding:8px;border-top:3px dashed #c8452c;color:#a4321a;background:#fff4ef;\
    font:600 14px system-ui,sans-serif;text-align:center}.pr-here{outline:2px solid #c8452c!important;outline-offset:4px;\
    border-radius:3px}@media(hover){[data-at]:hover{outline:1px dashed #c8452c88;outline-offset:4px}}";
/// And those of merged values, if they are to be seen.
const MERGED: &str = ".pr-merged{background:#ffd54a8c;box-shadow:0 0 0 2px #ffd54a8c;border-radius:2px;outline:1px solid #b58900}";

/// A letter in the frame: with the project's images from here, and the looks of our marks.
fn dressed(seen: &Seen, mut html: String) -> String {
    let pictures = seen.proof.made.iter().flat_map(|made| &made.pictures);
    for picture in pictures {
        html = html.replace(&picture.url, &format!("picture/{}", picture.name));
    }
    let merged = if seen.asked.shows_marks() { MERGED } else { "" };
    html.replacen("</head>", &format!("{DRESS}{merged}</style></head>"), 1)
}

#[cfg(test)]
mod tests;
