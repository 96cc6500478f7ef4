"""Builds what the demo runs."""

import collections
import re
import subprocess

from paths import BUILD, PROGRAMS_BUILT, ROOT
from progress import Step, Stop, step

TARGETS = ("samverkan-hub", "samverkan")
ACTION = re.compile(r"\[(\d+)/(\d+)\]")
ERROR_LINES = 40


def build() -> None:
    """The release build. Does nothing when nothing changed, or when the tests have built already."""
    if PROGRAMS_BUILT:
        return
    with step("Building a release (minutes the first time, at once when nothing changed)") as current:
        if not (BUILD / "build.ninja").exists():
            _run(["cmake", "--preset", "release"], current)
        actions = _run(["ninja", "-C", str(BUILD), *TARGETS], current)
        current.note(f"{actions} actions" if actions else "nothing to do")


def _run(command: list[str], current: Step) -> int:
    """Runs a build tool and tells how far it has come; the number of its actions."""
    actions = 0
    tail = collections.deque(maxlen=ERROR_LINES)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as tool:
        assert tool.stdout is not None
        for line in tool.stdout:
            tail.append(line)
            if match := ACTION.match(line):
                actions = int(match[2])
                current.tick(f"{match[1]} of {match[2]}")
    if tool.returncode != 0:
        raise Stop(f"{command[0]} failed:\n{''.join(tail)}")
    return actions
