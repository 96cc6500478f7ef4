"""Sizes, and calls that have a better replacement."""

import ast
import re
from collections.abc import Callable, Iterator

import cpp
from tree import CPP, Finding, Tree, is_test

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
# A noun's contract is read top-down in one file: service, resource, requests.
PROTO_LINES_MAX = 900
LINE_COLUMNS_MAX = 120


def check_function_length(tree: Tree) -> Iterator[Finding]:
    for path in tree.cpp():
        for function in cpp.functions(tree.text(path)):
            if function.lines > FUNCTION_LINES_MAX:
                yield _too_long(path, function.first_line, function.name, function.lines)
    for path in tree.with_suffix(".py"):
        for node in ast.walk(ast.parse(tree.text(path))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    yield _too_long(path, node.lineno, node.name, lines)


def _too_long(path: str, line: int, name: str, lines: int) -> Finding:
    return Finding(path, line, f"{name} has {lines} lines, at most {FUNCTION_LINES_MAX}: split it by its steps")


def check_file_length(tree: Tree) -> Iterator[Finding]:
    for path in tree.code():
        lines = tree.text(path).count("\n")
        most = PROTO_LINES_MAX if path.endswith(".proto") else FILE_LINES_MAX
        if lines > most:
            yield Finding(path, 0, f"{lines} lines; a file tells one story in at most {most}")


def check_line_length(tree: Tree) -> Iterator[Finding]:
    for path in tree.code():
        for number, line in tree.lines(path):
            if len(line) > LINE_COLUMNS_MAX and "http" not in line:
                yield Finding(path, number, f"{len(line)} columns; at most {LINE_COLUMNS_MAX}")


def check_whitespace(tree: Tree) -> Iterator[Finding]:
    for path in tree.code():
        for number, line in tree.lines(path):
            if line != line.rstrip():
                yield Finding(path, number, "trailing whitespace")
            if "\t" in line:
                yield Finding(path, number, "tab; indent with spaces")
        if tree.text(path) and not tree.text(path).endswith("\n"):
            yield Finding(path, 0, "no newline at the end of the file")


def _services(path: str) -> bool:
    return path.startswith("services/") and path.endswith(CPP)


def _served(path: str) -> bool:
    return _services(path) and not is_test(path)


def _any_cpp(path: str) -> bool:
    return path.endswith(CPP)


def _may_print(path: str) -> bool:
    """The log itself, mains, and the places where the process ends with a sentence."""
    return re.search(r"^services/base/(log|status)|^services/storage/sqlite/status|(^|[/_])main\.cc$", path) is not None


# What is banned, what to use instead, and where. Matched against code without comments and literals.
BANNED: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (r"\babsl::Now\(", "a Clock& (tx.now() inside a transaction); only services/base/clock.cc reads the wall clock",
     lambda path: _any_cpp(path) and not path.startswith("clients/") and path != "services/base/clock.cc"),
    (r"\bstd::string_view\b", "absl::string_view: Debian's Abseil has its own type without conversion", _any_cpp),
    (r"\babsl::optional\b", "std::optional", _any_cpp),
    (r"\babsl::(variant|visit|get_if|holds_alternative)\b", "std::variant and its functions", _any_cpp),
    (r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep)\s*\(", "wait on a condition, or turn a FakeClock",
     lambda path: _any_cpp(path) and is_test(path)),
    (r"\btime\.sleep\s*\(", "wait on a condition: a line of output, a socket, a process's end",
     lambda path: path.endswith(".py") and is_test(path)),
    (r"\b(Short|Utf8)?DebugString\s*\(", "Redact(message), which obeys sensitivity", _served),
    (r"\bstd::(cout|cerr|clog)\b", "the log (services/base/log.h)",
     lambda path: _served(path) and not _may_print(path)),
    (r"\b(std::)?(f|v|vf)?printf\s*\(|\b(std::)?f?puts\s*\(", "the log (services/base/log.h)",
     lambda path: _served(path) and not _may_print(path)),
    (r"\bthrow\b(?!\s*\()", "return an absl::Status", _served),
    (r"\bstd::(mutex|shared_mutex|lock_guard|unique_lock|scoped_lock)\b",
     "absl::Mutex and absl::MutexLock, whose ABSL_GUARDED_BY is checked", _served),
    (r"\b(rand|srand|random)\s*\(\)|\bstd::(mt19937|random_device)\b", "the injected source of randomness", _served),
    (r"\b(sprintf|strcpy|strcat|gets|strtok)\s*\(", "absl::StrCat, absl::StrFormat or absl::StrSplit", _any_cpp),
    (r"\bDISABLED_\w+", "a disabled test tests nothing: mend it or remove it", _any_cpp),
)


def check_banned_calls(tree: Tree) -> Iterator[Finding]:
    rules = [(re.compile(pattern), instead, where) for pattern, instead, where in BANNED]
    for path in tree.with_suffix(*CPP, ".py"):
        here = [(pattern, instead) for pattern, instead, where in rules if where(path)]
        text = cpp.blank(tree.text(path)) if path.endswith(CPP) else tree.text(path)
        for number, line in enumerate(text.split("\n"), start=1):
            for pattern, instead in here:
                if match := pattern.search(line):
                    yield Finding(path, number, f"{match.group().strip()} is banned; instead: {instead}")


UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SILENCED = re.compile(r"NOLINT(?!END)(?P<rest>.*)")
SILENCED_WITH_REASON = re.compile(r"^(NEXTLINE|BEGIN)?\([\w.,*-]+\):? +\S.{8,}")


def check_unfinished(tree: Tree) -> Iterator[Finding]:
    for path in tree.prose_and_code():
        for number, line in tree.lines(path):
            if match := UNFINISHED.search(line):
                yield Finding(path, number, f"{match.group()}: finish it, or open an issue and leave no mark here")


def check_silenced_findings(tree: Tree) -> Iterator[Finding]:
    for path in tree.cpp():
        for number, line in tree.lines(path):
            match = SILENCED.search(line)
            if match and not SILENCED_WITH_REASON.match(match.group("rest")):
                yield Finding(path, number, "name the check and say why: NOLINT(check-name): the reason")


CHECKS = (
    ("functions have at most 70 lines", check_function_length),
    ("files have at most 500 lines", check_file_length),
    ("lines have at most 120 columns", check_line_length),
    ("whitespace", check_whitespace),
    ("no banned call", check_banned_calls),
    ("nothing is left unfinished", check_unfinished),
    ("silenced findings say why", check_silenced_findings),
)
