//! The elements of an HTML document as they are written: tags must nest as they stand, and nothing is repaired.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// An element with its attributes and the indices of the elements it stands in, outermost first.
#[derive(Debug)]
pub(crate) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub inside: Vec<usize>,
}

impl Element {
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| !value.is_empty())
            || name == "alt" && self.value(name).is_some()
    }
}

#[derive(Default)]
struct Sink(RefCell<(Vec<Element>, Vec<usize>)>);

const VOID: [&str; 5] = ["meta", "img", "br", "hr", "wbr"];

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(Tag { kind, name, attrs, .. }) = token else {
            return TokenSinkResult::Continue;
        };
        let (elements, open) = &mut *self.0.borrow_mut();
        if kind == TagKind::EndTag {
            let last = open.pop().expect("an end tag has its start tag");
            assert_eq!(elements[last].name, *name, "tags nest");
            return TokenSinkResult::Continue;
        }
        let attributes = attrs.iter().map(|a| (a.name.local.to_string(), a.value.to_string()));
        let element = Element {
            name: name.to_string(),
            attributes: attributes.collect(),
            inside: open.clone(),
        };
        elements.push(element);
        if !VOID.contains(&&*name) {
            open.push(elements.len() - 1);
        }
        match &*name {
            "style" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }
}

pub(crate) fn elements(html: &str) -> Vec<Element> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let (elements, open) = tokenizer.sink.0.take();
    assert!(open.is_empty(), "every element is closed");
    elements
}
