//! The gates of a live send: what refuses it, and what `--allow` releases.

use super::rendered::hidden::{self, WayOut};
use crate::address::EmailAddress;
use crate::compose::Issue;
use crate::compose::images::Embedded;
use crate::compose::merge::{Piece, Template};
use crate::config::{Dkim, Unsubscribe};
use crate::finding::{Finding, nearest};
use crate::rule::{self, Gate, Rule};

/// Rules that `--allow` has named.
#[derive(Debug, Clone, Default)]
pub struct Allowed(Vec<&'static Rule>);

impl Allowed {
    /// Reads the ids of `--allow`; gives a fragment for each that is no gate.
    pub fn parse(ids: &[String]) -> Result<Self, Vec<String>> {
        let mut allowed = Vec::new();
        let mut wrong = Vec::new();
        for id in ids {
            match rule::find(id) {
                Some(rule) if rule.gate == Gate::Allowable => allowed.push(rule),
                Some(rule) if rule.gate == Gate::Shut => {
                    wrong.push(format!("`{id}` cannot be allowed: mend it instead"));
                }
                Some(_) => wrong.push(format!("`{id}` stops no send")),
                None => {
                    let shown = crate::finding::shown(id);
                    let near = nearest(id, rule::all().map(|rule| rule.id));
                    wrong.push(near.map_or_else(
                        || format!("no rule `{shown}`"),
                        |near| format!("no rule `{shown}`; did you mean `{near}`?"),
                    ));
                }
            }
        }
        if wrong.is_empty() { Ok(Self(allowed)) } else { Err(wrong) }
    }

    /// Whether a rule was allowed.
    pub fn covers(&self, rule: &Rule) -> bool {
        self.0.iter().any(|allowed| allowed.id == rule.id)
    }

    /// The findings that refuse a live send.
    pub fn refusals(&self, findings: &[Finding]) -> Vec<Finding> {
        findings
            .iter()
            .filter(|finding| finding.gate() == Gate::Allowable && !self.covers(finding.rule))
            .cloned()
            .map(with_release)
            .collect()
    }
}

/// Adds how to release a gate to a finding that does not say so.
fn with_release(mut finding: Finding) -> Finding {
    let release = format!("`--allow {}` sends all the same", finding.rule.id);
    finding.help =
        Some(finding.help.map_or_else(|| release.clone(), |help| format!("{help}; {release}")));
    finding
}

/// Both finished parts and the headers must let a reader leave. The layout's footer and the configuration see to it;
/// this looks again, for a stylesheet of the user's may hide the link.
pub fn unsubscribe(issue: &Issue, ways: &Unsubscribe, draft: &str) -> Vec<Finding> {
    let missing = |what: String, help: &str| {
        Finding::about(&rule::UNSUBSCRIBE_MISSING, draft, what).help(help)
    };
    let add = "add `[Unsubscribe]({{ unsubscribe_url }})`";
    let html = match hidden::way_out(&specimen(&issue.html), WAY_OUT) {
        WayOut::Shown => None,
        WayOut::Missing => Some(missing("the HTML part has no unsubscribe link".into(), add)),
        WayOut::Hidden(why) => {
            let what = format!("the unsubscribe link of the HTML part is hidden {why}");
            Some(missing(what, "change that in the file that `theme.css` names"))
        }
    };
    let in_text = issue.text.pieces.iter().any(is_way_out);
    let text = (!in_text).then(|| missing("the text part has no unsubscribe link".into(), add));
    let headers = (ways.url.is_none() && ways.mailto.is_none()).then(|| {
        let help = "give `url` or `mailto` under `[unsubscribe]` in config.toml";
        missing("the headers have no List-Unsubscribe".into(), help)
    });
    html.into_iter().chain(text).chain(headers).collect()
}

/// Stands for every reader's own address.
const WAY_OUT: &str = "https://unsubscribe.invalid/";

fn is_way_out(piece: &Piece) -> bool {
    matches!(piece, Piece::Slot { expression, .. } if expression.contains("unsubscribe_url"))
}

/// What every reader gets of a template, with one address for all to leave.
fn specimen(template: &Template) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(text) => text.clone(),
        slot if is_way_out(slot) => WAY_OUT.to_owned(),
        Piece::Slot { .. } | Piece::Chunk { .. } => String::new(),
    };
    template.pieces.iter().map(piece).collect()
}

/// The images that travel in every copy stay within `budget` bytes.
pub fn weight(issue: &Issue, budget: u64, draft: &str) -> Option<Finding> {
    let total: u64 = issue.images.iter().map(Embedded::bytes).sum();
    let heaviest = issue.images.iter().max_by_key(|image| image.bytes())?;
    let kilobytes = |bytes: u64| bytes.div_ceil(1000);
    (total > budget).then(|| {
        let what = format!(
            "the images in the letter weigh {} kB, at most {} kB; the heaviest is {} with {} kB",
            kilobytes(total),
            budget / 1000,
            heaviest.name,
            kilobytes(heaviest.bytes())
        );
        Finding::about(&rule::IMG_TOTAL_HEAVY, draft, what)
            .help("take one out, host them (`mode = \"host\"` in `[images]`), or raise `budget`")
    })
}

/// The signature counts for From only if their domains are one, or one lies in the other (DMARC's relaxed alignment).
pub fn dkim_domain(from: &EmailAddress, dkim: &Dkim, draft: &str) -> Option<Finding> {
    let (from, signing) = (from.domain(), dkim.domain.as_str());
    let lies_in = |inner: &str, outer: &str| {
        inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if lies_in(from, signing) || lies_in(signing, from) {
        return None;
    }
    let what = format!("From is at `{from}`, but `{signing}` signs (`dkim.domain`)");
    let help = format!(
        "make a key with `postrider dkim new --domain {from}`, or write from an address at `{signing}`"
    );
    Some(Finding::about(&rule::DKIM_DOMAIN, draft, what).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::merge::Place;
    use crate::config::{self, SecretSource};
    use crate::source::Source;
    use crate::{compose, draft};

    #[test]
    fn a_signature_counts_for_the_domain_of_from_and_its_relatives() {
        let refused = |from: &str, domain: &str| {
            let dkim = Dkim { domain: domain.into(), keys: Vec::new() };
            dkim_domain(&from.parse().unwrap(), &dkim, "x.md").map(|finding| finding.message)
        };
        for domain in ["example.org", "mail.example.org"] {
            assert_eq!(refused("a@example.org", domain), None);
        }
        assert_eq!(refused("a@notes.example.org", "example.org"), None);
        assert_eq!(
            refused("a@notexample.org", "example.org").unwrap(),
            "From is at `notexample.org`, but `example.org` signs (`dkim.domain`)"
        );
    }

    #[test]
    fn only_gates_can_be_allowed() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert!(Allowed::parse(&ids(&["draft-true", "todo-leftover"])).is_ok());
        let wrong =
            Allowed::parse(&ids(&["fm-invalid", "h1-duplicate", "draft-tru", "x"])).unwrap_err();
        assert_eq!(
            wrong,
            [
                "`fm-invalid` cannot be allowed: mend it instead",
                "`h1-duplicate` stops no send",
                "no rule `draft-tru`; did you mean `draft-true`?",
                "no rule `x`"
            ]
        );
    }

    #[test]
    fn each_way_to_leave_that_is_missing_is_named_and_can_be_allowed() {
        let slot = Piece::Slot { expression: "unsubscribe_url".into(), place: Place::Href };
        let literal = |text: &str| Piece::Literal(text.into());
        let link =
            Template { pieces: vec![literal("<a href=\""), slot, literal("\">Unsubscribe</a>")] };
        let none = Template::literal("no way out");
        let ways = |mailto: Option<&str>| Unsubscribe {
            url: None,
            mailto: mailto.map(|address| address.parse().unwrap()),
            secret: SecretSource::Env("SECRET".into()),
        };
        let said = |html: &Template, text: &Template, ways: &Unsubscribe| {
            let issue = issue(html.clone(), text.clone());
            let missing = unsubscribe(&issue, ways, "x.md");
            let allowed = Allowed::parse(&["unsubscribe-missing".into()]).unwrap();
            assert_eq!(Allowed::default().refusals(&missing).len(), missing.len());
            assert!(allowed.refusals(&missing).is_empty());
            missing.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
        };
        let by_mail = ways(Some("leave@example.org"));
        assert_eq!(said(&link, &link, &by_mail), Vec::<String>::new());
        assert_eq!(said(&none, &link, &by_mail), ["the HTML part has no unsubscribe link"]);
        assert_eq!(said(&link, &none, &by_mail), ["the text part has no unsubscribe link"]);
        assert_eq!(said(&link, &link, &ways(None)), ["the headers have no List-Unsubscribe"]);
        let mut hidden = link.clone();
        hidden.pieces.insert(0, literal("<div style=\"display:none\">"));
        assert_eq!(
            said(&hidden, &link, &by_mail),
            ["the unsubscribe link of the HTML part is hidden by `display: none` of `<div>`"]
        );
    }

    fn issue(html: Template, text: Template) -> Issue {
        let config = include_str!("../../config.example.toml");
        let (config, _) = config::parse(&Source::new("config.toml", config)).unwrap();
        let source = Source::new("x.md", "---\nsubject: x\n---\nx\n");
        let (draft, _) = draft::parse(source).unwrap();
        let (issue, _) =
            compose::compose(&draft, &compose::Materials::new(&config.newsletter)).unwrap();
        Issue { html, text, ..issue }
    }

    #[test]
    fn a_gate_says_how_it_is_released() {
        let finding = Finding::about(&rule::DRAFT_TRUE, "x.md", "marked as a draft");
        let refused = Allowed::default().refusals(std::slice::from_ref(&finding));
        assert_eq!(refused[0].help.as_deref(), Some("`--allow draft-true` sends all the same"));
        assert!(Allowed::parse(&["draft-true".into()]).unwrap().refusals(&[finding]).is_empty());
    }
}
