//! Numbers that every reader sees without gaps, of things that not every reader gets: links of the plain text, footnotes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::choices::{Choice, branches, choices};
use super::tags::Tags;
use super::{Branch, Test};

/// Who gets something: those who take all branches of one of the lists.
pub(in crate::compose) type Audience = Vec<Vec<Branch>>;

/// The number of each thing as readers see it: digits, between the words of their conditions where readers differ.
///
/// Where too many conditions come together, a number is the same for all, and readers see gaps.
pub(in crate::compose) fn numbers(things: &[Audience], tags: &mut Tags) -> Vec<String> {
    (0..things.len()).map(|at| number(at, &things[..at], tags)).collect()
}

fn number(at: usize, before: &[Audience], tags: &mut Tags) -> String {
    let fixed = (at + 1).to_string();
    let is_for_some = |audience: &&Audience| !audience.iter().any(Vec::is_empty);
    let some: Vec<&Audience> = before.iter().filter(is_for_some).collect();
    // With those around them, without which it is not known who comes to them.
    let with_outer = |branch: &Branch| {
        let outer =
            |inner: &usize| tags.conditionals[*inner].within.map(|within| within.conditional);
        std::iter::successors(Some(branch.conditional), outer).collect::<Vec<_>>()
    };
    let lists = some.iter().flat_map(|audience| audience.iter().flatten());
    let conditionals = lists.flat_map(with_outer).collect();
    let Some(choices) = choices(&conditionals, tags).filter(|_| !some.is_empty()) else {
        return fixed;
    };
    let mut by_count: BTreeMap<usize, Audience> = BTreeMap::new();
    for choice in &choices {
        let gets = |audience: &&&Audience| audience.iter().any(|list| takes(choice, list));
        let missing = some.len() - some.iter().filter(gets).count();
        by_count.entry(at + 1 - missing).or_default().push(branches(choice).collect());
    }
    if by_count.len() == 1 {
        return by_count.keys().next().map_or(fixed, usize::to_string);
    }
    let mut written = String::new();
    for (number, audience) in by_count {
        let branch = tags.any(audience);
        let (begin, end) = (tags.begin(branch), tags.end(branch.conditional));
        let _ = write!(written, "${begin}${number}${end}$");
    }
    written
}

/// Who takes all of these branches, in terms of the author's conditionals alone.
pub(in crate::compose) fn audience(branches: &[Branch], tags: &Tags) -> Audience {
    let mut lists: Audience = vec![Vec::new()];
    for branch in branches {
        let own = [vec![*branch]];
        let ways = match &tags.conditionals[branch.conditional].tests[..] {
            [Test::Any(lists)] => lists.as_slice(),
            _ => own.as_slice(),
        };
        let longer = |list: &Vec<Branch>| {
            ways.iter().map(|way| list.iter().chain(way).copied().collect()).collect::<Vec<_>>()
        };
        lists = lists.iter().flat_map(longer).collect();
    }
    for list in &mut lists {
        list.sort_unstable();
        list.dedup();
    }
    lists
}

fn takes(choice: &Choice, list: &[Branch]) -> bool {
    list.iter().all(|branch| choice.get(&branch.conditional) == Some(&branch.branch))
}
