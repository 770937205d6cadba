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
}
