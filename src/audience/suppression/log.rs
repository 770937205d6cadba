//! Lines of a log that hold unsubscribe tokens: `time token` as a small script writes them, or a web server's access log.
//!
//! Mail scanners open every link of a letter, so a GET says nothing about the reader; where a line names the method of a
//! request, only POST counts (RFC 8058 3.2). A line without a method was written by something that took a POST.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Nothing about a token.
    Nothing,
    /// A token's page was looked at, which is no wish to leave.
    Visit,
    /// Somebody wants to leave. Whether the token is good is for its key to say.
    Departure {
        /// What stands where a token is expected.
        token: String,
        /// When, if the line says so.
        at: Option<Timestamp>,
    },
}

/// Reads a line. `mark` is what stands before the token in the path of a request: see [`mark`].
pub fn read(line: &str, mark: Option<&str>) -> Line {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Line::Nothing;
    }
    if let Ok(Value::Object(object)) = serde_json::from_str(line) {
        return of_json(&Value::Object(object), mark);
    }
    if let Some((method, target)) = request(line) {
        return of_request(Some(method), target, mark, clf_time(line));
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let method = words.iter().copied().find(|word| METHODS.contains(word));
    match words.as_slice() {
        [time @ .., token]
            if words.len() <= 3 && method.is_none() && after(token, mark).is_none() =>
        {
            Line::Departure { token: (*token).to_owned(), at: time_of(&time.join(" ")) }
        }
        _ => of_request(method, line, mark, words.first().and_then(|word| time_of(word))),
    }
}

/// What stands before the token in the path of `unsubscribe.url`, e.g. `/u/`.
pub fn mark(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let path = &rest[rest.find(['/', '?'])?..];
    Some(path.split_once("{token}")?.0)
}

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT"];

/// Method and target of a request in the Common Log Format: `"POST /u/… HTTP/1.1"`.
fn request(line: &str) -> Option<(&str, &str)> {
    line.split('"').skip(1).find_map(|part| {
        let (method, rest) = part.split_once(' ')?;
        let target = rest.split(' ').next()?;
        METHODS.contains(&method).then_some((method, target))
    })
}

fn of_request(
    method: Option<&str>,
    target: &str,
    mark: Option<&str>,
    at: Option<Timestamp>,
) -> Line {
    match after(target, mark) {
        None => Line::Nothing,
        Some(_) if method.is_some_and(|method| method != "POST") => Line::Visit,
        Some(token) => Line::Departure { token: token.to_owned(), at },
    }
}

/// The base64url characters after the mark.
fn after<'a>(text: &'a str, mark: Option<&str>) -> Option<&'a str> {
    let mark = mark?;
    let rest = &text[text.find(mark)? + mark.len()..];
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let token = &rest[..rest.find(|c| !is_token(c)).unwrap_or(rest.len())];
    Some(token).filter(|token| !token.is_empty())
}

/// A structured access log (Caddy, Traefik, nginx with `escape=json`).
fn of_json(entry: &Value, mark: Option<&str>) -> Line {
    let method = find(entry, &["method", "request_method", "RequestMethod"]);
    let target = find(entry, &["uri", "request_uri", "RequestPath", "path", "url"]);
    let at = find(entry, &["ts", "time", "timestamp", "time_iso8601", "msec"]);
    let at = at.and_then(|at| time_of(at.as_str().unwrap_or(&at.to_string())));
    let target = target.and_then(Value::as_str).unwrap_or_default();
    if let (None, Some(token)) = (method, find(entry, &["token"]).and_then(Value::as_str)) {
        return Line::Departure { token: token.to_owned(), at };
    }
    of_request(method.and_then(Value::as_str), target, mark, at)
}

/// The first value with one of these keys, at any depth.
fn find<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    let Value::Object(object) = value else { return None };
    let here = keys.iter().find_map(|key| object.get(*key)).filter(|found| !found.is_object());
    here.or_else(|| object.values().find_map(|inner| find(inner, keys)))
}

/// `[24/Nov/2026:10:00:00 +0100]`
fn clf_time(line: &str) -> Option<Timestamp> {
    let inner = line.split_once('[')?.1.split_once(']')?.0;
    let time = jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", inner).ok()?;
    time.to_timestamp().ok()
}

/// RFC 3339, seconds since 1970, or a day or time without a zone, which is taken for UTC.
pub(super) fn time_of(text: &str) -> Option<Timestamp> {
    let seconds = || {
        let digits = text.split('.').next()?;
        (9..=11).contains(&digits.len()).then(|| digits.parse().ok()).flatten()
    };
    let civil = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse()
        .ok()
        .or_else(|| seconds().and_then(|seconds| Timestamp::from_second(seconds).ok()))
        .or_else(civil)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "AUlWzc1RN26Nx__27gAykdAugic6GMRmmHnFMSID";

    fn seen(line: &str) -> String {
        match read(&line.replace("TOKEN", TOKEN), Some("/u/")) {
            Line::Nothing => "nothing".into(),
            Line::Visit => "visit".into(),
            Line::Departure { token, at } => {
                let at = at.map_or("-".into(), |at| at.to_string());
                format!("{at} {}", token.replace(TOKEN, "TOKEN"))
            }
        }
    }

    #[test]
    fn only_a_post_is_a_wish_to_leave_where_the_method_is_seen() {
        let access = "192.0.2.1 - - [24/Nov/2026:10:00:00 +0100]";
        let table = [
            ("2026-11-24T10:00:00Z TOKEN", "2026-11-24T10:00:00Z TOKEN"),
            ("2026-11-24 10:00:00 TOKEN", "2026-11-24T10:00:00Z TOKEN"),
            ("1795514400 TOKEN", "2026-11-24T10:00:00Z TOKEN"),
            ("TOKEN", "- TOKEN"),
            ("2026-11-24T10:00:00Z nonsense", "2026-11-24T10:00:00Z nonsense"),
            ("# a comment", "nothing"),
            ("", "nothing"),
            (&format!("{access} \"POST /u/TOKEN HTTP/1.1\" 200 0"), "2026-11-24T09:00:00Z TOKEN"),
            (
                &format!("{access} \"POST /u/TOKEN?x=1 HTTP/2.0\" 404 0"),
                "2026-11-24T09:00:00Z TOKEN",
            ),
            (&format!("{access} \"GET /u/TOKEN HTTP/1.1\" 200 812"), "visit"),
            (&format!("{access} \"HEAD /u/TOKEN HTTP/1.1\" 200 0"), "visit"),
            (
                &format!(
                    "{access} \"POST /comment HTTP/1.1\" 200 0 \"https://a.org/u/TOKEN\" \"x\""
                ),
                "nothing",
            ),
            (&format!("{access} \"GET /index.html HTTP/1.1\" 200 0"), "nothing"),
            (
                r#"{"ts":1795514400.5,"request":{"method":"POST","uri":"/u/TOKEN"},"status":200}"#,
                "2026-11-24T10:00:00Z TOKEN",
            ),
            (r#"{"ts":1795514400.5,"request":{"method":"GET","uri":"/u/TOKEN"}}"#, "visit"),
            (r#"{"time":"2026-11-24T10:00:00Z","token":"TOKEN"}"#, "2026-11-24T10:00:00Z TOKEN"),
            ("2026-11-24T10:00:00Z GET /u/TOKEN", "visit"),
            ("2026-11-24T10:00:00Z POST /u/TOKEN from 192.0.2.1", "2026-11-24T10:00:00Z TOKEN"),
            ("2026-11-24T10:00:00Z /u/TOKEN", "2026-11-24T10:00:00Z TOKEN"),
            ("a line about something else entirely, with words", "nothing"),
        ];
        for (line, expected) in table {
            assert_eq!(seen(line), expected, "{line}");
        }
    }

    #[test]
    fn the_mark_is_what_the_url_has_before_its_token() {
        assert_eq!(mark("https://lists.example.org/u/{token}"), Some("/u/"));
        assert_eq!(mark("https://example.org/leave?t={token}&x=1"), Some("/leave?t="));
        assert_eq!(mark("https://example.org"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_line_breaks_the_reader(line in "\\PC{0,120}|.*\"(GET|POST) /u/.*\".*|\\{.*\\}") {
            let _ = read(&line, Some("/u/"));
            let _ = read(&line, None);
        }
    }
}
