"""A real hub with Stockholm's directory and two agreements in force, for tests that break what it stands on."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "demo.d"))

import hub as demo_hub  # noqa: E402
from cli import Cli  # noqa: E402
from progress import Stop  # noqa: E402
from stages import Signing  # noqa: E402

BIN = pathlib.Path(os.environ["SAMVERKAN_BIN"])
LAYER = BIN / "libunsynced.so"
LOAD = BIN / "hub_load"
LONG = bool(os.environ.get("SAMVERKAN_LONG"))
AGREEMENTS = ("cen", "lok-hal-skarh")
END_SECONDS = 60
# A person waits no longer for a hub that was killed, even where the machine does other things besides.
RESTART_SECONDS = 15


def make_template(folder: pathlib.Path) -> None:
    """Keys, and a database in which the agreements are in force."""
    subprocess.run([ROOT / "deploy" / "pki" / "make_pki", folder / "pki"], check=True, stdout=subprocess.DEVNULL)
    hub = Hub(folder)
    hub.start()
    rows = subprocess.run(
        [sys.executable, "-B", ROOT / "deploy" / "data" / "make_agreements.py", "--validity", "2026-01-01"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    validity = {name: (begin, end) for name, begin, end in (row.split() for row in rows if row)}
    desk = Signing(Cli(folder))
    for agreement in AGREEMENTS:
        desk.bring_into_force(agreement, *validity[agreement])
    hub.stop()


class Hub(demo_hub.Hub):
    """As the demo runs it, with what a test needs besides."""

    def __init__(self, folder: pathlib.Path):
        super().__init__(folder, 0)
        self.folder = folder
        self.started_in = 0.0

    def start(self, layer: bool = False, **settings: object) -> float:
        """With the disk that loses what was not synced, and the faults that settings name."""
        environment = {name: str(value) for name, value in settings.items()}
        if layer:
            environment |= {"LD_PRELOAD": str(LAYER), "SAMVERKAN_UNSYNCED_DIR": str(self.folder)}
        with mock.patch.dict(os.environ, environment):
            self.started_in = super().start()
        return self.started_in

    def _write_config(self) -> None:
        super()._write_config()
        # Tests call as fast as they can.
        with open(self.folder / "hub.textproto", "a", encoding="utf-8") as config:
            config.write(
                "limits { calls_per_second_per_holder: 1000000 calls_per_second_per_party: 1000000 }\n"
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(END_SECONDS)

    def end(self) -> int:
        """Waits until it has ended by itself; its exit code."""
        assert self._process is not None
        return self._process.wait(END_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)


class HubTest(unittest.TestCase):
    """Each test has a hub's folder of its own."""

    template: tempfile.TemporaryDirectory

    @classmethod
    def setUpClass(cls) -> None:
        cls.template = tempfile.TemporaryDirectory(prefix="samverkan_fault_")
        cls.addClassCleanup(cls.template.cleanup)
        make_template(pathlib.Path(cls.template.name) / "template")

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="samverkan_fault_")
        self.addCleanup(directory.cleanup)
        self.folder = pathlib.Path(directory.name) / "hub"
        shutil.copytree(pathlib.Path(self.template.name) / "template", self.folder)
        self.ledger = pathlib.Path(directory.name) / "ledger"
        self.feed = pathlib.Path(directory.name) / "feed"
        self.hub = Hub(self.folder)
        self.cli = Cli(self.folder)
        self.addCleanup(self._end_hub)

    def _end_hub(self) -> None:
        if self.hub.running():
            self.hub.kill()

    def restart(self, **settings: object) -> float:
        """After whatever happened: it starts, and soon."""
        seconds = self.hub.start(**settings)
        self.assertLess(seconds, RESTART_SECONDS)
        return seconds

    def client(self, *words: object) -> subprocess.Popen:
        return subprocess.Popen(
            [LOAD, words[0], self.folder, *map(str, words[1:])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, client: subprocess.Popen) -> str:
        out, errors = client.communicate(timeout=END_SECONDS)
        self.assertEqual(client.returncode, 0, errors)
        return out

    def check(self) -> str:
        """The running hub holds what the ledger says, and nothing else."""
        return self.finish(self.client("check", self.ledger)).strip()

    def verify_log(self) -> None:
        """The district's log as saved now holds, and continues the checkpoint that was given away before."""
        export = self.folder / "export.jsonl"
        self.cli.must("audit", "export", "--out", str(export), who="hal-dso")
        older = pathlib.Path(f"{self.ledger}.checkpoint")
        against = ["--against", str(older)] if older.exists() else []
        self.cli.must("audit", "verify", str(export), "--key", str(self.folder / "pki" / "log.vkeys"), *against)

    def log_text(self) -> str:
        return self.hub.log.read_text(encoding="utf-8", errors="replace")

    def refused_start(self) -> str:
        """Why it does not start."""
        with self.assertRaises(Stop) as refused:
            self.hub.start()
        self.assertNotEqual(self.hub.end(), 0)
        return str(refused.exception)
