"""Corrected and retracted: both reach everybody who holds a copy."""

import json

from event_counts import first_states
from scene import EXPLOSION, JAR, ROBBERY, SHOOTING, Scene, delivery

# Events whose source says something else after they were released.
CHANGED_AFTER_RELEASE = (580265, 567711, 581513, 611707)


def correct(scene: Scene) -> None:
    t = scene.t
    t.chapter(f"{ROBBERY}: the source changes, the police correct, the correction arrives")
    counts = scene.load.events("all")
    t.promise(
        counts["tasks"] == len(CHANGED_AFTER_RELEASE) and counts["updated"] > 0,
        f"{counts['updated']} unreleased items follow their source, {counts['tasks']} released ones await an assessor",
        counts,
    )
    t.promise(
        counts["unchanged"] == first_states().items and counts["rejected"] > 0,
        f"{counts['unchanged']} were handed in before and stay as they are, {counts['rejected']} unreleased ones are "
        "rejected: their new type may not be an item",
        counts,
    )
    item = t.done(t.do("skarh-kompol", f"incident get {scene.robbery}"), "the item shows its task")
    tasks = [(row["kind"], row["category"]) for row in item.get("tasks", [])]
    t.promise(
        tasks == [("KIND_SOURCE_CHANGED", "INC_TIL_BUTIK")]
        and item["revision"] == 1
        and item["content"]["category"] == "INC_RAN_PERS",
        f"nothing changed by itself: {tasks}",
        item,
    )
    script = scene.script[ROBBERY]["later"][0]
    item = t.done(
        t.do(
            "skarh-kompol",
            f"incident correct {scene.robbery} --category TIL_BUTIK --text '{script['content']['description']}' "
            f"--kind RECLASSIFICATION --reason '{script['note']['reason']}'",
        ),
        "corrected",
    )
    t.promise(item["revision"] == 2 and not item.get("tasks"), "revision 2, and the task is done", item)
    _, event = t.arrives(scene.hal, lambda e: delivery(e).get("supersedes") == scene.copy, "the correction arrives")
    copy = delivery(event)
    t.promise(
        (copy["revision"], copy["content"]["category"]) == (2, "INC_TIL_BUTIK"), "revision 2, INC_TIL_BUTIK", copy
    )
    t.name("COPY2", copy["name"])
    scene.copy2 = copy["name"]
    old = t.done(t.do("hal-tryggsam", f"delivery get {scene.copy}"), "the first copy is history")
    t.promise((old["state"], old["superseded_by"]) == ("STATE_SUPERSEDED", scene.copy2), "superseded by $COPY2", old)
    shooting = scene.find("valli-kompol", SHOOTING, "SHOTS")
    item = t.done(t.do("valli-kompol", f"incident get {shooting}"), f"{SHOOTING}, released, is shown")
    t.promise(
        [row["kind"] for row in item.get("tasks", [])] == ["KIND_CATEGORY_NOT_ALLOWED"],
        "its new type may only be counted: a task for its assessor, nothing by itself",
        item,
    )


def retract(scene: Scene) -> None:
    t = scene.t
    t.chapter(f"{EXPLOSION}: a mistake; only a tombstone is left, and it is acknowledged")
    text = scene.script[EXPLOSION]["content"]["description"]
    item = t.done(t.do("jarva-kompol", f"incident retract {scene.explosion} --reason FEL --yes"), "retracted")
    t.promise(
        item["state"] == "STATE_RETRACTED" and text not in json.dumps(item, ensure_ascii=False),
        "the originator itself keeps only the tombstone",
        item,
    )
    scene.tombstone_arrives(scene.jar, scene.jar_copy, "RTR_FEL", text)
    refusal = t.refused(t.do("jar-tryggsam", f"delivery get {scene.jar_copy}"), "SEALED", "the copy cannot be opened")
    t.promise(
        refusal.get("metadata", {}).get("tombstone_reason") == "RTR_FEL", "the refusal says why and when", refusal
    )
    taken = t.done(t.do("jar-regstr", f"delivery ack {scene.jar_copy}"), "the registrar acknowledges")
    t.promise("acknowledge_time" in taken, f"at {taken.get('acknowledge_time')}", taken)
    release = t.done(t.do("jarva-kompol", f"incident releases {scene.explosion}"), "the originator sees the receipt")
    receipts = [(row["unit"], row["state"], "acknowledge_time" in row) for row in release["receipts"]]
    t.promise(receipts == [(JAR, "STATE_SEALED", True)], "sealed and acknowledged by its one holder", receipts)
