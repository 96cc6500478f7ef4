"""What the tests of the demo's data share: the modules under deploy/data, and protoc as the judge of text format."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "deploy" / "data"
sys.path.insert(0, str(DATA))


def encode(message_type: str, file: str, text: bytes) -> bytes:
    """The message in wire format; fails on anything the protos do not know."""
    command = ["protoc", "-I", str(ROOT / "protos"), f"--encode={message_type}", f"samverkan/{file}"]
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    return done.stdout


def values(message: list, field: str) -> list:
    return [value for name, value in message if name == field]


def value(message: list, field: str):
    found = values(message, field)
    return found[0] if found else None
