"""The part of the walk that asks the log: who saw what, proved without the hub."""

import json
import pathlib
import subprocess
import sys

from paths import ROOT
from scene import ROBBERY, Scene

SECOND_VERIFIER = ROOT / "tests" / "conformance" / "verify_log.py"


def who_saw(scene: Scene) -> None:
    t = scene.t
    t.chapter("The log: who saw it, and a proof that nothing in it was changed")
    recipient = listed(scene, "hal-dso", scene.copy2, f"who saw the district's copy of {ROBBERY}")
    t.promise(
        {"KIND_CORRECTION", "KIND_READ", "KIND_RETRACTION"} <= {kind for kind, _, _ in recipient}
        and ("KIND_READ", "FN_TRYGGSAM", "") in recipient,
        "that it came, that the safety coordinator read it, that it was retracted",
        sorted(recipient),
    )
    outsiders = listed(scene, "hal-dso", scene.copy, "and who asked for the first one")
    t.promise(
        any(kind == "KIND_OUTSIDER_REFUSED" for kind, _, _ in outsiders),
        "the neighbour's attempt stands in the owner's log",
        sorted(outsiders),
    )
    sender = listed(scene, "pol-dso", scene.robbery, "what the police did with it")
    wanted = {"KIND_WRITE", "KIND_RELEASE", "KIND_CORRECTION", "KIND_RETRACTION"}
    t.promise(
        wanted <= {kind for kind, function, _ in sender if function in ("FN_KOMPOL", "FN_SYSTEM")},
        "handed in, released, corrected, retracted",
        sorted(sender),
    )
    verify(scene, "hal-dso")
    verify(scene, "pol-dso")


def listed(scene: Scene, who: str, resource: str, title: str) -> set[tuple[str, str, str]]:
    """Kind, function and reason of the entries about a resource."""
    rows = scene.t.do(who, f"audit list --resource {resource}")
    scene.t.done(rows, title)
    found = set()
    for row in rows.rows:
        record = row["record"]
        entry = (record["kind"], record.get("actor_function", ""), record.get("reason", ""))
        if entry not in found:
            unit = record.get("actor_unit", record.get("actor_party", "")).rsplit("/", 1)[-1]
            scene.t.tell(
                f"        {' '.join((record['kind'].removeprefix('KIND_'), entry[1], unit, entry[2])).strip()}"
            )
        found.add(entry)
    return found


def verify(scene: Scene, who: str) -> None:
    """Exports a party's log and verifies the file, whole and with one bit turned."""
    t = scene.t
    keys = scene.cli.folder / "pki" / "log.vkeys"
    file = scene.cli.folder / f"log-of-{who}.jsonl"
    t.name("KEYS", str(keys))
    t.name("LOG", str(file))
    t.done(t.do(who, f"audit export --out {file}"), "exported, complete, with its signed checkpoint")
    verified = t.do("", f"audit verify {file} --key {keys}")
    t.promise(verified.code == 0, verified.out.strip() or "verified offline", verified.err.strip())
    if SECOND_VERIFIER.exists():
        second = second_verifier(file, keys)
        t.promise(second.returncode == 0, f"a second verifier agrees: {second.stdout.strip()}", second.stdout)
    forged = file.with_suffix(".forged")
    forged.write_text(turn_one_bit(file.read_text(encoding="ascii")), encoding="ascii")
    t.name("FORGED", str(forged))
    t.promise(t.do("", f"audit verify {forged} --key {keys}").code == 1, "with one bit turned it is refused")


def second_verifier(file: pathlib.Path, keys: pathlib.Path) -> subprocess.CompletedProcess[str]:
    with open(file, encoding="utf-8") as export:
        origin = json.loads(export.readline())["origin"]
    key = next(line for line in keys.read_text(encoding="ascii").splitlines() if line.startswith(f"{origin}+"))
    command = [sys.executable, "-B", str(SECOND_VERIFIER), key, "export", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def turn_one_bit(export: str) -> str:
    """The export with another record in the middle."""
    lines = export.splitlines(keepends=True)
    middle = json.loads(lines[len(lines) // 2])
    record = middle["record"]
    middle["record"] = ("B" if record[4] == "A" else "A").join((record[:4], record[5:]))
    lines[len(lines) // 2] = json.dumps(middle, separators=(",", ":")) + "\n"
    return "".join(lines)
