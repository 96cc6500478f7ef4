#!/usr/bin/env python3
"""Makes agreements/*.textproto, templates of samverkan.agreements.v1.AgreementContent: the central agreement, the
city-internal one and the 13 local ones. They have no validity: that is computed at first start.

usage: make_agreements.py [--check | --validity YYYY-MM-DD]
  --check     writes nothing; exits 1 where a checked-in file is not what the tables give
  --validity  prints, a line each, agreement, first instant and end for a first start on that day (Europe/Stockholm), as
              `samverkan agreement create --file F --valid-from FROM --valid-to END` takes them
"""

import datetime
import pathlib
import sys
import zoneinfo

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from clauses import (
    Clause,
    Local,
    central_clauses,
    internal_clauses,
    local_clauses,
)  # noqa: E402  (the path comes first)
from make_directory import Units, party_name, table  # noqa: E402
from textproto import Enum, Message, document  # noqa: E402

OUTPUT = HERE / "agreements"
DISTRICTS = ["BRO", "EAV", "FAR", "HAL", "HVA", "JAR", "KUN", "NIN", "SKN", "SKH", "SOD"]
COMMITTEES = [f"STHLM.SDN.{code}" for code in DISTRICTS]
CITY_COMPANIES = ["STHLM.BOLAG.SHE", "STHLM.BOLAG.SVB"]
# The private and the civil party sign the central agreement too: a frame covers only flows between those who signed it.
REGION_AND_OTHERS = ["REGSTH.TF", "NGL.CENTRUM", "CIV.VANDRARE", "REGSTH.HSF", "REGSTH.RLK", "STHLM.UTB"]
# Years counted from that of the first start, on whose first day an agreement ends.
CENTRAL_YEARS, LOCAL_YEARS = 4, 2


def selector(units: Units, one: str) -> Message:
    if one.startswith("group "):
        return [("group", one.removeprefix("group "))]
    return [("unit", units.name(one))]


def versions() -> dict[str, str]:
    """areas/{area}@{date} of the newest version, by area id; what a clause signed today names."""
    return {
        row["area"]: f"areas/{row['area']}@{row['valid_from']}"
        for row in table("tables/areas.csv")
        if not row["valid_to"]
    }


def clause_message(units: Units, clause: Clause, area_versions: dict[str, str]) -> Message:
    tlp, confidentiality = clause.ceiling.split("/")
    message = [("id", clause.id), ("effect", Enum("EFFECT_FRAME" if clause.frame else "EFFECT_PERMIT"))]
    message += [("categories", f"IKA_{category}") for category in clause.categories]
    message += [("flows", [("from", selector(units, a)), ("to", selector(units, b))]) for a, b in clause.flows]
    message += [("areas", area_versions[area]) for area in clause.areas]
    message += [("purposes", f"PUR_{purpose}") for purpose in clause.purposes]
    message += [("max_tlp", Enum(f"TLP_{tlp}")), ("max_confidentiality", int(confidentiality))]
    obligations = [
        ("geo_precision", Enum(f"GEO_PRECISION_{clause.geo}")),
        ("time_precision", Enum(f"TIME_PRECISION_{clause.time}")),
        ("delay_seconds", clause.delay_days * 86400),
        ("min_count", clause.min_count),
        ("onward", Enum(f"ONWARD_{clause.onward}")),
    ]
    message.append(("obligations", [(name, value) for name, value in obligations if value != 0]))
    message += [("legal_positions", f"LB_{position}") for position in clause.legal_positions]
    if clause.clear_onward:
        message.append(("clear_onward", Enum(f"ONWARD_{clause.clear_onward}")))
    return message


def signatory(units: Units, unit: str) -> Message:
    return [("party", party_name(units.party_of[unit])), ("unit", units.name(unit))]


def content(
    units: Units,
    name: str,
    level: str,
    titles: tuple[str, str],
    founding: list[str],
    acceding: list[str],
    clauses: list[Clause],
) -> Message:
    message = [("name", f"agreements/{name}"), ("version", 1), ("level", Enum(f"LEVEL_{level}"))]
    if level == "LOCAL":
        message.append(("frame", "agreements/cen"))
    message += [("title", titles[0]), ("title_en", titles[1])]
    message += [("founding", signatory(units, unit)) for unit in founding]
    message += [("acceding", signatory(units, unit)) for unit in acceding]
    area_versions = versions()
    return message + [("clauses", clause_message(units, clause, area_versions)) for clause in clauses]


def local_parties(units: Units, row: dict[str, str]) -> Local:
    acceding = row["acceding"].split()
    companies = [unit for unit in acceding if unit in CITY_COMPANIES]
    civic = [unit for unit in acceding if unit in units.with_selector("NGL") + units.with_selector("CIV")]
    return Local(
        committee=f"STHLM.SDN.{row['committee']}",
        police=f"POL.STH.{row['police_area']}",
        companies=companies,
        others=[unit for unit in acceding if unit not in companies + civic],
        civic=civic,
    )


def local_agreement(units: Units, row: dict[str, str]) -> tuple[Local, list[Clause]]:
    local = local_parties(units, row)
    clauses = local_clauses(
        local, f"sdo-{row['committee'].lower()}", f"lpo-{row['police_area'].split('.')[-1].lower()}"
    )
    if row["named_legal_position"]:
        wanted, position = row["named_legal_position"].split(":")
        [clause] = [clause for clause in clauses if clause.id == wanted]
        clause.legal_positions += (position,)
    return local, clauses


def names(rows: list[dict[str, str]], code: str) -> tuple[str, str]:
    [row] = [row for row in rows if row["code"] == code]
    return row["name_sv"], row["name_en"]


def agreements() -> dict[str, Message]:
    units = Units()
    result = {
        "cen": content(
            units,
            "cen",
            "CENTRAL",
            (
                "Överenskommelse om samverkan mellan Stockholms stad och Polisregion Stockholm",
                "Collaboration agreement between the City of Stockholm and Police Region Stockholm",
            ),
            ["STHLM.SLK", "POL.STH"],
            COMMITTEES + ["STHLM.TRK"] + CITY_COMPANIES + REGION_AND_OTHERS,
            central_clauses(),
        ),
        "int": content(
            units,
            "int",
            "CENTRAL",
            (
                "Stadsintern överenskommelse om samverkan för trygghet",
                "City-internal agreement on collaboration for safety",
            ),
            ["STHLM.SLK"],
            COMMITTEES + ["STHLM.TRK"] + CITY_COMPANIES,
            internal_clauses(DISTRICTS),
        ),
    }
    for row in table("tables/local_agreements.csv"):
        local, clauses = local_agreement(units, row)
        committee, police = names(table("tables/parties.csv"), local.committee), names(units.rows, local.police)
        titles = (
            f"Lokal överenskommelse: {committee[0]} och {police[0][0].lower() + police[0][1:]}",
            f"Local agreement: {committee[1]} and {police[1]}",
        )
        result[row["agreement"]] = content(
            units, row["agreement"], "LOCAL", titles, [local.committee, local.police], row["acceding"].split(), clauses
        )
    return result


def texts() -> dict[str, str]:
    comments = [
        "Made by make_agreements.py; change clauses.py or tables/local_agreements.csv and run it again.",
        "valid_from_time and valid_to_time are set at first start: make_agreements.py --validity.",
    ]
    kind = "samverkan.agreements.v1.AgreementContent"
    return {
        f"{name}.textproto": document("agreements/v1/agreements.proto", kind, comments, message)
        for name, message in agreements().items()
    }


def midnight(day: datetime.date) -> str:
    local = datetime.datetime(day.year, day.month, day.day, tzinfo=zoneinfo.ZoneInfo("Europe/Stockholm"))
    return local.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def validity(day: datetime.date) -> list[tuple[str, str, str]]:
    """(agreement, first instant, end): central ones to the first day of the fourth year, local ones of the second."""
    result = []
    for name in ["cen", "int"] + [row["agreement"] for row in table("tables/local_agreements.csv")]:
        years = LOCAL_YEARS if name.startswith("lok-") else CENTRAL_YEARS
        result.append((name, midnight(day), midnight(datetime.date(day.year + years, 1, 1))))
    return result


def check() -> int:
    wanted = texts()
    present = {path.name: path.read_text(encoding="utf-8") for path in OUTPUT.glob("*.textproto")}
    wrong = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    for name in wrong:
        print(f"agreements/{name} is not what the tables give: run deploy/data/make_agreements.py", file=sys.stderr)
    return 1 if wrong else 0


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        return check()
    if len(arguments) == 2 and arguments[0] == "--validity":
        for line in validity(datetime.date.fromisoformat(arguments[1])):
            print(*line)
        return 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    OUTPUT.mkdir(exist_ok=True)
    for name, text in texts().items():
        (OUTPUT / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
