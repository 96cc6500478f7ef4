-- What gate, explain and search may know of a thing: one row, whatever noun it is. The nouns' tables share its id.
-- Names are found through the engine's key index, so there is no other index here on the path of the acknowledgement.
CREATE TABLE objects (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  owner_unit TEXT NOT NULL,
  category TEXT NOT NULL,
  cells TEXT NOT NULL,
  tlp INTEGER NOT NULL,
  confidentiality INTEGER NOT NULL,
  parties TEXT NOT NULL,
  state INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  head INTEGER NOT NULL,
  change INTEGER NOT NULL,
  change_time INTEGER NOT NULL
) STRICT;

-- Which objects a unit owns, in order of arrival; follows `objects` in the background up to object_progress.
CREATE TABLE objects_by_owner (
  kind INTEGER NOT NULL,
  owner_unit TEXT NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY (kind, owner_unit, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE object_progress (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id INTEGER NOT NULL
) STRICT;
INSERT INTO object_progress (one, id) VALUES (1, 0);

-- One signed version of an agreement with all that decides when it is in force (samverkan.access.v1.AgreementPolicy).
CREATE TABLE agreement_policies (
  agreement TEXT NOT NULL,
  version INTEGER NOT NULL,
  policy BLOB NOT NULL,
  PRIMARY KEY (agreement, version)
) STRICT, WITHOUT ROWID;
