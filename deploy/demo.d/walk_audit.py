"""The part of the walk that asks the log: who saw what, proved without the hub."""

import json
import pathlib
import subprocess
import sys
import time

from paths import ROOT
from scene import ROBBERY, Scene

# "Who saw it" is answered from an index that is at most a second behind; a busy machine takes longer.
INDEX_SECONDS = 20
SECOND_VERIFIER = ROOT / "tests" / "conformance" / "verify_log.py"

# Kind, function, reason.
Entry = tuple[str, str, str]


def who_saw(scene: Scene) -> None:
    t = scene.t
    t.chapter("The log: who saw it, and a proof that nothing in it was changed")
    listed(
        scene,
        "hal-dso",
        scene.copy,
        f"who saw the district's first copy of {ROBBERY}, and who asked for it in vain",
        {"KIND_DELIVERY", "KIND_READ", "KIND_OUTSIDER_REFUSED", "KIND_RETRACTION", "KIND_REFUSED"},
    )
    listed(
        scene,
        "hal-dso",
        scene.copy2,
        "and the second",
        {"KIND_CORRECTION", "KIND_READ", "KIND_RETRACTION", "KIND_REFUSED"},
    )
    sender = {"KIND_WRITE", "KIND_RELEASE", "KIND_CORRECTION", "KIND_RETRACTION"}
    found = listed(scene, "pol-dso", scene.robbery, "what the police did with it", sender)
    t.promise(
        {function for _, function, _ in found} == {"FN_SYSTEM", "FN_KOMPOL"},
        "and by which function: the liaison system and the municipal liaison officer, nobody else",
        sorted(found),
    )
    verify(scene, "hal-dso")
    verify(scene, "pol-dso")


def listed(scene: Scene, who: str, resource: str, title: str, wanted: set[str]) -> set[Entry]:
    """Kind, function and reason of the entries about a resource, once the kinds that are wanted are among them."""
    t = scene.t
    answer = t.do(who, f"audit list --resource {resource}")
    deadline = time.monotonic() + INDEX_SECONDS
    while answer.code == 0 and not wanted <= {row["record"]["kind"] for row in answer.rows}:
        if time.monotonic() > deadline:
            break
        answer = scene.cli.run("audit", "list", "--resource", resource, who=who)
    t.done(answer, title)
    found: set[Entry] = set()
    for row in answer.rows:
        record = row["record"]
        entry = (record["kind"], record.get("actor_function", ""), record.get("reason", ""))
        if entry not in found:
            unit = record.get("actor_unit", record.get("actor_party", "")).rsplit("/", 1)[-1]
            t.tell(f"        {' '.join((record['kind'].removeprefix('KIND_'), entry[1], unit, entry[2])).strip()}")
        found.add(entry)
    t.promise(wanted <= {kind for kind, _, _ in found}, f"it says: {', '.join(sorted(words(wanted)))}", sorted(found))
    return found


def words(kinds: set[str]) -> list[str]:
    return [kind.removeprefix("KIND_").replace("_", " ").lower() for kind in kinds]


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
    forged.write_text(turn_one_bit(file.read_text(encoding="utf-8")), encoding="utf-8")
    t.name("FORGED", str(forged))
    t.promise(t.do("", f"audit verify {forged} --key {keys}").code == 1, "with one bit turned it is refused")


def second_verifier(file: pathlib.Path, keys: pathlib.Path) -> subprocess.CompletedProcess[str]:
    with open(file, encoding="utf-8") as export:
        origin = json.loads(export.readline())["origin"]
    key = next(line for line in keys.read_text(encoding="utf-8").splitlines() if line.startswith(f"{origin}+"))
    command = [sys.executable, "-B", str(SECOND_VERIFIER), key, "export", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def turn_one_bit(export: str) -> str:
    """The export with another record in the middle."""
    lines = export.splitlines(keepends=True)
    middle = json.loads(lines[len(lines) // 2])
    record = middle["record"]
    middle["record"] = ("B" if record[4] == "A" else "A").join((record[:4], record[5:]))
    lines[len(lines) // 2] = json.dumps(middle, separators=(",", ":"), ensure_ascii=False) + "\n"
    return "".join(lines)
