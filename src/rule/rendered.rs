//! Rules about the finished letter.

super::rules! { Rendered, RENDERED;
    UNSUBSCRIBE_MISSING = "unsubscribe-missing", Error, Allowable,
        what: "Both parts and the headers let a reader leave, and the link can be seen: no stylesheet hides it, and it has 14 px at least. Law and providers require it.",
        why: "Who cannot leave reports spam; Gmail and Yahoo refuse bulk mail without it.",
        source: "RFC 8058; CAN-SPAM; Gmail sender guidelines",
        mend: "Give `url` or `mailto` under `[unsubscribe]` in config.toml; the footer has the link.",
        bad: Words("a configuration without `[unsubscribe]`"),
        good: Words("a configuration with `url` in `[unsubscribe]`");
    SIZE_CLIP = "size-clip", Error, Open,
        what: "The HTML part has at most 100,000 bytes, before it is encoded and after; from 80,000 on this warns.",
        why: "Gmail shows little more and hides the rest behind a link, the way to unsubscribe with it.",
        source: "Gmail, as measured by many; Ghost warns at 100,000",
        mend: "Shorten the letter, or link to the long part.",
        bad: Words("a letter of 15,000 words"),
        good: Words("a letter of 3,000 words");
    SIZE_TOTAL = "size-total", Warning, Open,
        what: "A letter has at most 10 MB, images included.",
        why: "Relays commonly refuse more.",
        source: "Buttondown preflight",
        mend: "Host the images: `mode = \"host\"` in `[images]`.",
        bad: Words("ten photographs of 1 MB with `mode = \"cid\"` and a `budget` that lets them pass"),
        good: Words("the same with `mode = \"host\"`");
    STYLE_TOO_BIG = "style-too-big", Error, Open,
        what: "The styles in the head have at most 16,384 bytes.",
        why: "With more Gmail drops all of them.",
        source: "hteumeuleu/email-bugs 90; caniemail html-style",
        mend: "Shorten the file that `theme.css` names.",
        bad: Words("a `theme.css` with 20 kB of `@media` blocks"),
        good: Words("one with 2 kB");
    TEXT_MISSING = "text-missing", Error, Open,
        what: "The plain-text part has words.",
        why: "It is what some readers, watches and filters read.",
        source: "SpamAssassin MPART_ALT_DIFF",
        mend: "Write at least a sentence.",
        bad: Words("a letter whose text part is empty, which ours never is: its footer is there"),
        good: Words("any letter");
    TEXT_DIVERGES = "text-diverges", Warning, Open,
        what: "At least 90 % of the words of the HTML part are in the text part.",
        why: "Filters take two parts that differ for a trick.",
        source: "SpamAssassin MPART_ALT_DIFF",
        mend: "Say in words what images and raw HTML say.",
        bad: Words("an HTML part of 100 words beside a text part of 50"),
        good: Words("two parts that say the same");
    LINE_TOO_LONG = "line-too-long", Error, Open,
        what: "No line of the letter has more than 998 bytes, neither as it is sent nor in its plain text.",
        why: "SMTP does not carry it, and relays break it anywhere.",
        source: "RFC 5321 4.5.3.1.6",
        mend: "Shorten the header or address that it comes from.",
        bad: Words("a `base-url` of a thousand characters in a header"),
        good: Words("a letter as it is encoded here, with lines of 76");
    TITLE_SUBJECT_DIFFERS = "title-subject-differs", Error, Open,
        what: "The title of the HTML part is the subject.",
        why: "SpamAssassin gives up to 2.2 points for another.",
        source: "SpamAssassin HTML_TITLE_SUBJ_DIFF",
        mend: "Keep control characters and odd spaces out of the subject.",
        bad: Words("a letter with the title `Untitled`"),
        good: Words("a letter whose title is its subject");
    COMPAT = "compat", Info, Open,
        what: "The letter uses nothing that a large mail program lacks and readers would miss.",
        why: "What a program does not know it leaves out.",
        source: "caniemail.com",
        mend: "See that the letter can be read without it.",
        bad: Words("a `theme.css` with `transform`"),
        good: Words("the built-in themes");
    SPAM_SCORE = "spam-score", Error, Open,
        what: "A spam filter gives the letter fewer than 5 points; from 2 on this warns. Asked only with `--spam`.",
        why: "With 5 most filters put it into the junk folder.",
        source: "SpamAssassin required_score",
        mend: "Look at the tests that gave the points.",
        bad: Words("a subject in capitals over a body of promises"),
        good: Words("the sample drafts, with 0.0");
}
