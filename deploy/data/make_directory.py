#!/usr/bin/env python3
"""Makes stockholm.textproto, the demo's samverkan.directory.v1.DirectoryBundle, from stadsdelar.csv and tables/*.csv.

usage: make_directory.py [--check]
  --check  writes nothing; exits 1 where the checked-in file is not what the tables give
"""

import csv
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from textproto import Enum, Message, date, document  # noqa: E402  (the path comes first)

OUTPUT = HERE / "stockholm.textproto"
CELL_FROM = "2015-01-01"
# Begin of every mandate: 1 January 2015, Europe/Stockholm.
MANDATE_FROM = 1420066800
# The deputy whose mandate has ended: 1 January 2026, Europe/Stockholm.
ENDED_DEPUTY, ENDED_AT = "bro-tryggsam-2", 1767222000
DECISION = "Demonstrationsdata: mandat vid första start"
SLOT_MOTIVATION = "Prövat när intaget öppnades: rapporten gäller plats och fysisk miljö och har inget fält för person."

CELL_SOURCE = "Stockholms stad, Stadskartan 2021-04-13, förenklad, CC0 1.0"
UNION_SOURCE = "Union av stadsdelar, allmän kännedom / Union of stadsdelar, general knowledge"
POLICE_SOURCE = (
    "Union av stadsdelar, allmän kännedom; inte polisens egen gräns / "
    "Union of stadsdelar, general knowledge; not the police's own border"
)
INVENTED_SOURCE = "Påhittat för demonstrationen, hela stadsdelar / Invented for the demonstration, whole stadsdelar"

# Permissions that go together, as tables/functions.csv names them.
PERMISSION_SETS = {
    "receive": ["deliveries.acknowledge", "deliveries.read", "feed.watch"],
    "sign": ["agreements.read", "agreements.sign", "agreements.suspend"],
    "coordinate": [
        "agreements.read",
        "deliveries.acknowledge",
        "deliveries.read",
        "feed.watch",
        "incidents.assess",
        "incidents.correct",
        "incidents.create",
        "incidents.read",
        "incidents.release",
        "incidents.retract",
    ],
}
EVERYBODY = ["directory.read"]

# Reporting units of a report slot beyond the unit's own field workers and the clauses they rest on.
REPORTERS = {
    "STHLM.SDN.HAL": {
        "STHLM.BOLAG.SHE.BOVARD": ["lok-hal-globe/l3", "lok-hal-skarh/l3"],
        "REGSTH.TF.STN": ["cen/c6"],
    },
    "STHLM.SDN.SKH": {"REGSTH.TF.STN": ["cen/c6"]},
    "STHLM.SDN.JAR": {
        "STHLM.BOLAG.SVB.BOVARD": ["lok-jar-jarva/l3"],
        "REGSTH.TF.STN": ["cen/c6"],
        "NGL.CENTRUM": ["lok-jar-jarva/l7"],
        "CIV.VANDRARE": ["lok-jar-jarva/l7"],
    },
}


def table(name: str) -> list[dict[str, str]]:
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def resource_id(code: str) -> str:
    return code.lower().replace(".", "-").replace("_", "-")


def area_id(stadsdel: str) -> str:
    """areas/stadsdel-…: å and ä become a, ö becomes o; the 117 names stay distinct."""
    plain = stadsdel.lower().translate(str.maketrans("åäöé ", "aaoe-"))
    assert re.fullmatch(r"[a-z0-9-]+", plain), stadsdel
    return f"areas/stadsdel-{plain}"


def party_name(code: str) -> str:
    return f"parties/{resource_id(code)}"


class Units:
    """Full names of units by code."""

    def __init__(self):
        self.rows = table("tables/units.csv")
        self.party_of = {row["code"]: row["party"] for row in self.rows}

    def name(self, code: str) -> str:
        return f"{party_name(self.party_of[code])}/units/{resource_id(code)}"

    def with_selector(self, selector: str) -> list[str]:
        return [row["code"] for row in self.rows if selector in row["selectors"].split()]


def parties() -> list[Message]:
    result = []
    for row in table("tables/parties.csv"):
        message = [
            ("name", party_name(row["code"])),
            ("code", row["code"]),
            ("display_name", row["name_sv"]),
            ("display_name_en", row["name_en"]),
            ("kind", Enum(f"KIND_{row['kind']}")),
            ("secrecy_act_applies", row["secrecy_act"] == "yes"),
            ("organisation_number", row["organisation_number"]),
        ]
        for former in filter(None, row["former_names"].split(";")):
            name, valid_to = former.split("|")
            message.append(("former_names", [("display_name", name), ("valid_to", date(valid_to))]))
        result.append(message)
    return result


def report_slot(units: Units, code: str) -> Message:
    """Who may hand in to the unit; empty where it has no intake."""
    own = []
    if code + ".FALT" in units.party_of:
        own = [code + ".FALT"]
    elif code in units.with_selector("LPO"):
        own = ["POL.STH"]
    slot = [("reporters", [("unit", units.name(reporter))]) for reporter in own]
    legal = [("code", "LB_NOT_SECRET_TESTED"), ("motivation", SLOT_MOTIVATION)]
    for reporter, clauses in REPORTERS.get(code, {}).items():
        message = [("unit", units.name(reporter))]
        message += [("clauses", "agreements/{}/clauses/{}".format(*clause.split("/"))) for clause in clauses]
        slot.append(("reporters", message + [("legal_position", legal)]))
    return slot


def unit_messages(units: Units) -> list[Message]:
    result = []
    for row in units.rows:
        message = [
            ("name", units.name(row["code"])),
            ("code", row["code"]),
            ("display_name", row["name_sv"]),
            ("display_name_en", row["name_en"]),
        ]
        message += [("selectors", selector) for selector in row["selectors"].split()]
        if slot := report_slot(units, row["code"]):
            message.append(("report_slot", slot))
        if row["reports_only"] == "yes":
            message.append(("reports_only", True))
        result.append(message)
    return result


def area(name: str, display_name: str, kind: str, version: Message) -> Message:
    return [("name", name), ("display_name", display_name), ("kind", Enum(f"KIND_{kind}")), ("versions", version)]


def areas() -> list[Message]:
    stadsdelar = table("stadsdelar.csv")
    names = [area_id(row["stadsdel"]) for row in stadsdelar]
    assert len(set(names)) == len(names) == 117
    result = [
        area(name, row["stadsdel"], "NEIGHBOURHOOD", [("valid_from", date(CELL_FROM)), ("source", CELL_SOURCE)])
        for name, row in zip(names, stadsdelar)
    ]
    city = (
        [("valid_from", date(CELL_FROM))] + [("members", name) for name in sorted(names)] + [("source", UNION_SOURCE)]
    )
    result.append(area("areas/city", "Stockholms stad", "MUNICIPALITY", city))
    sources = {"CITY_DISTRICT": UNION_SOURCE, "LOCAL_POLICE_AREA": POLICE_SOURCE}
    for row in table("tables/areas.csv"):
        wanted = row["members"].split(";")
        members = sorted(area_id(s["stadsdel"]) for s in stadsdelar if s[row["column"]] in wanted)
        assert members, row
        version = [("valid_from", date(row["valid_from"]))]
        if row["valid_to"]:
            version.append(("valid_to", date(row["valid_to"])))
        version += [("members", member) for member in members]
        version += [("predecessors", f"areas/{earlier}") for earlier in filter(None, row["predecessors"].split(";"))]
        version.append(("source", sources.get(row["kind"], INVENTED_SOURCE)))
        result.append(area(f"areas/{row['area']}", row["name_sv"], row["kind"], version))
    return result


def issuer(party: str) -> str:
    if party == "POL":
        host = "police"
    elif party.startswith("REGSTH."):
        host = "region"
    elif party.startswith("STHLM.") and not party.startswith("STHLM.BOLAG."):
        host = "city"
    else:
        host = "companies"
    return f"https://{host}.demo.samverkan.example"


def handle(party: str, unit: str, function: str) -> str:
    """Last part of the party, or of the local police area, and the function: hal-tryggsam, skarh-kompol, she-rapp."""
    last = unit if unit.count(".") == 3 and unit.startswith("POL.") else party
    return f"{last.split('.')[-1].lower()}-{resource_id(function)}"


def mandate(party: str, unit_name: str, identifier: str, function: str, areas_of: list[str], level: str) -> Message:
    message = [
        ("name", f"{party_name(party)}/mandates/{identifier}"),
        ("function", f"FN_{function}"),
        ("unit", unit_name),
    ]
    message += [("areas", f"areas/{name}") for name in areas_of]
    holder = f"{issuer(party)} {identifier}"
    if function == "SYSTEM":
        holder = "spiffe://samverkan.example/{}/{}/system".format(*unit_name.split("/")[1::2])
    message += [("level", Enum(f"LEVEL_{level}")), ("holder", holder), ("valid_from_time", [("seconds", MANDATE_FROM)])]
    if identifier == ENDED_DEPUTY:
        message.append(("valid_to_time", [("seconds", ENDED_AT)]))
    return message + [("decision", DECISION)]


def unit_mandates(units: Units, code: str, row: dict[str, str], last: str) -> list[Message]:
    party = units.party_of[code]
    areas_of = [row["area"].replace("{x}", last.lower())] if row["area"] else []
    result = []
    for function in row["functions"].split():
        identifier = handle(party, code, function)
        arguments = (function, areas_of, row["level"])
        result.append(mandate(party, units.name(code), identifier, *arguments))
        if function == "TRYGGSAM":
            deputy = mandate(party, units.name(code), identifier + "-2", *arguments)
            result.append(deputy + [("deputy_for", f"{party_name(party)}/mandates/{identifier}")])
    return result


def mandates(units: Units) -> list[Message]:
    result = []
    for row in table("tables/mandates.csv"):
        pattern = re.escape(row["unit"]).replace(r"\{x\}", "(?P<x>[A-Z]+)").replace(r"\{y\}", "[A-Z]+")
        found = [(code, match) for code in units.party_of if (match := re.fullmatch(pattern, code))]
        assert found, row
        for code, match in found:
            result += unit_mandates(units, code, row, match.groupdict().get("x", ""))
    # The coordinator of Farsta also works in a thematic group: a second mandate, chosen explicitly.
    second = mandate(
        "STHLM.SDN.FAR", units.name("STHLM.SDN.FAR.T1"), "far-tryggsam", "TRYGGSAM", ["sdo-far", "sdo-skh"], "LOCAL"
    )
    second[0] = ("name", "parties/sthlm-sdn-far/mandates/far-tryggsam-t1")
    return sorted(result + [second], key=lambda message: message[0][1])


def permissions(row: dict[str, str]) -> list[str]:
    granted = set(EVERYBODY)
    for word in row["permissions"].split():
        granted.update(PERMISSION_SETS.get(word, [word]))
    return sorted(granted)


def codes() -> list[Message]:
    result = []
    for row in table("tables/codes.csv"):
        prefix = row["code"].split("_")[0]
        message = [
            ("list", "INC" if prefix == "EXT" else prefix),
            ("code", row["code"]),
            ("label_sv", row["label_sv"]),
            ("label_en", row["label_en"]),
        ]
        if row["form"]:
            message.append(("form", Enum(f"FORM_{row['form']}")))
        if row["information_category"]:
            message.append(("information_category", f"IKA_{row['information_category']}"))
        if row["reportable"] == "yes":
            message.append(("reportable", True))
        result.append(message)
    for row in table("tables/functions.csv"):
        message = [("list", "FN"), ("code", row["code"]), ("label_sv", row["label_sv"]), ("label_en", row["label_en"])]
        result.append(message + [("permissions", permission) for permission in permissions(row)])
    return result


def bundle() -> Message:
    units = Units()
    message = [("geometry_files", "stockholm-cells.geojson")]
    message += [("parties", party) for party in parties()]
    message += [("units", unit) for unit in unit_messages(units)]
    message += [("areas", one) for one in areas()]
    message += [("mandates", one) for one in mandates(units)]
    message += [("codes", code) for code in codes()]
    return message


def text() -> str:
    comments = [
        "Made by make_directory.py from stadsdelar.csv and tables/; change those and run it again.",
        "Mandates, holdings and places of work are invented; the holders are functions, nobody real.",
        "The units' signing keys come from a second file made at first start; see README.md.",
    ]
    return document("directory/v1/bundle.proto", "samverkan.directory.v1.DirectoryBundle", comments, bundle())


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        current = OUTPUT.read_text(encoding="utf-8") if OUTPUT.exists() else ""
        if current != text():
            print(f"{OUTPUT.name} is not what its tables give: run deploy/data/make_directory.py", file=sys.stderr)
            return 1
        return 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    OUTPUT.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
