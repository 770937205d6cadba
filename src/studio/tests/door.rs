//! Who is let in, and what no answer lets a page do.

use super::*;

#[tokio::test]
async fn foreign_hosts_origins_and_paths_are_refused() {
    let served = Served::with(|_| proof()).await;
    let own = format!("Host: localhost:{}", served.port);
    let origin = format!("Origin: http://localhost:{}", served.port);
    let page = format!("GET /{TOKEN}/");
    let ask = async |line: &str, headers: &[&str]| {
        status(&served.request(line, headers, "").await).to_owned()
    };
    assert_eq!(ask(&page, &[&own]).await, "200");
    assert_eq!(ask(&page, &["Host: evil.example"]).await, "421");
    assert_eq!(ask(&page, &[&own, "Origin: http://evil.example"]).await, "403");
    for path in ["follow-links", "test-copy", "dry-run", "sandbox"] {
        let post = format!("POST /{TOKEN}/{path}");
        assert_eq!(ask(&post, &[&own]).await, "403", "without an origin");
        assert_eq!(ask(&post, &[&own, "Origin: null"]).await, "403");
        assert_eq!(ask(&post, &["Host: evil.example", &origin]).await, "421");
        assert_eq!(
            ask(&format!("GET /{TOKEN}/{path}"), &[&own]).await,
            "405",
            "a link does nothing"
        );
        let elsewhere = format!("POST /wrong/{path}");
        assert_eq!(ask(&elsewhere, &[&own, &origin]).await, "404");
    }
    assert_eq!(ask(&format!("GET /{TOKEN}/events"), &[&own, "Origin: null"]).await, "403");
    for path in [
        "/",
        "/wrong/",
        "/../../etc/passwd",
        "/t0ken/../../etc/passwd",
        "/t0ken/%2e%2e/%2e%2e/etc/passwd",
        "/t0ken/picture/../../../etc/passwd",
        "/t0ken/picture/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/t0ken/caught.eml?letter=../../../etc/passwd",
        "/t0ken/studio.js/..",
        "/t0ken/nothing",
        "/t0ken",
        "/favicon.ico",
    ] {
        let answer = served.request(&format!("GET {path}"), &[&own], "").await;
        assert_eq!(status(&answer), "404", "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    }
    let other = served.get("?draft=../../../etc/passwd").await;
    assert!(other.contains("<title>Title of a.md"), "only drafts that are listed are opened");
}

#[tokio::test]
async fn every_answer_is_locked_down() {
    let served = Served::with(|_| proof()).await;
    let paths = [
        "",
        "letter.html",
        "letter.txt",
        "headers",
        "raw",
        "raw?download",
        "readers?q=x",
        "studio.js",
        "studio.css",
    ];
    for path in paths {
        let answer = served.get(path).await;
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
    for path in ["letter.html", "letter.html?images=off"] {
        let letter = served.get(path).await;
        let policy = header(&letter, "content-security-policy").unwrap();
        assert!(
            policy.starts_with("sandbox ") && policy.contains("default-src 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("allow-scripts") && !policy.contains("script-src"), "{policy}");
        assert_eq!(policy.contains("img-src"), !path.contains("off"), "{policy}");
    }
    let page = served.get("").await;
    let policy = header(&page, "content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(
        !page.contains(" style=") && !page.contains(" onclick="),
        "the policy would block them"
    );
}
