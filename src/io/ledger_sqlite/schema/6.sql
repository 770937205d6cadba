-- Schema 6: a plan waits outside any transaction while a person is asked about it; until it has its hash it is none.

DROP TRIGGER issue_is_kept;
CREATE TRIGGER issue_is_kept BEFORE DELETE ON issue WHEN OLD.plan_hash <> ''
BEGIN
  SELECT RAISE(ABORT, 'an issue is never forgotten');
END;
