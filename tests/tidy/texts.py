"""Documents, scripts, tests and lock files."""

import posixpath
import re
import subprocess
from collections.abc import Iterator
from urllib.parse import unquote

from tree import Finding, Tree

LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
FENCE = re.compile(r"^\s*(```|~~~)")
CODE_SPAN = re.compile(r"`[^`]*`")
GTEST = re.compile(r"^\s*(TYPED_)?TEST(_F|_P)?\(", re.MULTILINE)
PYTEST = re.compile(r"^\s+def test_|^def test_|passed, ", re.MULTILINE)
DOWNLOAD = re.compile(r"""["']?(resolved|tarball|registry|url)["']?\s*[:=]\s*["']?https?://""")

# Words that belong to one machine or to how the work was organised, not to the project. The brackets keep the patterns
# from finding themselves.
FOREIGN = (
    (re.compile(r"(?<![\w.])/w[o]rk/"), "a path of one machine"),
    (re.compile(r"/home/\w+/|/Users/\w+/"), "a path of one machine"),
    (re.compile(r"\.\./sh[a]red\b"), "a path outside the project"),
    (re.compile(r"\b(DES[I]GN|DOM[A]IN|CP[P]|PE[E]RS|DASHB[O]ARD)\.md\b"),
     "no such document; cite docs/domain.md, a law or an RFC"),
    (re.compile(r"\bG-\d+\b|\bS-\d+\b"), "shorthand that no reader can look up; say what is meant"),
    (re.compile(r"\b(deb|security)\.deb[i]an\.org\b|\bpyp[i]\.org\b|\bnpmjs\.(com|[o]rg)\b"
                r"|\bproxy\.gol[a]ng\.org\b|\bcrates\.[i]o\b"),
     "the machine's own package sources decide where packages come from"),
    (re.compile(r"\bsub-?ag[e]nts?\b", re.IGNORECASE), "how the work was organised does not belong here"),
)


def prose_lines(tree: Tree, path: str) -> Iterator[tuple[int, str]]:
    """A Markdown file's lines outside fenced code."""
    fenced = False
    for number, line in tree.lines(path):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(tree: Tree, path: str) -> set[str]:
    """Anchors of a document's headings, as Git hosts make them."""
    found: set[str] = set()
    for _, line in prose_lines(tree, path):
        if match := HEADING.match(line):
            title = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", match.group(1)).lower()
            slug = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
            repeats = sum(1 for anchor in found if re.fullmatch(re.escape(slug) + r"(-\d+)?", anchor))
            found.add(f"{slug}-{repeats}" if repeats else slug)
    return found


def check_links(tree: Tree) -> Iterator[Finding]:
    folders = {posixpath.dirname(path) for path in tree.paths}
    folders |= {parent for folder in folders for parent in _parents(folder)}
    for path in tree.with_suffix(".md"):
        for number, line in prose_lines(tree, path):
            for target in LINK.findall(CODE_SPAN.sub("", line)):
                if complaint := _broken(tree, path, target, folders):
                    yield Finding(path, number, complaint)


def _parents(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _broken(tree: Tree, path: str, target: str, folders: set[str]) -> str | None:
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    file, _, anchor = unquote(target).partition("#")
    full = path if not file else posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
    if full not in tree.paths and full not in folders:
        return f"the link leads nowhere: {target}"
    if anchor and full.endswith(".md") and anchor not in anchors(tree, full):
        return f"{full} has no heading #{anchor}"
    return None


def check_tests_test(tree: Tree) -> Iterator[Finding]:
    for path in tree.with_suffix("_test.cc", "_test.py"):
        pattern = GTEST if path.endswith(".cc") else PYTEST
        if not pattern.search(tree.text(path)):
            yield Finding(path, 0, "a test file without a test")


def check_scripts(tree: Tree) -> Iterator[Finding]:
    for path in tree.scripts():
        shell = "bash" if b"bash" in (tree.root / path).read_bytes().split(b"\n")[0] or path.endswith(".sh") else "sh"
        run = subprocess.run([shell, "-n", str(tree.root / path)], capture_output=True, text=True, check=False)
        if run.returncode:
            yield Finding(path, 0, run.stderr.strip().replace(f"{tree.root}/", ""))
        if not path.endswith(".sh") and not (tree.root / path).stat().st_mode & 0o111:
            yield Finding(path, 0, "a command must be executable: chmod +x")


def check_lock_files(tree: Tree) -> Iterator[Finding]:
    for path in tree.paths:
        if re.search(r"(^|[-./])(lock|shrinkwrap)(file)?\b", path.rsplit("/", 1)[-1]):
            for number, line in tree.lines(path):
                if DOWNLOAD.search(line):
                    yield Finding(path, number, "a lock file holds versions and hashes, no download addresses")
                    break


def check_foreign_words(tree: Tree) -> Iterator[Finding]:
    for path in tree.prose_and_code():
        for number, line in tree.lines(path):
            for pattern, why in FOREIGN:
                if match := pattern.search(line):
                    yield Finding(path, number, f"'{match.group()}': {why}")


CHECKS = (
    ("links in documents lead somewhere", check_links),
    ("every test file tests", check_tests_test),
    ("shell scripts parse and run", check_scripts),
    ("lock files hold no download addresses", check_lock_files),
    ("no foreign words", check_foreign_words),
)
