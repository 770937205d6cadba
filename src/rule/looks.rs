//! Rules about how letters look.

super::rules! { Looks, LOOKS;
    CSS_INVALID = "css-invalid", Error, Shut,
        what: "A stylesheet can be read; half of one would leave letters half dressed.",
        why: "Mail programs drop a whole sheet for one mistake.",
        source: "CSS Syntax 3",
        mend: "Mend the place that is named.",
        bad: Words("`p { color: red` without its end"),
        good: Words("`p { color: red }`");
    CSS_UNSUPPORTED = "css-unsupported", Warning, Open,
        what: "Large mail programs ignore much of CSS; what they ignore does not belong into a letter.",
        why: "The letter would look right for some readers only.",
        source: "caniemail",
        mend: "Do without it, or say it with what mail programs know.",
        bad: Words("`p { position: absolute }` in the theme's stylesheet"),
        good: Words("`p { margin: 0 }`");
    CONTRAST = "contrast", Warning, Open,
        what: "Text has a contrast of 4.5:1 to what is behind it, in light, in the dark and inverted (WCAG 2.2).",
        why: "Readers with weak eyes, or in the sun, cannot read it.",
        source: "WCAG 2.2 1.4.3",
        mend: "Choose a darker or a lighter colour.",
        bad: Words("`accent = \"#ffe600\"` in `[theme]`"),
        good: Words("`accent = \"#0b57a4\"`");
}
