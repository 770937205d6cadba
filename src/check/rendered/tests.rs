use super::*;

fn weight(html: usize) -> Weight {
    Weight { html, html_encoded: html + 10, ..Weight::default() }
}

#[test]
fn a_letter_that_gmail_clips_is_an_error_and_one_that_comes_close_a_warning() {
    assert!(clip(&weight(79_000)).is_none());
    for size in [79_990, 99_990] {
        assert_eq!(clip(&weight(size)).unwrap().severity(), Severity::Warning, "{size}");
    }
    assert_eq!(clip(&weight(99_991)).unwrap().severity(), Severity::Error);
}

#[test]
fn a_letter_of_more_than_ten_megabytes_is_too_large() {
    let of = |total| total_of(total).is_some();
    assert!(!of(10_000_000) && of(10_000_001));
}

fn total_of(bytes: usize) -> Option<Note> {
    total(&Weight { total: bytes, ..Weight::default() })
}

#[test]
fn styles_are_counted_over_all_style_elements() {
    let page = |bytes: usize| {
        let half = "x".repeat(bytes / 2);
        Page::read(&format!("<style>{half}</style><style>{half}</style>"))
    };
    assert!(styles(&page(16_384)).is_none());
    assert!(styles(&page(16_386)).is_some());
}

fn beside(html: &str, text: &str) -> Option<Note> {
    let letter = Letter { html: html.into(), text: text.into(), ..Letter::default() };
    super::text(&letter, &Page::read(html))
}

#[test]
fn the_text_part_has_the_words_of_the_html_part() {
    let html = "<p>The tide turns at six, and the <img alt=\"heron\"> isn’t there.</p>";
    assert!(beside(html, "THE tide turns at six [1], and the heron isn't there.").is_none());
    assert_eq!(beside(html, " \n").unwrap().rule().id, "text-missing");
    assert_eq!(beside(html, "The tide turns.").unwrap().rule().id, "text-diverges");
}

#[test]
fn no_line_is_longer_than_smtp_carries() {
    let sent = |length: usize| format!("Subject: x\r\n{}\r\n", "x".repeat(length)).into_bytes();
    let sent = |length| Letter { raw: sent(length), ..Letter::default() };
    let text = |length| Letter { text: format!("{}\n", "x".repeat(length)), ..Letter::default() };
    assert!(lines(&sent(998)).is_none() && lines(&text(998)).is_none());
    assert!(lines(&sent(999)).is_some() && lines(&text(999)).is_some());
}

#[test]
fn the_title_is_the_subject() {
    let page = Page::read("<title>Tide &amp; time</title>");
    assert!(title("Tide & time", &page).is_none());
    assert!(title("Tide", &page).is_some());
}
