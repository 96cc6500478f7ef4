"""A transcript that says who did what, what came of it, and whether that is what was promised."""

import shlex
from collections.abc import Callable

from cli import Answer, Cli, Watch
from progress import Stop, say

WIDTH = 118


class Transcript:
    """Runs commands as people and shows them; promises are checked one by one and counted."""

    def __init__(self, cli: Cli):
        self._cli = cli
        self._names: list[tuple[str, str]] = []
        self.kept = 0
        self.broken: list[str] = []

    def chapter(self, title: str) -> None:
        say()
        say(f"--- {title} " + "-" * max(0, WIDTH - len(title) - 5))

    def name(self, short: str, value: str) -> None:
        """From now on the value is shown as $short."""
        self._names = [(word, text) for word, text in self._names if word != short] + [(short, value)]
        say(f"    ${short}={value}")

    def do(self, who: str, command: str) -> Answer:
        """Runs a command as somebody, quoted as for a shell."""
        words = tuple(shlex.split(command))
        self._show(who, words)
        return self._cli.run(*words, who=who)

    def watch(self, who: str) -> Watch:
        """Begins to watch; returns when the watch has reached the present."""
        watch = Watch(self._cli, who)
        self._show(who, watch.words)
        if watch.until(lambda event: "synced" in event) is None:
            watch.close()
            raise Stop(f"{who}'s watch did not reach the present")
        return watch

    def tell(self, text: str) -> None:
        say(f"    {text}")

    def promise(self, kept: bool, text: str, otherwise: object = "") -> bool:
        """One thing that was promised."""
        if kept:
            self.kept += 1
            say(f"    ok      {text}")
        else:
            self.broken.append(text)
            say(f"    BROKEN  {text}" + (f": {otherwise}" if otherwise != "" else ""))
        return kept

    def done(self, answer: Answer, text: str) -> dict:
        """The answer's first row, of a command that has to succeed; without it the walk cannot go on."""
        if not self.promise(answer.code == 0, text, answer.err.strip()):
            raise Stop("the walk cannot go on from here")
        return answer.row

    def refused(self, answer: Answer, reason: str, text: str) -> dict:
        """The error of a command that has to be refused for this reason."""
        self.promise(
            answer.code == 1 and answer.reason == reason, f"{text}: {reason}", answer.err.strip() or "it was done"
        )
        return answer.refusal

    def arrives(self, watch: Watch, wanted: Callable[[dict], bool], text: str) -> tuple[float, dict]:
        """The event on a watch; without it the walk cannot go on."""
        entry = watch.until(wanted)
        if not self.promise(entry is not None, f"{watch.who}'s watch: {text}", f"not within 30 s, open: {watch.open}"):
            raise Stop("the walk cannot go on from here")
        assert entry is not None
        return entry

    def _show(self, who: str, words: tuple[str, ...]) -> None:
        line = f"{who or 'anybody'} $ samverkan {' '.join(self._word(word) for word in words)}"
        say()
        while len(line) > WIDTH:
            cut = line.rfind(" ", 20, WIDTH - 2)
            if cut < 0:
                break
            say(f"{line[:cut]} \\")
            line = f"        {line[cut + 1:]}"
        say(line)

    def _word(self, word: str) -> str:
        for short, value in self._names:
            if word == value:
                return f"${short}"
        return shlex.quote(word)
