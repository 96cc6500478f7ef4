-- Every directory the hub has decided by, in order, so that what could be seen at a past instant can be answered.
CREATE TABLE directory_versions (
  version INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  hash BLOB NOT NULL,
  bundle BLOB NOT NULL
) STRICT;
