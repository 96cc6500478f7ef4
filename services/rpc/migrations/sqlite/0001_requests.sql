-- What was done under each request_id in the last 24 hours; found by key through the key log.
CREATE TABLE requests (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL,
  body_hash BLOB NOT NULL,
  time INTEGER NOT NULL,
  object_id INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  detail INTEGER NOT NULL
) STRICT;
