"""Adds up what a run of tests/run left in its results folder and prints 'N passed, N failed' as the last line.

Reads CTest's JUnit report (ctest.xml), the GoogleTest reports beside it (<test>.json) and the output and exit code of
benchmarks (bench_<name>.out, .exit). Exits non-zero when something failed or nothing ran.
"""

import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

TOTAL = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
UNITTEST = re.compile(r"^Ran (\d+) tests? in ")
UNITTEST_END = re.compile(r"^(?:OK|FAILED)(?: \((.*)\))?$")
# A goal is judged by whoever measures; a figure without one is told and counts as nothing.
FIGURE = re.compile(r"^figure \S+ -?[\d.]+/-?[\d.]+/-?[\d.]+ \S+ goal (?:(?:>=|<=|==) [\d.e+-]+ (met|missed)|none)$")


@dataclass
class Count:
    """Cases of one test, or of all; the names of the failed ones are for the closing list."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Count") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures


def count_gtest(report: pathlib.Path) -> Count:
    count = Count()
    for suite in json.loads(report.read_text(encoding="utf-8"))["testsuites"]:
        for case in suite["testsuite"]:
            if case.get("failures"):
                count.failed += 1
                count.failures.append(f"{suite['name']}.{case['name']}")
            elif case.get("result") == "SKIPPED" or case.get("status") == "NOTRUN":
                count.skipped += 1
            else:
                count.passed += 1
    return count


def count_unittest(lines: list[str]) -> Count | None:
    """Python's unittest: 'Ran 3 tests in 0.1s', then 'OK' or 'FAILED (failures=1, skipped=1)'."""
    ran = [match for match in map(UNITTEST.match, lines) if match]
    end = UNITTEST_END.match(lines[-1]) if lines else None
    if not ran or not end:
        return None
    numbers = dict(item.split("=") for item in (end.group(1) or "").split(", ") if "=" in item)
    bad = sum(int(numbers.get(key, 0)) for key in ("failures", "errors", "unexpected successes"))
    skipped = int(numbers.get("skipped", 0))
    return Count(int(ran[-1].group(1)) - bad - skipped, bad, skipped)


def count_output(output: str) -> Count | None:
    """What a test says about itself in its last lines; None when it says nothing."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    if not lines:
        return None
    if total := TOTAL.match(lines[-1]):
        named = [line.removeprefix("FAILED ").strip() for line in lines if line.startswith("FAILED ")]
        return Count(*(int(number or 0) for number in total.groups()), named)
    return count_unittest(lines)


def count_crashed_gtest(output: str) -> Count:
    """A GoogleTest binary that died wrote no report: what it had passed still counts, and the death as one failure."""
    return Count(passed=len(re.findall(r"^\[       OK \] ", output, re.MULTILINE)))


def count_case(case: ElementTree.Element, folder: pathlib.Path) -> Count:
    name = case.get("name")
    output = case.findtext("system-out") or ""
    if case.get("status") in ("notrun", "disabled"):
        return Count(failed=1, failures=[f"{name}: did not run"])
    report = folder / f"{name}.json"
    if report.exists():
        count = count_gtest(report)
    else:
        count = count_output(output) or count_crashed_gtest(output)
    if case.get("status") == "run" and not count.failed:
        return count if count.passed + count.skipped else Count(passed=1)
    if count.failed == 0:  # It failed for a reason its cases do not tell: a crash, a time-out, a sanitizer's finding.
        count.failed = 1
        count.failures.append("ended badly (crash, time-out or a sanitizer's finding; see its output above)")
    count.failures = [f"{name}: {failure}" for failure in count.failures] or [str(name)]
    return count


def count_bench(output: pathlib.Path) -> Count:
    name = output.stem
    text = output.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.startswith("figure ")]
    count = Count()
    for line in lines:
        figure = FIGURE.match(line)
        if figure is None:
            count.add(Count(failed=1, failures=[f"{name}: no figure: {line}"]))
        elif figure.group(1) == "missed":
            count.add(Count(failed=1, failures=[f"{name}: {line}"]))
        elif figure.group(1) == "met":
            count.add(Count(passed=1))
    if output.with_suffix(".exit").read_text(encoding="utf-8").strip() != "0":
        count.add(Count(failed=1, failures=[f"{name}: ended badly"]))
    if not lines:
        count.add(Count(failed=1, failures=[f"{name}: printed no figure"]))
    return count


def main(folder: pathlib.Path) -> int:
    total = Count()
    junit = folder / "ctest.xml"
    if junit.exists():
        for case in ElementTree.parse(junit).getroot().iter("testcase"):
            total.add(count_case(case, folder))
    for output in sorted(folder.glob("bench_*.out")):
        total.add(count_bench(output))
    print()
    for failure in total.failures:
        print(f"FAILED {failure}")
    if total.passed + total.failed == 0:
        print("no test ran")
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    print(f"{total.passed} passed, {total.failed} failed{skipped}")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
