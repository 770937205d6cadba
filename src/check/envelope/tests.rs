use crate::check::tests::findings;

/// `rule message` of all that is said of a head over a long enough body.
fn told(head: &str) -> Vec<String> {
    let draft = format!("---\n{head}\n---\n\nThe tide turns at six.\n");
    let findings = findings(&draft).into_iter();
    findings
        .filter(|finding| finding.rule.id != "word-count" && finding.rule.id != "address-missing")
        .map(|finding| format!("{} {}", finding.rule.id, finding.message))
        .collect()
}

#[test]
fn of_a_head_that_cannot_be_read_nothing_is_said_to_be_missing() {
    let rules = |head: &str| -> Vec<String> {
        let rule = |said: String| said.split(' ').next().unwrap_or_default().to_owned();
        told(head).into_iter().map(rule).collect()
    };
    assert_eq!(rules("subject: \"The tide\npreheader: x"), ["fm-invalid"]);
    let whole = "subject: The tide turns at six\n";
    assert_eq!(rules(whole), ["preheader-missing", "date-missing"]);
    assert_eq!(
        rules(&format!("{whole}preheadr: x\ndate: soon")),
        ["fm-misspelt-key", "fm-invalid"]
    );
    assert_eq!(rules(&format!("{whole}date: soon")), ["preheader-missing", "fm-invalid"]);
}

#[test]
fn what_nobody_sees_of_a_subject_or_preheader_is_named_by_its_code_point() {
    let rest = "date: 2026-11-24\npreheader: Harbour times for the week, and the boats.";
    for (c, what) in [
        ('\u{200b}', "a space of no width (U+200B)"),
        ('\u{feff}', "a space of no width (U+FEFF)"),
        ('\u{ad}', "a soft hyphen (U+00AD)"),
    ] {
        let head = format!("subject: The ti{c}de turns\n{rest}");
        assert_eq!(told(&head), [format!("invisible-chars {what} in `subject`")]);
        let head =
            format!("subject: The tide turns\n{}", rest.replace("boats", &format!("bo{c}ats")));
        assert_eq!(told(&head), [format!("invisible-chars {what} in `preheader`")]);
    }
    let turned = told(&format!("subject: The \u{202e}tide turns\n{rest}"));
    assert_eq!(turned, ["subject-control-chars direction-changing character U+202E in `subject`"]);
}

#[test]
fn a_sender_at_a_free_mail_provider_is_told_of_in_a_draft_as_in_the_configuration() {
    let rest = "subject: The tide turns\ndate: 2026-11-24\npreheader: Harbour times for the week, and the boats.";
    let said = told(&format!("{rest}\nfrom: Ada <ada@gmail.com>"));
    assert_eq!(
        said,
        ["from-freemail mail from `gmail.com` must leave through its own relay (DMARC)"]
    );
    assert_eq!(told(&format!("{rest}\nfrom: Ada <ada@example.org>")), Vec::<String>::new());
}
