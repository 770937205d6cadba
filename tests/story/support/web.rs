//! A small web server on loopback that answers as its paths say.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

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
    open: Arc<Open>,
}

impl Web {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, open) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Open::default()));
        let (log, mine) = (Arc::clone(&asked), Arc::clone(&open));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, open) = (Arc::clone(&log), Arc::clone(&mine));
                thread::spawn(move || {
                    open.begin();
                    answer(&stream, &log, &open);
                });
            }
        });
        Self { url, asked, open }
    }

    /// Everything that was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// The most requests that were without an answer at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.open.0.lock().unwrap().most
    }
}

/// The requests that have no answer yet.
#[derive(Debug, Default)]
struct Open(Mutex<Requests>);

#[derive(Debug, Default)]
struct Requests {
    unanswered: usize,
    /// Of them those that the other side has to give up.
    held: usize,
    most: usize,
}

impl Open {
    fn begin(&self) {
        // That the other side has given up one request may be heard a moment after its next one.
        for _ in 0..100 {
            if self.0.lock().unwrap().held == 0 {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let mut requests = self.0.lock().unwrap();
        requests.unanswered += 1;
        requests.most = requests.most.max(requests.unanswered);
    }

    /// Right before the answer: whoever has it may ask again at once.
    fn end(&self) {
        self.0.lock().unwrap().unanswered -= 1;
    }

    fn hold(&self, mut stream: &TcpStream) {
        self.0.lock().unwrap().held += 1;
        let _ = stream.read(&mut [0]);
        let mut requests = self.0.lock().unwrap();
        requests.held -= 1;
        requests.unanswered -= 1;
    }
}

fn answer(stream: &TcpStream, log: &Mutex<Vec<Asked>>, open: &Open) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return open.end() };
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
        "/slow" => return open.hold(stream),
        other => panic!("nobody should ask for {other}"),
    };
    // Long enough that a second request at once would be seen.
    thread::sleep(Duration::from_millis(5));
    open.end();
    let _ = write!(
        &mut &*stream,
        "HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
}
