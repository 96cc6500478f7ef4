"""A disk that is full or fails under the real hub, and a second process on its database.

Nothing is acknowledged that is not kept, the hub says what is wrong, and goes on or ends as it should.
"""

import pathlib
import re
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import hub_database  # noqa: E402
from hub_world import HubTest  # noqa: E402

IO_ERROR_EXIT = 74
SPACE = 400_000
# What an actor does until it has surely met the fault, and afterwards.
MANY, FEW = 60, 3
LOOKS_MAX = 2_000


class HubDiskTest(HubTest):
    def act(self, run: str, most: int) -> tuple[int, list[str]]:
        """People and a system at work; how many answers and which refusals they got."""
        lines = self.finish(self.client("run", self.ledger, run, most)).splitlines()
        return lines.count("ack"), [line for line in lines if line.startswith("no ")]

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.hub.metrics_port}/metrics") as page:
            found = re.search(rf"^{name} (\S+)$", page.read().decode(), re.MULTILINE)
        self.assertIsNotNone(found, f"{name} is not shown")
        assert found is not None
        return float(found[1])

    def until_metric(self, name: str, value: float) -> None:
        for _ in range(LOOKS_MAX):
            if self.metric(name) == value:
                return
        self.fail(f"{name} is {self.metric(name)}, not {value}")

    def inspect(self) -> None:
        with hub_database.opened(self.folder) as database:
            self.assertEqual(list(hub_database.faults(database)), [])
        self.restart()
        self.check()
        self.verify_log()

    def test_a_full_disk_refuses_and_keeps_what_was_acknowledged(self) -> None:
        self.hub.start(layer=True, SAMVERKAN_UNSYNCED_SPACE=SPACE)
        acknowledged, refused = self.act("full", MANY)
        self.assertGreater(acknowledged, 0)
        self.assertGreater(len(refused), 0, "the disk was never full")
        self.until_metric("samverkan_healthy", 0)
        self.assertTrue(self.hub.running())
        self.hub.kill()
        self.inspect()
        self.until_metric("samverkan_healthy", 1)
        acknowledged, refused = self.act("again", FEW)
        self.assertEqual(refused, [])
        self.check()

    def test_a_failed_sync_ends_the_process(self) -> None:
        for count in (30, 61):
            with self.subTest(count=count):
                self.hub.start(
                    layer=True, SAMVERKAN_UNSYNCED_FILE="samverkan.db-wal", SAMVERKAN_UNSYNCED_FAIL_SYNC=count
                )
                self.act(f"wal-{count}", MANY)
                self.assertEqual(self.hub.end(), IO_ERROR_EXIT)
                self.assertIn("ending the process, since only a restart can tell what the disk holds", self.log_text())
                self.inspect()
                self.hub.kill()

    def test_a_guard_file_that_cannot_be_synced_ends_the_process(self) -> None:
        # The first is the start's own.
        for count in (2, 3):
            with self.subTest(count=count):
                self.hub.start(layer=True, SAMVERKAN_UNSYNCED_FILE="hub.guard", SAMVERKAN_UNSYNCED_FAIL_SYNC=count)
                self.act(f"guard-{count}", MANY)
                self.assertEqual(self.hub.end(), IO_ERROR_EXIT)
                self.assertRegex(self.log_text(), "cannot sync the guard file .*; ending the process")
                self.inspect()
                self.until_metric("samverkan_log_signing", 1)
                self.hub.kill()

    def test_a_guard_file_without_room_stops_the_signing_and_nobody_for_a_while(self) -> None:
        self.hub.start(layer=True, SAMVERKAN_UNSYNCED_FILE="hub.guard", SAMVERKAN_UNSYNCED_SPACE=1)
        self.act("before", FEW)
        self.until_metric("samverkan_log_signing", 0)
        self.until_metric("samverkan_healthy", 0)
        acknowledged, refused = self.act("after", FEW)
        self.assertGreater(acknowledged, 0)
        self.assertEqual(refused, [])
        self.hub.kill()
        self.inspect()
        self.until_metric("samverkan_log_signing", 1)

    def test_a_second_process_is_refused_and_the_first_goes_on(self) -> None:
        self.restart()
        second = type(self.hub)(self.folder)
        second.log = self.folder / "second.log"
        serving = (self.folder / "client.json").read_text(encoding="utf-8")
        with self.assertRaisesRegex(Exception, rf"in use by another process \(pid {self.hub.pid}\); stop that process"):
            second.start()
        self.assertEqual(second.end(), 1)
        (self.folder / "client.json").write_text(serving, encoding="utf-8")
        acknowledged, refused = self.act("first", FEW)
        self.assertGreater(acknowledged, 0)
        self.assertEqual(refused, [])
        self.check()


if __name__ == "__main__":
    unittest.main()
