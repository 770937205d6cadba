//! Rules about any file.

super::rules! { Files, FILES;
    FILE_UNREADABLE = "file-unreadable", Error, Shut,
        what: "A file is missing, is not a regular file or cannot be read.",
        why: "Nothing can be done with what cannot be read.",
        source: "own",
        mend: "Check the path, and the folder you are in.",
        bad: Words("`postrider check drafts/letre.md`, and there is no such file"),
        good: Words("`postrider check drafts/letter.md`");
    FILE_NOT_UTF8 = "file-not-utf8", Error, Shut,
        what: "A file is not UTF-8; every other encoding would reach readers as garbage.",
        why: "Letters are UTF-8, and no other encoding can be told from garbage with certainty.",
        source: "own",
        mend: "Save the file as UTF-8; every editor can.",
        bad: Words("a draft saved as Latin-1 or UTF-16"),
        good: Words("a draft saved as UTF-8, with or without a byte-order mark");
    SUPPRESSION_UNKNOWN = "suppression-unknown", Warning, Open,
        what: "A comment that silences rules names rules that exist and that may be silenced.",
        why: "A misspelt id silences nothing; a gate of a send is released with `--allow` alone, so that nobody forgets it in a draft.",
        source: "markdownlint",
        mend: "Write the id in brackets of the finding, or remove the comment.",
        bad: Body("<!-- check-disable link-unsued-ref -->\n\nHello."),
        good: Body("<!-- check-disable link-unused-ref -->\n\nHello.");
}
