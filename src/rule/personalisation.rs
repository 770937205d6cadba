//! Rules about merge tags.

super::rules! { Personalisation, PERSONALISATION;
    MERGE_SYNTAX = "merge-syntax", Error, Shut,
        what: "A merge tag is complete and understood.",
        why: "Readers would see the braces.",
        source: "own",
        mend: "Write it as docs/personalisation.md shows, or put it in backticks if it is text.",
        bad: Body("Dear {{ name,"),
        good: Body("Dear {{ name | default(\"reader\") }},");
    MERGE_UNKNOWN_FIELD = "merge-unknown-field", Error, Shut,
        what: "A merge tag names a field that the list has.",
        why: "Nobody has a value for it.",
        source: "own",
        mend: "Write the name of a column, or add the column to the list.",
        bad: Body("How is {{ ctiy | default(\"your town\") }}?"),
        good: Body("How is {{ city | default(\"your town\") }}?");
    MERGE_UNRESOLVED = "merge-unresolved", Error, Shut,
        what: "Every reader has the fields the letter uses, or the tag has a default.",
        why: "Somebody would get a letter with a hole in it.",
        source: "own",
        mend: "Give the tag a default, as in `{{ name | default(\"reader\") }}`, or fill the column.",
        bad: Body("Dear {{ name }},"),
        good: Body("Dear {{ name | default(\"reader\") }},");
    MERGE_SMART_QUOTES = "merge-smart-quotes", Error, Shut,
        what: "Quotes in a merge tag are straight.",
        why: "Curly ones are no quotes to a program, and word processors make them by themselves.",
        source: "Buttondown roadmap 1611",
        mend: "Write `{{ name | default(\"reader\") }}` with straight quotes.",
        bad: Body("Dear {{ name | default(“reader”) }},"),
        good: Body("Dear {{ name | default(\"reader\") }},");
    MERGE_UNESCAPED = "merge-unescaped", Error, Shut,
        what: "What readers have typed is escaped, so no tag says `safe`.",
        why: "A name could bring markup or a script into the letter.",
        source: "OWASP",
        mend: "Leave `| safe` out.",
        bad: Body("Dear {{ name | safe }},"),
        good: Body("Dear {{ name | default(\"reader\") }},");
    MERGE_IN_CODE = "merge-in-code", Info, Open,
        what: "A merge tag in code is shown as it is written.",
        why: "That is right for an example, and wrong for a name.",
        source: "own",
        mend: "Take the backticks away, unless it is an example.",
        bad: Body("Dear `{{ name }}`,"),
        good: Body("Dear {{ name | default(\"reader\") }},");
    MERGE_IN_SUBJECT_EMPTY = "merge-in-subject-empty", Error, Open,
        what: "A subject has words for every reader.",
        why: "A reader without the field gets a letter without a subject.",
        source: "own",
        mend: "Write words besides, or a default that is not empty.",
        bad: Draft("---\nsubject: '{{ name | default(\"\") }}'\n---\nWords.\n"),
        good: Draft("---\nsubject: 'The tide turns, {{ name | default(\"reader\") }}'\n---\nWords.\n");
}
