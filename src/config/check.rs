//! `[check.rules]`: how much findings weigh for a project.

use std::collections::BTreeMap;

use super::settings::{Settings, Wrong};
use crate::finding::{nearest, shown};
use crate::rule::{self, Severity};

/// How much findings weigh, by the rule's id; `None` silences a rule.
pub type Severities = BTreeMap<&'static str, Option<Severity>>;

const SECTION: &str = "check.rules";

/// Reads the section. What can stop a send keeps its weight: `--allow` alone releases a gate.
pub(super) fn read(settings: &mut Settings<'_>) -> Severities {
    let mut severities = Severities::new();
    for (name, span) in settings.names(SECTION) {
        let severity = settings.named(SECTION, &name, severity);
        match rule::find(&name) {
            Some(rule) if rule.is_adjustable() => {
                severities.extend(severity.map(|severity| (rule.id, severity)));
            }
            Some(rule) => {
                let message = format!("`{}` can stop a send and keeps its weight", rule.id);
                let help = "remove the line; `send --allow ID` releases a gate";
                settings.add(&rule::CONFIG_INVALID, span, message, help);
            }
            None => {
                let near = nearest(&name, rule::all().map(|rule| rule.id));
                let help = near.map_or_else(
                    || "`postrider check --list` shows all rules".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("there is no rule `{}`", shown(&name));
                settings.add(&rule::CONFIG_UNKNOWN_KEY, span, message, help);
            }
        }
    }
    severities
}

fn severity(text: &str) -> Result<Option<Severity>, Wrong> {
    Ok(match text {
        "off" => None,
        "info" => Some(Severity::Info),
        "warn" | "warning" => Some(Severity::Warning),
        "error" => Some(Severity::Error),
        other => {
            let message = format!("is no severity: `{}`", shown(other));
            return Err((message, "write `off`, `info`, `warn` or `error`".to_owned()));
        }
    })
}
