"""The demo's directory is what its tables give, fits the protos, and holds together."""

import collections
import json
import re
import unittest

from demo_data import DATA, ROOT, encode, value, values

import make_directory
import make_agreements


def party_of(unit: str) -> str:
    return unit.split("/units/")[0]


class DirectoryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bundle = make_directory.bundle()
        cls.parties = [value(party, "name") for party in values(cls.bundle, "parties")]
        cls.units = {value(unit, "name"): unit for unit in values(cls.bundle, "units")}
        cls.areas = {value(area, "name"): area for area in values(cls.bundle, "areas")}
        cls.mandates = {value(mandate, "name"): mandate for mandate in values(cls.bundle, "mandates")}
        cls.codes = {value(code, "code"): code for code in values(cls.bundle, "codes")}

    def test_checked_in_text_is_what_the_tables_give(self):
        self.assertEqual(make_directory.text(), (DATA / "stockholm.textproto").read_text(encoding="utf-8"))

    def test_text_fits_the_protos(self):
        text = (DATA / "stockholm.textproto").read_bytes()
        self.assertTrue(encode("samverkan.directory.v1.DirectoryBundle", "directory/v1/bundle.proto", text))

    def test_names_are_unique_and_well_formed(self):
        for field in ("parties", "units", "areas", "mandates"):
            names = [value(message, "name") for message in values(self.bundle, field)]
            self.assertEqual(len(names), len(set(names)), field)
            for name in names:
                for part in name.split("/")[1::2]:
                    self.assertRegex(part, r"^[a-z0-9][a-z0-9-]{1,62}$", name)
        codes = [value(code, "code") for code in values(self.bundle, "codes")]
        self.assertEqual(len(codes), len(set(codes)))

    def test_references_resolve(self):
        for name in self.units:
            self.assertIn(name.split("/units/")[0], self.parties)
        for area in self.areas.values():
            for version in values(area, "versions"):
                for member in values(version, "members"):
                    self.assertIn(member, self.areas)
                for earlier in values(version, "predecessors"):
                    self.assertIn(earlier.split("@")[0], self.areas)
        for name, mandate in self.mandates.items():
            self.assertIn(value(mandate, "unit"), self.units)
            self.assertEqual(name.split("/mandates/")[0], value(mandate, "unit").split("/units/")[0])
            self.assertIn(value(mandate, "function"), self.codes)
            self.assertLessEqual(set(values(mandate, "areas")), set(self.areas))
            if stands_for := value(mandate, "deputy_for"):
                self.assertIn(stands_for, self.mandates)

    def test_report_slots_name_clauses_that_let_the_reporter_s_party_through(self):
        flows = {}
        for agreement, message in make_agreements.agreements().items():
            for clause in values(message, "clauses"):
                ends = [(value(flow, "from"), value(flow, "to")) for flow in values(clause, "flows")]
                flows[f"agreements/{agreement}/clauses/{value(clause, 'id')}"] = [
                    (party_of(value(sender, "unit") or ""), value(to, "unit") or value(to, "group"))
                    for sender, to in ends
                ]
        slots = 0
        for owner, unit in self.units.items():
            targets = {owner, *values(unit, "selectors")}
            for reporter in values(value(unit, "report_slot") or [], "reporters"):
                slots += 1
                party = party_of(value(reporter, "unit"))
                self.assertEqual(party == party_of(owner), not values(reporter, "clauses"))
                self.assertEqual(party == party_of(owner), value(reporter, "legal_position") is None)
                for clause in values(reporter, "clauses"):
                    self.assertTrue([to for sender, to in flows[clause] if sender == party and to in targets], clause)
        self.assertEqual(slots, 11 + 8 + 7)

    def test_areas_have_the_sizes_they_are_known_by(self):
        known = {
            "areas/city": 117,
            "areas/sdo-bro": 24,
            "areas/sdo-eav": 12,
            "areas/sdo-far": 10,
            "areas/sdo-hva": 9,
            "areas/sdo-kun": 7,
            "areas/sdo-skn": 9,
            "areas/sdo-skh": 4,
            "areas/sdo-sod": 6,
            "areas/sdo-hal": 17,
            "areas/sdo-hli": 10,
            "areas/sdo-alv": 7,
            "areas/sdo-jar": 11,
            "areas/sdo-rik": 5,
            "areas/sdo-spt": 6,
            "areas/sdo-nin": 8,
            "areas/sdo-nor": 3,
            "areas/sdo-ost": 5,
            "areas/lpo-valli": 33,
            "areas/lpo-globe": 23,
            "areas/lpo-farst": 15,
            "areas/lpo-skarh": 14,
            "areas/lpo-jarva": 11,
            "areas/lpo-sodrm": 6,
            "areas/lpo-norin": 8,
            "areas/lpo-lidku": 7,
            "areas/lpo-norrm": 15,
            "areas/hold-she": 4,
            "areas/hold-svb": 3,
            "areas/stn-tf": 5,
            "areas/psv-husby": 1,
        }
        sizes = {name: len(values(value(area, "versions"), "members")) for name, area in self.areas.items()}
        self.assertEqual({name: size for name, size in sizes.items() if size}, known)
        self.assertEqual(sum(1 for size in sizes.values() if size == 0), 117)

    def test_districts_and_police_areas_tile_the_city_at_any_time(self):
        def cells(kind, day):
            found = collections.Counter()
            for area in self.areas.values():
                for version in values(area, "versions"):
                    begin = tuple(number for _, number in value(version, "valid_from"))
                    end = tuple(number for _, number in value(version, "valid_to") or []) or (9999,)
                    if value(area, "kind") == kind and begin <= day < end:
                        found.update(values(version, "members"))
            return found

        for day in [
            (2015, 1, 1),
            (2020, 6, 30),
            (2020, 7, 1),
            (2023, 6, 30),
            (2023, 7, 1),
            (2024, 12, 31),
            (2025, 1, 1),
        ]:
            for kind in ("KIND_CITY_DISTRICT", "KIND_LOCAL_POLICE_AREA"):
                self.assertEqual(set(cells(kind, day).values()), {1}, (kind, day))
                self.assertEqual(len(cells(kind, day)), 117, (kind, day))

    def test_police_borders_are_marked_as_not_the_police_s_own(self):
        for area in self.areas.values():
            if value(area, "kind") == "KIND_LOCAL_POLICE_AREA":
                self.assertIn("not the police's own border", value(value(area, "versions"), "source"))

    def test_every_cell_has_a_geometry(self):
        features = json.loads((DATA / "stockholm-cells.geojson").read_text(encoding="utf-8"))["features"]
        cells = [name for name, area in self.areas.items() if value(area, "kind") == "KIND_NEIGHBOURHOOD"]
        self.assertEqual(sorted(feature["properties"]["area"] for feature in features), sorted(cells))
        for feature in features:
            self.assertEqual(feature["geometry"]["type"], "Polygon")
            for ring in feature["geometry"]["coordinates"]:
                self.assertEqual(ring[0], ring[-1])

    def test_permissions_are_those_the_methods_ask_for(self):
        asked = set()
        for proto in (ROOT / "protos" / "samverkan").rglob("*.proto"):
            asked.update(re.findall(r'permission: "([a-z.]+)"', proto.read_text(encoding="utf-8")))
        given = set()
        for code in self.codes.values():
            given.update(values(code, "permissions"))
        self.assertEqual(given, asked)

    def test_who_may_do_what_stays_separated(self):
        def holders(permission):
            return {name for name, code in self.codes.items() if permission in values(code, "permissions")}

        coordinators = {"FN_TRYGGSAM", "FN_KOMPOL", "FN_KS_STRAT", "FN_REGSAM"}
        for act in (
            "incidents.assess",
            "incidents.release",
            "incidents.correct",
            "incidents.retract",
            "agreements.draft",
        ):
            self.assertEqual(holders(act), coordinators, act)
        self.assertEqual(holders("agreements.sign"), {"FN_SDDIR", "FN_LPOCHEF", "FN_REGPOLCHEF", "FN_TECKN"})
        self.assertEqual(holders("agreements.suspend"), holders("agreements.sign"))
        self.assertEqual(holders("audit.read"), {"FN_DSO"})
        self.assertEqual(holders("mandates.list"), {"FN_TENADM"})
        self.assertEqual(set(values(self.codes["FN_RAPP"], "permissions")), {"directory.read", "incidents.create"})

    def test_every_type_of_the_police_feed_has_a_known_category(self):
        forms = {"I": "FORM_ITEM", "A": "FORM_AGGREGATE", "X": None, "-": "FORM_NEVER"}
        for row in make_directory.table("polisen-types.csv"):
            code = self.codes[row["code"]]
            if wanted := forms[row["form"]]:
                self.assertEqual(value(code, "form"), wanted, row)

    def test_every_code_has_both_labels(self):
        for name, code in self.codes.items():
            self.assertTrue(value(code, "label_sv") and value(code, "label_en"), name)
            if value(code, "list") == "INC" and value(code, "information_category"):
                self.assertIn(value(code, "information_category"), self.codes)


if __name__ == "__main__":
    unittest.main()
