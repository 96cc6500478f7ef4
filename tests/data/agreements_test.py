"""The demo's agreements are what their tables give, fit the protos, and stay inside their frame (R10)."""

import unittest

from demo_data import DATA, encode, value, values

import clauses
import make_agreements
from make_directory import Units, party_name, table

TLP = ["CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "RED"]
TIME = clauses.TIME + ["YEAR"]
ONWARD = ["NONE", "WITHIN_UNIT", "PARTIES", "PUBLIC"]
COUNTED = {"STATISTIK", "TRYGGMAT", "VARDSKADA", "LAGESBILD", "PROBLEM", "ATGARD", "MOTE"}


def cells(area: str) -> set[str]:
    rows = {row["area"]: row for row in table("tables/areas.csv")}
    row = rows[area]
    return {s["stadsdel"] for s in table("stadsdelar.csv") if s[row["column"]] in row["members"].split(";")}


def at_most(clause, frame) -> bool:
    """Marking, precision, delay and onward sharing of the clause do not go beyond the frame's."""
    tlp, level = clause.ceiling.split("/")
    frame_tlp, frame_level = frame.ceiling.split("/")
    onward = frame.clear_onward if tlp == "CLEAR" and frame.clear_onward else frame.onward
    return (
        TLP.index(tlp) <= TLP.index(frame_tlp)
        and int(level) <= int(frame_level)
        and clauses.GEO.index(clause.geo) >= clauses.GEO.index(frame.geo)
        and TIME.index(clause.time) >= TIME.index(frame.time)
        and clause.delay_days >= frame.delay_days
        and ONWARD.index(clause.onward) <= ONWARD.index(onward)
        and set(clause.purposes) <= set(frame.purposes)
    )


class Frame:
    """The naive form of R10: every category of every flow lies inside at least one frame clause, between parties that
    have signed the frame."""

    def __init__(self):
        self.units = Units()
        content = make_agreements.agreements()["cen"]
        self.parties = {value(one, "party") for one in values(content, "founding") + values(content, "acceding")}
        self.frames = clauses.frame_clauses()

    def within(self, unit: str, selector: str) -> bool:
        if selector.startswith("group "):
            return unit in self.units.with_selector(selector.removeprefix("group "))
        return unit == selector

    def covered(self, clause, category: str, flow: tuple[str, str]) -> bool:
        if not {party_name(self.units.party_of[unit]) for unit in flow} <= self.parties:
            return False
        for frame in self.frames:
            if (
                category in frame.categories
                and at_most(clause, frame)
                and (category not in COUNTED or clause.min_count >= frame.min_count)
                and any(self.within(flow[0], a) and self.within(flow[1], b) for a, b in frame.flows)
            ):
                return True
        return False

    def gaps(self, clause) -> list[tuple[str, str, tuple[str, str]]]:
        return [
            (clause.id, category, flow)
            for category in clause.categories
            for flow in clause.flows
            if not self.covered(clause, category, flow)
        ]


class AgreementsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.units = Units()
        cls.rows = table("tables/local_agreements.csv")
        cls.local = {row["agreement"]: make_agreements.local_agreement(cls.units, row) for row in cls.rows}

    def test_checked_in_texts_are_what_the_tables_give(self):
        present = {path.name: path.read_text(encoding="utf-8") for path in (DATA / "agreements").glob("*.textproto")}
        self.assertEqual(present, make_agreements.texts())
        self.assertEqual(len(present), 15)

    def test_texts_fit_the_protos(self):
        for path in (DATA / "agreements").glob("*.textproto"):
            self.assertTrue(
                encode("samverkan.agreements.v1.AgreementContent", "agreements/v1/agreements.proto", path.read_bytes())
            )

    def test_every_local_clause_lies_inside_the_frame(self):
        frame = Frame()
        for agreement, (_, local_clauses) in self.local.items():
            for clause in local_clauses:
                self.assertEqual(frame.gaps(clause), [], agreement)

    def test_the_frame_check_sees_what_goes_beyond(self):
        frame = Frame()
        _, [l1, *_] = self.local["lok-hal-skarh"]
        for change in (
            {"categories": ("KOMM",)},
            {"purposes": ("LAGKRAV_2023_196",)},
            {"ceiling": "RED/2"},
            {"ceiling": "AMBER/3"},
            {"geo": "EXACT"},
            {"time": "EXACT"},
            {"onward": "PARTIES"},
            {"flows": [("STHLM.SDN.HAL", "NGL.CENTRUM")]},
            {"categories": ("PROBLEM",)},
        ):
            clause = clauses.Clause(**{**l1.__dict__, **change})
            self.assertNotEqual(frame.gaps(clause), [], change)

    def test_thematic_clauses_would_lie_inside_the_frame(self):
        members = ["STHLM.SDN.SKH.T1", "STHLM.SDN.FAR.T1", "POL.STH.SYD.SKARH"]
        purposes = ("ORSAKSANALYS", "ATGARDSPLAN", "GENOMFORANDE", "UPPFOLJNING")
        t1 = clauses.Clause(
            "t1",
            ("PROBLEM", "ATGARD", "MOTE"),
            clauses.mutual(members),
            purposes,
            "AMBER/2",
            onward="NONE",
            min_count=5,
        )
        t2 = clauses.Clause(
            "t2",
            ("HANDELSE",),
            clauses.mutual(members),
            ("LAGESBILD", "ATGARDSPLAN"),
            "AMBER/2",
            "NEIGHBOURHOOD",
            "WEEK",
            "NONE",
        )
        self.assertEqual(Frame().gaps(t1) + Frame().gaps(t2), [])

    def test_a_local_agreement_stands_for_each_overlap_of_district_and_police_area(self):
        pairs = {
            (s["stadsdelsomrade_fran_2023_07_01"], s["lokalpolisomrade_fran_2025_01_01"])
            for s in table("stadsdelar.csv")
        }
        areas = {row["area"]: row["members"] for row in table("tables/areas.csv")}
        stand = {
            (areas[f"sdo-{row['committee'].lower()}"], areas[f"lpo-{row['police_area'].split('.')[-1].lower()}"])
            for row in self.rows
        }
        self.assertEqual(pairs, stand)

    def test_every_local_clause_holds_somewhere(self):
        for agreement, (_, local_clauses) in self.local.items():
            for clause in local_clauses:
                self.assertTrue(set.intersection(*(cells(area) for area in clause.areas)), (agreement, clause.id))

    def test_clauses_are_the_ones_agreed(self):
        every = ["l1", "l2", "l4", "l5", "l6", "l8"]
        with_company = ["l1", "l2", "l3", "l4", "l5", "l6", "l8", "l10"]
        wanted = {agreement: every for agreement in self.local}
        wanted |= {"lok-hal-skarh": with_company, "lok-hal-globe": with_company}
        wanted["lok-jar-jarva"] = ["l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l8-civic", "l10"]
        self.assertEqual({name: [clause.id for clause in content] for name, (_, content) in self.local.items()}, wanted)

    def test_only_one_clause_accepts_the_interest_balancing(self):
        found = [
            (agreement, clause.id)
            for agreement, (_, content) in self.local.items()
            for clause in content
            if "OSL_10_15A" in clause.legal_positions
        ]
        self.assertEqual(found, [("lok-jar-jarva", "l2")])

    def test_every_clause_names_known_units_areas_and_codes(self):
        codes = {row["code"] for row in table("tables/codes.csv")}
        names = {self.units.name(code) for code in self.units.party_of}
        groups = {selector for row in self.units.rows for selector in row["selectors"].split()} | {"ALL"}
        for agreement, content in make_agreements.agreements().items():
            for clause in values(content, "clauses"):
                for field in ("categories", "purposes", "legal_positions"):
                    self.assertLessEqual(set(values(clause, field)), codes)
                for flow in values(clause, "flows"):
                    for end in ("from", "to"):
                        [(kind, target)] = value(flow, end)
                        self.assertIn(target, names if kind == "unit" else groups, agreement)
                self.assertTrue(values(clause, "legal_positions") or value(clause, "effect") == "EFFECT_FRAME")
            ids = [value(clause, "id") for clause in values(content, "clauses")]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertLessEqual(len(ids), 100)

    def test_private_and_civil_parties_get_nothing_above_green(self):
        civic = self.units.with_selector("NGL") + self.units.with_selector("CIV")
        for agreement, (_, content) in self.local.items():
            for clause in content:
                for sender, recipient in clause.flows:
                    if recipient in civic:
                        highest = "CLEAR" if sender.startswith("POL") else "GREEN"
                        self.assertLessEqual(
                            TLP.index(clause.ceiling.split("/")[0]), TLP.index(highest), (agreement, clause.id)
                        )

    def test_validity_is_counted_from_local_midnights(self):
        import datetime

        spans = {name: (begin, end) for name, begin, end in make_agreements.validity(datetime.date(2027, 7, 1))}
        self.assertEqual(spans["cen"], ("2027-06-30T22:00:00Z", "2030-12-31T23:00:00Z"))
        self.assertEqual(spans["int"], spans["cen"])
        self.assertEqual(spans["lok-hal-globe"], ("2027-06-30T22:00:00Z", "2028-12-31T23:00:00Z"))
        self.assertEqual(len(spans), 15)


if __name__ == "__main__":
    unittest.main()
