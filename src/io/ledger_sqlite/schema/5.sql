-- Schema 5: what is asked of an issue of a million recipients without looking at each.

-- How many are in each state; changed with the rows, and recounted from them at the end of every run.
CREATE TABLE tally (
  issue      INTEGER PRIMARY KEY,
  pending    INTEGER NOT NULL,
  deferred   INTEGER NOT NULL,
  attempting INTEGER NOT NULL,
  sent       INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  skipped    INTEGER NOT NULL,
  unknown    INTEGER NOT NULL
) STRICT;
INSERT INTO tally SELECT i.id, count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'deferred'),
    count(*) FILTER (WHERE state = 'attempting'), count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'failed'),
    count(*) FILTER (WHERE state = 'skipped'), count(*) FILTER (WHERE state = 'unknown')
  FROM issue i LEFT JOIN delivery d ON d.issue = i.id GROUP BY i.id;

-- The few that are told by address.
CREATE INDEX delivery_told ON delivery (issue, row) WHERE state = 'failed' OR state = 'unknown';

-- The guards that every letter passes, as they were, but for ROLLBACK in place of ABORT: no writer goes on after one of them,
-- and a statement that may have to be undone alone costs SQLite a journal of 64 KiB each time.
DROP TRIGGER delivery_transition;
CREATE TRIGGER delivery_transition BEFORE UPDATE OF state ON delivery
WHEN NOT EXISTS (SELECT 1 FROM transition WHERE old = OLD.state AND new = NEW.state)
BEGIN
  SELECT RAISE(ROLLBACK, 'a recipient cannot change state this way');
END;
DROP TRIGGER delivery_has_its_attempt;
CREATE TRIGGER delivery_has_its_attempt AFTER UPDATE OF state ON delivery
WHEN NEW.state IN ('sent', 'failed', 'deferred', 'unknown', 'pending') AND NEW.state IS NOT
  (SELECT outcome FROM attempt WHERE issue = NEW.issue AND row = NEW.row ORDER BY seq DESC LIMIT 1)
BEGIN
  SELECT RAISE(ROLLBACK, 'a recipient cannot change state without an attempt that says so');
END;
DROP TRIGGER attempt_has_an_outcome;
CREATE TRIGGER attempt_has_an_outcome BEFORE INSERT ON attempt
WHEN NEW.outcome NOT IN ('sent', 'failed', 'deferred', 'unknown', 'pending')
BEGIN
  SELECT RAISE(ROLLBACK, 'an attempt has an outcome');
END;
DROP TRIGGER delivery_begins;
CREATE TRIGGER delivery_begins BEFORE INSERT ON delivery WHEN NEW.state NOT IN ('pending', 'skipped')
BEGIN
  SELECT RAISE(ROLLBACK, 'a recipient begins as pending or skipped');
END;
DROP TRIGGER meta_goes_forward;
CREATE TRIGGER meta_goes_forward BEFORE UPDATE ON meta WHEN NEW.sequence < OLD.sequence OR NEW.ledger <> OLD.ledger
BEGIN
  SELECT RAISE(ROLLBACK, 'a ledger keeps its name and counts forward');
END;
