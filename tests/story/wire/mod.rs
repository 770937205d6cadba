//! The wire against a relay that misbehaves: what is believed of a letter agrees with what became of it.
//!
//! Each story is a row of the fault matrix; the relay's journal is the truth.

mod dialogue;
mod ending;
mod opening;
mod tokens;

use std::time::Duration;

use postrider::backoff::Backoff;
use postrider::config::{self, Login, Proof, SecretSource, Timeouts, Tls};
use postrider::delivery::transport::{OpenError, Reply, SendError, Session, Stage, Transport};
use postrider::io::secret::Secret;
use postrider::io::smtp::{SmtpSession, SmtpTransport, Trust};
use postrider::message::{Envelope, Message};

use crate::support::authority::Authority;
use crate::support::relay::Relay;
use crate::support::script::{Act, Phase, Rule, Script, Security, Talk};

/// Long enough never to matter on a busy machine.
const PATIENT: Duration = Duration::from_secs(20);
/// For the one phase a story lets pass in silence.
const SHORT: Duration = Duration::from_millis(150);

/// Tells the same story in lock step and in groups.
macro_rules! in_every_talk {
    ($($name:ident),* $(,)?) => {
        mod classic {
            $(#[tokio::test] async fn $name() { super::$name(super::Talk::Classic).await; })*
        }
        mod pipelined {
            $(#[tokio::test] async fn $name() { super::$name(super::Talk::Pipelined).await; })*
        }
    };
}
use in_every_talk;

fn start(talk: Talk, script: Script) -> Relay {
    Relay::start(script.talking(talk))
}

/// A way to the relay that a story can bend before it is used.
struct Way {
    relay: config::Relay,
    trust: Trust,
}

impl Way {
    fn to(port: u16) -> Self {
        let timeouts = Timeouts {
            connect: PATIENT,
            greeting: PATIENT,
            command: PATIENT,
            data: PATIENT,
            block: PATIENT,
            dot: PATIENT,
        };
        let relay = config::Relay {
            host: "127.0.0.1".into(),
            port,
            tls: Tls::None,
            ca_file: None,
            login: None,
            lanes: 1,
            rate: "1000/s".parse().unwrap(),
            limits: Vec::new(),
            domain_limits: Vec::new(),
            messages_per_connection: 100,
            idle: Duration::from_secs(30),
            window: 1,
            backoff: Backoff { waits: Vec::new(), give_up: Duration::ZERO },
            wait: Duration::ZERO,
            timeouts,
        };
        Self { relay, trust: Trust::Platform }
    }

    fn timeouts(mut self, bend: impl FnOnce(&mut Timeouts)) -> Self {
        bend(&mut self.relay.timeouts);
        self
    }

    fn tls(mut self, tls: Tls, authority: &Authority) -> Self {
        self.relay.tls = tls;
        self.trust = Trust::authorities("ca.pem", authority.pem().as_bytes()).unwrap();
        self
    }

    fn login(mut self) -> Self {
        let proof = Proof::Password(SecretSource::Env("UNUSED".into()));
        self.relay.login = Some(Login { user: "ada".into(), proof });
        self
    }

    fn token(mut self, command: &str) -> Self {
        let proof = Proof::Token(command.into());
        self.relay.login = Some(Login { user: "ada@example.org".into(), proof });
        self
    }

    async fn open(&self) -> Result<SmtpSession, OpenError> {
        let password = self.relay.login.is_some().then(|| Secret::new("hunter2"));
        let transport = SmtpTransport::new(&self.relay, password, "desk.example.org", &self.trust);
        transport.unwrap().open().await
    }

    async fn session(&self) -> SmtpSession {
        self.open().await.unwrap()
    }

    async fn refused(&self) -> OpenError {
        self.open().await.err().unwrap()
    }
}

fn letter_to(recipient: &str) -> Message {
    letter(recipient, "Good morning.\r\n")
}

fn letter(recipient: &str, body: &str) -> Message {
    let id =
        format!("{}@example.org", recipient.replace(|c: char| !c.is_ascii_alphanumeric(), "."));
    let bytes = format!("Message-ID: <{id}>\r\nSubject: x\r\n\r\n{body}").into_bytes();
    let content = bytes.into();
    let envelope = Envelope {
        reverse_path: "news@example.org".parse().unwrap(),
        recipient: recipient.parse().unwrap(),
    };
    Message { envelope, id, content }
}

/// A letter of more bytes than two kernels hold, so that the relay sees its start before its end is written.
fn large_letter(recipient: &str) -> Message {
    letter(recipient, &format!("{}\r\n", "x".repeat(98)).repeat(50_000))
}

/// A whole transaction.
async fn send(session: &mut SmtpSession, message: &Message) -> Result<Reply, SendError> {
    session.offer(message).await?;
    session.commit(message, None).await
}

/// Sends it on a connection of its own.
async fn send_afresh(way: &Way, message: &Message) -> Result<Reply, SendError> {
    let mut session = way.session().await;
    let result = send(&mut session, message).await;
    session.close().await;
    result
}

/// The step at which a letter broke off, and whether it is proved not sent.
fn broken(result: Result<Reply, SendError>) -> (Stage, bool, String) {
    match result {
        Err(SendError::Broken { stage, proved_not_sent, why }) => (stage, proved_not_sent, why),
        other => panic!("{other:?}"),
    }
}

/// The step at which the relay was out of step before any dot, and what it said.
fn garbled(result: Result<Reply, SendError>) -> (Stage, String) {
    match result {
        Err(SendError::Garbled { stage, why }) => (stage, why),
        other => panic!("{other:?}"),
    }
}

/// The step at which a letter was refused, and the words.
fn refused(result: Result<Reply, SendError>) -> (Stage, String) {
    match result {
        Err(SendError::Refused { stage, reply }) => (stage, reply.to_string()),
        other => panic!("{other:?}"),
    }
}

/// The connection takes no more letters, and knows that nothing of the next one has left.
async fn assert_over(session: &mut SmtpSession) {
    let (stage, proved, _) = broken(send(session, &letter_to("next@example.net")).await);
    assert_eq!((stage, proved), (Stage::Mail, true));
}
