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
        bad: Words("`{{ ctiy }}` where the list has a column `city`"),
        good: Words("`{{ city }}`");
    MERGE_UNRESOLVED = "merge-unresolved", Error, Shut,
        what: "Every reader has the fields the letter uses, or the tag has a default.",
        why: "Somebody would get a letter with a hole in it.",
        source: "own",
        mend: "Give the tag a default, as in `{{ name | default(\"reader\") }}`, or fill the column.",
        bad: Words("`Dear {{ name }},` where some readers have no name"),
        good: Words("`Dear {{ name | default(\"reader\") }},`");
}
