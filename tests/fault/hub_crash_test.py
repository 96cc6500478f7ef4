"""Kills the real hub under load over mutual TLS, in every way a machine can stop, and holds it to what it promised.

After each end: what was left is whole, row by row; it starts soon; everything that was acknowledged is there as it was
acknowledged, and a repeat does nothing twice; what was not acknowledged is there whole or not at all; the log verifies
offline and continues the checkpoint given away before; a watcher goes on from its token without loss or repeat.
"""

import pathlib
import random
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import hub_database  # noqa: E402
from hub_world import LONG, HubTest, Stop  # noqa: E402

DISTRICT = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal"
SEED = 20261122
FAILPOINTS = (
    "storage.before_flush",
    "storage.after_flush",
    "storage.before_commit",
    "storage.after_commit",
    "storage.before_sync",
    "storage.after_sync",
)
# Reached when the write-ahead log has grown by 4,000 pages, which takes some thousand acts.
RARE_FAILPOINTS = ("storage.before_checkpoint", "storage.after_checkpoint")
# What an actor may do at most until the kill.
PLENTY = 100_000


class HubCrashTest(HubTest):
    def setUp(self) -> None:
        super().setUp()
        self.run_number = 0
        self.slowest = 0.0
        self.acknowledged = 0

    def load(self, kill_after: int | None = None, most: int = PLENTY) -> None:
        """People and a system at work until the hub ends: killed after so many answers, or by itself."""
        self.run_number += 1
        watch = self.client("watch", self.feed)
        assert watch.stdout is not None
        if watch.stdout.readline() != "watching\n" and self.hub.running():
            self.fail(f"nobody watches: {watch.communicate()[1]}")
        load = self.client("run", self.ledger, self.run_number, most)
        assert load.stdout is not None
        answers = 0
        for line in load.stdout:
            answers += line == "ack\n"
            if kill_after is not None and answers >= kill_after:
                self.hub.kill()
                kill_after = None
        self.acknowledged += answers
        self.finish(load)
        if kill_after is None:
            self.finish(watch)
        else:
            watch.kill()
            watch.communicate()

    def inspect(self) -> None:
        """What the hub left, and what it holds once it runs again."""
        with hub_database.opened(self.folder) as database:
            self.assertEqual(list(hub_database.faults(database)), [])
        self.slowest = max(self.slowest, self.restart())
        self.check()

    def conclude(self) -> None:
        self.verify_log()
        self.hub.stop()
        self.restart()
        self.finish(self.client("watch", self.feed, "synced"))
        self.hub.stop()
        lines = self.feed.read_text(encoding="ascii").splitlines()
        seen = [line for line in lines if not line.startswith("token ")]
        with hub_database.opened(self.folder) as database:
            self.assertEqual(list(hub_database.faults(database)), [])
            self.assertEqual(seen, hub_database.feed_of(database, DISTRICT))
        print(
            f"{self._testMethodName}: {self.run_number} ends, {self.acknowledged} answers, "
            f"slowest restart {self.slowest:.2f} s",
            file=sys.stderr,
        )

    def test_kill_at_random_moments(self) -> None:
        chance = random.Random(SEED)
        for number in range(300 if LONG else 8):
            with self.subTest(number=number):
                layer, tear = chance.random() < 0.8, chance.randrange(1 << 30)
                self.slowest = max(self.slowest, self.restart(layer=layer, SAMVERKAN_UNSYNCED_TEAR=tear))
                self.load(kill_after=chance.randrange(1, 800))
                self.inspect()
                if LONG or number % 3 == 0:
                    self.verify_log()
                self.hub.kill()
        self.restart()
        self.conclude()

    def test_a_disk_that_lies_is_noticed_by_these_tests(self) -> None:
        self.restart(layer=True, SAMVERKAN_UNSYNCED_LIE=1)
        self.load(kill_after=100)
        self.restart()
        check = self.client("check", self.ledger)
        _, errors = check.communicate()
        self.assertEqual(check.returncode, 3)
        self.assertIn("was done a second time", errors)

    def start_to_fail(self, **settings: object) -> bool:
        """Starts it with a fault to come; False where that comes before it serves."""
        try:
            self.hub.start(layer=True, **settings)
        except Stop:
            self.hub.end()
            return False
        return True

    def fail_at(self, code: int, **settings: object) -> None:
        """One end by a fault that is sure to come."""
        with self.subTest(**settings):
            if self.start_to_fail(**settings):
                self.load()
            self.assertEqual(self.hub.end(), code, "the fault did not come")
            self.inspect()
            self.hub.kill()

    def test_kill_at_failpoints(self) -> None:
        chance = random.Random(SEED)
        for point in FAILPOINTS:
            for count in sorted(chance.sample(range(8, 120), 12 if LONG else 1)):
                tear = chance.randrange(1 << 30)
                self.fail_at(-signal.SIGKILL, SAMVERKAN_FAILPOINT=f"{point}:{count}", SAMVERKAN_UNSYNCED_TEAR=tear)
        for point in RARE_FAILPOINTS if LONG else ():
            self.fail_at(-signal.SIGKILL, SAMVERKAN_FAILPOINT=point)
        self.restart()
        self.conclude()

    def test_kill_at_syncs_of_each_file(self) -> None:
        chance = random.Random(SEED + 1)
        for file, last in (("samverkan.db-wal", 150), ("samverkan.db", 8), ("hub.guard", 4)):
            for when in ("AT", "AFTER"):
                for count in sorted(chance.sample(range(1, last), min(last - 1, 20) if LONG else 1)):
                    self.fail_at(
                        -signal.SIGKILL,
                        SAMVERKAN_UNSYNCED_FILE=file,
                        SAMVERKAN_UNSYNCED_TEAR=chance.randrange(1 << 30),
                        **{f"SAMVERKAN_UNSYNCED_KILL_{when}_SYNC": count},
                    )
        self.restart()
        self.conclude()


if __name__ == "__main__":
    unittest.main()
