//! Which `{% if %}`, `{% elif %}`, `{% else %}` and `{% endif %}` belong together.

use super::scan::Control;
use super::{Branch, Conditional, Test};

/// What a control tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The branch begins here; the one before it ends.
    Begins(Branch),
    /// The conditional ends here.
    Ends(usize),
}

impl Role {
    /// Which conditional the tag belongs to.
    pub(crate) fn conditional(self) -> usize {
        match self {
            Self::Begins(branch) => branch.conditional,
            Self::Ends(conditional) => conditional,
        }
    }
}

/// A control tag without its like, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stray {
    /// `{% if %}` that is never closed.
    Open(usize),
    /// Another tag that no `{% if %}` is open for.
    Unopened(usize),
    /// A branch after `{% else %}`.
    AfterElse(usize),
}

/// A conditional that is open while tags are read.
struct Open {
    at: usize,
    now: Branch,
    is_else: bool,
}

/// Pairs tags in their order. New conditionals are added to those that are known; roles are given for all tags but the
/// strays.
pub(crate) fn pair(
    controls: &[&Control],
    conditionals: &mut Vec<Conditional>,
) -> (Vec<Option<Role>>, Vec<Stray>) {
    let mut open: Vec<Open> = Vec::new();
    let (mut roles, mut strays) = (Vec::new(), Vec::new());
    for (at, control) in controls.iter().enumerate() {
        if let Control::If(test) = control {
            let within = open.last().map(|open| open.now);
            let now = Branch { conditional: conditionals.len(), branch: 0 };
            let tests = vec![Test::Expression(test.clone())];
            conditionals.push(Conditional { within, tests });
            open.push(Open { at, now, is_else: false });
            roles.push(Some(Role::Begins(now)));
            continue;
        }
        let Some(last) = open.last_mut() else {
            strays.push(Stray::Unopened(at));
            roles.push(None);
            continue;
        };
        if matches!(control, Control::Endif) {
            roles.push(Some(Role::Ends(last.now.conditional)));
            open.pop();
        } else if last.is_else {
            strays.push(Stray::AfterElse(at));
            roles.push(None);
        } else {
            last.now.branch += 1;
            match control {
                Control::Elif(test) => {
                    let tests = &mut conditionals[last.now.conditional].tests;
                    tests.push(Test::Expression(test.clone()));
                }
                _ => last.is_else = true,
            }
            roles.push(Some(Role::Begins(last.now)));
        }
    }
    strays.extend(open.iter().map(|open| Stray::Open(open.at)));
    (roles, strays)
}

#[cfg(test)]
mod tests {
    use super::super::scan::{Kind, scan};
    use super::*;

    fn paired(text: &str) -> (Vec<Option<Role>>, Vec<Stray>, Vec<Conditional>) {
        let controls: Vec<Control> = scan(text)
            .into_iter()
            .filter_map(|found| match found.kind {
                Kind::Control(control) => Some(control),
                _ => None,
            })
            .collect();
        let mut conditionals = Vec::new();
        let (roles, strays) = pair(&controls.iter().collect::<Vec<_>>(), &mut conditionals);
        (roles, strays, conditionals)
    }

    #[test]
    fn branches_are_counted_and_nested_conditionals_know_where_they_stand() {
        let (roles, strays, conditionals) =
            paired("{% if a %}{% if b %}{% endif %}{% elif c %}{% else %}{% endif %}");
        let begins = |conditional, branch| Some(Role::Begins(Branch { conditional, branch }));
        let expected = [
            begins(0, 0),
            begins(1, 0),
            Some(Role::Ends(1)),
            begins(0, 1),
            begins(0, 2),
            Some(Role::Ends(0)),
        ];
        assert_eq!(roles, expected);
        assert!(strays.is_empty());
        assert_eq!(conditionals[0].tests.len(), 2);
        assert_eq!(conditionals[1].within, Some(Branch { conditional: 0, branch: 0 }));
    }

    #[test]
    fn what_has_no_like_is_told() {
        assert_eq!(paired("{% endif %}").1, [Stray::Unopened(0)]);
        assert_eq!(paired("{% if a %}{% if b %}").1, [Stray::Open(0), Stray::Open(1)]);
        assert_eq!(
            paired("{% if a %}{% else %}{% elif b %}{% else %}{% endif %}").1,
            [Stray::AfterElse(2), Stray::AfterElse(3)]
        );
    }
}
