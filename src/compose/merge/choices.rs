//! Combinations of branches: what is written, or counted, once for each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Branch;
use super::pairs::Role;
use super::tags::Tags;

/// Which branch is taken of which conditional.
pub(in crate::compose) type Choice = BTreeMap<usize, usize>;

/// More combinations of branches than this are not counted, or written, one by one.
pub(in crate::compose) const MOST_CHOICES: usize = 64;

/// All combinations of branches, or nothing if there are too many.
pub(in crate::compose) fn choices(
    conditionals: &BTreeSet<usize>,
    tags: &Tags,
) -> Option<Vec<Choice>> {
    let mut choices = vec![Choice::new()];
    for &conditional in conditionals {
        let known = &tags.conditionals[conditional];
        let mut longer = Vec::new();
        for choice in choices {
            let is_reached = known.within.is_none_or(|within| {
                !conditionals.contains(&within.conditional)
                    || choice.get(&within.conditional) == Some(&within.branch)
            });
            if !is_reached {
                longer.push(choice);
                continue;
            }
            for branch in 0..=known.tests.len() {
                let mut choice = choice.clone();
                choice.insert(conditional, branch);
                longer.push(choice);
            }
        }
        choices = longer;
        if choices.len() > MOST_CHOICES {
            return None;
        }
    }
    Some(choices)
}

/// The branches of a choice.
pub(in crate::compose) fn branches(choice: &Choice) -> impl Iterator<Item = Branch> + '_ {
    choice.iter().map(|(&conditional, &branch)| Branch { conditional, branch })
}

impl Tags {
    /// The text with the branches of a choice and no other.
    pub(crate) fn choose(&self, text: &str, choice: &Choice) -> String {
        let mut out = String::with_capacity(text.len());
        let mut left_out: Option<usize> = None;
        let mut copied = 0;
        for (range, role) in self.conditions(text) {
            if left_out.is_none() {
                out.push_str(&text[copied..range.start]);
            }
            copied = range.end;
            match role {
                Role::Begins(Branch { conditional, branch })
                    if left_out.is_none_or(|out| out == conditional) =>
                {
                    left_out = (choice.get(&conditional) != Some(&branch)).then_some(conditional);
                }
                Role::Ends(conditional) if left_out == Some(conditional) => left_out = None,
                _ => {}
            }
        }
        out.push_str(&text[copied..]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_branches_of_a_choice_are_kept() {
        let text = "a{% if x %}b{% if y %}c{% else %}d{% endif %}e{% elif z %}f{% endif %}g";
        let mut tags = Tags::avoiding(text);
        let marked = tags.mark(text);
        let choose =
            |choice: &[(usize, usize)]| tags.choose(&marked, &choice.iter().copied().collect());
        assert_eq!(choose(&[(0, 0), (1, 0)]), "abceg");
        assert_eq!(choose(&[(0, 0), (1, 1)]), "abdeg");
        assert_eq!(choose(&[(0, 1)]), "afg");
        assert_eq!(choose(&[(0, 2)]), "ag");
    }
}
