//! What may stand in each column of a list, whether it is TOML or CSV.

use super::Status;
use crate::address::{AddressError, EmailAddress};
use crate::finding::{is_plain, nearest, shown};

/// The keys of a row, in the order in which they are written.
pub(super) const KEYS: [&str; 5] = ["email", "name", "tags", "status", "fields"];

/// Names that a column of the author's own cannot have, because merge tags already mean something by them.
const TAKEN: [&str; 5] = ["email", "name", "tags", "status", "unsubscribe_url"];

/// What is wrong with a value, before it has a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Mistake {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The address of a row.
pub(super) fn email(value: &str) -> Result<EmailAddress, Mistake> {
    value.parse().map_err(|error| address_mistake(value, &error))
}

fn address_mistake(value: &str, error: &AddressError) -> Mistake {
    let not_an_address = |why: String| {
        Mistake::new(format!("not an address: `{}` ({why})", shown(value))).help(EXAMPLE)
    };
    match error {
        AddressError::Empty => Mistake::new("`email` is empty").help(EXAMPLE),
        AddressError::SeveralAddresses => {
            Mistake::new(error.to_string()).help("give each address a row of its own")
        }
        AddressError::ControlCharacter(_)
        | AddressError::LocalPartTooLong
        | AddressError::TooLong => Mistake::new(error.to_string()).help(EXAMPLE),
        AddressError::NotPublic(domain) => {
            Mistake::new(format!("domain `{}` cannot receive public mail", shown(domain)))
                .help(EXAMPLE)
        }
        AddressError::Domain(domain) => {
            not_an_address(format!("`{}` is not a domain name", shown(domain)))
        }
        AddressError::MissingAt
        | AddressError::MissingLocalPart
        | AddressError::MissingDomain
        | AddressError::LocalPartCharacter(_)
        | AddressError::LocalPartDot => not_an_address(error.to_string()),
    }
}

/// The remedy for a row without an address.
pub(super) const EXAMPLE: &str =
    "write the reader's address, e.g. `ada@example.org`, or delete the row";

/// A name, or nothing when it is blank.
pub(super) fn name(value: &str) -> Result<Option<String>, Mistake> {
    one_line("name", value)
}

/// A tag, or nothing when it is blank.
pub(super) fn tag(value: &str) -> Result<Option<String>, Mistake> {
    one_line("tags", value)
}

fn one_line(column: &str, value: &str) -> Result<Option<String>, Mistake> {
    if let Some(c) = value.chars().find(|&c| !is_plain(c)) {
        return Err(control_character(c, column).help("write it on one line, in plain characters"));
    }
    let value = value.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

/// The text of a field with LF line ends, or nothing when it is blank.
pub(super) fn text(column: &str, value: &str) -> Result<Option<String>, Mistake> {
    let value = value.replace("\r\n", "\n");
    if let Some(c) = value.chars().find(|&c| c.is_control() && c != '\n') {
        return Err(control_character(c, column).help("only line breaks are allowed in a field"));
    }
    Ok((!value.trim().is_empty()).then_some(value))
}

fn control_character(c: char, column: &str) -> Mistake {
    let kind = if c.is_control() { "control" } else { "direction-changing" };
    Mistake::new(format!("{kind} character U+{:04X} in `{}`", c as u32, shown(column)))
}

/// A status, in any case of letters.
pub(super) fn status(value: &str) -> Result<Status, Mistake> {
    let word = value.trim().to_ascii_lowercase();
    let names = Status::ALL.map(Status::name);
    Status::ALL.into_iter().find(|status| status.name() == word).ok_or_else(|| {
        let guess = nearest(&word, names)
            .map(|name| format!("; did you mean `{name}`?"))
            .unwrap_or_default();
        Mistake::new(format!("unknown status `{}`{guess}", shown(value)))
            .help(format!("write one of {}", names.map(|name| format!("`{name}`")).join(", ")))
    })
}

/// Whether a column of the author's own can be a merge tag.
pub(super) fn check_field_name(key: &str) -> Result<(), Mistake> {
    if TAKEN.contains(&key) {
        let help = match key {
            "unsubscribe_url" => "Postrider fills it in for each reader; rename the field",
            _ => "write it above `[subscriber.fields]`, or rename the field",
        };
        return Err(Mistake::new(format!("`{key}` cannot be a field of your own")).help(help));
    }
    let mut bytes = key.bytes();
    let starts_well = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if starts_well && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(());
    }
    Err(Mistake::new(format!("field `{}` cannot be used in merge tags", shown(key)))
        .help("name it with letters, digits and `_`, a letter first, as in `first_name`"))
}

/// A key that a row does not have.
pub(super) fn unknown_key(key: &str) -> Mistake {
    let guess = nearest(key, KEYS).map(|near| format!("; did you mean `{near}`?"));
    Mistake::new(format!("unknown key `{}`{}", shown(key), guess.unwrap_or_default())).help(FIELDS)
}

/// Tags of another kind.
pub(super) fn not_a_list(kind: &str) -> Mistake {
    Mistake::new(format!("`tags` must be a list of text, got {kind}"))
        .help("write `tags = [\"one\", \"two\"]`")
}

/// Fields of another kind.
pub(super) fn not_a_table(kind: &str) -> Mistake {
    Mistake::new(format!("`fields` must be a table, got {kind}")).help(FIELDS)
}

const FIELDS: &str = "put your own columns under [subscriber.fields]";

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T: std::fmt::Debug>(result: Result<T, Mistake>) -> String {
        result.unwrap_err().message
    }

    #[test]
    fn every_bad_address_of_the_fault_matrix_says_what_is_wrong() {
        let said = |value: &str| message(email(value));
        assert_eq!(said("ada@"), "not an address: `ada@` (missing domain)");
        assert_eq!(said("@x.org"), "not an address: `@x.org` (missing local part)");
        assert_eq!(
            said("a b@x.org"),
            "not an address: `a b@x.org` (` ` is not allowed before the `@`)"
        );
        assert_eq!(said("a@x..org"), "not an address: `a@x..org` (`x..org` is not a domain name)");
        assert_eq!(said("a@-x.org"), "not an address: `a@-x.org` (`-x.org` is not a domain name)");
        let long = format!("{}@x.org", "a".repeat(65));
        assert_eq!(said(&long), "local part longer than 64 bytes (RFC 5321 4.5.3.1.1)");
        let long = format!("a@{}org", "abcdefghi.".repeat(25));
        assert_eq!(said(&long), "address longer than 254 bytes (RFC 5321 4.5.3.1.3)");
        assert_eq!(said("\"a\r\nRCPT TO:<x@y>\"@z"), "control character U+000D in address");
        assert_eq!(said("a@x.org, b@y.org"), "two addresses in one field");
        assert_eq!(said("user@[1.2.3.4]"), "domain `[1.2.3.4]` cannot receive public mail");
        assert_eq!(said("u@localhost"), "domain `localhost` cannot receive public mail");
        assert_eq!(said("u@x.invalid"), "domain `x.invalid` cannot receive public mail");
        assert_eq!(said(" "), "`email` is empty");
    }

    #[test]
    fn control_characters_are_refused_and_line_breaks_only_in_fields() {
        assert_eq!(message(name("Ada\r\nBcc: x")), "control character U+000D in `name`");
        assert_eq!(message(name("Ada\0")), "control character U+0000 in `name`");
        assert_eq!(message(name("Ada\u{202e}")), "direction-changing character U+202E in `name`");
        assert_eq!(message(tag("a\u{85}")), "control character U+0085 in `tags`");
        assert_eq!(message(text("city", "a\tb")), "control character U+0009 in `city`");
        assert_eq!(message(text("city", "a\rb")), "control character U+000D in `city`");
        assert_eq!(text("note", "a\r\nb").unwrap().as_deref(), Some("a\nb"));
        assert_eq!(name("Ada <b>").unwrap().as_deref(), Some("Ada <b>"));
    }

    #[test]
    fn blank_values_are_absent() {
        assert_eq!(name(" \u{a0}").unwrap(), None);
        assert_eq!(text("city", " \n ").unwrap(), None);
        assert_eq!(tag("").unwrap(), None);
    }

    #[test]
    fn a_status_is_guessed_when_it_is_misspelt() {
        assert_eq!(status("Paused").unwrap(), Status::Paused);
        assert_eq!(
            message(status("unsubscribd")),
            "unknown status `unsubscribd`; did you mean `unsubscribed`?"
        );
        assert_eq!(message(status("gone")), "unknown status `gone`");
    }

    #[test]
    fn a_field_name_is_an_identifier_that_is_not_taken() {
        assert!(check_field_name("first_name2").is_ok());
        assert_eq!(message(check_field_name("2nd")), "field `2nd` cannot be used in merge tags");
        assert_eq!(message(check_field_name("")), "field `` cannot be used in merge tags");
        assert_eq!(message(check_field_name("pré")), "field `pré` cannot be used in merge tags");
        assert_eq!(message(check_field_name("name")), "`name` cannot be a field of your own");
    }

    #[test]
    fn an_unknown_key_is_guessed_and_pointed_to_the_fields() {
        let mistake = unknown_key("mail");
        assert_eq!(mistake.message, "unknown key `mail`; did you mean `email`?");
        assert_eq!(mistake.help.as_deref(), Some("put your own columns under [subscriber.fields]"));
    }
}
