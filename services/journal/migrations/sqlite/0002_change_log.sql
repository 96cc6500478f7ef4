-- The order of everything that happens. Appended to, never changed; holds names and numbers, no content.
CREATE TABLE change_log (
  position INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  object_id INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  aux TEXT NOT NULL,
  -- One line a target: kind, object_id, unit.
  targets TEXT NOT NULL
) STRICT;
