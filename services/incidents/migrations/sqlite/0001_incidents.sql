-- One row per version of an item, in order of arrival; the newest is named by objects.head. Both blobs are NULL
-- once the version is destroyed.
CREATE TABLE incident_versions (
  id INTEGER PRIMARY KEY,
  object_id INTEGER NOT NULL,
  previous INTEGER NOT NULL,
  time INTEGER NOT NULL,
  wrapped_key BLOB,
  ciphertext BLOB
) STRICT;

-- One row per revision and projection that was disclosed.
CREATE TABLE released_contents (
  id INTEGER PRIMARY KEY,
  incident_id INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  hash BLOB NOT NULL,
  ciphertext BLOB
) STRICT;

CREATE INDEX released_contents_by_incident ON released_contents (incident_id);

CREATE TABLE releases (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  incident_id INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  content_id INTEGER NOT NULL,
  clause TEXT NOT NULL,
  clause_version INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  legal_code TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  time INTEGER NOT NULL,
  -- The content's key, wrapped for the originator; the reasons, with a key of their own.
  wrapped_key BLOB,
  reasons_key BLOB,
  reasons BLOB
) STRICT;
CREATE INDEX releases_by_incident ON releases (incident_id, id);

-- A received copy; shares its id with objects.
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  incident_id INTEGER NOT NULL,
  release_id INTEGER NOT NULL,
  content_id INTEGER NOT NULL,
  unit TEXT NOT NULL,
  originator_unit TEXT NOT NULL,
  clause TEXT NOT NULL,
  clause_version INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  onward INTEGER NOT NULL,
  deliver_time INTEGER NOT NULL,
  first_open_time INTEGER,
  acknowledge_time INTEGER,
  correction_withheld INTEGER NOT NULL DEFAULT 0,
  supersedes INTEGER NOT NULL DEFAULT 0,
  superseded_by INTEGER NOT NULL DEFAULT 0,
  tombstone_reason TEXT,
  tombstone_time INTEGER,
  -- The content's key, wrapped for the holder's party.
  wrapped_key BLOB
) STRICT;
CREATE INDEX deliveries_by_incident ON deliveries (incident_id, id);
