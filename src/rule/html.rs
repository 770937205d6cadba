//! Rules about raw HTML and CSS in a draft.

super::rules! { Html, HTML;
    HTML_UNSUPPORTED = "html-unsupported", Error, Shut,
        what: "Scripts, forms and frames do not work in mail and get letters refused.",
        why: "Mail programs strip them, and filters take them for an attack.",
        source: "caniemail; SpamAssassin HTML_EMBEDS",
        mend: "Remove it, or link to a page that has it.",
        bad: Body("<iframe src=\"https://example.org/map\"></iframe>"),
        good: Body("[The map](https://example.org/map)");
    HTML_UNCLOSED = "html-unclosed", Error, Shut,
        what: "Raw HTML that is opened is closed again in the same block; otherwise it changes everything after it.",
        why: "Every program guesses another end.",
        source: "HTML 13.1.2.4",
        mend: "Write the closing tag, or the Markdown for it.",
        bad: Body("Some <b>bold words."),
        good: Body("Some <b>bold</b> words.");
    HTML_RAW = "html-raw", Info, Open,
        what: "Raw HTML stands only where Markdown has no words for it.",
        why: "Markdown is shorter, cannot be left open, and is checked better.",
        source: "markdownlint MD033",
        mend: "Write the Markdown that the finding shows.",
        bad: Body("A <b>bold</b> word."),
        good: Body("A **bold** word, and water is H<small>2</small>O.");
    HTML_COMMENT = "html-comment", Info, Open,
        what: "Comments are left out of letters.",
        why: "It is good to know that nobody reads them.",
        source: "This Week in Rust, whose drafts are full of them",
        mend: "Nothing is to be done.",
        bad: Body("The tide turns. <!-- ask Jo -->"),
        good: Body("The tide turns.");
    HTML_ATTRIBUTE_DROPPED = "html-attribute-dropped", Info, Open,
        what: "Raw HTML keeps what carries content: `href`, `src`, `alt`, `title`, `width`.",
        why: "Letters look as their theme says, so that they can be read everywhere, in the dark too.",
        source: "own",
        mend: "Take it out; a stylesheet of your own goes into `theme.css`.",
        bad: Body("<span class=\"red\">The tide</span> turns."),
        good: Body("<span>The tide</span> turns.");
    EMBED_NOT_POSSIBLE = "embed-not-possible", Warning, Open,
        what: "An address on a line of its own is no post or player that a blog would show in its place.",
        why: "Mail programs run no scripts and show no frames: readers get the bare address.",
        source: "caniemail html-iframe, html-script",
        mend: "Say what it shows, or link a picture to it.",
        bad: Body("https://x.com/example/status/12345"),
        good: Body("[What the heron did next](https://x.com/example/status/12345)");
    CSS_DARK_HOSTILE = "css-dark-hostile", Warning, Open,
        what: "A colour in `theme.css` has a counterpart for the dark, or the colour it stands against is set with it.",
        why: "In the dark the letter around it turns, and one of the two alone stays: dark on dark, or light on light.",
        source: "Buttondown preflight; EMC, dark mode",
        mend: "Set it within `@media (prefers-color-scheme: dark)`, too, or use a variable of the theme.",
        bad: Words("`.h2 { color: #0f6b5e; }` alone"),
        good: Words("`.h2 { color: var(--accent); }`");
}
