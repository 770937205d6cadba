//! What each path answers.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use futures_util::stream::{self, Stream};
use maud::Markup;
use serde::Deserialize;

use super::asked::Asked;
use super::desk::{Catch, Letter};
use super::door::{Door, guard};
use super::state::{Seen, State as Memory, held};
use super::{caught, light, links, page, sending};
use crate::finding::Finding;

/// The pages may use their own script and style and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A letter may show itself and its images. Scripts, forms and plugins are off; its origin is kept only so that the
/// page around it can put its scroll position back after a reload, which is harmless where no script runs.
const LETTER_POLICY: &str = "sandbox allow-same-origin; default-src 'none'; img-src 'self' http: https: data:; \
     style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// The same where images are off.
const BARE_POLICY: &str = "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// What is shown as text runs nothing and loads nothing.
const TEXT_POLICY: &str = "sandbox; default-src 'none'";

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

type App = State<Arc<Memory>>;

pub(super) fn router(door: Door, memory: Arc<Memory>) -> Router {
    // The guard has compared the token before a route is looked for.
    Router::new()
        .route("/{token}/", get(show_page))
        .route("/{token}/studio.css", get(style))
        .route("/{token}/studio.js", get(script))
        .route("/{token}/letter.html", get(html_part))
        .route("/{token}/letter.txt", get(text_part))
        .route("/{token}/headers", get(headers))
        .route("/{token}/raw", get(raw))
        .route("/{token}/picture/{name}", get(picture))
        .route("/{token}/readers", get(search))
        .route("/{token}/events", get(events))
        .route("/{token}/follow-links", post(follow_links))
        .route("/{token}/test-copy", post(test_copy))
        .route("/{token}/spam-filter", post(spam_filter))
        .route("/{token}/dry-run", post(dry_run))
        .route("/{token}/sandbox", post(sandbox))
        .route("/{token}/caught", get(show_caught))
        .route("/{token}/caught.html", get(caught_html))
        .route("/{token}/caught.eml", get(caught_raw))
        .fallback(|| async { (StatusCode::NOT_FOUND, "404 Not Found") })
        .with_state(memory)
        .layer(middleware::from_fn_with_state(Arc::new(door), guard))
}

/// Runs what composes, reads files or mails, where that keeps nobody else waiting.
async fn blocking(
    memory: Arc<Memory>,
    work: impl FnOnce(&Memory) -> Response + Send + 'static,
) -> Response {
    let failed =
        |_| (StatusCode::INTERNAL_SERVER_ERROR, "500 Internal Server Error").into_response();
    tokio::task::spawn_blocking(move || work(&memory)).await.unwrap_or_else(failed)
}

fn as_page(page: Markup) -> Response {
    ([(CONTENT_TYPE, HTML), (CONTENT_SECURITY_POLICY, PAGE_POLICY)], page.into_string())
        .into_response()
}

async fn show_page(State(memory): App, Query(asked): Query<Asked>) -> Response {
    blocking(memory, |memory| as_page(page::page(&memory.see_page(asked)))).await
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("studio.css"))
}

async fn script() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("studio.js"))
}

async fn html_part(State(memory): App, Query(asked): Query<Asked>) -> Response {
    let policy = if asked.shows_images() { LETTER_POLICY } else { BARE_POLICY };
    let headers = [(CONTENT_TYPE, HTML), (CONTENT_SECURITY_POLICY, policy)];
    answer(memory, asked, move |seen, letter| {
        let html = light::in_light(&super::shown(seen, letter), seen.asked.light());
        (headers, super::dressed(seen, html)).into_response()
    })
    .await
}

async fn text_part(State(memory): App, Query(asked): Query<Asked>) -> Response {
    answer(memory, asked, |_, letter| as_text(letter.text.clone().into_bytes())).await
}

async fn headers(State(memory): App, Query(asked): Query<Asked>) -> Response {
    answer(memory, asked, |_, letter| as_text(letter.headers.clone().into_bytes())).await
}

async fn raw(State(memory): App, Query(asked): Query<Asked>) -> Response {
    answer(memory, asked, |seen, letter| {
        if seen.asked.download.is_none() {
            return as_text(letter.raw.clone());
        }
        let issue = seen.proof.made.as_ref().map_or("letter", |made| &made.issue);
        as_file(issue, letter.raw.clone())
    })
    .await
}

/// An image of the project that some letter shows. Its name is made from its content, so it never changes.
async fn picture(State(memory): App, Path((_, name)): Path<(String, String)>) -> Response {
    blocking(memory, move |memory| match memory.picture(&name) {
        Some(picture) => {
            let headers = [
                (CONTENT_TYPE, picture.media_type),
                (CACHE_CONTROL, "private, max-age=86400, immutable"),
                (CONTENT_SECURITY_POLICY, TEXT_POLICY),
            ];
            (headers, picture.bytes.to_vec()).into_response()
        }
        None => (StatusCode::NOT_FOUND, "404 Not Found").into_response(),
    })
    .await
}

async fn search(State(memory): App, Query(asked): Query<Asked>) -> Response {
    blocking(memory, |memory| {
        let seen = memory.see(asked);
        let found = memory.readers.search(&seen.proof.list, &seen.asked.q);
        as_page(page::found(&seen, &found))
    })
    .await
}

/// The number of the save now, and again at every new one, until the sender of saves is gone.
async fn events(State(memory): App) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = memory.changes.clone();
    let versions = stream::unfold((changes, true), |(mut changes, is_first)| async move {
        if !is_first {
            changes.changed().await.ok()?;
        }
        let version = changes.borrow_and_update().to_string();
        let event = Event::default().data(version).retry(Duration::from_millis(500));
        Some((Ok(event), (changes, false)))
    });
    Sse::new(versions).keep_alive(KeepAlive::default())
}

/// What an action is told.
#[derive(Debug, Deserialize)]
struct Action {
    draft: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    reader: String,
}

async fn test_copy(State(memory): App, Form(action): Form<Action>) -> Response {
    blocking(memory, move |memory| {
        let answer = (memory.errands.test_copy)(&memory.known(&action.draft), action.to.trim());
        as_page(sending::test_copy(&answer))
    })
    .await
}

async fn spam_filter(State(memory): App, Form(action): Form<Action>) -> Response {
    let asked = Asked { draft: action.draft, reader: action.reader, ..Asked::default() };
    blocking(memory, move |memory| {
        let seen = memory.see(asked);
        let answer = seen.letter().map(|letter| (memory.errands.filter)(&letter.raw));
        as_page(sending::filtered(answer.as_ref()))
    })
    .await
}

async fn follow_links(State(memory): App, Form(action): Form<Action>) -> Response {
    blocking(memory, move |memory| {
        as_page(links::answer(&(memory.errands.follow)(&memory.known(&action.draft))))
    })
    .await
}

async fn dry_run(State(memory): App, Form(action): Form<Action>) -> Response {
    blocking(memory, move |memory| {
        as_page(sending::forecast(&(memory.errands.forecast)(&memory.known(&action.draft))))
    })
    .await
}

async fn sandbox(State(memory): App, Form(action): Form<Action>) -> Response {
    blocking(memory, move |memory| {
        let caught = (memory.errands.catch)(&memory.known(&action.draft)).map(|catch| {
            let mut catches = held(&memory.catches);
            catches.push(catch.clone());
            (catches.len() - 1, catch)
        });
        as_page(sending::catch(&caught))
    })
    .await
}

async fn show_caught(State(memory): App, Query(asked): Query<Asked>) -> Response {
    with_catch(memory, asked, |catch, asked| as_page(caught::page(catch, asked))).await
}

async fn caught_html(State(memory): App, Query(asked): Query<Asked>) -> Response {
    with_catch(memory, asked, |catch, asked| {
        let html = caught::raw(catch, &asked.letter).and_then(|raw| caught::html_of(&raw));
        let headers = [(CONTENT_TYPE, HTML), (CONTENT_SECURITY_POLICY, LETTER_POLICY)];
        html.map_or_else(not_found, |html| (headers, html).into_response())
    })
    .await
}

async fn caught_raw(State(memory): App, Query(asked): Query<Asked>) -> Response {
    with_catch(memory, asked, |catch, asked| {
        let name = asked.letter.trim_end_matches(".eml");
        caught::raw(catch, &asked.letter).map_or_else(not_found, |raw| as_file(name, raw))
    })
    .await
}

async fn with_catch(
    memory: Arc<Memory>,
    asked: Asked,
    respond: impl FnOnce(&Catch, &Asked) -> Response + Send + 'static,
) -> Response {
    blocking(memory, move |memory| {
        let number = asked.r#box.parse::<usize>().unwrap_or(0);
        let catch = held(&memory.catches).get(number).cloned();
        catch.map_or_else(not_found, |catch| respond(&catch, &asked))
    })
    .await
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 Not Found").into_response()
}

/// The letter that is asked for, or why there is none: 404 before the first, 422 with the mistakes.
async fn answer(
    memory: Arc<Memory>,
    asked: Asked,
    respond: impl FnOnce(&Seen, &Letter) -> Response + Send + 'static,
) -> Response {
    blocking(memory, move |memory| {
        let seen = memory.see(asked);
        match seen.letter() {
            Some(letter) => respond(&seen, letter),
            None if seen.refusals.is_empty() => {
                (StatusCode::NOT_FOUND, "nothing has been composed yet").into_response()
            }
            None => (StatusCode::UNPROCESSABLE_ENTITY, list(&seen.refusals)).into_response(),
        }
    })
    .await
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

fn as_file(name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, "message/rfc822".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}.eml\"", file_name(name))),
        (CONTENT_SECURITY_POLICY, TEXT_POLICY.to_owned()),
    ];
    (headers, bytes).into_response()
}

/// An issue's id as part of a header and of a file name on any system.
fn file_name(issue: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    issue.chars().take(80).map(|c| if is_safe(c) { c } else { '-' }).collect()
}
