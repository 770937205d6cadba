//! Rules about words.

super::rules! { Prose, PROSE;
    TODO_LEFTOVER = "todo-leftover", Error, Allowable,
        what: "Placeholder text (TODO, TK, TKTK, FIXME, lorem ipsum) is not meant for readers.",
        why: "It is the most common slip in letters that left too early.",
        source: "Buttondown preflight",
        mend: "Replace it, or put it in backticks.",
        bad: Body("The tide turns at TK."),
        good: Body("The tide turns at six.");
}
