-- Schema 3: what left when, for the limits of the relay.

CREATE INDEX attempt_at ON attempt (at);
