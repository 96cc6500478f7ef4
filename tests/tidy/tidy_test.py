"""Reads the whole tree and holds its rules, one counted check each: style needs no reviewer.

usage: tidy_test.py [ROOT]    (also as `tests/run tidy`)

The rules: layering.py (who may include whom), limits.py (sizes, banned calls), texts.py (documents, scripts), protos.py
(the contract). checks_test.py proves that each of them can fail.
"""

import pathlib
import sys

import layering
import limits
import protos
import texts
from tree import Tree

CHECKS = (*layering.CHECKS, *limits.CHECKS, *texts.CHECKS, *protos.CHECKS)


def main(root: pathlib.Path) -> int:
    tree = Tree(root)
    failed = 0
    for name, check in CHECKS:
        findings = sorted(check(tree), key=lambda finding: (finding.path, finding.line))
        print(f"{'FAILED' if findings else 'ok    '} {name}{f': {len(findings)} to mend' if findings else ''}")
        for finding in findings:
            print(f"  {finding}")
        failed += bool(findings)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]))
