//! Rules about what the ledger remembers, and about the send itself.

super::rules! { Ledger, LEDGER;
    ISSUE_CHANGED = "issue-changed", Error, Allowable,
        what: "An issue that was planned keeps its bytes: the draft, the configuration or the program has changed since.",
        why: "Some readers would get another letter than the others.",
        source: "own",
        mend: "Bring the old text back, or give the issue another `slug`.",
        bad: Words("a draft that is edited between two runs of `send`"),
        good: Words("a draft that stays as it was");
    SECRET_CHANGED = "secret-changed", Error, Allowable,
        what: "Message-IDs and unsubscribe links of an issue come from one secret; with another a repeated letter would not be the same.",
        why: "Links mailed before would stop to work.",
        source: "own",
        mend: "Bring the old `.postrider/secret` back.",
        bad: Words("a new `.postrider/secret` between two runs of `send`"),
        good: Words("the secret that `init` has made");
    PLAN_CHANGED = "plan-changed", Error, Shut,
        what: "`--only` is part of the plan and cannot change under way; a plan hash binds exactly what was rehearsed.",
        why: "What leaves is what was looked at.",
        source: "own",
        mend: "Look at a new `--dry-run`, and send with its hash.",
        bad: Words("`--plan` with a hash from before the last edit"),
        good: Words("`--plan` with the hash of the last dry run");
    CLOCK_EARLIER = "clock-earlier", Error, Allowable,
        what: "A clock set back would date letters wrongly and retry too early or too late.",
        why: "Pauses between attempts are counted by the clock.",
        source: "own",
        mend: "Set the clock.",
        bad: Words("a clock that is an hour behind the last attempt"),
        good: Words("a clock that is right");
    LEDGER_RESTORED = "ledger-restored", Error, Allowable,
        what: "A ledger that came back from a backup knows nothing of the letters sent since, and would send them again.",
        why: "Readers would get an issue twice.",
        source: "own",
        mend: "Find the newer ledger, as docs/ledger.md says.",
        bad: Words("`.postrider` from last night's backup, and a send since"),
        good: Words("the ledger that was used last");
    LEDGER_COPIED = "ledger-copied", Error, Allowable,
        what: "A ledger copied to another machine knows nothing of what the other sends; both would mail the same readers.",
        why: "Readers would get an issue twice.",
        source: "own",
        mend: "Send from one machine, or move the ledger for good.",
        bad: Words("`.postrider` copied to a second machine"),
        good: Words("one machine that sends");
    LEDGER_MISSING = "ledger-missing", Error, Allowable,
        what: "Without the ledger that was used here, everybody would be mailed again.",
        why: "Readers would get an issue twice.",
        source: "own",
        mend: "Bring `.postrider` back.",
        bad: Words("`.postrider` deleted after a send"),
        good: Words("`.postrider` where it was");
    LEDGER_NETWORK = "ledger-network", Error, Allowable,
        what: "On a network file system locks and fsync may promise more than they hold, so the ledger belongs on a disk of this machine.",
        why: "Two sends could run at once, and a crash could lose what was sent.",
        source: "SQLite: how to corrupt a database file",
        mend: "Set `dir` in `[state]` to a folder on a local disk.",
        bad: Words("a project on NFS"),
        good: Words("`dir` in `[state]` on a local disk");
    DISK_SPACE = "disk-space", Error, Allowable,
        what: "A disk that fills up during a send stops it half-way: 64 MiB and 2 KiB a recipient have to be free.",
        why: "What cannot be written down is not sent.",
        source: "own",
        mend: "Make room on the disk.",
        bad: Words("a disk with 10 MB left"),
        good: Words("a disk with room");
    COUNT_NOT_CONFIRMED = "count-not-confirmed", Error, Shut,
        what: "A live send is confirmed with the number of recipients, `--yes` or a plan hash.",
        why: "Letters cannot be called back.",
        source: "own",
        mend: "Type the number, or give `--yes` or `--plan HASH`.",
        bad: Words("`send` in a script without `--yes`"),
        good: Words("`send --plan HASH` with the hash of a dry run");
}
