"""The scripted assessments and sample reports: true to their source, neutral, and inside the clauses they name."""

import datetime
import math
import re
import unittest

from demo_data import encode, value, values

import geometry
import make_agreements
import make_casework
from make_directory import Units, area_id, table
from textproto import Enum, lines

WALK = {580265, 564750, 567711, 581513, 556396, 611707, 462507, 423720, 480687, 560312}
# Words for people by sex or age, which a released text must not hold (R24).
PEOPLE = re.compile(
    r"\b(man|män|mannen|kvinn\w*|flick\w*|pojk\w*|barn\w*|ungdom\w*|person\w*|misstänkt gärning\w*|\d+-årig\w*)\b",
    re.IGNORECASE,
)
TLP = ["TLP_CLEAR", "TLP_GREEN", "TLP_AMBER", "TLP_AMBER_STRICT", "TLP_RED"]


def text_format(message: dict) -> list:
    """Proto JSON as the fields of text format; enough of it for IncidentContent."""
    fields = []
    for name, entry in message.items():
        name = re.sub(r"([A-Z])", lambda match: "_" + match.group(1).lower(), name)
        for one in entry if isinstance(entry, list) else [entry]:
            if name.endswith("_time"):
                at = datetime.datetime.strptime(one, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
                fields.append((name, [("seconds", int(at.timestamp()))]))
            elif isinstance(one, dict):
                fields.append((name, text_format(one)))
            elif name in ("precision", "tlp") or isinstance(one, float):
                fields.append((name, Enum(one)))
            else:
                fields.append((name, one))
    return fields


def encode_content(content: dict) -> bytes:
    text = "\n".join(lines(text_format(content)))
    return encode("samverkan.incidents.v1.IncidentContent", "incidents/v1/incidents.proto", text.encode())


def named_stadsdelar(text: str) -> list[str]:
    """Longest names first, so that Örby slott is not Örby."""
    found = []
    for name in sorted((row["stadsdel"] for row in table("stadsdelar.csv")), key=len, reverse=True):
        if match := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            found.append(name)
            text = text[: match.start()] + " " * len(name) + text[match.end() :]
    return found


class AssessmentsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = make_casework.Assessments()
        cls.entries = cls.work.all()
        cls.acted = [entry for entry in cls.entries if entry["act"] != "none"]
        cls.agreements = make_agreements.agreements()
        cls.units = Units()

    def test_checked_in_files_are_what_the_tables_give(self):
        for path, text in make_casework.texts().items():
            self.assertEqual(path.read_text(encoding="utf-8"), text)

    def test_at_most_forty_events_each_with_a_reason(self):
        events = [entry["event"] for entry in self.entries]
        self.assertLessEqual(len(events), 40)
        self.assertEqual(len(events), len(set(events)))
        self.assertLessEqual(WALK, set(events))
        for entry in self.entries:
            self.assertGreater(len(entry["why"]), 15)

    def test_contents_fit_the_protos(self):
        for entry in self.acted:
            for content in [entry.get("content")] + [act.get("content") for act in entry.get("later", [])]:
                if content:
                    self.assertTrue(encode_content(content))

    def test_the_assessor_s_unit_is_the_one_the_importer_hands_in_to(self):
        types = {row["type"]: row["form"] for row in table("polisen-types.csv")}
        police = {
            row["members"]: row["area"]
            for row in table("tables/areas.csv")
            if row["column"] == "lokalpolisomrade_fran_2025_01_01"
        }
        areas = {row["stadsdel"]: police[row["lokalpolisomrade_fran_2025_01_01"]] for row in table("stadsdelar.csv")}
        for entry in self.acted:
            states = self.work.states[entry["event"]]
            first = next(state["event"] for state in states if types[state["event"]["type"]] == "I")
            [stadsdel] = named_stadsdelar(first["summary"])
            self.assertEqual(entry["unit"].split("-")[-1], areas[stadsdel].split("-")[-1], entry["event"])
            self.assertEqual(types[states[entry["onState"] - 1]["event"]["type"]], "I", entry["event"])
            if "content" in entry:
                self.assertEqual(entry["content"]["place"]["areas"], [area_id(stadsdel)])
        for entry in self.entries:
            if entry["act"] == "none":
                first = self.work.states[entry["event"]][0]["event"]
                self.assertTrue(
                    first["location"]["name"] != "Stockholm" or not named_stadsdelar(first["summary"]), entry["event"]
                )

    def test_released_texts_are_the_assessor_s_own_and_describe_nobody(self):
        for entry in self.acted:
            texts = [
                content["description"]
                for content in [entry.get("content")] + [act.get("content") for act in entry.get("later", [])]
                if content
            ]
            source = " ".join(
                re.findall(
                    r"\w+", " ".join(state["event"]["summary"].lower() for state in self.work.states[entry["event"]])
                )
            )
            for text in texts:
                self.assertIsNone(PEOPLE.search(text.replace("Personrån", "").replace("bostad", "")), text)
                words = re.findall(r"\w+", text.lower())
                runs = [" ".join(words[i : i + 6]) for i in range(max(1, len(words) - 5))]
                with self.subTest(text):
                    self.assertEqual([run for run in runs if run in source], [])

    def test_releases_stand_inside_their_clause(self):
        categories = {row["code"]: f"IKA_{row['information_category']}" for row in table("tables/codes.csv")}
        released = set()
        for entry in self.acted:
            for release in entry.get("releases", []):
                agreement, clause_id = release["clause"].split("/")[1::2]
                released.add(agreement)
                [clause] = [
                    one for one in values(self.agreements[agreement], "clauses") if value(one, "id") == clause_id
                ]
                content = entry["content"]
                self.assertIn(categories[content["category"]], values(clause, "categories"), entry["event"])
                self.assertIn(release["purpose"], values(clause, "purposes"))
                self.assertIn(release["legalPosition"]["code"], values(clause, "legal_positions"))
                pairs = [
                    (value(value(flow, "from"), "unit"), value(value(flow, "to"), "unit"))
                    for flow in values(clause, "flows")
                ]
                for recipient in release["recipients"]:
                    self.assertIn((entry["unit"], recipient), pairs)
                self.assertLessEqual(
                    TLP.index(content["marking"]["tlp"]), TLP.index(value(clause, "max_tlp")), entry["event"]
                )
                self.assertLessEqual(content["marking"]["confidentiality"], value(clause, "max_confidentiality"))
                self.check_area(content["place"]["areas"][0], values(clause, "areas"))
        self.assertEqual(released, {row["agreement"] for row in table("tables/local_agreements.csv")})

    def check_area(self, cell: str, areas: list[str]):
        rows = {row["area"]: row for row in table("tables/areas.csv")}
        for area in areas:
            row = rows[area.split("/")[1].split("@")[0]]
            members = [
                area_id(s["stadsdel"]) for s in table("stadsdelar.csv") if s[row["column"]] in row["members"].split(";")
            ]
            self.assertIn(cell, members)

    def test_legal_positions_are_motivated(self):
        for entry in self.acted:
            for release in entry.get("releases", []):
                position = release["legalPosition"]
                self.assertTrue(20 <= len(position["motivation"]) <= 500)
                self.assertEqual("balancingNote" in position, position["code"] == "LB_OSL_10_15A")

    def test_times_follow_the_rules_of_the_source(self):
        def at(event, state=1):
            return make_casework.event_time(self.work.states[event][state - 1]["event"]).isoformat()

        self.assertEqual(at(480687), "2023-12-31T00:07:00+01:00")  # Published on 1 January: the year before.
        self.assertEqual(at(580265), "2025-04-23T16:09:00+02:00")
        self.assertEqual(at(423720), "2023-05-06T17:24:00+02:00")  # "17:24", the other spelling.
        night = make_casework.span(datetime.datetime(2024, 11, 6, 0, 48, tzinfo=make_casework.STOCKHOLM), "PART_OF_DAY")
        self.assertEqual(night["startTime"], "2024-11-05T21:00:00Z")
        self.assertEqual(night["endTime"], "2024-11-06T05:00:00Z")
        longest = make_casework.span(
            datetime.datetime(2025, 10, 26, 1, 0, tzinfo=make_casework.STOCKHOLM), "PART_OF_DAY"
        )
        self.assertEqual((longest["startTime"], longest["endTime"]), ("2025-10-25T20:00:00Z", "2025-10-26T05:00:00Z"))


class ReportsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.day = datetime.date(2026, 11, 22)
        cls.reports = make_casework.reports(cls.day)
        cls.rows = table("tables/reports.csv")
        cls.cells = geometry.cells()

    def test_contents_fit_the_protos(self):
        self.assertEqual(len(self.reports), 9)
        for report in self.reports:
            self.assertTrue(encode_content(report["content"]))

    def test_each_lies_in_the_week_before_on_its_weekday(self):
        for report, row in zip(self.reports, self.rows):
            span = report["content"]["occurSpan"]
            self.assertEqual(span["startTime"], span["endTime"])
            at = datetime.datetime.fromisoformat(span["startTime"].replace("Z", "+00:00")).astimezone(
                make_casework.STOCKHOLM
            )
            self.assertEqual((at.isoweekday(), at.strftime("%H:%M")), (int(row["weekday"]), row["local_time"]))
            self.assertTrue(0 < (self.day - at.date()).days <= 7)

    def test_slots_are_open_to_their_reporters(self):
        import make_directory

        bundle = make_directory.bundle()
        slots = {value(unit, "name"): value(unit, "report_slot") or [] for unit in values(bundle, "units")}
        rapporteurs = {
            value(one, "name").split("/")[-1]: value(one, "unit")
            for one in values(bundle, "mandates")
            if value(one, "function") == "FN_RAPP"
        }
        for report in self.reports:
            self.assertIn(
                report["reportingUnit"],
                [value(reporter, "unit") for reporter in values(slots[report["slot"]], "reporters")],
            )
            self.assertEqual(rapporteurs[report["reporter"]], report["reportingUnit"])

    def test_positions_lie_deep_in_their_stadsdel(self):
        for report, row in zip(self.reports, self.rows):
            if position := report["content"]["place"].get("position"):
                point = (position["longitude"], position["latitude"])
                inside = [area for area, rings in self.cells.items() if geometry.depth(point, rings) > 0]
                self.assertEqual(inside, [area_id(row["stadsdel"])])

    def test_border_strips_reach_into_both_cells_and_no_third(self):
        for one, other in [("Fagersjö", "Högdalen"), ("Liseberg", "Östberga")]:
            strip = geometry.border_strip(self.cells[area_id(one)], self.cells[area_id(other)], 60)
            plane = geometry.Plane(strip[0])
            corners = [plane.project(point) for point in strip]
            self.assertAlmostEqual(math.dist(corners[1], corners[2]), 120, delta=1)
            deepest = {}
            for i in range(21):
                for j in range(21):
                    u, v = i / 20, j / 20
                    point = tuple(
                        (1 - u) * (1 - v) * corners[0][k]
                        + u * (1 - v) * corners[1][k]
                        + u * v * corners[2][k]
                        + (1 - u) * v * corners[3][k]
                        for k in (0, 1)
                    )
                    for area, rings in self.cells.items():
                        depth = (
                            geometry.depth(point, [[plane.project(p) for p in ring] for ring in rings])
                            if self.near(rings, strip)
                            else -1
                        )
                        if depth > 1:
                            deepest[area] = max(depth, deepest.get(area, 0))
            self.assertEqual(set(deepest), {area_id(one), area_id(other)})
            self.assertGreater(min(deepest.values()), 40)

    @staticmethod
    def near(rings, strip) -> bool:
        return any(abs(p[0] - strip[0][0]) < 0.02 and abs(p[1] - strip[0][1]) < 0.01 for p in rings[0])


if __name__ == "__main__":
    unittest.main()
