"""Just enough of C++ to measure functions: no parser, but exact about comments, strings and braces."""

import re
from dataclasses import dataclass

RAW_STRING = re.compile(r'R"([^()\\\s]{0,16})\(')
NOT_A_FUNCTION = re.compile(r"\b(namespace|class|struct|union|enum|concept)\b")
CONTROL = re.compile(r"^\s*(if|for|while|switch|else|do|try|catch|return)\b")


def blank(text: str) -> str:
    """The text with comments and the insides of literals as spaces: same length, same lines."""
    out, i = list(text), 0

    def erase(start: int, end: int) -> int:
        for k in range(start, min(end, len(out))):
            if out[k] != "\n":
                out[k] = " "
        return end

    while i < len(text):
        if text.startswith("//", i):
            end = text.find("\n", i)
            i = erase(i, len(text) if end < 0 else end)
        elif text.startswith("/*", i):
            end = text.find("*/", i + 2)
            i = erase(i, len(text) if end < 0 else end + 2)
        elif (raw := RAW_STRING.match(text, i)) and not text[i - 1:i].isalnum():
            end = text.find(f"){raw.group(1)}\"", raw.end())
            i = erase(i + 1, len(text) if end < 0 else end + len(raw.group(1)) + 2)
        elif text[i] == '"' or (text[i] == "'" and not text[i - 1:i].isalnum()):
            i = erase(i + 1, _end_of_literal(text, i)) + 1
        else:
            i += 1
    return "".join(out)


def _end_of_literal(text: str, start: int) -> int:
    """Index of the closing quote; a literal ends at its line's end at the latest."""
    i = start + 1
    while i < len(text) and text[i] not in (text[start], "\n"):
        i += 2 if text[i] == "\\" else 1
    return i


def _without_preprocessor(blanked: str) -> str:
    lines, continued = [], False
    for line in blanked.split("\n"):
        directive = continued or line.lstrip().startswith("#")
        continued = directive and line.rstrip().endswith("\\")
        lines.append("" if directive else line)
    return "\n".join(lines)


@dataclass(frozen=True)
class Function:
    """A function body with its signature."""

    name: str
    first_line: int
    last_line: int

    @property
    def lines(self) -> int:
        return self.last_line - self.first_line + 1


def functions(text: str) -> list[Function]:
    """Outermost functions (a lambda counts in the one that holds it), TEST bodies among them."""
    source = _without_preprocessor(blank(text))
    found: list[Function] = []
    stack: list[tuple[bool, str, int]] = []  # For each open brace: is it a function, its name, its first line.
    line, header, header_line, inside = 1, "", 0, 0
    for character in source:
        if character == "{":
            is_function = inside == 0 and _opens_function(header)
            # A brace in a constructor's initialiser list neither opens a body nor ends the signature.
            keeps_header = inside == 0 and not is_function and _in_initialisers(header)
            stack.append((is_function, header if keeps_header else _name(header), header_line or line))
            inside += is_function or inside > 0
            header, header_line = "", 0
        elif character == "}" and stack:
            is_function, opened_as, first = stack.pop()
            inside -= inside > 0
            if is_function:
                found.append(Function(opened_as, first, line))
            keeps_header = not is_function and inside == 0 and _in_initialisers(opened_as)
            header, header_line = (opened_as + "()", first) if keeps_header else ("", 0)
        elif _ends_header(character, header):
            header, header_line = "", 0
        elif character == "\n":
            line += 1
            header += " "
        else:
            if not header_line and not character.isspace():
                header_line = line
            header += character
    return found


def _ends_header(character: str, header: str) -> bool:
    """A statement ends, or an access label does; a signature starts after it."""
    if character == ":":
        return header.strip() in ("public", "protected", "private")
    return character == ";" and header.count("(") == header.count(")")


def _in_initialisers(header: str) -> bool:
    """Between a constructor's ':' and its body, just after a member's name: `A::A(int x) : x_`."""
    return bool(re.search(r"\)\s*(noexcept\s*)?:(?!:).*[\w>]\s*$", header, re.DOTALL))


def _opens_function(header: str) -> bool:
    plain = re.sub(r"\btemplate\s*<.*?>\s*(?=\w)", "", header, flags=re.DOTALL)
    if "(" not in plain or CONTROL.match(plain) or plain.rstrip().endswith(("=", "(", ",", "return")):
        return False
    before_parameters = plain.split("(", 1)[0]
    if NOT_A_FUNCTION.search(before_parameters) and not re.search(r"\boperator\b", before_parameters):
        return bool(re.match(r"\s*(static\s+|inline\s+)*(struct|class|enum)\s+\w+\s*[&*]", before_parameters))
    return not _in_initialisers(plain) and "=" not in re.sub(r"operator\s*[=<>!]+|\(.*\)", "", plain, flags=re.DOTALL)


def _name(header: str) -> str:
    test = re.search(r"\b(?:TYPED_)?TEST(?:_[FP])?\s*\(\s*(\w+)\s*,\s*(\w+)", header)
    if test:
        return f"{test.group(1)}.{test.group(2)}"
    named = re.search(r"([\w:~]+|operator\s*\S+)\s*\(", header)
    return named.group(1) if named else ""
