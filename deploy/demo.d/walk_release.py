"""Assessed, released, seen live; and hidden from everybody else."""

import json
import pathlib

from scene import EXPLOSION, HAL, HAL_CLAUSE, JAR, JAR_CLAUSE, KEPT_BACK, ROBBERY, Scene, delivery

NEVER_WAS = f"{HAL}/deliveries/0f1e2d3c-4b5a-4697-8879-a0b1c2d3e4f5"
CASEWORK_MAX = 40


def release_live(scene: Scene) -> None:
    t = scene.t
    t.chapter(f"{ROBBERY}: handed in, assessed, released; the district sees it live")
    scene.hal = scene.watch("hal-tryggsam")
    scene.robbery = scene.find("skarh-kompol", ROBBERY, "ITEM")
    item = t.done(t.do("skarh-kompol", f"incident get {scene.robbery}"), "the police's own space shows it")
    source = item["source"]
    t.promise(
        item["state"] == "STATE_RECEIVED" and "stadsdel" not in json.dumps(item["content"]),
        "received, placed no finer than the city",
        item,
    )
    proposals = {row["area"]: row["provenance"] for row in source["place_proposals"]}
    t.promise(
        set(proposals) == {"areas/stadsdel-vastertorp"},
        f"a stadsdel is only proposed: {', '.join(proposals.values())}",
        proposals,
    )
    item = t.done(
        t.do(
            "skarh-kompol",
            f"incident assess {scene.robbery} --area stadsdel-vastertorp --certainty SANNOLIK --harm 2 "
            f"--tlp AMBER_STRICT --klassa 2,2,2 --text '{scene.script[ROBBERY]['content']['description']}'",
        ),
        "assessed",
    )
    t.promise(
        item["state"] == "STATE_ASSESSED" and item["content"]["category"] == "INC_RAN_PERS",
        "the assessor's own words and place: INC_RAN_PERS, Västertorp",
        item["content"],
    )
    release = t.done(scene.release("skarh-kompol", scene.robbery, HAL_CLAUSE, HAL, "LAGESBILD"), "released")
    t.promise(
        [row["unit"] for row in release["receipts"]] == [HAL] and release["decided_by"] != "",
        f"to one recipient, decided by {release['decided_by']}",
        release,
    )
    _, event = t.arrives(scene.hal, lambda e: delivery(e).get("state") == "STATE_DELIVERED", "a copy arrives")
    copy = delivery(event)
    t.name("COPY", copy["name"])
    scene.copy = copy["name"]
    check_copy(scene, copy, source)


def check_copy(scene: Scene, copy: dict, source: dict) -> None:
    t = scene.t
    span = copy["content"]["occur_span"]
    t.promise(
        copy["content"]["category"] == "INC_RAN_PERS"
        and "areas/stadsdel-vastertorp" in copy["content"]["place"]["areas"],
        "INC_RAN_PERS in Västertorp",
        copy,
    )
    t.promise(
        (span["precision"], span["start_time"], span["end_time"])
        == ("TIME_PRECISION_PART_OF_DAY", "2025-04-23T14:00:00Z", "2025-04-23T20:00:00Z"),
        "told as the clause lets it: the evening of 23 April, 16 to 22",
        span,
    )
    shown = json.dumps(copy, ensure_ascii=False)
    secrets = [line for line in source["text"].split("\n") if line] + [source["uri"]]
    t.promise(
        not any(secret in shown for secret in secrets),
        "neither the published summary nor its address is in the copy",
        shown,
    )


def hidden_is_absent(scene: Scene) -> None:
    t = scene.t
    t.chapter("Another district asks for it, and for something that never was")
    t.done(t.do("hal-tryggsam", f"delivery get {scene.copy}"), "the recipient opens its copy")
    hidden = t.do("skh-tryggsam", f"delivery get {scene.copy}")
    absent = t.do("skh-tryggsam", f"delivery get {NEVER_WAS}")
    t.refused(hidden, "NOT_FOUND", "the neighbour gets")
    t.promise(
        hidden.err == absent.err and hidden.code == absent.code and hidden.out == absent.out,
        "both answers are the same to the byte: status, reason, message, details, fields",
        f"{hidden.err} / {absent.err}",
    )
    t.tell(hidden.err.strip())


def release_and_others(scene: Scene) -> None:
    t = scene.t
    t.chapter(f"{EXPLOSION}: released to another district")
    scene.jar = scene.watch("jar-tryggsam")
    scene.explosion = scene.find("jarva-kompol", EXPLOSION, "ALARM")
    script = scene.script[EXPLOSION]["content"]
    t.done(
        t.do(
            "jarva-kompol",
            f"incident assess {scene.explosion} --area stadsdel-rinkeby --place-type TRAPP --certainty OBEKRAFTAD "
            f"--harm 3 --tlp AMBER_STRICT --klassa 2,2,2 --text '{script['description']}'",
        ),
        "assessed",
    )
    t.done(scene.release("jarva-kompol", scene.explosion, JAR_CLAUSE, JAR, "LAGESBILD"), "released")
    _, event = t.arrives(scene.jar, lambda e: delivery(e).get("state") == "STATE_DELIVERED", "a copy arrives")
    scene.jar_copy = delivery(event)["name"]
    t.name("ALARM_COPY", scene.jar_copy)
    t.chapter("Scripted municipal liaison officers assess the rest of at most 40, each with a reason")
    t.promise(
        len(scene.script) <= CASEWORK_MAX and all(entry["why"] for entry in scene.script.values()),
        f"{len(scene.script)} events are listed by id, each with a reason",
    )
    for line in scene.load.casework(1, casework_file(scene))["acts"]:
        t.tell(line)


def casework_file(scene: Scene) -> pathlib.Path:
    """The script with one release less: it is asked for once the clause is out of force."""
    entries = [{**entry, "releases": []} if event == KEPT_BACK else entry for event, entry in scene.script.items()]
    file = scene.cli.folder / "assessments-of-the-check.json"
    file.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    return file
