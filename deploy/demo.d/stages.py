"""What a first start loads, stage by stage, through the public interface as the people and systems who do it.

A stage that is done leaves a marker in the demo's folder and is not done again; one that was interrupted is, and finds
what is there: nothing happens twice.
"""

import datetime
import json
import pathlib
import re
import subprocess
import sys
import zoneinfo
from collections.abc import Callable

from cli import Cli
from paths import CASEWORK, DATA, EVENT_TYPES, EVENTS, REPORTS, STADSDELAR
from progress import Step, Stop, say, step

IMPORTER = "pol-system"
CENTRAL = ("cen", "int")
# Who may sign for a unit, and who drafts for the party that is named first.
SIGNERS = {"FN_SDDIR", "FN_LPOCHEF", "FN_REGPOLCHEF", "FN_TECKN"}
DRAFTERS = {"FN_TRYGGSAM", "FN_KS_STRAT"}


class Stages:
    """The markers in a demo's folder: a file a finished stage, with what came of it."""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder / "stages"
        self._folder.mkdir(exist_ok=True)

    def result(self, name: str) -> dict | None:
        marker = self._folder / f"{name}.json"
        return json.loads(marker.read_text(encoding="utf-8")) if marker.exists() else None

    def run(self, name: str, title: str, work: Callable[[Step], dict]) -> dict:
        """Does a stage unless it was done; what came of it."""
        done = self.result(name)
        if done is not None:
            return done
        with step(title) as current:
            done = work(current)
        self.keep(name, done)
        return done

    def keep(self, name: str, result: dict) -> None:
        scratch = self._folder / f".{name}"
        scratch.write_text(json.dumps(result, ensure_ascii=False) + "\n", encoding="utf-8")
        scratch.replace(self._folder / f"{name}.json")

    def first_day(self) -> str:
        """The day of the first start in Stockholm, on which agreements begin and before which reports lie."""
        kept = self.result("first-day")
        if kept is None:
            kept = {"day": datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Stockholm")).date().isoformat()}
            self.keep("first-day", kept)
        return kept["day"]


class Loader:
    """Loads Stockholm."""

    def __init__(self, cli: Cli):
        self._cli = cli
        self.stages = Stages(cli.folder)

    def everything(self) -> None:
        """What an ordinary demo holds."""
        self.agreements()
        self.events("first")
        self.casework(1)
        self.events("all")
        self.casework(2)
        self.reports()

    def agreements(self) -> dict:
        return self.stages.run(
            "agreements", "Agreements: drafted, finalised, signed by each party's own key", self._agreements
        )

    def events(self, states: str) -> dict:
        which = "first states" if states == "first" else "all states, in the order they were seen"
        return self.stages.run(
            f"events-{states}",
            f"Police events, {which}, handed in by {IMPORTER}",
            lambda current: self._events(current, states),
        )

    def casework(self, state: int, file: pathlib.Path = CASEWORK) -> dict:
        return self.stages.run(
            f"casework-{state}",
            f"Scripted municipal liaison officers, on state {state} of their events",
            lambda current: self._casework(current, state, file),
        )

    def reports(self) -> dict:
        return self.stages.run("reports", "Reports about places, handed in to report slots", self._reports)

    def _agreements(self, current: Step) -> dict:
        desk = Signing(self._cli)
        validity = _python(DATA / "make_agreements.py", "--validity", self.stages.first_day()).split("\n")
        rows = [line.split() for line in validity if line]
        central = [row for row in rows if row[0] in CENTRAL]
        signatures = 0
        for count, (name, begin, end) in enumerate([*central, *(row for row in rows if row not in central)], start=1):
            signatures += desk.bring_into_force(name, begin, end)
            current.tick(f"{count} of {len(rows)}: {name}")
        current.note(
            f"{len(rows)} agreements in force, {signatures} signatures"
            + (f", not yet acceded: {', '.join(sorted(desk.absent))}" if desk.absent else "")
        )
        return {"agreements": len(rows), "signatures": signatures, "absent": sorted(desk.absent)}

    def _events(self, current: Step, states: str) -> dict:
        answer = self._cli.stream(
            "import",
            "polisen",
            "--file",
            str(EVENTS),
            "--types",
            str(EVENT_TYPES),
            "--stadsdelar",
            str(STADSDELAR),
            "--states",
            states,
            who=IMPORTER,
            progress=lambda line: current.tick(line.strip()),
        )
        if answer.code != 0:
            raise Stop(f"the import failed: {answer.err.strip()}")
        counts = answer.row
        told = [f"{counts['lines']} lines", f"{counts['handed_in']} handed in"]
        for field, text in (
            ("updated", "updated"),
            ("rejected", "rejected"),
            ("tasks", "tasks for an assessor"),
            ("unchanged", "known already"),
            ("same_content", "same content"),
            ("held_back", "later states held back"),
            ("notices", "notices"),
            ("outside_city", "outside the city"),
        ):
            if counts[field]:
                told.append(f"{counts[field]} {text}")
        told += [f"{count} refused with {reason}" for reason, count in sorted(counts["refused"].items())]
        rate = counts["lines"] / max(counts["seconds"], 0.001)
        current.note(", ".join(told) + f"; {rate:.0f} lines/s")
        return counts

    def _casework(self, current: Step, state: int, file: pathlib.Path) -> dict:
        answer = self._cli.stream(
            "demo",
            "casework",
            "--file",
            str(file),
            "--state",
            str(state),
            json_answer=False,
            progress=lambda line: current.tick(line[:100]),
        )
        if answer.code != 0:
            raise Stop(f"a scripted act was refused: {answer.err.strip()}")
        lines = [line for line in answer.out.splitlines() if line]
        current.note(f"{len(lines)} acts")
        return {"acts": lines}

    def _reports(self, current: Step) -> dict:
        answer = self._cli.stream("import", "reports", "--file", str(REPORTS), "--before", self.stages.first_day())
        if answer.code != 0:
            raise Stop(f"a report was not taken: {answer.err.strip()}")
        items = [row["name"] for row in answer.rows]
        current.note(f"{len(items)} handed in")
        return {"items": items}


class Signing:
    """Brings agreements into force as those who draft and sign them."""

    def __init__(self, cli: Cli):
        self._cli = cli
        mandates = cli.must("demo", "handles").rows
        self._signer = {row["unit"]: _handle(row) for row in mandates if row["function"] in SIGNERS}
        self._drafter: dict[str, str] = {}
        for row in mandates:
            if row["function"] in DRAFTERS:
                self._drafter.setdefault(row["unit"], _handle(row))
        # Parties that are to accede later and have nobody who signs yet.
        self.absent: set[str] = set()

    def bring_into_force(self, agreement: str, begin: str, end: str) -> int:
        """Drafts, finalises and lets everybody sign, as far as it was not done; the number of signatures now on it."""
        file = DATA / "agreements" / f"{agreement}.textproto"
        founding, acceding = _signatories(file)
        drafter = self._drafter[founding[0]]
        answer = self._cli.run("agreement", "get", agreement, who=drafter)
        if answer.reason == "NOT_FOUND":
            answer = self._cli.must(
                "agreement", "create", "--file", str(file), "--valid-from", begin, "--valid-to", end, who=drafter
            )
        elif answer.code != 0:
            raise Stop(f"samverkan agreement get {agreement}: {answer.err.strip()}")
        if answer.row["state"] == "STATE_DRAFT":
            answer = self._cli.must("agreement", "finalise", agreement, who=drafter)
        signed = {row["unit"] for row in answer.row.get("signatures", [])}
        for unit in [*founding, *acceding]:
            if unit in signed:
                continue
            if unit not in self._signer:
                self.absent.add(unit.split("/")[-1])
                continue
            answer = self._cli.must("agreement", "sign", agreement, who=self._signer[unit])
        if answer.row["state"] != "STATE_IN_FORCE":
            raise Stop(f"{agreement} is {answer.row['state']} although its founding parties signed")
        return len(answer.row["signatures"])


def _handle(mandate: dict) -> str:
    return mandate["name"].rsplit("/", 1)[-1]


def _signatories(file: pathlib.Path) -> tuple[list[str], list[str]]:
    """Founding and acceding units of an agreement file."""
    text = file.read_text(encoding="utf-8")
    return tuple(
        re.findall(rf'^{role} \{{ .*unit: "([^"]+)"', text, re.MULTILINE) for role in ("founding", "acceding")
    )


def _python(script: pathlib.Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-B", str(script), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"{script.name} failed: {done.stderr.strip()}")
    return done.stdout


def say_disclaimer() -> None:
    """What nobody may believe of what is shown."""
    say(
        "    The police's events are real and public; agreements, mandates and reports are invented, and the municipal"
    )
    say(
        "    liaison officers are scripted: at most 40 events are assessed, each picked by reading it, with its reason."
    )
