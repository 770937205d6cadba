//! The studio over real loopback sockets, with real letters.

mod door;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::asked::Pane;
use super::*;
use crate::check::online::{LinkState, LinkStates, SpamScore, SpamTest};
use crate::compose::images::NO_IMAGES;
use crate::compose::{Materials, compose_traced};
use crate::config;
use crate::draft;
use crate::finding::Finding;
use crate::message::token::Key;
use crate::message::{Letterhead, Letters, Wording};
use crate::rule;
use crate::source::Source;

const TOKEN: &str = "t0ken";
const DRAFT: &str = "---\ntitle: \"<script>alert(1)</script>\"\npreheader: What \"was\" new\n---\n\nDear {{ name | default(\"reader\") }},\n\n\
    see [the pier](http://pier.example.org/?a=1&b=2).\n\n> Said\n";
const CONFIG: &str = include_str!("../../../config.example.toml");

/// A studio that is being served.
struct Served {
    port: u16,
    changes: watch::Sender<u64>,
    server: JoinHandle<io::Result<()>>,
}

impl Served {
    /// With what each save makes of the draft.
    async fn with(proof: impl Fn(Option<&Proof>) -> Proof + Send + Sync + 'static) -> Self {
        let studio = Studio::bind(0, TOKEN.into()).await.unwrap();
        let port = studio.door.port;
        let (changes, receiver) = watch::channel(1);
        let errands = errands(proof);
        let stop = std::future::pending();
        let server = tokio::spawn(studio.serve(errands, "a.md".into(), Vec::new(), receiver, stop));
        Self { port, changes, server }
    }

    /// Sends a request with these further header lines and gives everything that comes back.
    async fn request(&self, line: &str, headers: &[&str], body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let headers = headers.join("\r\n");
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn get(&self, path: &str) -> String {
        let host = format!("Host: 127.0.0.1:{}", self.port);
        self.request(&format!("GET /{TOKEN}/{path}"), &[&host], "").await
    }

    async fn post(&self, path: &str, body: &str) -> String {
        let host = format!("Host: 127.0.0.1:{}", self.port);
        let origin = format!("Origin: http://127.0.0.1:{}", self.port);
        let form = "Content-Type: application/x-www-form-urlencoded";
        self.request(&format!("POST /{TOKEN}/{path}"), &[&host, &origin, form], body).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn errands(proof: impl Fn(Option<&Proof>) -> Proof + Send + Sync + 'static) -> Errands {
    let entry = |key: &str| Entry {
        key: key.into(),
        title: format!("Title of {key}"),
        subject: None,
        is_draft: true,
        saved: "today".into(),
    };
    let refusal = || Refusal { words: "`<b>` was refused at RCPT".into(), ..Refusal::default() };
    Errands {
        drafts: Box::new(move || vec![entry("a.md"), entry("b.md")]),
        compose: Box::new(move |key, last| Proof { key: key.to_owned(), ..proof(last) }),
        follow: Box::new(|_| Ok(Arc::new(answers()))),
        compare: Box::new(|_| Ok(Some(comparison()))),
        filter: Box::new(|_| {
            let name = "SUBJ_ALL_CAPS".into();
            let test =
                SpamTest { name, points: Some(2.34), why: "Subject is all <capitals>".into() };
            Ok(Some(SpamScore { points: 2.34, tests: vec![test] }))
        }),
        test_copy: Box::new(move |key, to| {
            if to == "ada@example.org" {
                Ok(format!("{key} for {to}: taken"))
            } else {
                Err(refusal())
            }
        }),
        forecast: Box::new(move |_| Err(refusal())),
        catch: Box::new(move |_| Err(refusal())),
        editor: Some("vscode://file{file}:{line}:{column}".into()),
    }
}

/// What the studio is given for a good draft.
fn proof() -> Proof {
    let source = Source::new("drafts/a.md", DRAFT);
    let (draft, _) = draft::parse(source.clone()).unwrap();
    let (config, _) = config::parse(&Source::new("config.toml", CONFIG)).unwrap();
    let (issue, traced, _) =
        compose_traced(&draft, &Materials::new(&config.newsletter), &|_| &NO_IMAGES).unwrap();
    let head = Letterhead {
        newsletter: &config.newsletter,
        unsubscribe: &config.unsubscribe,
        key: &Key::new([7; 32]),
        signer: None,
        date: jiff::Timestamp::UNIX_EPOCH,
        test_copy: None,
    };
    let made = Made {
        issue: "issue 7/\"x\"".into(),
        letters: Letters::new(&issue, &head).unwrap(),
        shown: Wording::new(&mark_merged(&traced)).unwrap(),
        from: "\"News & Co\" <news@example.org>".into(),
        title_line: 2,
        pictures: Vec::new(),
    };
    Proof {
        key: String::new(),
        sources: vec![source],
        paths: vec!["/x/drafts/a.md".into()],
        made: Some(Arc::new(made)),
        is_stale: false,
        is_current: true,
        findings: Vec::new(),
        followed: Arc::default(),
        list: PathBuf::from("no such list"),
    }
}

/// Two letters that have some in common.
fn comparison() -> Comparison {
    Comparison {
        name: "<b>".into(),
        before: "<body><p>Dear reader,</p><p><i>see</i> the <a href=\"https://x\">pier</a></p></body>".into(),
        now: "<body><!--@0:6--><p>Dear reader,</p><!--@0:8--><p>see the <a href=\"https://x\">ship</a></p></body>"
            .into(),
    }
}

/// What a followed link answered.
fn answers() -> LinkStates {
    let url = "http://pier.example.org/?a=1&b=2".to_owned();
    [(url, LinkState::Gone("answers 404 <b>".into()))].into()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// The value of a header of an answer.
fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[tokio::test]
async fn the_parts_of_a_letter_are_served_and_only_the_frame_has_marks() {
    let served = Served::with(|_| proof()).await;
    let frame = served.get("letter.html").await;
    assert!(
        frame.contains("<p data-at=\"0:6\"") && frame.contains("<h1 data-at=\"0:2\""),
        "{frame}"
    );
    assert!(frame.contains("<blockquote data-at=\"0:10\""), "{frame}");
    assert!(frame.contains("<span class=\"pr-merged\">reader</span>"), "{frame}");
    assert!(served.get("letter.txt").await.contains("Dear reader,"));
    assert!(served.get("headers").await.contains("\nList-Id: "));
    let raw = served.get("raw").await;
    assert_eq!(header(&raw, "content-type"), Some("text/plain; charset=utf-8"));
    assert!(
        !raw.contains("data-at") && !raw.contains("pr-merged") && !raw.contains("<!--@"),
        "{raw}"
    );
    let file = served.get("raw?download=").await;
    assert_eq!(header(&file, "content-type"), Some("message/rfc822"));
    let disposition = header(&file, "content-disposition");
    assert_eq!(disposition, Some("attachment; filename=\"issue-7--x-.eml\""));
}

#[tokio::test]
async fn the_page_lets_nothing_it_is_given_become_markup() {
    let served = Served::with(|_| {
        let source = Source::new("drafts/a.md", DRAFT);
        let finding = Finding::at(&rule::FM_MISSPELT_KEY, &source, 4..9, "key `<script>` unknown");
        Proof { findings: vec![finding.help("<b>")], ..proof() }
    })
    .await;
    for path in [
        "",
        "?pane=draft",
        "?pane=inbox&view=reading",
        "?pane=outline&view=source&reader=%22%3Cb%3E",
        "?view=headers&q=%3Cb%3E",
        "?pane=changes",
        "?pane=clients",
    ] {
        let page = served.get(path).await;
        for markup in ["<script>", "<img", "<b>", "<i>"] {
            assert!(!page.contains(markup), "{markup} in {path}: {page}");
        }
    }
    let page = served.get("?width=375&light=inverted&marks=on").await;
    for part in [
        "<code>&lt;script&gt;</code>",
        "data-width=\"375\"",
        "letter.html?draft=a.md&amp;light=inverted&amp;marks=on",
        "at=0%3A2",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(served.get("?pane=inbox").await.contains("News &amp; Co"));
    let draft = served.get("?pane=draft&at=0:2").await;
    assert!(
        draft.contains("vscode://file/x/drafts/a.md:2:1") && draft.contains("error here"),
        "{draft}"
    );
}

#[tokio::test]
async fn mistakes_stand_above_the_last_good_letter() {
    let served = Served::with(|last| {
        let finding = Finding::about(&rule::FM_UNCLOSED, "draft.md", "not closed");
        match last {
            None => proof(),
            Some(last) => Proof { is_stale: true, findings: vec![finding], ..last.clone() },
        }
    })
    .await;
    assert!(!served.get("").await.contains("mistakes-title"));
    served.changes.send(2).unwrap();
    let page = served.get("").await;
    let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part} in {page}"));
    assert!(at("error[fm-unclosed]") < at("<iframe"));
    assert!(at("1 mistake<") < at("last save that could be composed"));
    assert!(served.get("letter.txt").await.contains("Dear reader,"));
}

#[tokio::test]
async fn without_a_letter_the_page_says_what_to_mend() {
    let finding = || Finding::about(&rule::FM_UNCLOSED, "draft.md", "not closed");
    let served = Served::with(move |_| Proof {
        made: None,
        is_stale: true,
        findings: vec![finding()],
        ..proof()
    })
    .await;
    let page = served.get("").await;
    assert!(page.contains("There is no letter yet") && !page.contains("<iframe"), "{page}");
    assert_eq!(status(&served.get("letter.html").await), "404");
    for pane in Pane::ALL.map(Pane::key) {
        assert_eq!(status(&served.get(&format!("?pane={pane}")).await), "200", "{pane}");
    }
}

#[tokio::test]
async fn actions_answer_with_what_came_of_them() {
    let served = Served::with(|_| proof()).await;
    let sent = served.post("test-copy", "draft=b.md&to=ada%40example.org").await;
    assert!(sent.contains("b.md for ada@example.org: taken"), "{sent}");
    let refused = served.post("test-copy", "draft=nothing.md&to=%3Cb%3E").await;
    assert!(refused.contains("<code>&lt;b&gt;</code> was refused at RCPT"), "{refused}");
    let followed = served.post("follow-links", "draft=a.md").await;
    assert!(followed.contains("0 of 1 address answered well"), "{followed}");
    let filtered = served.post("spam-filter", "draft=a.md&reader=~empty").await;
    assert!(
        filtered.contains("2.3") && filtered.contains("all &lt;capitals&gt; <code>SUBJ_ALL_CAPS"),
        "{filtered}"
    );
    for path in ["dry-run", "sandbox"] {
        let answer = served.post(path, "draft=a.md").await;
        assert!(status(&answer) == "200" && answer.contains("refused at RCPT"), "{answer}");
    }
    assert_eq!(status(&served.get("caught?box=0").await), "404");
}

#[tokio::test]
async fn links_stand_with_what_they_answered() {
    let served = Served::with(|_| Proof { followed: Arc::new(answers()), ..proof() }).await;
    let page = served.get("?pane=links").await;
    assert!(page.contains("Followed: 1 dead, 2 not followed."), "{page}");
    assert!(page.contains("<span class=\"state error\">dead</span>"), "{page}");
    assert!(page.contains("answers 404 &lt;b&gt;") && !page.contains("<b>"), "{page}");
    let unasked = Served::with(|_| proof()).await.get("?pane=links").await;
    assert!(unasked.contains("None has been opened") && unasked.contains("Follow the links"));
}

#[tokio::test]
async fn a_draft_stands_beside_the_issue_before_it() {
    let served = Served::with(|_| proof()).await;
    let page = served.get("?pane=changes").await;
    assert!(page.contains("2 passages: 1 changed, 1 the same."), "{page}");
    assert!(page.contains("<del>pier</del><ins>ship</ins>") && page.contains("at=0%3A8"), "{page}");
    assert!(page.contains("1 link of this draft was in that one, too"), "{page}");
}

#[tokio::test]
async fn a_finding_is_one_click_from_its_line_in_the_editor() {
    let served = Served::with(|_| {
        let source = Source::new("drafts/a.md", DRAFT);
        let finding = Finding::at(&rule::FM_MISSPELT_KEY, &source, 4..9, "key unknown");
        let elsewhere = Finding::about(&rule::LIST_INVALID, "subscribers.toml", "x");
        Proof { findings: vec![finding, elsewhere], ..proof() }
    })
    .await;
    let page = served.get("").await;
    assert!(page.contains("vscode://file/x/drafts/a.md:2:1"), "{page}");
    assert_eq!(page.matches("class=\"edit\"").count(), 1, "{page}");
}

#[tokio::test]
async fn what_is_still_being_read_is_said() {
    let waits = Served::with(|_| Proof { is_current: false, ..proof() }).await;
    assert!(waits.get("").await.contains("are being read"));
    assert!(!Served::with(|_| proof()).await.get("").await.contains("are being read"));
}

#[tokio::test]
async fn a_save_is_told_to_open_pages_at_once() {
    let served = Served::with(|_| proof()).await;
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
        served.changes.send(version).unwrap();
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
    let (_changes, receiver) = watch::channel(1);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stop_it = async { drop(stopped.await) };
    let server = tokio::spawn(studio.serve(
        errands(|_| proof()),
        "a.md".into(),
        Vec::new(),
        receiver,
        stop_it,
    ));
    stop.send(()).unwrap();
    timeout(Duration::from_secs(5), server).await.unwrap().unwrap().unwrap();
    for token in ["", "a/b", "a b", "{x}"] {
        let error = Studio::bind(0, token.into()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
