"""Reads and plays a story: prose for people, and between the fences what they do and what must come of it.

    skarh-kompol $ incident get $ITEM          runs `samverkan incident get … --as skarh-kompol`, which must succeed
      nekas NOT_FOUND                          … or must be refused for this reason
      nekas NOT_FOUND, med samma svar          … with the very bytes of the refusal before it
      är felskrivet                            … or must be typed wrong
      content.harm = 2                         a field of the first answer; ja and nej, – for none
      content.place.areas innehåller areas/x   … which holds this
      svaret nämner inte Västertorp            nothing of the answer holds it
      rad kind = KIND_READ, count = 3          an answer with these fields is among them; `ingen rad` for the contrary
      $ITEM är name                            from now on the field's value is called $ITEM
    … --end "{om 5 sekunder}"                  a time to come
    hal-tryggsam följer sin enhet              begins to watch
    hal-tryggsam ser delivery.state = X        the next such event on the watch; details as above
    hal-tryggsam får inte följa längre: X      the watch ends for this reason, within a second of the step before
    spärras: spiffe spiffe://…                 adds to the list of revocations; `spärras inte längre` empties it
    navets logg säger event: text              a line of the hub's log, later than those told before
    filen place.json är                        keeps the indented lines in a file of this name
    mandatet hal-vik som hal-tryggsam gäller 8 sekunder      the hub starts anew with it
"""

import datetime
import json
import pathlib
import re
import shlex
import time
from dataclasses import dataclass, field

from town import Town, Watch

SEES_SECONDS = 30
# What the hub promises, and what the watching program itself needs to end.
ENDS_SECONDS = 1.0
CLIENT_SECONDS = 0.5
TYPED_WRONG = 2
# The index of the log is a second behind at most.
INDEX_SECONDS = 10

MANDATE = """
mandates {{
  name: "{party}/mandates/{name}" function: "{function}" unit: "{unit}" areas: "{area}" level: LEVEL_LOCAL
  holder: "{issuer} {name}" deputy_for: "{party}/mandates/{ordinary}" decision: "En berättelse"
  valid_from_time {{ seconds: 1420066800 }} valid_to_time {{ seconds: {end} }}
}}
"""


@dataclass
class Step:
    """A line at the margin and the indented ones below it."""

    line: int
    text: str
    details: list[str] = field(default_factory=list)


def read(path: pathlib.Path) -> list[Step]:
    steps: list[Step] = []
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced and line.startswith(" "):
            steps[-1].details.append(line.strip())
        elif fenced and line.strip():
            steps.append(Step(number, line))
    return steps


def dig(value: object, path: str) -> object:
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value


def said(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "ja" if value else "nej"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def at(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def fits(row: object, terms: str) -> bool:
    """Whether a row has the fields of `a = 1, b = 2`."""
    return all(said(dig(row, path)) == wanted for path, wanted in (term.split(" = ") for term in terms.split(", ")))


class Broken(AssertionError):
    """A promise of a story that was not kept."""


class Teller:
    """Plays one story."""

    def __init__(self, town: Town, path: pathlib.Path) -> None:
        self._town = town
        self._path = path
        self._names: dict[str, str] = {}
        self._watches: dict[str, Watch] = {}
        self._rows: list[dict] = []
        self._refused = ("", "")
        self._done = 0.0
        self._mandate_ends = 0.0
        # Lines of the hub's log that a step has been told of.
        self._logged = len(town.hub.log_lines())

    def play(self) -> int:
        """The number of promises kept."""
        kept = 0
        try:
            for step in read(self._path):
                try:
                    kept += self._play(Step(step.line, self._fill(step.text), step.details))
                except Broken as broken:
                    raise Broken(f"{self._path.name}:{step.line}: {step.text}\n  {broken}") from None
            return kept
        finally:
            for watch in self._watches.values():
                watch.close()

    def _fill(self, text: str) -> str:
        text = re.sub(r"\{om (\d+) sekunder\}", lambda match: at(time.time() + int(match[1])), text)
        return re.sub(r"\$([A-ZÅÄÖ0-9_]+)", lambda match: self._names.get(match[1], match[0]), text)

    def _play(self, step: Step) -> int:
        for pattern, act in (
            (r"(\S+) \$ (.+)", self._command),
            (r"(\S+) följer sin enhet", self._follow),
            (r"(\S+) ser (.+)", self._sees),
            (r"(\S+) får inte följa längre: (\w+)", self._ends),
            (r"spärras: (.+)", self._revoke),
            (r"spärras inte längre", self._revoke),
            (r"navets logg säger (\w+): (.+)", self._log),
            (r"filen (\S+) är", self._file),
            (r"mandatet (\S+) som (\S+) gäller (\d+) sekunder", self._mandate),
        ):
            if match := re.fullmatch(pattern, step.text):
                kept = act(step, *match.groups())
                self._done = time.monotonic()
                return kept
        raise Broken("no such step")

    def _command(self, step: Step, who: str, command: str) -> int:
        """What the log is asked is asked again for a while: its index follows the acts."""
        deadline = time.monotonic() + (INDEX_SECONDS if command.startswith("audit ") else 0)
        while True:
            try:
                return self._run(step, who, command)
            except Broken:
                if time.monotonic() > deadline:
                    raise

    def _run(self, step: Step, who: str, command: str) -> int:
        words = [str(self._town.folder / word[1:]) if word.startswith("@") else word for word in shlex.split(command)]
        answer = self._town.cli.run(*words, who=who)
        self._rows = answer.rows
        details = list(step.details)
        if details and details[0].startswith("nekas "):
            reason, _, same = details.pop(0).removeprefix("nekas ").partition(", ")
            if answer.code != 1 or answer.reason != reason:
                raise Broken(answer.err.strip() or "it was done")
            if same and (answer.out, answer.err) != self._refused:
                raise Broken(f"another answer: {answer.err} / {self._refused[1]}")
            self._refused = (answer.out, answer.err)
            self._rows = [answer.refusal]
        elif details and details[0] == "är felskrivet":
            if answer.code != TYPED_WRONG:
                raise Broken(answer.err.strip() or "it was done")
            del details[0]
            self._rows = [answer.refusal]
        elif answer.code != 0:
            raise Broken(answer.err.strip())
        return 1 + self._check(details)

    def _check(self, details: list[str]) -> int:
        first = self._rows[0] if self._rows else {}
        whole = json.dumps(self._rows, ensure_ascii=False)
        for detail in map(self._fill, details):
            if match := re.fullmatch(r"\$(\S+) är (\S+)", detail):
                self._names[match[1]] = said(dig(first, match[2]))
                continue
            if match := re.fullmatch(r"(ingen )?rad (.+)", detail):
                kept = any(fits(row, match[2]) for row in self._rows) != bool(match[1])
            elif match := re.fullmatch(r"svaret nämner (inte )?(.+)", detail):
                kept = (match[2] in whole) != bool(match[1])
            elif match := re.fullmatch(r"(\S+) innehåller (.+)", detail):
                kept = match[2] in said(dig(first, match[1]))
            elif match := re.fullmatch(r"(\S+) = (.+)", detail):
                kept = said(dig(first, match[1])) == match[2]
            else:
                raise Broken(f"no such detail: {detail}")
            if not kept:
                raise Broken(f"not so: {detail}\n  {whole}")
        return len(details)

    def _follow(self, step: Step, who: str) -> int:
        self._watches[who] = Watch(self._town, who)
        self._sees(step, who, "synced = {}")
        return 1

    def _sees(self, step: Step, who: str, terms: str) -> int:
        deadline = time.monotonic() + SEES_SECONDS
        seen = []
        while (left := deadline - time.monotonic()) > 0:
            event = self._watches[who].next(left)
            if event is None:
                break
            seen.append(event)
            if fits(event, terms):
                self._rows = [event]
                return 1 + self._check(step.details)
        raise Broken(f"did not come; came: {seen}")

    def _ends(self, step: Step, who: str, reason: str) -> int:
        watch = self._watches[who]
        refusal = watch.refusal()
        if refusal.get("reason") != reason:
            raise Broken(str(refusal))
        late = watch.ended - max(self._done, self._mandate_ends)
        if not -ENDS_SECONDS < late < ENDS_SECONDS + CLIENT_SECONDS:
            raise Broken(f"{late:.2f} s after the step before, or the mandate's end")
        return 2

    def _revoke(self, step: Step, line: str = "") -> int:
        former = self._town.revoked.read_text(encoding="utf-8") if line else ""
        self._town.revoked.write_text(former + (line + "\n" if line else ""), encoding="utf-8")
        return 0

    def _log(self, step: Step, event: str, text: str) -> int:
        deadline = time.monotonic() + SEES_SECONDS
        while time.monotonic() < deadline:
            lines = self._town.hub.log_lines()
            for number in range(self._logged, len(lines)):
                if lines[number].get("event") == event and text in json.dumps(lines[number], ensure_ascii=False):
                    self._logged = number + 1
                    return 1
        raise Broken("not in the log")

    def _file(self, step: Step, name: str) -> int:
        (self._town.folder / name).write_text("\n".join(step.details), encoding="utf-8")
        return 0

    def _mandate(self, step: Step, name: str, ordinary: str, seconds: str) -> int:
        text = (self._town.folder / "directory.textproto").read_text(encoding="utf-8")
        found = re.search(
            rf'name: "(\S+)/mandates/{ordinary}"\n  function: "(\S+)"\n  unit: "(\S+)"\n  areas: "(\S+)"\n.*\n'
            r'  holder: "(\S+) ',
            text,
        )
        assert found is not None, ordinary
        party, function, unit, area, issuer = found.groups()
        end = int(time.time()) + int(seconds)
        self._mandate_ends = time.monotonic() + end - time.time()
        self._town.restart(
            MANDATE.format(
                party=party, name=name, ordinary=ordinary, function=function, unit=unit, area=area, issuer=issuer,
                end=end,
            )
        )
        return 0
