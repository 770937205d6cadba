-- The ledger, schema 1. docs/ledger.md explains it; times are milliseconds since 1970 UTC.

CREATE TABLE issue (
  id          INTEGER PRIMARY KEY,
  slug        TEXT NOT NULL UNIQUE,
  digest      TEXT NOT NULL,           -- of `pinned`
  plan_hash   TEXT NOT NULL,
  pinned      TEXT NOT NULL,           -- JSON: what every copy is made from
  only_tag    TEXT,                    -- `--only`, part of the plan
  list_sha256 TEXT NOT NULL,           -- of the list as last read
  released_at INTEGER NOT NULL,        -- the Date of every copy
  version     TEXT NOT NULL            -- of the program that froze it
) STRICT;

-- Who is in the plan. No row changes after the plan is frozen; `--include-new` adds some.
CREATE TABLE recipient (
  issue  INTEGER NOT NULL REFERENCES issue (id),
  row    INTEGER NOT NULL,             -- list order, from 1
  line   INTEGER NOT NULL,             -- where the list has it
  email  TEXT NOT NULL,                -- empty for a row that could not be read
  key    TEXT,                         -- the canonical address
  reader TEXT,                         -- JSON: what is merged
  PRIMARY KEY (issue, row)
) STRICT, WITHOUT ROWID;

-- One row per person: filled in key order once all recipients are in, which is what makes a million cheap.
CREATE TABLE recipient_key (
  issue INTEGER NOT NULL,
  key   TEXT NOT NULL,
  row   INTEGER NOT NULL,
  PRIMARY KEY (issue, key)
) STRICT, WITHOUT ROWID;

-- What became of each.
CREATE TABLE delivery (
  issue      INTEGER NOT NULL,
  row        INTEGER NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('pending', 'deferred', 'attempting', 'sent', 'failed', 'skipped', 'unknown')),
  reason     TEXT,                     -- class of a failure, reason of a skip, cause of a doubt
  attempts   INTEGER NOT NULL DEFAULT 0,
  first_at   INTEGER,                  -- first answered attempt
  changed_at INTEGER,
  next_at    INTEGER,                  -- deferred only
  PRIMARY KEY (issue, row)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_due ON delivery (issue, next_at) WHERE state = 'deferred';

CREATE TABLE transition (old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (old, new)) STRICT, WITHOUT ROWID;
INSERT INTO transition (old, new) VALUES
  ('pending', 'skipped'), ('deferred', 'skipped'),
  -- refused before the body left
  ('pending', 'deferred'), ('pending', 'failed'), ('deferred', 'deferred'), ('deferred', 'failed'),
  -- the body may leave
  ('pending', 'attempting'), ('deferred', 'attempting'),
  ('attempting', 'sent'), ('attempting', 'deferred'), ('attempting', 'failed'),
  ('attempting', 'pending'), ('attempting', 'unknown'),
  -- a person decides
  ('unknown', 'pending'), ('unknown', 'sent'), ('unknown', 'failed');

CREATE TRIGGER delivery_transition BEFORE UPDATE OF state ON delivery
WHEN NOT EXISTS (SELECT 1 FROM transition WHERE old = OLD.state AND new = NEW.state)
BEGIN
  SELECT RAISE(ABORT, 'a recipient cannot change state this way');
END;

-- Every attempt that had an outcome and every decision of a person, never changed.
CREATE TABLE attempt (
  seq     INTEGER PRIMARY KEY,
  run     INTEGER NOT NULL,
  issue   INTEGER NOT NULL,
  row     INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  outcome TEXT NOT NULL,               -- the state it led to
  stage   TEXT,                        -- the command the reply answered
  code    INTEGER,
  reply   TEXT                         -- the relay's words, or ours
) STRICT;
CREATE INDEX attempt_row ON attempt (issue, row);
CREATE TRIGGER attempt_is_final BEFORE UPDATE ON attempt BEGIN SELECT RAISE(ABORT, 'an attempt is never rewritten'); END;
CREATE TRIGGER attempt_is_kept BEFORE DELETE ON attempt BEGIN SELECT RAISE(ABORT, 'an attempt is never forgotten'); END;

CREATE TABLE run (
  id      INTEGER PRIMARY KEY,
  issue   INTEGER NOT NULL,
  pid     INTEGER NOT NULL,
  host    TEXT NOT NULL,
  started INTEGER NOT NULL,
  ended   INTEGER,
  version TEXT NOT NULL
) STRICT;
