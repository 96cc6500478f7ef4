"""The agreement is suspended and resumed: what still leaves, what stays, what always arrives."""

from scene import HAL, HAL_CLAUSE, KEPT_BACK, ROBBERY, Scene, delivery


def suspend(scene: Scene) -> None:
    t = scene.t
    t.chapter("The district suspends the agreement: nothing more leaves, what was delivered stays")
    scene.kept_back = scene.find("skarh-kompol", KEPT_BACK, "OTHER")
    agreement = t.done(
        t.do("hal-sddir", "agreement suspend lok-hal-skarh --reason 'Översyn av rutinerna' --yes"), "suspended"
    )
    t.promise(agreement["state"] == "STATE_SUSPENDED", "at once", agreement["state"])
    _, event = t.arrives(
        scene.hal, lambda e: e.get("access_ended", {}).get("clause", {}).get("clause") == HAL_CLAUSE, "access ended"
    )
    t.promise("SUSPENDED" in event["access_ended"]["reason"], f"and why: {event['access_ended']['reason']}", event)
    t.promise(scene.hal.open, "the feed goes on")
    refusal = t.refused(
        scene.release("skarh-kompol", scene.kept_back, HAL_CLAUSE, HAL, "LAGESBILD"),
        "NO_CLAUSE_IN_FORCE",
        "a new release is refused",
    )
    t.promise(refusal.get("metadata", {}).get("code") == "E03", "E03, with the recipient it fails for", refusal)
    why = t.done(
        t.do("skarh-kompol", f"explain {scene.kept_back} --to {HAL} --clause {HAL_CLAUSE} --purpose LAGESBILD"),
        "explained",
    )
    t.promise(
        not why.get("allowed") and why["reason"] == "NO_CLAUSE_IN_FORCE", f"{why['reason']}: {why['remedy_en']}", why
    )
    copy = t.done(t.do("hal-tryggsam", f"delivery get {scene.copy2}"), f"{ROBBERY} stays readable")
    t.promise(
        copy.get("access_ended") is True and copy["content"]["category"] == "INC_TIL_BUTIK",
        "and is marked: access ended",
        copy,
    )


def retract_after_end(scene: Scene) -> None:
    t = scene.t
    t.chapter(f"{ROBBERY}: retracted after the clause ended; the tombstone arrives on the same stream")
    text = scene.script[ROBBERY]["later"][0]["content"]["description"]
    t.done(t.do("skarh-kompol", f"incident retract {scene.robbery} --reason FEL --yes"), "retracted")
    scene.tombstone_arrives(scene.hal, scene.copy2, "RTR_FEL", text)
    for name in (scene.copy, scene.copy2):
        t.refused(t.do("hal-tryggsam", f"delivery get {name}"), "SEALED", "the copy is gone, its tombstone is left")


def resume(scene: Scene) -> None:
    t = scene.t
    t.chapter("The district resumes: the same release now goes through")
    agreement = t.done(t.do("hal-sddir", "agreement resume lok-hal-skarh"), "resumed")
    t.promise(agreement["state"] == "STATE_IN_FORCE", "in force", agreement["state"])
    t.arrives(
        scene.hal, lambda e: e.get("access_begun", {}).get("clause", {}).get("clause") == HAL_CLAUSE, "access begun"
    )
    t.done(scene.release("skarh-kompol", scene.kept_back, HAL_CLAUSE, HAL, "LAGESBILD"), "released")
    t.arrives(
        scene.hal,
        lambda e: delivery(e).get("state") == "STATE_DELIVERED",
        "a copy arrives, on the stream of the beginning",
    )
