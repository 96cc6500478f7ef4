#!/usr/bin/env python3
"""Walks the main job with deploy/demo --check, and holds the README's transcript to what it prints.

usage: demo_test.py [OUTPUT]    with a file, only compares the README with the output kept in it
"""

import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
COMMAND = "deploy/demo --check"
MINUTES = 15
# What differs between two runs and says nothing.
VOLATILE = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b\d+ (entries|records|promises)\b"), r"N \1"),
)


def steady(line: str) -> str:
    for pattern, text in VOLATILE:
        line = pattern.sub(text, line)
    return line.rstrip()


def excerpt(readme: str) -> list[str]:
    """The lines of the fenced block that shows the walk; a line of `…` alone stands for what is left out."""
    for block in re.findall(r"^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL):
        if "promises kept" in block:
            return [steady(line) for line in block.splitlines() if line.strip() not in ("", "…")]
    return []


def missing(wanted: list[str], output: str) -> Iterator[str]:
    """Lines that the output lacks or has in another order; `…` within a line stands for anything."""
    lines = iter([steady(line) for line in output.splitlines()])
    for line in wanted:
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("…")))
        if not any(pattern.fullmatch(given) for given in lines):
            yield line
            return


def walk() -> tuple[int, str]:
    done = subprocess.run(
        [ROOT / "deploy" / "demo", "--check"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60 * MINUTES,
        check=False,
    )
    return done.returncode, done.stdout


def main(arguments: list[str]) -> int:
    failures = []
    if arguments:
        output = pathlib.Path(arguments[0]).read_text(encoding="utf-8")
    else:
        code, output = walk()
        if code != 0:
            print(output)
            failures.append(f"{COMMAND} ended with {code}")
    shown = excerpt(README.read_text(encoding="utf-8")) if README.exists() else []
    if not shown:
        failures.append(f"README.md shows no transcript of {COMMAND}")
    failures += [f"README.md shows what {COMMAND} does not print there: {line}" for line in missing(shown, output)]
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{2 - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
