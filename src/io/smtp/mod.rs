//! The wire: letters over SMTP (RFC 5321), one connection at a time.
//!
//! lettre speaks the protocol; the stream it speaks on is ours (`stream`), because it must be proved of every
//! letter whether its final dot can have left (`docs/adr/0005-the-wire.md`). There is no pool here and no retry:
//! `delivery` owns the connections and the verdicts.

mod discreet;
mod envelope;
mod hello;
mod letter;
mod login;
mod offers;
mod pipeline;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod reply;
mod session;
mod socket;
mod stopping;
mod stream;
mod trust;
mod window;

use std::io;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Starttls;
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

pub use self::session::SmtpSession;
pub use self::trust::Trust;

use self::hello::{client_id, literal};
use self::login::Login;
use self::offers::Offers;
use self::reply::Frame;
use self::session::why;
use self::stream::{Line, in_words};
use super::secret::Secret;
use crate::config::{Relay, Timeouts, Tls};
use crate::delivery::Stop;
use crate::delivery::transport::{OpenError, Stage, Transport};
use crate::finding::{Finding, shown};
use crate::rule::CONFIG_INVALID;

/// Opens connections to one relay.
pub struct SmtpTransport {
    host: String,
    port: u16,
    security: Security,
    login: Option<Login>,
    hello: Option<ClientId>,
    timeouts: Timeouts,
    window: usize,
    stop: Option<watch::Receiver<Stop>>,
}

/// How a connection is protected, with what it takes.
enum Security {
    /// Not at all; checked to be loopback once the address is known.
    None,
    Implicit(TlsConnector, ServerName<'static>),
    StartTls(TlsConnector, ServerName<'static>),
}

/// A connection that has said EHLO.
struct Greeted {
    connection: AsyncSmtpConnection,
    offers: Offers,
}

impl SmtpTransport {
    /// A transport to `relay`, whose login takes `password`.
    ///
    /// `hello` is our name for EHLO: a fully qualified domain name or an address literal such as `[192.0.2.1]`. What
    /// is neither is replaced by the literal of the connection's own address (RFC 5321 4.1.4).
    pub fn new(
        relay: &Relay,
        password: Option<Secret>,
        hello: &str,
        trust: &Trust,
    ) -> Result<Self, Box<Finding>> {
        let security = match relay.tls {
            Tls::None => Security::None,
            Tls::Implicit => Security::Implicit(trust.connector()?, server_name(&relay.host)?),
            Tls::StartTls => Security::StartTls(trust.connector()?, server_name(&relay.host)?),
        };
        let login = relay.login.as_ref().map(|login| Login::new(login, password)).transpose()?;
        Ok(Self {
            host: relay.host.clone(),
            port: relay.port,
            security,
            login,
            hello: client_id(hello),
            timeouts: relay.timeouts,
            window: relay.window,
            stop: None,
        })
    }

    /// Heeds a stop on every connection: a letter has a few seconds to leave after the first, and none after the second.
    /// What cannot have left is told as that, and what may have is in doubt.
    #[must_use]
    pub fn heeding(self, stop: watch::Receiver<Stop>) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// TCP, with NODELAY: the dot is a small write of its own and would wait 40 ms for an acknowledgement.
    async fn connect(&self) -> Result<(Line, ClientId), OpenError> {
        let broken = |why| OpenError::Broken { stage: Stage::Connect, why };
        let limit = self.timeouts.connect;
        let connected = timeout(limit, TcpStream::connect((self.host.as_str(), self.port))).await;
        let tcp = connected
            .map_err(|_| broken(format!("no connection within {limit:?}")))?
            .map_err(|error| broken(in_words(&error)))?;
        tcp.set_nodelay(true).map_err(|error| broken(in_words(&error)))?;
        let peer = tcp.peer_addr().map_err(|error| broken(in_words(&error)))?;
        let own = tcp.local_addr().map_err(|error| broken(in_words(&error)))?;
        if matches!(self.security, Security::None) && !peer.ip().to_canonical().is_loopback() {
            let why = format!(
                "plaintext SMTP is for loopback only, and `{}` is {}",
                self.host,
                peer.ip()
            );
            return Err(OpenError::Unsafe { stage: Stage::Connect, why });
        }
        let hello = self.hello.clone().unwrap_or_else(|| literal(own));
        let line = Line::new(tcp, peer);
        if let Some(stop) = &self.stop {
            line.heed(stop.clone());
        }
        Ok((line, hello))
    }

    /// From the first byte to the point where letters can go.
    async fn introduce(&self, line: Line, hello: &ClientId) -> Result<SmtpSession, OpenError> {
        if let Security::Implicit(connector, name) = &self.security {
            self.secure(&line, connector, name).await?;
        }
        let greeting = self.greeting(&line).await?;
        let mut greeted = self.ehlo(&line, hello).await?;
        if let Security::StartTls(connector, name) = &self.security {
            self.starttls(&line, greeted).await?;
            self.secure(&line, connector, name).await?;
            line.replay(greeting);
            greeted = self.ehlo(&line, hello).await?;
        }
        if let Some(login) = &self.login {
            login.log_in(&line, &mut greeted, self.timeouts.command).await?;
        }
        let Greeted { connection, offers } = greeted;
        Ok(SmtpSession::new(connection, line, offers, self.timeouts, self.window))
    }

    async fn secure(
        &self,
        line: &Line,
        connector: &TlsConnector,
        name: &ServerName<'static>,
    ) -> Result<(), OpenError> {
        let limit = self.timeouts.connect;
        let stage = Stage::Tls;
        match timeout(limit, line.secure(connector, name.clone())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if is_from_tls(&error) => {
                Err(OpenError::Unsafe { stage, why: error.to_string() })
            }
            Ok(Err(error)) => Err(OpenError::Broken { stage, why: in_words(&error) }),
            Err(_) => {
                Err(OpenError::Broken { stage, why: format!("no handshake within {limit:?}") })
            }
        }
    }

    /// Waits for the greeting and leaves it on the line, where lettre wants to find it.
    async fn greeting(&self, line: &Line) -> Result<Frame, OpenError> {
        let stage = Stage::Greeting;
        let limit = self.timeouts.greeting;
        let frame = match timeout(limit, line.await_reply()).await {
            Ok(Ok(frame)) => frame,
            Ok(Err(error)) => {
                let why = line.trouble().unwrap_or_else(|| in_words(&error));
                return Err(OpenError::Broken { stage, why });
            }
            Err(_) => {
                return Err(OpenError::Broken {
                    stage,
                    why: format!("no greeting within {limit:?}"),
                });
            }
        };
        expect_positive(stage, &frame)?;
        Ok(frame)
    }

    /// EHLO: lettre reads the greeting that waits on the line, and asks what the relay offers.
    async fn ehlo(&self, line: &Line, hello: &ClientId) -> Result<Greeted, OpenError> {
        let stage = Stage::Ehlo;
        let limit = self.timeouts.command;
        line.take_heard();
        let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(line.clone()), hello);
        let connected = timeout(limit, connecting).await;
        let reply = line.take_heard().into_iter().nth(1);
        if let Some(frame) = &reply {
            expect_positive(stage, frame)?;
        }
        match (connected, reply) {
            (Ok(Ok(connection)), Some(frame)) => {
                Ok(Greeted { connection, offers: Offers::parse(&frame) })
            }
            (connected, _) => {
                let why = why(line, connected.map(|connected| connected.map(drop)).ok(), limit);
                Err(OpenError::Broken { stage, why })
            }
        }
    }

    /// STARTTLS, required: nothing that was said in clear counts afterwards (RFC 3207 6).
    async fn starttls(&self, line: &Line, mut greeted: Greeted) -> Result<(), OpenError> {
        let stage = Stage::Tls;
        let unsafe_because = |why: &str| OpenError::Unsafe { stage, why: why.into() };
        if !greeted.offers.starttls {
            return Err(unsafe_because("the relay does not offer STARTTLS"));
        }
        if line.has_surplus() {
            return Err(unsafe_because("the relay sent bytes in clear that it was not asked for"));
        }
        let limit = self.timeouts.command;
        let said = timeout(limit, greeted.connection.command(Starttls)).await;
        let Some(frame) = line.take_heard().into_iter().next() else {
            let why = why(line, said.map(|said| said.map(drop)).ok(), limit);
            return Err(OpenError::Broken { stage, why });
        };
        expect_positive(stage, &frame)?;
        if frame.code() != 220 {
            let why = format!("STARTTLS was answered with `{}`", frame.reply());
            return Err(OpenError::Broken { stage, why });
        }
        if line.has_surplus() {
            return Err(unsafe_because(
                "TLS injection: bytes in clear follow the reply to STARTTLS",
            ));
        }
        Ok(())
    }
}

impl Transport for SmtpTransport {
    type Session = SmtpSession;

    async fn open(&self) -> Result<SmtpSession, OpenError> {
        let (line, hello) = self.connect().await?;
        self.introduce(line, &hello).await
    }
}

/// 2xx goes on, 4xx and 5xx refuse, and anything else has no place here.
fn expect_positive(stage: Stage, frame: &Frame) -> Result<(), OpenError> {
    let reply = frame.reply();
    if reply.is_positive() {
        return Ok(());
    }
    if reply.is_transient() || reply.is_permanent() {
        return Err(OpenError::Refused { stage, reply });
    }
    Err(OpenError::Broken { stage, why: format!("the relay answered with `{reply}`") })
}

/// Whether TLS itself said no, rather than the network.
fn is_from_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
}

fn server_name(host: &str) -> Result<ServerName<'static>, Box<Finding>> {
    ServerName::try_from(host.to_owned()).map_err(|_| {
        let what = format!("`{}` is not a host name", shown(host));
        let finding = Finding::about(&CONFIG_INVALID, "config.toml", what);
        Box::new(
            finding.help("write the relay's name as `host` in `[relay]`, e.g. `smtp.example.org`"),
        )
    })
}

#[cfg(test)]
mod tests;
