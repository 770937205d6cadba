use super::*;

fn check(css: &str) -> Vec<String> {
    let line = |finding: &Finding| {
        let place = finding.place.unwrap();
        format!("{}:{} {}: {}", place.line, place.column, finding.rule.id, finding.message)
    };
    match parse(&Source::new("letter.css", css)) {
        Ok((_, findings)) | Err(findings) => findings.iter().map(line).collect(),
    }
}

fn sheet(css: &str) -> Stylesheet {
    assert_eq!(check(css), Vec::<String>::new(), "{css}");
    parse(&Source::new("letter.css", css)).unwrap().0
}

#[test]
fn rules_are_inlined_and_media_blocks_go_to_the_head() {
    let sheet = sheet(
        "/* Ours. */\n.h2, .h3 { color : #0f6b5e; /* green */ font-family: \"Gill Sans\", Arial, sans-serif }\n\
         @media screen and (max-width: 600px) { .cell { padding: 8px 4px; } .cell{margin:0} }\n\
         @media (prefers-color-scheme: dark) { .h2, .h3 { color: #7fd0c0 !important; } }\n\
         @media (max-width:600px) { .foot { padding: 0 } }",
    );
    assert_eq!(sheet.inlined, ".h2,.h3{color:#0f6b5e;font-family:'Gill Sans',Arial,sans-serif}\n");
    let narrow = ".cell{padding:8px 4px !important}\n.cell{margin:0 !important}\n.foot{padding:0 !important}\n";
    assert_eq!(
        sheet.media,
        [
            ("(max-width:600px)".to_owned(), narrow.to_owned()),
            (
                "(prefers-color-scheme:dark)".to_owned(),
                ".h2,.h3{color:#7fd0c0 !important}\n".to_owned()
            ),
        ]
    );
}

#[test]
fn no_space_is_needed_between_a_query_or_a_selector_and_its_block() {
    let sheet =
        sheet("@media(max-width:600px){.a{margin:0}}td[align=right]{margin:(1px);padding:0}");
    assert_eq!(sheet.inlined, "td[align=right]{margin:(1px);padding:0}\n");
    assert_eq!(
        sheet.media,
        [("(max-width:600px)".to_owned(), ".a{margin:0 !important}\n".to_owned())]
    );
}

#[test]
fn what_mail_does_not_understand_is_named_with_its_place() {
    let css = "\
.a { position: absolute; display: flex; color: rgb(0 0 0 / 1); margin: -4px 0; }
.b:hover { color: #fff; font-size: 1.2rem; }
@import url(https://example.org/x.css);
@font-face { font-family: X; src: url(x.woff) }
.c { background: url(https://example.org/a.png); width: calc(100% - 4px); color: var(--inc); }
@media print { .d { color: #000000 } }
@media (max-width: 600px) { .e > p { padding: 0 } }
.f { padding: 0 10px; width: 50%; color: var(--accent); hyphens: auto; }
.g { transform: none; }
.h { width: expression(alert(1)); background: image-set('a.png' 1x); color: #11223344; behavior: x }
";
    insta::assert_snapshot!(check(css).join("\n"));
}

#[test]
fn what_does_harm_or_nobody_reads_is_left_out_of_the_letter() {
    let kept = |css: &str| {
        let sheet = parse(&Source::new("letter.css", css)).unwrap().0;
        sheet.media.into_iter().fold(sheet.inlined, |all, (_, rules)| all + &rules)
    };
    for declaration in [
        "position: absolute; left: 0",
        "\\70osition: fixed",
        "background: URL( 'https://example.org/a.png' )",
        "background: #ffffff u\\72l(https://example.org/a.png)",
        "list-style-image: url(x.png)",
        "background-image: -webkit-image-set('https://example.org/a.png' 1x)",
        "width: expression(alert(1))",
        "behavior: url(#default#time2)",
        "color: rgb(0 0 0 / 50%)",
        "color: rgba(0, 0, 0, .2)",
        "color: oklch(40% 0.2 20)",
        "color: #11223344",
        "color: var(--inc)",
        "display: flex",
        "margin: 0 0 0 -9999px",
    ] {
        let css = format!(".a {{ {declaration}; padding: 0 }}");
        let left = kept(&css);
        assert!(
            ["{padding:0}\n", "{left:0;padding:0}\n"].contains(&left.strip_prefix(".a").unwrap()),
            "{left}"
        );
        assert!(!check(&css).is_empty(), "{css}");
    }
    let media =
        "@media (max-width:600px){ .a > .b, .c:hover, .d { padding: 0 } .e[x] { padding: 0 } }";
    assert_eq!(kept(media), ".d{padding:0 !important}\n");
}

#[test]
fn colours_are_written_as_six_digits() {
    for (written, expected) in [
        ("#FFF", "#ffffff"),
        ("#0A5C50", "#0a5c50"),
        ("#0a5c50ff", "#0a5c50"),
        ("white", "#ffffff"),
        ("rgb(10 92 80)", "#0a5c50"),
        ("rgb(10 92 80 / 1)", "#0a5c50"),
        ("RGBA(10, 92, 80, 100%)", "#0a5c50"),
        ("rgb(100% 0% 50%)", "#ff0080"),
        ("hsl(171deg 80% 20% / 1)", "#0a5c50"),
        ("hsl(0, 100%, 50%)", "#ff0000"),
        ("hwb(240 0% 0%)", "#0000ff"),
    ] {
        let css = format!(".a {{ color: {written} ! IMPORTANT; background-color: #222222 }}");
        let expected = format!(".a{{color:{expected};background-color:#222222}}\n");
        assert_eq!(sheet(&css).inlined, expected, "{written}");
    }
    let css = ".a { border: 1px solid red; font-family: Tan, Arial }";
    assert_eq!(sheet(css).inlined, ".a{border:1px solid #ff0000;font-family:Tan,Arial}\n");
}

#[test]
fn a_colour_that_stays_in_the_dark_alone_is_named() {
    for (css, expected) in [
        (
            ".a { color: #0f6b5e }",
            "1:1 css-dark-hostile: `color: #0f6b5e` of `.a` stays in the dark, but what is behind it does not",
        ),
        (
            ".a { background: #ffffff }",
            "1:1 css-dark-hostile: `background-color: #ffffff` of `.a` stays in the dark, but the text on it does not",
        ),
        (
            ".a, .b { color: #222222 } @media (prefers-color-scheme: dark) { .a { color: #eeeeee } }",
            "1:1 css-dark-hostile: `color: #222222` of `.b` stays in the dark, but what is behind it does not",
        ),
    ] {
        assert_eq!(check(css), [expected], "{css}");
    }
    for css in [
        ".a { color: var(--accent) }",
        ".a { color: #ffffff; background-color: #333333 }",
        ".a { color: #222222 } @media (prefers-color-scheme: dark) { .a { color: var(--ink) } }",
        ".a { border: 1px solid #222222 }",
    ] {
        assert_eq!(check(css), Vec::<String>::new(), "{css}");
    }
}

#[test]
fn what_is_not_css_is_refused_with_its_place() {
    for (css, expected) in [
        (".a { color red; }", "1:6 css-invalid: a declaration is `property: value;`"),
        (".a { color: ; }", "1:6 css-invalid: `color` has no value that can be read"),
        ("{ color: #000000 }", "1:1 css-invalid: a block without a selector"),
        (".a", "1:1 css-invalid: a rule without a block"),
        (".a{}</style><b>", "1:5 css-invalid: `<` has no place in a stylesheet"),
        (".a { color: \"x\n }", "1:6 css-invalid: `color` has no value that can be read"),
        (
            "@media (max-width:600px) { @media (max-width:1px) { .a { color: #000000 } } }",
            "1:28 css-invalid: an at-rule within another",
        ),
    ] {
        assert_eq!(check(css).first().map(String::as_str), Some(expected), "{css}");
        assert!(parse(&Source::new("letter.css", css)).is_err(), "{css}");
    }
    assert!(parse(&Source::new("a.css", "x".repeat(1 << 17))).is_err());
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_or_refused(css in "[ -~\n]{0,200}|(\\.a|\\{|\\}|;|:|@media|\\(|\\)|\"|/\\*|\\*/|x| |\n|é|url\\(){0,60}") {
            match parse(&Source::new("letter.css", css.as_str())) {
                // What reaches the head closes what it opens, and starts no element.
                Ok((sheet, _)) => for (_, rules) in &sheet.media {
                    prop_assert_eq!(rules.matches('{').count(), rules.matches('}').count());
                },
                Err(findings) => prop_assert!(!findings.is_empty()),
            }
        }
    }
}
