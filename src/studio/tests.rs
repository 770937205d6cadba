//! The studio over real loopback sockets.

use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::finding::Finding;
use crate::rule;
use crate::source::Source;

const TOKEN: &str = "t0ken";

/// A studio that is being served, with the sending end of its proofs.
struct Served {
    port: u16,
    proofs: watch::Sender<Arc<Proof>>,
    server: JoinHandle<io::Result<()>>,
}

impl Served {
    async fn with(proof: Proof) -> Self {
        let studio = Studio::bind(0, TOKEN.into()).await.unwrap();
        let port = studio.door.port;
        let (proofs, receiver) = watch::channel(Arc::new(proof));
        let server = tokio::spawn(studio.serve(receiver, std::future::pending()));
        Self { port, proofs, server }
    }

    /// Sends a request with these further header lines and gives everything that comes back.
    async fn request(&self, line: &str, headers: &[&str]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let headers = headers.join("\r\n");
        let request = format!("{line} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn get(&self, path: &str) -> String {
        self.request(&format!("GET {path}"), &[&format!("Host: 127.0.0.1:{}", self.port)]).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn letter(key: &str) -> Letter {
    Letter {
        html: format!("<p>Dear {key}</p>"),
        text: format!("Dear {key}\n"),
        headers: "Subject: Hello\nList-Id: News\n <news.example.org>\n".into(),
        raw: b"Subject: Hello\r\n\r\nDear\xff".to_vec(),
        subject: "<script>alert(1)</script>".into(),
        from: "\"News & Co\" <news@example.org>".into(),
        preheader: "What \"was\" new".into(),
    }
}

fn proof() -> Proof {
    let reader =
        |key: &str| Reader { key: key.into(), label: format!("{key} <{key}@example.org>") };
    Proof {
        version: 1,
        issue: "issue 7/\"x\"".into(),
        readers: vec![reader("ada"), reader("bob&x=1")],
        letters: Some(Arc::new(|key| Ok(letter(key)))),
        is_stale: false,
        findings: Vec::new(),
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// The value of a header of an answer.
fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

#[tokio::test]
async fn foreign_hosts_origins_and_paths_are_refused() {
    let served = Served::with(proof()).await;
    let own = format!("Host: localhost:{}", served.port);
    let page = format!("GET /{TOKEN}/");
    assert_eq!(status(&served.request(&page, &[&own]).await), "200");
    assert_eq!(status(&served.request(&page, &["Host: evil.example"]).await), "421");
    assert_eq!(status(&served.request(&page, &[&own, "Origin: http://evil.example"]).await), "403");
    let post = format!("POST /{TOKEN}/");
    assert_eq!(status(&served.request(&post, &[&own, "Origin: null"]).await), "403");
    assert_eq!(status(&served.request(&post, &[&own]).await), "405");
    let events = format!("GET /{TOKEN}/events");
    assert_eq!(status(&served.request(&events, &[&own, "Origin: null"]).await), "403");
    for path in [
        "/",
        "/wrong/",
        "/../../etc/passwd",
        "/t0ken/../../etc/passwd",
        "/t0ken/%2e%2e/%2e%2e/etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/t0ken/studio.js/..",
        "/t0ken/nothing",
        "/t0ken",
        "/favicon.ico",
    ] {
        let answer = served.get(path).await;
        assert_eq!(status(&answer), "404", "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn every_answer_is_locked_down() {
    let served = Served::with(proof()).await;
    for path in [
        "",
        "letter.html",
        "letter.txt",
        "headers",
        "raw",
        "raw?download",
        "studio.js",
        "studio.css",
    ] {
        let answer = served.get(&format!("/{TOKEN}/{path}")).await;
        assert_eq!(status(&answer), "200", "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(header(&answer, name), Some(value), "{path}");
        }
        assert_eq!(header(&answer, "access-control-allow-origin"), None, "{path}");
    }
    let letter = served.get(&format!("/{TOKEN}/letter.html")).await;
    let policy = header(&letter, "content-security-policy").unwrap();
    assert!(policy.starts_with("sandbox ") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("allow-scripts") && !policy.contains("script-src"), "{policy}");
    let page = served.get(&format!("/{TOKEN}/")).await;
    let policy = header(&page, "content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(
        !page.contains(" style=") && !page.contains(" onclick="),
        "the policy would block them"
    );
}

#[tokio::test]
async fn the_parts_of_a_letter_are_served_for_the_reader_that_is_asked_for() {
    let served = Served::with(proof()).await;
    let get = |path: &str| {
        let path = format!("/{TOKEN}/{path}");
        let served = &served;
        async move { served.get(&path).await }
    };
    assert!(get("letter.html").await.ends_with("<p>Dear ada</p>"));
    assert!(get("letter.html?reader=bob%26x%3D1").await.ends_with("<p>Dear bob&x=1</p>"));
    assert!(
        get("letter.txt?reader=nobody").await.ends_with("Dear ada\n"),
        "falls back to the first"
    );
    assert!(get("headers").await.ends_with("News\n <news.example.org>\n"));
    let raw = get("raw").await;
    assert_eq!(header(&raw, "content-type"), Some("text/plain; charset=utf-8"));
    let file = get("raw?download").await;
    assert_eq!(header(&file, "content-type"), Some("message/rfc822"));
    let disposition = header(&file, "content-disposition");
    assert_eq!(disposition, Some("attachment; filename=\"issue-7--x-.eml\""));
    assert_eq!(header(&file, "content-length"), Some("23"), "the bytes as they are");
}

#[tokio::test]
async fn the_page_shows_what_it_is_given_and_lets_none_of_it_become_markup() {
    let mut proof = proof();
    let source = Source::new("<i>.md", "subjct: <img src=x>\n");
    proof.findings.push(
        Finding::at(&rule::FM_MISSPELT_KEY, &source, 0..6, "key `<script>` unknown").help("<b>"),
    );
    let served = Served::with(proof).await;
    let page = served.get(&format!("/{TOKEN}/?reader=bob%26x%3D1&tab=headers&width=375")).await;
    for part in [
        "<h1>issue 7/&quot;x&quot;</h1>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<code>&lt;script&gt;</code>",
        "News &amp; Co",
        "letter.html?reader=bob%26x%3D1",
        "selected",
        "data-width=\"375\"",
        "<dd>News\n &lt;news.example.org&gt;</dd>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    for markup in ["<script>", "<img", "<b>", "<i>"] {
        assert!(!page.contains(markup), "{markup} in {page}");
    }
    let chosen: Vec<&str> =
        page.split("<button").filter(|tab| tab.contains("aria-selected=\"true\"")).collect();
    assert!(chosen.len() == 1 && chosen[0].contains("Headers"), "{chosen:?}");
}

#[tokio::test]
async fn mistakes_stand_above_the_last_good_letter() {
    let mut stale = proof();
    stale.is_stale = true;
    stale.findings = vec![Finding::about(&rule::FM_UNCLOSED, "draft.md", "not closed")];
    let served = Served::with(stale.clone()).await;
    let page = served.get(&format!("/{TOKEN}/")).await;
    let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part} in {page}"));
    assert!(at("error[fm-unclosed]") < at("<iframe"));
    assert!(at("1 mistake<") < at("last save that could be composed"));

    let none = Proof { letters: None, version: 2, ..stale.clone() };
    served.proofs.send(Arc::new(none)).unwrap();
    let page = served.get(&format!("/{TOKEN}/")).await;
    assert!(page.contains("There is no letter yet") && !page.contains("<iframe"), "{page}");
    assert_eq!(status(&served.get(&format!("/{TOKEN}/letter.html")).await), "404");

    let refusals = vec![Finding::about(&rule::MERGE_UNRESOLVED, "draft.md", "`city` is blank")];
    let refused = Arc::new(move |_: &str| Err(refusals.clone()));
    let refused = Proof { letters: Some(refused), findings: Vec::new(), ..stale };
    served.proofs.send(Arc::new(refused)).unwrap();
    let page = served.get(&format!("/{TOKEN}/")).await;
    assert!(
        page.contains("error[merge-unresolved]") && page.contains("no letter for this reader"),
        "{page}"
    );
    let answer = served.get(&format!("/{TOKEN}/letter.txt")).await;
    assert_eq!(status(&answer), "422");
    assert!(answer.ends_with("error[merge-unresolved]: `city` is blank"), "{answer}");
}

#[tokio::test]
async fn a_new_proof_is_told_to_open_pages_at_once() {
    let served = Served::with(proof()).await;
    let mut stream = TcpStream::connect(("127.0.0.1", served.port)).await.unwrap();
    let request =
        format!("GET /{TOKEN}/events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", served.port);
    stream.write_all(request.as_bytes()).await.unwrap();
    let heard = Mutex::new(String::new());
    let mut wait_for = async |what: &str| {
        let listen = async {
            let mut piece = [0; 1024];
            while !heard.lock().unwrap().contains(what) {
                let read = stream.read(&mut piece).await.unwrap();
                assert!(read > 0, "ended before {what}");
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&piece[..read]));
            }
        };
        timeout(Duration::from_secs(5), listen).await.unwrap();
    };
    wait_for("data: 1\n").await;
    for version in 2..5 {
        served.proofs.send(Arc::new(Proof { version, ..proof() })).unwrap();
        wait_for(&format!("data: {version}\n")).await;
    }
    assert!(heard.lock().unwrap().contains("content-type: text/event-stream"));
}

#[tokio::test]
async fn a_studio_ends_with_its_stop_even_while_pages_listen() {
    let studio = Studio::bind(0, TOKEN.into()).await.unwrap();
    let url = studio.url();
    assert_eq!(url, format!("http://127.0.0.1:{}/{TOKEN}/", studio.door.port));
    let _open = TcpStream::connect(("127.0.0.1", studio.door.port)).await.unwrap();
    let (_proofs, receiver) = watch::channel(Arc::new(proof()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(studio.serve(receiver, async { drop(stopped.await) }));
    stop.send(()).unwrap();
    timeout(Duration::from_secs(5), server).await.unwrap().unwrap().unwrap();
    for token in ["", "a/b", "a b", "{x}"] {
        let error = Studio::bind(0, token.into()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
