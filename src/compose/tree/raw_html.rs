//! A reader of the raw HTML that authors write into Markdown: tags, texts and comments with their places.
//!
//! html5ever decodes a tag or a text; where each begins and ends is found here, because html5ever tells no columns.
//! Nothing is judged here.

use std::cell::RefCell;
use std::ops::Range;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// A piece of raw HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// `<name …>`
    Open(Element),
    /// `</name>`
    Close(String),
    /// What readers see, entities decoded.
    Text(String),
    /// `<!-- … -->`, also unclosed up to the end.
    Comment,
    /// `<!DOCTYPE …>`, `<?xml …?>`, `<![CDATA[…`.
    Declaration,
}

/// An opening tag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// The name in lower case.
    pub name: String,
    /// Attributes in order, names in lower case, entities in values decoded.
    pub attributes: Vec<(String, String)>,
    /// `<name/>`
    pub self_closing: bool,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Elements whose content is not HTML.
const OPAQUE: [&str; 4] = ["script", "style", "textarea", "title"];

/// The pieces of a text in order, with their byte ranges.
pub fn read(html: &str) -> Vec<(Range<usize>, Piece)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < html.len() {
        let end = at + length(&html[at..]);
        let mut next = end;
        for piece in decode(&html[at..end]) {
            if let Piece::Open(Element { name, .. }) = &piece
                && OPAQUE.contains(&name.as_str())
            {
                next = end + opaque_length(&html[end..], name);
            }
            pieces.push((at..end, piece));
        }
        at = next;
    }
    pieces
}

/// The length of the piece at the start of a text that is not empty.
fn length(html: &str) -> usize {
    let Some(rest) = html.strip_prefix('<') else {
        return html.find('<').unwrap_or(html.len());
    };
    if let Some(comment) = rest.strip_prefix("!--") {
        return comment.find("-->").map_or(html.len(), |end| end + "<!---->".len());
    }
    let name = rest.strip_prefix('/').unwrap_or(rest);
    if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
        return tag_length(html).unwrap_or(html.len());
    }
    rest.find('<').map_or(html.len(), |next| next + 1)
}

/// A tag ends at the first `>` outside a quoted attribute value.
fn tag_length(html: &str) -> Option<usize> {
    let mut quote = None;
    let mut value_starts = false;
    for (at, byte) in html.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if value_starts => quote = Some(byte),
            (None, b'>') => return Some(at + 1),
            (None, _) => value_starts = byte == b'=' || value_starts && byte.is_ascii_whitespace(),
        }
    }
    None
}

/// The length of the content of an element that holds no HTML.
fn opaque_length(html: &str, name: &str) -> usize {
    let end = format!("</{name}");
    let is_end = |at: &usize| {
        html.get(*at..*at + end.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(&end))
    };
    html.match_indices("</").map(|(at, _)| at).find(is_end).unwrap_or(html.len())
}

fn decode(html: &str) -> Vec<Piece> {
    if html.starts_with("<!--") {
        return vec![Piece::Comment];
    }
    if html.starts_with("<!") || html.starts_with("<?") {
        return vec![Piece::Declaration];
    }
    plain(html).map_or_else(|| tokenized(html), |piece| vec![piece])
}

/// The pieces of a text as html5ever reads them.
fn tokenized(html: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for token in tokens(html) {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => {
                pieces.push(Piece::Close(tag.name.to_string()));
            }
            Token::TagToken(tag) => pieces.push(Piece::Open(Element {
                name: tag.name.to_string(),
                attributes: tag
                    .attrs
                    .into_iter()
                    .map(|a| (a.name.local.to_string(), a.value.to_string()))
                    .collect(),
                self_closing: tag.self_closing,
            })),
            Token::CharacterTokens(text) => match pieces.last_mut() {
                Some(Piece::Text(before)) => before.push_str(&text),
                _ => pieces.push(Piece::Text(text.to_string())),
            },
            _ => {}
        }
    }
    if pieces.is_empty() {
        // A tag that never ends: show it as the author typed it.
        pieces.push(Piece::Text(html.to_owned()));
    }
    pieces
}

/// Most pieces need no tokenizer: a text without entities, a tag without anything odd.
fn plain(html: &str) -> Option<Piece> {
    let Some(tag) = html.strip_prefix('<') else {
        return (!html.contains(['&', '\r', '\0'])).then(|| Piece::Text(html.to_owned()));
    };
    let Some(name) = tag.strip_prefix('/') else { return plain_tag(tag).map(Piece::Open) };
    let name = name.strip_suffix('>')?;
    is_name(name).then(|| Piece::Close(name.to_ascii_lowercase()))
}

/// An opening tag as this program writes it: `name attribute="value">`, without entities.
fn plain_tag(tag: &str) -> Option<Element> {
    let inner = tag.strip_suffix('>')?;
    let (name, mut rest) = inner.split_at(inner.find(' ').unwrap_or(inner.len()));
    let mut attributes: Vec<(String, String)> = Vec::new();
    while let Some(attribute) = rest.strip_prefix(' ') {
        let (key, value) = attribute.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        let is_plain = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            && !key.is_empty()
            && !value.contains(['&', '\r', '\0'])
            && attributes.iter().all(|(known, _)| known != key);
        if !is_plain {
            return None;
        }
        attributes.push((key.to_owned(), value.to_owned()));
        rest = after;
    }
    let element = || Element { name: name.to_ascii_lowercase(), attributes, self_closing: false };
    (rest.is_empty() && is_name(name)).then(element)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

struct Collector(RefCell<Vec<Token>>);

impl TokenSink for Collector {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        self.0.borrow_mut().push(token);
        TokenSinkResult::Continue
    }
}

fn tokens(html: &str) -> Vec<Token> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    // A piece is not the beginning of a file.
    let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
    let tokenizer = Tokenizer::new(Collector(RefCell::default()), options);
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.take()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> Vec<String> {
        read(html)
            .into_iter()
            .map(|(range, piece)| {
                let what = match piece {
                    Piece::Open(element) => {
                        format!("open {} {:?}", element.name, element.attributes)
                    }
                    Piece::Close(name) => format!("close {name}"),
                    Piece::Text(text) => format!("text {text:?}"),
                    Piece::Comment => "comment".into(),
                    Piece::Declaration => "declaration".into(),
                };
                format!("{}..{} {what}", range.start, range.end)
            })
            .collect()
    }

    #[test]
    fn tags_texts_and_comments_come_with_their_places() {
        assert_eq!(
            shown("<B Title='a>b'>x &amp; y</B><!-- > -->"),
            [
                "0..15 open b [(\"title\", \"a>b\")]",
                "15..24 text \"x & y\"",
                "24..28 close b",
                "28..38 comment"
            ]
        );
        assert_eq!(
            shown("a < b <br/>"),
            ["0..2 text \"a \"", "2..6 text \"< b \"", "6..11 open br []"]
        );
    }

    #[test]
    fn the_content_of_a_script_is_not_read_as_html() {
        assert_eq!(
            shown("<script>if (a<b) '<b>'</SCRIPT>x"),
            ["0..8 open script []", "22..31 close script", "31..32 text \"x\""]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_in_order_without_gaps_backwards(html in "([<>/!\"'= a-]|<b |-->|\\PC){0,40}") {
            let mut at = 0;
            for (range, _) in read(&html) {
                proptest::prop_assert!(range.start >= at || range.start < range.end);
                at = range.end.max(at);
            }
            proptest::prop_assert!(at <= html.len());
        }

        #[test]
        fn what_needs_no_tokenizer_is_read_as_the_tokenizer_reads_it(
            html in "</?[a-zA-Z1&]{1,3}( [a-zA-Z&/-]{0,3}(=\"[a-c>&;=' \\r\\n]{0,5}\")?){0,3}/?>|[^<]{1,9}",
        ) {
            if let Some(piece) = plain(&html) {
                proptest::prop_assert_eq!(vec![piece], tokenized(&html));
            }
        }
    }
}
