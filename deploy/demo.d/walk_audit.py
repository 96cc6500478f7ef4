"""The part of the walk that asks the log: who saw what, proved without the hub."""

from scene import Scene


def who_saw(scene: Scene) -> None:
    scene.t.chapter("The log: who saw it, verified offline")
