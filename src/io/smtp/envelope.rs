//! MAIL and RCPT of a letter, and what the relay has announced it will not take.

use lettre::Address;
use lettre::transport::smtp::commands::{Mail, Rcpt};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter};

use super::offers::Offers;
use crate::address::EmailAddress;
use crate::delivery::transport::{Reply, SendError, Stage};
use crate::message::{Envelope, Message};

impl Offers {
    /// What the relay has announced it will not take, as the reply it would give: nothing is said for it.
    pub(super) fn foreseen(&self, message: &Message) -> Option<SendError> {
        let reverse_path = &message.envelope.reverse_path;
        if !self.smtputf8 && needs_smtputf8(message) {
            let stage = if reverse_path.needs_smtputf8() { Stage::Mail } else { Stage::Rcpt };
            let text = "5.6.7 not tried: the relay does not offer SMTPUTF8 (RFC 6531)";
            return Some(SendError::Refused { stage, reply: Reply::new(550, text) });
        }
        let size = message.content.len();
        let limit = self.size.filter(|&limit| limit > 0 && limit < size)?;
        let text = format!(
            "5.3.4 not tried: the letter has {size} bytes and the relay announced a limit of {limit} (RFC 1870)"
        );
        Some(SendError::Refused { stage: Stage::Mail, reply: Reply::new(552, &text) })
    }
}

/// MAIL FROM, with what the relay has offered to take into account.
pub(super) fn mail(message: &Message, offers: &Offers) -> Mail {
    let mut parameters = Vec::new();
    if offers.size.is_some() {
        parameters.push(MailParameter::Size(message.content.len()));
    }
    if needs_smtputf8(message) {
        // To holds the address as it is; a relay that speaks SMTPUTF8 must offer 8BITMIME (RFC 6531 3.1).
        if offers.eight_bit {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    Mail::new(Some(address(&message.envelope.reverse_path)), parameters)
}

/// RCPT TO: one recipient.
pub(super) fn rcpt(message: &Message) -> Rcpt {
    Rcpt::new(address(&message.envelope.recipient), Vec::new())
}

/// Whether an address of the letter needs SMTPUTF8 (RFC 6531); everybody else's letter goes without.
pub(super) fn needs_smtputf8(message: &Message) -> bool {
    let Envelope { reverse_path, recipient } = &message.envelope;
    reverse_path.needs_smtputf8() || recipient.needs_smtputf8()
}

/// `EmailAddress` is stricter than lettre's own check.
fn address(address: &EmailAddress) -> Address {
    Address::new_dangerous(address.local_part(), address.domain())
}
