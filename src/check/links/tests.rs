use crate::check::tests::findings;
use crate::rule::Family;

/// The rules about links that speak of a body.
fn told(body: &str) -> Vec<&'static str> {
    let draft = format!("---\nsubject: The tide turns at six\n---\n\n{body}\n");
    let findings = findings(&draft).into_iter();
    findings
        .filter(|finding| finding.rule.family == Family::Links)
        .map(|finding| finding.rule.id)
        .collect()
}

#[test]
fn each_slip_is_told_by_the_rule_that_is_made_for_it_and_by_no_other() {
    for (body, rules) in [
        ("[hash](#)", vec!["link-placeholder"]),
        ("[write](mailto:editor)", vec!["mailto-invalid"]),
        ("[write](mailto:)", vec!["link-empty-url"]),
        ("[write](mailto:editor@example.org)", vec![]),
        ("[tides](http://localhost:1313/)", vec!["link-localhost"]),
        ("[tides](http://192.168.0.1/)", vec!["link-localhost"]),
        ("Words <a href=\"https://example.org/\"></a> here.", vec!["link-empty-text"]),
        ("<a href=\"https://example.org/\">Words</a>", vec![]),
        ("<a href=\"https://example.org/\">\n\nWords\n\n</a>", vec![]),
        ("See [the tides][tides].", vec!["link-undefined-ref"]),
        ("See [the tides][].", vec!["link-undefined-ref"]),
        ("See [tides] and [x] and [1].", vec![]),
    ] {
        assert_eq!(told(body), rules, "{body}");
    }
}

#[test]
fn a_name_is_forged_where_it_reads_as_another_and_not_where_its_language_is_plain() {
    for forged in ["h\u{430}rbour.org", "\u{440}\u{430}\u{443}.com", "tw\u{131}tter.com"] {
        assert_eq!(told(&format!("[x y](https://{forged}/)")), ["link-lookalike-host"], "{forged}");
    }
    for plain in ["münchen.de", "æbler.dk", "œuvre.fr", "\u{440}\u{430}\u{43e}.\u{440}\u{444}"] {
        assert_eq!(told(&format!("[x y](https://{plain}/)")), Vec::<&str>::new(), "{plain}");
    }
    let draft = "---\nsubject: The tide\n---\n\n[x y](https://\u{430}mazon.com/)\n";
    let said = findings(draft).into_iter().find(|said| said.rule.id == "link-lookalike-host");
    assert_eq!(said.unwrap().message, "`xn--mazon-3ve.com` looks like `amazon.com` and is another");
}
