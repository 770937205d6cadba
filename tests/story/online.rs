//! `check --online` and `--spam`: what the web and a spam filter say, asked only when somebody wants it.

use serde_json::Value;

use super::support::desk::Desk;
use super::support::web::Web;

fn desk(body: &str) -> Desk {
    let desk = Desk::new(1, 1);
    desk.write("drafts/tide.md", &format!("---\nsubject: The tide\nslug: tide\n---\n\n{body}\n"));
    desk
}

/// What is said by a rule: severity, line and message, with `WEB` for the address of the server.
fn said(stdout: &str, rule: &str, web: &Web) -> Vec<String> {
    let findings: Vec<Value> = serde_json::from_str(stdout).unwrap();
    let by_rule = findings.iter().filter(|finding| finding["rule"] == rule);
    by_rule
        .map(|finding| {
            let message = finding["message"].as_str().unwrap().replace(&web.url, "WEB");
            format!("{} {}: {message}", finding["severity"].as_str().unwrap(), finding["line"])
        })
        .collect()
}

#[test]
fn links_are_followed_one_by_one_and_good_answers_count_for_a_day() {
    let web = Web::open();
    let url = &web.url;
    let desk = desk(&format!(
        "[a]({url}/ok#part), [b]({url}/ok), [c]({url}/moved), [d]({url}/found), [e]({url}/get-only),\n\
         [f]({url}/gone), [g]({url}/shy), [h]({url}/ill), [i]({url}/busy) and [j][late].\n\n[late]: {url}/slow"
    ));
    let run = desk.run("--json check drafts/tide.md --online --link-timeout 500ms").exits(1);
    assert_eq!(
        said(&run.stdout, "link-dead", &web),
        [
            "info 6: `WEB/moved` is now at `WEB/ok`",
            "error 7: `WEB/gone` is dead: answers 404",
            "warning 7: `WEB/shy` may be dead: answers 403",
            "warning 7: `WEB/ill` may be dead: answers 500",
            "warning 9: `WEB/slow` may be dead: does not answer within 500ms",
        ]
    );
    let asked = web.asked();
    let ways = |path: &str| -> Vec<&str> {
        asked.iter().filter(|one| one.path == path).map(|one| one.method.as_str()).collect()
    };
    assert_eq!(ways("/ok"), ["HEAD"; 3], "once for itself, and for each that leads there");
    assert_eq!(ways("/get-only"), ["HEAD", "GET"]);
    assert_eq!(ways("/ill"), ["HEAD", "GET", "HEAD", "GET", "HEAD", "GET"], "tried again, twice");
    assert_eq!(ways("/busy"), ["HEAD", "HEAD"], "after as long as the server wants");
    assert_eq!(ways("/slow"), ["HEAD"; 3]);
    assert!(
        asked.iter().all(|one| one.agent.starts_with("postrider/")
            && one.agent.ends_with("; mailto:notes@example.org)")),
        "{asked:?}"
    );
    assert_eq!(web.most_at_once(), 1, "one request at a time to a host");

    let again = desk.run("--json check drafts/tide.md --online --link-timeout 500ms").exits(1);
    assert_eq!(said(&again.stdout, "link-dead", &web), said(&run.stdout, "link-dead", &web));
    let paths: std::collections::BTreeSet<String> =
        web.asked().into_iter().map(|one| one.path).collect();
    assert_eq!(paths.into_iter().collect::<Vec<_>>(), ["/gone", "/ill", "/shy", "/slow"]);
}

#[test]
fn without_online_nobody_is_asked() {
    let web = Web::open();
    let desk = desk(&format!("[a]({}/gone)", web.url));
    let run = desk.run("--json check drafts/tide.md");
    assert_eq!(said(&run.stdout, "link-dead", &web), Vec::<String>::new());
    assert_eq!(web.asked(), []);
}

#[test]
fn a_server_that_nobody_runs_is_no_proof_that_a_link_is_dead() {
    let web = Web::open();
    // Nobody listens on this port: it is that of a listener that is gone.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let desk = desk(&format!("[a](http://127.0.0.1:{port}/)"));
    let run = desk.run("--json check drafts/tide.md --online");
    let said = said(&run.stdout, "link-dead", &web);
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("warning 6:") && said[0].contains("refused"), "{said:?}");
}

#[test]
fn a_spam_filter_that_is_not_there_is_missed_aloud() {
    let desk = desk("The tide turns.");
    desk.write("bin/none", "");
    let output = desk
        .command("--json check drafts/tide.md --spam")
        .env("PATH", desk.path("bin"))
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(stdout.contains("spamassassin is not installed"), "{stdout}");
}

#[cfg(unix)]
#[test]
fn the_score_of_a_spam_filter_is_told_with_its_tests() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = desk("The tide turns.");
    // Says what the letter's size and subject are worth, as the real one would: the letter goes in, a header comes out.
    let filter = "#!/bin/sh\nread -r first\ncat >/dev/null\necho 'X-Spam-Status: Yes, score=6.1 required=5.0 tests=ONE,'\necho '\tTWO,THREE autolearn=no'\necho\necho \"$first\"\necho 'Content analysis details:   (6.1 points, 5.0 required)'\necho ' 2.5 TWO   Reason'\necho '-0.1 THREE Reason'\n";
    desk.write("bin/spamassassin", filter);
    std::fs::set_permissions(desk.path("bin/spamassassin"), std::fs::Permissions::from_mode(0o755))
        .unwrap();
    let path = format!("{}:/usr/bin:/bin", desk.path("bin").display());
    let output =
        desk.command("--json check drafts/tide.md --spam").env("PATH", path).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    let told = "SpamAssassin gives the letter 6.1 points of 5: TWO (2.5), ONE\"";
    assert!(stdout.contains(told), "{stdout}");
}
