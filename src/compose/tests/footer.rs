//! Where the footer leads.

use super::*;

/// A letter's own page is nearer than that of all letters; without either the footer has no such line.
#[test]
fn the_footer_leads_to_where_the_letter_can_be_read_on_the_web() {
    let footers = |newsletter: &Newsletter, draft: &Draft| {
        let issue = compose(draft, &Materials::new(newsletter)).unwrap().0;
        let (html, text) = (shown(&issue.html), shown(&issue.text));
        let of_html = html.split("class=\"footer\"").nth(1).unwrap().to_owned();
        let of_text = text.rsplit("----------").next().unwrap().to_owned();
        (of_html, of_text)
    };
    let (mut newsletter, mut draft) = (newsletter(), draft("Hello."));
    let (html, text) = footers(&newsletter, &draft);
    assert!(!html.contains("on the web") && !text.contains("on the web"), "{html} {text}");
    newsletter.archive_url = Some("https://harbour.example.org/letters/".into());
    let (html, text) = footers(&newsletter, &draft);
    assert!(
        html.contains(" href=\"https://harbour.example.org/letters/\"")
            && html.contains(">All letters on the web</a>"),
        "{html}"
    );
    assert!(
        text.contains("\nAll letters on the web: https://harbour.example.org/letters/\n"),
        "{text}"
    );
    draft.front.canonical_url = Some("https://harbour.example.org/letters/12?a=1&b=2".into());
    let (html, text) = footers(&newsletter, &draft);
    assert!(
        html.contains(" href=\"https://harbour.example.org/letters/12?a=1&amp;b=2\"")
            && html.contains(">Read it on the web</a>"),
        "{html}"
    );
    assert!(
        text.contains("\nRead it on the web: https://harbour.example.org/letters/12?a=1&b=2\n"),
        "{text}"
    );
    assert!(!html.contains("All letters") && !text.contains("All letters"));
}
