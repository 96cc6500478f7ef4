"""What a person sees while the demo works: one line as a step begins, one as it is done."""

import contextlib
import sys
import time
from collections.abc import Iterator


class Stop(Exception):
    """The demo cannot go on; the text says why and what to do."""


class Step:
    """One step under way."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._note = ""
        self._shown = self._started

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def note(self, text: str) -> None:
        """What the closing line says."""
        self._note = text

    def tick(self, text: str, every: float = 5.0) -> None:
        """How far a long step has come: at once on a terminal, now and then in a log."""
        if sys.stdout.isatty():
            print(f"\r\033[K    {text}", end="", flush=True)
        elif time.monotonic() - self._shown >= every:
            self._shown = time.monotonic()
            print(f"    {text}", flush=True)

    def close(self) -> None:
        if sys.stdout.isatty():
            print("\r\033[K", end="")
        note = f"{self._note}, " if self._note else ""
        print(f"    {note}{self.seconds:.1f} s", flush=True)


@contextlib.contextmanager
def step(title: str) -> Iterator[Step]:
    print(f"==> {title}", flush=True)
    current = Step()
    yield current
    current.close()


def say(text: str = "") -> None:
    print(text, flush=True)
