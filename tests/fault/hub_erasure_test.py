"""Plants a marker wherever an item holds text, lets it be released, read, watched and corrected, retracts it, and looks
for what is left: in every file, in what every remaining key opens, and in the process.
"""

import pathlib
import random
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import hub_database  # noqa: E402
from hub_marker import SCANS_MAX, SEED, MarkedHub, content_of, windows  # noqa: E402
from hub_world import END_SECONDS, LONG  # noqa: E402

ITEMS = 60 if LONG else 12
# Freed memory is overwritten at once: what is found then is still held.
OVERWRITE_FREED = "glibc.malloc.tcache_count=0:glibc.malloc.perturb=85"
# No message to a watcher holds the marker more often.
MESSAGE = 100


class HubErasureTest(MarkedHub):
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
                guard = (self.folder / "guard" / "hub.guard").read_text(encoding="ascii")
                for name in names:
                    self.assertIn(f"sealed {name.rsplit('/', 1)[1].replace('-', '')} ", guard)


if __name__ == "__main__":
    unittest.main()
