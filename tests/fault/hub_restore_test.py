"""Gives a hub another database or guard file than it left: a backup from before a retraction, a guard file that is
missing, cut or old. It starts with none of them unless an operator says so, and then nothing that was retracted comes
back.
"""

import base64
import hashlib
import pathlib
import shutil
import subprocess
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import hub_database  # noqa: E402
from hub_marker import MarkedHub, content_of, windows  # noqa: E402
from hub_world import BIN, END_SECONDS, demo_hub  # noqa: E402

FIRST_ORIGIN = demo_hub.LOG_ORIGIN
NEXT_ORIGIN = "hub.demo.samverkan.example/audit-2"
TREE = "/parties/sthlm-sdn-hal"


class HubRestoreTest(MarkedHub):
    def copy(self, part: str, name: str) -> pathlib.Path:
        """Keeps what a stopped hub has."""
        kept = self.folder.parent / name
        shutil.copytree(self.folder / part, kept)
        return kept

    def put_back(self, kept: pathlib.Path, part: str) -> None:
        shutil.rmtree(self.folder / part)
        shutil.copytree(kept, self.folder / part)

    def start_restored(self) -> str:
        """As an operator does it once: it serves, and is stopped; or why not. What it said."""
        self.hub._write_config()
        with subprocess.Popen(
            [BIN / "samverkan-hub", "--config", self.folder / "hub.textproto", "--demo", "--restored"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            said = ""
            for line in process.stderr:
                said += line
                if '"event":"serving"' in line:
                    process.terminate()
            process.wait(END_SECONDS)
        return said

    def key_of(self, origin: str) -> str:
        """The verifier key of the district's tree under another origin: the same key, another name."""
        for line in (self.folder / "pki" / "log.vkeys").read_text(encoding="ascii").splitlines():
            if line.split("+")[0].endswith(TREE):
                key = base64.b64decode(line.split("+", 2)[2])
        name = origin + TREE
        number = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
        return f"{name}+{number}+{base64.b64encode(key).decode()}"

    def test_a_backup_cannot_bring_back_what_was_retracted(self) -> None:
        self.restart()
        retracted, kept = self.plant(2)
        self.hub.stop()
        pieces = windows(content_of(self.folder, f"name = '{retracted}'"))
        backup = self.copy("db", "backup")
        self.restart()
        self.finish(self.marked("retract", self.folder, retracted))
        self.hub.stop()
        self.put_back(backup, "db")
        self.assertIn("restored backup", self.refused_start())
        self.assertIn("docs/restore.md", self.refused_start())
        self.assertIn("a log_origin that was never used", self.start_restored())
        with mock.patch.object(demo_hub, "LOG_ORIGIN", NEXT_ORIGIN):
            self.assertIn('"event":"sealed_again","items":1', self.start_restored())
            self.restart()
            self.until_purged(pieces)
            state = {name: self.cli.must("incident", "get", name, who="skarh-kompol").row for name in (retracted, kept)}
            self.assertEqual(state[retracted]["state"], "STATE_RETRACTED")
            self.assertIn(self.marker, state[kept]["content"]["description"])
            copies = self.cli.must("delivery", "list", who="hal-tryggsam").rows
            self.assertEqual(sum(copy["state"] == "STATE_SEALED" for copy in copies), 2)
            self.log_goes_on(retracted)
            self.hub.stop()
        self.assertGreater(self.opened_with_marker(), 0)
        with hub_database.opened(self.folder) as database:
            self.assertEqual(list(hub_database.faults(database)), [])

    def log_goes_on(self, retracted: str) -> None:
        """Under its new name, and tells each party what it lacks and what was sealed again."""
        export = self.folder / "export.jsonl"
        self.cli.must("audit", "export", "--out", str(export), who="hal-dso")
        self.cli.must("audit", "verify", str(export), "--key", self.key_of(NEXT_ORIGIN))
        entries = self.cli.must("audit", "list", who="hal-dso").rows
        lost = [entry["record"] for entry in entries if entry["record"]["kind"] == "KIND_ADMIN"]
        self.assertEqual([record["origin"] for record in lost], [FIRST_ORIGIN + TREE])
        self.assertGreater(int(lost[0]["size"]), 0)
        about = [entry["record"] for entry in entries if entry["record"]["kind"] == "KIND_RETRACTION"]
        self.assertEqual(len(about), 2)

    def test_a_guard_file_that_is_not_the_database_s_is_refused(self) -> None:
        guard = self.folder / "guard" / "hub.guard"
        older = self.copy("guard", "older")
        self.restart()
        self.plant(1)
        self.hub.stop()
        newer = self.copy("guard", "newer")
        guard.unlink()
        self.assertIn("is missing although checkpoints were signed", self.refused_start())
        self.put_back(older, "guard")
        self.assertIn("the guard file is older than the database", self.refused_start())
        self.put_back(newer, "guard")
        whole = guard.read_bytes()
        guard.write_bytes(whole[:100] + b"x" + whole[101:])
        self.assertIn("is damaged in line", self.refused_start())
        guard.write_bytes(whole)
        self.restart()


if __name__ == "__main__":
    unittest.main()
