-- Shares its id with objects.
CREATE TABLE agreements (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  record BLOB NOT NULL
) STRICT;
