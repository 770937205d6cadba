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

#[test]
fn what_letters_say_of_themselves_is_in_their_language() {
    let body = "> [!TIP]\n> \"Nass.\"[^a]\n\n![Boot](https://harbour.example.org/b.png)\n\n[^a]: b";
    let mut draft = draft(body);
    draft.front.lang = Some("de-AT".into());
    let issue = compose(&draft, &Materials::new(&newsletter())).unwrap().0;
    let (html, text) = (shown(&issue.html), shown(&issue.text));
    for words in [
        "Tipp:",
        "„Nass.“",
        "Anmerkungen",
        "weil Sie The Harbour Letter abonniert haben",
        "Abmelden",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    for words in ["TIPP: \"Nass.\"", "Anmerkungen\n-----------", "[Bild: Boot]", "\nAbmelden: "] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!html.contains("Unsubscribe<") && !text.contains("Unsubscribe:"));
}

#[test]
fn the_title_has_the_single_spaces_of_the_subject() {
    let mut draft = draft("Hello.");
    draft.front.subject = "Tide  and   time".into();
    let issue = compose(&draft, &Materials::new(&newsletter())).unwrap().0;
    assert!(shown(&issue.html).contains("<title>Tide and time</title>"));
    assert_eq!(shown(&issue.subject), "Tide and time");
}
