//! `check --fix`: what can be mended without judgement, shown as a difference and written only with `--yes`.

use std::io::Write as _;
use std::path::Path;

use similar::TextDiff;

use crate::finding::{Edit, Finding};
use crate::io::files;
use crate::io::replacement::Replacement;
use crate::source::Source;

use super::failure::Failure;
use super::project::decode;

/// Changes that touch each other are made one after the other; more than a few never do.
const ROUNDS: usize = 8;

/// Shows what would change in a draft, and changes it with `write`. Gives the number of findings that this mends;
/// `findings` become those of the mended draft, as `inspect` finds them.
pub(super) fn mend(
    path: &Path,
    findings: &mut Vec<Finding>,
    write: bool,
    show: impl Fn(&str),
    inspect: impl Fn(Source) -> Vec<Finding>,
) -> Result<u64, Failure> {
    let name = path.display().to_string();
    let is_own = |finding: &&Finding| finding.file == name && !finding.fix.is_empty();
    // What was never read has nothing that could be mended.
    if !findings.iter().any(|finding| is_own(&finding)) {
        return Ok(0);
    }
    let source = decode(path)?;
    let (mut text, mut mended, mut left) = (source.text.clone(), 0, findings.clone());
    for _ in 0..ROUNDS {
        let (edits, number) = agreeing(left.iter().filter(is_own));
        if number == 0 {
            break;
        }
        text = apply(&text, &edits);
        mended += number;
        left = inspect(Source::new(name.clone(), text.clone()));
    }
    if write {
        *findings = left;
    }
    let diff = TextDiff::from_lines(&source.text, &text);
    show(diff.unified_diff().context_radius(1).header(&name, &name).to_string().trim_end());
    if write {
        replace(path, &source.text, &text)?;
    }
    Ok(mended)
}

/// The edits of as many findings as can be mended at once, the last first: of two that touch the same bytes the first
/// counts.
fn agreeing<'f>(findings: impl Iterator<Item = &'f Finding>) -> (Vec<&'f Edit>, u64) {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut mended = 0;
    for finding in findings {
        let meets = |edit: &Edit| {
            taken
                .iter()
                .any(|other| edit.span.start <= other.span.end && other.span.start <= edit.span.end)
        };
        if finding.fix.iter().any(meets) {
            continue;
        }
        taken.extend(&finding.fix);
        mended += 1;
    }
    taken.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    (taken, mended)
}

fn apply(text: &str, edits: &[&Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits {
        let range = edit.span.start..edit.span.end;
        if text.get(range.clone()).is_some() {
            text.replace_range(range, &edit.with);
        }
    }
    text
}

/// Puts the new text in the place of the old one, unless somebody has changed that meanwhile.
fn replace(path: &Path, old: &str, new: &str) -> Result<(), Failure> {
    let mut replacement = Replacement::anew(path)?;
    let bytes = files::read(path)?;
    let mark = b"\xef\xbb\xbf";
    let (mark, rest) = match bytes.strip_prefix(mark) {
        Some(rest) => (mark.as_slice(), rest),
        None => (b"".as_slice(), bytes.as_slice()),
    };
    if rest != old.as_bytes() {
        let name = path.display();
        return Err(
            std::io::Error::other(format!("`{name}` was changed meanwhile; run again")).into()
        );
    }
    replacement.write_all(mark)?;
    replacement.write_all(new.as_bytes())?;
    Ok(replacement.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;

    #[test]
    fn edits_that_meet_are_not_made_together() {
        let finding = |start, end, with: &str| {
            Finding::about(&rule::LINK_HTTP, "x", "x").fixed_by(start..end, with)
        };
        let findings = [finding(0, 1, "A"), finding(1, 2, "B"), finding(3, 4, "D")];
        let (edits, mended) = agreeing(findings.iter());
        assert_eq!((apply("abcd", &edits), mended), ("AbcD".to_owned(), 2));
    }
}
