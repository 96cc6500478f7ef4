"""The house's one direction: base <- storage <- journal <- access <- rpc <- nouns <- feed <- hub."""

import posixpath
import re
from collections.abc import Iterator

from tree import Finding, Tree, is_test

# A new room is one entry here. Rooms of one rank never include each other.
RANK = {"base": 0, "storage": 1, "journal": 2, "access": 3, "rpc": 4, "feed": 6, "hub": 7}
NOUNS = (
    "directory", "agreements", "incidents", "meetings", "measures", "pictures", "communications", "records", "audit")
RANK.update(dict.fromkeys(NOUNS, 5))
# Knows protos alone, as clients do.
APART = ("gateway",)

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
BUILTIN_FOLDERS = (".ci", "protos", "services", "clients", "deploy", "tests", "docs")
TOP_FILES = (
    "CMakeLists.txt", "CMakePresets.json", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md",
    "SECURITY.md", "LICENSE", "buf.yaml")
VAGUE_FOLDERS = {"common", "util", "utils", "helper", "helpers", "misc", "shared", "lib"}

# A library, where it may be included, and why not elsewhere. Tests may include what they test with.
CONFINED = (
    (re.compile(r"^grpcpp/|\.grpc\.pb\.h$|^grpc\+\+/"),
     re.compile(r"^services/(rpc|feed|hub)/|_service(_test)?\.(h|cc)$|^clients/"),
     "gRPC is known to rpc, feed, hub and *_service files alone; handlers and stores are plain functions"),
    (re.compile(r"^sqlite3\.h$"), re.compile(r"^services/storage/sqlite/"),
     "only services/storage/sqlite knows SQLite; use storage/database.h"),
    (re.compile(r"^libpq-fe\.h$"), re.compile(r"^services/storage/postgres/"),
     "only services/storage/postgres knows PostgreSQL; use storage/database.h"),
    (re.compile(r"^s2/"), re.compile(r"^services/(access|directory)/"),
     "geometry is compiled in access and directory; others use cells"),
)


def includes(tree: Tree, path: str) -> Iterator[tuple[int, str, bool]]:
    """Line, target and whether it is a quoted include."""
    for number, line in tree.lines(path):
        if match := INCLUDE.match(line):
            yield number, match.group(2), match.group(1) == '"'


def is_wire_type(target: str) -> bool:
    return target.endswith(".pb.h")


def is_generated(tree: Tree, target: str) -> bool:
    """The header that sv_migrations makes of a room's SQL files."""
    folder, name = posixpath.split(target)
    return name == "migrations.h" and any(path.startswith(f"{folder}/migrations/") for path in tree.paths)


def check_layering(tree: Tree) -> Iterator[Finding]:
    for path in tree.cpp():
        for number, target, quoted in includes(tree, path):
            if quoted and not is_wire_type(target):
                if complaint := refused(path, target, tree):
                    yield Finding(path, number, complaint)


def refused(path: str, target: str, tree: Tree) -> str | None:
    """Why this file may not include that one; None when it may."""
    source_top, target_top = path.split("/")[0], target.split("/")[0]
    if target_top not in ("services", "clients", "tests", "deploy"):
        if posixpath.join(posixpath.dirname(path), target) in tree.paths:
            return f'write the path from the root: "{posixpath.join(posixpath.dirname(path), target)}"'
        return None  # A library.
    if target not in tree.paths and not is_generated(tree, target):
        return f"{target} does not exist"
    if source_top == "clients":
        return None if target_top == "clients" or is_test(path) else "clients know protos and clients/ alone"
    if source_top == "tests":
        return None
    if target_top == "tests":
        return None if is_test(path) else "only tests include tests/"
    if target_top == "clients":
        return "services know nothing of clients"
    return refused_room(path.split("/")[1], target.split("/")[1])


def refused_room(source: str, target: str) -> str | None:
    if source == target:
        return None
    for room in (source, target):
        if room not in RANK and room not in APART:
            return f"'{room}' is no room of the house: give it its place in tests/tidy/layering.py"
    if source in APART or target in APART:
        return f"{source} and {target} know each other through protos alone"
    if RANK[target] < RANK[source]:
        return None
    if RANK[target] == RANK[source]:
        return f"a noun never includes another noun: {source} refers to {target} by name, entitlement comes from access"
    return f"{source} lies below {target}: base <- storage <- journal <- access <- rpc <- nouns <- feed <- hub"


def check_confined_libraries(tree: Tree) -> Iterator[Finding]:
    for path in tree.cpp():
        for number, target, _ in includes(tree, path):
            for library, allowed, why in CONFINED:
                if library.search(target) and not allowed.search(path) and not path.startswith("tests/"):
                    yield Finding(path, number, f"{target}: {why}")


def check_folders(tree: Tree) -> Iterator[Finding]:
    seen = set()
    for path in tree.paths:
        *folders, name = path.split("/")
        if not folders and name not in TOP_FILES and not name.startswith("."):
            yield Finding(path, 0, f"no place at the top level; there stand {', '.join(TOP_FILES)} and dot files")
        if folders and folders[0] not in BUILTIN_FOLDERS:
            yield Finding(path, 0, f"the top level holds only {', '.join(BUILTIN_FOLDERS)}")
        for depth, folder in enumerate(folders, start=1):
            place = "/".join(folders[:depth])
            if folder.lower() in VAGUE_FOLDERS and place not in seen:
                seen.add(place)
                yield Finding(place, 0, f"'{folder}' says nothing about what is in it; name the folder by its content")


def check_headers_are_used(tree: Tree) -> Iterator[Finding]:
    used = {target for path in tree.cpp() for _, target, quoted in includes(tree, path) if quoted}
    for path in tree.with_suffix(".h"):
        if path not in used:
            yield Finding(path, 0, "no file includes this header")


CHECKS = (
    ("rooms include in one direction", check_layering),
    ("libraries stay in their rooms", check_confined_libraries),
    ("folders have their place and a name that says something", check_folders),
    ("no header is dead", check_headers_are_used),
)
