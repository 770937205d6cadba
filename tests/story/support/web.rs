//! A small web server on loopback that answers as its paths say.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What was asked: method, path and `User-Agent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) agent: String,
}

/// `/ok`, `/moved` (for good), `/found` (for now), `/get-only`, `/gone`, `/ill`, `/shy` (403), `/busy` (429 once),
/// `/slow` (never).
pub(crate) struct Web {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// The most connections that were open at once.
    most: Arc<Mutex<(usize, usize)>>,
}

impl Web {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, most) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new((0, 0))));
        let (log, open) = (Arc::clone(&asked), Arc::clone(&most));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, open) = (Arc::clone(&log), Arc::clone(&open));
                thread::spawn(move || {
                    {
                        let mut open = open.lock().unwrap();
                        open.0 += 1;
                        open.1 = open.1.max(open.0);
                    }
                    answer(&stream, &log);
                    open.lock().unwrap().0 -= 1;
                });
            }
        });
        Self { url, asked, most }
    }

    /// Everything that was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// The most connections that were open at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.most.lock().unwrap().1
    }
}

fn answer(stream: &TcpStream, log: &Mutex<Vec<Asked>>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let headers: BTreeMap<String, String> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        })
        .collect();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let agent = headers.get("user-agent").cloned().unwrap_or_default();
    let seen = {
        let mut log = log.lock().unwrap();
        let seen = log.iter().any(|asked| asked.path == path && asked.method == method);
        log.push(Asked { method: method.clone(), path: path.clone(), agent });
        seen
    };
    let (status, header) = match path.split('?').next().unwrap() {
        "/moved" => ("301 Moved Permanently", "Location: /ok\r\n"),
        "/found" => ("302 Found", "Location: /ok\r\n"),
        "/get-only" if method == "HEAD" => ("405 Method Not Allowed", ""),
        "/gone" => ("404 Not Found", ""),
        "/ill" => ("500 Internal Server Error", ""),
        "/shy" => ("403 Forbidden", ""),
        "/busy" if !seen => ("429 Too Many Requests", "Retry-After: 1\r\n"),
        "/ok" | "/get-only" | "/busy" => ("200 OK", ""),
        "/slow" => {
            // Until the other side gives up.
            let _ = (&mut &*stream).read(&mut [0]);
            return;
        }
        other => panic!("nobody should ask for {other}"),
    };
    let _ = write!(
        &mut &*stream,
        "HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
}
