//! AUTH (RFC 4954): PLAIN or LOGIN with a password, XOAUTH2 or OAUTHBEARER (RFC 7628) with a token that a command
//! gives for each connection.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::time::timeout;

use super::Greeted;
use super::discreet::Discretion;
use super::session::why;
use super::stream::Line;
use crate::config;
use crate::delivery::transport::{OpenError, Stage};
use crate::finding::{Finding, shown};
use crate::io::secret::Secret;
use crate::rule::SECRET_UNREADABLE;

/// Who we are, and what proves it.
pub(super) enum Login {
    Password(Credentials, Discretion),
    Token { user: String, command: String },
}

const STAGE: Stage = Stage::Auth;

impl Login {
    /// What the configuration says, with the password if it is one.
    pub(super) fn new(
        login: &config::Login,
        password: Option<Secret>,
    ) -> Result<Self, Box<Finding>> {
        let user = login.user.clone();
        match (&login.proof, password) {
            (config::Proof::Token(command), _) => {
                Ok(Self::Token { user, command: command.clone() })
            }
            (config::Proof::Password(_), Some(password)) => {
                let password = password.expose();
                let plain = STANDARD.encode(format!("\0{user}\0{password}"));
                let forms = [password.to_owned(), STANDARD.encode(password), plain];
                let credentials = Credentials::new(user, password.to_owned());
                Ok(Self::Password(credentials, Discretion::about(forms)))
            }
            (config::Proof::Password(_), None) => {
                let what = format!("there is no password for user `{}`", shown(&user));
                let finding = Finding::about(&SECRET_UNREADABLE, "config.toml", what);
                let help = "add `password-command`, `password-file` or `password-env` to `[relay]`";
                Err(Box::new(finding.help(help)))
            }
        }
    }

    /// Logs in. Each step of the dialogue may take `limit`, and so may the command that gives the token.
    pub(super) async fn log_in(
        &self,
        line: &Line,
        greeted: &mut Greeted,
        limit: Duration,
    ) -> Result<(), OpenError> {
        let connection = &mut greeted.connection;
        let offers = |mechanisms| connection.server_info().get_auth_mechanism(mechanisms).is_some();
        let takes_xoauth2 = offers(&[Mechanism::Xoauth2]);
        let (is_offered, both) = match self {
            Self::Password(..) => (offers(DEFAULT_MECHANISMS), "AUTH PLAIN nor AUTH LOGIN"),
            Self::Token { .. } => {
                (takes_xoauth2 || greeted.offers.oauthbearer, "AUTH XOAUTH2 nor AUTH OAUTHBEARER")
            }
        };
        if !is_offered {
            let why = format!("the relay offers neither {both}");
            return Err(OpenError::Unsafe { stage: STAGE, why });
        }
        if line.has_surplus() {
            let why = "the relay said more than it was asked".into();
            return Err(OpenError::Broken { stage: STAGE, why });
        }
        match self {
            Self::Password(credentials, discretion) => {
                let result = with_password(line, connection, credentials, limit).await;
                result.map_err(|error| discretion.keep(error))
            }
            Self::Token { user, command } => {
                let token = ask(command, limit).await?;
                let form = if takes_xoauth2 { XOAUTH2 } else { OAUTHBEARER };
                let answer = STANDARD.encode((form.answer)(user, token.expose()));
                let result = with_token(line, connection, &form, &answer, limit).await;
                let discretion = Discretion::about([token.expose().to_owned(), answer]);
                result.map_err(|error| discretion.keep(error))
            }
        }
    }
}

async fn with_password(
    line: &Line,
    connection: &mut AsyncSmtpConnection,
    credentials: &Credentials,
    limit: Duration,
) -> Result<(), OpenError> {
    let said = timeout(limit, connection.auth(DEFAULT_MECHANISMS, credentials)).await;
    match line.take_heard().into_iter().find(|frame| frame.code() != 334) {
        Some(frame) => super::expect_positive(STAGE, &frame),
        None if matches!(&said, Ok(Err(error)) if error.is_client()) => {
            let why = "the relay asks for something else than user name and password".into();
            Err(OpenError::Unsafe { stage: STAGE, why })
        }
        None => {
            let why = why(line, said.map(|said| said.map(drop)).ok(), limit);
            Err(OpenError::Broken { stage: STAGE, why })
        }
    }
}

/// How a token is shown.
struct Form {
    mechanism: &'static str,
    answer: fn(user: &str, token: &str) -> String,
    /// What asks for the refusal after its reason.
    go_on: &'static str,
}

const XOAUTH2: Form = Form {
    mechanism: "XOAUTH2",
    answer: |user, token| format!("user={user}\x01auth=Bearer {token}\x01\x01"),
    go_on: "\r\n",
};

/// The name is escaped as RFC 5801 4 has it; the last line is a lone ^A in base64.
const OAUTHBEARER: Form = Form {
    mechanism: "OAUTHBEARER",
    answer: |user, token| {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        format!("n,a={user},\x01auth=Bearer {token}\x01\x01")
    },
    go_on: "AQ==\r\n",
};

/// A refused token is answered with 334 and the reason in JSON; the refusal itself follows when it is asked for.
async fn with_token(
    line: &Line,
    connection: &mut AsyncSmtpConnection,
    form: &Form,
    answer: &str,
    limit: Duration,
) -> Result<(), OpenError> {
    let mut next = format!("AUTH {} {answer}\r\n", form.mechanism);
    for _ in 0..2 {
        let said = timeout(limit, connection.command(&next)).await;
        match line.take_heard().into_iter().next() {
            Some(frame) if frame.code() == 334 => form.go_on.clone_into(&mut next),
            Some(frame) => return super::expect_positive(STAGE, &frame),
            None => {
                let why = why(line, said.map(|said| said.map(drop)).ok(), limit);
                return Err(OpenError::Broken { stage: STAGE, why });
            }
        }
    }
    let why = "the relay asks for more than a token".into();
    Err(OpenError::Unsafe { stage: STAGE, why })
}

/// A fresh token.
async fn ask(command: &str, limit: Duration) -> Result<Secret, OpenError> {
    let failed = |why| OpenError::Unsafe { stage: STAGE, why };
    match timeout(limit, Secret::ask("token-command", command)).await {
        Ok(Ok(token)) => Ok(token),
        Ok(Err(finding)) => {
            let help = finding.help.as_deref().unwrap_or_default();
            Err(failed(format!("`token-command`: {}; {help}", finding.message)))
        }
        Err(_) => Err(failed(format!("`token-command` gave no token within {limit:?}"))),
    }
}
