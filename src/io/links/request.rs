//! One request over HTTP/1.1, as far as the head of the answer.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, HOST, LOCATION, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Head,
    Get,
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u16,
    /// Where a redirect leads, as written.
    pub location: Option<String>,
    /// How long the server asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The name does not exist.
    NoHost,
    /// Names cannot be looked up at present.
    NoNames,
    /// Nothing came within this time.
    Slow(Duration),
    /// All else, in words.
    Broken(String),
}

/// Who asks, and how.
pub(super) struct Caller {
    agent: String,
    timeout: Duration,
    tls: TlsConnector,
}

impl Answer {
    pub(super) fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }
}

impl Caller {
    pub(super) fn new(agent: &str, timeout: Duration, tls: TlsConnector) -> Self {
        Self { agent: agent.to_owned(), timeout, tls }
    }

    /// Asks an http or https address; the answer's body is not read.
    pub(super) async fn call(&self, method: Method, url: &Url) -> Result<Answer, Trouble> {
        let stream = self.in_time(self.connect(url)).await?;
        if url.scheme() == "http" {
            return self.in_time(self.exchange(stream, method, url)).await;
        }
        let name = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(broken)?;
        let stream =
            self.in_time(async { self.tls.connect(name, stream).await.map_err(broken) }).await?;
        self.in_time(self.exchange(stream, method, url)).await
    }

    async fn in_time<T>(
        &self,
        step: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        time::timeout(self.timeout, step).await.unwrap_or(Err(Trouble::Slow(self.timeout)))
    }

    async fn connect(&self, url: &Url) -> Result<TcpStream, Trouble> {
        let port = url.port_or_known_default().unwrap_or(80);
        let addresses: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            Some(Host::Domain(name)) => {
                lookup_host((name, port)).await.map_err(|error| unnamed(&error))?.collect()
            }
            None => return Err(Trouble::NoHost),
        };
        TcpStream::connect(addresses.as_slice()).await.map_err(broken)
    }

    async fn exchange<S>(&self, stream: S, method: Method, url: &Url) -> Result<Answer, Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let request = self.request(method, url)?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let mut connection = pin!(connection);
        let mut response = pin!(sender.send_request(request));
        let mut is_open = true;
        loop {
            tokio::select! {
                response = &mut response => return response.map(|response| answer(&response)).map_err(broken),
                // It ends when the server closes; what it said before is still to be had.
                _ = &mut connection, if is_open => is_open = false,
            }
        }
    }

    fn request(&self, method: Method, url: &Url) -> Result<Request<Empty<Bytes>>, Trouble> {
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Request::builder()
            .method(if method == Method::Head { "HEAD" } else { "GET" })
            .uri(target)
            .header(HOST, host)
            .header(USER_AGENT, &self.agent)
            .header(ACCEPT, "text/html, */*;q=0.5")
            .header(CONNECTION, "close")
            .body(Empty::new())
            .map_err(broken)
    }
}

fn answer<B>(response: &Response<B>) -> Answer {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    Answer {
        status: response.status().as_u16(),
        location: header(LOCATION).map(str::to_owned),
        retry_after: header(RETRY_AFTER)
            .and_then(|value| value.parse().ok())
            .map(Duration::from_secs),
    }
}

/// The innermost reason in words: outer ones repeat it.
fn broken(error: impl std::error::Error) -> Trouble {
    let mut why = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        why = inner.to_string();
        source = inner.source();
    }
    Trouble::Broken(why)
}

/// The standard library tells a name that does not exist from a resolver that is not there in words alone.
fn unnamed(error: &std::io::Error) -> Trouble {
    let why = error.to_string();
    if why.contains("emporary failure") { Trouble::NoNames } else { Trouble::NoHost }
}
