//! Findings for programs: our own JSON, SARIF for code hosts, and the annotations of GitHub's workflows.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::finding::Finding;
use crate::rule::{self, Severity};

/// One array of objects.
pub fn json(findings: &[Finding]) -> Value {
    findings
        .iter()
        .map(|finding| {
            json!({
                "rule": finding.rule.id,
                "severity": finding.severity.to_string(),
                "file": finding.file,
                "line": finding.place.map(|place| place.line),
                "column": finding.place.map(|place| place.column),
                "message": finding.message,
                "help": finding.help,
            })
        })
        .collect()
}

/// A log of SARIF 2.1.0, with the rules that speak in it.
pub fn sarif(findings: &[Finding]) -> Value {
    let spoken = |rule: &&rule::Rule| findings.iter().any(|finding| finding.rule.id == rule.id);
    let rules: Vec<&rule::Rule> = rule::all().filter(spoken).collect();
    let described: Vec<Value> = rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.what },
                "fullDescription": { "text": rule.why },
                "help": { "text": rule.mend },
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let index = rules.iter().position(|rule| rule.id == finding.rule.id);
            let text = match &finding.help {
                Some(help) => format!("{}\nhelp: {help}", finding.message),
                None => finding.message.clone(),
            };
            let mut place = json!({ "artifactLocation": { "uri": uri(&finding.file) } });
            if let Some(at) = finding.place {
                place["region"] = json!({ "startLine": at.line, "startColumn": at.column });
            }
            json!({
                "ruleId": finding.rule.id,
                "ruleIndex": index,
                "level": level(finding.severity),
                "message": { "text": text },
                "locations": [{ "physicalLocation": place }],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "postrider",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": described,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// One workflow command a line.
pub fn github(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(annotation).collect()
}

fn annotation(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut line = format!("::{command} file={}", property(&finding.file));
    if let Some(place) = finding.place {
        let _ = write!(line, ",line={},col={}", place.line, place.column);
    }
    let help = finding.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let message = data(&format!("{}{help}", finding.message));
    let _ = write!(line, ",title={}::{message}", property(finding.rule.id));
    line
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path as a relative URI (RFC 3986 4.2).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, Span};

    fn finding() -> Finding {
        let source = Source::new("my drafts/x.md", "---\nsubjct: x\n");
        Finding::at(&rule::FM_MISSPELT_KEY, &source, Span::new(4, 10), "50 % wrong,\nreally")
            .help("mend it")
    }

    #[test]
    fn a_finding_is_an_object_with_its_place() {
        assert_eq!(
            json(&[finding()]).to_string(),
            r#"[{"column":1,"file":"my drafts/x.md","help":"mend it","line":2,"message":"50 % wrong,\nreally","rule":"fm-misspelt-key","severity":"error"}]"#
        );
        assert_eq!(json(&[]).to_string(), "[]");
    }

    #[test]
    fn an_annotation_stays_on_its_line() {
        assert_eq!(
            github(&[finding()]),
            [
                "::error file=my drafts/x.md,line=2,col=1,title=fm-misspelt-key::50 %25 wrong,%0Areally%0Ahelp: mend it"
            ]
        );
    }

    #[test]
    fn a_log_names_the_rules_that_speak_in_it_once() {
        let log = sarif(&[finding(), finding()]);
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 1);
        assert_eq!(run["results"][1]["ruleIndex"], 0);
        let place = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20drafts/x.md");
        assert_eq!(place["region"], json!({ "startLine": 2, "startColumn": 1 }));
    }
}
