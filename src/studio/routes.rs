//! What each path answers.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::middleware;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::watch;

use super::door::{Door, guard};
use super::page::{self, View};
use super::proof::{Letter, Proof};
use crate::finding::Finding;

/// The pages may use their own script and style and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A letter may show itself and its images. Scripts, forms and plugins are off; its origin is kept only so that the
/// page around it can put its scroll position back after a reload, which is harmless where no script runs.
const LETTER_POLICY: &str =
    "sandbox allow-same-origin; default-src 'none'; img-src * data:; style-src 'unsafe-inline'";

/// What is shown as text runs nothing and loads nothing.
const TEXT_POLICY: &str = "sandbox; default-src 'none'";

const TEXT: &str = "text/plain; charset=utf-8";

/// What a page's address asks for; everything may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The key of a reader.
    pub(super) reader: String,
    /// The key of a tab.
    pub(super) tab: String,
    /// The letter's width.
    pub(super) width: String,
    /// Given at all: as a file.
    pub(super) download: Option<String>,
}

type Proofs = watch::Receiver<Arc<Proof>>;

pub(super) fn router(door: Door, proofs: Proofs) -> Router {
    // The guard has compared the token before a route is looked for.
    Router::new()
        .route("/{token}/", get(show_page))
        .route("/{token}/studio.css", get(style))
        .route("/{token}/studio.js", get(script))
        .route("/{token}/letter.html", get(html_part))
        .route("/{token}/letter.txt", get(text_part))
        .route("/{token}/headers", get(headers))
        .route("/{token}/raw", get(raw))
        .route("/{token}/events", get(events))
        .fallback(|| async { (StatusCode::NOT_FOUND, "404 Not Found") })
        .with_state(proofs)
        .layer(middleware::from_fn_with_state(Arc::new(door), guard))
}

async fn show_page(State(proofs): State<Proofs>, Query(asked): Query<Asked>) -> Response {
    let proof = Arc::clone(&proofs.borrow());
    let view = View::new(&proof, &asked);
    let html = page::page(&view).into_string();
    let headers =
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, PAGE_POLICY)];
    (headers, html).into_response()
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("studio.css"))
}

async fn script() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("studio.js"))
}

async fn html_part(State(proofs): State<Proofs>, Query(asked): Query<Asked>) -> Response {
    let headers =
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, LETTER_POLICY)];
    answer(&proofs, &asked, |letter| (headers, letter.html).into_response())
}

async fn text_part(State(proofs): State<Proofs>, Query(asked): Query<Asked>) -> Response {
    answer(&proofs, &asked, |letter| as_text(letter.text.into_bytes()))
}

async fn headers(State(proofs): State<Proofs>, Query(asked): Query<Asked>) -> Response {
    answer(&proofs, &asked, |letter| as_text(letter.headers.into_bytes()))
}

async fn raw(State(proofs): State<Proofs>, Query(asked): Query<Asked>) -> Response {
    let name = file_name(&proofs.borrow().issue);
    answer(&proofs, &asked, |letter| {
        if asked.download.is_none() {
            return as_text(letter.raw);
        }
        let headers = [
            (CONTENT_TYPE, "message/rfc822".to_owned()),
            (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.eml\"")),
        ];
        (headers, letter.raw).into_response()
    })
}

/// The version now, and again at every new proof, until the sender of proofs is gone.
async fn events(
    State(proofs): State<Proofs>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let versions = stream::unfold((proofs, true), |(mut proofs, is_first)| async move {
        if !is_first {
            proofs.changed().await.ok()?;
        }
        let version = proofs.borrow_and_update().version.to_string();
        let event = Event::default().data(version).retry(Duration::from_millis(500));
        Some((Ok(event), (proofs, false)))
    });
    Sse::new(versions).keep_alive(KeepAlive::default())
}

/// The letter that is asked for, or why there is none: 404 before the first, 422 with the mistakes.
fn answer(proofs: &Proofs, asked: &Asked, respond: impl FnOnce(Letter) -> Response) -> Response {
    let proof = Arc::clone(&proofs.borrow());
    match proof.letter(&asked.reader) {
        None => (StatusCode::NOT_FOUND, "nothing has been composed yet").into_response(),
        Some(Ok(letter)) => respond(letter),
        Some(Err(findings)) => (StatusCode::UNPROCESSABLE_ENTITY, list(&findings)).into_response(),
    }
}

fn list(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        format!("{}[{}]: {}", finding.severity, finding.rule.id, finding.message)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn as_text(bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, TEXT), (CONTENT_SECURITY_POLICY, TEXT_POLICY)], bytes).into_response()
}

/// An issue's id as part of a header and of a file name on any system.
fn file_name(issue: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    issue.chars().take(80).map(|c| if is_safe(c) { c } else { '-' }).collect()
}
