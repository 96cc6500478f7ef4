"""The part of the walk that asks the log: who saw what, proved without the hub."""

from cli import Cli
from transcript import Transcript


def walk_audit(t: Transcript, cli: Cli, item: str, copy: str) -> None:
    t.chapter("The log: who saw it, verified offline")
