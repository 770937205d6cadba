//! `newsletter.theme` and `[theme]`.

use super::*;
use crate::theme::Design;
use crate::theme::colour::Colour;

/// The mistakes when `lines` stand in `[theme]`.
fn theme(lines: &str) -> Vec<String> {
    mistakes(&format!("{LEAST}[theme]\n{lines}"))
}

#[test]
fn a_theme_is_read_whole() {
    let text = LEAST.replacen(
        "name =",
        "theme = 'workshop'\nbase-url = 'https://example.org/n'\nname =",
        1,
    );
    let text = format!(
        "{text}[theme]\naccent = '#0F6B5E'\nfont = 'book'\nheading-font = 'Verdana, sans-serif'\nwidth = 640\n\
         logo = './logo.png'\nlogo-width = 90\nheader = 'Fridays'\nfooter = \"One\\nTwo\"\ncss = 'own.css'\n"
    );
    let theme = config(&text).theme;
    assert_eq!(theme.design, Design::Workshop);
    let accent = theme.accent.unwrap();
    assert_eq!((accent.colour, accent.place.column), (Colour::hex(0x0f_6b5e), 10));
    assert!(theme.font.unwrap().starts_with("'Iowan Old Style',"));
    assert_eq!(theme.heading_font.as_deref(), Some("Verdana,sans-serif"));
    assert_eq!((theme.code_font, theme.width), (None, 640));
    let logo = theme.logo.unwrap();
    assert_eq!((logo.source.as_str(), logo.alt, logo.width), ("logo.png", None, 90));
    assert_eq!(
        (theme.header.as_deref(), theme.footer.as_deref()),
        (Some("Fridays"), Some("One\nTwo"))
    );
    assert_eq!(theme.css, Some("own.css".into()));
    assert_eq!(theme.file, "config.toml");
}

#[test]
fn every_mistake_of_a_theme_says_what_to_type() {
    insta::assert_snapshot!(
        theme(
            "accent = 'teal'\nfont = 'seriff'\nheading-font = 'Papyrus'\ncode-font = 'Menlo, Consolas'\nwidth = 1200\n\
             logo-alt = 'Us'\nheader = \"a\\u0007\"\ncolour = '#000000'\nlogo-widht = 9\n"
        )
        .join("\n")
    );
    insta::assert_snapshot!(
        theme("logo = 'http://example.org/a.png'\naccent = '#fff'\n").join("\n")
    );
    let misspelt = LEAST.replacen("name =", "theme = 'buletin'\nname =", 1);
    insta::assert_snapshot!(mistakes(&misspelt).join("\n"));
}
