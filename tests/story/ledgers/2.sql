-- A ledger that postrider left in schema 2, with the plan of the story `upgrades`: killed while the fifth letter was leaving.
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
INSERT INTO "attempt" VALUES(1,1,1,1,1700559798818,'sent',NULL,250,'250 stored');
INSERT INTO "attempt" VALUES(2,1,1,2,1700559798868,'sent',NULL,250,'250 stored');
INSERT INTO "attempt" VALUES(3,1,1,3,1700559798889,'deferred','RCPT TO',450,'450 4.7.1 come again');
INSERT INTO "attempt" VALUES(4,1,1,4,1700559798917,'sent',NULL,250,'250 stored');
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
INSERT INTO "delivery" VALUES(1,1,'sent',NULL,1,1700559798818,1700559798818,NULL);
INSERT INTO "delivery" VALUES(1,2,'sent',NULL,1,1700559798868,1700559798868,NULL);
INSERT INTO "delivery" VALUES(1,3,'deferred',NULL,1,1700559798889,1700559798889,1700560124512);
INSERT INTO "delivery" VALUES(1,4,'sent',NULL,1,1700559798917,1700559798917,NULL);
INSERT INTO "delivery" VALUES(1,5,'attempting',NULL,0,NULL,1700559799034,NULL);
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
) STRICT;
INSERT INTO "issue" VALUES(1,'tide','76a078c905f4006b5cb1b29d8b3793ef540e37e96b699835203f7d14ca778c97','8744e022ce4d8aad17d05623b76aacd695726a1184671197da12aef450a4fd6b','{"issue":{"id":"tide","subject":{"pieces":[{"Literal":"The tide turns at six"}]},"html":{"pieces":[{"Literal":"<!DOCTYPE html><html lang=\"en\" dir=\"ltr\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"x-apple-disable-message-reformatting\" content=\"\">\n<meta name=\"format-detection\" content=\"telephone=no,date=no,address=no,email=no,url=no\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n<title>The tide turns at six</title>\n<meta name=\"description\" content=\"Harbour times for the week.\">\n<!--[if mso]><noscript><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml></noscript><style>td,th,p,a,h1,h2,h3,h4,h5,h6,li,blockquote{font-family:Arial,sans-serif;mso-line-height-rule:exactly}</style><![endif]-->\n<style>\n:root{color-scheme:light dark;supported-color-schemes:light dark}\n@media (max-width:600px){\n.masthead{padding:28px 20px 0 !important}\n.cell{padding:20px 20px 32px !important}\n.footer{padding:24px 20px 40px !important}\n.title{font-size:28px !important;line-height:35px !important}\n}\n@media (prefers-color-scheme:dark){\n.page{background-color:#131211 !important}\n.masthead,.cell{background-color:#1d1b19 !important;color:#e8e3da !important}\n.masthead{border-top-color:#3f9d8d !important}\n.name,.link{color:#7fd0c0 !important}\n.quote{color:#bdb6ab !important;border-left-color:#3d5650 !important}\n.alert{background-color:#20302c !important;color:#e8e3da !important;border-left-color:#3f9d8d !important}\n.warning{background-color:#36271d !important;border-left-color:#d98448 !important}\n.code{background-color:#2a2724 !important;color:#e8e3da !important}\n.cell-head{border-bottom-color:#57514a !important}\n.cell-data{border-bottom-color:#38342f !important}\n.rule{border-top-color:#3a3631 !important}\n.h5,.h6,.caption,.picture,.footer,.foot-link{color:#a9a298 !important}\n.button{background-color:#7fd0c0 !important;color:#0d1f1b !important}\n}\n</style>\n</head>\n<body class=\"page\" lang=\"en\" xml:lang=\"en\" dir=\"ltr\" style=\"margin:0;padding:0;width:100%;background-color:#f3f0e9;-webkit-text-size-adjust:100%\">\n<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\" aria-hidden=\"true\">Harbour times for the week. ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏  ﻿͏ </div>\n<div class=\"page\" dir=\"ltr\" role=\"article\" aria-roledescription=\"email\" aria-label=\"The tide turns at six\" lang=\"en\" style=\"margin:0;padding:0;background-color:#f3f0e9;font-size:17px\">\n<!--[if mso]><table role=\"presentation\" width=\"600\" align=\"center\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->\n<table class=\"container\" role=\"presentation\" cellspacing=\"0\" width=\"100%\" align=\"center\" border=\"0\" cellpadding=\"0\" style=\"max-width:600px;margin:0 auto;border-collapse:collapse\">\n<tbody><tr><td class=\"masthead\" style=\"padding:40px 24px 0;background-color:#ffffff;border-top:4px solid #0f6b5e;color:#24221f;font-family:-apple-system, BlinkMacSystemFont, ''Segoe UI'', Roboto, Helvetica, Arial, sans-serif\"><p class=\"name\" style=\"margin:0 0 12px;color:#0f6b5e;font-size:15px;line-height:20px;font-weight:600;letter-spacing:0.3px\">Harbour Notes</p><h1 class=\"title\" style=\"margin:0;font-size:34px;line-height:41px;font-weight:700;letter-spacing:-0.5px\">The tide turns at six</h1></td></tr>\n<tr><td class=\"cell\" style=\"padding:24px 24px 40px;background-color:#ffffff;color:#24221f;font-family:-apple-system, BlinkMacSystemFont, ''Segoe UI'', Roboto, Helvetica, Arial, sans-serif;font-size:17px;line-height:28px;word-break:break-word\">\n<p style=\"margin:0 0 18px\">Dear "},{"Slot":{"expression":"name | default(\"reader\")","place":"Html"}},{"Literal":",</p>\n<p style=\"margin:0 0 18px\">the <em>tide</em> turns at six. <a class=\"link\" href=\"https://example.org/tide\" style=\"color:#0f6b5e;text-decoration:underline\">The table</a> has more.</p>\n</td></tr>\n<tr><td class=\"footer\" style=\"padding:28px 24px 48px;color:#66615a;font-family:-apple-system, BlinkMacSystemFont, ''Segoe UI'', Roboto, Helvetica, Arial, sans-serif;font-size:14px;line-height:22px\"><p class=\"foot\" style=\"margin:0 0 6px\">You receive this letter because you subscribed to Harbour Notes.</p><p class=\"foot\" style=\"margin:0 0 6px\"><a class=\"foot-link\" href=\""},{"Slot":{"expression":"unsubscribe_url","place":"Href"}},{"Literal":"\" style=\"color:#66615a;text-decoration:underline\">Unsubscribe</a></p></td></tr>\n</tbody></table>\n<!--[if mso]></td></tr></table><![endif]-->\n</div>\n</body></html>\n"}]},"text":{"pieces":[{"Literal":"Harbour times for the week.\n\n\nThe tide turns at six\n=====================\n\nDear "},{"Slot":{"expression":"name | default(\"reader\")","place":"Text"}},{"Literal":",\n\nthe _tide_ turns at six. The table [1] has more.\n\n[1] https://example.org/tide\n\n\n----------------------------------------\nHarbour Notes\nYou receive this letter because you subscribed to Harbour Notes.\nUnsubscribe: "},{"Slot":{"expression":"unsubscribe_url","place":"Text"}},{"Literal":"\n"}]},"from":null,"reply_to":null,"digest":"d558010f3334e9bd22203067dd54bc219337486b452140903dfc4ea34c999144"},"newsletter":{"name":"Harbour Notes","from":{"name":null,"address":"notes@example.org"},"reply_to":null,"list_id":"notes.example.org","language":"en","postal_address":null,"base_url":null},"unsubscribe_url":"https://lists.example.org/u/{token}","unsubscribe_mailto":"unsubscribe@example.org"}',NULL,'38a73338cf4a20ff487f7ddf399509655b6ff0e74a70e2b0a2ebc8403dda45fd',1700559798589,'0.1.0');
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
INSERT INTO "meta" VALUES(1,'f44a834a33f32263ee1d68dd1b3da88a',NULL,0);
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
INSERT INTO "run" VALUES(1,1,9878,'harbour',1700559798589,1700559798927,'0.1.0');
INSERT INTO "run" VALUES(2,1,9885,'harbour',1700559798993,NULL,'0.1.0');
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
COMMIT;
