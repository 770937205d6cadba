//! The header section as it is sent, and how readers can leave by it.

use maud::{Markup, html};

use super::findings::prose;

/// How good a way to leave is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    Good,
    Doubtful,
    Bad,
}

/// One row a field; a folded field keeps its folds. Above them is what the ways to leave are worth.
pub(super) fn sheet(headers: &str) -> Markup {
    let fields = fields(headers);
    html! {
        div.sheet.headers {
            @for (worth, words, why) in leaving(&fields) {
                p.verdict.(class(worth)) { strong { (prose(words)) } " " span.quiet { (prose(why)) } }
            }
            dl {
                @for (name, value) in &fields { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

fn class(worth: Worth) -> &'static str {
    match worth {
        Worth::Good => "good",
        Worth::Doubtful => "warning",
        Worth::Bad => "error",
    }
}

fn fields(headers: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in headers.lines().filter(|line| !line.is_empty()) {
        match (line.split_once(':'), fields.last_mut()) {
            (_, Some((_, value))) if line.starts_with([' ', '\t']) => {
                value.push('\n');
                value.push_str(line);
            }
            (Some((name, value)), _) => fields.push((name, value.trim_start().to_owned())),
            (None, _) => fields.push((line, String::new())),
        }
    }
    fields
}

/// What Gmail, Yahoo and RFC 8058 would say of List-Unsubscribe.
fn leaving(fields: &[(&str, String)]) -> Vec<(Worth, &'static str, &'static str)> {
    let field = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.split_whitespace().collect::<String>())
    };
    let Some(ways) = field("List-Unsubscribe") else {
        let why = "Gmail and Yahoo refuse bulk mail without `List-Unsubscribe`; give `url` under `[unsubscribe]`.";
        return vec![(Worth::Bad, "Mail programs offer no way to leave.", why)];
    };
    let is_one_click =
        field("List-Unsubscribe-Post").as_deref() == Some("List-Unsubscribe=One-Click");
    let first = match (ways.contains("<https:"), is_one_click) {
        (true, true) => (
            Worth::Good,
            "Readers leave with one click in their mail program.",
            "`List-Unsubscribe` has an https address, and `List-Unsubscribe-Post` asks for a POST (RFC 8058).",
        ),
        (true, false) => (
            Worth::Doubtful,
            "Readers leave through a page.",
            "Without `List-Unsubscribe-Post` no program does it with one click (RFC 8058).",
        ),
        (false, _) => (
            Worth::Doubtful,
            "Readers leave by mail alone.",
            "Gmail and Yahoo want one click of bulk mail: give `url` under `[unsubscribe]`.",
        ),
    };
    let signed: Option<Vec<String>> = field("DKIM-Signature").map(|signature| {
        let names = signature.split(';').find_map(|tag| tag.strip_prefix("h="));
        names.unwrap_or_default().split(':').map(str::to_ascii_lowercase).collect()
    });
    let covers = |name: &str| signed.as_ref().is_some_and(|names| names.iter().any(|n| n == name));
    let second = match signed {
        None => (
            Worth::Doubtful,
            "The letter is not signed here.",
            "One click counts if a DKIM signature covers both fields; see that your relay's does.",
        ),
        Some(_)
            if covers("list-unsubscribe") && covers("list-unsubscribe-post") || !is_one_click =>
        {
            return vec![first];
        }
        Some(_) => (
            Worth::Bad,
            "The signature does not cover the way to leave.",
            "Both fields have to stand in its `h=` (RFC 8058 4).",
        ),
    };
    vec![first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_to_leave_is_worth_what_providers_make_of_it() {
        let said = |headers: &str| {
            let said = leaving(&fields(headers)).into_iter();
            said.map(|(worth, words, _)| (worth, words.split(' ').nth(2).unwrap()))
                .collect::<Vec<_>>()
        };
        let url = "List-Unsubscribe: <https://example.org/u>,\n <mailto:u@example.org>\n";
        let post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n";
        let signed =
            |names: &str| format!("DKIM-Signature: v=1; h=from:\n {names}; b=x\n{url}{post}");
        assert_eq!(said("From: x\n"), [(Worth::Bad, "offer")]);
        assert_eq!(
            said(&signed("List-Unsubscribe:List-Unsubscribe-Post")),
            [(Worth::Good, "with")]
        );
        let uncovered = [(Worth::Good, "with"), (Worth::Bad, "does")];
        assert_eq!(said(&signed("List-Unsubscribe")), uncovered);
        let unsigned = (Worth::Doubtful, "is");
        assert_eq!(said(&format!("{url}{post}")), [(Worth::Good, "with"), unsigned]);
        assert_eq!(said(url), [(Worth::Doubtful, "through"), unsigned]);
        let by_mail = "List-Unsubscribe: <mailto:u@example.org>\n";
        assert_eq!(said(by_mail), [(Worth::Doubtful, "by"), unsigned]);
    }
}
