//! The rows of the HTML checklist that need no other program, over the elements of whole documents.

use super::elements::{Element, elements};
use super::{composed, draft, samples, shown};

#[test]
fn the_html_passes_the_machine_checks() {
    for draft in samples() {
        let issue = composed(&draft);
        machine_check(&shown(&issue.html), &shown(&issue.subject));
    }
}

#[test]
fn names_of_headings_are_nobodys_values_and_no_footnotes() {
    let draft = draft(
        "[[toc]]\n\n## {{ name }}\n\n## {{ name }}\n\n## For {{ name }} the *great*\n\n## The {% if \"vip\" in tags %}*high*{% if name %} and dry{% endif %}{% else %}low{% endif %} tide\n\n## Fn 1\n\n## Fnref 1\n\nOne.[^a]\n\n[^a]: Two.",
    );
    let html = shown(&composed(&draft).html);
    let elements = elements(&html);
    check_anchors(&elements);
    let ids: Vec<&str> = elements.iter().filter_map(|e| e.value("id")).collect();
    assert_eq!(
        ids,
        [
            "section",
            "section-1",
            "for-the-great",
            "the-tide",
            "section-fn-1",
            "section-fnref-1",
            "fnref-1",
            "fn-1"
        ]
    );
}

/// The rows of the checklist that need no other program.
fn machine_check(html: &str, subject: &str) {
    let elements = elements(html);
    let all = |name: &'static str| elements.iter().filter(move |e| e.name == name);
    let title = html.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert_eq!(
        title.replace("&quot;", "\"").replace("Html:", "Header:"),
        subject,
        "H1: title = subject"
    );
    assert!(html.find("charset").unwrap() < 1024, "H1: charset comes early");
    for name in ["html", "body"] {
        let element = all(name).next().unwrap();
        assert!(element.has("lang") && element.has("dir"), "H3: {name}");
    }
    assert!(all("body").all(|body| body.has("xml:lang")), "H3: xml:lang");
    let article = elements.iter().find(|e| e.value("role") == Some("article")).unwrap();
    assert!(article.has("lang") && article.has("dir"), "H3: article");
    check_tables(&elements);
    check_styles(html);
    check_images(&elements);
    let forbidden = ["script", "form", "iframe", "object", "video", "link", "input", "svg"];
    for element in &elements {
        assert!(!forbidden.contains(&element.name.as_str()), "H14: {}", element.name);
        assert!(!element.attributes.iter().any(|(name, _)| name.starts_with("on")), "H14");
        assert!(!element.value("style").unwrap_or_default().contains("position"), "H14");
    }
    check_anchors(&elements);
    check_headings(&elements);
    assert!(!html.contains("{{") && !html.contains("{%"), "H17");
    assert!(elements.iter().any(|e| e.value("href") == Some("⟦Href: unsubscribe_url⟧")), "H19");
}

fn check_tables(elements: &[Element]) {
    for table in elements.iter().filter(|e| e.name == "table") {
        for zero in ["border", "cellpadding", "cellspacing"] {
            assert_eq!(table.value(zero), Some("0"), "H4");
        }
        let is_data = table.value("class") == Some("data");
        assert_eq!(table.value("role"), (!is_data).then_some("presentation"), "H4");
    }
    for th in elements.iter().filter(|e| e.name == "th") {
        assert_eq!(th.value("scope"), Some("col"), "H4");
        let table = th.inside.iter().rev().find(|at| elements[**at].name == "table").unwrap();
        assert_eq!(elements[*table].value("role"), None, "H4: no th in a layout table");
    }
}

fn check_styles(html: &str) {
    let sheets: Vec<&str> =
        html.split("<style>").skip(1).map(|s| s.split("</style>").next().unwrap()).collect();
    assert!(sheets.iter().map(|sheet| sheet.len()).sum::<usize>() < 4096, "H10: size");
    for sheet in sheets {
        let mut depth = 0;
        for c in sheet.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                '@' => assert_eq!(depth, 0, "H10: nested at-rule"),
                _ => {}
            }
        }
        assert!(!sheet.contains("url(") && !sheet.contains("rgb") && !sheet.contains("/*"), "H10");
    }
}

fn check_images(elements: &[Element]) {
    for image in elements.iter().filter(|e| e.name == "img") {
        assert!(image.has("alt"), "H15: alt");
        let width: u32 = image.value("width").unwrap().parse().unwrap();
        assert!((1..=552).contains(&width), "H15: width");
        assert!(image.value("src").unwrap().starts_with("https://"), "H15: address");
    }
}

fn check_anchors(elements: &[Element]) {
    let names: Vec<&str> =
        elements.iter().filter(|e| e.name == "a").filter_map(|e| e.value("name")).collect();
    for href in elements.iter().filter_map(|e| e.value("href")) {
        if let Some(name) = href.strip_prefix('#') {
            assert!(names.contains(&name), "H16: {href}");
        }
    }
    let mut ids: Vec<&str> = elements.iter().filter_map(|e| e.value("id")).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "H16: ids are unique");
}

fn check_headings(elements: &[Element]) {
    let mut last = 0;
    for heading in elements.iter().filter(|e| matches!(e.name.as_bytes(), [b'h', b'1'..=b'6'])) {
        let level = heading.name.as_bytes()[1] - b'0';
        assert!(level <= last + 1, "H18: h{last} then h{level}");
        assert!(level > 1 || last == 0, "H18: one h1");
        last = level;
    }
}

#[test]
fn headings_never_skip_and_the_title_stays_the_only_h1() {
    let html = shown(&composed(&draft("# One\n\n#### Deep\n\n# Two\n\n###### Deeper")).html);
    machine_check(&html, "A title");
}
