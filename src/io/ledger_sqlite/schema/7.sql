-- Schema 7: the guards that every letter passes once more, their words compared one by one. A list after IN becomes a table
-- of its own each time it is asked for, which was half of what a letter cost here.

CREATE TABLE delivery_7 (
  issue      INTEGER NOT NULL,
  row        INTEGER NOT NULL,
  state      TEXT NOT NULL CHECK (state = 'pending' OR state = 'attempting' OR state = 'sent' OR state = 'deferred'
               OR state = 'failed' OR state = 'skipped' OR state = 'unknown'),
  reason     TEXT,                     -- class of a failure, reason of a skip, cause of a doubt
  attempts   INTEGER NOT NULL DEFAULT 0,
  first_at   INTEGER,                  -- first answered attempt
  changed_at INTEGER,
  next_at    INTEGER,                  -- deferred only
  PRIMARY KEY (issue, row)
) STRICT, WITHOUT ROWID;
INSERT INTO delivery_7 SELECT * FROM delivery;
DROP TABLE delivery; -- its indexes and triggers go with it
ALTER TABLE delivery_7 RENAME TO delivery;

CREATE INDEX delivery_due ON delivery (issue, next_at) WHERE state = 'deferred';
CREATE INDEX delivery_told ON delivery (issue, row) WHERE state = 'failed' OR state = 'unknown';

CREATE TRIGGER delivery_transition BEFORE UPDATE OF state ON delivery
WHEN NOT EXISTS (SELECT 1 FROM transition WHERE old = OLD.state AND new = NEW.state)
BEGIN
  SELECT RAISE(ROLLBACK, 'a recipient cannot change state this way');
END;
CREATE TRIGGER delivery_has_its_attempt AFTER UPDATE OF state ON delivery
WHEN NEW.state <> 'attempting' AND NEW.state <> 'skipped' AND NEW.state IS NOT
  (SELECT outcome FROM attempt WHERE issue = NEW.issue AND row = NEW.row ORDER BY seq DESC LIMIT 1)
BEGIN
  SELECT RAISE(ROLLBACK, 'a recipient cannot change state without an attempt that says so');
END;
CREATE TRIGGER delivery_begins BEFORE INSERT ON delivery WHEN NEW.state <> 'pending' AND NEW.state <> 'skipped'
BEGIN
  SELECT RAISE(ROLLBACK, 'a recipient begins as pending or skipped');
END;
CREATE TRIGGER delivery_stays BEFORE UPDATE OF issue, row ON delivery
BEGIN
  SELECT RAISE(ABORT, 'a recipient keeps its place');
END;
CREATE TRIGGER delivery_is_kept BEFORE DELETE ON delivery WHEN (SELECT plan_hash FROM issue WHERE id = OLD.issue) <> ''
BEGIN
  SELECT RAISE(ABORT, 'a recipient of a plan is never forgotten');
END;

DROP TRIGGER attempt_has_an_outcome;
CREATE TRIGGER attempt_has_an_outcome BEFORE INSERT ON attempt
WHEN NEW.outcome <> 'sent' AND NEW.outcome <> 'deferred' AND NEW.outcome <> 'failed' AND NEW.outcome <> 'unknown'
  AND NEW.outcome <> 'pending'
BEGIN
  SELECT RAISE(ROLLBACK, 'an attempt has an outcome');
END;
