-- Schema 2: which ledger this is, and what no change may do to its rows.

CREATE TABLE meta (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  ledger   TEXT NOT NULL,              -- 128 random bits: tells this ledger from every other
  machine  TEXT,                       -- where it is used: a digest, or nothing before the first send
  sequence INTEGER NOT NULL            -- counts commits of senders; what a witness outside the ledger remembers
) STRICT;
INSERT INTO meta (one, ledger, sequence) VALUES (1, lower(hex(randomblob(16))), 0);
CREATE TRIGGER meta_is_kept BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'a ledger keeps its name'); END;
CREATE TRIGGER meta_goes_forward BEFORE UPDATE ON meta WHEN NEW.sequence < OLD.sequence OR NEW.ledger <> OLD.ledger
BEGIN
  SELECT RAISE(ABORT, 'a ledger keeps its name and counts forward');
END;

-- Issues that were begun in a time this ledger does not know of: it came back from a backup and was adopted.
CREATE TABLE lost_issue (
  slug TEXT PRIMARY KEY,
  at   INTEGER NOT NULL                -- when it was adopted
) STRICT, WITHOUT ROWID;

-- What happened in a time the ledger does not know of cannot be known.
INSERT INTO transition (old, new) VALUES ('pending', 'unknown'), ('deferred', 'unknown');

-- A crash is an attempt that ended in doubt; earlier versions did not write it down.
INSERT INTO attempt (run, issue, row, at, outcome, reply)
  SELECT coalesce((SELECT max(id) FROM run WHERE run.issue = d.issue), 0), d.issue, d.row, coalesce(d.changed_at, 0), 'unknown',
    'the program ended before the relay answered'
  FROM delivery d WHERE d.state = 'unknown' AND d.reason = 'crash';
-- A run that left letters in doubt has not ended.
UPDATE run SET ended = NULL WHERE issue IN (SELECT issue FROM delivery WHERE state = 'attempting');

-- Every state that an attempt leads to has that attempt.
CREATE TRIGGER delivery_has_its_attempt AFTER UPDATE OF state ON delivery
WHEN NEW.state IN ('sent', 'failed', 'deferred', 'unknown', 'pending') AND NEW.state IS NOT
  (SELECT outcome FROM attempt WHERE issue = NEW.issue AND row = NEW.row ORDER BY seq DESC LIMIT 1)
BEGIN
  SELECT RAISE(ABORT, 'a recipient cannot change state without an attempt that says so');
END;
CREATE TRIGGER attempt_has_an_outcome BEFORE INSERT ON attempt
WHEN NEW.outcome NOT IN ('sent', 'failed', 'deferred', 'unknown', 'pending')
BEGIN
  SELECT RAISE(ABORT, 'an attempt has an outcome');
END;

-- Nobody is born sent, and nobody of a plan is forgotten or becomes somebody else. A plan has its hash once it is sealed.
CREATE TRIGGER delivery_begins BEFORE INSERT ON delivery WHEN NEW.state NOT IN ('pending', 'skipped')
BEGIN
  SELECT RAISE(ABORT, 'a recipient begins as pending or skipped');
END;
CREATE TRIGGER delivery_stays BEFORE UPDATE OF issue, row ON delivery
BEGIN
  SELECT RAISE(ABORT, 'a recipient keeps its place');
END;
CREATE TRIGGER delivery_is_kept BEFORE DELETE ON delivery WHEN (SELECT plan_hash FROM issue WHERE id = OLD.issue) <> ''
BEGIN
  SELECT RAISE(ABORT, 'a recipient of a plan is never forgotten');
END;
CREATE TRIGGER recipient_stays BEFORE UPDATE ON recipient
BEGIN
  SELECT RAISE(ABORT, 'a recipient of a plan never changes');
END;
CREATE TRIGGER recipient_is_kept BEFORE DELETE ON recipient WHEN (SELECT plan_hash FROM issue WHERE id = OLD.issue) <> ''
BEGIN
  SELECT RAISE(ABORT, 'a recipient of a plan is never forgotten');
END;
CREATE TRIGGER issue_stays BEFORE UPDATE OF id, slug, digest, pinned, released_at ON issue
BEGIN
  SELECT RAISE(ABORT, 'an issue keeps its bytes');
END;
CREATE TRIGGER issue_is_kept BEFORE DELETE ON issue
BEGIN
  SELECT RAISE(ABORT, 'an issue is never forgotten');
END;
