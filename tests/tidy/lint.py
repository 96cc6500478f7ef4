"""Runs clang-tidy and counts one check per source file.

usage: lint.py [--all | --since COMMIT] [--minutes N]

--since lints what changed since a commit: the changed sources, and for a changed header one source that includes it
(the one of the same name if there is one). --minutes starts no further file after that time and names those left out,
so that a large change cannot take a run of .ci/run over its limit; --all without it leaves nothing out.

Works on build/release, which must be built: generated headers are needed. Tests are not given to clang's static
analyzer: it takes most of the time there, and the sanitizer builds run them anyway.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
# The release build's commands as clang understands them: GCC's precompiled header is none of clang's.
DATABASE = BUILD / "lint"
PRECOMPILED = re.compile(r" -Winvalid-pch| -fpch-preprocess| -include \S*cmake_pch\.hxx")
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
SUMMARY = re.compile(r"^(\d+ warnings? (generated|treated as errors?)|Suppressed |Use -header-filter|\s*$)")


def compiled_sources() -> list[str]:
    """Our own sources that the release build compiles, as paths from the root; generated code is not ours.

    Writes the commands to lint them with.
    """
    text = PRECOMPILED.sub("", (BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    DATABASE.mkdir(exist_ok=True)
    (DATABASE / "compile_commands.json").write_text(text, encoding="utf-8")
    commands = json.loads(text)
    files = {pathlib.Path(command["directory"], command["file"]).resolve() for command in commands}
    ours = (file.relative_to(ROOT) for file in files if file.is_relative_to(ROOT) and not file.is_relative_to(BUILD))
    return sorted(file.as_posix() for file in ours)


def changed_since(commit: str) -> list[str]:
    command = ["git", "diff", "--name-only", "--diff-filter=d", commit, "--"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()


def pick_includer(header: str, sources: list[str]) -> str | None:
    same_name = header.removesuffix(".h") + ".cc"
    if same_name in sources:
        return same_name
    for source in sources:
        if header in INCLUDE.findall((ROOT / source).read_text(encoding="utf-8")):
            return source
    return None


def choose(changed: list[str], sources: list[str]) -> list[str]:
    chosen = [file for file in changed if file in sources]
    for header in (file for file in changed if file.endswith(".h")):
        includer = pick_includer(header, sources)
        if includer and includer not in chosen:
            chosen.append(includer)
    return chosen


def lint(source: str) -> tuple[bool, float, str]:
    command = ["clang-tidy-14", "-p", str(DATABASE), "--quiet"]
    if source.endswith("_test.cc"):
        command.append("--checks=-clang-analyzer-*")
    start = time.monotonic()
    run = subprocess.run([*command, source], cwd=ROOT, capture_output=True, text=True, check=False)
    text = "\n".join(line for line in (run.stdout + run.stderr).splitlines() if not SUMMARY.match(line))
    return run.returncode == 0, time.monotonic() - start, text.replace(f"{ROOT}/", "")


def run_all(files: list[str], minutes: float | None) -> tuple[int, int, list[str]]:
    passed, failed, left_out = 0, 0, []
    deadline = None if minutes is None else time.monotonic() + minutes * 60

    def one(file: str):
        if deadline is not None and time.monotonic() > deadline:
            return file, None
        return file, lint(file)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, (file, result) in enumerate(pool.map(one, files), start=1):
            if result is None:
                left_out.append(file)
                continue
            good, seconds, text = result
            passed, failed = passed + good, failed + (not good)
            print(f"[{number}/{len(files)}] {'ok    ' if good else 'FAILED'} {file} ({seconds:.0f} s)", flush=True)
            if not good:
                print(text, flush=True)
    return passed, failed, left_out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--all", action="store_true")
    what.add_argument("--since", metavar="COMMIT")
    parser.add_argument("--minutes", type=float)
    options = parser.parse_args()
    sources = compiled_sources()
    files = sources if options.all else choose(changed_since(options.since), sources)
    passed, failed, left_out = run_all(files, options.minutes)
    if left_out:
        print(f"not looked at within {options.minutes:g} minutes (tests/tidy/lint.py --all does): {' '.join(left_out)}")
    if not files:
        print("no source that is compiled has changed")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
