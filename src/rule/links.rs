//! Rules about links and reference definitions.

super::rules! { Links, LINKS;
    LINK_SCHEME = "link-scheme", Error, Shut,
        what: "Links use https, http or mailto; other schemes are stripped or run code.",
        why: "Mail programs remove such links, and filters take `javascript:` and `data:` for an attack.",
        source: "TWIR inspect_links",
        mend: "Link to a page over https.",
        bad: Body("[Tides](javascript:tides)"),
        good: Body("[Tides](https://example.org/tides)");
    LINK_RELATIVE = "link-relative", Error, Shut,
        what: "A relative link has no meaning in a letter without `base-url`.",
        why: "A letter lies in no folder of a website.",
        source: "Buttondown preflight",
        mend: "Write the whole address, or set `base-url` in `[newsletter]`.",
        bad: Body("[Tides](tides.html)"),
        good: Body("[Tides](https://example.org/tides)");
    LINK_UNDEFINED_REF = "link-undefined-ref", Error, Allowable,
        what: "A reference link names a definition that exists; otherwise readers see the brackets.",
        why: "The link is lost, and its brackets are shown as text.",
        source: "markdownlint MD052",
        mend: "Add a line `[label]: https://…`.",
        bad: Body("The [tides][table] are here."),
        good: Body("The [tides][table] are here.\n\n[table]: https://example.org/tides");
    LINK_EMPTY_URL = "link-empty-url", Error, Allowable,
        what: "A link leads somewhere.",
        why: "Readers who follow it see an error, or their own mailbox.",
        source: "markdownlint MD042",
        mend: "Write the address in the parentheses.",
        bad: Body("[Tides]()"),
        good: Body("[Tides](https://example.org/tides)");
    LINK_UNUSED_REF = "link-unused-ref", Warning, Open,
        what: "A reference definition is used.",
        why: "Most likely the link was meant to be there, and its brackets are missing.",
        source: "markdownlint MD053",
        mend: "Put its label in brackets where it stands in the text, or delete the definition (`--fix`).",
        bad: Body("The tide table is out.\n\n[tide table]: https://example.org/tides"),
        good: Body("The [tide table] is out.\n\n[tide table]: https://example.org/tides");
    LINK_DEAD = "link-dead", Error, Open,
        what: "Every link leads to something. Looked at only with `--online`.",
        why: "A letter cannot be mended once it is sent.",
        source: "lychee, linkcheck",
        mend: "Correct the address; a server that does not talk to programs may still be fine in a browser.",
        bad: Words("`[The tides](https://example.org/moved-away)` that answers 404"),
        good: Words("the same with an address that answers 200");
}
