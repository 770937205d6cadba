//! The draft itself with the numbers of its lines, and what was found on each.

use std::path::Path;

use maud::{Markup, html};

use super::desk::Proof;
use crate::finding::Finding;
use crate::source::Source;

/// The most lines of a file that are shown.
const SHOWN: usize = 5000;

/// The files of a draft, line by line. `editor` is a link with `{file}`, `{line}` and `{column}` in it.
pub(super) fn panel(proof: &Proof, at: Option<(usize, usize)>, editor: Option<&str>) -> Markup {
    html! {
        @if proof.sources.is_empty() { p.lead { "The draft cannot be read." } }
        @for (number, source) in proof.sources.iter().enumerate() {
            @let line = at.filter(|at| at.0 == number).map(|at| at.1);
            @let path = proof.paths.get(number);
            @if number > 0 || editor.is_some() {
                p.file {
                    span.mono { (source.name) }
                    @if let (Some(template), Some(path)) = (editor, path) {
                        a.button #edit href=(in_editor(template, path, line.unwrap_or(1), 1)) { "Open in editor" }
                    }
                }
            }
            (lines(number, source, &proof.findings, line))
        }
    }
}

fn lines(number: usize, source: &Source, findings: &[Finding], at: Option<usize>) -> Markup {
    let mut head = Head::default();
    html! {
        ol.lines {
            @for (index, line) in source.text.lines().take(SHOWN).enumerate() {
                @let found: Vec<&Finding> = findings.iter().filter(|finding| is_at(finding, source, index + 1)).collect();
                @let worst = found.iter().map(|finding| finding.severity).min();
                li id={ "L" (number) "-" (index + 1) } data-line={ (number) ":" (index + 1) }
                    class={ (head.class(line)) @if let Some(worst) = worst { " " (worst) } @if at == Some(index + 1) { " here" } }
                    title=[(!found.is_empty()).then(|| found.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>().join("\n"))] {
                    (line)
                }
            }
        }
        @if source.text.lines().count() > SHOWN { p.quiet { "Only the first " (SHOWN) " lines are shown." } }
    }
}

fn is_at(finding: &Finding, source: &Source, line: usize) -> bool {
    finding.place.is_some_and(|place| place.line == line) && finding.file == source.name
}

/// Tells head, code and the rest of a draft apart, as far as looks need it.
#[derive(Default)]
struct Head {
    line: usize,
    /// What closes the head; empty once it is closed.
    fence: &'static str,
    in_code: bool,
}

impl Head {
    fn class(&mut self, line: &str) -> &'static str {
        self.line += 1;
        let bare = line.trim();
        if self.line == 1 {
            self.fence = ["---", "+++"].into_iter().find(|fence| bare == *fence).unwrap_or("");
            return if self.fence.is_empty() { "text" } else { "front" };
        }
        if !self.fence.is_empty() {
            if bare == self.fence {
                self.fence = "";
            }
            return "front";
        }
        if bare.starts_with("```") || bare.starts_with("~~~") {
            self.in_code = !self.in_code;
            return "code";
        }
        match bare.chars().next() {
            _ if self.in_code => "code",
            Some('#') => "heading",
            Some('>') => "quote",
            _ => "text",
        }
    }
}

/// The link that opens a file at a place.
pub(super) fn in_editor(template: &str, path: &Path, line: usize, column: usize) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let path = path.display().to_string();
    let path: String = path
        .bytes()
        .map(
            |byte| {
                if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect();
    template
        .replace("{file}", &path)
        .replace("{line}", &line.to_string())
        .replace("{column}", &column.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_is_sent_to_a_file_whose_name_cannot_break_the_link() {
        let link =
            in_editor("vscode://file{file}:{line}:{column}", Path::new("/a b/\"x\".md"), 3, 4);
        assert_eq!(link, "vscode://file/a%20b/%22x%22.md:3:4");
    }

    #[test]
    fn head_code_and_headings_look_different() {
        let mut head = Head::default();
        let text = "---\ntitle: x\n---\n# One\n```\n# no\n```\n> q\nx";
        let classes: Vec<&str> = text.lines().map(|line| head.class(line)).collect();
        assert_eq!(
            classes,
            ["front", "front", "front", "heading", "code", "code", "code", "quote", "text"]
        );
    }
}
