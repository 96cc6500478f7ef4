#!/usr/bin/env python3
"""Makes assessments.json, what the scripted municipal liaison officers decide about at most 40 police events, and
reports.json, the sample reports handed in to report slots. `content` is samverkan.incidents.v1.IncidentContent in
proto JSON.

usage: make_casework.py [--check | --reports YYYY-MM-DD]
  --check    writes nothing; exits 1 where a checked-in file is not what the tables give
  --reports  prints the reports with their times: each on its latest weekday before that day (Europe/Stockholm)
"""

import datetime
import gzip
import json
import pathlib
import re
import sys
import zoneinfo

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from geometry import border_strip, cells, inner_point  # noqa: E402  (the path comes first)
from make_directory import Units, area_id, handle, table  # noqa: E402

ASSESSMENTS, REPORTS = HERE / "assessments.json", HERE / "reports.json"
STOCKHOLM = zoneinfo.ZoneInfo("Europe/Stockholm")
MONTHS = "januari februari mars april maj juni juli augusti september oktober november december".split()
# First hour of morning, day, evening and night; a night belongs to the date it starts.
PARTS = (6, 10, 16, 22)
BORDER_STRIP = 60.0


def published_states() -> dict[int, list[dict]]:
    """Every event's states in the order they were seen."""
    states: dict[int, list[dict]] = {}
    with gzip.open(HERE / "stockholm-revisions.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            seen = json.loads(line)
            states.setdefault(seen["event"]["id"], []).append(seen)
    return states


def event_time(event: dict) -> datetime.datetime:
    """The time in the name ("27 juni 03:55, ..." or "22 augusti 17.59, ..."), in the latest year before publication."""
    day, month, hour, minute = re.match(r"(\d{1,2}) (\w+) (\d{1,2})[.:](\d{2})", event["name"]).groups()
    published = datetime.datetime.strptime(event["datetime"], "%Y-%m-%d %H:%M:%S %z")
    clock = (MONTHS.index(month) + 1, int(day), int(hour), int(minute))
    year = published.astimezone(STOCKHOLM).year
    at = datetime.datetime(year, *clock, tzinfo=STOCKHOLM)
    # A day's leeway: the clock in the name may be a little ahead of the publication.
    return at if at <= published + datetime.timedelta(days=1) else at.replace(year=year - 1)


def instant(at: datetime.datetime) -> str:
    return at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(at: datetime.datetime, precision: str) -> dict:
    if precision == "EXACT":
        begin = end = at
    elif precision == "HOUR":
        begin = at.replace(minute=0)
        end = begin + datetime.timedelta(hours=1)
    else:
        hour = max((part for part in PARTS if part <= at.hour), default=PARTS[-1])
        begin = at.replace(hour=hour, minute=0)
        if at.hour < PARTS[0]:
            begin -= datetime.timedelta(days=1)
        end_hour = PARTS[(PARTS.index(hour) + 1) % len(PARTS)]
        end = begin.replace(hour=end_hour) + datetime.timedelta(days=1 if end_hour < hour else 0)
    return {"startTime": instant(begin), "endTime": instant(end), "precision": f"TIME_PRECISION_{precision}"}


def marking(text: str) -> dict:
    tlp, level = text.split("/")
    other = min(2, int(level) + 1)
    return {"tlp": f"TLP_{tlp}", "confidentiality": int(level), "correctness": other, "traceability": other}


def content(row: dict[str, str], place: dict, occur_span: dict | None) -> dict:
    result = {
        "category": row["category"],
        "place": place,
        "occurSpan": occur_span,
        "certainty": f"CER_{row['certainty'].removeprefix('CER_')}",
    }
    result |= {"harm": int(row["harm"]), "description": row["description"], "marking": marking(row["marking"])}
    return {name: value for name, value in result.items() if value is not None}


class Assessments:
    """tables/assessments.csv with the names, times and recipients that follow from the directory and the source."""

    def __init__(self):
        self.units = Units()
        self.states = published_states()
        self.agreements = {(row["committee"], row["police_area"]): row for row in table("tables/local_agreements.csv")}
        districts = {
            row["members"]: row["area"]
            for row in table("tables/areas.csv")
            if row["column"] == "stadsdelsomrade_fran_2023_07_01"
        }
        self.committee = {
            row["stadsdel"]: districts[row["stadsdelsomrade_fran_2023_07_01"]].removeprefix("sdo-").upper()
            for row in table("stadsdelar.csv")
        }
        self.later = {}
        for row in table("tables/later_acts.csv"):
            self.later.setdefault(int(row["event"]), []).append(row)

    def release(self, row: dict[str, str], one: str) -> dict:
        clause, purpose, legal = (one.split(":") + ["NOT_SECRET_TESTED"])[:3]
        committee = self.committee[row["stadsdel"]]
        agreement = self.agreements[committee, row["police_area"]]
        recipient = f"STHLM.SDN.{committee}"
        if clause == "l10":
            [recipient] = [unit for unit in agreement["acceding"].split() if unit in self.units.with_selector("BOLAG")]
        if clause == "l6":
            legal = "PUBLIC_SOURCE"
        position = {"code": f"LB_{legal}", "motivation": row["motivation"]}
        if row["balancing_note"]:
            position["balancingNote"] = row["balancing_note"]
        return {
            "clause": f"agreements/{agreement['agreement']}/clauses/{clause}",
            "purpose": f"PUR_{purpose}",
            "recipients": [self.units.name(recipient)],
            "legalPosition": position,
        }

    def later_act(self, row: dict[str, str], first: dict) -> dict:
        if row["act"] == "retract":
            return {"act": "retract", "onState": int(row["state"]), "reason": row["reason"]}
        changed = first | {"category": row["category"], "description": row["description"]}
        note = {"kind": f"KIND_{row['kind']}", "reason": row["reason"]}
        return {"act": "correct", "onState": int(row["state"]), "content": changed, "note": note}

    def entry(self, row: dict[str, str]) -> dict:
        event = int(row["event"])
        result = {"event": event, "act": row["act"], "why": row["why"]}
        if row["act"] == "none":
            return result | {"unit": self.units.name("POL.STH")}
        unit = f"POL.STH.{row['police_area']}"
        state = int(row["state"])
        result |= {
            "unit": self.units.name(unit),
            "assessor": handle("POL", unit, "KOMPOL"),
            "onState": state,
            "seen": self.states[event][state - 1]["seen"],
        }
        if row["act"] == "reject":
            return result | {"reason": row["description"]}
        place = {"type": row["place_type"], "areas": [area_id(row["stadsdel"])]}
        if row["place_name"]:
            place["displayName"] = row["place_name"]
        at = event_time(self.states[event][state - 1]["event"])
        result["content"] = content(row, place, span(at, row["precision"]))
        result["releases"] = [self.release(row, one) for one in row["releases"].split()]
        result["later"] = [self.later_act(later, result["content"]) for later in self.later.get(event, [])]
        return result

    def all(self) -> list[dict]:
        return [self.entry(row) for row in table("tables/assessments.csv")]


def lat_lng(point: tuple[float, float]) -> dict:
    return {"latitude": point[1], "longitude": point[0]}


def report_place(row: dict[str, str], rings: dict) -> dict:
    place = {"type": f"PLA_{row['place_type']}", "displayName": row["place_name"]}
    own = rings[area_id(row["stadsdel"])]
    if row["other_stadsdel"]:
        strip = border_strip(own, rings[area_id(row["other_stadsdel"])], BORDER_STRIP)
        return place | {"polygon": [lat_lng(point) for point in strip]}
    return place | {"position": lat_lng(inner_point(own))}


def reporting_unit(units: Units, reporter: str) -> str:
    """The unit whose mandate for FN_RAPP is called so: hal-rapp, she-rapp, tf-rapp."""
    found = []
    for row in table("tables/mandates.csv"):
        if "RAPP" in row["functions"].split():
            pattern = re.escape(row["unit"]).replace(r"\{x\}", "[A-Z]+")
            found += [
                unit
                for unit in units.party_of
                if re.fullmatch(pattern, unit) and handle(units.party_of[unit], unit, "RAPP") == reporter
            ]
    [unit] = found
    return unit


def reports(before: datetime.date | None = None) -> list[dict]:
    units, rings = Units(), cells()
    result = []
    for number, row in enumerate(table("tables/reports.csv"), 1):
        occur_span = None
        when = {"weekday": int(row["weekday"]), "localTime": row["local_time"]}
        if before:
            back = (before.isoweekday() - when["weekday"] - 1) % 7 + 1
            hour, minute = (int(part) for part in row["local_time"].split(":"))
            day = before - datetime.timedelta(days=back)
            at = datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=STOCKHOLM)
            occur_span = span(at, "EXACT")
        unit = reporting_unit(units, row["reporter"])
        source = {"SHE": "BOLAG", "SVB": "BOLAG", "TF": "SL"}.get(units.party_of[unit].split(".")[-1], "EST")
        result.append(
            {
                "foreignId": f"report-{number}",
                "slot": units.name(f"STHLM.SDN.{row['slot']}"),
                "reporter": row["reporter"],
                "reportingUnit": units.name(unit),
                "source": {"kind": f"SRC_{source}"},
                **when,
                "content": content(row, report_place(row, rings), occur_span),
            }
        )
    return result


def render(value: list[dict]) -> str:
    return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n]\n"


def texts() -> dict[pathlib.Path, str]:
    return {ASSESSMENTS: render(Assessments().all()), REPORTS: render(reports())}


def main(arguments: list[str]) -> int:
    if len(arguments) == 2 and arguments[0] == "--reports":
        print(render(reports(datetime.date.fromisoformat(arguments[1]))), end="")
        return 0
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    wrong = 0
    for path, text in texts().items():
        if not arguments:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{path.name} is not what its tables give: run deploy/data/make_casework.py", file=sys.stderr)
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
