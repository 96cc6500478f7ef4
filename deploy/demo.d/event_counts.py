"""What the import has to say of the police's events, counted here from the files alone."""

import csv
import gzip
import json
from dataclasses import dataclass

from paths import EVENT_TYPES, EVENTS

CITY = "Stockholm"


@dataclass
class FirstStates:
    """The first states of all events, by what has to become of them."""

    lines: int = 0
    later: int = 0
    items: int = 0
    aggregates: int = 0
    never: int = 0
    notices: int = 0
    outside: int = 0


def first_states() -> FirstStates:
    with open(EVENT_TYPES, encoding="utf-8", newline="") as file:
        forms = {row["type"]: row["form"] for row in csv.DictReader(file)}
    counts = FirstStates()
    seen = set()
    with gzip.open(EVENTS, "rt", encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)["event"]
            counts.lines += 1
            if event["id"] in seen:
                counts.later += 1
                continue
            seen.add(event["id"])
            form = forms[event["type"]]
            if form == "-":
                counts.notices += 1
            elif event["location"]["name"] != CITY:
                counts.outside += 1
            elif form == "A":
                counts.aggregates += 1
            elif form == "X":
                counts.never += 1
            else:
                counts.items += 1
    return counts
