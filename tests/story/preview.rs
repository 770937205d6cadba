//! An editor looks at an issue while writing it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use super::support::desk::Desk;
use super::support::relay::Relay;
use super::support::script::Script;
use super::support::web::Web;

/// A running preview; ends with the story.
struct Preview {
    child: Child,
    /// `127.0.0.1:PORT`.
    host: String,
    /// `/TOKEN/`.
    path: String,
}

impl Preview {
    fn start(desk: &Desk) -> Self {
        let mut child = desk.start("preview drafts/tide.md");
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let rest = url.trim().strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        Self { child, host: host.to_owned(), path: format!("/{path}") }
    }

    /// Asks for a page as this host; gives the whole answer.
    fn get_as(&self, host: &str, page: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        write!(
            stream,
            "GET {}{page} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
            self.path
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(&self, page: &str) -> String {
        self.get_as(&self.host, page)
    }

    /// Does something, as a page of this origin would.
    fn post_from(&self, origin: &str, action: &str, form: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let (host, path, length) = (&self.host, &self.path, form.len());
        write!(
            stream,
            "POST {path}{action} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nContent-Length: {length}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n{form}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Asks again until the page has these words.
    fn until(&self, page: &str, words: &str) -> String {
        let began = Instant::now();
        loop {
            let answer = self.get(page);
            if answer.contains(words) {
                return answer;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "no `{words}` in:\n{answer}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_save_is_on_the_page_and_a_mistake_leaves_the_last_good_letter() {
    let desk = Desk::new(3, 1);
    let preview = Preview::start(&desk);
    let letter = preview.get("letter.html");
    assert!(
        letter.contains("The tide turns at six")
            && letter.contains("content-security-policy: sandbox")
    );
    assert!(preview.get("letter.txt?reader=reader3@example.org").contains("Dear reader,"));
    assert!(preview.get("headers").contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
    let draft = desk.read("drafts/tide.md");
    desk.write("drafts/tide.md", &draft.replace("at six. [", "at seven. ["));
    preview.until("letter.txt", "at seven.");
    desk.write("drafts/tide.md", &draft.replace("slug: tide", "slgu: tide"));
    let page = preview.until("", "drafts/tide.md:3:1");
    assert!(page.contains("did you mean"), "{page}");
    assert!(preview.get("letter.txt").contains("at seven."), "the last good letter stays");
    desk.write("drafts/tide.md", &draft);
    preview.until("letter.txt", "at six.");
    assert!(!preview.get("").contains("drafts/tide.md:3:1"));
}

#[test]
fn a_save_of_what_a_draft_includes_is_on_the_page_too() {
    let desk = Desk::new(1, 1);
    std::fs::create_dir(desk.path("snippets")).unwrap();
    desk.write("snippets/a.md", "Low water.\n");
    let preview = Preview::start(&desk);
    let draft = desk.read("drafts/tide.md");
    desk.write("drafts/tide.md", &format!("{draft}\n[[include: snippets/a.md]]\n"));
    preview.until("letter.txt", "Low water.");
    desk.write("snippets/a.md", "High water.\n");
    preview.until("letter.txt", "High water.");
}

#[test]
fn the_page_says_what_check_says_of_the_list_and_of_earlier_issues() {
    let desk = Desk::new(3, 1);
    let draft = desk.read("drafts/tide.md");
    desk.write("drafts/ebb.md", &draft.replace("slug: tide\n", "slug: ebb\n"));
    desk.write("drafts/tide.md", &draft.replace("{{ name | default(\"reader\") }}", "{{ name }}"));
    let checked = desk.run("check drafts/tide.md --format json").exits(1).stdout;
    let checked: serde_json::Value = serde_json::from_str(&checked).unwrap();
    let rules = |page: &str| -> Vec<String> {
        let rule = |rest: &str| Some(rest.split_once('[')?.1.split(']').next()?.to_owned());
        let mut rules: Vec<String> =
            page.split("class=\"rule\">").skip(1).filter_map(rule).collect();
        rules.sort();
        rules
    };
    let mut wanted: Vec<String> = checked
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["rule"].as_str().unwrap().to_owned())
        .collect();
    wanted.sort();
    assert!(
        wanted.contains(&"merge-unresolved".into())
            && wanted.contains(&"issue-duplicate-title".into()),
        "{wanted:?}"
    );
    let preview = Preview::start(&desk);
    assert_eq!(rules(&preview.until("", "issue-duplicate-title")), wanted);
    desk.write(
        "drafts/ebb.md",
        &draft.replace("at six", "at seven").replace("slug: tide\n", "slug: ebb\n"),
    );
    desk.write("subscribers.toml", &super::support::desk::list(2));
    let began = Instant::now();
    while preview.get("").contains("issue-duplicate-title") {
        assert!(began.elapsed() < Duration::from_secs(10), "{}", preview.get(""));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!preview.get("").contains("merge-unresolved"), "both of the list have a name now");
}

#[test]
fn links_are_followed_from_the_page_and_by_nobody_else() {
    let web = Web::open();
    let desk = Desk::new(1, 1);
    let draft = desk.read("drafts/tide.md");
    let url = &web.url;
    desk.write(
        "drafts/tide.md",
        &draft.replace("https://example.org/tide", &format!("{url}/gone")),
    );
    let preview = Preview::start(&desk);
    let own = format!("http://{}", preview.host);
    assert!(preview.get("?pane=links").contains("None has been opened"));
    let foreign = preview.post_from("http://evil.example", "follow-links", "draft=tide.md");
    assert!(foreign.starts_with("HTTP/1.1 403") && web.asked().is_empty(), "{foreign}");
    let answer = preview.post_from(&own, "follow-links", "draft=tide.md");
    assert!(answer.contains("0 of 1 address answered well"), "{answer}");
    let page = preview.until("?pane=links", "dead");
    assert!(page.contains("answers 404"), "{page}");
    preview.until("", "link-dead");
}

#[test]
fn a_draft_stands_beside_the_issue_before_it_also_when_the_ledger_alone_has_that() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(1, relay.port());
    let draft = desk.read("drafts/tide.md");
    desk.write("drafts/ebb.md", &draft.replace("slug: tide", "slug: ebb"));
    desk.run("send drafts/ebb.md --yes").exits(0);
    std::fs::remove_file(desk.path("drafts/ebb.md")).unwrap();
    desk.write("drafts/tide.md", &draft.replace("turns at six. [", "turns at ten. ["));
    let preview = Preview::start(&desk);
    let page = preview.until("?pane=changes", "<del>six.</del><ins>ten.</ins>");
    assert!(page.contains("Beside <strong>ebb</strong>"), "{page}");
    let earlier = draft.replace("slug: tide", "slug: neap\nnumber: 1").replace("six. [", "nine. [");
    desk.write("drafts/neap.md", &earlier);
    desk.write("drafts/tide.md", &draft.replace("slug: tide", "slug: tide\nnumber: 2"));
    preview.until("?pane=changes", "<del>nine.</del><ins>six.</ins>");
    desk.write("drafts/neap.md", &earlier.replace("{{", "{{ {{"));
    preview.until("?pane=changes", "<code>drafts/neap.md</code> has mistakes");
}

#[test]
fn another_host_name_gets_nothing() {
    let desk = Desk::new(1, 1);
    let preview = Preview::start(&desk);
    assert!(preview.get_as("evil.example", "").starts_with("HTTP/1.1 421"));
    assert!(preview.get("../../etc/passwd").starts_with("HTTP/1.1 404"));
}

#[test]
fn another_language_zone_and_home_change_no_byte_of_a_letter() {
    let desk = Desk::new(3, 1);
    let compose = |folder: &str, language: &str, zone: &str, home: &str| {
        let mut command = desk.command(&format!("preview drafts/tide.md --out {folder}"));
        command.env("LC_ALL", language).env("TZ", zone).env("HOME", desk.path(home));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("of the 100.0 kB that Gmail shows")
        );
        ["issue.html", "issue.txt"].map(|name| desk.read(&format!("{folder}/{name}")))
    };
    let here = compose("one", "C", "UTC", "home");
    assert_eq!(here, compose("two", "tr_TR.UTF-8", "Pacific/Kiritimati", "elsewhere"));
    assert!(here[0].contains("The tide turns at six"));
}
