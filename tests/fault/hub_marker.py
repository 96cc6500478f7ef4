"""Plants a marker in a hub's items and looks for it, and for the exact bytes of what was encrypted."""

import pathlib
import random
import sqlite3
import subprocess

import hub_database
from hub_world import BIN, HubTest

SEED = 20261123
# Enough of a blob to tell it from all others.
WINDOW = 24
CONTENT_TABLES = ("incident_versions", "released_contents", "releases")
RETRACTED = 5
SCANS_MAX = 20


def blobs(folder: pathlib.Path) -> list[tuple[str, str, bytes]]:
    """Every blob of every row, and of tables with content every row, so that its place is known."""
    found = []
    with hub_database.opened(folder) as database:
        # A version's place is its item and the version before it; other content has its row's number.
        places = dict(
            database.execute(
                "SELECT v.id, o.name || '/' || v.previous FROM incident_versions v JOIN objects o ON o.id = v.object_id"
            )
        )
        for table in _tables(database):
            for number, *row in database.execute(f"SELECT rowid, * FROM {table}"):
                place = places[number] if table == "incident_versions" else str(number)
                found += [(table, place, value) for value in row if isinstance(value, bytes) and value]
                if table in CONTENT_TABLES:
                    found.append((table, place, b"\0"))
    return found


def _tables(database: sqlite3.Connection) -> list[str]:
    """Those whose rows have a number; the others hold hashes and no content."""
    schema = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
    return [name for name, sql in schema if "WITHOUT ROWID" not in sql]


def content_of(folder: pathlib.Path, which: str = "TRUE") -> list[bytes]:
    """The encrypted blobs and wrapped keys of items that are not retracted, as they stand in the file."""
    columns = {
        "incident_versions": ("object_id", "wrapped_key", "ciphertext"),
        "released_contents": ("incident_id", "ciphertext"),
        "releases": ("incident_id", "wrapped_key", "reasons_key", "reasons"),
        "deliveries": ("incident_id", "wrapped_key"),
    }
    live = f"(SELECT id FROM objects WHERE state <> {RETRACTED} AND {which})"
    found = []
    with hub_database.opened(folder) as database:
        for table, (item, *names) in columns.items():
            for row in database.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {item} IN {live}"):
                found += [value for value in row if value is not None]
    return found


def windows(content: list[bytes]) -> set[bytes]:
    """What is searched for: pieces of each blob from its beginning, middle and end."""
    pieces = set()
    for value in content:
        for at in (0, (len(value) - WINDOW) // 2, len(value) - WINDOW):
            pieces.add(value[at : at + WINDOW])
    return pieces


class MarkedHub(HubTest):
    """A hub with items that hold a marker."""

    def setUp(self) -> None:
        super().setUp()
        chance = random.Random(SEED)
        self.marker = "zq" + "".join(chance.choices("bcdfghjklmnpqrstvwxz", k=18))

    def marked(self, *words: object) -> subprocess.Popen:
        return subprocess.Popen(
            [BIN / "hub_marker", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def plant(self, count: int) -> list[str]:
        names = self.finish(self.marked("plant", self.folder, self.marker, count)).split()
        self.assertEqual(len(names), count)
        return names

    def files_with(self, *needles: bytes) -> list[str]:
        """Files of the hub that hold any of these bytes."""
        found = []
        for path in (self.hub.log, *(self.folder / "db").iterdir(), *(self.folder / "guard").iterdir()):
            content = path.read_bytes()
            if any(needle in content for needle in needles):
                found.append(path.name)
        return found

    def opened_with_marker(self) -> int:
        """How many plaintexts hold the marker, of all that any key opens; the hub has ended."""
        lines = "".join(f"{table} {place} {value.hex()}\n" for table, place, value in blobs(self.folder))
        done = subprocess.run(
            [BIN / "hub_marker", "open", self.folder / "pki" / "hub" / "hub.keys"],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertRegex(done.stderr, r"[1-9]\d* keys")
        return sum(self.marker.encode() in bytes.fromhex(line) for line in done.stdout.split())

    def until_purged(self, pieces: set[bytes]) -> None:
        """The log of the database is emptied soon after a retraction, not in its transaction."""
        for _ in range(SCANS_MAX):
            left = self.files_with(*pieces)
            if not left:
                return
        self.fail(f"destroyed content is still in {left}")
