//! Merge tags on their way through Markdown.
//!
//! Markdown would break `{{ name | default("reader") }}`: it curls the quotes, splits table cells at the bar and
//! percent-encodes the braces in links. So before parsing every tag gives way to a stand-in with the same number of
//! bytes (places in the source still hold), and in the finished strings the stand-ins become slots and chunks, or the
//! tag again where it stands in code.
//!
//! A value's stand-in is a word of letters and digits. A condition's is the same word between dollar signs, which
//! Markdown takes for punctuation, so that emphasis may begin and end beside it; alone on its line it is a comment,
//! which ends a paragraph and is a block of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::pairs::{Role, pair};
use super::scan::{Control, Found, Kind, scan};
use super::{Branch, Conditional, Test};

/// The stand-ins in use. Only what was given out here is ever turned back.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    /// What looks like a stand-in and is the author's own.
    taken: BTreeSet<String>,
    /// How many stand-ins of each length are given out, words and comments apart.
    given: BTreeMap<(bool, usize), u64>,
    by_tag: BTreeMap<String, String>,
    by_tag_narrow: BTreeMap<String, String>,
    by_stand_in: BTreeMap<String, String>,
    marks: Vec<Mark>,
    by_word: BTreeMap<String, usize>,
    by_written: BTreeMap<String, usize>,
    by_role: BTreeMap<(usize, Option<usize>), String>,
    /// The conditionals of the issue, those of the author and those derived from them.
    pub(crate) conditionals: Vec<Conditional>,
}

/// A control tag that has a stand-in.
#[derive(Debug)]
struct Mark {
    /// What stands for it in finished strings.
    word: String,
    /// How the author wrote it.
    tag: String,
    control: Option<Control>,
    /// Where it stands in the body, in bytes; elsewhere none.
    at: Option<usize>,
    role: Option<Role>,
}

/// `{{x}}`; what is shorter has no expression and is a mistake.
const SHORTEST: usize = 5;

/// The columns that a name or the like mostly takes.
const LIKELY: usize = 8;

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Tags {
    /// Stand-ins that do not occur in `text`.
    pub(crate) fn avoiding(text: &str) -> Self {
        let comments = text.match_indices("<!--").filter_map(|(start, _)| {
            let end = text[start..text.floor_char_boundary(start + 64)].find("-->")?;
            Some(text[start..start + end + 3].to_owned())
        });
        let words = candidates(text).map(|range| text[range].to_owned());
        Self { taken: words.chain(comments).collect(), ..Self::default() }
    }

    /// The text with every tag replaced by its stand-in, byte for byte as long.
    pub(crate) fn mark(&mut self, text: &str) -> String {
        let first = self.marks.len();
        // Outside of Markdown nobody else takes the backslash away.
        let marked =
            self.replace(text, |_| (false, None)).replace("\\{{", "{{").replace("\\{%", "{%");
        self.pair(first..self.marks.len(), |_| true);
        marked
    }

    /// As [`Tags::mark`] for the body of a draft, in which tags that are alone on their lines stand around blocks.
    /// They are paired by [`Tags::pair_body`], when it is known what is code.
    pub(crate) fn mark_body(&mut self, body: &str) -> String {
        let blocks = super::lines::around_blocks(body);
        self.replace(body, |at| (blocks.contains(&at), Some(at)))
    }

    fn replace(&mut self, text: &str, form: impl Fn(usize) -> (bool, Option<usize>)) -> String {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for Found { range, kind } in scan(text) {
            let tag = &text[range.clone()];
            let stand_in = match kind {
                Kind::Tag if range.len() >= SHORTEST => self.stand_in(tag),
                Kind::Control(control) => {
                    let (is_block, at) = form(range.start);
                    self.stand_in_for(tag, control, is_block, at)
                }
                _ => continue,
            };
            out.push_str(&text[copied..range.start]);
            out.push_str(&stand_in);
            copied = range.end;
        }
        out.push_str(&text[copied..]);
        out
    }

    /// The stand-in of a tag with its braces: `Q`, digits in base 36, `Z`.
    ///
    /// Because `Q` and `Z` stand only at its ends, a stand-in never begins or ends inside another.
    pub(crate) fn stand_in(&mut self, tag: &str) -> String {
        if let Some(known) = self.by_tag.get(tag) {
            return known.clone();
        }
        let free = self.free(tag.len().max(SHORTEST) - 2, false);
        self.by_tag.insert(tag.to_owned(), free.clone());
        self.by_stand_in.insert(free.clone(), tag.to_owned());
        free
    }

    /// The text with every value's stand-in as wide as values mostly are, for lines that are filled.
    pub(crate) fn narrowed(&mut self, text: &str) -> String {
        let found: Vec<(Range<usize>, String)> =
            self.occurrences(text).map(|(range, tag)| (range, tag.to_owned())).collect();
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for (range, tag) in found {
            out.push_str(&text[copied..range.start]);
            copied = range.end;
            let known = self.by_tag_narrow.get(&tag).cloned();
            let narrow = known.unwrap_or_else(|| self.free(LIKELY - "QZ".len(), false));
            out.push_str(&narrow);
            self.by_stand_in.insert(narrow.clone(), tag.clone());
            self.by_tag_narrow.insert(tag, narrow);
        }
        out.push_str(&text[copied..]);
        out
    }

    /// Control tags have a stand-in each, so that it is known which is which.
    fn stand_in_for(
        &mut self,
        tag: &str,
        control: Control,
        is_block: bool,
        at: Option<usize>,
    ) -> String {
        // One that is too short for a comment is no condition either, and keeps its length as text.
        let digits = tag.len().saturating_sub("<!---->".len());
        let (word, written) = if is_block && digits > 0 {
            (self.free(4, false), self.free(digits, true))
        } else {
            let word = self.free(tag.len().max(SHORTEST) - "$QZ$".len(), false);
            (word.clone(), format!("${word}$"))
        };
        self.by_word.insert(word.clone(), self.marks.len());
        self.by_written.insert(written.clone(), self.marks.len());
        self.marks.push(Mark { word, tag: tag.to_owned(), control: Some(control), at, role: None });
        written
    }

    /// A draft that holds all stand-ins of one length gets a longer one, and columns that are off by as much.
    fn free(&mut self, digits: usize, is_comment: bool) -> String {
        (digits..).find_map(|digits| self.free_of(digits, is_comment)).unwrap_or_default()
    }

    fn free_of(&mut self, digits: usize, is_comment: bool) -> Option<String> {
        let last = 36_u64.saturating_pow(u32::try_from(digits).unwrap_or(u32::MAX));
        let given = self.given.entry((is_comment, digits)).or_default();
        while *given < last {
            let digits = base_36(*given, digits);
            let name = if is_comment { format!("<!--{digits}-->") } else { format!("Q{digits}Z") };
            *given += 1;
            if !self.taken.contains(&name) {
                return Some(name);
            }
        }
        None
    }

    /// Pairs the control tags of the body outside of what is quiet, which is told by the tag's place in the body.
    pub(crate) fn pair_body(&mut self, is_quiet: impl Fn(usize) -> bool) {
        self.pair(0..self.marks.len(), |at| at.is_some_and(|at| !is_quiet(at)));
    }

    fn pair(&mut self, range: Range<usize>, counts: impl Fn(Option<usize>) -> bool) {
        let all: Vec<usize> = range.filter(|&index| counts(self.marks[index].at)).collect();
        let controls: Vec<&Control> =
            all.iter().filter_map(|&index| self.marks[index].control.as_ref()).collect();
        let (roles, _) = pair(&controls, &mut self.conditionals);
        for (index, role) in all.into_iter().zip(roles) {
            self.marks[index].role = role;
        }
    }

    /// The branch that is taken when all branches of one of `lists` are.
    pub(crate) fn any(&mut self, lists: Vec<Vec<Branch>>) -> Branch {
        let conditional = Conditional { within: None, tests: vec![Test::Any(lists)] };
        let known = self.conditionals.iter().position(|known| *known == conditional);
        let conditional = known.unwrap_or_else(|| {
            self.conditionals.push(conditional);
            self.conditionals.len() - 1
        });
        Branch { conditional, branch: 0 }
    }

    /// The word that begins a branch in a finished string.
    pub(crate) fn begin(&mut self, branch: Branch) -> String {
        self.word(Role::Begins(branch))
    }

    /// The word that ends a conditional in a finished string.
    pub(crate) fn end(&mut self, conditional: usize) -> String {
        self.word(Role::Ends(conditional))
    }

    fn word(&mut self, role: Role) -> String {
        let key = match role {
            Role::Begins(branch) => (branch.conditional, Some(branch.branch)),
            Role::Ends(conditional) => (conditional, None),
        };
        if let Some(known) = self.by_role.get(&key) {
            return known.clone();
        }
        let word = self.free(4, false);
        self.by_word.insert(word.clone(), self.marks.len());
        self.by_role.insert(key, word.clone());
        let mark = Mark {
            word: word.clone(),
            tag: String::new(),
            control: None,
            at: None,
            role: Some(role),
        };
        self.marks.push(mark);
        word
    }

    /// What a word does, if it stands in for a control tag that has its like.
    pub(crate) fn role(&self, word: &str) -> Option<Role> {
        self.marks.get(*self.by_word.get(word)?)?.role
    }

    /// The tag of the author's that begins each conditional, where it stands in the body, and how many tags it has.
    pub(crate) fn written(&self) -> BTreeMap<usize, (&str, Option<Range<usize>>, usize)> {
        let mut written = BTreeMap::new();
        for mark in self.marks.iter().filter(|mark| mark.control.is_some()) {
            let Some(role) = mark.role else { continue };
            let at = mark.at.map(|at| at..at + mark.tag.len());
            written.entry(role.conditional()).or_insert((mark.tag.as_str(), at, 0)).2 += 1;
        }
        written
    }

    /// The word for a comment that stands in for a control tag.
    pub(crate) fn word_of_comment(&self, comment: &str) -> Option<&str> {
        let index = self.by_written.get(comment.trim_end())?;
        self.marks.get(*index).map(|mark| mark.word.as_str())
    }

    /// The text as the author wrote it.
    pub(crate) fn restore(&self, text: &str) -> String {
        // Every stand-in has one of these; most texts have none.
        if memchr::memchr2(b'Q', b'<', text.as_bytes()).is_none() {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        let mut found: Vec<(Range<usize>, &str)> = self.occurrences(text).collect();
        found.extend(
            self.controls(text).map(|(range, index)| (range, self.marks[index].tag.as_str())),
        );
        found.extend(text.match_indices("<!--").filter_map(|(start, _)| {
            let end = start + text[start..].find("-->")? + 3;
            let index = self.by_written.get(&text[start..end])?;
            Some((start..end, self.marks[*index].tag.as_str()))
        }));
        found.sort_by_key(|(range, _)| range.start);
        for (range, tag) in found {
            out.push_str(&text[copied..range.start]);
            out.push_str(tag);
            copied = range.end;
        }
        out.push_str(&text[copied..]);
        out
    }

    /// The text without the stand-ins of values.
    pub(crate) fn without_values(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for (range, _) in self.occurrences(text) {
            out.push_str(&text[copied..range.start]);
            copied = range.end;
        }
        out.push_str(&text[copied..]);
        out
    }

    /// Whether the text is one value's stand-in and nothing else.
    pub(crate) fn is_stand_in(&self, text: &str) -> bool {
        self.by_stand_in.contains_key(text)
    }

    /// Whether the text begins with a stand-in.
    pub(crate) fn starts_with_stand_in(&self, text: &str) -> bool {
        let mut ranges = self
            .occurrences(text)
            .map(|(range, _)| range)
            .chain(self.controls(text).map(|(range, _)| range));
        ranges.any(|range| range.start == 0)
    }

    /// Whether the text holds a stand-in.
    pub(crate) fn occur_in(&self, text: &str) -> bool {
        self.occurrences(text).next().is_some() || self.controls(text).next().is_some()
    }

    /// The values' stand-ins in a text and their tags.
    pub(super) fn occurrences<'t>(
        &'t self,
        text: &'t str,
    ) -> impl Iterator<Item = (Range<usize>, &'t str)> + 't {
        candidates(text).filter_map(|range| {
            let tag = self.by_stand_in.get(&text[range.clone()])?;
            Some((range, tag.as_str()))
        })
    }

    /// The control tags' stand-ins in a text, with what stands around the word, and what they do.
    pub(crate) fn conditions<'t>(
        &'t self,
        text: &'t str,
    ) -> impl Iterator<Item = (Range<usize>, Role)> + 't {
        self.controls(text).filter_map(|(range, index)| Some((range, self.marks[index].role?)))
    }

    fn controls<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (Range<usize>, usize)> + 't {
        candidates(text).filter_map(|range| {
            let index = self.by_word.get(&text[range.clone()])?;
            let wrapped = |open: &str, close: &str| {
                let is_wrapped =
                    text[..range.start].ends_with(open) && text[range.end..].starts_with(close);
                is_wrapped.then(|| range.start - open.len()..range.end + close.len())
            };
            let range = wrapped("$", "$").or_else(|| wrapped("<!--", "-->")).unwrap_or(range);
            Some((range, *index))
        })
    }
}

/// Everything that looks like a stand-in.
fn candidates(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices('Q').filter_map(|(start, _)| {
        let rest = &text.as_bytes()[start + 1..];
        let digits = rest.iter().position(|byte| !DIGITS.contains(byte))?;
        (rest[digits] == b'Z').then_some(start..start + digits + 2)
    })
}

fn base_36(mut number: u64, digits: usize) -> String {
    let mut out = vec![b'0'; digits];
    for digit in out.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(number % 36).unwrap_or(0)];
        number /= 36;
    }
    out.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stand_in_is_as_long_as_its_tag_and_avoids_the_text() {
        let text = "Q000Z {{x}} Q00000Z {{ name | default(\"you\") }} {{x}}";
        let mut tags = Tags::avoiding(text);
        let marked = tags.mark(text);
        assert_eq!(marked.len(), text.len());
        assert_eq!(&marked[6..11], "Q001Z");
        assert_eq!(tags.restore(&marked), text);
        assert_eq!(tags.by_tag.len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn marking_keeps_every_byte_where_it_was(
            text in "([{}%#\"' Qa0Z=\n|]|\\{\\{ x \\}\\}|\\{% if x %\\}|\\{% else %\\}|\\{% endif %\\}|<!--|-->|\\PC){0,40}",
        ) {
            let mut tags = Tags::avoiding(&text);
            let marked = tags.mark_body(&text);
            prop_assert_eq!(marked.len(), text.len());
            prop_assert_eq!(tags.restore(&marked), text);
        }
    }
}
