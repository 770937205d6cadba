use super::*;
use crate::config::Accent;
use crate::source::Place;
use crate::theme::colour::Colour;

fn look(change: impl FnOnce(&mut Theme)) -> Look {
    let mut theme = Theme::PLAIN;
    change(&mut theme);
    Look::new(theme, Stylesheet::NONE)
}

fn accent(number: u32) -> Accent {
    Accent { colour: Colour::hex(number), place: Place { line: 3, column: 10 } }
}

#[test]
fn our_own_stylesheets_are_without_fault_and_everything_is_filled_in() {
    for design in Design::ALL {
        for css in sheets(design) {
            assert_eq!(stylesheet::parse(&Source::new("theme.css", css)).unwrap().1, []);
        }
        let dress = PLAIN.dress(design, false);
        for css in [&dress.inlined, &dress.head] {
            assert!(!css.contains("var(") && !css.contains("inherit"), "{css}");
        }
        assert!(dress.head.len() < 4096, "{} bytes for {}", dress.head.len(), design.name());
    }
}

#[test]
fn letters_from_right_to_left_have_their_bars_and_indents_on_the_right() {
    for design in Design::ALL {
        let css = &PLAIN.dress(design, true).inlined;
        assert!(!css.contains("border-left") && css.contains("border-right"), "{css}");
        assert!(css.contains("padding:0 26px 0 0"), "{css}");
    }
    let media = Design::ALL.map(sheets).concat().into_iter().flat_map(|css| ours(css).media);
    for (_, rules) in media {
        assert!(
            !rules.contains("left") && !rules.contains("right"),
            "to be mirrored, too: {rules}"
        );
    }
}

/// A colour without a counterpart in the dark would be dark on dark.
#[test]
fn every_class_that_sets_a_colour_sets_it_in_the_dark_too() {
    for design in Design::ALL {
        let ours = sheets(design).map(ours);
        let dark: String = ours
            .iter()
            .flat_map(|sheet| &sheet.media)
            .filter(|(query, _)| query.contains("dark"))
            .map(|(_, rules)| rules.as_str())
            .collect();
        let set = |rules: &str, class: &str, property: &str| {
            rules.lines().any(|rule| {
                let (selector, body) = rule.split_once('{').unwrap();
                let body = body.trim_end_matches('}').replace(" !important", "");
                let is_same = |name: &str| name.starts_with(property) && name.ends_with("color");
                selector.split(',').any(|one| one == class)
                    && body.split(';').any(|line| is_same(line.split(':').next().unwrap()))
            })
        };
        for rule in ours.iter().flat_map(|sheet| sheet.inlined.lines()) {
            let (selectors, body) = rule.split_once('{').unwrap();
            for class in selectors.split(',').filter(|one| one.starts_with('.')) {
                let class = class.split([':', '[']).next().unwrap();
                for line in body.split(';').filter(|line| line.contains("var(--")) {
                    let property = line.split('-').next().unwrap().split(':').next().unwrap();
                    if ["color", "background", "border"].contains(&property) {
                        assert!(set(&dark, class, property), "{}: {class} {line}", design.name());
                    }
                }
            }
        }
    }
}

#[test]
fn the_users_fonts_colours_and_styles_are_taken() {
    let look = look(|theme| {
        theme.font = Some("Verdana,sans-serif".into());
        theme.width = 640;
        theme.accent = Some(accent(0x3a_1680));
    });
    let css = ".h2 { color: var(--accent); }\n@media (prefers-color-scheme: dark) { .h2 { color: var(--accent); } }";
    let look = Look::new(look.theme, stylesheet::parse(&Source::new("own.css", css)).unwrap().0);
    let dress = look.dress(Design::Bulletin, false);
    assert!(dress.inlined.contains("font-family:Verdana,sans-serif"));
    assert!(!dress.inlined.contains("Segoe"), "headings of this design are set like its text");
    assert!(dress.inlined.contains("max-width:640px"));
    assert!(dress.inlined.ends_with(".h2{color:#3a1680}\n"));
    let dark = dress.head.split("(prefers-color-scheme:dark)").nth(1).unwrap();
    assert!(dark.contains(".h2{color:#") && !dark.contains("#3a1680"));
    assert_eq!(look.column(Design::Bulletin), 640 - 72);
    assert_eq!(dress.outlook, ["Verdana,sans-serif", "Verdana,sans-serif"]);
    assert_eq!(look.dress(Design::Workshop, false).outlook[1], "'Courier New',monospace");
}

#[test]
fn an_accent_that_cannot_be_read_is_told_with_one_that_can() {
    let pale = look(|theme| theme.accent = Some(accent(0xf2_c200)));
    let finding = pale.remarks(Design::Bulletin).unwrap();
    assert_eq!(finding.place, Some(Place { line: 3, column: 10 }));
    insta::assert_snapshot!(format!("{}\n{}", finding.message, finding.help.unwrap()), @r##"
    `theme.accent` `#f2c200` cannot be read on the `bulletin` theme's paper: it needs a contrast of 4.5:1, inverted too
    write `accent = "#715300"`, which letters use meanwhile
    "##);
    assert_eq!(
        look(|theme| theme.accent = Some(accent(0x0a_5c50))).remarks(Design::Bulletin),
        None
    );
    assert_eq!(PLAIN.remarks(Design::Letter), None);
}
