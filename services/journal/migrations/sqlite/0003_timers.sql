-- What the hub does by itself at an instant. A row goes in the transaction of what it brought about.
CREATE TABLE timers (
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  due INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX timers_by_due ON timers (kind, due);
