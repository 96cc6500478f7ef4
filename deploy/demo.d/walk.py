"""The main job, walked by the people who do it, through the command line: what deploy/demo --check proves."""

import pathlib

import confine
import walk_audit
import walk_change
import walk_end
import walk_release
from cli import Cli
from event_counts import first_states
from hub import Hub
from progress import say
from scene import Scene
from stages import say_disclaimer

AGREEMENTS = 15
RESIDENT_MIB_MAX = 200


def walk(cli: Cli, hub: Hub) -> int:
    """The exit code: 0 only when every promise was kept."""
    say_disclaimer()
    scene = Scene(cli)
    try:
        sign(scene)
        hand_in(scene)
        walk_release.release_live(scene)
        walk_release.hidden_is_absent(scene)
        walk_release.release_and_others(scene)
        walk_change.correct(scene)
        walk_change.retract(scene)
        scene.load.casework(2)
        scene.load.reports()
        walk_end.suspend(scene)
        walk_end.retract_after_end(scene)
        walk_audit.who_saw(scene)
        walk_end.resume(scene)
        figures(scene, hub)
    finally:
        scene.close()
    return conclude(scene)


def sign(scene: Scene) -> None:
    t = scene.t
    t.chapter("Every party signs with its own key")
    signed = scene.load.agreements()
    t.promise(
        signed["agreements"] == AGREEMENTS,
        f"{signed['agreements']} agreements in force, {signed['signatures']} signatures",
    )
    keys = sorted((scene.cli.folder / "pki" / "parties").glob("*/*.key"))
    if confine.available():
        open_to_hub = confine.opened(scene.cli.folder, [*keys, scene.cli.folder / "pki" / "ca.pem"])
        t.promise(
            [pathlib.Path(file).name for file in open_to_hub] == ["ca.pem"],
            f"the hub's process cannot open one of the parties' {len(keys)} private keys",
            open_to_hub,
        )
    else:
        t.tell(
            "this kernel has no Landlock: the parties' keys are kept apart from the hub's, but nothing holds it off"
        )


def hand_in(scene: Scene) -> None:
    t = scene.t
    t.chapter("The police's liaison system hands in; what may only be counted is refused")
    counts = scene.load.events("first")
    told = first_states()
    refused = counts["refused"]
    t.promise(counts["handed_in"] == told.items, f"{counts['handed_in']} items, as many as the files hold", told.items)
    t.promise(
        refused == {"CATEGORY_NOT_COVERED": told.aggregates + told.never},
        f"{told.aggregates} whose type may only be counted and {told.never} that never travel are refused, one "
        "by one: CATEGORY_NOT_COVERED",
        refused,
    )
    t.promise(
        (counts["notices"], counts["outside_city"], counts["held_back"]) == (told.notices, told.outside, told.later),
        f"{told.outside} outside the city and {told.notices} notice(s) are no items; {told.later} later states wait",
    )


def figures(scene: Scene, hub: Hub) -> None:
    t = scene.t
    t.chapter("Figures")
    resident = hub.resident_mib()
    t.promise(
        resident < RESIDENT_MIB_MAX,
        f"the hub with all data: {resident:.0f} MiB resident, under {RESIDENT_MIB_MAX}",
        f"{resident:.0f} MiB",
    )
    for states in ("first", "all"):
        counts = scene.load.events(states)
        t.tell(
            f"replay of {states} states: {counts['lines']} lines in {counts['seconds']:.1f} s, "
            f"{counts['lines'] / max(counts['seconds'], 0.001):.0f} a second"
        )


def conclude(scene: Scene) -> int:
    t = scene.t
    say()
    if t.broken:
        say(f"==> {t.kept} promises kept, {len(t.broken)} broken:")
        for text in t.broken:
            say(f"    {text}")
        return 1
    say(f"==> {t.kept} promises kept, none broken")
    return 0
