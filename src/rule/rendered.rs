//! Rules about the finished letter.

super::rules! { Rendered, RENDERED;
    UNSUBSCRIBE_MISSING = "unsubscribe-missing", Error, Allowable,
        what: "Both parts and the headers let a reader leave; law and providers require it.",
        why: "Who cannot leave reports spam; Gmail and Yahoo refuse bulk mail without it.",
        source: "RFC 8058; CAN-SPAM; Gmail sender guidelines",
        mend: "Give `url` or `mailto` under `[unsubscribe]` in config.toml; the footer has the link.",
        bad: Words("a configuration without `[unsubscribe]`"),
        good: Words("a configuration with `url` in `[unsubscribe]`");
}
