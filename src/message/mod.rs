//! Letters: an issue and a reader become RFC 5322 bytes.
//!
//! ```text
//! Issue ─ headers, mime ─> one letter with marks ─ splice ─> Shell ─┐
//! Subscriber ─ token, merge ─> this reader's pieces ────────────────┴─> Message
//! ```
//!
//! Everything readers share is encoded once; what differs is encoded for its place and put between (docs/adr/0004).
//! There is no other way to a letter: preview, dry run, sandbox and send all take this one.

mod content;
pub mod dkim;
mod headers;
mod mime;
mod splice;
pub mod token;
mod unfolded;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::{EmailAddress, TokenAddress};
use crate::audience::Subscriber;
use crate::compose::Issue;
use crate::compose::merge::expression::SyntaxError;
use crate::compose::merge::fill::{Conditions, Fields, Unresolved};
use crate::compose::merge::{Piece, Template};
use crate::config::{Newsletter, Unsubscribe};
use content::Own;
pub use content::{Content, Shell};
use dkim::{Seal, Signer};
use splice::Splice;
pub use splice::Wording;
use token::{Key, ListPrefix};

/// One reader's letter, ready for the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Reverse-path and recipient of the SMTP transaction.
    pub envelope: Envelope,
    /// The Message-ID without its angle brackets.
    pub id: String,
    /// Header and body: ASCII but for a recipient's address in To that needs SMTPUTF8 (RFC 6532), CRLF only, lines of at
    /// most 998 bytes (RFC 5322 2.1.1), no line that starts with a dot, ends in CRLF.
    pub content: Content,
}

/// Who a letter comes from and goes to on the wire (RFC 5321 2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// MAIL FROM.
    pub reverse_path: EmailAddress,
    /// RCPT TO: always one.
    pub recipient: EmailAddress,
}

/// What letters say besides their issue.
#[derive(Debug, Clone, Copy)]
pub struct Letterhead<'a> {
    /// Who sends.
    pub newsletter: &'a Newsletter,
    /// How readers leave.
    pub unsubscribe: &'a Unsubscribe,
    /// What makes tokens and Message-IDs.
    pub key: &'a Key,
    /// What signs; without it letters leave unsigned.
    pub signer: Option<&'a Signer>,
    /// The Date of every copy: when the plan was frozen, to the second.
    pub date: jiff::Timestamp,
    /// When this is a test, the time to call it by: `[TEST 14:32]` in the subject, because mail programs put letters
    /// of one subject together, and a Message-ID of this Date, because mail stores drop a second letter with a known id.
    pub test_copy: Option<jiff::civil::Time>,
}

/// Why an issue cannot become letters at all. Parsers and composition have refused all of this before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// An expression that is not understood.
    #[error("a merge tag is not understood: {0}")]
    Merge(#[from] SyntaxError),
    /// A value that a header cannot hold.
    #[error("`{0}` {1}")]
    Header(&'static str, &'static str),
    /// `unsubscribe.url` cannot stand in List-Unsubscribe.
    #[error("`unsubscribe.url` is not a URL in ASCII without spaces and angle brackets")]
    UnsubscribeUrl,
    /// lettre refuses it.
    #[error("the letter cannot be built: {0}")]
    Build(String),
}

/// Room for what differs between letters; they grow if it takes more.
const VALUES: usize = 1024;

/// All letters of an issue. Gives the same bytes for the same reader each time.
#[derive(Debug)]
pub struct Letters {
    shell: Arc<Shell>,
    seal: Option<Seal>,
    conditions: Conditions,
    subject: Wording,
    text: Wording,
    html: Wording,
    from: EmailAddress,
    /// Where bounces go, if not to From.
    bounce: Option<TokenAddress>,
    leaving: Leaving,
    ids: MessageIds,
    /// Of the same form as those of all readers.
    stand_in: Names,
}

/// What names a reader without telling the address.
#[derive(Debug)]
struct Names {
    /// To whoever runs the list.
    token: String,
    /// In the Message-ID.
    id: String,
}

/// What Message-IDs are made of, besides the reader.
#[derive(Debug)]
struct MessageIds {
    seed: String,
    /// What those of an issue share.
    start: String,
}

/// How readers of a list leave it.
#[derive(Debug)]
struct Leaving {
    key: Key,
    list_id: String,
    list: ListPrefix,
    url: Option<String>,
    mailto: Option<TokenAddress>,
    /// The value of List-Unsubscribe, cut where tokens go; none without a way out.
    header: Option<Vec<String>>,
}

impl Letters {
    /// Encodes what all letters share.
    pub fn new(issue: &Issue, head: &Letterhead<'_>) -> Result<Self, LetterError> {
        let subject = subject(&issue.subject, head.test_copy)?;
        let (text, html) = (Wording::new(&issue.text)?, Wording::new(&issue.html)?);
        let seed = match head.date.as_second() {
            date if head.test_copy.is_some() => format!("{} {date}", issue.id),
            _ => issue.id.clone(),
        };
        let (shell, seal) = shell(issue, head, &subject, &text, &html)?;
        let (leaving, ids) =
            (Leaving::new(head)?, MessageIds { start: head.key.issue_part(&seed), seed });
        Ok(Self {
            shell,
            seal,
            conditions: Conditions::new(&issue.conditionals)?,
            subject,
            text,
            html,
            from: issue.from.as_ref().unwrap_or(&head.newsletter.from).address.clone(),
            bounce: head.newsletter.bounce.clone(),
            stand_in: Names::new(&leaving, &ids, ""),
            leaving,
            ids,
        })
    }

    /// A reader's letter, or all that stands against it.
    pub fn render(&self, reader: &Subscriber) -> Result<Message, Vec<Unresolved>> {
        let blank = self.seal.as_ref().map_or(&[][..], Seal::blank);
        let own = Own::beginning_with(blank, VALUES, self.shell.pieces().len());
        let names = Names::new(&self.leaving, &self.ids, &reader.email.canonical());
        let (id, own) = self.splice(reader, &names, Splice::new(own))?;
        let mut content = Content::new(Arc::clone(&self.shell), own);
        if let Some(seal) = &self.seal {
            let refused = |_| unfit("dkim-signature")("is refused by the crypto library");
            seal.close(&mut content).map_err(refused)?;
        }
        Ok(Message {
            envelope: Envelope {
                reverse_path: self.reverse_path(&id),
                recipient: reader.email.clone(),
            },
            content,
            id,
        })
    }

    /// All that stands against a reader's letter, each once: what [`Letters::render`] would say, without its bytes.
    pub fn unresolved(&self, reader: &Subscriber) -> Vec<Unresolved> {
        self.splice(reader, &self.stand_in, Splice::asking()).err().unwrap_or_default()
    }

    /// The fields that some reader's letter depends on.
    pub fn names(&self) -> BTreeSet<String> {
        let wordings = [&self.subject, &self.text, &self.html].map(Wording::names);
        wordings.into_iter().flatten().chain(self.conditions.names()).collect()
    }

    /// The subject line, unencoded.
    pub fn subject(&self, reader: &Subscriber) -> Result<String, Vec<Unresolved>> {
        let line = self.fill(&self.subject, reader)?;
        headers::subject_line(&line).map_err(unfit("subject"))
    }

    /// The HTML part, unencoded, with LF line ends.
    pub fn html(&self, reader: &Subscriber) -> Result<String, Vec<Unresolved>> {
        self.fill(&self.html, reader)
    }

    /// The plain-text part, unencoded, with LF line ends.
    pub fn text(&self, reader: &Subscriber) -> Result<String, Vec<Unresolved>> {
        self.fill(&self.text, reader)
    }

    /// What `{{ unsubscribe_url }}` is: the https address, else the mailto, else nothing.
    pub fn unsubscribe_url(&self, reader: &Subscriber) -> String {
        self.leaving.best(&self.leaving.token(&reader.email.canonical()))
    }

    /// Where the bounce of the letter with this Message-ID goes.
    fn reverse_path(&self, id: &str) -> EmailAddress {
        match &self.bounce {
            None => self.from.clone(),
            Some(bounce) if bounce.has_place() => bounce.fill(&self.leaving.key.bounce_token(id)),
            Some(bounce) => bounce.fill(""),
        }
    }

    /// A template that goes with the issue, for a reader: not what is sent, but what is shown of it.
    pub fn fill(&self, wording: &Wording, reader: &Subscriber) -> Result<String, Vec<Unresolved>> {
        let url = self.unsubscribe_url(reader);
        let fields = Fields::new(reader, &url);
        wording.fill(&fields, &self.conditions.choose(&fields)?)
    }

    /// The Message-ID of a reader's letter, and what stands between its pieces, in the order of the marks.
    fn splice(
        &self,
        reader: &Subscriber,
        Names { token, id }: &Names,
        mut letter: Splice,
    ) -> Result<(String, Own), Vec<Unresolved>> {
        let url = self.leaving.best(token);
        let fields = Fields::new(reader, &url);
        let id = format!("{}.{id}@{}", self.ids.start, self.from.domain());
        let choices = self.conditions.choose(&fields);
        let choices = choices.map_err(|why| letter.refuse(why)).unwrap_or_default();
        letter.header(to(reader));
        if !self.subject.is_fixed() {
            letter.header(self.subject.fill(&fields, &choices).and_then(|line| {
                headers::subject_line(&line).and_then(headers::subject).map_err(unfit("subject"))
            }));
        }
        letter.header(headers::message_id(&id).map_err(unfit("message-id")));
        if let Some(header) = &self.leaving.header {
            letter.header(Ok(header.join(token).into()));
        }
        self.text.splice(&fields, &choices, &mut letter);
        self.html.splice(&fields, &choices, &mut letter);
        Ok((id, letter.finish()?))
    }
}

impl Names {
    fn new(leaving: &Leaving, ids: &MessageIds, canonical: &str) -> Self {
        let token = leaving.token(canonical);
        Self { token, id: leaving.key.reader_part(&ids.seed, canonical) }
    }
}

impl Leaving {
    fn new(head: &Letterhead<'_>) -> Result<Self, LetterError> {
        let url = head.unsubscribe.url.clone();
        let is_url =
            |url: &String| url.bytes().all(|b| b.is_ascii_graphic() && !b"<>".contains(&b));
        if !url.iter().all(is_url) {
            return Err(LetterError::UnsubscribeUrl);
        }
        let (key, list_id) = (head.key.clone(), head.newsletter.list_id.clone());
        let list = key.list_prefix(&list_id);
        let mailto = head.unsubscribe.mailto.clone();
        let mut leaving = Self { key, list_id, list, url, mailto, header: None };
        leaving.header = leaving.header()?;
        Ok(leaving)
    }

    /// List-Unsubscribe of a token that is like any other, cut where it stands: all tokens fold alike.
    fn header(&self) -> Result<Option<Vec<String>>, LetterError> {
        let token = self.key.token(&self.list, [0; 8]);
        let mailto = self.mailto.as_ref().map(|mailto| mailto_url(mailto, &token));
        let urls: Vec<String> = self.url(&token).into_iter().chain(mailto).collect();
        if urls.is_empty() {
            return Ok(None);
        }
        let refused = |reason| LetterError::Header("List-Unsubscribe", reason);
        let value = headers::list_unsubscribe(&urls).map_err(refused)?;
        Ok(Some(value.split(&token).map(str::to_owned).collect()))
    }

    fn token(&self, canonical: &str) -> String {
        self.key.token(&self.list, self.key.subscriber_id(&self.list_id, canonical))
    }

    fn url(&self, token: &str) -> Option<String> {
        self.url.as_ref().map(|url| url.replace("{token}", token))
    }

    /// The best way out; empty if there is none.
    fn best(&self, token: &str) -> String {
        let mailto = || self.mailto.as_ref().map(|mailto| mailto_url(mailto, token));
        self.url(token).or_else(mailto).unwrap_or_default()
    }
}

/// The letter with marks, cut at them, and what signs it.
fn shell(
    issue: &Issue,
    head: &Letterhead<'_>,
    subject: &Wording,
    text: &Wording,
    html: &Wording,
) -> Result<(Arc<Shell>, Option<Seal>), LetterError> {
    let refused = |error: lettre::error::Error| LetterError::Build(error.to_string());
    let senders = headers::Senders::new(issue, head)?;
    let from = senders.from.email.clone();
    // Only lettre's; ours goes with each message.
    let envelope =
        lettre::address::Envelope::new(Some(from.clone()), vec![from]).map_err(refused)?;
    let fixed = subject.is_fixed().then(|| headers::subject_line(&subject.literals()[0]));
    let fixed = fixed.transpose().map_err(|reason| LetterError::Header("Subject", reason))?;
    let parts = mime::parts(&text.literals(), &html.literals(), &issue.images)?;
    let letter =
        headers::shared(head, senders, fixed, &issue.id)?.envelope(envelope).multipart(parts);
    let letter = letter.map_err(refused)?.formatted();
    let end = letter.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or(letter.len());
    let (fields, body) = letter.split_at(end);
    let fields = headers::fold(&String::from_utf8_lossy(fields));
    headers::check(&fields).map_err(|reason| LetterError::Header("header", reason))?;
    let seal = head.signer.map(|signer| Seal::new(signer, head.date.as_second(), &fields));
    Ok((Shell::cut(&[fields.as_bytes(), body].concat()).into(), seal))
}

fn subject(template: &Template, test: Option<jiff::civil::Time>) -> Result<Wording, SyntaxError> {
    let test = test.map(|time| Piece::Literal(time.strftime("[TEST %H:%M] ").to_string()));
    Wording::new(&Template { pieces: test.into_iter().chain(template.pieces.clone()).collect() })
}

fn to(reader: &Subscriber) -> Result<Cow<'_, str>, Vec<Unresolved>> {
    headers::to(reader.name.as_deref(), &reader.email).map_err(unfit("name"))
}

fn unfit(name: &'static str) -> impl Fn(&'static str) -> Vec<Unresolved> {
    move |reason| vec![Unresolved::Unfit(name.to_owned(), reason.to_owned())]
}

/// A request to leave by mail (RFC 6068): the address or the subject names the reader, whoever it comes from.
fn mailto_url(address: &TokenAddress, token: &str) -> String {
    use std::fmt::Write as _;
    let mut url = "mailto:".to_owned();
    for byte in address.fill(token).as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$'*+@".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    if address.has_place() {
        url + "?subject=unsubscribe"
    } else {
        url + "?subject=unsubscribe%20" + token
    }
}

#[cfg(test)]
mod conditions;
#[cfg(test)]
mod personalised;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
