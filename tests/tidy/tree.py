"""The project's files as the checks see them, and what a check reports."""

import os
import pathlib
import subprocess
from dataclasses import dataclass

CODE = (".cc", ".h", ".proto", ".py", ".sh", ".cmake", ".sql", ".ts", ".tsx", ".js", ".css", ".html")
CPP = (".cc", ".h")
DATA = (".csv", ".tsv", ".geojson", ".json", ".jsonl", ".gz", ".svg", ".png", ".ico", ".pdf", ".lock")


@dataclass(frozen=True)
class Finding:
    """One thing to mend; the message says what to do instead."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


class Tree:
    """All files that are or would be committed, as paths from the root with forward slashes."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.paths = sorted(path for path in self._list() if (root / path).is_file())
        self._texts: dict[str, str] = {}

    def _list(self) -> list[str]:
        git = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        if (self.root / ".git").exists():
            listed = subprocess.run(git, check=True, capture_output=True, text=True).stdout
            return [path for path in listed.split("\0") if path]
        found = []  # A source archive without git: everything but what a build made.
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in ("build", "node_modules", "__pycache__", ".cache")]
            found += [pathlib.Path(folder, name).relative_to(self.root).as_posix() for name in files]
        return found

    def text(self, path: str) -> str:
        """The file's text; bytes that are no UTF-8 are replaced, so that data never stops a check."""
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def lines(self, path: str) -> list[tuple[int, str]]:
        return list(enumerate(self.text(path).split("\n"), start=1))

    def with_suffix(self, *suffixes: str) -> list[str]:
        return [path for path in self.paths if path.endswith(suffixes)]

    def cpp(self) -> list[str]:
        return [path for path in self.with_suffix(*CPP) if not path.startswith("protos/")]

    def scripts(self) -> list[str]:
        """Shell scripts: by name or by their first line."""
        return [
            path for path in self.paths
            if path.endswith(".sh") or ("." not in path.rsplit("/", 1)[-1][1:] and self._is_shell(path))
        ]

    def _is_shell(self, path: str) -> bool:
        with open(self.root / path, "rb") as file:
            start = file.read(64)
        return start.startswith(b"#!") and b"sh" in start.split(b"\n")[0]

    def code(self) -> list[str]:
        """What people write by hand in a programming language, ours alone."""
        named = [path for path in self.paths if path.endswith(CODE) or path.endswith("CMakeLists.txt")]
        return sorted(path for path in {*named, *self.scripts()} if not path.startswith("protos/google/"))

    def prose_and_code(self) -> list[str]:
        """Everything people write; neither data nor other people's texts."""
        return [
            path for path in self.paths
            if not path.endswith(DATA) and not path.endswith("LICENSE") and not path.startswith("protos/google/")
        ]


def is_test(path: str) -> bool:
    return path.startswith("tests/") or path.rsplit(".", 1)[0].endswith("_test")
