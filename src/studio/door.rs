//! Who may come in: only pages of ours, only under our own name, only with the token.
//!
//! A page elsewhere can make a browser send requests to loopback, and a name elsewhere can be made to resolve to it
//! (DNS rebinding). The first carries a foreign `Origin`, the second a foreign `Host`; neither knows the token.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Where the studio is.
#[derive(Debug)]
pub(super) struct Door {
    /// The port on 127.0.0.1.
    pub(super) port: u16,
    /// The first segment of every path.
    pub(super) token: String,
}

/// On every answer, refusals included. There is no CORS header: other origins read nothing.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Lets a request pass, or answers it with 421, 403 or 404.
pub(super) async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let mut response = match door.admit(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(status) => (status, status.to_string()).into_response(),
    };
    for (name, value) in HEADERS {
        // A picture may be kept: its name is made from its content.
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

impl Door {
    fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), StatusCode> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        let is_our_host = host.is_some_and(|host| self.is_our_name(host)) && hosts.next().is_none();
        let is_our_target = uri.authority().is_none_or(|name| self.is_our_name(name.as_str()));
        if !(is_our_host && is_our_target) {
            return Err(StatusCode::MISDIRECTED_REQUEST);
        }
        let is_our_origin = |origin: &HeaderValue| {
            let name = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
            name.is_some_and(|name| self.is_our_name(name))
        };
        if !headers.get_all(header::ORIGIN).iter().all(is_our_origin) {
            return Err(StatusCode::FORBIDDEN);
        }
        // Browsers name the origin of whatever does something; what does not say where it comes from does nothing.
        let only_looks = matches!(*method, Method::GET | Method::HEAD);
        if !only_looks && !headers.contains_key(header::ORIGIN) {
            return Err(StatusCode::FORBIDDEN);
        }
        let first = uri.path().trim_start_matches('/').split('/').next();
        if first == Some(&self.token) { Ok(()) } else { Err(StatusCode::NOT_FOUND) }
    }

    /// Browsers leave out port 80.
    fn is_our_name(&self, name: &str) -> bool {
        let (host, port) = name.split_once(':').unwrap_or((name, "80"));
        matches!(host, "127.0.0.1" | "localhost") && port == self.port.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(uri: &str, headers: &[(HeaderName, &str)]) -> u16 {
        admit_to(&Method::GET, uri, headers)
    }

    fn admit_to(method: &Method, uri: &str, headers: &[(HeaderName, &str)]) -> u16 {
        let door = Door { port: 8025, token: "secret".into() };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        door.admit(method, &uri.parse().unwrap(), &map)
            .map_or_else(|status| status.as_u16(), |()| 200)
    }

    #[test]
    fn only_our_own_name_is_answered_to() {
        use header::HOST;
        let status = |host| admit("/secret/", &[(HOST, host)]);
        assert_eq!(status("127.0.0.1:8025"), 200);
        assert_eq!(status("localhost:8025"), 200);
        for host in [
            "evil.example",
            "evil.example:8025",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost:8025.evil.example",
            "127.0.0.1:08025",
            "",
        ] {
            assert_eq!(status(host), 421, "{host}");
        }
        assert_eq!(admit("/secret/", &[]), 421);
        assert_eq!(admit("/secret/", &[(HOST, "localhost:8025"), (HOST, "evil.example")]), 421);
        assert_eq!(admit("http://evil.example/secret/", &[(HOST, "localhost:8025")]), 421);
    }

    #[test]
    fn other_origins_and_other_tokens_stay_outside() {
        use header::{HOST, ORIGIN};
        let origin = |origin| admit("/secret/", &[(HOST, "localhost:8025"), (ORIGIN, origin)]);
        assert_eq!(origin("http://localhost:8025"), 200);
        for foreign in
            ["null", "https://localhost:8025", "http://localhost:3000", "http://evil.example"]
        {
            assert_eq!(origin(foreign), 403, "{foreign}");
        }
        let post =
            |headers: &[(HeaderName, &str)]| admit_to(&Method::POST, "/secret/sandbox", headers);
        assert_eq!(post(&[(HOST, "localhost:8025"), (ORIGIN, "http://localhost:8025")]), 200);
        assert_eq!(
            post(&[(HOST, "localhost:8025")]),
            403,
            "what does something says where it comes from"
        );
        for path in ["/", "/secre/", "/secrets/", "/x/../secret/", "/%73ecret/"] {
            assert_eq!(admit(path, &[(HOST, "localhost:8025")]), 404, "{path}");
        }
    }
}
