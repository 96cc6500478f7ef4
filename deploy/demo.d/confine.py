"""Takes from the hub's process the right to read anything but what is the hub's, with Landlock (Linux 5.13).

On one machine everything runs as one user, so file modes keep nobody from anybody's keys. In production the parties'
keys are on the parties' machines; here the kernel sees to it that the hub's process cannot open them.
"""

import contextlib
import ctypes
import os
import pathlib
import struct
import subprocess
from collections.abc import Callable, Iterator

from paths import DATA, HUB

# linux/landlock.h and the generic numbers of its calls.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1
RULE_PATH_BENEATH = 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
SET_NO_NEW_PRIVS = 38

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys", "/dev")

_libc = ctypes.CDLL(None, use_errno=True)


def available() -> bool:
    """Whether this kernel has Landlock switched on."""
    return _libc.syscall(CREATE_RULESET, None, 0, ASK_VERSION) > 0


def readable(folder: pathlib.Path) -> list[pathlib.Path]:
    """What the hub may read: the system, its program, the directory's data, and its own part of the demo's folder."""
    own = ["db", "guard", "hub.textproto", "pki/hub", "pki/ca.pem"]
    return [pathlib.Path(path) for path in SYSTEM] + [HUB.parent, DATA] + [folder / path for path in own]


@contextlib.contextmanager
def confinement(folder: pathlib.Path) -> Iterator[Callable[[], None]]:
    """What confines a child of this process, to be called between fork and exec; nothing without Landlock."""
    if not available():
        yield lambda: None
        return
    (folder / "db").mkdir(mode=0o700, exist_ok=True)
    rules = _call(CREATE_RULESET, struct.pack("=Q", READ_FILE | READ_DIR), 8, 0)
    for path in readable(folder):
        if not path.exists():
            continue
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        allowed = READ_FILE | READ_DIR if path.is_dir() else READ_FILE
        _call(ADD_RULE, rules, RULE_PATH_BENEATH, struct.pack("=Qi", allowed, handle), 0)
        os.close(handle)

    def restrict() -> None:
        _libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _call(RESTRICT_SELF, rules, 0)

    yield restrict
    os.close(rules)


def opened(folder: pathlib.Path, files: list[pathlib.Path]) -> list[str]:
    """Those of the files that a process confined as the hub is can open."""
    with confinement(folder) as restrict:
        probe = subprocess.run(
            ["/bin/sh", "-c", 'for file; do if true <"$file"; then echo "$file"; fi; done', "sh", *files],
            preexec_fn=restrict,
            capture_output=True,
            text=True,
            check=False,
        )
    return probe.stdout.splitlines()


def _call(number: int, *arguments: object) -> int:
    result = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock call {number}")
    return result
