#!/usr/bin/env python3
"""What a hub says of its own health when its log was altered behind its back, and what a hangup does to it."""

import contextlib
import pathlib
import signal
import sqlite3
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from hub_world import HubTest  # noqa: E402

SEES_SECONDS = 30


class HubHealthTest(HubTest):
    def metrics(self) -> str:
        # Whatever proxy the machine has, this is for its own loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.hub.metrics_port}/metrics") as answer:
            return answer.read().decode()

    def await_healthy(self, value: int) -> None:
        deadline = time.monotonic() + SEES_SECONDS
        while f"samverkan_healthy {value}" not in self.metrics():
            self.assertLess(time.monotonic(), deadline, self.log_text()[-2000:])

    def test_a_log_that_cannot_be_signed_ends_it(self) -> None:
        self.restart()
        self.await_healthy(1)
        # As nobody may: beside the hub that runs. At its next start it would not come up at all.
        file = self.folder / "db" / "samverkan.db"
        with contextlib.closing(sqlite3.connect(file, timeout=SEES_SECONDS)) as database, database:
            database.execute("DELETE FROM tree_index")
        # Something to sign.
        self.cli.run("party", "get", "pol", who="hal-tryggsam")
        self.await_healthy(0)
        self.assertIn('"event":"unhealthy"', self.log_text())
        for words in (("party", "get", "pol"), ("incident", "list")):
            refused = self.cli.run(*words, who="hal-tryggsam")
            self.assertNotEqual(refused.code, 0)
            self.assertIn("NOT_READY", refused.err)
            self.assertNotIn("tree_index", refused.err)

    def test_a_hangup_ends_nothing(self) -> None:
        self.restart()
        self.hub.signal(signal.SIGHUP)
        for _ in range(3):
            self.cli.must("party", "get", "pol", who="hal-tryggsam")
        self.assertTrue(self.hub.running())
        self.hub.signal(signal.SIGTERM)
        self.assertEqual(self.hub.end(), 0)


if __name__ == "__main__":
    unittest.main()
