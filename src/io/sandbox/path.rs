//! The arguments of MAIL and RCPT: a path in angle brackets, then parameters (RFC 5321 4.1.2).

/// A mailbox without its brackets, and the parameters after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path<'a> {
    /// Empty for the null reverse-path `<>`.
    pub(super) mailbox: &'a str,
    /// `KEYWORD` or `KEYWORD=value`, in order.
    pub(super) parameters: Vec<&'a str>,
}

/// Reads what stands after `FROM:` or `TO:`; `None` if it is not by the grammar.
///
/// A space before the bracket is refused, as RFC 5321 3.3 asks: a catcher that lets slips through would hide them.
pub(super) fn parse(text: &str) -> Option<Path<'_>> {
    let inner = text.strip_prefix('<')?;
    let inner = match inner.strip_prefix('@') {
        // A source route is read and ignored (RFC 5321 4.1.1.3).
        Some(route) => route.split_once(':')?.1,
        None => inner,
    };
    let end = mailbox_length(inner)?;
    let (mailbox, rest) = inner.split_at(end);
    let rest = rest.strip_prefix('>')?;
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let parameters: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).collect();
    parameters.iter().all(|word| is_parameter(word)).then_some(Path { mailbox, parameters })
}

/// Takes a parameter of MAIL or says what to answer: SIZE up to `largest`, BODY and SMTPUTF8 are offered
/// (RFC 1870, RFC 6152, RFC 6531).
pub(super) fn check_mail_parameter(parameter: &str, largest: usize) -> Result<(), &'static str> {
    let (keyword, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    match keyword.to_ascii_uppercase().as_str() {
        "SIZE" => match value.parse::<usize>() {
            Ok(size) if size <= largest => Ok(()),
            Ok(_) => Err("552 5.3.4 the letter is larger than SIZE says"),
            Err(_) => Err("501 5.5.4 SIZE is a number of bytes"),
        },
        "BODY" if ["7BIT", "8BITMIME"].iter().any(|body| value.eq_ignore_ascii_case(body)) => {
            Ok(())
        }
        "BODY" => Err("501 5.5.4 BODY is 7BIT or 8BITMIME"),
        "SMTPUTF8" if !parameter.contains('=') => Ok(()),
        _ => Err("555 5.5.4 unknown parameter"),
    }
}

/// The bytes that a mailbox takes at the start of `text`: none for `<>`, and a bare `Postmaster` has no domain.
fn mailbox_length(text: &str) -> Option<usize> {
    if text.starts_with('>') {
        return Some(0);
    }
    if text.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("postmaster>")) {
        return Some(10);
    }
    let local = match text.strip_prefix('"') {
        Some(rest) => 1 + quoted_length(rest)?,
        None => text.find('@').filter(|&at| is_dot_string(&text[..at], is_atext))?,
    };
    let domain = text[local..].strip_prefix('@')?;
    let end = domain.find('>')?;
    let is_literal = domain[..end].starts_with('[') && domain[..end].ends_with(']');
    let is_name =
        is_dot_string(&domain[..end], |b| b.is_ascii_alphanumeric() || b == b'-' || !b.is_ascii());
    // RFC 5321 4.5.3.1: 64 for the local part, 255 for the domain, 256 for the path with its brackets.
    let fits = local <= 64 && end <= 255 && local + 1 + end <= 254;
    (fits && (is_literal || is_name)).then_some(local + 1 + end)
}

/// The bytes of a quoted string after its opening quote, the closing one included.
fn quoted_length(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(at + 1),
            b'\\' => {
                bytes.next()?;
            }
            b' '..=b'~' => {}
            _ => return None,
        }
    }
    None
}

fn is_dot_string(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(&is_allowed))
}

/// RFC 5322 3.2.3, and beyond ASCII RFC 6531 3.3.
fn is_atext(byte: u8) -> bool {
    !byte.is_ascii() || byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// `esmtp-keyword ["=" esmtp-value]` (RFC 5321 4.1.2).
fn is_parameter(word: &str) -> bool {
    let (keyword, value) = word.split_once('=').unwrap_or((word, "x"));
    let is_keyword = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let is_value = |b: u8| (b'!'..=b'~').contains(&b) && b != b'=';
    keyword.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && keyword.bytes().all(is_keyword)
        && !value.is_empty()
        && value.bytes().all(is_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(text: &str) -> Option<&str> {
        parse(text).map(|path| path.mailbox)
    }

    #[test]
    fn every_form_of_a_path_is_understood() {
        assert_eq!(mailbox("<ada+x@example.org>"), Some("ada+x@example.org"));
        assert_eq!(mailbox("<>"), Some(""));
        assert_eq!(mailbox("<Postmaster>"), Some("Postmaster"));
        assert_eq!(mailbox("<\"a>b \\\"c\"@example.org>"), Some("\"a>b \\\"c\"@example.org"));
        assert_eq!(mailbox("<@a.example.org,@b.example.org:x@example.org>"), Some("x@example.org"));
        assert_eq!(mailbox("<a@[127.0.0.1]>"), Some("a@[127.0.0.1]"));
        assert_eq!(mailbox("<ö@müller.example>"), Some("ö@müller.example"));
        let path = parse("<a@example.org> SIZE=12 BODY=8BITMIME").unwrap();
        assert_eq!(path.parameters, ["SIZE=12", "BODY=8BITMIME"]);
    }

    #[test]
    fn what_the_grammar_does_not_know_is_refused() {
        let long = format!("<{}@example.org>", "a".repeat(65));
        for text in [
            "",
            " <a@example.org>",
            "a@example.org",
            "<a@example.org",
            "<a@example.org>x",
            "<a>",
            "<@example.org>",
            "<a@>",
            "<a@b@example.org>",
            "<a b@example.org>",
            "<a..b@example.org>",
            "<.a@example.org>",
            "<a@example..org>",
            "<\"a@example.org>",
            "<\"ö\"@example.org>",
            "<a@example.org> =x",
            "<a@example.org> X==",
            &long,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
