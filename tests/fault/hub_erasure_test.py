"""Plants a marker wherever an item holds text, lets it be released, read, watched and corrected, retracts it, and looks
for what is left: in every file, in what every remaining key opens, and in the process.
"""

import pathlib
import random
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import hub_database  # noqa: E402
from hub_world import BIN, END_SECONDS, LONG, HubTest  # noqa: E402

SEED = 20261123
ITEMS = 60 if LONG else 12
# Enough of a blob to tell it from all others.
WINDOW = 24
CONTENT_TABLES = ("incident_versions", "released_contents", "releases")
RETRACTED = 5
# No message to a watcher holds it more often.
MESSAGE = 100
# Freed memory is overwritten at once: what is found then is still held.
OVERWRITE_FREED = "glibc.malloc.tcache_count=0:glibc.malloc.perturb=85"
SCANS_MAX = 20


def blobs(folder: pathlib.Path) -> list[tuple[str, int, bytes]]:
    """Every blob of every row, and of tables with content every row, so that its place is known."""
    found = []
    with hub_database.opened(folder) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for number, *row in database.execute(f"SELECT rowid, * FROM {table}") if _has_rowid(database, table) else []:
                found += [(table, number, value) for value in row if isinstance(value, bytes) and value]
                if table in CONTENT_TABLES:
                    found.append((table, number, b"\0"))
    return found


def _has_rowid(database, table: str) -> bool:
    (sql,) = database.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [table]).fetchone()
    return "WITHOUT ROWID" not in sql


def content_of(folder: pathlib.Path) -> list[bytes]:
    """The encrypted blobs and wrapped keys of items that are not retracted, as they stand in the file."""
    columns = {
        "incident_versions": ("object_id", "wrapped_key", "ciphertext"),
        "released_contents": ("incident_id", "ciphertext"),
        "releases": ("incident_id", "wrapped_key", "reasons_key", "reasons"),
        "deliveries": ("incident_id", "wrapped_key"),
    }
    live = f"(SELECT id FROM objects WHERE state <> {RETRACTED})"
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


class HubErasureTest(HubTest):
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
        lines = "".join(f"{table} {number} {value.hex()}\n" for table, number, value in blobs(self.folder))
        done = subprocess.run(
            [BIN / "hub_marker", "open", self.folder / "pki" / "hub" / "hub.keys"],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertRegex(done.stderr, r"[1-9]\d* keys")
        return sum(self.marker.encode() in bytes.fromhex(line) for line in done.stdout.split())

    def in_memory(self) -> int:
        """How often the marker stands in the running hub's memory."""
        found = 0
        maps = pathlib.Path(f"/proc/{self.hub.pid}/maps").read_text(encoding="utf-8").splitlines()
        with open(f"/proc/{self.hub.pid}/mem", "rb", buffering=0) as memory:
            for line in maps:
                begin, end = (int(part, 16) for part in line.split(" ")[0].split("-"))
                if " rw" not in line or "[v" in line:
                    continue
                memory.seek(begin)
                try:
                    found += memory.read(end - begin).count(self.marker.encode())
                except OSError:
                    continue  # Gone meanwhile.
        return found

    def until_purged(self, pieces: set[bytes]) -> None:
        """The log of the database is emptied soon after a retraction, not in its transaction."""
        for _ in range(SCANS_MAX):
            left = self.files_with(*pieces)
            if not left:
                return
        self.fail(f"destroyed content is still in {left}")

    def until_forgotten(self, below: int) -> int:
        """How often the marker stands in memory once what was under way has ended."""
        for _ in range(SCANS_MAX):
            if (found := self.in_memory()) < below:
                break
        return found

    def test_nothing_is_left_of_what_was_retracted(self) -> None:
        self.restart()
        watch = self.client("watch", self.feed)
        assert watch.stdout is not None
        self.assertEqual(watch.stdout.readline(), "watching\n")
        names = self.plant(ITEMS)
        self.assertEqual(self.files_with(self.marker.encode()), [], "content stands in plain text")
        self.hub.stop()
        self.finish(watch)
        self.assertGreaterEqual(self.opened_with_marker(), 4 * ITEMS, "the search finds what is there")
        pieces = windows(content_of(self.folder))
        self.assertEqual(self.files_with(*pieces), ["samverkan.db"])
        self.restart()
        random.Random(SEED).shuffle(names)
        retracted = self.finish(self.marked("retract", self.folder, *names)).splitlines()
        self.assertEqual(len(retracted), ITEMS)
        self.until_purged(pieces)
        self.assertEqual(self.files_with(self.marker.encode()), [])
        self.hub.stop()
        self.assertEqual(self.files_with(self.marker.encode(), *pieces), [])
        self.assertEqual(self.opened_with_marker(), 0)
        with hub_database.opened(self.folder) as database:
            self.assertEqual(list(hub_database.faults(database)), [])

    def test_the_running_hub_holds_nothing_of_what_was_retracted(self) -> None:
        self.restart(GLIBC_TUNABLES=OVERWRITE_FREED)
        watch = self.client("watch", self.feed)
        assert watch.stdout is not None
        self.assertEqual(watch.stdout.readline(), "watching\n")
        names = self.plant(ITEMS)
        self.assertGreater(self.in_memory(), 0, "rendered for the watcher")
        self.finish(self.marked("retract", self.folder, *names))
        # What a connection was sent last may stand in gRPC's buffer of it until it is overwritten or closed.
        self.assertLess(self.until_forgotten(below=MESSAGE), MESSAGE)
        watch.kill()
        watch.communicate()
        self.assertEqual(self.until_forgotten(below=1), 0)

    def test_what_was_acknowledged_as_retracted_stays_gone_after_a_kill(self) -> None:
        chance = random.Random(SEED)
        for number in range(40 if LONG else 4):
            with self.subTest(number=number):
                self.restart()
                names = self.plant(4)
                self.hub.stop()
                pieces = windows(content_of(self.folder))
                self.restart(layer=True, SAMVERKAN_UNSYNCED_TEAR=chance.randrange(1 << 30))
                retract = self.marked("retract", self.folder, *names)
                assert retract.stdout is not None
                for _ in range(chance.randrange(1, 5)):
                    retract.stdout.readline()
                self.hub.signal(signal.SIGKILL)
                self.hub.end()
                out, _ = retract.communicate(timeout=END_SECONDS)
                self.restart()
                # Whoever was not told sends it again.
                self.finish(self.marked("retract", self.folder, *names))
                self.until_purged(pieces)
                self.hub.kill()
                self.assertEqual(self.opened_with_marker(), 0)


if __name__ == "__main__":
    unittest.main()
