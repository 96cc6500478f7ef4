"""The hub and the reference evaluator must agree with a table written by hand and with each other on random cases."""
import csv
import json
import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
import reference_evaluator as reference  # noqa: E402

ACCESS_CASES = pathlib.Path(os.environ["SAMVERKAN_BIN"]) / "access_cases"
LONG = os.environ.get("SAMVERKAN_LONG") == "1"
RANDOM_CASES = 1_000_000 if LONG else 5_000
CASES_A_RUN = 10_000


def table():
    """The rows of decisions.csv as (row, case)."""
    world = json.loads((HERE / "world.json").read_text())
    units = {u["name"].rsplit("/", 1)[1]: u["name"] for u in world["directory"]["units"]}
    mandates = {m["name"].rsplit("/", 1)[1]: m for m in world["directory"]["mandates"]}
    rows = []
    with open(HERE / "decisions.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            mandate = mandates.get(row["mandate"], {"name": "parties/x/mandates/none", "unit": ""})
            tlp, confidentiality = row["marking"].split("/K")
            rows.append((row, {
                "mandate": mandate["name"],
                "recipient": units[row["to"]],
                "purpose": row["purpose"] and "PUR_" + row["purpose"],
                "legal": row["legal"] and "LB_" + row["legal"],
                "clause": clause(row["clause"]),
                "now": reference.micros(row["now"]),
                "label": {
                    "owner_unit": units[row["owner"]] if row["owner"] else mandate["unit"],
                    "category": row["category"] and "IKA_" + row["category"],
                    "cells": ["areas/city"] + ["areas/stadsdel-" + cell for cell in row["place"].split()],
                    "tlp": "TLP_" + tlp,
                    "confidentiality": int(confidentiality),
                }}))
    return world, rows


def clause(short):
    return short and "agreements/" + short.replace("/", "/clauses/")


def expected(row):
    allowed = row["expect"] == "allow"
    decision = {"allowed": allowed, "reason": "" if allowed else row["expect"],
                "citations": sorted(clause(name) + "@1" for name in row["by"].split())}
    if allowed:
        decision["obligations"] = {
            "geo": reference.GEO.index("GEO_PRECISION_" + row["geo"]),
            "time": reference.TIME.index("TIME_PRECISION_" + row["time"]),
            "delay": int(row["delay"]), "count": int(row["count"]),
            "onward": reference.ONWARD.index("ONWARD_" + row["onward"])}
    return decision


class Table(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world, cls.rows = table()

    def test_it_is_long_enough_and_has_every_reason(self):
        self.assertGreaterEqual(len(self.rows), 60)
        self.assertEqual({row["expect"] for row, _ in self.rows},
                         set(filter(None, reference.STAGES)) | {"allow", "NO_MANDATE", "ORIGINATOR_ONLY"})

    def test_the_hub_decides_as_it_says(self):
        lines = [{"world": self.world}] + [{"case": case} for _, case in self.rows]
        ran = subprocess.run([ACCESS_CASES, "decide"], input="\n".join(map(json.dumps, lines)), text=True,
                             stdout=subprocess.PIPE, check=True)
        for (row, _), line in zip(self.rows, ran.stdout.splitlines(), strict=True):
            decision = json.loads(line)
            with self.subTest(row["why"]):
                decision["citations"].sort()
                self.assertEqual({key: decision[key] for key in expected(row)}, expected(row))

    def test_the_reference_decides_as_it_says(self):
        world = reference.World(self.world)
        for row, case in self.rows:
            with self.subTest(row["why"]):
                allowed, reason, citations, obligations = world.judge(case, case["now"])
                decision = {"allowed": allowed, "reason": reason, "citations": citations}
                if allowed:
                    decision["obligations"] = obligations
                self.assertEqual(decision, expected(row))


class Random(unittest.TestCase):
    def test_both_decide_alike(self):
        for start in range(0, RANDOM_CASES, 2 * CASES_A_RUN):
            runs = [self.start(seed) for seed in (start + 1, start + 1 + CASES_A_RUN)]
            for seed, judge in runs:
                out, wrong = judge.communicate()
                self.assertEqual(judge.returncode, 0, f"seed {seed}: {out}\n{wrong[:4000]}")
                self.assertEqual(out.split()[0], str(CASES_A_RUN), "every case was compared")

    def start(self, seed):
        """Worlds get consecutive seeds, far fewer than there are cases."""
        maker = subprocess.Popen([ACCESS_CASES, "random", str(seed), str(CASES_A_RUN)], stdout=subprocess.PIPE)
        judge = subprocess.Popen([sys.executable, HERE / "reference_evaluator.py"], stdin=maker.stdout,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        maker.stdout.close()
        return seed, judge


if __name__ == "__main__":
    unittest.main()
