-- Every audit record in order of arrival, one row per tree it stands in. `hash` is the RFC 6962 leaf hash of `record`,
-- whose bytes are never changed. Written on the path of the acknowledgement; everything else here follows beside it.
CREATE TABLE audit_log (
  seq INTEGER PRIMARY KEY,
  tree INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL,
  record BLOB NOT NULL
) STRICT;

-- The trees: 0 is the hub's, the others one party's each. `size` counts the leaves that nodes and indexes cover.
CREATE TABLE audit_trees (
  tree INTEGER PRIMARY KEY,
  party TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL
) STRICT;
INSERT INTO audit_trees (tree, party, size) VALUES (0, '', 0);

-- The last row of audit_log that nodes and indexes cover.
CREATE TABLE audit_progress (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL
) STRICT;
INSERT INTO audit_progress (id, seq) VALUES (1, 0);

-- Perfect nodes at every fourth level from 4; level 0 is audit_log.hash, what lies between follows from at most
-- eight of them.
CREATE TABLE tree_nodes (
  tree INTEGER NOT NULL,
  level INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (tree, level, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE tree_index (
  tree INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (tree, idx)
) STRICT, WITHOUT ROWID;

-- Which records of a tree concern a resource.
CREATE TABLE audit_index (
  tree INTEGER NOT NULL,
  ref BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (tree, ref, seq)
) STRICT, WITHOUT ROWID;

-- The newest signed checkpoint of each tree. Older ones need not be kept: whoever has one can have it proved
-- to be continued.
CREATE TABLE tree_checkpoints (
  tree INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  note TEXT NOT NULL,
  sign_time INTEGER NOT NULL
) STRICT;
