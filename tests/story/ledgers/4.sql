-- A ledger that postrider left in schema 4, with the plan of the story `upgrades`: killed while the fifth letter was leaving.
BEGIN TRANSACTION;
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
INSERT INTO "attempt" VALUES(1,1,1,1,1700560493801,'sent',NULL,250,'250 stored');
INSERT INTO "attempt" VALUES(2,1,1,2,1700560493805,'sent',NULL,250,'250 stored');
INSERT INTO "attempt" VALUES(3,1,1,3,1700560493807,'deferred','RCPT TO',450,'450 4.7.1 come again');
INSERT INTO "attempt" VALUES(4,1,1,4,1700560493810,'sent',NULL,250,'250 stored');
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
INSERT INTO "delivery" VALUES(1,1,'sent',NULL,1,1700560493801,1700560493801,NULL);
INSERT INTO "delivery" VALUES(1,2,'sent',NULL,1,1700560493805,1700560493805,NULL);
INSERT INTO "delivery" VALUES(1,3,'deferred',NULL,1,1700560493807,1700560493807,1700560819430);
INSERT INTO "delivery" VALUES(1,4,'sent',NULL,1,1700560493810,1700560493810,NULL);
INSERT INTO "delivery" VALUES(1,5,'attempting',NULL,0,NULL,1700560494518,NULL);
INSERT INTO "delivery" VALUES(1,6,'pending',NULL,0,NULL,NULL,NULL);
INSERT INTO "delivery" VALUES(1,7,'pending',NULL,0,NULL,NULL,NULL);
INSERT INTO "delivery" VALUES(1,8,'skipped','paused',0,NULL,NULL,NULL);
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
, secret TEXT) STRICT;
INSERT INTO "issue" VALUES(1,'tide','fcd42c41d39ab5fbe34ccb4482734682beeadc39fc5cd3440b1b3fcf84246915','37882afa88be8937cdf98983ca86dcbbb4f3059aa72216f4dec0571cbee2ca36','{"issue":{"id":"tide","subject":{"pieces":[{"Literal":"The tide turns at six"}]},"html":{"pieces":[{"Literal":"<!DOCTYPE html><html lang=\"en\" dir=\"ltr\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"x-apple-disable-message-reformatting\" content=\"\">\n<meta name=\"format-detection\" content=\"telephone=no,date=no,address=no,email=no,url=no\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n<title>The tide turns at six</title>\n<meta name=\"description\" content=\"Harbour times for the week.\">\n<!--[if mso]><noscript><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml></noscript><style>td,th,p,a,h4,h5,h6,li,blockquote{font-family:''Times New Roman'',serif;mso-line-height-rule:exactly}h1,h2,h3{font-family:''Times New Roman'',serif;mso-line-height-rule:exactly}</style><![endif]-->\n<style>\n:root{color-scheme:light dark;supported-color-schemes:light dark}\n@media (max-width:600px){\n.masthead{padding:36px 20px 0 !important}\n.cell{padding:24px 20px 32px !important}\n.footer{padding:24px 20px 48px !important}\n.title{font-size:31px !important;line-height:38px !important}\n}\n@media (prefers-color-scheme:dark){\n.page{background-color:#171512 !important}\n.masthead,.cell{background-color:#171512 !important;color:#e9e2d6 !important;border-color:#3d372f !important}\n.footer{color:#aea495 !important;border-color:#3d372f !important}\n.title{color:#e9e2d6 !important}\n.name,.link{color:#d89189 !important}\n.foot-link{color:#aea495 !important}\n}\n</style>\n</head>\n<body class=\"page\" lang=\"en\" xml:lang=\"en\" dir=\"ltr\" style=\"margin:0;padding:0;width:100%;background-color:#fbf9f4;-webkit-text-size-adjust:100%\">\n<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\" aria-hidden=\"true\">Harbour times for the week. ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏ </div>\n<div class=\"page around\" dir=\"ltr\" role=\"article\" aria-roledescription=\"email\" aria-label=\"The tide turns at six\" lang=\"en\" style=\"margin:0;padding:0;background-color:#fbf9f4;font-size:16px\">\n<!--[if mso]><table role=\"presentation\" width=\"600\" align=\"center\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->\n<table class=\"container\" role=\"presentation\" cellspacing=\"0\" width=\"100%\" align=\"center\" border=\"0\" cellpadding=\"0\" style=\"max-width:600px;margin:0 auto;border-collapse:separate\">\n<tbody><tr><td class=\"masthead\" style=\"background-color:#fbf9f4;color:#2a2520;font-family:Georgia,''Times New Roman'',serif;word-break:break-word;padding:56px 32px 0\"><p class=\"name\" style=\"margin:0 0 26px;color:#8a2f2b;font-size:17px;line-height:24px;font-style:italic\">Harbour Notes</p><h1 class=\"title\" style=\"margin:0;font-size:38px;line-height:46px;font-weight:400;letter-spacing:-0.5px\">The tide turns at six</h1></td></tr>\n<tr><td class=\"cell\" style=\"background-color:#fbf9f4;color:#2a2520;font-family:Georgia,''Times New Roman'',serif;font-size:18px;line-height:30px;word-break:break-word;padding:28px 32px 40px\">\n<p style=\"margin:0 0 20px\">Dear "},{"Slot":{"expression":"name | default(\"reader\")","place":"Html"}},{"Literal":",</p>\n<p style=\"margin:0 0 20px\">the <em>tide</em> turns at six. <a class=\"link\" href=\"https://example.org/tide\" style=\"color:#8a2f2b;text-decoration:underline\">The table</a> has more.</p>\n</td></tr>\n<tr><td class=\"footer\" style=\"color:#5b5246;font-family:Georgia,''Times New Roman'',serif;font-size:14px;line-height:22px;padding:28px 32px 64px;border-top:1px solid #dcd4c5\"><p class=\"foot\" style=\"margin:0 0 8px\">You receive this letter because you subscribed to Harbour Notes.</p><p class=\"foot\" style=\"margin:0 0 8px\"><a class=\"foot-link\" href=\""},{"Slot":{"expression":"unsubscribe_url","place":"Href"}},{"Literal":"\" style=\"color:#5b5246;text-decoration:underline\">Unsubscribe</a></p></td></tr>\n</tbody></table>\n<!--[if mso]></td></tr></table><![endif]-->\n</div>\n</body></html>\n"}]},"text":{"pieces":[{"Literal":"Harbour times for the week.\n\n\nThe tide turns at six\n=====================\n\nDear "},{"Slot":{"expression":"name | default(\"reader\")","place":"Text"}},{"Literal":",\n\nthe _tide_ turns at six. The table [1] has more.\n\n[1] https://example.org/tide\n\n\n----------------------------------------\nHarbour Notes\nYou receive this letter because you subscribed to Harbour Notes.\nUnsubscribe: "},{"Slot":{"expression":"unsubscribe_url","place":"LineEnd"}},{"Literal":"\n"}]},"from":null,"reply_to":null,"images":[],"digest":"ab18ade668a0f70cfcb033b685262a2f74c91bc83d66987ffe64f59e464974d6"},"newsletter":{"name":"Harbour Notes","from":{"name":null,"address":"notes@example.org"},"reply_to":null,"list_id":"notes.example.org","language":"en","postal_address":null,"base_url":null,"archive_url":null,"feedback_id":null,"bounce":null},"unsubscribe_url":"https://lists.example.org/u/{token}","unsubscribe_mailto":"unsubscribe@example.org"}',NULL,'38a73338cf4a20ff487f7ddf399509655b6ff0e74a70e2b0a2ebc8403dda45fd',1700560493224,'0.1.0','vincbh25w4psxutw');
CREATE TABLE lost_issue (
  slug TEXT PRIMARY KEY,
  at   INTEGER NOT NULL                -- when it was adopted
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  ledger   TEXT NOT NULL,              -- 128 random bits: tells this ledger from every other
  machine  TEXT,                       -- where it is used: a digest, or nothing before the first send
  sequence INTEGER NOT NULL            -- counts commits of senders; what a witness outside the ledger remembers
) STRICT;
INSERT INTO "meta" VALUES(1,'ea793f95dbfbeec88c1e287b7280ce3c',NULL,12);
CREATE TABLE recipient (
  issue  INTEGER NOT NULL REFERENCES issue (id),
  row    INTEGER NOT NULL,             -- list order, from 1
  line   INTEGER NOT NULL,             -- where the list has it
  email  TEXT NOT NULL,                -- empty for a row that could not be read
  key    TEXT,                         -- the canonical address
  reader TEXT,                         -- JSON: what is merged
  PRIMARY KEY (issue, row)
) STRICT, WITHOUT ROWID;
INSERT INTO "recipient" VALUES(1,1,1,'reader1@example.org','reader1@example.org','{"email":"reader1@example.org","name":"Ada"}');
INSERT INTO "recipient" VALUES(1,2,5,'reader2@example.org','reader2@example.org','{"email":"reader2@example.org","name":"Ada"}');
INSERT INTO "recipient" VALUES(1,3,9,'reader3@example.org','reader3@example.org','{"email":"reader3@example.org"}');
INSERT INTO "recipient" VALUES(1,4,12,'reader4@example.org','reader4@example.org','{"email":"reader4@example.org","name":"Ada"}');
INSERT INTO "recipient" VALUES(1,5,16,'reader5@example.org','reader5@example.org','{"email":"reader5@example.org","name":"Ada"}');
INSERT INTO "recipient" VALUES(1,6,20,'reader6@example.org','reader6@example.org','{"email":"reader6@example.org"}');
INSERT INTO "recipient" VALUES(1,7,23,'reader7@example.org','reader7@example.org','{"email":"reader7@example.org","name":"Ada"}');
INSERT INTO "recipient" VALUES(1,8,27,'reader8@example.org','reader8@example.org','{"email":"reader8@example.org","name":"Ada","status":"paused"}');
CREATE TABLE recipient_key (
  issue INTEGER NOT NULL,
  key   TEXT NOT NULL,
  row   INTEGER NOT NULL,
  PRIMARY KEY (issue, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "recipient_key" VALUES(1,'reader1@example.org',1);
INSERT INTO "recipient_key" VALUES(1,'reader2@example.org',2);
INSERT INTO "recipient_key" VALUES(1,'reader3@example.org',3);
INSERT INTO "recipient_key" VALUES(1,'reader4@example.org',4);
INSERT INTO "recipient_key" VALUES(1,'reader5@example.org',5);
INSERT INTO "recipient_key" VALUES(1,'reader6@example.org',6);
INSERT INTO "recipient_key" VALUES(1,'reader7@example.org',7);
INSERT INTO "recipient_key" VALUES(1,'reader8@example.org',8);
CREATE TABLE run (
  id      INTEGER PRIMARY KEY,
  issue   INTEGER NOT NULL,
  pid     INTEGER NOT NULL,
  host    TEXT NOT NULL,
  started INTEGER NOT NULL,
  ended   INTEGER,
  version TEXT NOT NULL
) STRICT;
INSERT INTO "run" VALUES(1,1,27163,'harbour',1700560493224,1700560493815,'0.1.0');
INSERT INTO "run" VALUES(2,1,27176,'harbour',1700560493947,NULL,'0.1.0');
CREATE TABLE suppression (
  seq      INTEGER PRIMARY KEY,
  key      TEXT NOT NULL,              -- the canonical address
  email    TEXT NOT NULL,
  reason   TEXT NOT NULL CHECK (reason IN ('unsubscribe', 'complaint', 'hard', 'manual', 'removed')),
  scope    TEXT NOT NULL,              -- the list it is about, or `*` for all
  at       INTEGER NOT NULL,           -- when it happened
  evidence TEXT
) STRICT;
INSERT INTO "suppression" VALUES(1,'reader7@example.org','reader7@example.org','manual','notes.example.org',1700560495046,NULL);
CREATE TABLE transition (old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (old, new)) STRICT, WITHOUT ROWID;
INSERT INTO "transition" VALUES('attempting','deferred');
INSERT INTO "transition" VALUES('attempting','failed');
INSERT INTO "transition" VALUES('attempting','pending');
INSERT INTO "transition" VALUES('attempting','sent');
INSERT INTO "transition" VALUES('attempting','unknown');
INSERT INTO "transition" VALUES('deferred','attempting');
INSERT INTO "transition" VALUES('deferred','deferred');
INSERT INTO "transition" VALUES('deferred','failed');
INSERT INTO "transition" VALUES('deferred','skipped');
INSERT INTO "transition" VALUES('deferred','unknown');
INSERT INTO "transition" VALUES('pending','attempting');
INSERT INTO "transition" VALUES('pending','deferred');
INSERT INTO "transition" VALUES('pending','failed');
INSERT INTO "transition" VALUES('pending','skipped');
INSERT INTO "transition" VALUES('pending','unknown');
INSERT INTO "transition" VALUES('unknown','failed');
INSERT INTO "transition" VALUES('unknown','pending');
INSERT INTO "transition" VALUES('unknown','sent');
CREATE INDEX delivery_due ON delivery (issue, next_at) WHERE state = 'deferred';
CREATE TRIGGER delivery_transition BEFORE UPDATE OF state ON delivery
WHEN NOT EXISTS (SELECT 1 FROM transition WHERE old = OLD.state AND new = NEW.state)
BEGIN
  SELECT RAISE(ABORT, 'a recipient cannot change state this way');
END;
CREATE INDEX attempt_row ON attempt (issue, row);
CREATE TRIGGER attempt_is_final BEFORE UPDATE ON attempt BEGIN SELECT RAISE(ABORT, 'an attempt is never rewritten'); END;
CREATE TRIGGER attempt_is_kept BEFORE DELETE ON attempt BEGIN SELECT RAISE(ABORT, 'an attempt is never forgotten'); END;
CREATE TRIGGER meta_is_kept BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'a ledger keeps its name'); END;
CREATE TRIGGER meta_goes_forward BEFORE UPDATE ON meta WHEN NEW.sequence < OLD.sequence OR NEW.ledger <> OLD.ledger
BEGIN
  SELECT RAISE(ABORT, 'a ledger keeps its name and counts forward');
END;
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
CREATE INDEX attempt_at ON attempt (at);
CREATE INDEX suppression_key ON suppression (key, seq);
CREATE TRIGGER suppression_is_final BEFORE UPDATE ON suppression BEGIN SELECT RAISE(ABORT, 'a suppression is never rewritten'); END;
CREATE TRIGGER suppression_is_kept BEFORE DELETE ON suppression BEGIN SELECT RAISE(ABORT, 'a suppression is never forgotten'); END;
CREATE TRIGGER issue_keeps_its_secret BEFORE UPDATE OF secret ON issue WHEN OLD.secret IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'an issue keeps its secret');
END;
COMMIT;
