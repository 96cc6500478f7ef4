"""The `samverkan` command, called as one person or another."""

import json
import os
import pathlib
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from paths import CLI
from progress import Stop

CALL_SECONDS = 120
LONG_SECONDS = 1800
END_SECONDS = 10


@dataclass(frozen=True)
class Answer:
    """What one command gave."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def rows(self) -> list[dict]:
        """One object a line, of a command with --json."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    @property
    def row(self) -> dict:
        rows = self.rows
        return rows[0] if rows else {}

    @property
    def refusal(self) -> dict:
        """The error of a command with --json; empty where it was done."""
        for line in self.err.splitlines():
            if line.startswith('{"error"'):
                return json.loads(line)["error"]
        return {}

    @property
    def reason(self) -> str:
        return self.refusal.get("reason", "")


def environment(folder: pathlib.Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAMVERKAN_")}
    return {**kept, "SAMVERKAN_HOME": str(folder), "LANG": "en"}


class Cli:
    """Runs the command on a demo's folder."""

    def __init__(self, folder: pathlib.Path):
        self._environment = environment(folder)
        self.folder = folder

    def words(self, words: tuple[str, ...], who: str) -> list[str]:
        return [str(CLI), *words, *(["--as", who] if who else [])]

    def run(self, *words: str, who: str = "", seconds: float = CALL_SECONDS) -> Answer:
        """Answers are asked for as JSON unless the words say otherwise."""
        began = time.monotonic()
        try:
            done = subprocess.run(
                [*self.words(words, who), "--json"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Stop(f"samverkan {' '.join(words)} gave no answer within {seconds:.0f} s") from None
        return Answer(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def must(self, *words: str, who: str = "", seconds: float = CALL_SECONDS) -> Answer:
        """As run, for what has to succeed."""
        answer = self.run(*words, who=who, seconds=seconds)
        if answer.code != 0:
            raise Stop(f"samverkan {' '.join(words)}{f' --as {who}' if who else ''}: {answer.err.strip()}")
        return answer

    def stream(
        self, *words: str, who: str = "", json_answer: bool = True, progress: Callable[[str], None] = lambda line: None
    ) -> Answer:
        """As run, for a long command: what it says meanwhile goes to `progress`."""
        began = time.monotonic()
        command = [*self.words(words, who), *(["--json"] if json_answer else [])]
        with subprocess.Popen(
            command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            errors: list[str] = []
            reader = threading.Thread(target=_collect, args=(process.stderr, errors, progress), daemon=True)
            reader.start()
            watchdog = threading.Timer(LONG_SECONDS, process.kill)
            watchdog.start()
            out: list[str] = []
            try:
                _collect(process.stdout, out, (lambda line: None) if json_answer else progress)
                code = process.wait()
            finally:
                watchdog.cancel()
                if process.poll() is None:
                    process.terminate()
            reader.join(END_SECONDS)
        return Answer(code, "".join(out), "".join(errors), time.monotonic() - began)


def _collect(lines, into: list[str], progress: Callable[[str], None]) -> None:
    for line in lines:
        into.append(line)
        progress(line.rstrip("\n"))


class Watch:
    """`samverkan watch` of one person, read as it goes."""

    def __init__(self, cli: Cli, who: str):
        self.words = ("watch", "--kinds", "DELIVERIES")
        self.who = who
        self._events: queue.Queue[tuple[float, dict] | None] = queue.Queue()
        self.seen: list[dict] = []
        self._process = subprocess.Popen(
            [*cli.words(self.words, who), "--json"],
            env=cli._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put((time.monotonic(), json.loads(line)))
        self._events.put(None)

    def until(self, wanted: Callable[[dict], bool], seconds: float = 30) -> tuple[float, dict] | None:
        """The next event that is wanted and when it came; None where none came in time. Others are passed over."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                entry = self._events.get(timeout=left)
            except queue.Empty:
                return None
            if entry is None:
                return None
            self.seen.append(entry[1])
            if wanted(entry[1]):
                return entry
        return None

    @property
    def open(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(END_SECONDS)
