"""Kills a program that writes through the embedded engine, in every way a machine can stop, and looks at what is left.

Throughout: every acknowledged record is there, none is half there, and the program opens what it finds.
"""

import os
import random
import signal
import subprocess
import tempfile
import unittest

BIN = os.environ["SAMVERKAN_BIN"]
WRITER = os.path.join(BIN, "crash_writer")
LAYER = os.path.join(BIN, "libunsynced.so")
LONG = bool(os.environ.get("SAMVERKAN_LONG"))

FAILPOINTS = [
    "storage.before_flush",
    "storage.after_flush",
    "storage.before_commit",
    "storage.after_commit",
    "storage.before_sync",
    "storage.after_sync",
    "storage.before_checkpoint",
    "storage.after_checkpoint",
    "storage.mid_key_merge",
    "storage.after_key_merge",
]
IO_ERROR_EXIT = 74


class StorageCrashTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.database = os.path.join(self.directory, "hub.db")
        self.acknowledged = 0

    def environment(self, layer=True, **settings):
        environment = dict(os.environ)
        if layer:
            environment["LD_PRELOAD"] = LAYER
            environment["SAMVERKAN_UNSYNCED_DIR"] = self.directory
        environment.update({name: str(value) for name, value in settings.items()})
        return environment

    def start(self, *arguments, **settings):
        return subprocess.Popen(
            [WRITER, *map(str, arguments)],
            env=self.environment(**settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def write(self, count=100000, kill_after=None, **settings):
        """Writes until the process ends or kill_after acknowledgements were read. Returns exit code and counts."""
        with self.start("write", self.database, count, **settings) as process:
            acknowledged = full = 0
            for line in process.stdout:
                word, _, number = line.strip().partition(" ")
                if word == "holds":
                    self.assertGreaterEqual(int(number), self.acknowledged, "an acknowledged record is lost")
                elif word == "full":
                    full += 1
                elif word == "ack":
                    acknowledged += 1
                    self.acknowledged = max(self.acknowledged, int(number))
                if kill_after is not None and acknowledged >= kill_after:
                    process.kill()
                    kill_after = None
            process.wait()
            self.assertNotIn(process.returncode, (2, 3), process.stderr.read())
            return process.returncode, acknowledged, full

    def check(self, **settings):
        """Opens what is left; returns how many records it holds, all of them whole."""
        with self.start("check", self.database, **settings) as process:
            output, errors = process.communicate()
        self.assertEqual(process.returncode, 0, errors)
        held = int(output.split()[1])
        self.assertGreaterEqual(held, self.acknowledged, "an acknowledged record is lost")
        return held

    def test_the_layer_loses_what_was_not_synced(self):
        path = os.path.join(self.directory, "plain")
        for layer, left in ((True, b"kept"), (False, b"keptlost")):
            with self.start("file", path, layer=layer) as process:
                self.assertEqual(process.stdout.readline(), "written\n")
                process.kill()
            with open(path, "rb") as file:
                self.assertEqual(file.read(), left)
            os.remove(path)

    def test_a_disk_that_lies_is_noticed_by_these_tests(self):
        self.write(count=50)
        self.write(kill_after=500, SAMVERKAN_UNSYNCED_LIE=1)
        with self.start("check", self.database) as process:
            output, _ = process.communicate()
        held = int(output.split()[1]) if process.returncode == 0 else 0
        self.assertLess(held, self.acknowledged)

    def test_kill_at_random_moments(self):
        chance = random.Random(20261122)
        for _ in range(200 if LONG else 25):
            code, _, _ = self.write(
                kill_after=chance.randrange(1, 1500),
                layer=chance.random() < 0.8,
                SAMVERKAN_UNSYNCED_TEAR=chance.randrange(1 << 30),
            )
            self.assertEqual(code, -signal.SIGKILL)
        self.check()

    def test_kill_at_every_failpoint(self):
        for point in FAILPOINTS:
            for count in (1, 2, 7) if not LONG else range(1, 30):
                with self.subTest(point=point, count=count):
                    code, _, _ = self.write(SAMVERKAN_FAILPOINT=f"{point}:{count}", SAMVERKAN_UNSYNCED_TEAR=count)
                    self.assertEqual(code, -signal.SIGKILL, f"{point} was not reached")
        self.check()

    def test_kill_in_the_middle_of_a_sync(self):
        for number in range(1, 200 if LONG else 40):
            with self.subTest(number=number):
                code, _, _ = self.write(SAMVERKAN_UNSYNCED_KILL_AT_SYNC=number, SAMVERKAN_UNSYNCED_TEAR=number)
                self.assertEqual(code, -signal.SIGKILL)
        self.check()

    def test_kill_while_migrating(self):
        # The first migration, undone and done; the second, undone and done.
        for point in ("storage.mid_migration", "storage.after_migration") * 2:
            with self.start("check", self.database, SAMVERKAN_FAILPOINT=point) as process:
                process.communicate()
            self.assertEqual(process.returncode, -signal.SIGKILL, point)
        self.assertEqual(self.check(), 0)
        self.write(count=100)
        self.assertEqual(self.check(), 100)

    def test_a_failed_sync_ends_the_process_and_is_never_tried_again(self):
        self.write(count=100)
        for number in (12, 30, 31, 32, 33, 60):
            with self.subTest(number=number):
                code, acknowledged, _ = self.write(SAMVERKAN_UNSYNCED_FAIL_SYNC=number)
                self.assertEqual(code, IO_ERROR_EXIT)
                self.assertGreater(acknowledged, 0)
                self.check()

    def test_a_full_disk_refuses_and_keeps_what_was_acknowledged(self):
        self.write(count=100)
        code, acknowledged, full = self.write(count=3000, SAMVERKAN_UNSYNCED_SPACE=600_000)
        self.assertEqual(code, 0)
        self.assertGreater(acknowledged, 0)
        self.assertGreater(full, 0)
        self.assertEqual(self.check(), self.acknowledged)
        _, acknowledged, full = self.write(count=100)
        self.assertEqual((acknowledged, full), (100, 0))

    def test_a_second_process_is_refused_and_told_why(self):
        with self.start("write", self.database, 1_000_000, layer=False) as first:
            first.stdout.readline()
            with self.start("check", self.database, layer=False) as second:
                _, errors = second.communicate()
            self.assertEqual(second.returncode, 2)
            self.assertIn(f"in use by another process (pid {first.pid})", errors)
            first.kill()
            first.stdout.read()


if __name__ == "__main__":
    unittest.main()
