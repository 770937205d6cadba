-- Schema 4: who is not to be mailed whatever a list says, and which secret an issue's letters are made with.

-- The last entry of an address decides; nothing is ever taken back by rewriting.
CREATE TABLE suppression (
  seq      INTEGER PRIMARY KEY,
  key      TEXT NOT NULL,              -- the canonical address
  email    TEXT NOT NULL,
  reason   TEXT NOT NULL CHECK (reason IN ('unsubscribe', 'complaint', 'hard', 'manual', 'removed')),
  scope    TEXT NOT NULL,              -- the list it is about, or `*` for all
  at       INTEGER NOT NULL,           -- when it happened
  evidence TEXT
) STRICT;
CREATE INDEX suppression_key ON suppression (key, seq);
CREATE TRIGGER suppression_is_final BEFORE UPDATE ON suppression BEGIN SELECT RAISE(ABORT, 'a suppression is never rewritten'); END;
CREATE TRIGGER suppression_is_kept BEFORE DELETE ON suppression BEGIN SELECT RAISE(ABORT, 'a suppression is never forgotten'); END;

ALTER TABLE issue ADD COLUMN secret TEXT; -- a fingerprint: Message-IDs and links of all its letters come from one secret
CREATE TRIGGER issue_keeps_its_secret BEFORE UPDATE OF secret ON issue WHEN OLD.secret IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'an issue keeps its secret');
END;
