"""Reads what a hub that ended has left behind, row by row, and says what is half there."""

import contextlib
import hashlib
import pathlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator

INCIDENT, DELIVERY, AGREEMENT = 1, 2, 3
# Of a row of the key log: kind, space, key, value.
KEY_ENTRY, KEY = 26, slice(2, 18)
REQUEST_REF_TAG = bytes([15 << 3 | 2, 16])

# Each finds rows that lack their other half.
HALVES = {
    "an item without its version": "SELECT o.id FROM objects o LEFT JOIN incident_versions v ON v.id = o.head "
    f"WHERE o.kind = {INCIDENT} AND (v.id IS NULL OR v.object_id <> o.id)",
    "a version without its item": "SELECT v.id FROM incident_versions v LEFT JOIN objects o ON o.id = v.object_id "
    "WHERE o.id IS NULL",
    "a version without the one before it": "SELECT v.id FROM incident_versions v LEFT JOIN incident_versions p "
    "ON p.id = v.previous WHERE v.previous <> 0 AND (p.id IS NULL OR p.object_id <> v.object_id)",
    "an item without a change entry": "SELECT id FROM objects WHERE id NOT IN (SELECT object_id FROM change_log) "
    f"AND kind = {INCIDENT}",
    "a change entry without its object": "SELECT position FROM change_log c LEFT JOIN objects o ON o.id = c.object_id "
    "WHERE o.id IS NULL AND c.object_id <> 0",
    "a copy without its label": "SELECT d.id FROM deliveries d LEFT JOIN objects o ON o.id = d.id "
    f"WHERE o.id IS NULL OR o.kind <> {DELIVERY}",
    "a label without its copy": f"SELECT o.id FROM objects o LEFT JOIN deliveries d ON d.id = o.id "
    f"WHERE o.kind = {DELIVERY} AND d.id IS NULL",
    "a copy without its release": "SELECT d.id FROM deliveries d LEFT JOIN releases r ON r.id = d.release_id "
    "LEFT JOIN released_contents c ON c.id = d.content_id WHERE r.id IS NULL OR c.id IS NULL",
    "a shared item without a copy": f"SELECT id FROM objects WHERE kind = {INCIDENT} AND state = 3 "
    "AND id NOT IN (SELECT incident_id FROM deliveries)",
    "a copy that is readable though its item was retracted": "SELECT d.id FROM deliveries d JOIN objects o "
    "ON o.id = d.incident_id WHERE o.state = 5 AND (d.wrapped_key IS NOT NULL OR d.tombstone_time IS NULL)",
}
# Numbers that must run from the first without gaps.
SEQUENCES = {"change_log": "position", "audit_log": "seq", "objects": "id", "incident_versions": "id"}


@contextlib.contextmanager
def opened(folder: pathlib.Path) -> Iterator[sqlite3.Connection]:
    """A copy of the database of a hub that has ended, so that the next start finds what was left."""
    with tempfile.TemporaryDirectory() as copy:
        for name in ("samverkan.db", "samverkan.db-wal"):
            if (folder / "db" / name).exists():
                shutil.copy(folder / "db" / name, copy)
        database = sqlite3.connect(pathlib.Path(copy) / "samverkan.db")
        try:
            yield database
        finally:
            database.close()


def faults(database: sqlite3.Connection) -> Iterator[str]:
    """What is not whole."""
    for (line,) in database.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"the file: {line}"
    for what, query in HALVES.items():
        rows = database.execute(query).fetchall()
        if rows:
            yield f"{what}: {rows[:5]}"
    for table, column in SEQUENCES.items():
        first, last, count = database.execute(f"SELECT min({column}), max({column}), count(*) FROM {table}").fetchone()
        if count and (first != 1 or last != count):
            yield f"{table} has gaps: {first} to {last}, {count} rows"
    yield from _log_faults(database)
    yield from _key_faults(database)


def _log_faults(database: sqlite3.Connection) -> Iterator[str]:
    """Each tree counts its leaves without gaps, each leaf's hash is its record's, each remembered act has its leaf."""
    trees: dict[int, int] = {}
    references = set()
    for seq, tree, index, digest, record in database.execute(
        "SELECT seq, tree, idx, hash, record FROM audit_log ORDER BY seq"
    ):
        if index != trees.setdefault(tree, 0):
            yield f"row {seq} of the log has index {index} in tree {tree}, not {trees[tree]}"
        trees[tree] += 1
        if hashlib.sha256(b"\0" + record).digest() != digest:
            yield f"row {seq} of the log has another record's hash"
        at = record.find(REQUEST_REF_TAG)
        while at >= 0:
            references.add(record[at + 2 : at + 18])
            at = record.find(REQUEST_REF_TAG, at + 1)
    for number, key in database.execute("SELECT id, key FROM requests"):
        if key not in references:
            yield f"request {number} is remembered and has no leaf"


def _key_faults(database: sqlite3.Connection) -> Iterator[str]:
    """Every item is found by its name."""
    keys = {key for (key,) in database.execute("SELECT key FROM keys")}
    for (entries,) in database.execute("SELECT entries FROM key_log"):
        keys |= {entries[at:][KEY] for at in range(0, len(entries), KEY_ENTRY)}
    for (name,) in database.execute(f"SELECT name FROM objects WHERE kind IN ({INCIDENT}, {DELIVERY})"):
        if bytes.fromhex(name.rsplit("/", 1)[1].replace("-", "")) not in keys:
            yield f"{name} is not found by its name"


def feed_of(database: sqlite3.Connection, unit: str) -> list[str]:
    """The names in a unit's feed in the order of commit."""
    names = dict(database.execute("SELECT id, name FROM objects"))
    feed = []
    for (targets,) in database.execute("SELECT targets FROM change_log ORDER BY position"):
        for target in targets.splitlines():
            kind, number, of = target.split(" ")
            if of == unit and int(kind) in (INCIDENT, DELIVERY):
                feed.append(names[int(number)])
    return feed
