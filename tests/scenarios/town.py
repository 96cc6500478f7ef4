"""A town for scenarios: the real hub and the real command, Stockholm's directory, every agreement in force."""

import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "demo.d"))

import cli  # noqa: E402
import hub  # noqa: E402
import paths  # noqa: E402
import stages  # noqa: E402

END_SECONDS = 30


class Town:
    """One hub process with its folder; everybody acts through the command."""

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="samverkan-town-"))
        make = subprocess.run(
            [ROOT / "deploy" / "pki" / "make_pki", self.folder / "pki"], capture_output=True, text=True, check=False
        )
        if make.returncode != 0:
            raise AssertionError(make.stderr)
        # Below what the hub may read of its folder, as the demo confines it.
        self.revoked = self.folder / "pki" / "hub" / "revoked"
        self.revoked.write_text("", encoding="utf-8")
        self.people = self.folder / "pki" / "hub" / "people.textproto"
        self.people.write_text("", encoding="utf-8")
        self.cli = cli.Cli(self.folder)
        self.hub = TownHub(self)
        self.hub.start()
        stages.Loader(self.cli).agreements()

    def restart(self, people: str) -> None:
        """Starts the hub anew with these mandates besides the directory's own."""
        self.people.write_text(people, encoding="utf-8")
        self.hub.stop()
        self.hub.start()

    def close(self) -> None:
        self.hub.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class TownHub(hub.Hub):
    """The demo's hub, with a list of revocations and room for further people."""

    def __init__(self, town: Town) -> None:
        super().__init__(town.folder, 0)
        self._town = town

    def log_lines(self) -> list[dict]:
        return self._log_lines(0)

    def _write_config(self) -> None:
        super()._write_config()
        with open(self._folder / "hub.textproto", "a", encoding="utf-8") as config:
            config.write(f"directory_files: {hub.quoted(self._town.people)}\n")
            config.write(f"revocation_file: {hub.quoted(self._town.revoked)}\n")

    def _write_client(self) -> None:
        directory = self._folder / "directory.textproto"
        text = paths.DIRECTORY.read_text(encoding="utf-8") + self._town.people.read_text(encoding="utf-8")
        directory.write_text(text, encoding="utf-8")
        super()._write_client()
        client = self._folder / "client.json"
        client.write_text(
            client.read_text(encoding="utf-8").replace(str(paths.DIRECTORY), str(directory)), encoding="utf-8"
        )


class Watch:
    """`samverkan watch` of one person, read as it goes; ends when the hub refuses to go on."""

    def __init__(self, town: Town, who: str) -> None:
        self._town = town
        self.who = who
        self._lines: queue.Queue[dict | None] = queue.Queue()
        self._process = subprocess.Popen(
            town.cli.words(("watch", "--json"), who),
            env=cli.environment(town.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.ended = 0.0
        self._errors: list[str] = []
        self._readers = [threading.Thread(target=self._read, daemon=True), threading.Thread(target=self._read_errors)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(cli.json.loads(line))
        self.ended = time.monotonic()
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        self._errors.extend(self._process.stderr)

    def next(self, seconds: float) -> dict | None:
        """The next event; None at the end or where none comes in time."""
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return None

    def refusal(self) -> dict:
        """Waits for the end; why the hub refused to go on."""
        self._process.wait(END_SECONDS)
        for reader in self._readers:
            reader.join(END_SECONDS)
        return cli.Answer(self._process.returncode, "", "".join(self._errors), 0).refusal

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(END_SECONDS)
        for reader in self._readers:
            reader.join(END_SECONDS)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()
