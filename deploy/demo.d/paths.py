"""Where things lie in the project and in a demo's folder."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "deploy" / "data"
BUILD = ROOT / "build" / "release"
# The tests name the folder of programs they have built.
PROGRAMS_BUILT = "SAMVERKAN_BIN" in os.environ
PROGRAMS = pathlib.Path(os.environ.get("SAMVERKAN_BIN", BUILD / "bin"))
HUB = PROGRAMS / "samverkan-hub"
CLI = PROGRAMS / "samverkan"
DIRECTORY = DATA / "stockholm.textproto"
EVENTS = DATA / "stockholm-revisions.jsonl.gz"
EVENT_TYPES = DATA / "polisen-types.csv"
STADSDELAR = DATA / "stadsdelar.csv"
CASEWORK = DATA / "assessments.json"
REPORTS = DATA / "reports.json"


def default_folder() -> pathlib.Path:
    """Where an ordinary demo keeps its data."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return pathlib.Path(base) / "samverkan-demo"
