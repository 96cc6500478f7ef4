"""Writes Protobuf text format, the same bytes for the same input.

A message is a list of (field, value) pairs in order; a value is a string, an int, a bool, an Enum, or a message. A
message that fits stands on one line, so that a diff of the generated text shows whole facts.
"""

WIDTH = 150
Message = list[tuple[str, object]]


class Enum(str):
    """An enum value's name, written without quotes."""


def quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quote(value)
    raise TypeError(f"no scalar: {value!r}")


def inline(message: Message) -> str:
    parts = []
    for field, value in message:
        if isinstance(value, list):
            parts.append(f"{field} {{ {inline(value)} }}" if value else f"{field} {{}}")
        else:
            parts.append(f"{field}: {scalar(value)}")
    return " ".join(parts)


def lines(message: Message, indent: int = 0):
    """The message's lines; every field of it on a line of its own."""
    pad = "  " * indent
    for field, value in message:
        line = pad + inline([(field, value)])
        if len(line) <= WIDTH or not isinstance(value, list):
            yield line
        else:
            yield f"{pad}{field} {{"
            yield from lines(value, indent + 1)
            yield f"{pad}}}"


def document(file: str, message_type: str, comments: list[str], message: Message) -> str:
    head = [f"# proto-file: protos/samverkan/{file}", f"# proto-message: {message_type}"]
    head += [f"# {comment}" for comment in comments]
    return "\n".join(head + [""] + list(lines(message))) + "\n"


def date(text: str) -> Message:
    """A google.type.Date of YYYY-MM-DD."""
    year, month, day = (int(part) for part in text.split("-"))
    return [("year", year), ("month", month), ("day", day)]
