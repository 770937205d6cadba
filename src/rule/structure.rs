//! Rules about headings, lists, quotes, tables, notes and the other blocks.

super::rules! { Structure, STRUCTURE;
    H1_DUPLICATE = "h1-duplicate", Info, Open,
        what: "A body h1 equal to the title is rendered once.",
        why: "The layout shows the title above the text already.",
        source: "own",
        mend: "Nothing; the second is left out. Delete it if you like.",
        bad: Draft("---\ntitle: The tide\n---\n\n# The tide\n\nIt turns.\n"),
        good: Draft("---\ntitle: The tide\n---\n\nIt turns.\n");
    ATTRIBUTE_UNKNOWN = "attribute-unknown", Warning, Open,
        what: "What stands in braces after a link or an image does something.",
        why: "An attribute that is not known is left out.",
        source: "own",
        mend: "Write one that exists, as docs/writing.md has them.",
        bad: Body("[Tides](https://example.org/tides){.bottun}"),
        good: Body("[Tides](https://example.org/tides){.button}");
    CALLOUT_UNKNOWN = "callout-unknown", Warning, Open,
        what: "A callout is of a kind we know; otherwise it is plain text.",
        why: "Readers see no box.",
        source: "own",
        mend: "Write one of note, tip, important, warning and caution.",
        bad: Body("::: shout\nThe crane is gone.\n:::"),
        good: Body("::: note\nThe crane is gone.\n:::");
    BLOCK_UNCLOSED = "block-unclosed", Error, Allowable,
        what: "A code block or a callout that is opened is closed again; otherwise it takes in the rest of the letter.",
        why: "Half of the letter would be shown as code, or in a box.",
        source: "own",
        mend: "Close it with the same marks on a line of their own.",
        bad: Body("```\nlet tide = 6;\n"),
        good: Body("```\nlet tide = 6;\n```\n");
    NOTE_UNCLOSED = "note-unclosed", Error, Allowable,
        what: "An editor's note is closed; otherwise readers see it, or it hides the rest of the letter.",
        why: "It is meant for no reader.",
        source: "own",
        mend: "End it with `%%`.",
        bad: Body("The crane %% ask Jo is gone."),
        good: Body("The crane %% ask Jo %% is gone.");
    INCLUDE_FAILED = "include-failed", Error, Shut,
        what: "A snippet that a draft includes is a text in the project's folder that can be read.",
        why: "The letter would lack it.",
        source: "own",
        mend: "Check the path; it starts at the project's folder.",
        bad: Body("[[include: snippets/nowhere.md]]"),
        good: Body("Without a snippet.");
    COMMAND_MISPLACED = "command-misplaced", Error, Allowable,
        what: "`[[toc]]` and `[[include: …]]` stand on a line of their own; elsewhere readers would see them.",
        why: "Within a line they are text.",
        source: "own",
        mend: "Put it on a line of its own, with a blank line above and below.",
        bad: Body("See [[toc]] above."),
        good: Body("[[toc]]\n\n## The tide\n\nIt turns at six in the morning and again in the evening, every day of this week.");
    CONTENTS_EMPTY = "contents-empty", Warning, Open,
        what: "A table of contents has headings to list.",
        why: "An empty one is shown as nothing.",
        source: "own",
        mend: "Add headings, or take `[[toc]]` out.",
        bad: Body("[[toc]]\n\nNo headings here."),
        good: Body("[[toc]]\n\n## The tide\n\nIt turns at six in the morning and again in the evening, every day of this week.");
    FOOTNOTE_UNDEFINED = "footnote-undefined", Error, Allowable,
        what: "A footnote marker has its note.",
        why: "Readers would see the bracket and the number as text.",
        source: "own",
        mend: "Add a line `[^1]: …`.",
        bad: Body("So they say.[^1]"),
        good: Body("So they say.[^1]\n\n[^1]: In the harbour office.");
    HEADING_EMPTY = "heading-empty", Error, Open,
        what: "A heading says something.",
        why: "Screen readers announce a heading and then nothing.",
        source: "WCAG 2.2 2.4.6",
        mend: "Write its words, or remove the marks.",
        bad: Body("##\n\nThe tide turns at six."),
        good: Body("## The tide\n\nIt turns at six in the morning and again in the evening, every day of this week.");
}
