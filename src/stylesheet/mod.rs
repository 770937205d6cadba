//! A stylesheet for letters: what is inlined, what goes into the head, and what mail programs do not understand.
//!
//! Rules at the top level are inlined into the elements they match. `@media` blocks for narrow screens and the dark stay
//! in the head, where they have to win over what was inlined: their declarations are made `!important` here, so that
//! nobody needs to write it. Colours are written as six digits; what would do harm is left out of the letter (`support`).
//! The built-in designs are read by this too, and held to the same.

use cssparser::{ParseError, Parser, Token};

use crate::finding::{Finding, shown};
use crate::rule::{self, Rule};
use crate::source::{Source, Span};
use crate::theme::colour::Colour;
use support::Remark;

mod colours;
mod dark;
mod support;

/// The longest stylesheet, in bytes; what is in it may be inlined into every element.
const LONGEST: usize = 1 << 16;

/// A stylesheet, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stylesheet {
    /// Rules to be inlined, as written.
    pub inlined: String,
    /// Blocks for the head: a query in parentheses, and its rules with every declaration `!important`.
    pub media: Vec<(String, String)>,
}

impl Stylesheet {
    /// No styles.
    pub const NONE: Self = Self { inlined: String::new(), media: Vec::new() };
}

/// Reads a stylesheet; gives it with its remarks, or every mistake in it.
pub fn parse(source: &Source) -> Result<(Stylesheet, Vec<Finding>), Vec<Finding>> {
    if source.text.len() > LONGEST {
        let message = format!("{} bytes are too many for a letter's styles", source.text.len());
        let finding = Finding::about(&rule::CSS_INVALID, &source.name, message);
        return Err(vec![finding.help("keep to what letters use")]);
    }
    let bare = without_comments(&source.text);
    let mut reader = Reader::new(source, &bare);
    if let Some(at) = bare.find('<') {
        // It would end the head's style element.
        reader.invalid(at, "`<` has no place in a stylesheet");
    }
    reader.rules(&mut Parser::new(&bare), None);
    for (at, message, help) in dark::hostile(&reader.colours) {
        reader.report(&rule::CSS_DARK_HOSTILE, at, message, &help);
    }
    let Reader { sheet, findings, .. } = reader;
    if findings.iter().any(Finding::is_shut) { Err(findings) } else { Ok((sheet, findings)) }
}

/// What mail programs do not understand of a `style` attribute, and what to do instead.
pub fn of_attribute(style: &str) -> Vec<(String, String)> {
    let source = Source::new("style", style);
    let mut reader = Reader::new(&source, style);
    reader.declarations(&mut Parser::new(style), &mut Vec::new());
    let unsupported = |finding: &Finding| finding.rule == &rule::CSS_UNSUPPORTED;
    let findings = reader.findings.into_iter().filter(unsupported);
    findings.map(|finding| (finding.message, finding.help.unwrap_or_default())).collect()
}

struct Reader<'s> {
    source: &'s Source,
    /// The text with blanks instead of comments, so that places stay.
    bare: &'s str,
    sheet: Stylesheet,
    /// Colours as they are set, for light and for the dark.
    colours: Vec<dark::Setting>,
    findings: Vec<Finding>,
}

type Step<T> = Result<T, ParseError<()>>;

impl<'s> Reader<'s> {
    fn new(source: &'s Source, bare: &'s str) -> Self {
        let (sheet, colours, findings) = (Stylesheet::NONE, Vec::new(), Vec::new());
        Self { source, bare, sheet, colours, findings }
    }

    /// Rules up to the end of a file or a block; within `media`, the rules of its head block.
    fn rules(&mut self, input: &mut Parser<'s>, media: Option<&str>) {
        loop {
            input.skip_whitespace();
            let start = input.position().byte_index();
            let is_at = match input.next() {
                Err(_) => return,
                Ok(Token::AtKeyword(_)) => true,
                Ok(Token::CurlyBracketBlock) => {
                    self.invalid(start, "a block without a selector");
                    continue;
                }
                Ok(_) => false,
            };
            let (end, has_block) = prelude(input);
            let head = self.bare[start..end].trim();
            if !has_block && !is_at {
                self.invalid(start, "a rule without a block");
                continue;
            }
            match (is_at, media) {
                (true, None) => self.at_rule(input, head, start),
                (true, Some(_)) => {
                    let help = "close the block before it; Gmail drops styles that nest";
                    self.report(&rule::CSS_INVALID, start, "an at-rule within another", help);
                }
                (false, _) => self.style_rule(input, head, start, media),
            }
        }
    }

    fn at_rule(&mut self, input: &mut Parser<'s>, head: &str, start: usize) {
        let query = head.strip_prefix("@media").and_then(support::query);
        let Some(query) = query else {
            let message = format!("`{}` is not for mail", shown(head));
            let help = "of at-rules only `@media (max-width: …px)` and `@media (prefers-color-scheme: dark)` are kept";
            return self.report(&rule::CSS_UNSUPPORTED, start, message, help);
        };
        if !self.sheet.media.iter().any(|(known, _)| *known == query) {
            self.sheet.media.push((query.clone(), String::new()));
        }
        let _: Step<()> = input.parse_nested_block(|block| {
            self.rules(block, Some(&query));
            Ok(())
        });
    }

    fn style_rule(
        &mut self,
        input: &mut Parser<'s>,
        selector: &str,
        start: usize,
        media: Option<&str>,
    ) {
        let selector = self.kept(selector, start, media.is_some());
        let mut declarations = Vec::new();
        let _: Step<()> = input.parse_nested_block(|block| {
            self.declarations(block, &mut declarations);
            Ok(())
        });
        if declarations.is_empty() || selector.is_empty() {
            return;
        }
        let selector = selector.as_str();
        let in_dark = media.is_some_and(|query| query.contains("dark"));
        if in_dark || media.is_none() {
            self.colours.extend(dark::settings(selector, &declarations, start, in_dark));
        }
        let ending = if media.is_some() { " !important" } else { "" };
        let body: Vec<String> =
            declarations.iter().map(|(name, value)| format!("{name}:{value}{ending}")).collect();
        let rule = format!("{}{{{}}}\n", squeezed(selector), body.join(";"));
        match self.sheet.media.iter_mut().find(|(query, _)| Some(query.as_str()) == media) {
            Some((_, rules)) => rules.push_str(&rule),
            None => self.sheet.inlined.push_str(&rule),
        }
    }

    /// The selectors of a rule that letters can have.
    fn kept(&mut self, selectors: &str, at: usize, in_media: bool) -> String {
        // A comma in parentheses separates nothing that can stand alone.
        let whole = if selectors.contains('(') { '\0' } else { ',' };
        let mut kept = Vec::new();
        for selector in selectors.split(whole) {
            match support::selector(selector.trim(), in_media) {
                Some((message, help)) => {
                    let message = format!("{message}; it is left out");
                    self.report(&rule::CSS_UNSUPPORTED, at, message, help);
                }
                None => kept.push(selector),
            }
        }
        kept.join(",")
    }

    fn declarations(&mut self, block: &mut Parser<'s>, into: &mut Vec<(String, String)>) {
        loop {
            block.skip_whitespace();
            let start = block.position().byte_index();
            let name = match block.next() {
                Err(_) => return,
                Ok(Token::Semicolon) => continue,
                Ok(Token::Ident(name)) => name.to_ascii_lowercase(),
                Ok(_) => String::new(),
            };
            let has_colon = !name.is_empty() && matches!(block.next(), Ok(Token::Colon));
            let value_start = block.position().byte_index();
            let (end, pieces) = value(block, colours::has(&name));
            if !has_colon {
                self.invalid(start, "a declaration is `property: value;`");
                continue;
            }
            let value = in_six_digits(&self.bare[value_start..end], value_start, &pieces);
            let value = without_importance(&value);
            if value.is_empty() || pieces.iter().any(|piece| piece.kind == Kind::Broken) {
                self.invalid(start, &format!("`{}` has no value that can be read", shown(&name)));
                continue;
            }
            let remarks = support::declaration(&name, value, &pieces);
            let is_kept = !remarks.iter().any(|remark| remark.is_left_out);
            for Remark { at, mut message, help, is_left_out } in remarks {
                if is_left_out {
                    message.push_str("; it is left out");
                }
                self.report(&rule::CSS_UNSUPPORTED, at.unwrap_or(start), message, help);
            }
            if is_kept {
                into.push((name, squeezed(value)));
            }
        }
    }

    fn invalid(&mut self, at: usize, what: &str) {
        let help = "write `.class { property: value; }`";
        self.report(&rule::CSS_INVALID, at, what.to_owned(), help);
    }

    fn report(&mut self, rule: &'static Rule, at: usize, what: impl Into<String>, help: &str) {
        let end = self.bare[at..].find(['\n', ';', '{']).map_or(self.bare.len(), |end| at + end);
        let span = Span::new(at, end.max(at));
        self.findings.push(Finding::at(rule, self.source, span, what).help(help));
    }
}

/// What matters of a value's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    Url,
    Unit,
    Negative,
    /// A colour that six digits can say.
    Colour(Colour),
    /// One of as many digits that they cannot.
    Hash,
    Broken,
}

/// A piece of a value, by its place and its text: a function's name, a unit, a colour's digits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    kind: Kind,
    at: usize,
    /// Where it ends, with its parentheses.
    end: usize,
    text: String,
}

/// Reads up to a rule's block or its semicolon; gives where that is, and whether it is a block.
fn prelude(input: &mut Parser<'_>) -> (usize, bool) {
    loop {
        // A parser that has met a block stands at its beginning until it is asked for what follows, so that only the
        // place after a token is sure.
        let token = input.next_including_whitespace().cloned();
        let end = input.position().byte_index();
        match token {
            Err(_) => return (end, false),
            Ok(Token::Semicolon) => return (end - 1, false),
            Ok(Token::CurlyBracketBlock) => return (end - 1, true),
            Ok(_) => {}
        }
    }
}

/// Reads a value up to its semicolon or the end of the block; gives where it ends, and its pieces. Words are read as
/// colours only where they can be some.
fn value(input: &mut Parser<'_>, has_colours: bool) -> (usize, Vec<Piece>) {
    let mut pieces = Vec::new();
    loop {
        let at = input.position().byte_index();
        let Ok(token) = input.next_including_whitespace().cloned() else {
            return (input.position().byte_index(), pieces);
        };
        let end = input.position().byte_index();
        match token {
            Token::Semicolon => return (end - 1, pieces),
            Token::Function(name) => {
                pieces.extend(function(input, at, &name.to_ascii_lowercase(), has_colours));
            }
            Token::Dimension { value, unit, .. } => {
                let unit = unit.to_ascii_lowercase();
                let negative = (value < 0.0).then(|| Piece {
                    kind: Kind::Negative,
                    at,
                    end,
                    text: String::new(),
                });
                pieces.extend(negative);
                pieces.push(Piece { kind: Kind::Unit, at, end, text: unit });
            }
            token => pieces.extend(simple(&token, has_colours).map(|(kind, text)| Piece {
                kind,
                at,
                end,
                text,
            })),
        }
    }
}

/// Reads the rest of a function whose name begins at `at`: a colour as one piece, another with the pieces in it.
fn function(input: &mut Parser<'_>, at: usize, name: &str, has_colours: bool) -> Vec<Piece> {
    let piece = |kind, end| Piece { kind, at, end, text: name.to_owned() };
    if colours::FUNCTIONS.contains(&name) {
        let colour: Step<Option<Colour>> =
            input.parse_nested_block(|block| Ok(colours::function(name, block)));
        let kind = colour.ok().flatten().map_or(Kind::Function, Kind::Colour);
        return vec![piece(kind, input.position().byte_index())];
    }
    let kind = if name == "url" { Kind::Url } else { Kind::Function };
    let mut pieces = vec![piece(kind, input.position().byte_index())];
    let inner: Step<Vec<Piece>> = input.parse_nested_block(|block| Ok(value(block, has_colours).1));
    pieces.extend(inner.unwrap_or_default());
    pieces
}

/// What a token is that stands for itself, if that matters.
fn simple(token: &Token<'_>, has_colours: bool) -> Option<(Kind, String)> {
    match token {
        Token::UnquotedUrl(_) => Some((Kind::Url, "url".to_owned())),
        Token::Hash(digits) | Token::IDHash(digits) => {
            Some((colours::hash(digits).map_or(Kind::Hash, Kind::Colour), digits.to_string()))
        }
        Token::Ident(word) if has_colours => {
            colours::named(word).map(|colour| (Kind::Colour(colour), word.to_string()))
        }
        Token::CurlyBracketBlock
        | Token::SquareBracketBlock
        | Token::BadUrl(_)
        | Token::BadString(_)
        | Token::CloseCurlyBracket
        | Token::CloseParenthesis => Some((Kind::Broken, String::new())),
        _ => None,
    }
}

/// A value that begins at `start`, with its colours as six digits.
fn in_six_digits(value: &str, start: usize, pieces: &[Piece]) -> String {
    let mut out = String::with_capacity(value.len());
    let mut copied = 0;
    for piece in pieces {
        if let Kind::Colour(colour) = piece.kind {
            out.push_str(&value[copied..piece.at - start]);
            out.push_str(&colour.to_string());
            copied = piece.end - start;
        }
    }
    out + &value[copied..]
}

/// What is inlined needs no `!important`, and what goes to the head gets its own.
fn without_importance(value: &str) -> &str {
    let value = value.trim();
    let important = |(_, word): &(&str, &str)| word.trim().eq_ignore_ascii_case("important");
    value.rsplit_once('!').filter(important).map_or(value, |(value, _)| value.trim_end())
}

/// Comments become blanks of the same length; what stands in quotes is none.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut quote) = (text, None);
    while let Some(c) = rest.chars().next() {
        if quote.is_none() && rest.starts_with("/*") {
            let end = rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
            out.extend(rest[..end].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
            rest = &rest[end..];
            continue;
        }
        quote = match (quote, c) {
            (None, '"' | '\'') => Some(c),
            (Some(open), _) if open == c || c == '\n' => None,
            _ => quote,
        };
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn squeezed(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace(", ", ",").replace('"', "'")
}

#[cfg(test)]
mod tests;
