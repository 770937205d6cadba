//! Rules about the list.

super::rules! { List, LIST;
    LIST_INVALID = "list-invalid", Error, Allowable,
        what: "Every row of the list can be used; bad rows are named, never dropped silently.",
        why: "A reader who is left out does not complain.",
        source: "own",
        mend: "Mend the row; `--allow list-invalid` sends to the others.",
        bad: List("[[subscriber]]\nemail = \"ada@\"\n"),
        good: List("[[subscriber]]\nemail = \"ada@example.org\"\n");
    LIST_SYNTAX = "list-syntax", Error, Shut,
        what: "The list is valid TOML or CSV as a whole.",
        why: "After a mistake nobody knows where the next row begins.",
        source: "TOML 1.0; RFC 4180",
        mend: "Mend the line that is named.",
        bad: List("email = \"ada@example.org\"\n"),
        good: List("[[subscriber]]\nemail = \"ada@example.org\"\n");
    LIST_DUPLICATE = "list-duplicate", Warning, Open,
        what: "Two rows with the same address get one copy.",
        why: "Nobody wants a letter twice.",
        source: "own",
        mend: "Delete one of the rows; the first counts.",
        bad: Words("`ada@example.org` in two rows"),
        good: Words("every address once");
    LIST_LOOKALIKE = "list-lookalike", Warning, Open,
        what: "Two addresses that look the same are most likely a slip or a forgery; they are not merged.",
        why: "One of them belongs to somebody else, or to nobody.",
        source: "Unicode UTS 39",
        mend: "Ask the reader which is right.",
        bad: Words("`ada@example.org` with a Cyrillic `a` in another row"),
        good: Words("every address once");
    LIST_EMPTY = "list-empty", Error, Allowable,
        what: "An issue without recipients is most likely a wrong file or tag.",
        why: "Nobody would get it, and the send would be called complete.",
        source: "own",
        mend: "Check `file` in `[audience]`, and `--only`.",
        bad: Words("`--only vpi` where readers have the tag `vip`"),
        good: Words("`--only vip`");
}
